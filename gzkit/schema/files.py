"""JSON files that people write by hand, download and edit: one way in, and every fault with the file's name."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
    except (
        ValueError,
        RecursionError,
    ) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
        coffee = " (a tree in CoffeeScript must be written as JSON first)" * (Path(path).suffix == ".coffee")
        raise ValueError(f"{path}: not JSON: {error}{coffee}") from error


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


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of a name that stands in it twice, Python would keep the last in silence."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} stands twice in one object")
        found[key] = value
    return found
