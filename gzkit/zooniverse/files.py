"""Zooniverse's exports, which are CSV of any size, read one row at a time."""

import csv
import gzip
import io
import zlib
from codecs import BOM_UTF8
from contextlib import contextmanager
from pathlib import Path

from gzkit.schema.files import refuse_bomb

ROWS_A_TICK = 5000
LONGEST_FIELD = 2**31 - 1  # the largest that every platform takes
FAULTS = {
    UnicodeDecodeError: "not text in UTF-8",
    EOFError: "the compressed file is cut off",
    csv.Error: "not CSV",
}


def read_rows(path, *, progress=False):
    """Rows of a CSV file, the heading first.

    Parameters
    ----------
    path : str or Path
        Plain or compressed with gzip, whatever its name says, in UTF-8.
    progress : bool, optional
        Whether to show a bar, in bytes of the file.

    Yields
    ------
    list of str

    Raises
    ------
    ValueError
        If the file is not CSV in UTF-8, or its compression is damaged; the message names file and row.
    """
    from tqdm.auto import tqdm

    path = Path(path)
    refuse_bomb(path)
    shown = {"desc": path.name, "unit": "B", "unit_scale": True, "disable": not progress}
    with open(path, "rb") as raw, long_fields(), tqdm(total=path.stat().st_size, **shown) as bar:
        magic = raw.peek(4)[:4]
        plain = gzip.GzipFile(fileobj=raw) if magic[:2] == b"\x1f\x8b" else raw
        text = io.TextIOWrapper(plain, encoding="utf-8", newline="")
        number = 0  # the heading's; the first row below it is row 0 in messages
        try:
            if plain.peek(3).startswith(BOM_UTF8):  # the codec that skips it is slow
                plain.read(3)
            for number, row in enumerate(csv.reader(text)):
                yield row
                if number % ROWS_A_TICK == 0:
                    bar.update(raw.tell() - bar.n)
        except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
            fault = FAULTS.get(type(error), "the compressed file is damaged")
            fault = "a zip archive: unpack it first" if magic == b"PK\x03\x04" else fault
            reason = getattr(error, "reason", error)
            raise ValueError(f"{path}: {fault}, about row {max(number - 1, 0)} ({reason})") from error
        bar.update(raw.tell() - bar.n)


@contextmanager
def long_fields():
    """While this lasts the csv module takes fields of any length; of itself none over 131,072 characters."""
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
