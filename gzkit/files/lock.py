"""A folder that one run has to itself."""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from gzkit.files.whole import HOST, cannot_write, sweep

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".in-use"
LOOK_EVERY = 0.2  # [s] while waiting


@contextlib.contextmanager
def alone_in(folder: str | os.PathLike | None, *, wait: bool = False) -> Iterator[None]:
    """Have a folder to oneself, without the unfinished files of killed runs.

    The system itself keeps the lock, and lets go of it when the process ends, however it ends: a file that a killed
    run has left is no lock. On file systems that cannot lock, nobody is kept out.

    Parameters
    ----------
    folder : str, Path or None
        Made if need be; None for nothing to be had.
    wait : bool
        Whether to wait for a run that has it, and say so in a warning, instead of refusing.

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
    path = Path(folder) / LOCK
    with cannot_write(Path(folder)):
        os.makedirs(folder, exist_ok=True)
        descriptor, holder = _take(path, wait)
    if descriptor is None:
        raise BlockingIOError(
            f"{folder}: in use by another run ({holder}); wait until it ends, or choose another folder"
        )
    try:
        sweep(Path(folder))
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file
            path.unlink()
        os.close(descriptor)


def _take(path, wait):
    """The lock's descriptor, which holds it until it is closed; or None, and a text that says whose it is."""
    waited = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if _held(descriptor):
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    break  # or its last owner has removed it meanwhile
        else:
            holder = os.read(descriptor, 1000).decode(errors="replace") or "it has just begun"
            if not wait:
                os.close(descriptor)
                return None, holder
            if not waited:
                warnings.warn(f"{path.parent}: waiting for another run ({holder})", stacklevel=5)
            waited = True
            time.sleep(LOOK_EVERY)
        os.close(descriptor)
    with contextlib.suppress(PermissionError):
        os.chmod(path, 0o666)  # another user's run may follow one that was killed
    os.ftruncate(descriptor, 0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    os.write(descriptor, f"process {os.getpid()} on {HOST}, since {since}".encode())
    return descriptor, ""


def _held(descriptor):
    """Whether this process now has the lock."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 2**20, os.SEEK_SET)  # what is written before it can be read by others
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # of another kind on a file system without locks
        return not isinstance(error, BlockingIOError | PermissionError)
    return True
