"""Vote counts out of a table: as they stand, or rebuilt from fractions and total votes."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd

from gzkit.schema.surveys import looks_like
from gzkit.votes import MAX_VOTES, are_fractions, total_votes

NUMBERS = (str, bytes, int, float, Decimal, np.integer, np.floating)
WHOLE = 0.05  # votes; how far from a whole number fraction x total may be (fractions are published rounded)


def take_votes(table, schema, problems):
    """Vote counts of every answer of a schema, checked.

    Parameters
    ----------
    table : DataFrame
    schema : Schema
    problems : Problems
        Is told of every column that is missing and every cell that is no vote count.

    Returns
    -------
    ndarray of int, shape (galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``; 0 where there was a problem.
    """
    votes = np.zeros((len(table), len(schema.answers)))
    if _hold_fractions(table, schema):
        first = schema.label_cols[0]
        problems.column(
            first,
            f"the columns of votes ({first!r}, ...) hold vote fractions, from 0 to 1, not counts; add '_fraction' to "
            f"their names and each question's total votes to the table ('{schema.questions[0].text}_total-votes', "
            "...): counts are then made of both",
        )
        return votes.astype(np.int64)
    told = ""
    for question in schema.questions:
        missing = [label for label in question.labels if label not in table]
        if missing and _has_fractions(table, question):
            votes[:, question.columns] = _rebuild(table, question, problems)
            continue
        for answer in question.answers:
            if answer.label in table:
                votes[:, answer.index] = _counts(table[answer.label], answer.label, problems)
        if missing:
            _explain_missing(table, question, missing, problems)
            told = told or looks_like(table.columns)
    if told:
        problems.hint(told.removeprefix("; "))
    return votes.astype(np.int64)


def warn_of_totals(votes, table, schema, source):
    """Warn where totals do not add up, as they often do not by a few votes in real tables.

    Parameters
    ----------
    votes : ndarray of int, shape (galaxy, answer)
        Vote counts [votes].
    table : DataFrame
        May hold published ``<question>_total-votes``.
    schema : Schema
    source : str
        What the table is called in the warning.
    """
    totals, from_parents, from_published = total_votes(votes, schema), {}, {}
    for question in schema.questions:
        total = totals[:, question.index]
        if question.asked_after:
            led_here = votes[:, [answer.index for answer in question.asked_after]].sum(axis=1)
            from_parents[question.text] = np.abs(total - led_here)
        published = table.get(f"{question.text}_total-votes")
        if published is not None:
            gap = np.abs(total - as_floats(published)[0])
            from_published[question.text] = np.where(np.isfinite(gap), gap, 0)
    _warn(from_parents, source, "total votes differ from the votes of the answers that lead to the question")
    hint = "; are there answers that the schema does not have?"
    _warn(from_published, source, "published total votes are not the sum of the question's answers", hint)


def _hold_fractions(table, schema):
    """Whether a table has fractions in all its columns of votes."""
    found = [table[label] for label in schema.label_cols if label in table]
    if not found or not all(pd.api.types.is_float_dtype(column.dtype) for column in found):
        return False
    return are_fractions(np.concatenate([x.to_numpy(dtype=np.float64, na_value=np.nan) for x in found]))


def _counts(column, name, problems):
    """One column of counts, 0 where it holds something else."""
    values, raw = _numbers(column, name, problems)
    finite, negative, fractional = np.isfinite(values), values < 0, values != np.floor(values)
    fractional &= finite & ~negative
    many = finite & (values > MAX_VOTES)
    problems.cells(name, np.isinf(values), raw, "not a finite number")
    problems.cells(name, finite & negative, raw, "negative vote")
    problems.cells(name, many, raw, f"more than {MAX_VOTES:,} votes", "is this a fill value, or an id?")
    advice = "a vote count is a whole number"
    if fractional.any() and np.nanmax(values) <= 1:
        question = name.partition("_")[0]
        advice += f"; fractions belong in a column {name + '_fraction'!r} beside '{question}_total-votes'"
    problems.cells(name, fractional, raw, "fractional vote", advice)
    return np.where(finite & ~negative & ~fractional & ~many, values, 0)


def _numbers(column, name, problems, *, blank_advice="list zero votes as 0"):
    """A column as float64 with NaN for what is no number, and as it was; tells of blanks and of the rest."""
    values, raw = as_floats(column)
    nan = np.isnan(values)
    blank = nan.copy()
    blank[nan] = [(pd.api.types.is_scalar(x) and pd.isna(x)) or str(x).strip() == "" for x in raw[nan]]
    if blank_advice:
        problems.cells(name, blank, raw, "blank vote", blank_advice)
    problems.cells(name, nan & ~blank, raw, "not a number")
    return values, raw


def as_floats(column):
    """A column as float64, and as it was; NaN too for dates, durations, true and false, which pandas would convert.

    Parameters
    ----------
    column : Series

    Returns
    -------
    tuple of ndarray, shape (galaxy,)
    """
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not (pd.api.types.is_bool_dtype(kind) or kind.kind == "c"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), column.to_numpy()
    raw = column.to_numpy(dtype=object)
    number = [isinstance(x, NUMBERS) and not isinstance(x, bool | np.bool_) for x in raw]
    values = pd.to_numeric(pd.Series(np.where(number, raw, None), dtype=object), errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan), raw


def _has_fractions(table, question):
    return f"{question.text}_total-votes" in table and all(f"{x}_fraction" in table for x in question.labels)


def _rebuild(table, question, problems):
    """Counts of one question from its fractions and its total votes: (galaxy, answer of the question)."""
    name = f"{question.text}_total-votes"
    totals = _counts(table[name], name, problems)
    counts, whole = np.zeros((len(table), len(question.answers))), np.ones(len(table), dtype=bool)
    for place, label in enumerate(question.labels):
        column = f"{label}_fraction"
        values, raw = _numbers(table[column], column, problems, blank_advice="")
        blank = np.isnan(values) & (totals > 0)
        problems.cells(column, blank, raw, f"blank, though {name!r} is not 0")
        problems.cells(column, (values < 0) | (values > 1), raw, "not a fraction between 0 and 1")
        product = np.where(totals > 0, np.nan_to_num(values) * totals, 0)
        counts[:, place] = np.round(product)
        bad = np.abs(product - counts[:, place]) > WHOLE
        advice = "were these fractions debiased, or the volunteers weighted?"
        problems.cells(column, bad, raw, f"times {name!r} is not a whole number of votes", advice)
        whole &= ~bad & ~blank
    short = whole & (counts.sum(axis=1) != totals)
    problems.cells(name, short, totals, "is not the sum of the votes that the fractions give")
    return counts


def _explain_missing(table, question, missing, problems):
    if f"{missing[0]}_fraction" not in table:
        for label in missing:
            problems.missing(label, table.columns)
        return
    wanted = f"{question.text}_total-votes"
    problems.column(
        wanted,
        f"question {question.text!r} has fractions but no column {wanted!r}: fractions alone do not tell how many "
        "volunteers were asked; add the total votes, or the vote counts",
    )


def _warn(gaps, source, what, hint=""):
    rows = {text: int(np.count_nonzero(gap)) for text, gap in gaps.items() if np.any(gap)}
    if not rows:
        return
    galaxies = len(next(iter(gaps.values())))
    listed = ", ".join(f"{text!r} in {n} (by up to {int(gaps[text].max())})" for text, n in rows.items())
    warnings.warn(f"{source}: {what}, of {galaxies} galaxies: {listed}; kept as they are{hint}", stacklevel=4)
