"""Prediction: concentrations for every galaxy of a catalogue, batch by batch, over one or several processes."""

from __future__ import annotations

import collections
import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from accelerate.utils import gather_object
from tqdm.auto import tqdm

import gzkit
from gzkit.catalog.sky import sky_of, with_sky
from gzkit.catalog.taken import check_columns, take_catalog
from gzkit.images.ahead import ahead, in_order
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import seeded
from gzkit.images.cache import report_problems
from gzkit.images.gather import StreamedImages
from gzkit.model.engine import images_at_a_time, start_engine, threads_shared_out
from gzkit.model.given import Trained, as_model
from gzkit.model.head import is_untrained
from gzkit.model.tree_model import TreeModel
from gzkit.predictions.predictions import Predictions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

WORKERS = 8  # on a processor, at most; more would wait for the interpreter
VIEWS = Augmentation(zoom=1.0, shift=0.0)  # of the samples: turned and mirrored, nothing cut off


def predict(
    model: TreeModel | Trained | str | Path,
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
    model : TreeModel, FinetuneRun, str or Path
        A model, what `gz.finetune` returned, or the folder of a model.
    catalog : DataFrame
        With ``id_str`` and ``file_loc``; votes are not needed.
    samples : int
        Predictions a galaxy. With 1, of the image as it is. With more, each of another random view (turned and
        mirrored) and with dropout: together they are a mixture that is less sure of itself, and costs as many times.
    batch_size : int, optional
        Images at a time, of each worker on a processor; by default 8 a thread, which its caches hold, and 512 on a GPU.
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
    >>> predictions = gz.predict("quickstart/model", gz.sample_catalog())  # doctest: +SKIP
    """
    model = model_to_predict(model, "predict", catalog=catalog)
    check_columns(catalog, ["id_str", "file_loc"], "predict")
    catalog = with_sky(catalog)  # a wrong coordinate is told before the images are looked at
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    parts = whole(model, catalog, start_engine(precision=precision), progress, **options)
    return joined(parts, model, samples, catalog)


def whole(model, catalog, accelerator, progress, *, name="predict", **options):
    """Every process's batches of `predict_batches`, in all processes.

    Parameters
    ----------
    model, catalog, accelerator, progress, name, **options
        As for `predict` and `predict_batches`.

    Returns
    -------
    list of tuple of (list of str, ndarray)

    Raises
    ------
    ValueError
        As `predict`; or if not one image can be decoded.
    """
    with progress_bar(name, len(_share(len(catalog), accelerator)), progress, accelerator) as bar:
        options |= {"accelerator": accelerator, "bar": bar, "name": name}
        parts = list(predict_batches(model, catalog, **options))
    if accelerator.num_processes > 1:
        parts = gather_object(parts)
    if not parts:
        raise ValueError(f"{name}: not one image can be decoded")
    return parts


def model_to_predict(model, function, **others):
    """The model that was given, as `as_model` finds it; a warning if it was never trained.

    Parameters
    ----------
    model : TreeModel, FinetuneRun, str or Path
    function : str
        What it was given to, for messages.
    **others : object
        What else was given, by name.

    Returns
    -------
    TreeModel
    """
    model = as_model(model, function, **others)
    if is_untrained(model):
        warnings.warn(
            f"{function}: this model was never trained, so it says the same of every galaxy: "
            "run = gz.finetune(model, train, val), then gz.predict(run, catalog)",
            stacklevel=3,
        )
    return model


def joined(parts, model, samples, catalog):
    """Batches of `predict_batches` as predictions that name the model they come from.

    Parameters
    ----------
    parts : iterable of tuple of (list of str, ndarray, shape (batch, answer, sample))
    model : TreeModel
    samples : int
    catalog : DataFrame
        Says where in the sky they are, if it does.

    Returns
    -------
    Predictions
    """
    ids, values = stacked(parts, (len(model.schema.answers), samples))
    info = {"encoder": model.config["name"], "gzkit": gzkit.__version__}
    info |= {"stretch": model.stretch.to_dict()} if model.stretch else {}
    return Predictions(values, ids, model.schema, info=info, sky=sky_of(catalog, ids))


def stacked(parts, shape):
    """Ids of all batches, and what was found of them as one array.

    Parameters
    ----------
    parts : iterable of tuple of (list of str, ndarray, shape (batch, ...))
    shape : tuple of int
        Of what is found of a galaxy.

    Returns
    -------
    tuple of (list of str, ndarray of float32, shape (galaxy, ...))
    """
    parts = list(parts)
    values = [np.empty((0, *shape), dtype=np.float32), *(values for _, values in parts)]
    return [name for names, _ in parts for name in names], np.concatenate(values)


def progress_bar(name, total, progress, accelerator, *, initial=0):
    """A bar of ``total`` images for the function ``name``, shown by the main process if ``progress``."""
    hidden = not (progress and accelerator.is_main_process)
    return tqdm(total=total, initial=initial, desc=name, unit="image", disable=hidden)


def concentrations(model, images, rows, samples, seed):
    """What `predict` looks for in a batch.

    Parameters
    ----------
    model : TreeModel
    images : Tensor of uint8, shape (batch, height, width, channel)
    rows : ndarray of int, shape (batch,)
        Of the catalogue: a galaxy's luck hangs on its place there, not on its batch or process.
    samples, seed : int

    Returns
    -------
    Tensor, shape (batch, answer, sample)
    """
    if samples == 1:
        return model(to_unit(images, model.layout))[..., None]
    found = []
    for pixels, luck in random_views(model, images, rows, samples, seed):
        keep = torch.stack([torch.rand(model.width, generator=generator) for generator in luck])
        found.append(model(pixels, (keep >= model.dropout).to(images.device)))
    return torch.stack(found, dim=-1)


def random_views(model, images, rows, samples, seed):
    """Random views of a batch, one after the other, each with the sources of random numbers that it comes from.

    Parameters
    ----------
    model, images, rows, samples, seed
        As for `concentrations`.

    Yields
    ------
    tuple of (Tensor, shape (batch, channel, height, width), list of torch.Generator)
    """
    for sample in range(samples):
        luck = [seeded(seed, sample, int(row)) for row in rows]
        draws = torch.cat([VIEWS.draw(1, generator) for generator in luck]).to(images.device)
        yield VIEWS(images, draws, model.layout), luck


def predict_batches(
    model,
    catalog,
    *,
    accelerator,
    look=concentrations,
    name="predict",
    column="id_str",
    samples=1,
    batch_size=None,
    seed=0,
    max_unreadable=0.05,
    first=None,
    bar=None,
):
    """Predictions of this process's share of a catalogue, batch by batch, for what does not fit in memory.

    A GPU works without a break: images are decoded and sent to it ahead, and what it has found is fetched when the
    next batch is under way. On a processor each thread takes its own images from file to prediction.

    Parameters
    ----------
    model, catalog, samples, batch_size, seed, max_unreadable
        As for `predict`.
    accelerator : accelerate.Accelerator
        Says which process of how many this is. Process p of n takes the p-th of n unbroken stretches of the
        catalogue, whose lengths differ by one at most.
    look : callable
        What is looked for in a batch: `concentrations`, or another function that takes the same.
    name : str
        Of the function that was called, for messages.
    column : str
        Of the catalogue: what names galaxies in what is given back.
    first : int, optional
        The catalogue is part of a larger one, whose row this is its first of; all of it is for this process.
    bar : tqdm, optional
        Told of every batch.

    Yields
    ------
    tuple of (list of str, ndarray of float32, shape (batch, ...))
        Ids, in the catalogue's order, and what was found: (batch, answer, sample) of concentrations.

    Raises
    ------
    ValueError
        As `predict`.
    """
    catalog = take_catalog(catalog, name=name, columns=["id_str", "file_loc", column])
    counts = (samples, 1 if batch_size is None else batch_size)
    if any(not isinstance(count, int | np.integer) or count < 1 for count in counts):
        given = f"samples={samples!r} and batch_size={batch_size!r}"
        raise ValueError(f"{name}: {given} must be whole numbers, and at least 1")
    device = accelerator.device
    model.go_to(device).eval()
    names, files = catalog["id_str"].tolist(), catalog["file_loc"].tolist()
    given_back, on_cpu = catalog[column].tolist(), device.type == "cpu"
    images = StreamedImages(files, model.decoding, check=False, pin=device.type == "cuda", alone=on_cpu)
    mine = _share(len(files), accelerator) if first is None else np.arange(len(files))

    def find(rows, pixels):
        with torch.inference_mode(), accelerator.autocast():
            return look(model, pixels, rows + (first or 0), samples, seed)

    workers = min(torch.get_num_threads(), WORKERS)
    step = batch_size or images_at_a_time(device) // (workers if on_cpu else 1)
    batches = [mine[start : start + step] for start in range(0, len(mine), step)]
    for rows, found in (
        _on_cpu(images, find, batches, workers) if on_cpu else _on_gpu(images, find, batches, device)
    ):
        if len(images.problems) > max_unreadable * len(files):
            break
        if bar is not None:
            bar.update(len(rows))
        if len(rows):
            yield [given_back[row] for row in rows], found
    if bar is not None:
        bar.update(len(images.problems))
    report_problems(images.problems, names, files, images=len(files), max_unreadable=max_unreadable)


def _share(galaxies, accelerator):
    """Rows of this process: one of as many unbroken stretches as there are processes."""
    return np.array_split(np.arange(galaxies), accelerator.num_processes)[accelerator.process_index]


def _on_cpu(images, look, batches, workers):
    """Rows that can be read and what is predicted of them, batch by batch; every worker with batches of its own."""

    def work(rows):
        rows, pixels = images.gather_readable(rows)
        return rows, look(rows, pixels).numpy() if len(rows) else None

    if workers == 1:
        yield from map(work, batches)
        return
    with threads_shared_out(workers) as threads:
        yield from in_order(threads, work, batches, 2 * workers)


def _on_gpu(images, look, batches, device):
    """The same; batches are on their way to the device before their turn, and results are fetched one batch later."""
    cuda = device.type == "cuda"
    sending, waiting = torch.cuda.Stream(device) if cuda else None, collections.deque()

    def load(rows):
        rows, pixels = images.gather_readable(rows)
        with torch.cuda.stream(sending):
            pixels = pixels.to(device, non_blocking=cuda)
        if cuda:
            sending.synchronize()  # only this thread waits
        return rows, pixels

    for rows, pixels in ahead(load, batches):
        if cuda:
            pixels.record_stream(torch.cuda.current_stream(device))
        if len(rows):
            waiting.append((rows, *_fetch(look(rows, pixels))))
        if len(waiting) > 1:
            yield _arrived(*waiting.popleft())
    while waiting:
        yield _arrived(*waiting.popleft())


def _fetch(found):
    """A tensor on its way from the device, and the event that says that it has arrived."""
    if found.device.type != "cuda":
        return found.cpu(), None
    found, there = found.to("cpu", non_blocking=True), torch.cuda.Event()
    there.record()
    return found, there


def _arrived(rows, found, there):
    if there is not None:
        there.synchronize()
    return rows, found.numpy()
