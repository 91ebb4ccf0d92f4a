"""Short names for all that decides a result: equal if, and only if, it is equal."""

import hashlib
import json
import os
from collections.abc import Mapping

import numpy as np


def fingerprint(*content: object) -> str:
    """Short name for anything that decides a result.

    Parameters
    ----------
    *content : object
        Texts, numbers, arrays, tensors, and lists and dicts of them; of anything else its ``repr`` counts.

    Returns
    -------
    str
        32 digits.

    Examples
    --------
    >>> fingerprint({"size": 64, "crop": 1.0}) == fingerprint({"crop": 1.0, "size": 64})
    True
    >>> fingerprint(np.zeros(2)) == fingerprint(np.zeros((2, 1)))
    False
    """
    text = json.dumps(content, sort_keys=True, default=_summary)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def file_version(path: str | os.PathLike) -> str:
    """Size and time of change of a file: what tells it from another that had its name.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str

    Raises
    ------
    OSError
        If there is no such file.
    """
    found = os.stat(path)
    return f"{found.st_size}|{found.st_mtime_ns}"


def differences(then: Mapping, now: Mapping) -> str:
    """Settings in which two runs differ, as text; fingerprints are named without their digits.

    Parameters
    ----------
    then, now : mapping of str to object

    Returns
    -------
    str
        Empty if the earlier run had all settings of the later one.

    Examples
    --------
    >>> differences({"crop": 1.0, "images": fingerprint("a")}, {"crop": 0.5, "images": fingerprint("b")})
    'crop=1.0 then, 0.5 now; other images'
    """
    changed = []
    for name, value in now.items():
        if name not in then or then[name] != value:
            long = isinstance(value, str) and len(value) == 32
            changed.append(f"other {name}" if long else f"{name}={then.get(name)!r} then, {value!r} now")
    return "; ".join(changed)


def _summary(value):
    """Of an array its type, shape and content; of a tensor, as it is on the processor."""
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "detach"):
        import torch

        value = value.detach().cpu().contiguous()
        kind, shape, content = value.dtype, value.shape, value.reshape(-1).view(torch.uint8).numpy()
    elif isinstance(value, np.ndarray) and value.dtype != object:
        kind, shape, content = value.dtype, value.shape, np.ascontiguousarray(value)
    else:
        return value.tolist() if isinstance(value, np.ndarray) else repr(value)
    return [str(kind), list(shape), hashlib.sha256(content.data).hexdigest()]
