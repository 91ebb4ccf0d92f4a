"""Where galaxies are on the sky: their coordinates in a table, other catalogues' galaxies at the same place, a link."""

import re

import numpy as np
import pandas as pd

from gzkit.catalog.astronomical import astropy_module
from gzkit.catalog.counts import as_floats
from gzkit.schema.files import told_of

RANGES = {"ra": (-180, 360), "dec": (-90, 90)}  # [deg]
SEXAGESIMAL = re.compile(  # 10:20:30.5, 10h20m30.5s, -3 12 44, 150d20m30s
    r"([+-]?)(\d{1,3})([:hd° ]) ?([0-5]?\d)(?:[:m' ] ?([0-5]?\d(?:\.\d*)?)[s\"]?|[m'])?"
)


def take_sky(table, problems):
    """A table with its coordinates in degrees.

    Parameters
    ----------
    table : DataFrame
        With both ``ra`` and ``dec``, in capitals or not, or it stays as it is: degrees, sexagesimal text (``ra`` then
        in hours), or what ``attrs["units"]`` says.
    problems : Problems
        Is told of what is no coordinate.

    Returns
    -------
    DataFrame
        ``ra`` and ``dec`` [deg], NaN where there is none.
    """
    names = {str(column): str(column).lower() for column in table if str(column).lower() in RANGES}
    if sorted(names.values()) != sorted(RANGES):
        return table
    units = {names.get(column, column): unit for column, unit in table.attrs.get("units", {}).items()}
    table = table.rename(columns=names)
    for name, (low, high) in RANGES.items():
        degrees, raw = _degrees(table[name], name, units.get(name, "deg"))
        wrong = (np.isnan(degrees) & ~_blank(raw)) | (degrees < low) | (degrees > high)
        advice = f"{name} goes from {low} to {high} degrees, or is text such as 10:20:30.5; blank where it is not known"
        problems.cells(name, wrong, raw, "no coordinate", advice)
        table = table.assign(**{name: degrees})
    table.attrs = {"units": units | dict.fromkeys(RANGES, "deg")}
    return table


def _degrees(column, name, unit):
    """Coordinates in degrees, NaN where they are none, and as they were."""
    degrees, raw = (np.array(values) for values in as_floats(column))
    if not unit.lower().startswith("deg") and not np.isnan(degrees).all():
        units = astropy_module("units", f"column {name!r} in {unit!r}")
        with told_of(f"column {name!r}"):
            degrees = degrees * units.Unit(unit).to(units.deg)
    for row in np.flatnonzero(np.isnan(degrees)):
        if match := SEXAGESIMAL.fullmatch(str(raw[row]).strip()):
            sign, whole, mark, minutes, seconds = match.groups()
            hours = name == "ra" and mark not in "d°"
            size = int(whole) + int(minutes) / 60 + float(seconds or 0) / 3600
            degrees[row] = (-1 if sign == "-" else 1) * (15 if hours else 1) * size
    return degrees, raw


def _blank(raw):
    return np.array([bool(pd.isna(x)) or str(x).strip() == "" for x in raw], dtype=bool)
