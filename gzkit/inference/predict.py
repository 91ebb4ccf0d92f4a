"""Prediction: concentrations for every galaxy of a catalogue, batch by batch, over one or several processes."""

import numpy as np
import torch
from accelerate.utils import gather_object
from tqdm.auto import tqdm

import gzkit
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import ahead, require_columns, seeded
from gzkit.images.cache import StreamedImages, report_problems
from gzkit.model.engine import start_engine
from gzkit.predictions.predictions import Predictions

VIEWS = Augmentation(zoom=1.0, shift=0.0)  # of the samples: turned and mirrored, nothing cut off


def predict(
    model,
    catalog,
    *,
    samples=1,
    batch_size=64,
    precision="auto",
    seed=0,
    max_unreadable=0.05,
    progress=True,
):
    """Predict what volunteers would answer about each galaxy.

    Parameters
    ----------
    model : TreeModel
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
    >>> model = gz.TreeModel.load("quickstart/model")  # doctest: +SKIP
    >>> predictions = gz.predict(model, gz.sample_catalog())  # doctest: +SKIP
    """
    accelerator = start_engine(precision=precision)
    batches = predict_batches(
        model,
        catalog,
        samples=samples,
        batch_size=batch_size,
        seed=seed,
        max_unreadable=max_unreadable,
        progress=progress,
        accelerator=accelerator,
    )
    parts = list(batches)
    if accelerator.num_processes > 1:
        parts = gather_object(parts)
    if not parts:
        raise ValueError("predict: not one image can be decoded")
    ids = [name for names, _ in parts for name in names]
    return Predictions(
        np.concatenate([values for _, values in parts]), ids, model.schema, info=model_info(model)
    )


def model_info(model):
    """What predictions say of the model that they come from.

    Parameters
    ----------
    model : TreeModel

    Returns
    -------
    dict
    """
    return {"encoder": model.config["name"], "gzkit": gzkit.__version__}


def predict_batches(
    model,
    catalog,
    *,
    samples=1,
    batch_size=64,
    precision="auto",
    seed=0,
    max_unreadable=0.05,
    progress=False,
    accelerator=None,
    rows=None,
):
    """Predictions of this process's share of a catalogue, batch by batch, for what does not fit in memory.

    Parameters
    ----------
    model, catalog, samples, batch_size, precision, seed, max_unreadable, progress
        As for `predict`.
    accelerator : accelerate.Accelerator, optional
        Says which process of how many this is; by default one is made. Process p of n takes the p-th of n unbroken
        stretches of the catalogue, whose lengths differ by one at most.
    rows : sequence of int, optional
        Rows of the catalogue to predict instead of this process's share.

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
    accelerator = accelerator or start_engine(precision=precision)
    model.to(accelerator.device).eval()
    names, files = catalog["id_str"].tolist(), catalog["file_loc"].tolist()
    settings = {"size": model.image_size, "in_chans": model.in_chans, "crop": model.crop}
    images = StreamedImages(files, settings, check=False)
    if rows is None:
        mine = np.array_split(np.arange(len(files)), accelerator.num_processes)[accelerator.process_index]
    else:
        mine = np.asarray(rows)
    images_in_all = len(files) if rows is None else len(mine)
    batches = [mine[start : start + batch_size] for start in range(0, len(mine), batch_size)]
    hidden = not (progress and accelerator.is_main_process)
    with tqdm(total=len(mine), desc="predicting", unit="image", disable=hidden) as bar:
        for asked, (readable, pixels) in zip(batches, ahead(images.gather_readable, batches), strict=True):
            bar.update(len(asked))
            if len(images.problems) > max_unreadable * images_in_all:
                break
            if len(readable):
                pixels = torch.from_numpy(pixels).to(accelerator.device)
                yield (
                    [names[row] for row in readable],
                    _concentrations(accelerator, model, pixels, readable, samples, seed),
                )
    report_problems(images.problems, names, files, images=images_in_all, max_unreadable=max_unreadable)


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
