"""Prediction: concentrations for every galaxy of a catalogue, batch by batch, over one or several processes."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

import numpy as np
import torch
from accelerate.utils import gather_object
from tqdm.auto import tqdm

import gzkit
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import ahead, require_columns, seeded
from gzkit.images.cache import report_problems
from gzkit.images.gather import StreamedImages
from gzkit.model.engine import images_at_a_time, start_engine
from gzkit.model.tree_model import TreeModel
from gzkit.predictions.predictions import Predictions

if TYPE_CHECKING:
    import pandas as pd

DECODED = 128  # images decoded together, on all cores of a processor, before the encoder has these for itself
VIEWS = Augmentation(zoom=1.0, shift=0.0)  # of the samples: turned and mirrored, nothing cut off


def predict(
    model: TreeModel,
    catalog: pd.DataFrame,
    *,
    samples: int = 1,
    batch_size: int | None = None,
    precision: str = "auto",
    seed: int = 0,
    max_unreadable: float = 0.05,
    progress: bool = True,
) -> Predictions:
    """Predict what volunteers would answer about each galaxy.

    Parameters
    ----------
    model : TreeModel
    catalog : DataFrame
        With ``id_str`` and ``file_loc``; votes are not needed.
    samples : int
        Predictions a galaxy. With 1, of the image as it is. With more, each of another random view (turned and
        mirrored) and with dropout: together they are a mixture that is less sure of itself, and costs as many times.
    batch_size : int, optional
        Images at a time in each process; by default 8 a thread of a processor, which its caches hold, and 512 on a GPU.
    precision : {"auto", "no", "bf16", "fp16"}
        Of the encoder; "auto" is bf16 on a GPU that has it, else float32.
    seed : int
        Of the samples.
    max_unreadable : float
        Share of the images that may be left out since they cannot be decoded; a warning names them.
    progress : bool

    Returns
    -------
    Predictions
        In the catalogue's order; the same in every process, if there are several.

    Raises
    ------
    ValueError
        If a column is missing, or too many images cannot be decoded.

    Examples
    --------
    >>> import gzkit as gz
    >>> model = gz.TreeModel.load("quickstart/model")  # doctest: +SKIP
    >>> predictions = gz.predict(model, gz.sample_catalog())  # doctest: +SKIP
    """
    accelerator = start_engine(precision=precision)
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    with progress_bar(len(_share(catalog, accelerator)), progress, accelerator) as bar:
        parts = list(predict_batches(model, catalog, accelerator=accelerator, bar=bar, **options))
    if accelerator.num_processes > 1:
        parts = gather_object(parts)
    if not parts:
        raise ValueError("predict: not one image can be decoded")
    return joined(parts, model)


def joined(parts, model):
    """Batches of `predict_batches` as predictions that name the model they come from.

    Parameters
    ----------
    parts : list of tuple of (list of str, ndarray, shape (batch, answer, sample))
    model : TreeModel

    Returns
    -------
    Predictions
    """
    ids = [name for names, _ in parts for name in names]
    info = {"encoder": model.config["name"], "gzkit": gzkit.__version__}
    return Predictions(np.concatenate([values for _, values in parts]), ids, model.schema, info=info)


def progress_bar(total, progress, accelerator, *, initial=0):
    """A bar of ``total`` images, shown by the main process if ``progress``."""
    hidden = not (progress and accelerator.is_main_process)
    return tqdm(total=total, initial=initial, desc="predicting", unit="image", disable=hidden)


def predict_batches(
    model,
    catalog,
    *,
    accelerator,
    samples=1,
    batch_size=None,
    seed=0,
    max_unreadable=0.05,
    first=None,
    bar=None,
):
    """Predictions of this process's share of a catalogue, batch by batch, for what does not fit in memory.

    A GPU works without a break: images are decoded and sent to it ahead, and what it has found is fetched when the
    next batch is under way. On a processor decoding and the encoder take turns, each with all cores: together they
    would only be in each other's way.

    Parameters
    ----------
    model, catalog, samples, batch_size, seed, max_unreadable
        As for `predict`.
    accelerator : accelerate.Accelerator
        Says which process of how many this is. Process p of n takes the p-th of n unbroken stretches of the
        catalogue, whose lengths differ by one at most.
    first : int, optional
        The catalogue is part of a larger one, whose row this is its first of; all of it is for this process.
    bar : tqdm, optional
        Told of every batch.

    Yields
    ------
    tuple of (list of str, ndarray of float32, shape (batch, answer, sample))
        Ids, in the catalogue's order, and concentrations.

    Raises
    ------
    ValueError
        As `predict`.
    """
    require_columns(catalog, ["id_str", "file_loc"], "predict")
    if samples < 1 or (batch_size is not None and batch_size < 1):
        raise ValueError(f"predict: samples={samples} and batch_size={batch_size} must be at least 1")
    device = accelerator.device
    model.go_to(device).eval()
    names, files = catalog["id_str"].tolist(), catalog["file_loc"].tolist()
    settings = {"size": model.image_size, "in_chans": model.in_chans, "crop": model.crop}
    images = StreamedImages(files, settings, check=False, pin=device.type == "cuda")
    mine = _share(catalog, accelerator) if first is None else np.arange(len(files))
    at_a_time = batch_size or images_at_a_time(device)
    step = at_a_time * (max(1, DECODED // at_a_time) if device.type == "cpu" else 1)
    waiting, behind = collections.deque(), 0 if device.type == "cpu" else 1
    batches = [mine[start : start + step] for start in range(0, len(mine), step)]
    for asked, readable, pixels in _loaded(images, batches, device):
        if bar is not None:
            bar.update(asked)
        if len(images.problems) > max_unreadable * len(files):
            break
        for start in range(0, len(readable), at_a_time):
            rows, part = readable[start : start + at_a_time], pixels[start : start + at_a_time]
            found = _concentrations(accelerator, model, part, rows + (first or 0), samples, seed)
            waiting.append(([names[row] for row in rows], _Coming(found)))
            if len(waiting) > behind:
                ids, coming = waiting.popleft()
                yield ids, coming.array()
    for ids, coming in waiting:
        yield ids, coming.array()
    report_problems(images.problems, names, files, images=len(files), max_unreadable=max_unreadable)


def _share(catalog, accelerator):
    """Rows of this process: one of as many unbroken stretches as there are processes."""
    return np.array_split(np.arange(len(catalog)), accelerator.num_processes)[accelerator.process_index]


def _loaded(images, batches, device):
    """How many images were asked for, the rows of those that can be read, and these on the device."""
    if device.type == "cpu":
        for rows in batches:
            yield len(rows), *images.gather_readable(rows)
        return
    sending = torch.cuda.Stream(device) if device.type == "cuda" else None

    def load(rows):
        readable, pixels = images.gather_readable(rows)
        if sending is None:
            return len(rows), readable, pixels.to(device)
        with torch.cuda.stream(sending):
            pixels = pixels.to(device, non_blocking=True)
        sending.synchronize()  # only this thread waits
        return len(rows), readable, pixels

    for asked, readable, pixels in ahead(load, batches):
        if sending is not None:
            pixels.record_stream(torch.cuda.current_stream(device))
        yield asked, readable, pixels


class _Coming:
    """A tensor on its way from a device: waited for only when it is asked for."""

    def __init__(self, tensor):
        self._tensor, self._there = tensor.to("cpu", non_blocking=tensor.device.type == "cuda"), None
        if tensor.device.type == "cuda":
            self._there = torch.cuda.Event()
            self._there.record(torch.cuda.current_stream(tensor.device))

    def array(self):
        if self._there is not None:
            self._there.synchronize()
        return self._tensor.numpy()


@torch.inference_mode()
def _concentrations(accelerator, model, images, rows, samples, seed):
    """(batch, answer, sample); ``images`` (batch, height, width, channel) of uint8."""
    with accelerator.autocast():
        if samples == 1:
            return model(to_unit(images, model.layout))[..., None]
        found = []
        for sample in range(samples):
            # a galaxy's luck hangs on its place in the catalogue, not on its batch or process
            luck = [seeded(seed, sample, int(row)) for row in rows]
            draws = torch.cat([VIEWS.draw(1, generator) for generator in luck]).to(images.device)
            keep = torch.stack([torch.rand(model.width, generator=generator) for generator in luck])
            keep = (keep >= model.dropout).to(images.device)  # (batch, feature)
            found.append(model(VIEWS(images, draws, model.layout), keep))
        return torch.stack(found, dim=-1)
