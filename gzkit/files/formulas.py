"""Tables that others open: a text from a volunteer must not run as a formula of a spreadsheet."""

import re
import warnings

FORMULA = re.compile(r"\s*[=+\-@]|[\t\r]")  # how a text begins that a spreadsheet runs
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*|[+-]?inf(inity)?", re.IGNORECASE)


def without_formulas(table):
    """A table for a csv file, with an apostrophe before each text, or name, that a spreadsheet would run as a formula.

    Numbers stay as they are, written as text too. A warning says how many texts were changed.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> import pandas as pd
    >>> warnings.simplefilter("ignore")  # that one text was changed
    >>> without_formulas(pd.DataFrame({"notes": ["=1+1", "-12.5", "a=b"]}))["notes"].tolist()
    ["'=1+1", '-12.5', 'a=b']
    """
    table, changed = table.copy(), 0

    def harmless(value):
        nonlocal changed
        if not isinstance(value, str) or not FORMULA.match(value) or NUMBER.fullmatch(value):
            return value
        changed += 1
        return f"'{value}"

    for position, kind in enumerate(table.dtypes):
        if kind.kind not in "biufcmM":
            table.isetitem(position, table.iloc[:, position].map(harmless))
    table.columns = [harmless(name) for name in table.columns]
    if changed:
        warnings.warn(
            f"{changed} texts begin as formulas of a spreadsheet do; an apostrophe stands before them",
            stacklevel=2,
        )
    return table
