"""Catalogues of any length: tables in memory, or parquet files of which a row group is in memory at a time."""

import functools
import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.predictions.ids import check_ids

COLUMNS = ["id_str", "file_loc"]


class LongCatalog:
    """Galaxies of one or more tables, one table after the other.

    A slice, ``catalog[4096:8192]``, is a DataFrame of ``id_str`` and ``file_loc``, and costs what it holds.

    Parameters
    ----------
    source : DataFrame, str, Path, or sequence of them
        Paths are of parquet files with ``id_str``, and ``file_loc`` (relative to the file's folder, or absolute) or the
        images themselves, in a struct column ``image`` with ``bytes``.

    Attributes
    ----------
    digest : str
        Short name for the ids and their order.

    Raises
    ------
    ValueError
        If a column is missing, ids are not text, a galaxy appears twice, or there is none.
    """

    def __init__(self, source):
        sources = [source] if isinstance(source, (pd.DataFrame, str, Path)) else list(source)
        self._blocks = [
            block for one in sources for block in _blocks(one)
        ]  # (rows, function that reads them)
        self._ends = np.cumsum([rows for rows, _ in self._blocks], dtype=int)
        if not len(self):
            raise ValueError("predict_to_parquet: the catalogue has no galaxies")
        self.digest = self._check_ids()

    def __len__(self):
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, rows):
        start, stop, _ = rows.indices(len(self))
        parts = []
        for block in range(int(np.searchsorted(self._ends, start, side="right")), len(self._blocks)):
            length, read = self._blocks[block]
            first = int(self._ends[block]) - length
            if first >= stop:
                break
            parts.append(read(COLUMNS)[max(0, start - first) : stop - first])
        return pd.concat(parts, ignore_index=True)

    def _ids(self):
        """Ids of the galaxies, block by block."""
        return (read(["id_str"])["id_str"].to_numpy(dtype=object) for rows, read in self._blocks if rows)

    def _check_ids(self):
        """Refuse ids that are not text or appear twice, with eight bytes of memory a galaxy; their digest."""
        digest, hashes = hashlib.sha256(), []
        for ids in self._ids():
            hashes.append(pd.util.hash_array(check_ids(ids), categorize=False))
            digest.update(("\n" if len(hashes) > 1 else "").encode() + "\n".join(ids).encode())
        every = np.concatenate(hashes)
        every.sort()
        twice = every[1:][every[1:] == every[:-1]]
        if len(twice):  # of the same id, or by chance
            kept = [ids[np.isin(pd.util.hash_array(ids, categorize=False), twice)] for ids in self._ids()]
            check_ids(np.concatenate(kept))
        return digest.hexdigest()


def _blocks(source):
    if isinstance(source, pd.DataFrame):
        _require(source.columns, COLUMNS, "the catalogue")
        return [(len(source), source.__getitem__)]
    names = pq.read_schema(source).names
    _require(names, ["id_str"], source)
    if "image" not in names:
        _require(names, ["file_loc"], source)
    metadata = pq.read_metadata(source)
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    firsts = np.cumsum([0, *rows])
    return [
        (length, functools.partial(_read_row_group, str(source), group, int(firsts[group])))
        for group, length in enumerate(rows)
    ]


def _require(columns, needed, where):
    missing = [name for name in needed if name not in columns]
    if missing:
        raise ValueError(f"predict_to_parquet: {where} has no column {missing[0]!r}")


def _read_row_group(path, group, first, columns):
    """``id_str``, or this and ``file_loc``, of a row group, whose first row is the file's row ``first``."""
    if "file_loc" in columns:
        return _read_with_files(path, group, first)
    with pq.ParquetFile(path) as file:
        table = file.read_row_group(group, columns=columns)
    kind = table.schema.field("id_str").type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise ValueError(f"{path}: id_str must be text, got {kind}")
    return table.to_pandas()


@functools.lru_cache(maxsize=1)  # the next part begins where the last one ended
def _read_with_files(path, group, first):
    with pq.ParquetFile(path) as file:
        names = [name for name in COLUMNS if name in file.schema_arrow.names]
        found = file.read_row_group(group, columns=names).to_pandas()
    where = os.path.abspath(path)
    if "file_loc" in found:
        folder = os.path.dirname(where)
        found["file_loc"] = [os.path.join(folder, file) for file in found["file_loc"]]
    else:
        found["file_loc"] = [f"{where}#{row}" for row in range(first, first + len(found))]
    return found
