"""Features: what an encoder says of every galaxy's image, computed once, kept in parquet."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from gzkit.catalog.ids import check_ids, rows_of
from gzkit.predictions import parts

FORMAT = "gzkit-features-1"


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
        if self.values.ndim != 2 or len(self.values) != len(self.id_str) or not self.values.shape[1]:
            raise ValueError(
                f"features of {len(self.id_str)} galaxies have shape (galaxy, feature), got {self.values.shape}"
            )
        finite = np.isfinite(self.values.sum(axis=1, dtype=float))
        if not finite.all():
            row = int(np.argmin(finite))
            raise ValueError(
                f"features of galaxy {self.id_str[row]!r}, row {row}: not all are finite numbers"
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

    @functools.cached_property
    def lengths(self) -> np.ndarray:
        """Euclidean length of each galaxy's features, (galaxy,) in float64; 1 where all are zero."""
        lengths = np.sqrt(np.einsum("ij,ij->i", self.values, self.values, dtype=float))
        return np.where(lengths > 0, lengths, 1.0)

    def to_parquet(self, path: str | os.PathLike) -> None:
        """Write one file, whose column ``features`` has a list of numbers for each galaxy.

        Parameters
        ----------
        path : str or Path
        """
        metadata = {parts.METADATA_KEY: json.dumps({"format": FORMAT, "encoder": self.encoder})}

        def group(start):
            rows = slice(start, start + parts.ROWS_PER_GROUP)
            lists = pa.FixedSizeListArray.from_arrays(self.values[rows].ravel(), self.values.shape[1])
            ids = pa.array(self.id_str[rows], pa.string())
            return pa.table({"id_str": ids, "features": lists}).replace_schema_metadata(metadata)

        parts.write_groups(path, map(group, range(0, max(len(self), 1), parts.ROWS_PER_GROUP)))

    @classmethod
    def from_parquet(cls, path: str | os.PathLike) -> Features:
        """Read a file that `to_parquet` wrote, or the folder of `gzkit.inference.embed_to_parquet`.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Features
            For a moment they are in memory twice.

        Raises
        ------
        ValueError
            If a file is not whole, or holds no features; if parts are missing, or of another encoder.
        """
        ids: list[str] = []
        encoders: dict[str, Path] = {}
        blocks = []
        for file in parts.files_of(Path(path), "embedding"):
            with parts.opened(file) as parquet:
                metadata = parts.metadata_of(file, parquet.schema_arrow)
                if metadata.get("format") != FORMAT:
                    raise ValueError(f"{file}: no features; gz.embed makes them, and to_parquet writes them")
                encoders.setdefault(metadata["encoder"], file)
                for group in range(parquet.num_row_groups):
                    table = parquet.read_row_group(group)
                    lists = table["features"].combine_chunks()
                    blocks.append(lists.flatten().to_numpy().reshape(-1, lists.type.list_size))
                    ids += table["id_str"].to_pylist()
        if len(encoders) > 1:
            (one, first), (other, second), *_ = encoders.items()
            raise ValueError(f"{second}: features of {other!r}, and those in {first.name} are of {one!r}")
        return cls(np.concatenate(blocks), ids, next(iter(encoders)))
