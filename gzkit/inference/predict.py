"""Prediction: concentrations for every galaxy of a catalogue, batch by batch, over one or several processes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from accelerate.utils import gather_object
from tqdm.auto import tqdm

import gzkit
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import ahead, require_columns, seeded
from gzkit.images.cache import StreamedImages, report_problems
from gzkit.model.engine import start_engine
from gzkit.model.head import is_untrained
from gzkit.model.tree_model import Trained, TreeModel, as_model
from gzkit.predictions.predictions import Predictions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

VIEWS = Augmentation(zoom=1.0, shift=0.0)  # of the samples: turned and mirrored, nothing cut off


def predict(
    model: TreeModel | Trained | str | Path,
    catalog: pd.DataFrame,
    *,
    samples: int = 1,
    batch_size: int = 64,
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
    batch_size : int
        Images at a time in each process.
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
    accelerator = start_engine(precision=precision)
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    with progress_bar(len(_share(catalog, accelerator)), progress, accelerator) as bar:
        parts = list(predict_batches(model, catalog, accelerator=accelerator, bar=bar, **options))
    if accelerator.num_processes > 1:
        parts = gather_object(parts)
    if not parts:
        raise ValueError("predict: not one image can be decoded")
    return joined(parts, model)


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
    model, catalog, *, accelerator, samples=1, batch_size=64, seed=0, max_unreadable=0.05, rows=None, bar=None
):
    """Predictions of this process's share of a catalogue, batch by batch, for what does not fit in memory.

    Parameters
    ----------
    model, catalog, samples, batch_size, seed, max_unreadable
        As for `predict`.
    accelerator : accelerate.Accelerator
        Says which process of how many this is. Process p of n takes the p-th of n unbroken stretches of the
        catalogue, whose lengths differ by one at most.
    rows : sequence of int, optional
        Rows of the catalogue to predict instead of this process's share.
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
    if samples < 1 or batch_size < 1:
        raise ValueError(f"predict: samples={samples} and batch_size={batch_size} must be at least 1")
    model.to(accelerator.device).eval()
    names, files = catalog["id_str"].tolist(), catalog["file_loc"].tolist()
    settings = {"size": model.image_size, "in_chans": model.in_chans, "crop": model.crop}
    images = StreamedImages(files, settings, check=False)
    in_all = len(files) if rows is None else len(rows)
    mine = _share(catalog, accelerator) if rows is None else np.asarray(rows)
    batches = [mine[start : start + batch_size] for start in range(0, len(mine), batch_size)]
    for asked, (readable, pixels) in zip(batches, ahead(images.gather_readable, batches), strict=True):
        if bar is not None:
            bar.update(len(asked))
        if len(images.problems) > max_unreadable * in_all:
            break
        if len(readable):
            pixels = torch.from_numpy(pixels).to(accelerator.device)
            found = _concentrations(accelerator, model, pixels, readable, samples, seed)
            yield [names[row] for row in readable], found
    report_problems(images.problems, names, files, images=in_all, max_unreadable=max_unreadable)


def _share(catalog, accelerator):
    """Rows of this process: one of as many unbroken stretches as there are processes."""
    return np.array_split(np.arange(len(catalog)), accelerator.num_processes)[accelerator.process_index]


@torch.inference_mode()
def _concentrations(accelerator, model, images, rows, samples, seed):
    """(batch, answer, sample); ``images`` (batch, height, width, channel) of uint8."""
    with accelerator.autocast():
        if samples == 1:
            return model(to_unit(images)).cpu().numpy()[..., None]
        found = []
        for sample in range(samples):
            # a galaxy's luck hangs on its place in the catalogue, not on its batch or process
            luck = [seeded(seed, sample, int(row)) for row in rows]
            draws = torch.cat([VIEWS.draw(1, generator) for generator in luck]).to(images.device)
            keep = torch.stack([torch.rand(model.width, generator=generator) for generator in luck])
            keep = (keep >= model.dropout).to(images.device)  # (batch, feature)
            found.append(model(VIEWS(images, draws), keep).cpu().numpy())
        return np.stack(found, axis=-1)
