"""Astronomers' tables, read through astropy: FITS, VOTable, ECSV and IPAC files, and astropy's own Table and QTable."""

import contextlib
import importlib
import sys
import warnings
import zlib
from xml.parsers.expat import ExpatError

import numpy as np
import pandas as pd

from gzkit.catalog.ids import PADDING
from gzkit.files.whole import whole_file
from gzkit.schema.files import refuse_bomb, told_of

FORMATS = {  # what a file's name ends in, and astropy's name for it
    "fits": (".fits", ".fit", ".fits.gz", ".fit.gz"),
    "votable": (".vot", ".votable", ".xml"),
    "ascii.ecsv": (".ecsv",),
    "ascii.ipac": (".ipac", ".tbl"),
}
ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)
OPTIONS = {"fits": {"memmap": False}, "votable": {"use_names_over_ids": True}}
DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    SyntaxError,
    ExpatError,
    zlib.error,
)


def astropy_module(name, what):
    """A module of astropy, which is an extra.

    Parameters
    ----------
    name : str
        ``"table"``, ``"io.fits"``.
    what : str
        What it is wanted for, for the message.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If astropy is not installed.
    """
    try:
        return importlib.import_module(f"astropy.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(f"{what} needs astropy: pip install 'gzkit[astro]'") from error


def is_astropy_table(source):
    """Whether this is a Table or QTable of astropy; where one is, astropy is loaded.

    Parameters
    ----------
    source : object

    Returns
    -------
    bool
    """
    return "astropy.table" in sys.modules and isinstance(source, sys.modules["astropy.table"].Table)


def read_astropy(path):
    """The one table in a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    astropy.table.Table

    Raises
    ------
    ImportError
        If astropy is not installed.
    ValueError
        If there is no table in the file, or several, or it is not whole.
    """
    kind = _format_of(path)
    table = astropy_module("table", f"{path}: a table in FITS, VOTable, ECSV or IPAC format")
    refuse_bomb(path)
    options = dict(OPTIONS.get(kind, {}))
    if kind == "fits":
        with _damage_told(path, kind):
            held, tables = _extensions_of(path)
        if not tables:
            raise ValueError(f"{path}: no extension of it is a table (it holds {', '.join(held)})")
        if len(tables) > 1:
            names = ", ".join(held[place] for place in tables)
            raise ValueError(
                f"{path}: {len(tables)} of its extensions are tables ({names}); say which one is meant: "
                f"gz.read_catalog(astropy.table.Table.read({path.name!r}, hdu={tables[0]}), schema)"
            )
        options["hdu"] = tables[0]
    with _damage_told(path, kind):
        return table.Table.read(path, format=kind, **options)


def write_astropy(table, path):
    """Write a table of astropy in the format that the file's name says; the file is always whole.

    Parameters
    ----------
    table : astropy.table.Table
    path : Path
    """
    with whole_file(path) as unfinished:
        table.write(unfinished, format=_format_of(path), overwrite=True)


def _format_of(path):
    for kind, endings in FORMATS.items():
        if path.name.lower().endswith(endings):
            return kind
    raise ValueError(f"{path}: no astronomers' table: its name ends in none of {', '.join(ENDINGS)}")


@contextlib.contextmanager
def _damage_told(path, kind):
    """What astropy says of a file that it cannot read, as one error; what it warns of is kept as it is written."""
    from astropy.io.fits import VerifyError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a unit that it does not know, say
            warnings.filterwarnings("error", ".*truncated")
            yield
    except (*DAMAGED, VerifyError, Warning) as error:
        reason = " ".join((str(error) or type(error).__name__).split())[:300]
        raise ValueError(f"{path}: not a whole table in the format {kind!r}: {reason}") from error


def _extensions_of(path):
    """What a FITS file holds, in words, and the places of its tables."""
    from astropy.io import fits

    with fits.open(path, memmap=False) as file:
        held = [f"{place} {hdu.name or type(hdu).__name__!r}" for place, hdu in enumerate(file)]
        tables, images = (
            (fits.BinTableHDU, fits.TableHDU),
            fits.CompImageHDU,
        )  # compressed images stand in tables
        return held, [
            i for i, hdu in enumerate(file) if isinstance(hdu, tables) and not isinstance(hdu, images)
        ]


def frame_of(table, name):
    """A table of astropy as a DataFrame.

    Parameters
    ----------
    table : astropy.table.Table
    name : str
        What it is called in messages.

    Returns
    -------
    DataFrame
        Bytes are text without the blanks that fill them up, numbers in the machine's order of bytes, whole numbers with
        gaps as pandas' own kind that has gaps; what is masked is missing. ``attrs["units"]`` has the columns' units.

    Raises
    ------
    ValueError
        If a column has several values a row, or text that is none.
    """
    vectors = [column for column in table.colnames if _several_values(table[column])]
    if vectors:
        listed = f"column{'s' * (len(vectors) > 1)} {', '.join(map(repr, vectors))} with several values a row"
        raise ValueError(
            f"{name}: {listed} (or a SkyCoord, or Time); table.remove_columns({vectors!r}), and give the astropy Table"
        )
    masked = {
        column: np.array(table[column].mask)
        for column in table.colnames
        if table[column].dtype.kind in "iu" and np.any(getattr(table[column], "mask", False))
    }
    filled = table.copy(
        copy_data=False
    )  # astropy before 8 takes masked whole numbers through floats: digits go
    for column in masked:
        filled[column] = table[column].filled(0)
    frame = filled.to_pandas(index=False)
    for column, mask in masked.items():
        frame[column] = pd.arrays.IntegerArray(frame[column].to_numpy(), mask)
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]) and column in table.colnames:
            with told_of(f"{name}: column {column!r}"):
                frame[column] = pd.Series([_as_text(value) for value in frame[column]], dtype=object)
    units = {column: table[column].unit for column in table.colnames if column in frame}
    frame.attrs["units"] = {column: str(unit) for column, unit in units.items() if unit is not None}
    return frame


def _several_values(column):
    if len(column.shape) > 1 or not hasattr(column, "dtype"):
        return True
    return column.dtype.kind == "O" and any(
        getattr(value, "ndim", 0) or isinstance(value, list) for value in column
    )


def _as_text(value):
    """A cell; text without what fills it up."""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        return value.rstrip(PADDING)
    return None if value is np.ma.masked or (isinstance(value, float) and np.isnan(value)) else value
