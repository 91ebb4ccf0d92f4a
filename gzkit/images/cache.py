"""Decoded images of a whole catalogue: in memory, in a folder on disk, or decoded again whenever they are wanted."""

import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import socket
import time
import uuid
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from gzkit.catalog.files import split_embedded
from gzkit.images.read import ImageError, load_image
from gzkit.model.files import replace_file

PART_BYTES = 256 * 2**20  # images written at a time: what an interrupted build can lose
MEMORY_SHARE = 0.5  # of the free memory that decoded images may take
WORKERS = min(32, os.cpu_count() or 1)
STREAM = "stream"


class CachedImages:
    """Images that have been decoded: arrays, in memory or mapped from files.

    Attributes
    ----------
    problems : dict of int to str
        What is wrong with the images that could not be decoded, by row.
    """

    def __init__(self, parts, part, row, problems):
        self._parts, self._part, self._row, self.problems = parts, part, row, problems

    def gather(self, rows):
        """Images of these rows.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        ndarray of uint8, shape (batch, height, width, channel)
        """
        return np.stack([self._parts[self._part[row]][self._row[row]] for row in rows])


class StreamedImages:
    """Images that are decoded whenever they are gathered: needs no room, costs the decoding every epoch.

    Attributes
    ----------
    problems : dict of int to str
        What is wrong with the images that could not be decoded, by row.
    """

    def __init__(self, file_locs, settings, *, check=True, progress=False):
        self._file_locs, self._settings = list(file_locs), settings
        self._pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        self.problems = {}
        if check:
            every = range(len(self._file_locs))
            decoded = self._pool.map(self._try, every)
            bar = tqdm(decoded, "checking images", len(self._file_locs), unit="image", disable=not progress)
            self.problems = {
                row: image for row, image in zip(every, bar, strict=True) if isinstance(image, str)
            }

    def gather(self, rows):
        """Images of these rows, decoded now.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        ndarray of uint8, shape (batch, height, width, channel)

        Raises
        ------
        ImageError
            If one cannot be decoded.
        """
        return np.stack(list(self._pool.map(self._load, rows)))

    def gather_readable(self, rows):
        """Those of these rows' images that can be decoded; `problems` keeps the others.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        tuple of (ndarray of int, ndarray of uint8 or None)
            The rows, and their images (batch, height, width, channel); None if there is none.
        """
        decoded = dict(zip(rows, self._pool.map(self._try, rows), strict=True))
        self.problems |= {int(row): image for row, image in decoded.items() if isinstance(image, str)}
        good = {row: image for row, image in decoded.items() if not isinstance(image, str)}
        return np.array(list(good), dtype=int), np.stack(list(good.values())) if good else None

    def _load(self, row):
        return load_image(self._file_locs[row], **self._settings)

    def _try(self, row):
        return _try_load(self._file_locs[row], self._settings)


def open_images(file_locs, *, size, in_chans=3, crop=1.0, cache=None, processes=1, progress=False):
    """Decode a catalogue's images, or find them decoded.

    Parameters
    ----------
    file_locs : sequence of str
        As in `gzkit.images.read.read_image`.
    size : int
        Side of the decoded square [pixels].
    in_chans : {1, 3}
    crop : float
        Side of the square that is kept, as a share of the image's shorter side.
    cache : None, "stream", str or Path
        None decodes them into memory, for this call only. A folder keeps them on disk for the next time, memory-mapped,
        each known by its file's path, size and modification time. ``"stream"`` keeps nothing.
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
    """
    settings = {"size": size, "in_chans": in_chans, "crop": crop}
    file_locs = [str(file_loc) for file_loc in file_locs]
    if cache == STREAM:
        return StreamedImages(file_locs, settings, progress=progress)
    if cache is None:
        return _decode_to_memory(file_locs, settings, processes, progress)
    return _decode_to_folder(file_locs, settings, Path(cache), progress)


def decoded_size(images, *, size, in_chans=3):
    """Room that decoded images take.

    Parameters
    ----------
    images : int
        How many.
    size : int
        Side [pixels].
    in_chans : {1, 3}

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


def _try_load(file_loc, settings):
    """The image, or what is wrong with it."""
    try:
        return load_image(file_loc, **settings)
    except ImageError as error:
        return str(error)


def _decode_into(images, rows, file_locs, settings, bar):
    """Decode these rows' images side by side into an array; what is wrong with the others, by row."""
    problems = {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        decoded = pool.map(lambda row: _try_load(file_locs[row], settings), rows)
        for place, (row, image) in enumerate(zip(rows, decoded, strict=True)):
            bar.update()
            if isinstance(image, str):
                problems[row] = image
            else:
                images[place] = image
    return problems


def _decode_to_memory(file_locs, settings, processes, progress):
    needed = decoded_size(len(file_locs), size=settings["size"], in_chans=settings["in_chans"])
    room = free_memory()
    if room is not None and needed * processes > MEMORY_SHARE * room:
        raise ValueError(
            f"{len(file_locs)} decoded images take {_gigabytes(needed * processes)} and {_gigabytes(room)} of memory "
            "are free: keep them on disk with cache='folder/', or decode them in every epoch with cache='stream'"
        )
    side, chans = settings["size"], settings["in_chans"]
    images = np.empty((len(file_locs), side, side, chans), dtype=np.uint8)
    with tqdm(total=len(file_locs), desc="decoding", unit="image", disable=not progress) as bar:
        problems = _decode_into(images, range(len(file_locs)), file_locs, settings, bar)
    rows = np.arange(len(file_locs))
    return CachedImages([images], np.zeros_like(rows), rows, problems)


def _decode_to_folder(file_locs, settings, cache, progress):
    folder = cache / "{size}px-{in_chans}ch-crop{crop:g}".format(**settings)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    keys, problems = _keys(file_locs)
    known = {key: None for key in _read_index(folder)[1]}
    missing = [row for row in range(len(file_locs)) if row not in problems and keys[row] not in known]
    if missing:
        needed = decoded_size(len(missing), size=settings["size"], in_chans=settings["in_chans"])
        room = shutil.disk_usage(folder).free
        if needed > 0.95 * room:
            raise ValueError(
                f"{len(missing)} decoded images take {_gigabytes(needed)} and {_gigabytes(room)} are free in "
                f"{str(cache)!r}: choose another folder, or decode them in every epoch with cache='stream'"
            )
        problems |= _write_parts(file_locs, keys, missing, settings, folder, needed, progress)
    parts, index = _read_index(folder)
    place = np.array([index.get(key, (-1, -1)) for key in keys], dtype=np.int64).reshape(-1, 2)
    return CachedImages(parts, place[:, 0], place[:, 1], problems)


def _keys(file_locs):
    """What each image is known by: its file's path, size and time of change (and row in it)."""
    keys, problems, seen = [], {}, {}
    for row, file_loc in enumerate(file_locs):
        path, inside = split_embedded(file_loc) or (file_loc, "")
        if path not in seen:
            try:
                stat = os.stat(path)
                seen[path] = f"{os.path.abspath(path)}|{stat.st_size}|{stat.st_mtime_ns}"
            except OSError as error:
                seen[path] = None
                problems[row] = f"{file_loc}: {error.strerror}"
        if seen[path] is None:
            problems.setdefault(row, f"{file_loc}: no such file")
        keys.append(hashlib.sha256(f"{seen[path]}|{inside}".encode()).hexdigest()[:32].encode())
    return keys, problems


def _write_parts(file_locs, keys, missing, settings, folder, needed, progress):
    """Decode the missing images into new files of the cache, a whole one at a time."""
    side, chans = settings["size"], settings["in_chans"]
    rows_per_part = max(1, PART_BYTES // (side * side * chans))
    problems = {}
    label = f"decoding into {_gigabytes(needed)}"
    with tqdm(total=len(missing), desc=label, unit="image", disable=not progress) as bar:
        for start in range(0, len(missing), rows_per_part):
            rows = missing[start : start + rows_per_part]
            images = np.empty((len(rows), side, side, chans), dtype=np.uint8)
            problems |= _decode_into(images, rows, file_locs, settings, bar)
            good = [place for place, row in enumerate(rows) if row not in problems]
            if good:
                kept = np.array([keys[rows[place]] for place in good], dtype="S32")
                _write_part(folder, images if len(good) == len(rows) else images[good], kept)
    return problems


def _write_part(folder, images, keys):
    """Write images, then their keys: a part counts from the moment that its keys have their name.

    Every name is new, so processes that fill one cache at once never write the same file.
    """
    stem = f"part-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    for array, name in ((images, f"{stem}.images.npy"), (keys, f"{stem}.keys.npy")):
        replace_file(folder / name, partial(_write_array, array))


def _write_array(array, path):
    with open(path, "wb") as file:  # np.save would add to the name
        np.save(file, array)


def _remove_leftovers(folder):
    """Remove what was being written when a process was killed, a day or more ago."""
    for unfinished in folder.glob(".part-*.unfinished"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - unfinished.stat().st_mtime > 86400:
                unfinished.unlink()


def _read_index(folder):
    """Mapped arrays of images, and where each key is: list of ndarray, dict of key to (part, row)."""
    parts, index = [], {}
    for path in sorted(folder.glob("part-*.keys.npy")):
        images_path = path.with_name(path.name.replace(".keys.npy", ".images.npy"))
        try:
            keys, images = np.load(path), np.load(images_path, mmap_mode="r")
        except (OSError, ValueError):  # cut short by a full disk or a crash: its images are decoded again
            continue
        if len(keys) == len(images):
            index |= {key: (len(parts), row) for row, key in enumerate(keys.tolist())}
            parts.append(images)
    return parts, index


def free_memory():
    """Memory that can be had without swapping [bytes]; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError), open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _gigabytes(size):
    return f"{size / 1e9:.1f} GB" if size > 5e8 else f"{size / 1e6:.0f} MB"
