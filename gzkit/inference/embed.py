"""What a model's encoder says of every image of a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzkit.files.fingerprint import fingerprint
from gzkit.images.augment import to_unit
from gzkit.inference.features import Features
from gzkit.inference.predict import random_views, stacked, whole
from gzkit.model.engine import start_engine
from gzkit.model.given import Trained, as_model
from gzkit.model.tree_model import TreeModel

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def embed(
    model: TreeModel | Trained | str | Path,
    catalog: pd.DataFrame,
    *,
    samples: int = 1,
    batch_size: int | None = None,
    precision: str = "auto",
    seed: int = 0,
    max_unreadable: float = 0.05,
    progress: bool = True,
) -> Features:
    """Compute what a model's encoder says of each galaxy's image: for neighbours, odd ones, and heads of your own.

    Parameters
    ----------
    model : TreeModel, FinetuneRun, str or Path
        A model, what `gz.finetune` returned, or the folder of a model. Its head is not used.
    catalog : DataFrame
        With ``id_str`` and ``file_loc``.
    samples : int
        Views of each image. With 1, the image as it is. With more, the mean over so many random views (turned and
        mirrored), which hangs less on how a galaxy lies.
    batch_size, precision, seed, max_unreadable, progress : optional
        As for `gz.predict`.

    Returns
    -------
    Features
        In the catalogue's order; the same in every process, if there are several.

    Raises
    ------
    ValueError
        If a column is missing, or too many images cannot be decoded.

    See Also
    --------
    gzkit.inference.embed_to_parquet : The same by the million, into a folder that survives interruptions.

    Examples
    --------
    >>> import gzkit as gz
    >>> features = gz.embed("quickstart/model", gz.sample_catalog())  # doctest: +SKIP
    >>> gz.similar(features, "sim-00003", count=5)  # doctest: +SKIP
    """
    model = as_model(model, "embed", catalog=catalog)
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    engine = start_engine(precision=precision)
    parts = whole(model, catalog, engine, progress, look=mean_features, name="embed", **options)
    return as_features(parts, model)


def mean_features(model, images, rows, samples, seed):
    """What `embed` looks for in a batch, as `gzkit.inference.predict.concentrations` is called.

    Parameters
    ----------
    model, images, rows, samples, seed
        As there.

    Returns
    -------
    Tensor, shape (batch, feature)
    """
    if samples == 1:
        return model.features(to_unit(images, model.layout))
    views = random_views(model, images, rows, samples, seed)
    return sum(model.features(pixels) for pixels, _ in views) / samples


def as_features(parts, model, *_):
    """Batches of `mean_features` as `Features` that name their encoder.

    Parameters
    ----------
    parts : iterable of tuple of (list of str, ndarray, shape (batch, feature))
    model : TreeModel
    *_
        Makes no difference.

    Returns
    -------
    Features
    """
    ids, values = stacked(parts, (model.width,))
    return Features(values, ids, encoder_of(model))


def encoder_of(model):
    """Name of a model's encoder with a fingerprint of all that decides its features.

    Parameters
    ----------
    model : TreeModel

    Returns
    -------
    str
    """
    name = model.config["name"] or type(model.encoder).__name__
    return f"{name} {fingerprint(model.config, repr(model.decoding), model.encoder.state_dict())[:12]}"
