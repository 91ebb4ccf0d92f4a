"""Data sets of the Hugging Face Hub: parquet shards with images inside, and what the library `datasets` holds."""

import re
from collections.abc import Mapping
from pathlib import Path

from gzkit.catalog.files import image_column
from gzkit.files.fingerprint import fingerprint
from gzkit.files.whole import whole_file

SHARD = re.compile(
    r"(?P<split>.+)-(?P<shard>\d+)-of-(?P<shards>\d+)(?:-\w+)?\.parquet"
)  # as the Hub calls them


def shards_in(folder):
    """Parquet files with images in a folder and the folders in it; none if there are others.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of Path
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [path.relative_to(folder) for path in sorted(folder.rglob("*.parquet"))]
    files = [folder / name for name in names if not any(part.startswith(".") for part in name.parts)]
    try:
        return files if files and image_column(pq.ParquetFile(files[0])) is not None else []
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{files[0]}: not a whole parquet table: {error}") from error


def splits_of(shards):
    """What each shard's name begins with, ``"train"``; None of names that tell none.

    Parameters
    ----------
    shards : list of Path

    Returns
    -------
    list of str or None

    Raises
    ------
    ValueError
        If they are of several data sets, or one is missing.
    """
    folders = sorted({str(path.parent) for path in shards})
    if len(folders) > 1:
        raise ValueError(f"{len(folders)} data sets ({', '.join(folders)}): read the folder of one of them")
    found = [SHARD.fullmatch(path.name) for path in shards]
    there = {}
    for match in filter(None, found):
        there.setdefault((match["split"], int(match["shards"])), set()).add(int(match["shard"]))
    for (split, count), numbers in there.items():
        if missing := set(range(count)) - numbers:
            raise ValueError(f"{folders[0]}: shard {min(missing)} of {count} of {split!r} is missing")
    return [match and match["split"] for match in found]


def kept_dataset(dataset, folder):
    """A data set of the library `datasets`, with its images in parquet files, which are written once.

    Parameters
    ----------
    dataset : datasets.Dataset or datasets.DatasetDict
    folder : str, Path or None
        Where.

    Returns
    -------
    Path
        A folder in it.

    Raises
    ------
    ValueError
        If no folder is given.
    """
    if not isinstance(folder, str | Path):
        raise ValueError(
            "read_catalog: give images=, the folder in which to keep the images of a datasets.Dataset"
        )
    splits = dataset if isinstance(dataset, Mapping) else {str(dataset.split or "all"): dataset}
    where = Path(folder) / fingerprint([part._fingerprint for part in splits.values()])
    where.mkdir(parents=True, exist_ok=True)
    for split, part in splits.items():
        if not (path := where / f"{split}-00000-of-00001.parquet").exists():
            with whole_file(path) as unfinished:
                part.to_parquet(unfinished)
    return where
