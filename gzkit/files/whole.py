"""Files that are always whole: written under a name of their own, flushed to the disk, then put in their place."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gzkit.files.formulas import without_formulas

if TYPE_CHECKING:
    import pandas as pd

HOST = re.sub(r"[^\w.-]", "_", socket.gethostname())
try:  # in which a process has its number: containers have their own
    NAMESPACE = os.stat("/proc/self/ns/pid").st_ino
except OSError:
    NAMESPACE = 0
UNFINISHED = re.compile(r"\..+-(?P<process>\d+)-[0-9a-f]{8}\.unfinished")
STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/")  # files, where the shell has redirected them
A_DAY = 86400  # [s] after which what another machine has begun is given up
NO_ROOM = (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # None: a library's error that does not say
LOOK_AGAIN = 10  # [s] after which a folder is swept once more: many files may be written to it
_being_written: set[str] = set()  # by this process
_swept: dict[Path, float] = {}  # when each folder was


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Write a file so that it is there whole or not at all, whenever the writing is interrupted.

    A file that is there stays as it is until the new one is on the disk. Permissions follow the umask. What killed
    processes had begun in the same folder is removed.

    Parameters
    ----------
    path : str or Path
        A link is followed; a pipe or a device is written to directly.

    Yields
    ------
    Path
        The name to write to meanwhile.

    Raises
    ------
    OSError
        If it cannot be written; the message names the file, and what is free where that is the reason.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> with whole_file(path) as unfinished:
    ...     size = unfinished.write_text("id_str,smooth")
    >>> path.read_text()
    'id_str,smooth'
    """
    if os.fspath(path).startswith(STREAMS) or (os.path.exists(path) and not os.path.isfile(path)):
        yield Path(path)
        return
    path = Path(os.path.realpath(path))
    own = f"{HOST}-{NAMESPACE}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    unfinished = path.with_name(f".{path.name[:40]}.{own}.unfinished")
    _being_written.add(unfinished.name)
    with cannot_write(path):
        try:
            if path.exists() and not os.access(path, os.W_OK):  # protected by its owner
                raise PermissionError(errno.EACCES, "")
            descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            mode = os.fstat(descriptor).st_mode & 0o777  # as the umask lets it be
            os.close(descriptor)
            yield unfinished
            with open(unfinished, "rb+") as file:
                os.fsync(file.fileno())
            with contextlib.suppress(PermissionError):  # some drives know no permissions
                os.chmod(unfinished, mode)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
            _being_written.discard(unfinished.name)
    if time.monotonic() - _swept.get(path.parent, -math.inf) > LOOK_AGAIN:
        sweep(path.parent)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text, in UTF-8, as a file that is always whole.

    Parameters
    ----------
    path : str or Path
    text : str

    Raises
    ------
    OSError
        As `whole_file`.
    """
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def write_csv(path: str | os.PathLike, table: pd.DataFrame) -> None:
    """Write a table, without its index, as a CSV file that is always whole and holds no formulas.

    Parameters
    ----------
    path : str or Path
    table : DataFrame

    Raises
    ------
    OSError
        As `whole_file`.
    """
    with whole_file(path) as unfinished:
        without_formulas(table).to_csv(unfinished, index=False)


def readable_size(size: float) -> str:
    """A size in words.

    Parameters
    ----------
    size : float
        [bytes]

    Examples
    --------
    >>> readable_size(45_158_400_000), readable_size(700)
    ('45.2 GB', '0.7 kB')
    """
    step = 3 if size > 5e8 else 2 if size > 5e5 else 1
    return f"{size / 1000**step:.1f} {' kMG'[step]}B"


def sweep(folder: Path) -> None:
    """Remove files that processes had begun to write when they were killed.

    Parameters
    ----------
    folder : Path
    """
    _swept[folder] = time.monotonic()
    for path in folder.glob(".*.unfinished"):
        match = UNFINISHED.fullmatch(path.name)
        if match is None or path.name in _being_written:
            continue
        process = int(match["process"])
        dead = f".{HOST}-{NAMESPACE}-{process}-" in path.name and not _runs(process)
        with contextlib.suppress(OSError):  # another process has swept it, or may not be swept by us
            if dead or time.time() - path.stat().st_mtime > A_DAY:
                path.unlink()


@contextlib.contextmanager
def cannot_write(path: Path) -> Iterator[None]:
    """Errors of the system as a sentence that names the file or folder, and what is free where there is no room.

    Parameters
    ----------
    path : Path
    """
    try:
        yield
    except OSError as error:
        reason = str(error) if error.errno is None else os.strerror(error.errno)
        if error.errno in NO_ROOM:
            reason += f"; {readable_size(shutil.disk_usage(path.parent).free)} are free"
        told = type(error)(f"{path}: cannot be written ({reason})")
        told.errno = error.errno
        raise told from error


def _runs(process):
    """Whether there is such a process on this machine; what this one does is in `_being_written`."""
    if os.name == "nt":  # there, asking would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return process != os.getpid()
