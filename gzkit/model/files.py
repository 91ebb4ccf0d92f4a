"""Files that are always whole: written under another name, then put in their place."""

import os
from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name and then put it in its place, so that it is always whole.

    Parameters
    ----------
    path : Path
    write : callable
        Called with the name to write to.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        write(unfinished)
        with open(unfinished, "rb") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Remove what `replace_file` had begun when its process was killed.

    Parameters
    ----------
    path : Path
        Of the whole file.
    """
    for unfinished in path.parent.glob(f".{path.name}.*.unfinished"):
        unfinished.unlink(missing_ok=True)
