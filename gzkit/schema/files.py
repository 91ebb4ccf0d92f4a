"""JSON files that people write by hand, download and edit: one way in, and every fault with the file's name."""

import contextlib
import dataclasses
import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

WINDOW, MOST_PACKED = 2**28, 200  # bytes; tables come out 5 to 20 times as large
KINDS = {dict: "a JSON object", list: "a list", str: "text", Mapping: "a dictionary"}


def read_json(path: str | Path) -> Any:
    """What a JSON file holds.

    Parameters
    ----------
    path : str or Path
        In UTF-8, with or without a byte order mark.

    Returns
    -------
    dict, list or other

    Raises
    ------
    ValueError
        If the file is not JSON, or names something twice in one object; the message names the file.
    """
    return parse_json(Path(path).read_bytes(), path)


def parse_json(content: bytes | str, path: str | Path) -> Any:
    """What JSON holds that stands in a file.

    Parameters
    ----------
    content : bytes or str
    path : str or Path
        Of the file, for the message.

    Returns
    -------
    dict, list or other

    Raises
    ------
    ValueError
        As `read_json`.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        coffee = " (a tree in CoffeeScript must be written as JSON first)" * (Path(path).suffix == ".coffee")
        raise ValueError(f"{path}: not JSON: {error}{coffee}") from error


@contextlib.contextmanager
def told_of(path: str | os.PathLike) -> Iterator[None]:
    """Put a file's name before what is wrong with its content.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ValueError
        If one is raised meanwhile.
    """
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def refuse_bomb(path: str | Path) -> None:
    """Refuse a gzip file whose content is far larger than tables are: a small file may hold more than memory does.

    Parameters
    ----------
    path : str or Path
        Any file; the first 256 MB that gzip makes of it are looked at.

    Raises
    ------
    ValueError
        If they come from less than a two hundredth of that.
    """
    with open(path, "rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            return
        raw.seek(0)
        made, plain = 0, gzip.GzipFile(fileobj=raw)
        with contextlib.suppress(EOFError, OSError, zlib.error):  # damage is told by what reads the file
            while made < WINDOW and (content := plain.read(2**20)):
                made += len(content)
        if made >= WINDOW > MOST_PACKED * raw.tell():
            raise ValueError(
                f"{path}: {made >> 20} MB from {raw.tell() >> 10} kB, more than {MOST_PACKED} times as much; "
                "if that is right, unpack it first"
            )


def expect(value: Any, kind: Any, place: str) -> Any:
    """A value of JSON, if it is of this kind.

    Parameters
    ----------
    value : object
    kind : type
        ``dict``, ``list``, ``str`` or ``Mapping``.
    place : str
        Where it stands, for the message.

    Returns
    -------
    dict, list or str

    Raises
    ------
    ValueError
        If it is of another.
    """
    if not isinstance(value, kind):
        raise ValueError(f"{place} must be {KINDS[kind]}, not {value!r:.60}")
    return value


@dataclasses.dataclass(frozen=True)
class Number:
    """What a number in a file may be, for `check_fields`."""

    least: float
    most: float
    whole: bool = False

    def check(self, value, place):
        """Refuse anything else; NaN is in no range."""
        kind = int if self.whole else int | float
        if isinstance(value, bool) or not isinstance(value, kind) or not self.least <= value <= self.most:
            what = "whole number" if self.whole else "number"
            raise ValueError(f"{place} is {value!r:.60}, not a {what} from {self.least:g} to {self.most:g}")


def check_fields(content: Any, fields: Mapping[str, Any], place: str = "") -> None:
    """Refuse content of a file that lacks a field, or has one of another kind or out of range.

    Parameters
    ----------
    content : object
        What JSON gave.
    fields : dict of str to kind
        A kind is a type or several (``str | None``), a `Number`, another dict of fields, or a list of the one kind that
        each item of a list has. Fields whose name ends in ``?`` may be missing.
    place : str, optional
        Where it stands, for the message.

    Raises
    ------
    ValueError
        The message names the field, its value and what was expected.

    Examples
    --------
    >>> check_fields({"size": 64, "mean": [0.5]}, {"size": Number(1, 4096, whole=True), "mean": [Number(0, 1)]})
    """
    if not isinstance(content, dict):
        raise ValueError(f"{place or 'the content'} is {content!r:.60}, not a JSON object")
    for name, kind in fields.items():
        field, optional = name.removesuffix("?"), name.endswith("?")
        if field in content:
            _check_field(content[field], kind, f"{place}.{field}" if place else repr(field))
        elif not optional:
            raise ValueError(f"{place or 'the content'} has no field {field!r}")


def _check_field(value, kind, place):
    if isinstance(kind, Number):
        kind.check(value, place)
    elif isinstance(kind, dict):
        check_fields(value, kind, place)
    elif isinstance(kind, list):
        if not isinstance(value, list):
            raise ValueError(f"{place} is {value!r:.60}, not a list")
        for index, item in enumerate(value):
            _check_field(item, kind[0], f"{place}[{index}]")
    elif not isinstance(value, kind):
        raise ValueError(f"{place} is {value!r:.60}, not {getattr(kind, '__name__', kind)}")


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of a name that stands in it twice, Python would keep the last in silence."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} stands twice in one object")
        found[key] = value
    return found
