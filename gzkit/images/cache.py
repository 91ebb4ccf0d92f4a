"""Decoded images of a whole catalogue: in memory, in a folder on disk, or decoded again whenever they are wanted."""

import concurrent.futures
import os
import shutil
import uuid
import warnings
import zlib
from pathlib import Path

import numpy as np
import psutil
import torch
from tqdm.auto import tqdm

from gzkit.catalog.files import split_embedded
from gzkit.files.fingerprint import file_version, fingerprint
from gzkit.files.lock import alone_in
from gzkit.files.whole import readable_size, whole_file
from gzkit.images.gather import WORKERS, CachedImages, StreamedImages, decoded

PART_BYTES = 256 * 2**20  # images written at a time: what an interrupted build can lose
MEMORY_SHARE = 0.5  # of the free memory that decoded images may take
STREAM = "stream"
ENTRY = [("key", "S32"), ("checksum", "<u4")]  # of each image in a part of a cache


def open_images(
    file_locs, *, size, in_chans=3, crop=1.0, stretch=None, cache=None, processes=1, progress=False
):
    """Decode a catalogue's images, or find them decoded.

    Parameters
    ----------
    file_locs : sequence of str
        As in `gzkit.images.read.read_image`.
    size : int
        Side of the decoded square [pixels].
    in_chans : int
    crop : float
        Side of the square that is kept, as a share of the image's shorter side.
    stretch : Stretch, optional
        Of measured pixels; images decoded with another are others.
    cache : None, "stream", str or Path
        None decodes them into memory, for this call only. A folder keeps them on disk for the next time, memory-mapped,
        each known by its file's path, size and modification time, and checked as it is found. One run at a time
        fills it; another waits. ``"stream"`` keeps nothing.
    processes : int
        Processes on this machine that hold the images at once, if they are held in memory.
    progress : bool

    Returns
    -------
    CachedImages or StreamedImages

    Raises
    ------
    ValueError
        If they do not fit in memory or on the disk; the message has the sizes.
    OSError
        If the folder cannot be written, or does not keep what is written; or if open files run out.
    """
    settings = {"size": size, "in_chans": in_chans, "crop": crop} | ({"stretch": stretch} if stretch else {})
    file_locs = [str(file_loc) for file_loc in file_locs]
    if cache == STREAM:
        return StreamedImages(file_locs, settings, progress=progress)
    if cache is None:
        return _decode_to_memory(file_locs, settings, processes, progress)
    return _decode_to_folder(file_locs, settings, Path(cache), progress)


def decoded_size(images, *, size, in_chans=3, **_):
    """Room that decoded images take.

    Parameters
    ----------
    images : int
        How many.
    size : int
        Side [pixels].
    in_chans : int
    **_
        Other settings of the decoding, which make no difference.

    Returns
    -------
    int
        [bytes]

    Examples
    --------
    >>> decoded_size(300_000, size=224) / 1e9
    45.1584
    """
    return images * size * size * in_chans


def report_problems(problems, names, file_locs, *, images, max_unreadable):
    """Warn of images that could not be decoded, or stop if there are too many.

    Parameters
    ----------
    problems : dict of int to str
        What is wrong, by row.
    names, file_locs : sequence of str
        Of every row.
    images : int
        How many there are in all.
    max_unreadable : float
        Share of them that may be left out.

    Raises
    ------
    ValueError
        If more than that share cannot be decoded.
    """
    if not problems:
        return
    shown = "; ".join(f"{names[row]} ({problems[row]})" for row in list(problems)[:5])
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    told = f"{len(problems)} of {images} images cannot be decoded: {shown}{more}"
    if len(problems) > max_unreadable * images:
        raise ValueError(f"{told}. This is more than max_unreadable={max_unreadable:g} of them")
    warnings.warn(f"{told}. They are left out", stacklevel=3)


def _decode_to_memory(file_locs, settings, processes, progress):
    needed = decoded_size(len(file_locs), **settings)
    room = psutil.virtual_memory().available
    if needed * processes > MEMORY_SHARE * room:
        raise ValueError(
            f"{len(file_locs)} decoded images take {readable_size(needed * processes)} and {readable_size(room)} of "
            "memory are free: keep them on disk with cache='folder/', or decode them in every epoch with cache='stream'"
        )
    rows = np.arange(len(file_locs))
    with tqdm(total=len(file_locs), desc="decoding", unit="image", disable=not progress) as bar:
        images, problems = decoded(rows, file_locs, settings, bar=bar)
    return CachedImages([images.numpy()], np.zeros_like(rows), rows, problems)


def versions(file_locs):
    """What stands in each image's file: its name, size and time of change, and the row in it.

    Parameters
    ----------
    file_locs : sequence of str

    Returns
    -------
    list of str
        Nothing but the name where there is no such file. Folders do not count: images may be staged elsewhere.
    """
    return [f"{os.path.basename(path)}|{version}" for path, version, _ in _files(file_locs)]


def _files(file_locs):
    """Path, version and what is wrong ("" if nothing) of each image's file, looking at each file once."""
    seen = {}
    for file_loc in file_locs:
        path, inside = split_embedded(str(file_loc)) or (str(file_loc), "")
        if path not in seen:
            try:
                seen[path] = file_version(path), ""
            except OSError as error:
                seen[path] = "", error.strerror
        version, wrong = seen[path]
        yield path, f"{version}|{inside}", wrong and f"{file_loc}: {wrong}"


def _decode_to_folder(file_locs, settings, cache, progress):
    folder = cache / ("{size}px-{in_chans}ch-".format(**settings) + fingerprint(settings)[:12])
    keys, problems = [], {}
    for row, (path, version, wrong) in enumerate(_files(file_locs)):
        keys.append(fingerprint(os.path.abspath(path), version).encode())
        problems |= {row: wrong} if wrong else {}
    parts, places = [], {}

    def missing():
        _find(folder, set(keys), parts, places)
        return [row for row, key in enumerate(keys) if row not in problems and key not in places]

    if missing():
        with alone_in(folder, wait=True):
            for images in folder.glob("part-*.images.npy"):
                if not _keys_of(images).exists():  # killed between the two
                    images.unlink()
            rest = missing()  # another run may have filled it meanwhile
            problems |= _write_parts(file_locs, keys, rest, settings, folder, progress)
        if lost := missing():
            raise OSError(
                f"{folder}: {len(lost)} decoded images were written there and cannot be read back; "
                "is the disk failing, or does something else remove files there?"
            )
    place = np.array([places.get(key, (-1, -1)) for key in keys], dtype=np.int64).reshape(-1, 2)
    return CachedImages(parts, place[:, 0], place[:, 1], problems)


def _write_parts(file_locs, keys, missing, settings, folder, progress):
    """Decode the missing images into new files of the cache, a whole one at a time."""
    needed = decoded_size(len(missing), **settings)
    room = shutil.disk_usage(folder).free
    if needed > 0.95 * room:
        raise ValueError(
            f"{len(missing)} decoded images take {readable_size(needed)} and {readable_size(room)} are free in "
            f"{str(folder)!r}: choose another folder, or decode them in every epoch with cache='stream'"
        )
    rows_per_part = max(1, PART_BYTES // decoded_size(1, **settings))
    problems = {}
    label = f"decoding into {readable_size(needed)}"
    with tqdm(total=len(missing), desc=label, unit="image", disable=not progress) as bar:
        for start in range(0, len(missing), rows_per_part):
            rows = missing[start : start + rows_per_part]
            images, wrong = decoded(rows, file_locs, settings, bar=bar)
            problems |= wrong
            good = [place for place, row in enumerate(rows) if row not in wrong]
            if good:
                kept = [keys[rows[place]] for place in good]
                _write_part(folder, images.numpy() if not wrong else images.numpy()[good], kept)
    return problems


def _write_part(folder, images, keys):
    """Write images, then their keys and checksums: a part counts from the moment that its keys have their name."""
    entries = np.array([(key, zlib.crc32(image)) for key, image in zip(keys, images, strict=True)], ENTRY)
    stem = f"part-{uuid.uuid4().hex}"
    for array, name in ((images, f"{stem}.images.npy"), (entries, f"{stem}.keys.npy")):
        with whole_file(folder / name) as unfinished, open(unfinished, "wb") as file:
            np.save(file, array)


def _find(folder, wanted, parts, places):
    """Map the parts that have images not yet found, and add the place of each whose checksum is right."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for path in sorted(folder.glob("part-*.images.npy")):
            try:
                entries = np.load(_keys_of(path))
                found = list(enumerate(entries["key"].tolist()))
                rows = [row for row, key in found if key in wanted and key not in places]
                if not rows:
                    continue
                images = _mapped(path)
                sums = list(pool.map(lambda row, images=images: zlib.crc32(images[row]), rows))
            except (FileNotFoundError, ValueError, EOFError, IndexError):
                continue  # being written, or cut short by a crash: its images are decoded again
            good = [row for row, found in zip(rows, sums, strict=True) if found == entries["checksum"][row]]
            places |= {entries["key"][row]: (len(parts), row) for row in good}
            parts.append(images)


def _keys_of(images):
    return images.with_name(images.name.replace(".images.", ".keys."))


def _mapped(path):
    """The array in a file, mapped into memory; the file does not stay open, as a cache may have thousands."""
    with open(path, "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
        start = file.tell()
    content = torch.from_file(str(path), shared=False, size=os.path.getsize(path), dtype=torch.uint8)
    return content.numpy()[start:].reshape(shape)
