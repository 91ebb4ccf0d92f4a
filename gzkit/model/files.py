"""A model's files: weights as safetensors, configuration as JSON; always whole, and nothing in them is executed."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from gzkit.files.fingerprint import fingerprint
from gzkit.files.whole import whole_file
from gzkit.model.config import check_encoder
from gzkit.schema.files import Number, check_fields, parse_json, told_of

MODEL_FORMAT = "gzkit-model-1"
CONFIG = {
    "dropout": Number(0, 0.999),
    "learn_batch_norm?": bool,
    "schema": dict,
    "concentration_bounds?": list,
    "stretch?": dict,
    "trained?": dict,
}


def write_weights(
    path: Path, weights: Mapping[str, torch.Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Write weights; a file that is there is replaced in one go.

    Parameters
    ----------
    path : Path
    weights : dict of str to Tensor
    metadata : dict of str to str, optional

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    content = save(tensors, metadata)  # `save_file` leaves files of other names where it is killed
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read weights, and what is written beside them in the file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of (dict of str to Tensor, dict of str to str)

    Raises
    ------
    ValueError
        If the file is missing or cut short.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: missing or cut short ({error})") from error


def read_model(folder: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    """Configuration and weights of one model, as `TreeModel.save` writes them.

    Where a save was killed between the two files, the weights' own configuration is the right one, and a warning says
    so.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of (dict, dict of str to Tensor)

    Raises
    ------
    ValueError
        If this is no folder of a model, a file is cut short, or the two do not belong together.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ValueError(f"{str(folder)!r} is not the folder of a model: it has no config.json")
    content = _read_config(path, path.read_bytes())
    weights, own = read_weights(folder / "model.safetensors")
    tied = "weights" in content or "config" in own  # they were not until November 2026
    digest = fingerprint(weights) if tied else None
    if content.get("weights") == digest:
        return content, weights
    if "config" in own:
        content = _read_config(folder / "model.safetensors", own["config"])
    if content.get("weights") != digest:
        raise ValueError(
            f"{folder}: config.json was written for other weights, or model.safetensors is damaged"
        )
    warnings.warn(
        f"{folder}: config.json describes another model than model.safetensors, as after a save that was killed "
        "between the two; the weights' own configuration is used, and saving the model again mends the folder",
        stacklevel=4,
    )
    return content, weights


def _read_config(path, text):
    content = parse_json(text, path)
    if not isinstance(content, dict) or content.get("format") != MODEL_FORMAT:
        raise ValueError(f"{path}: not the configuration of a gzkit model ({MODEL_FORMAT})")
    with told_of(path):
        check_fields(content, CONFIG)
        check_encoder(content.get("encoder"))
    return content
