"""Catalogues handed to gzkit: read by `read_catalog` or made by hand in pandas, they are taken alike."""

import numpy as np
import pandas as pd

from gzkit.catalog.counts import take_votes
from gzkit.catalog.ids import ids_of
from gzkit.catalog.problems import Problems
from gzkit.catalog.tables import as_text
from gzkit.mistakes import WANTED, described
from gzkit.schema.build import suggest
from gzkit.schema.surveys import looks_like


def take_catalog(table, schema=None, *, name="catalog", columns=("id_str",)):
    """A table with its ids as text and its votes as whole numbers, as `read_catalog` would have them.

    Parameters
    ----------
    table : DataFrame
        Ids may be whole numbers or bytes, votes of any type that holds whole numbers.
    schema : Schema, optional
        Whose votes are wanted.
    name : str
        What the table is called in messages.
    columns : sequence of str
        Needed beside the votes.

    Returns
    -------
    DataFrame
        Index and other columns are the table's own.

    Raises
    ------
    ValueError
        If a column is missing, there is no galaxy to look at, or an id or a vote is none, with row and column.
    """
    check_columns(table, [*columns, *(schema.label_cols if schema else [])], name)
    if "file_loc" in columns and not len(table):
        raise ValueError(f"{name}: no galaxies")
    problems = Problems(name)
    table = as_text(table, problems)
    problems.raise_if_any()
    if schema is None:
        return table
    return table.assign(**dict(zip(schema.label_cols, votes_in(table, schema, name=name).T, strict=True)))


def votes_in(table, schema, rows=None, *, name="catalog"):
    """Votes of a table's galaxies.

    Parameters
    ----------
    table : DataFrame
    schema : Schema
    rows : ndarray of int, shape (galaxy,), optional
        Of the table, by position; all by default.
    name : str
        What the table is called in messages.

    Returns
    -------
    ndarray of int, shape (galaxy, answer)
        [votes]

    Raises
    ------
    ValueError
        If a column is missing or a cell is no vote count; the message has row and column.
    """
    check_columns(table, schema.label_cols, name)
    problems = Problems(name, rows)
    table = table if rows is None else table.iloc[rows]
    problems.ids = table["id_str"].to_numpy() if "id_str" in table else None
    votes = take_votes(table, schema, problems)
    problems.raise_if_any()
    return votes


def rows_in(table, galaxies, *, name="catalog", kind="predictions"):
    """Rows of some galaxies in a table.

    Parameters
    ----------
    table : DataFrame
    galaxies : sequence of str
        Ids.
    name : str
        What the table is called in messages.
    kind : str
        What the galaxies are from, for messages.

    Returns
    -------
    ndarray of int, shape (galaxy,)
        By position.

    Raises
    ------
    ValueError
        If one has no row, or any galaxy has two.
    """
    check_columns(table, ["id_str"], name)
    ids = pd.Index(ids_of(table["id_str"])[0])
    if not ids.is_unique:
        raise ValueError(f"{name}: galaxy {ids[ids.duplicated()][0]!r} has more than one row")
    rows = ids.get_indexer(galaxies)
    if (rows < 0).any():
        missing = np.asarray(galaxies, dtype=object)[rows < 0]
        advice = f"choose the galaxies with {kind}[catalog['id_str']]"
        if missing[0].lstrip("0") in ids:
            advice = "its ids were read as numbers, without their leading zeros: read it with gz.read_catalog"
        raise ValueError(
            f"{name}: no row for {len(missing)} of {len(galaxies)} {'predicted ' * (kind == 'predictions')}galaxies, "
            f"such as {missing[0]!r}; {advice}"
        )
    return rows


def check_columns(table, columns, name):
    """Refuse what is no table, and one that lacks a column.

    Parameters
    ----------
    table : DataFrame
    columns : list of str
    name : str
        What the table is called in messages.

    Raises
    ------
    TypeError, ValueError
        The message has the first missing column and the nearest one, or the survey that the table seems to be of.
    """
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"{name}: expected {WANTED['catalog'][0]}, got {described(table)}")
    missing = [column for column in columns if column not in table]
    if missing:
        hint = suggest(missing[0], table.columns)
        other = looks_like(table.columns) if len(missing) > 1 else ""
        raise ValueError(f"{name}: no column {missing[0]!r} ({len(missing)} missing{other}){hint}")
