"""Vote counts: totals, fractions, and the chance that a question is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from gzkit.schema.tree import Schema

MAX_VOTES = 1_000_000  # for one answer; no galaxy was ever shown to so many people, and fill values and ids are larger


def check_votes(votes: ArrayLike, schema: Schema, *, whole: bool = True) -> np.ndarray:
    """Votes as an array, if they are votes.

    Parameters
    ----------
    votes : array_like, shape (..., galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema
    whole : bool
        Whether fractional counts (volunteers with weights) are refused.

    Returns
    -------
    ndarray, same shape
        The votes, unchanged.

    Raises
    ------
    ValueError
        If the column count is not ``len(schema.label_cols)``, or a vote is NaN, infinite, negative or fractional;
        the message names the row and the column.
    """
    votes = np.asarray(votes)
    _check_columns(votes, schema)
    if votes.dtype.kind not in "biuf":
        raise ValueError(f"votes must be numbers, got an array of {votes.dtype}")
    bad = ~(np.isfinite(votes) & (votes >= 0))
    bad |= whole & (votes != np.floor(votes))
    if bad.any():
        *row, column = np.argwhere(bad)[0]
        value = votes[(*row, column)]
        problem = "negative" if value < 0 else "fractional" if np.isfinite(value) else "not finite"
        place = ", ".join(str(i) for i in row) or "0"
        raise ValueError(
            f"votes: row {place}, column {schema.label_cols[column]!r} is {value}, which is {problem}; "
            f"a vote count is a whole number, 0 if nobody gave the answer ({int(bad.sum())} such values)"
        )
    return votes


def total_votes(votes: ArrayLike, schema: Schema) -> np.ndarray:
    """Volunteers asked each question: the sum of its answers' votes.

    Parameters
    ----------
    votes : array_like, shape (..., galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    ndarray, shape (..., galaxy, question)
        Total votes [votes].

    Raises
    ------
    ValueError
        If the column count is not ``len(schema.label_cols)``, or a vote is NaN or negative.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> total_votes([[1, 2, 7]], schema)
    array([[10]])
    """
    votes = check_votes(votes, schema, whole=False)
    return _sum_by_question(votes, schema)


def vote_fractions(votes: ArrayLike, schema: Schema) -> np.ndarray:
    """Share of the volunteers asked each question who gave each answer.

    Parameters
    ----------
    votes : array_like, shape (..., galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    ndarray, shape (..., galaxy, answer)
        Fractions in [0, 1]; NaN where nobody was asked the question.

    Raises
    ------
    ValueError
        If the column count is not ``len(schema.label_cols)``, or a vote is NaN or negative.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> vote_fractions([[1, 2, 7], [0, 0, 0]], schema)
    array([[0.1, 0.2, 0.7],
           [nan, nan, nan]])
    """
    votes = check_votes(votes, schema, whole=False)
    totals = _spread_to_answers(_sum_by_question(votes, schema), schema)
    return np.divide(votes, totals, out=np.full(votes.shape, np.nan), where=totals > 0)


def proportion_asked(fractions: ArrayLike, schema: Schema) -> np.ndarray:
    """Chance that a volunteer reaches each question, over all the answers that lead to it.

    A question asked after several answers is reached along any of them, so the chances add up. Where a question
    cannot be reached at all its answers' fractions are not needed, and may be NaN.

    Parameters
    ----------
    fractions : array_like, shape (..., galaxy, answer)
        Vote fractions in [0, 1], columns in the order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    ndarray, shape (..., galaxy, question)
        Proportions in [0, 1]; NaN where a question can be reached but a fraction on the way is unknown.

    Raises
    ------
    ValueError
        If the column count is not ``len(schema.label_cols)``.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema(
    ...     {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "merging": ["_yes", "_no"]},
    ...     {"shape": None, "edge-on": "shape_disk", "merging": ["shape_smooth", "edge-on_no"]},
    ... )
    >>> proportion_asked([[0.2, 0.8, 0.25, 0.75, 0.1, 0.9]], schema).round(6)
    array([[1. , 0.8, 0.8]])
    """
    fractions = np.asarray(fractions)
    fractions = fractions.astype(np.result_type(fractions.dtype, np.float32), copy=False)
    _check_columns(fractions, schema)
    asked = np.ones((len(schema.questions), *fractions.shape[:-1]), dtype=fractions.dtype)
    for question in schema.walk_order:
        if question.asked_after:
            asked[question.index] = sum(
                _chance_of(answer, asked, fractions) for answer in question.asked_after
            )
    return np.moveaxis(asked, 0, -1)


def _chance_of(answer, asked, fractions):
    reached = asked[answer.question.index]
    # nobody reaches the question, so the unknown fraction (NaN) does not matter
    return np.where(reached == 0, 0.0, reached * fractions[..., answer.index])


def _check_columns(values, schema):
    if values.ndim == 0 or values.shape[-1] != len(schema.answers):
        raise ValueError(
            f"expected {len(schema.answers)} columns, one an answer of {schema!r}, got an array of shape {values.shape}"
        )


def _sum_by_question(values, schema):
    starts = [first for first, _ in schema.question_index_groups]
    wide = np.int64 if values.dtype.kind in "biu" else values.dtype  # uint8 totals would wrap around
    return np.add.reduceat(values, starts, axis=-1, dtype=wide)


def _spread_to_answers(values, schema):
    return np.repeat(values, [len(question.answers) for question in schema.questions], axis=-1)
