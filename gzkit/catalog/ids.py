"""What names a galaxy: one rule for every table, file and function."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd

PADDING = (
    " \t\r\n\0\u00a0\ufeff"  # around ids in fixed-width columns, FITS and spreadsheets: not part of them
)
# what float columns and spreadsheets write of a long number: 5.87723E+17, 587722981742084096.0
THROUGH_FLOAT = re.compile(r"^[+-]?\d++(?:(?:[.,]\d+)?[eE][+-]\d+|\.0*)$", re.MULTILINE)
SPREADSHEET_DIGITS = 15  # a spreadsheet replaces the digits after these by zeros
LOST = "a decimal number has lost digits of an id"


def id_of(value):
    """A galaxy's id as text.

    Whole numbers are ids as they are written (7 and ``"7"`` are one id, ``"007"`` is another), bytes are text, and
    blanks around are not part of an id. A decimal number is none: long ids lose digits in it.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        Empty if there is none (None, NaN, blanks).

    Raises
    ------
    ValueError
        If it is no id; the message says why.

    Examples
    --------
    >>> id_of(b"J1 "), id_of(587722981742084096), id_of("007"), id_of(None)
    ('J1', '587722981742084096', '007', '')
    >>> id_of("5.87723E+17")
    Traceback (most recent call last):
    ValueError: a decimal number has lost digits of an id
    """
    if isinstance(value, bytes):
        value = value.decode()  # UnicodeDecodeError is a ValueError
    if isinstance(value, str):
        text = value.strip(PADDING)
        if THROUGH_FLOAT.fullmatch(text):
            raise ValueError(LOST)
        text.encode()  # half a character, from a file's name that is no text: UnicodeEncodeError
        return text
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        raise ValueError("true or false is no id")
    if isinstance(value, int | np.integer) or (
        isinstance(value, Decimal) and value == value.to_integral_value()
    ):
        return str(int(value))
    if isinstance(value, float | np.floating | Decimal):
        raise ValueError(LOST)
    raise ValueError(f"a {type(value).__name__} is no id")


def ids_of(values):
    """Many ids as text, and what is wrong with the others.

    Parameters
    ----------
    values : Series or array_like, shape (galaxy,)

    Returns
    -------
    ids : ndarray of object, shape (galaxy,)
        Text; empty where there is none, or it is no id.
    wrong : dict of str to list of int
        What is wrong, with its rows.

    Examples
    --------
    >>> ids_of(["J1", 7, 0.5])
    (array(['J1', '7', ''], dtype=object), {'a decimal number has lost digits of an id': [2]})
    """
    values = pd.Series(values, dtype=object if isinstance(values, list) else None).to_numpy(dtype=object)
    texts = [
        value.strip(PADDING) if type(value) is str else str(value) if type(value) is int else None
        for value in values
    ]
    wrong = {}
    if None in texts or _any_doubtful(texts):
        for row, value in enumerate(values):
            try:
                texts[row] = id_of(value)
            except ValueError as error:
                texts[row] = ""
                wrong.setdefault(str(error), []).append(row)
    long = [row for row, text in enumerate(texts) if len(text) > SPREADSHEET_DIGITS]
    ends = {texts[row][SPREADSHEET_DIGITS:].strip("0") if texts[row].isdecimal() else "?" for row in long}
    if len(long) > 1 and ends == {""}:
        wrong["every long id ends in zeros, as a spreadsheet writes them: its digits are lost"] = long
    ids = np.empty(len(texts), dtype=object)
    ids[:] = texts
    return ids, wrong


def check_ids(id_str, what="is predicted"):
    """Ids as text, if each is one and appears once.

    Parameters
    ----------
    id_str : sequence of str or int
    what : str
        What is said of a galaxy that appears more than once.

    Returns
    -------
    ndarray of object, shape (galaxy,)

    Raises
    ------
    ValueError
        If not.

    Examples
    --------
    >>> check_ids(["J1", 2]).tolist()
    ['J1', '2']
    """
    if getattr(id_str, "ndim", 1) != 1:
        raise ValueError(f"id_str must be a list of ids, got shape {id_str.shape}")
    ids, wrong = ids_of(id_str)
    for problem, rows in wrong.items():
        raise ValueError(f"id_str: {problem}: {list(id_str)[rows[0]]!r} at row {rows[0]}")
    if "" in set(ids):
        raise ValueError(f"id_str: no id at row {ids.tolist().index('')}")
    if len(set(ids)) < len(ids):
        values, counts = np.unique(ids, return_counts=True)
        raise ValueError(
            f"galaxy {values[counts > 1][0]!r} {what} {counts.max()} times: each may appear once"
        )
    return ids


def rows_of(id_str, galaxies, what="no prediction for"):
    """What indexes the rows of some galaxies.

    Parameters
    ----------
    id_str : ndarray of str, shape (galaxy,)
    galaxies : str, sequence of str, ndarray of bool or int, or slice
    what : str
        What is said of a galaxy that is not there.

    Returns
    -------
    slice or ndarray

    Raises
    ------
    KeyError
        If an id is not there; the message names it.
    ValueError
        If a mask has another length.

    Examples
    --------
    >>> rows_of(np.array(["J1", "J2"]), "J2")
    array([1])
    """
    if isinstance(galaxies, slice):
        return galaxies
    if getattr(galaxies, "name", None) == "id_str":  # a table's column: ids, though they may be whole numbers
        galaxies = ids_of(galaxies)[0]
    keys = np.atleast_1d(np.asarray(galaxies))
    if keys.size == 0:
        return np.zeros(0, dtype=int)
    if keys.dtype.kind == "b" and keys.shape != id_str.shape:
        raise ValueError(
            f"a mask for {len(id_str)} galaxies has {len(id_str)} values, got shape {keys.shape}"
        )
    if keys.dtype.kind in "bi":
        return keys
    position = {galaxy: row for row, galaxy in enumerate(id_str)}
    missing = [galaxy for galaxy in keys if galaxy not in position]
    if missing:
        raise KeyError(f"{what} galaxy {str(missing[0])!r} ({len(missing)} of {len(keys)} ids missing)")
    return np.array([position[galaxy] for galaxy in keys])


def _any_doubtful(texts):
    joined = "\n".join(texts)
    if any(mark in joined for mark in ".eE") and THROUGH_FLOAT.search(joined):
        return True
    return not joined.isascii() and re.search("[\ud800-\udfff]", joined) is not None
