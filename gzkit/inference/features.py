"""Features: what an encoder says of every galaxy's image, computed once, kept in parquet."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import ArrayLike

from gzkit.files.fingerprint import fingerprint
from gzkit.ids import check_ids, rows_of
from gzkit.images.augment import to_unit
from gzkit.inference.predict import VIEWS, random_views, stacked, whole
from gzkit.model.engine import start_engine
from gzkit.model.given import Trained, as_model
from gzkit.model.tree_model import TreeModel
from gzkit.predictions.parts import (
    METADATA_KEY,
    ROWS_PER_GROUP,
    files_of,
    metadata_of,
    opened,
    write_groups,
)

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "gzkit-features-1"
BLOCK = 2**19  # numbers that are gone through at a time, so that they stay in a processor's cache


class Features:
    """What an encoder says of galaxies' images: a row of numbers for each.

    Parameters
    ----------
    values : array_like, shape (galaxy, feature)
        Kept as float32.
    id_str : sequence of str, length galaxy
        The galaxies' ids, each once.
    encoder : str
        What made them, and a fingerprint of its weights: features of two encoders cannot be compared.

    Attributes
    ----------
    values : ndarray of float32, shape (galaxy, feature)
    id_str : ndarray of str, shape (galaxy,)
    encoder

    Raises
    ------
    ValueError
        For an array of another shape, a value that is not finite, ids that are not text, or a galaxy that appears
        twice.

    Examples
    --------
    >>> import gzkit as gz
    >>> gz.Features([[1.0, 0.0], [0.0, 1.0]], ["J1", "J2"], "mine")
    Features(2 galaxies, 2 features, encoder='mine')
    """

    def __init__(self, values: ArrayLike, id_str: Sequence[str] | np.ndarray, encoder: str = ""):
        self.id_str, self.encoder = check_ids(id_str, "has features"), encoder
        self.values = np.asarray(values, dtype=np.float32)
        if self.values.ndim != 2 or len(self.values) != len(self.id_str):
            raise ValueError(
                f"features of {len(self.id_str)} galaxies have shape (galaxy, feature), got {self.values.shape}"
            )
        for rows in self.blocks():
            finite = np.isfinite(self.values[rows]).all(axis=1)
            if not finite.all():
                bad = rows.start + int(np.argmin(finite))
                raise ValueError(
                    f"features of galaxy {self.id_str[bad]!r}, row {bad}: not all are finite numbers"
                )

    def __len__(self) -> int:
        return len(self.id_str)

    def __repr__(self) -> str:
        return f"Features({len(self)} galaxies, {self.values.shape[1]} features, encoder={self.encoder!r})"

    def __getitem__(self, galaxies: str | Sequence | np.ndarray | slice) -> Features:
        """Some of the galaxies: by id, several ids, a mask, positions, or a slice.

        Parameters
        ----------
        galaxies : str, sequence of str, ndarray of bool or int, or slice

        Returns
        -------
        Features
            In the order asked for.

        Raises
        ------
        KeyError
            If an id is not there; the message names it.
        """
        rows = rows_of(self.id_str, galaxies, "no features of")
        return Features(self.values[rows], self.id_str[rows], self.encoder)

    def blocks(self) -> list[slice]:
        """Rows, a few at a time, for what is gone through in blocks."""
        step = max(1, BLOCK // max(1, self.values.shape[1]))
        return [slice(start, min(start + step, len(self))) for start in range(0, len(self), step)]

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """Euclidean length of each galaxy's features, (galaxy,) in float64; 1 where all are zero."""
        lengths = [np.linalg.norm(self.values[rows].astype(float), axis=1) for rows in self.blocks()]
        return np.where(found := np.concatenate([np.empty(0), *lengths]), found, 1.0)

    def to_parquet(self, path: str | os.PathLike) -> None:
        """Write one file, whose column ``features`` has a list of numbers for each galaxy.

        Parameters
        ----------
        path : str or Path
        """
        metadata = {METADATA_KEY: json.dumps({"format": FORMAT, "encoder": self.encoder})}
        width = self.values.shape[1]
        columns = pa.schema(
            [("id_str", pa.string()), ("features", pa.list_(pa.float32(), width))], metadata=metadata
        )

        def group(start):
            values = pa.array(self.values[start : start + ROWS_PER_GROUP].ravel())
            lists = pa.FixedSizeListArray.from_arrays(values, width)
            ids = pa.array(self.id_str[start : start + ROWS_PER_GROUP], pa.string())
            return pa.table([ids, lists], schema=columns)

        write_groups(path, map(group, range(0, max(len(self), 1), ROWS_PER_GROUP)))

    @classmethod
    def from_parquet(cls, path: str | os.PathLike) -> Features:
        """Read a file that `to_parquet` wrote, or the folder of `gzkit.inference.embed_to_parquet`.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Features
            Beside them no more than a group of rows is in memory while they are read.

        Raises
        ------
        ValueError
            If a file is not whole, or holds no features; if parts are missing, or of another encoder.
        """
        files, galaxies, width = files_of(Path(path), "embedding"), 0, 0
        encoders: dict[str, Path] = {}
        for file in files:
            with opened(file) as parquet:
                metadata = metadata_of(file, parquet.schema_arrow)
                if metadata.get("format") != FORMAT:
                    raise ValueError(f"{file}: no features; gz.embed makes them, and to_parquet writes them")
                encoders.setdefault(metadata.get("encoder", ""), file)
                galaxies += parquet.metadata.num_rows
                width = parquet.schema_arrow.field("features").type.list_size
        if len(encoders) > 1:
            (one, first), (other, second), *_ = encoders.items()
            raise ValueError(f"{second}: features of {other!r}, and those in {first.name} are of {one!r}")
        ids: list[str] = []
        values = np.empty((galaxies, width), dtype=np.float32)
        for file in files:
            with opened(file) as parquet:
                for group in range(parquet.num_row_groups):
                    table, start = parquet.read_row_group(group), len(ids)
                    ids += table["id_str"].to_pylist()
                    numbers = table["features"].combine_chunks().flatten().to_numpy()
                    values[start : len(ids)] = numbers.reshape(-1, width)
        return cls(values, ids, next(iter(encoders)))


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
    options = {
        "look": mean_features,
        "name": "embed",
        "doing": "embedding",
        "samples": samples,
        "batch_size": batch_size,
        "seed": seed,
        "max_unreadable": max_unreadable,
    }
    parts = whole(model, catalog, start_engine(precision=precision), progress, **options)
    return as_features(parts, model, samples)


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
    return view_features(model, images, rows, samples, seed).mean(dim=-1)


def view_features(model, images, rows, samples, seed, augment=VIEWS):
    """Features of each view of a batch.

    Parameters
    ----------
    model, images, rows, samples, seed
        As there.
    augment : Augmentation
        Makes the views, where there are several.

    Returns
    -------
    Tensor, shape (batch, feature, sample)
    """
    if samples == 1:
        return model.features(to_unit(images, model.layout))[..., None]
    views = random_views(model, images, rows, samples, seed, augment)
    return torch.stack([model.features(pixels) for pixels, _ in views], dim=-1)


def as_features(parts, model, samples):
    """Batches of `mean_features` as `Features` that name their encoder.

    Parameters
    ----------
    parts : iterable of tuple of (list of str, ndarray, shape (batch, feature))
    model : TreeModel
    samples : int
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
    return f"{name} {fingerprint(model.config, model.encoder.state_dict())[:12]}"
