"""Likely mistakes, met by a sentence: arguments in each other's place, names that are nearly right, what is missing."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# what an argument of this name is, everywhere, and the kinds that may stand there
WANTED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "schema": ("a Schema or a survey's name ('gz-decals-dr5')", ("schema", "text")),
    "model": ("a TreeModel, what gz.finetune returns, or a model's folder", ("model", "text")),
    "predictions": ("what gz.predict returns", ("predictions",)),
    "features": ("what gz.embed returns", ("features",)),
    "catalog": ("a table (DataFrame), as gz.read_catalog returns it", ("table",)),
    "votes": ("an array or a table of vote counts", (None, "table")),
    "history": ("a table (DataFrame): run.history, or a history.csv read back", ("table",)),
    "stretch": ("a gz.Stretch(...)", ("stretch",)),
    "fractions": ("an array of vote fractions", (None, "table")),
}
WANTED["train"] = WANTED["val"] = WANTED["catalog"]
KINDS = {  # of what a class of this name is; None is anything else, such as an array
    "Schema": "schema",
    "TreeModel": "model",
    "FinetuneRun": "model",
    "Predictions": "predictions",
    "PublishedPredictions": "predictions",
    "Features": "features",
    "Stretch": "stretch",
    "DataFrame": "table",
    "str": "text",
    "Path": "text",
}
ADVICE = {  # how what is wanted is made of what was given: by their kinds
    ("model", "predictions"): "predictions = gz.predict(model, catalog) makes them",
    ("text", "predictions"): "gz.Predictions.from_parquet(path) reads them",
    ("model", "features"): "features = gz.embed(model, catalog) makes them",
    ("text", "features"): "gz.Features.from_parquet(path) reads them",
    ("text", "table"): "gz.read_catalog(path, schema) reads it",
    ("schema", "model"): "gz.TreeModel(schema) makes one",
}
ELSEWHERE = {  # where what is asked of gz is
    "fit": "gz.finetune",
    "train": "gz.finetune",
    "load_catalog": "gz.read_catalog",
    "load_model": "gz.TreeModel.load",
    "load_predictions": "gz.Predictions.from_parquet",
    "train_test_split": "gz.split",
    "read_workflow": "gz.zooniverse.read_workflow",
    "count_report": "gz.zooniverse.count_report",
    "predict_to_parquet": "gz.inference.predict_to_parquet",
    "embed_to_parquet": "gz.inference.embed_to_parquet",
    "get_representations": "gz.embed",
}
INSTEAD_OF_PANDAS = dict.fromkeys(  # what Predictions have instead
    ("head", "tail", "columns", "values", "sort_values", "query", "describe", "merge", "plot", "to_csv"),
    ": predictions.to_frame() makes a table (DataFrame) of them, with all that pandas can do",
) | dict.fromkeys(("iloc", "loc", "ix"), ": predictions[0] and predictions[galaxy] are those of one galaxy")
PARTS = {  # the packages that gzkit brings along, by what does not work without them
    "trees, votes and tables": "lazy_loader numpy pandas pyarrow scipy python-dateutil pillow tqdm",
    "figures": "matplotlib",
    "instruments in notebooks": "ipywidgets anywidget",
    "the loss, models, finetuning and predicting": "torch timm accelerate safetensors psutil",
}
PACKAGES = {"PIL": "pillow", "dateutil": "python-dateutil"}  # whose modules are called otherwise
__tracebackhide__ = True  # pytest shows the line that gave the argument, not the check


def check_arguments(function: str, **given: Any) -> None:
    """Refuse arguments of another kind than their names say, and say so if two stand in each other's place.

    Parameters
    ----------
    function : str
        Name of what was called, for the message.
    **given : object
        By the argument's name, in the order of the call; None is left out.

    Raises
    ------
    TypeError

    Examples
    --------
    >>> check_arguments("plot_votes", votes="gz2", schema=[3, 5])
    Traceback (most recent call last):
    TypeError: plot_votes: votes and schema stand in each other's place: gz.plot_votes(votes, schema)
    """
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        if _fits(value, name):
            continue
        for other, another in given.items():
            if other != name and _fits(value, other) and _fits(another, name) and not _fits(another, other):
                raise TypeError(
                    f"{function}: {name} and {other} stand in each other's place: gz.{function}({', '.join(given)})"
                )
        wanted, (kind, *_) = WANTED[name]
        advice = ADVICE.get((_kind(value), kind), "")
        raise TypeError(f"{function}: {name} is {wanted}, got {described(value)}{advice and f'; {advice}'}")


def check_ranges(
    function: str, ranges: Mapping[str, tuple[str, Callable[[Any], bool]]], given: Mapping[str, Any]
) -> None:
    """Refuse numbers that are out of their ranges.

    Parameters
    ----------
    function : str
        Name of what was called, for the message.
    ranges : dict of str to tuple of (str, callable)
        What each is if it is out of range, in words, and whether a value is in it: False for NaN.
    given : dict of str to object

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_ranges("plot", {"size": ("not above 0", lambda value: value > 0)}, {"size": -1})
    Traceback (most recent call last):
    ValueError: plot: size=-1 is not above 0
    """
    for name, (wrong, fits) in ranges.items():
        if isinstance(given[name], bool | str) or not fits(given[name]):
            raise ValueError(f"{function}: {name}={_plain(given[name])!r} is {wrong}")


def described(value: Any) -> str:
    """What a value is, in a few words; never its content.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    Examples
    --------
    >>> described([3, 5]), described("gz2"), described(None)
    ('a list', "'gz2'", 'None')
    """
    value = _plain(value)
    kind, name = _kind(value), type(value).__name__
    if kind in ("table", "predictions", "features"):
        return f"{'a table' if kind == 'table' else kind} of {len(value)} galaxies"
    if kind == "schema":
        return "a Schema"
    if kind == "text" or value is None or isinstance(value, int | float):
        return repr(value)
    if hasattr(value, "shape"):
        return f"an array of shape {tuple(value.shape)}"
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def what_was_meant(name: str, offered: Iterable[str]) -> str:
    """A sentence for a name that `gz` has not.

    Parameters
    ----------
    name : str
    offered : iterable of str

    Returns
    -------
    str

    Examples
    --------
    >>> what_was_meant("plot_trees", ["plot_tree", "predict"])
    'gz has no plot_trees; did you mean gz.plot_tree?'
    """
    near = difflib.get_close_matches(name, list(offered), n=1)
    meant = f"gz.{near[0]}" if near else ""
    meant = ELSEWHERE.get(name, meant)
    return f"gz has no {name}{f'; did you mean {meant}?' if meant else ''}"


def what_is_missing(what: str, error: ImportError) -> str:
    """A sentence for a package that is not installed: what wants it, and what brings it.

    Parameters
    ----------
    what : str
        What cannot be used.
    error : ImportError

    Returns
    -------
    str
        The error's own where the package is none of those that gzkit brings along.

    Examples
    --------
    >>> what_is_missing("gz.plot_tree", ModuleNotFoundError("", name="matplotlib.pyplot"))
    'gz.plot_tree needs matplotlib, which is not installed: pip install matplotlib (for figures)'
    """
    module = (error.name or "").partition(".")[0]
    package = PACKAGES.get(module, module)
    for part, packages in PARTS.items():
        if package in packages.split():
            return f"{what} needs {package}, which is not installed: pip install {packages} (for {part})"
    return str(error)


def _plain(value):
    """A NumPy number or text as Python's own, which prints without its type."""
    return value.item() if getattr(value, "shape", None) == () else value


def _kind(value):
    return next((KINDS[cls.__name__] for cls in type(value).__mro__ if cls.__name__ in KINDS), None)


def _fits(value, name):
    return _kind(value) in WANTED[name][1]
