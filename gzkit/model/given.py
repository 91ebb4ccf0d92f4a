"""The model that a function was given, in whichever way."""

from pathlib import Path
from typing import Any, Protocol

from gzkit.mistakes import check_arguments
from gzkit.model.tree_model import TreeModel


class Trained(Protocol):
    """What has a model, as the result of `gz.finetune` does."""

    model: TreeModel


def as_model(model: TreeModel | Trained | str | Path, function: str, **others: Any) -> TreeModel:
    """The model that was given: itself, that of a finetuning, or that in a folder.

    Parameters
    ----------
    model : TreeModel, FinetuneRun, str or Path
    function : str
        What it was given to, for messages.
    **others : object
        What else was given, by name: the message says so if they stand in each other's place.

    Returns
    -------
    TreeModel

    Raises
    ------
    TypeError, ValueError
        If it is none, or not the folder of a model.
    """
    check_arguments(function, model=model, **others)
    if isinstance(model, str | Path):
        return TreeModel.load(model)
    return model if isinstance(model, TreeModel) else model.model
