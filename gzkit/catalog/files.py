"""Where each galaxy's image is: a file, or bytes in a row of a parquet table."""

import itertools
import os
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

MEASURED_ENDINGS = (".fits", ".fits.gz", ".fits.fz", ".fit", ".fit.gz", ".npy")  # pixels that need a stretch
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", *MEASURED_ENDINGS)
EMBEDDED_BATCH = 64  # images of a parquet table read at a time: arrow cannot join more than 2 GiB of them
NOT_GALAXIES = (".", "__MACOSX", "@eaDir")
EMBEDDED = re.compile(r"(?P<table>.+\.(?:parquet|parq))#(?P<row>\d+)", re.IGNORECASE)


def find_images(table, base, images, embedded, problems):
    """Image of every row.

    Parameters
    ----------
    table : DataFrame
    base : Path
        Folder that a relative ``file_loc`` starts from, where ``images`` is not given.
    images : str, Path, None or False
        As in `read_catalog`.
    embedded : list of Path or None
        Parquet files that hold the images' bytes themselves, in the table's order.
    problems : Problems
        Is told of every image that is not there.

    Returns
    -------
    list of str or None
        Absolute paths, or ``"/path/table.parquet#ROW"``; None if the table comes without images.
    """
    if images is False:
        return None
    if images is None and embedded is not None:
        bad = [_without_bytes(path) for path in embedded]
        problems.cells("image", np.concatenate(bad), np.full(len(table), None), "no image bytes")
        rows = [
            (path.resolve(), row)
            for path, mask in zip(embedded, bad, strict=True)
            for row in range(len(mask))
        ]
        return [f"{path}#{row}" for path, row in rows]
    if images is not None and not (isinstance(images, str | Path) and Path(images).is_dir()):
        problems.column("file_loc", f"images={images if images is True else str(images)!r} is not a folder")
        return None
    folder = os.path.abspath(base if images is None else images)
    if "file_loc" in table:
        return _by_name(table["file_loc"], folder, problems)
    return None if images is None else _by_id(table, images, problems)


def list_images(folder, problems):
    """Every image in a folder and the folders in it, as a table; a warning counts what is left out.

    Hidden files and folders (``._J1.jpg``, ``.ipynb_checkpoints``) and what archives and servers add (``__MACOSX``,
    ``@eaDir``) are no images of galaxies, whatever they are called. Links to folders are not followed.

    Parameters
    ----------
    folder : str or Path
    problems : Problems
        Is told of folders that cannot be read, links that lead nowhere, and a folder without images.

    Returns
    -------
    DataFrame
        ``id_str``, the file's name without its ending, and ``file_loc``.
    """
    files: list[str] = []
    left_out: dict[str, list[str]] = {}

    def unreadable(error):
        problems.column("file_loc", f"a folder cannot be read: {error}")

    for place, folders, names in os.walk(os.path.abspath(folder), onerror=unreadable):
        for name in folders:
            if name.startswith(NOT_GALAXIES):
                left_out.setdefault("hidden folders", []).append(name)
            elif os.path.islink(os.path.join(place, name)):
                left_out.setdefault("links to folders", []).append(name)
        folders[:] = [name for name in folders if not name.startswith(NOT_GALAXIES)]
        for name in names:
            file = os.path.join(place, name)
            if name.startswith(NOT_GALAXIES):
                left_out.setdefault("hidden files", []).append(name)
            elif name.encode(errors="ignore") != os.fsencode(name):
                left_out.setdefault("files whose names are no text", []).append(ascii(name))
            elif not name.lower().endswith(IMAGE_ENDINGS):
                left_out.setdefault("files that are no images", []).append(name)
            elif os.path.exists(file):
                files.append(file)
            else:
                problems.column("file_loc", f"{file!r} is a link that leads nowhere")
    told = "; ".join(f"{kind}: {len(names)} ({', '.join(names[:3])})" for kind, names in left_out.items())
    if not files:
        found = told or "nothing in it"
        problems.column("file_loc", f"no images ({', '.join(IMAGE_ENDINGS)}) in {str(folder)!r}; {found}")
    elif told:
        warnings.warn(f"{folder}: left out: {told}", stacklevel=4)
    files.sort()
    ids = pd.Series([_stem(os.path.basename(file)) for file in files], dtype=object)
    problems.cells("file_loc", ids.duplicated(keep=False), files, "not the only image of this name")
    problems.raise_if_any()
    return pd.DataFrame({"id_str": ids, "file_loc": files}, dtype=object)


def split_embedded(file_loc):
    """Table and row of an image that stands in a parquet table.

    Parameters
    ----------
    file_loc : str

    Returns
    -------
    tuple of (str, int) or None
        None for an ordinary file.

    Examples
    --------
    >>> split_embedded("/data/train.parquet#12")
    ('/data/train.parquet', 12)
    >>> split_embedded("/data/galaxy.jpg") is None
    True
    """
    match = EMBEDDED.fullmatch(file_loc)
    return (match["table"], int(match["row"])) if match else None


def files_exist(files):
    """Those of many files that are there, by listing each folder once.

    Parameters
    ----------
    files : list of str
        Absolute paths, or ``"/path/table.parquet#ROW"``.

    Returns
    -------
    set of str
    """
    listings, found = {}, set()
    for file in files:
        inside = split_embedded(file)
        folder, name = os.path.split(inside[0] if inside else file)
        if folder not in listings:
            listings[folder] = _listing(folder)
        if name in listings[folder]:
            found.add(file)
    return found


def _stem(name):
    """An image's name without its ending."""
    return name[: -max(len(ending) for ending in IMAGE_ENDINGS if name.lower().endswith(ending))]


def _listing(folder):
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except (OSError, ValueError):  # no such folder, or no name of one: none of its files is there
        return set()


def _by_name(names, folder, problems):
    """Images that the table names; an absolute name stays as it is."""
    files = [os.path.join(folder, name) for name in names]
    found = files_exist(files)
    blank = np.array([not name.strip() for name in names], dtype=bool)
    problems.cells("file_loc", blank, names, "no image named")
    lost = np.array([file not in found for file in files], dtype=bool) & ~blank
    if lost.all() and len(files):
        problems.column("file_loc", _none_found(names.iloc[0], files[0], folder))
        return files
    problems.cells("file_loc", lost, files, "image file missing")
    return files


def _none_found(name, file, folder):
    """A sentence for a folder that has none of the images."""
    above, inside = os.path.dirname(folder), os.path.join(folder, os.path.basename(name))
    advice = "images= says which folder the names in file_loc start from"
    if os.path.isfile(os.path.join(above, name)):
        advice = f"but images={above!r} has it"
    elif os.path.isfile(inside):
        advice = f"but {inside!r} is there: take the folders off the names in file_loc"
    return f"none of the images is there, such as {file!r}: {advice}"


def _by_id(table, folder, problems):
    """Images called after their galaxy: ``<id_str>.jpg``."""
    if "id_str" not in table:
        return None
    by_stem = {}
    for name in sorted(_listing(folder)):
        if name.lower().endswith(IMAGE_ENDINGS):
            by_stem.setdefault(_stem(name), []).append(name)
    ids = table["id_str"]
    lost = np.array([galaxy not in by_stem for galaxy in ids], dtype=bool)
    several = np.array([len(by_stem.get(galaxy, "")) > 1 for galaxy in ids], dtype=bool)
    problems.cells("id_str", several, ids, f"several images called by its id in {str(folder)!r}")
    endings = ", ".join(IMAGE_ENDINGS)
    problems.cells("id_str", lost, ids, f"no image called by its id ({endings}) in {str(folder)!r}")
    base = os.path.abspath(folder)
    return [os.path.join(base, by_stem.get(galaxy, [""])[0]) for galaxy in ids]


def image_column(file):
    """Where a parquet file holds the bytes of images.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile

    Returns
    -------
    int or None
        Place of the column ``image.bytes``; None if there is none, or it holds something else.
    """
    columns = [file.schema.column(place) for place in range(len(file.schema))]
    kinds = [(column.path, column.physical_type, column.logical_type.type) for column in columns]
    wanted = ("image.bytes", "BYTE_ARRAY", "NONE")
    return kinds.index(wanted) if wanted in kinds else None


def image_bytes(file, group):
    """Bytes of the images of a row group, a few at a time.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    group : int

    Yields
    ------
    pyarrow.Array
        Null where there is no image.
    """
    for batch in file.iter_batches(EMBEDDED_BATCH, row_groups=[group], columns=["image.bytes"]):
        yield batch.column("image").flatten()[0]  # bytes are null where the whole image is


def row_group_starts(path):
    """First row of each row group of a parquet file, and the number of all rows.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray of int, shape (row group + 1,)
    """
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return np.cumsum([0, *(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))])


def _without_bytes(path):
    """Which rows have no image bytes; whole row groups are skipped where the file's statistics allow."""
    import pyarrow.parquet as pq

    starts = row_group_starts(path)
    bad = np.zeros(starts[-1], dtype=bool)
    with pq.ParquetFile(path) as file:
        column = image_column(file)
        for group, (start, stop) in enumerate(itertools.pairwise(starts)):
            statistics = file.metadata.row_group(group).column(column).statistics
            if statistics is None or not statistics.has_null_count or statistics.null_count:
                bad[start:stop] = np.concatenate([part.is_null() for part in image_bytes(file, group)])
    return bad
