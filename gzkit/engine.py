"""The engine, Hugging Face accelerate: which devices there are, and with what precision they work."""

import os

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

PRECISIONS = ("auto", "no", "bf16", "fp16")


def start_engine(*, precision="auto", log_with=None, project_dir=None):
    """An `accelerate.Accelerator` for the devices and processes of this run.

    Parameters
    ----------
    precision : {"auto", "no", "bf16", "fp16"}
        Of the encoder. ``"auto"`` is bf16 on a GPU that has it (or what ``accelerate launch`` was told), else "no",
        which is float32. The loss is always computed without loss of precision.
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
        If there is no such precision, or not on this device.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is none of {', '.join(PRECISIONS)}")
    asked_for_cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    on_gpu = torch.cuda.is_available() and not asked_for_cpu
    if precision == "auto" and on_gpu:
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        precision = os.environ.get("ACCELERATE_MIXED_PRECISION", "bf16" if has_bf16 else "no")
    if precision in ("bf16", "fp16") and not on_gpu:
        raise ValueError(f"precision={precision!r} needs a GPU; without one use 'auto' or 'no'")
    precision = "no" if precision == "auto" else precision
    AcceleratorState._reset_state()  # an earlier call in this notebook may have used another precision
    return Accelerator(mixed_precision=precision, log_with=log_with, project_dir=project_dir)
