"""The engine, Hugging Face accelerate: which devices there are, and with what precision they work."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

PRECISIONS = ("auto", "no", "bf16", "fp16")
ON_GPU = 512  # images looked at together without gradients: what keeps a large GPU busy
A_THREAD = 8  # by each thread of a processor: what its caches hold, 1.2-1.3 times as fast as 32 a thread


def start_engine(*, precision="auto", log_with=None, project_dir=None):
    """An `accelerate.Accelerator` for the devices and processes of this run.

    Parameters
    ----------
    precision : {"auto", "no", "bf16", "fp16"}
        Of the encoder. ``"auto"`` is bf16 on a GPU that has it (or what ``accelerate launch`` was told), else "no",
        which is float32. The loss is always computed without loss of precision. "fp16" needs a GPU; "bf16" runs on a
        processor too, but is faster only on one that has it.
    log_with : str, optional
        ``"tensorboard"``, ``"wandb"`` or another of accelerate's trackers.
    project_dir : str or Path, optional
        Where trackers write.

    Returns
    -------
    accelerate.Accelerator

    Raises
    ------
    ValueError
        If there is no such precision, or not on this device; if there is no such tracker, or it is not installed.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is none of {', '.join(PRECISIONS)}")
    asked_for_cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    on_gpu = torch.cuda.is_available() and not asked_for_cpu
    if precision == "auto" and on_gpu:
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        precision = os.environ.get("ACCELERATE_MIXED_PRECISION", "bf16" if has_bf16 else "no")
    if precision == "fp16" and not on_gpu:
        raise ValueError("precision='fp16' needs a GPU; without one use 'auto', 'no' or 'bf16'")
    if log_with is not None:
        _check_tracker(log_with, project_dir)
    precision = "no" if precision == "auto" else precision
    AcceleratorState._reset_state()  # an earlier call in this notebook may have used another precision
    return Accelerator(mixed_precision=precision, log_with=log_with, project_dir=project_dir)


def images_at_a_time(device: torch.device) -> int:
    """How many images are best looked at together where no gradients are wanted.

    Parameters
    ----------
    device : torch.device

    Returns
    -------
    int
    """
    return A_THREAD * torch.get_num_threads() if device.type == "cpu" else ON_GPU


@contextlib.contextmanager
def threads_shared_out(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of workers, each of whose operations uses its share of PyTorch's threads.

    Threads that share small operations wait for each other at each; workers with operations of their own do not.

    Parameters
    ----------
    workers : int

    Yields
    ------
    ThreadPoolExecutor
    """
    threads = torch.get_num_threads()
    share = max(1, threads // workers)
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(share,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)  # threads that are made later would use the share


def _check_tracker(log_with, project_dir):
    """Say before anything is decoded what accelerate would only warn of, or stumble over, later."""
    if log_with not in LOGGER_TYPE_TO_CLASS:
        known = ", ".join(sorted(LOGGER_TYPE_TO_CLASS))
        raise ValueError(f"log_with={log_with!r} is none of accelerate's trackers: {known}")
    if log_with not in [tracker.value for tracker in get_available_trackers()]:
        raise ValueError(f"log_with={log_with!r}: not installed; pip install {log_with.replace('_', '-')}")
    if LOGGER_TYPE_TO_CLASS[log_with].requires_logging_directory and project_dir is None:
        raise ValueError(f"log_with={log_with!r} writes files: give save_dir= as well")
