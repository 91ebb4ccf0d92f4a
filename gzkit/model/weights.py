"""Weights in files: safetensors, always whole, and nothing in them is executed."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from gzkit.files.whole import whole_file


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
    with whole_file(path) as unfinished:
        try:
            save_file(tensors, unfinished, metadata=metadata)
        except SafetensorError as error:
            raise OSError(str(error)) from error


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
