"""Everything that is wrong with a table, gathered in one pass and told together."""

import numpy as np
import pandas as pd

from gzkit.schema.tree import suggest

PLACES_SHOWN, LINES_SHOWN = 3, 20


class CatalogError(ValueError):
    """A table that cannot be used, with everything that is wrong with it.

    Parameters
    ----------
    message : str
        What is wrong, a line a kind of problem.
    problems : DataFrame, optional
        Every single problem: ``row`` (counted from 0; missing where a whole column is meant), ``column``, ``value``
        and ``problem``.
    """

    def __init__(self, message: str, problems: pd.DataFrame | None = None):
        super().__init__(message)
        self.problems = problems

    def __reduce__(self):
        return (type(self), (str(self), self.problems))


class Problems:
    """A list of problems that grows while a table is checked.

    Parameters
    ----------
    source : str
        What the table is called in messages.
    rows : ndarray of int, optional
        Where the rows that are checked stand in the table; by default they are all of it.
    """

    def __init__(self, source, rows=None):
        self.source, self._rows = source, rows
        self.ids = None  # (galaxy,) text, once known: places are then named by it too
        self._lines, self._tables, self._hints = [], [], []

    def column(self, column, problem):
        """Note a problem with a whole column.

        Parameters
        ----------
        column : str
        problem : str
            The whole sentence.
        """
        self._lines.append(problem)
        self._tables.append(
            pd.DataFrame({"row": [pd.NA], "column": [column], "value": [None], "problem": [problem]})
        )

    def missing(self, column, known, advice=""):
        """Note a column that is not there, with the nearest that is.

        Parameters
        ----------
        column : str
        known : iterable of str
            Columns of the table.
        advice : str
        """
        self.column(column, f"column {column!r} is missing{suggest(column, known)}{advice}")

    def cells(self, column, bad, values, problem, advice=""):
        """Note the cells of a column where a mask is set, if any is.

        Parameters
        ----------
        column : str
        bad : ndarray of bool, shape (galaxy,)
        values : array_like, shape (galaxy,)
        problem : str
            What is wrong with these cells: ``"negative"``.
        advice : str
            What to do about it.
        """
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        values = pd.Series(list(np.asarray(values)[rows]), dtype=object)
        places = ", ".join(
            f"{_short(value)} at {self._place(row)}"
            for row, value in zip(rows[:PLACES_SHOWN], values[:PLACES_SHOWN], strict=True)
        )
        more = f" and {len(rows) - PLACES_SHOWN} more" if len(rows) > PLACES_SHOWN else ""
        self._lines.append(f"column {column!r}: {problem}: {places}{more}{'; ' if advice else ''}{advice}")
        numbers = rows if self._rows is None else self._rows[rows]
        table = pd.DataFrame({"row": numbers, "column": column, "value": values, "problem": problem})
        self._tables.append(table)

    def hint(self, text):
        """Add a line on what to do, told if there is any problem.

        Parameters
        ----------
        text : str
        """
        self._hints.append(text)

    def raise_if_any(self):
        """Raise a `CatalogError` if anything has been noted."""
        if not self._lines:
            return
        tables = [table.astype({"row": "Int64", "value": object}) for table in self._tables]
        problems = pd.concat(tables, ignore_index=True)
        shown = self._lines[:LINES_SHOWN]
        if len(self._lines) > LINES_SHOWN:
            shown.append(
                f"... and {len(self._lines) - LINES_SHOWN} more lines like these (see error.problems)"
            )
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        raise CatalogError("\n- ".join([f"{self.source}: {count}", *self._hints, *shown]), problems)

    def _place(self, row):
        number = row if self._rows is None else self._rows[row]
        return f"row {number}" if self.ids is None else f"row {number} ({_short(self.ids[row])})"


def _short(value):
    if isinstance(value, np.generic) and not isinstance(value, np.floating):
        value = value.item()
    text = str(value) if isinstance(value, np.floating) else repr(value)
    return text if len(text) <= 120 else f"{text[:30]}...{text[-87:]}"
