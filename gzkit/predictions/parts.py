"""Parquet files that gzkit writes, of predictions and of features: one, or a folder of parts; in groups of rows."""

import itertools
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.files.whole import whole_file
from gzkit.schema.files import Number, check_fields, parse_json, read_json, told_of

METADATA_KEY = b"gzkit"
ROWS_PER_GROUP = 10_000
RUN_FILE = "run.json"  # beside the parts that `predict_to_parquet` and `embed_to_parquet` write
METADATA = {"format?": str, "style?": str, "schema?": dict, "info?": dict, "encoder?": str}
RUN = dict.fromkeys(("galaxies", "galaxies_per_part"), Number(1, 1e12, whole=True))  # what it must hold


def write_groups(path, tables):
    """Write tables as the row groups of one parquet file.

    Parameters
    ----------
    path : str or Path
    tables : iterator of pyarrow.Table
        Alike; one at least.
    """
    first = next(tables)
    with whole_file(path) as file, pq.ParquetWriter(file, first.schema, use_dictionary=False) as writer:
        for table in itertools.chain([first], tables):  # without a dictionary, as no number comes twice
            writer.write_table(table)


def part_name(part):
    """Name of the file of a part, counted from 0.

    Examples
    --------
    >>> part_name(12)
    'part-000012.parquet'
    """
    return f"part-{part:06d}.parquet"


@contextmanager
def opened(file):
    """The parquet file, if it is whole.

    Parameters
    ----------
    file : Path

    Yields
    ------
    pyarrow.parquet.ParquetFile

    Raises
    ------
    ValueError
        If it is not parquet, or was cut short.
    """
    try:
        with pq.ParquetFile(file) as parquet:
            yield parquet
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file}: not a whole parquet file ({error})") from error


def files_of(path, what="prediction"):
    """The file, or a folder's parts in order, if none is missing.

    Parameters
    ----------
    path : Path
    what : str
        What makes the parts, for messages.

    Returns
    -------
    list of Path

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or there are parts missing.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.parquet"))
    if not files:
        raise ValueError(f"{path}: a folder without parquet files")
    if (path / RUN_FILE).exists():
        run = read_run(path / RUN_FILE)
        expected = -(-run["galaxies"] // run["galaxies_per_part"])
        there = {file.name for file in files}
        missing = expected - sum(part_name(part) in there for part in range(min(expected, len(files))))
        if missing:
            raise ValueError(
                f"{path}: {what} is not finished, {missing} of {expected} parts are missing; "
                f"begin it again with this folder to go on"
            )
    return files


def read_run(path):
    """What `predict_to_parquet` wrote down of a run, checked.

    Parameters
    ----------
    path : Path
        Of run.json.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If the file is damaged; the message names it and the field.
    """
    run = read_json(path)
    with told_of(path):
        check_fields(run, RUN)
    return run


def metadata_of(path, arrow_schema):
    """What gzkit wrote beside the columns.

    Parameters
    ----------
    path : Path
    arrow_schema : pyarrow.Schema

    Returns
    -------
    dict
        Empty where another program wrote them.
    """
    metadata = parse_json((arrow_schema.metadata or {}).get(METADATA_KEY, b"{}"), path)
    with told_of(path):
        check_fields(metadata, METADATA)
    return metadata
