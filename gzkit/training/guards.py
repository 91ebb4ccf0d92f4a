"""What finetuning refuses, warns of and survives."""

import contextlib
import math
import warnings

import numpy as np
import torch

from gzkit.images.augment import Augmentation
from gzkit.mistakes import check_ranges
from gzkit.training.optimization import LEARNING_RATE


class TrainingStopped(ValueError):
    """Training cannot go on as it was asked for; the message says what to change."""


def _whole(least):
    return f"not a whole number from {least} on", lambda value: type(value) is int and value >= least


# of each option: what it is if it is out of range, and whether it is in it
RANGES = {
    "epochs": _whole(1),
    "batch_size": _whole(1),
    "accumulate": _whole(1),
    "seed": _whole(0),
    "patience": ("not a whole number from 1 on", lambda value: value == math.inf or _whole(1)[1](value)),
    "learning_rate": ("not a finite number from 0 on", lambda value: 0 <= value < math.inf),
    "layer_decay": ("not a factor in (0, 1]", lambda value: 0 < value <= 1),
    "weight_decay": ("not a number from 0 on", lambda value: 0 <= value < math.inf),
    "warmup": ("not a share of the steps, in [0, 1)", lambda value: 0 <= value < 1),
    "ema_decay": ("not in (0, 1)", lambda value: value is None or 0 < value < 1),
    "clip": ("not above 0 (None for no clipping)", lambda value: value is None or value > 0),
}


def check_options(settings, augment, save_dir, resume):
    """Refuse options of `finetune` that make no sense."""
    check_ranges("finetune", RANGES, settings)
    if augment is not None and not isinstance(augment, Augmentation):
        raise ValueError(f"finetune: augment={augment!r} is neither an Augmentation nor None")
    if resume and save_dir is None:
        raise ValueError("finetune: resume=True needs the save_dir of the run that is to go on")


def plain(options):
    """Options with Python's own numbers in place of NumPy's, which no checkpoint's JSON can hold.

    Parameters
    ----------
    options : dict

    Returns
    -------
    dict

    Examples
    --------
    >>> plain({"epochs": np.int64(3), "clip": None})
    {'epochs': 3, 'clip': None}
    """
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in options.items()}


def warn_of_shared_galaxies(train, val):
    """Warn if a galaxy is in both catalogues."""
    shared = sorted(set(train["id_str"]) & set(val["id_str"]))
    if shared:
        warnings.warn(
            f"{len(shared)} galaxies are both trained and validated on ({', '.join(shared[:3])}, ...): the validation "
            "loss will look better than it is",
            stacklevel=4,
        )


def finite(accelerator, epoch_loss, epoch, step, rate):
    """Sum of the epoch's losses over all processes, if it is still a number."""
    total = accelerator.reduce(epoch_loss, reduction="sum").item()
    if not math.isfinite(total):
        precision = accelerator.mixed_precision
        other = "" if precision == "no" else f", or precision='no' in place of {precision!r}"
        slower = min(rate / 3, LEARNING_RATE)
        raise TrainingStopped(
            f"epoch {epoch + 1}, step {step}: the loss is {total}. At a learning rate of {rate:.3g} training diverges: "
            f"try learning_rate={slower:.1g}, more warmup, a lower clip{other}. The model has its best weights so far"
        )
    return total


@contextlib.contextmanager
def left_in_order(accelerator, state):
    """Whatever ends a training: the model has its best weights, and the caller's random numbers are as they were.

    Stopped by hand, it is a training all the same; when memory runs out, the error says what needs less.
    """
    device = accelerator.device
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    except KeyboardInterrupt:
        state.interrupted = True
    except RuntimeError as error:  # torch.OutOfMemoryError is one; so is what a CPU's allocator raises
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        batch_size, accumulate = state.settings["batch_size"], state.settings["accumulate"]
        raise TrainingStopped(
            f"out of memory at batch_size={batch_size}: try batch_size={max(1, batch_size // 2)}, or "
            f"accumulate={2 * accumulate}, which goes through the same {batch_size} galaxies in smaller parts"
        ) from error
    finally:
        accelerator.unwrap_model(state.model, keep_fp32_wrapper=False)
        state.stop()
