"""Where galaxies are on the sky: their coordinates in a table, other catalogues' galaxies at the same place, a link."""

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzkit.catalog.astronomical import astropy_module, frame_of, is_astropy_table
from gzkit.catalog.counts import as_floats
from gzkit.catalog.ids import id_of
from gzkit.catalog.problems import Problems
from gzkit.catalog.taken import check_columns, rows_in
from gzkit.mistakes import check_arguments, check_ranges
from gzkit.schema.files import told_of

if TYPE_CHECKING:
    from astropy.table import Table

    from gzkit.predictions.predictions import Predictions

RANGES = {"ra": (-180, 360), "dec": (-90, 90)}  # [deg]
RADIUS = (
    "not above 0 [arcsec], a number up to 324000 (90 degrees)",
    lambda radius: isinstance(radius, int | float | np.number) and bool(0 < radius <= 324000),
)
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
        match = SEXAGESIMAL.fullmatch(str(raw[row]).strip())
        if match and (name == "ra" or match[3] != "h"):
            sign, whole, mark, minutes, seconds = match.groups()
            hours = name == "ra" and mark not in "d°"
            size = int(whole) + int(minutes) / 60 + float(seconds or 0) / 3600
            degrees[row] = (-1 if sign == "-" else 1) * (15 if hours else 1) * size
    return degrees, raw


def _blank(raw):
    return np.array([bool(pd.isna(x)) or str(x).strip() == "" for x in raw], dtype=bool)


def with_sky(table, *, name="catalog"):
    """A table with its coordinates in degrees, as `take_sky` gives it.

    Parameters
    ----------
    table : DataFrame
    name : str
        What the table is called in messages.

    Returns
    -------
    DataFrame

    Raises
    ------
    CatalogError
        If a coordinate is none.
    """
    problems = Problems(name)
    table = take_sky(table, problems)
    problems.raise_if_any()
    return table


def sky_of(table, galaxies, *, name="catalog"):
    """Where some galaxies of a catalogue are.

    Parameters
    ----------
    table : DataFrame
    galaxies : sequence of str
        Ids.
    name : str
        What the table is called in messages.

    Returns
    -------
    ndarray, shape (galaxy, 2), or None
        Right ascension and declination [deg], NaN where not known; None if the table has no coordinates.
    """
    table = with_sky(table, name=name)
    return table[list(RANGES)].to_numpy()[rows_in(table, galaxies)] if set(RANGES) <= set(table) else None


def sky_link(galaxies: "pd.DataFrame | Predictions", galaxy: str) -> str:
    """Address of the place of a galaxy in the Legacy Survey's viewer. Nothing is fetched.

    Parameters
    ----------
    galaxies : DataFrame or Predictions
        With coordinates.
    galaxy : str
        Its id.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If its coordinates are not known.

    References
    ----------
    Dey et al. 2019, AJ 157, 168, arXiv:1804.08657: the Legacy Surveys, https://www.legacysurvey.org/viewer.

    Examples
    --------
    >>> sky_link(pd.DataFrame({"id_str": ["M87"], "ra": ["12:30:49.4"], "dec": ["12:23:28"]}), "M87")
    'https://www.legacysurvey.org/viewer?ra=187.705833&dec=12.391111&layer=ls-dr10&zoom=14'
    """
    if isinstance(galaxies, pd.DataFrame):
        sky = sky_of(galaxies, [id_of(galaxy)])
    else:
        check_arguments("sky_link", predictions=galaxies)
        sky = galaxies[galaxy].sky
    address = None if sky is None else viewer_address(*sky[0])
    if address is None:
        raise ValueError(
            f"sky_link: no coordinates of {galaxy!r}: a catalogue has them in its columns ra and dec"
        )
    return address


def viewer_address(ra, dec):
    """Address of a place [deg] in the Legacy Survey's viewer; None for none."""
    place = f"ra={ra:.6f}&dec={dec:.6f}" if np.isfinite(ra + dec) else None
    return place and f"https://www.legacysurvey.org/viewer?{place}&layer=ls-dr10&zoom=14"


@dataclasses.dataclass(frozen=True)
class Match:
    """Galaxies of one catalogue and what another has at their places.

    Attributes
    ----------
    table : DataFrame
        A row a galaxy that has a counterpart, which is the nearest, and to which it is the nearest: the catalogue's
        columns, the other's (``_other`` at the end of names that both have), and ``separation`` [arcsec].
    unmatched : list
        Ids of the others.
    twice : DataFrame
        Every pair within the radius of which one or the other stands in several: ``id_str``, ``other`` (row in the
        other catalogue, from 0), ``separation`` [arcsec]. Which is right is for you to say.
    """

    table: pd.DataFrame
    unmatched: list
    twice: pd.DataFrame

    def __repr__(self):
        told = f"{len(self.unmatched)} have none, {self.twice['id_str'].nunique()} could have another"
        return f"Match({len(self.table)} galaxies with a counterpart; {told})"


def match(catalog: pd.DataFrame, other: "pd.DataFrame | Table", radius: float = 1.0) -> Match:
    """Galaxies of two catalogues that are at the same place on the sky.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str``, ``ra`` and ``dec``, as `gz.read_catalog` gives it.
    other : DataFrame or astropy.table.Table
        With ``ra`` and ``dec``.
    radius : float
        Largest separation [arcsec].

    Returns
    -------
    Match
        With a table of pairs, each galaxy once; those without a counterpart, and those for which it is not clear.

    Raises
    ------
    ImportError
        If astropy is not installed.
    ValueError
        If a table has no coordinates, the radius is not above 0, or a column would stand twice in the table of pairs.

    Examples
    --------
    >>> mine = pd.DataFrame({"id_str": ["J1", "J2"], "ra": [10.0, 20.0], "dec": [0.0, 0.0]})
    >>> redshifts = pd.DataFrame({"z": [0.1, 0.2], "ra": [10.0001, 50.0], "dec": [0.0, 0.0]})
    >>> found = match(mine, redshifts)
    >>> found
    Match(1 galaxies with a counterpart; 1 have none, 0 could have another)
    >>> found.table[["id_str", "z", "separation"]].round(2)
      id_str    z  separation
    0     J1  0.1        0.36
    """
    coordinates, units = (astropy_module(name, "gz.match") for name in ("coordinates", "units"))
    check_ranges("match", {"radius": RADIUS}, {"radius": radius})
    tables: list[pd.DataFrame] = []
    places, known = [], []
    for name, table in {"catalog": catalog, "other": other}.items():
        table = frame_of(table, name) if is_astropy_table(table) else table
        table = with_sky(table, name=f"match: {name}")
        check_columns(table, ["id_str", *RANGES] if name == "catalog" else list(RANGES), f"match: {name}")
        known.append(np.flatnonzero(table[list(RANGES)].notna().all(axis=1)))
        tables.append(table.reset_index(drop=True))
        places.append(coordinates.SkyCoord(*table[list(RANGES)].to_numpy()[known[-1]].T, unit="deg"))
    pairs = pd.DataFrame({"row": [], "other": [], "separation": []}).astype({"row": int, "other": int})
    if all(map(len, known)):
        mine, theirs, apart, _ = coordinates.search_around_sky(*places, radius * units.arcsec)
        pairs = pd.DataFrame({"row": known[0][mine], "other": known[1][theirs], "separation": apart.arcsec})
    return _one_to_one(tables[0], tables[1], pairs)


def _one_to_one(catalog, other, pairs):
    """Pairs that are each other's nearest, and what is not clear."""
    several = pairs["row"].duplicated(keep=False) | pairs["other"].duplicated(keep=False)
    nearest = [pairs.index.isin(pairs.groupby(side)["separation"].idxmin()) for side in ("row", "other")]
    kept = pairs[nearest[0] & nearest[1]].sort_values("row")
    other = other.rename(
        columns={name: f"{name}_other" for name in other if name in {*catalog, "separation"}}
    )
    names = pd.Index([*catalog, *other, "separation"])
    if not names.is_unique:
        twice = names[names.duplicated()][0]
        raise ValueError(
            f"match: column {twice!r} would stand twice in the table of pairs; rename or drop it"
        )
    sides = [
        table.iloc[kept[side]].reset_index(drop=True) for side, table in (("row", catalog), ("other", other))
    ]
    table = pd.concat(sides, axis=1)
    table["separation"] = kept["separation"].to_numpy()
    twice = pairs[several].assign(id_str=lambda x: catalog["id_str"].to_numpy()[x["row"]])
    unmatched = catalog["id_str"][~catalog.index.isin(kept["row"])].tolist()
    return Match(table, unmatched, twice[["id_str", "other", "separation"]].reset_index(drop=True))
