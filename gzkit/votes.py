"""Vote counts: totals, fractions, and the chance that a question is reached."""

import numpy as np
from numpy.typing import ArrayLike

from gzkit.schema.surveys import as_schema
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
        if are_fractions(votes):
            raise ValueError(
                f"votes: these are vote fractions, from 0 to 1 ({value:.3g} in column {schema.label_cols[column]!r}), "
                "not counts: gz.read_catalog makes counts of fractions and total votes, and a figure takes fractions="
            )
        problem = "negative" if value < 0 else "fractional" if np.isfinite(value) else "not finite"
        place = ", ".join(str(i) for i in row) or "0"
        raise ValueError(
            f"votes: row {place}, column {schema.label_cols[column]!r} is {value}, which is {problem}; "
            f"a vote count is a whole number, 0 if nobody gave the answer ({int(bad.sum())} such values)"
        )
    return votes


def are_fractions(values: np.ndarray) -> bool:
    """Whether what was given for votes looks like vote fractions: all from 0 to 1, and some between.

    Parameters
    ----------
    values : ndarray of float
        NaN stands for a question that nobody was asked.

    Returns
    -------
    bool
    """
    known = values[np.isfinite(values)]
    return bool(len(known) and known.min() >= 0 and known.max() <= 1 and (known % 1 > 0).any())


def total_votes(votes: ArrayLike, schema: Schema | str) -> np.ndarray:
    """Volunteers asked each question: the sum of its answers' votes.

    Parameters
    ----------
    votes : array_like, shape (..., galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema or str
        Or the name of a survey.

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
    schema = as_schema(schema, "total_votes", votes=votes)
    votes = check_votes(votes, schema, whole=False)
    return _sum_by_question(votes, schema)


def vote_fractions(votes: ArrayLike, schema: Schema | str) -> np.ndarray:
    """Share of the volunteers asked each question who gave each answer.

    Parameters
    ----------
    votes : array_like, shape (..., galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema or str
        Or the name of a survey.

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
    schema = as_schema(schema, "vote_fractions", votes=votes)
    votes = check_votes(votes, schema, whole=False)
    totals = _spread_to_answers(_sum_by_question(votes, schema), schema)
    return np.divide(votes, totals, out=np.full(votes.shape, np.nan), where=totals > 0)


def proportion_asked(fractions: ArrayLike, schema: Schema | str) -> np.ndarray:
    """Chance that a volunteer reaches each question, over all the answers that lead to it.

    A question asked after several answers is reached along any of them, so the chances add up. An answer is taken not
    to depend on those before it: where volunteers' way does, as for Hubble's clumpy spirals, the result is off (by .09,
    root mean square over its galaxies). Where a question cannot be reached at all its answers' fractions are not
    needed, and may be NaN.

    Parameters
    ----------
    fractions : array_like, shape (..., galaxy, answer)
        Vote fractions in [0, 1], columns in the order of ``schema.label_cols``.
    schema : Schema or str
        Or the name of a survey.

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
    schema = as_schema(schema, "proportion_asked", fractions=fractions)
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
