"""The whole state of an interrupted training in one file, always a complete one."""

import json

import torch
from safetensors import safe_open

from gzkit.files.fingerprint import differences, fingerprint
from gzkit.model.files import read_weights, write_weights
from gzkit.schema.files import check_fields, parse_json

CHECKPOINT = "checkpoint.safetensors"
FINGERPRINTS = ("model", "weights", "galaxies", "votes", "images")  # among the settings: of what was given
CHECKPOINT_FORMAT = "gzkit-checkpoint-1"
STATE = {"settings": dict, "history": [dict], "best_epoch": int | None, "best_loss": int | float}


def save_checkpoint(folder, *, weights, optimizer, state):
    """Write a checkpoint; one that is there is replaced in one go, never left half written.

    Parameters
    ----------
    folder : Path
    weights : dict of str to (dict of str to Tensor)
        Weights by what they are: ``{"last": ..., "best": ...}``.
    optimizer : torch.optim.Optimizer
    state : dict
        Everything else, ready for JSON.
    """
    tensors = {f"{kind}/{name}": value for kind, values in weights.items() for name, value in values.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in values.items()}
    tensors = {name: _copy(value) for name, value in tensors.items()}
    metadata = {"format": CHECKPOINT_FORMAT, "state": json.dumps(state)}
    write_weights(folder / CHECKPOINT, tensors, metadata)


def load_checkpoint(folder, optimizer, settings):
    """Read a checkpoint, and give the optimiser its state.

    Parameters
    ----------
    folder : Path
    optimizer : torch.optim.Optimizer
    settings : dict
        What the run that goes on must share with the one before.

    Returns
    -------
    tuple of (dict of str to dict, dict) or None
        Weights by what they are, and the rest of the state; None if there is no checkpoint yet.

    Raises
    ------
    ValueError
        If the file is no checkpoint, was cut short, or comes from a run with other settings.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    weights, moments = {}, {}
    try:
        tensors, metadata = read_weights(path)
    except ValueError as error:
        raise ValueError(f"{error}: not a whole checkpoint; remove it to begin from the start") from error
    for name, value in tensors.items():
        kind, rest = name.split("/", 1)
        weights.setdefault(kind, {})[rest] = value
    if metadata.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(
            f"{path}: not a checkpoint of this version ({CHECKPOINT_FORMAT}); remove it to begin again"
        )
    state = parse_json(metadata.get("state", ""), path)
    check_fields(state, STATE, f"{path}: state")
    if settings.get("weights") in [fingerprint(weights.get(kind)) for kind in ("best", "last")]:
        settings["weights"] = state["settings"].get("weights")  # the model as the interrupted run left it
    changed = differences(state["settings"], settings)
    if changed:
        raise ValueError(f"{path}: begun with other settings ({changed}); go on with the same ones")
    for name, value in weights.pop("optimizer", {}).items():
        index, key = name.split("/")
        moments.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, kept in optimizer.state.items():  # AdamW goes through both: in the weights' layout
        for name, value in kept.items():
            if value.shape == parameter.shape:
                kept[name] = torch.empty_like(parameter).copy_(value)
    return weights, state


def read_settings(folder):
    """The settings of a training, but not the fingerprints of what it was given.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict
        Empty where there is no checkpoint.
    """
    if not (folder / CHECKPOINT).is_file():
        return {}
    with safe_open(folder / CHECKPOINT, "pt") as file:  # not the weights
        settings = parse_json(file.metadata()["state"], folder / CHECKPOINT)["settings"]
    return {name: value for name, value in settings.items() if name not in FINGERPRINTS}


def weights_of(module):
    """A copy of a module's weights and buffers, on the CPU.

    Parameters
    ----------
    module : Module

    Returns
    -------
    dict of str to Tensor
    """
    return {name: _copy(value) for name, value in module.state_dict().items()}


def _copy(tensor):
    """A copy on the CPU, in the memory layout in which files keep it."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
