"""Which galaxies are on show, and in which order: the same ones for all models, searched, sorted and cut."""

import numpy as np

from gzkit.evaluation.cuts import parse_cuts, values_to_cut
from gzkit.evaluation.surprise import surprises, uncertainty

CATALOG_ORDER = "as they come"
UNCERTAIN = "uncertainty (question)"
SURPRISE = "surprise (question)"
SURPRISE_TREE = "surprise (whole tree)"


def sort_choices(schema, votes):
    """What galaxies can be sorted by.

    Parameters
    ----------
    schema : Schema
    votes : ndarray, shape (galaxy, answer), or None
        Without votes nothing can surprise.

    Returns
    -------
    list of str
    """
    surprises = [] if votes is None else [SURPRISE, SURPRISE_TREE]
    return [CATALOG_ORDER, UNCERTAIN, *surprises, *schema.label_cols]


def sort_values(predictions, votes, by, question):
    """The number by which galaxies are sorted.

    Parameters
    ----------
    predictions : Predictions
    votes : ndarray, shape (galaxy, answer), or None
        [votes]
    by : str
        One of `sort_choices`.
    question : Question
        Whose uncertainty or surprise is meant.

    Returns
    -------
    ndarray, shape (galaxy,)
        A predicted fraction; or the standard deviation of a volunteer's answer probabilities; or the surprise of the
        votes [standard deviations].
    """
    if by == CATALOG_ORDER:
        return -np.arange(len(predictions), dtype=float)
    if by == UNCERTAIN:
        return uncertainty(predictions.concentration[:, question.columns])
    if by == SURPRISE:
        return surprises(predictions, votes, [question])[0]
    if by == SURPRISE_TREE:
        return surprises(predictions, votes)[0]
    return predictions.vote_fractions()[:, predictions.schema.get_answer(by).index]


def passes(predictions, cuts, votes=None):
    """Which galaxies pass cuts, as `gz.select` has them.

    Parameters
    ----------
    predictions : Predictions
    cuts : str
        ``"featured > 0.6 and edge-on_no > 0.75"``; empty for none.
    votes : ndarray, shape (galaxy, answer), optional
        Cut on observed fractions instead of predicted ones [votes].

    Returns
    -------
    ndarray of bool, shape (galaxy,)

    Raises
    ------
    ValueError
        If a cut cannot be read.
    """
    if not cuts.strip():
        return np.ones(len(predictions), dtype=bool)
    parsed, values = parse_cuts(cuts, predictions.schema), values_to_cut(predictions, votes)
    return np.logical_and.reduce([cut.passes(*values) for cut in parsed])


def search(ids, text):
    """Positions of the ids that hold a text: the id itself first, then those that begin with it, then the others.

    Parameters
    ----------
    ids : sequence of str
    text : str
        Letters may be small or large.

    Returns
    -------
    list of int

    Examples
    --------
    >>> search(["J12", "J1", "aj1b"], "j1")
    [1, 0, 2]
    """
    text = text.strip().casefold()
    names = enumerate(str(name).casefold() for name in ids)
    found = [(name != text, not name.startswith(text), i) for i, name in names if text in name]
    return [i for *_, i in sorted(found)]


def same_galaxies(models):
    """The models' predictions, all in the order of the first.

    Parameters
    ----------
    models : dict of str to Predictions

    Returns
    -------
    dict of str to Predictions

    Raises
    ------
    ValueError
        If there is no model or no galaxy, or the models differ in schema or galaxies.
    """
    if not models:
        raise ValueError("explore_predictions: no predictions")
    first = next(iter(models.values()))
    if not len(first):
        raise ValueError("explore_predictions: the predictions hold no galaxy")
    for name, other in models.items():
        if other.schema != first.schema:
            raise ValueError(f"explore_predictions: {name!r} has another schema, {other.schema!r}")
        strangers = set(first.id_str) ^ set(other.id_str)
        if strangers:
            raise ValueError(f"explore_predictions: {name!r} has other galaxies, such as {min(strangers)!r}")
    return {name: other if other is first else other[first.id_str] for name, other in models.items()}
