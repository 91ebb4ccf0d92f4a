"""A folder that one run has to itself."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gzkit.files.whole import HOST, cannot_write

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".in-use"
LOOK_EVERY = 0.2  # [s] while waiting


@contextlib.contextmanager
def alone_in(folder: str | os.PathLike | None, *, wait: bool = False) -> Iterator[None]:
    """Have a folder to oneself.

    The system itself keeps the lock, and lets go of it when the process ends, however it ends: a file that a killed
    run has left is no lock. On file systems that cannot lock, nobody is kept out.

    Parameters
    ----------
    folder : str, Path or None
        Made if need be; None for nothing to be had.
    wait : bool
        Whether to wait for a run that has it, instead of refusing.

    Raises
    ------
    BlockingIOError
        If another run has it; the message says which process on which machine, and since when.
    OSError
        If nothing can be written there.
    """
    if folder is None:
        yield
        return
    folder = Path(folder)
    path = folder / LOCK
    with cannot_write(folder):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = _take(path)
    while isinstance(descriptor, str):
        if not wait:
            raise BlockingIOError(
                f"{folder}: in use by another run ({descriptor}); wait until it ends, or choose another folder"
            )
        time.sleep(LOOK_EVERY)
        descriptor = _take(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file
            path.unlink()
        os.close(descriptor)


def _take(path):
    """The lock's descriptor, or a text that says whose it is."""
    while True:
        with cannot_write(path.parent):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _held(descriptor):
            holder = os.read(descriptor, 1000).decode(errors="replace")
            os.close(descriptor)
            return holder or "it has just begun"
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                break
        os.close(descriptor)  # its last owner has removed it meanwhile
    with contextlib.suppress(OSError):
        os.chmod(path, 0o666)  # another user's run may follow one that was killed
    os.ftruncate(descriptor, 0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    os.write(descriptor, f"process {os.getpid()} on {HOST}, since {since}".encode())
    return descriptor


def _held(descriptor):
    """Whether this process now has the lock."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 2**20, os.SEEK_SET)  # what is written before it can be read by others
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True
