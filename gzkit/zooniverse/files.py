"""Zooniverse's files: exports, which are CSV of any size, read one row at a time; workflows, which are JSON."""

import csv
import gzip
import io
import json
from contextlib import contextmanager
from pathlib import Path

ROWS_A_TICK = 5000
LONGEST_FIELD = 2**31 - 1  # the largest that every platform takes


def read_rows(path, *, progress=False):
    """Rows of a CSV file, the heading first.

    Parameters
    ----------
    path : str or Path
        Plain or ``.gz``, in UTF-8.
    progress : bool, optional
        Whether to show a bar, in bytes of the file.

    Yields
    ------
    list of str

    Raises
    ------
    ValueError
        If the file is not text in UTF-8.
    """
    path = Path(path)
    with open(path, "rb") as raw, _long_fields(), _bar(path, progress) as bar:
        plain = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        text = io.TextIOWrapper(plain, encoding="utf-8-sig", newline="")
        number = 0  # the heading's; the first row below it is row 0 in messages
        try:
            for number, row in enumerate(csv.reader(text)):
                yield row
                if number % ROWS_A_TICK == 0:
                    bar.update(raw.tell() - bar.n)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}: not text in UTF-8, about row {max(number - 1, 0)} ({error.reason})"
            ) from error
        except EOFError as error:
            raise ValueError(
                f"{path}: the compressed file is cut off about row {max(number - 1, 0)}"
            ) from error
        bar.update(raw.tell() - bar.n)


def read_json(path):
    """What a JSON file holds.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict, list or other

    Raises
    ------
    ValueError
        If the file is not JSON; the message names it.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
        raise ValueError(f"{path}: not JSON: {error}") from error


@contextmanager
def _long_fields():
    """The csv module refuses fields over 131,072 characters; drawings are longer."""
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _bar(path, progress):
    from tqdm.auto import tqdm

    return tqdm(total=path.stat().st_size, unit="B", unit_scale=True, desc=path.name, disable=not progress)
