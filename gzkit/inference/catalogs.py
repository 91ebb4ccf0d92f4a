"""Catalogues of any length: tables in memory, or parquet files of which a row group is in memory at a time."""

import functools
import hashlib
import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.catalog.files import row_group_starts
from gzkit.catalog.ids import check_ids
from gzkit.catalog.taken import check_columns, take_catalog
from gzkit.images.cache import versions

COLUMNS, MORE = (
    ["id_str", "file_loc"],
    ["ra", "dec"],
)  # what is read of a table: always, and where it is there


class LongCatalog:
    """Galaxies of one or more tables, one table after the other.

    A slice, ``catalog[4096:8192]``, is a DataFrame of ``id_str`` and ``file_loc``, both text, and costs what it holds.

    Parameters
    ----------
    source : DataFrame, str, Path, or sequence of them
        Paths are of parquet files with ``id_str``, and ``file_loc`` (relative to the file's folder, or absolute) or the
        images themselves, in a struct column ``image`` with ``bytes``.
    name : str
        Of the function that was called, for messages.

    Attributes
    ----------
    ids, images : str
        Short names for the ids and for the versions of their image files, in their order.

    Raises
    ------
    ValueError
        If a column is missing, an id is none, a galaxy appears twice, or there is no galaxy.
    """

    def __init__(self, source, name="predict_to_parquet"):
        sources = [source] if isinstance(source, (pd.DataFrame, str, Path)) else list(source)
        self._blocks = [
            block for one in sources for block in _blocks(one, name)
        ]  # (rows, function that reads them)
        self._ends = np.cumsum([rows for rows, _ in self._blocks], dtype=int)
        if not len(self):
            raise ValueError(f"{name}: the catalogue has no galaxies")
        self.ids, self.images = self._look_through()

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
            parts.append(read()[max(0, start - first) : stop - first])
        return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS + self._more)

    def _look_through(self):
        """Refuse ids that appear twice, with eight bytes of memory a galaxy; the two short names."""
        names, files, hashes, self._more = hashlib.sha256(), hashlib.sha256(), [], []
        for rows, read in self._blocks:
            if rows:
                table = read()
                self._more = [name for name in MORE if name in table or name in self._more]
                ids = table["id_str"].to_numpy(dtype=object)
                hashes.append(pd.util.hash_array(ids, categorize=False))
                names.update("".join(f"{galaxy}\n" for galaxy in ids).encode())
                files.update("".join(f"{version}\n" for version in versions(table["file_loc"])).encode())
        every = np.concatenate(hashes)
        every.sort()
        twice = every[1:][every[1:] == every[:-1]]
        if len(twice):  # of the same id, or by chance
            self._refuse_repeated(twice)
        return names.hexdigest()[:32], files.hexdigest()[:32]

    def _refuse_repeated(self, hashes):
        every = (read()["id_str"].to_numpy(dtype=object) for rows, read in self._blocks if rows)
        check_ids(
            np.concatenate([ids[np.isin(pd.util.hash_array(ids, categorize=False), hashes)] for ids in every])
        )


def _blocks(source, name):
    if isinstance(source, pd.DataFrame):
        check_columns(source, COLUMNS, name)
        more = [column for column in MORE if column in source]
        table = take_catalog(source[COLUMNS + more], name=name)
        return [(len(table), lambda: table)]
    names = pq.read_schema(source).names
    check_columns(pd.DataFrame(columns=names), COLUMNS[: 1 if "image" in names else 2], str(source))
    return [
        (int(stop - start), functools.partial(_read_row_group, str(source), group, int(start)))
        for group, (start, stop) in enumerate(itertools.pairwise(row_group_starts(source)))
    ]


@functools.lru_cache(maxsize=1)  # the next part begins where the last one ended
def _read_row_group(path, group, first):
    """``id_str`` and ``file_loc`` of a row group, whose first row is the file's row ``first``."""
    with pq.ParquetFile(path) as file:
        names = [name for name in COLUMNS + MORE if name in file.schema_arrow.names]
        table = file.read_row_group(group, columns=names)
    found = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}.get)
    found, where = take_catalog(found, name=path), os.path.abspath(path)
    if "file_loc" in found:
        folder = os.path.dirname(where)
        found["file_loc"] = [os.path.join(folder, file) for file in found["file_loc"]]
    else:
        found["file_loc"] = [f"{where}#{row}" for row in range(first, first + len(found))]
    return found
