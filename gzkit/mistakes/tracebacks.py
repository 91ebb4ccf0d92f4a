"""Long tracebacks: what gzkit tells the user is shown with the user's own lines, and no more."""

import linecache
import os
import sys
from pathlib import Path

PACKAGE = str(Path(__file__).parents[1])
FULL = "GZKIT_TRACEBACK"  # the variable: with the value "full" errors show gzkit's own lines too
TOLD = (ValueError, TypeError, LookupError, AttributeError, OSError, ImportError, RuntimeError)


def shorten_tracebacks() -> None:
    """In IPython and Jupyter, show an error that gzkit raises with the user's lines and the sentence, no more.

    Nothing happens outside of them, or where another handler of errors was set. What gzkit raises is told from what
    breaks in it by the line that it comes from: that of a told error begins with ``raise``.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc(TOLD, _show)


def _show(shell, kind, error, trace, tb_offset=None):
    """IPython's handler of errors: without gzkit's frames, and what they came from, if the error is told."""
    last_own = _last_frame_before_gzkit(trace)
    if last_own is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        return
    kept = last_own.tb_next, error.__cause__, error.__suppress_context__
    last_own.tb_next, error.__cause__ = None, None
    try:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    finally:  # %debug and sys.last_traceback have it all
        last_own.tb_next, error.__cause__, error.__suppress_context__ = kept


def _last_frame_before_gzkit(trace):
    """The traceback's entry that calls gzkit, if gzkit raised the error on purpose; otherwise None."""
    if os.environ.get(FULL) == "full":
        return None
    before, last = None, trace
    while last.tb_next is not None:
        if before is None and _is_ours(last.tb_next):
            before = last
        last = last.tb_next
    line = linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno)
    return before if _is_ours(last) and line.lstrip().startswith("raise ") else None


def _is_ours(entry):
    return entry.tb_frame.f_code.co_filename.startswith(PACKAGE)
