"""Images of a catalogue by row: kept decoded in memory or in a GPU's memory, or decoded whenever they are wanted."""

import atexit
import concurrent.futures
import functools
import math
import mmap
import multiprocessing
import os
import queue
import sys
import threading
import warnings

import numpy as np
import torch
from tqdm.auto import tqdm

from gzkit.catalog.files import split_embedded
from gzkit.images.read import ImageError, load_image

WORKERS = min(32, os.cpu_count() or 1)
PROCESSES_FROM = 4096  # images in files that pay for processes which decode
SHARE = 16  # images that such a process takes at a time
CHECKED_AT_ONCE = 256  # images decoded to see whether they can be
SENT_AT_ONCE = 1024  # images that are copied to a GPU
RESIDENT_SHARE = 0.5  # of a GPU's free memory that decoded images may take


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
        Tensor of uint8, shape (batch, height, width, channel)

        Raises
        ------
        ImageError
            If one could not be decoded.
        """
        for row in rows:
            if int(row) in self.problems:
                raise ImageError(self.problems[int(row)])
        return torch.from_numpy(np.stack([self._parts[self._part[row]][self._row[row]] for row in rows]))

    def resident(self, device):
        """The same images kept in a device's own memory, if half of what is free there holds them.

        Parameters
        ----------
        device : torch.device

        Returns
        -------
        CachedImages or ResidentImages
        """
        size = math.prod((len(self._row), *self._parts[0].shape[1:])) if self._parts else 0
        if device.type != "cuda" or not 0 < size < RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
            return self
        images = torch.empty((len(self._row), *self._parts[0].shape[1:]), dtype=torch.uint8, device=device)
        readable = np.setdiff1d(np.arange(len(images)), list(self.problems))
        for start in range(0, len(readable), SENT_AT_ONCE):
            rows = readable[start : start + SENT_AT_ONCE]
            images[torch.from_numpy(rows).to(device)] = self.gather(rows).to(device)
        return ResidentImages(images, self.problems)


class ResidentImages:
    """Decoded images in a GPU's memory: nothing is copied while it works.

    Attributes
    ----------
    problems : dict of int to str
        What is wrong with the images that could not be decoded, by row.
    """

    def __init__(self, images, problems):
        self._images, self.problems = images, problems

    def gather(self, rows):
        """Images of these rows.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        Tensor of uint8, shape (batch, height, width, channel)
            On the device.
        """
        rows = torch.as_tensor(rows).pin_memory().to(self._images.device, non_blocking=True)
        return self._images[rows]


class StreamedImages:
    """Images that are decoded whenever they are gathered: needs no room, costs the decoding every epoch.

    Parameters
    ----------
    file_locs : sequence of str
    settings : dict
        ``size``, ``in_chans``, ``crop`` and ``stretch`` of `gzkit.images.read.load_image`.
    check : bool
        Whether each is decoded at once, to find those that cannot be.
    progress : bool
    pin : bool
        Whether they are decoded into memory from which a GPU fetches them while it works.
    alone : bool
        Whether they are decoded in the thread that asks for them, since others are at work besides it.

    Attributes
    ----------
    problems : dict of int to str
        What is wrong with the images that could not be decoded, by row.
    """

    def __init__(self, file_locs, settings, *, check=True, progress=False, pin=False, alone=False):
        self._file_locs, self._settings, self._pin, self._alone = file_locs, settings, pin, alone
        self.problems = {}
        if check:
            with tqdm(
                total=len(file_locs), desc="checking images", unit="image", disable=not progress
            ) as bar:
                for start in range(0, len(file_locs), CHECKED_AT_ONCE):
                    rows = range(start, min(start + CHECKED_AT_ONCE, len(file_locs)))
                    self.problems |= decoded(rows, file_locs, settings, bar=bar)[1]

    def gather(self, rows):
        """Images of these rows, decoded now.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        Tensor of uint8, shape (batch, height, width, channel)

        Raises
        ------
        ImageError
            If one cannot be decoded.
        """
        images, problems = self._decoded(rows)
        if problems:
            raise ImageError(next(iter(problems.values())))
        return images

    def gather_readable(self, rows):
        """Those of these rows' images that can be decoded; `problems` keeps the others.

        Parameters
        ----------
        rows : array_like of int, shape (batch,)

        Returns
        -------
        tuple of (ndarray of int, Tensor of uint8)
            The rows, and their images (batch, height, width, channel).
        """
        images, problems = self._decoded(rows)
        if problems:
            self.problems |= problems
            good = [place for place, row in enumerate(rows) if row not in problems]
            return np.asarray(rows)[good], images[good]
        return np.asarray(rows), images

    def _decoded(self, rows):
        return decoded(rows, self._file_locs, self._settings, pin=self._pin, alone=self._alone)


@functools.cache
def _pool(process):
    """The threads in which a process decodes; one that was forked off has none of its parent's."""
    return concurrent.futures.ThreadPoolExecutor(WORKERS, thread_name_prefix="decode")


class _Processes:
    """Processes that decode into memory which they share with this one.

    Pillow holds Python's lock for a fifth of the time: beyond five cores, threads wait for each other.

    Parameters
    ----------
    count : int
    size : int
        Of an image [bytes].
    """

    def __init__(self, count, size):
        self._rooms = [mmap.mmap(-1, SHARE * size) for _ in range(count)]
        self._free = queue.SimpleQueue()
        for place in range(count):
            self._free.put(place)
        fork = multiprocessing.get_context("fork")  # another start would run the user's script again
        self.pool = concurrent.futures.ProcessPoolExecutor(count, fork, _share_rooms, (self._rooms,))
        with warnings.catch_warnings():  # forked beside threads: these processes take none of their locks
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pool.submit(os.getpid).result()  # all are forked now

    def decode(self, file_locs, settings, pixels, places):
        """Decode up to `SHARE` files into ``pixels[places]``; what is wrong, by place."""
        place = self._free.get()
        try:
            problems = self.pool.submit(_decode_share, place, file_locs, settings).result()
            shape = (len(places), *pixels.shape[1:])
            pixels[places] = np.frombuffer(self._rooms[place], np.uint8, math.prod(shape)).reshape(shape)
        finally:
            self._free.put(place)
        return {places[number]: problem for number, problem in problems.items()}


def _share_rooms(rooms):
    """In a new process: keep what it shares with the one that it decodes for."""
    global _rooms
    _rooms = rooms


def _decode_share(place, file_locs, settings):
    """In a process of its own: decode files into a room; what is wrong, by number."""
    shape = (len(file_locs), settings["size"], settings["size"], settings["in_chans"])
    pixels = np.frombuffer(_rooms[place], np.uint8, math.prod(shape)).reshape(shape)
    return _decode(file_locs, settings, pixels, range(len(file_locs)))


def _decode(file_locs, settings, pixels, places):
    """Decode files into ``pixels[places]``; what is wrong, by place."""
    problems = {}
    for place, file_loc in zip(places, file_locs, strict=True):
        try:
            pixels[place] = load_image(file_loc, **settings)
        except ImageError as error:
            problems[place] = str(error)
    return problems


@functools.cache
def _processes(process, size):
    """Those of a process, for images of so many bytes; of several with a GPU each has its share of the cores."""
    return _Processes(_cores(), size)


atexit.register(_processes.cache_clear)  # they end before Python takes itself apart


def _cores():
    return max(1, WORKERS // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))


def decoded(rows, file_locs, settings, *, bar=None, pin=False, alone=False):
    """Images, decoded side by side: by threads, or by processes where many cores have many files to read.

    Parameters
    ----------
    rows : sequence of int, length batch
    file_locs : sequence of str
        Of every row.
    settings : dict
        ``size``, ``in_chans``, ``crop`` and ``stretch`` of `gzkit.images.read.load_image`.
    bar : tqdm, optional
    pin : bool
        Into memory from which a GPU fetches them while it works.
    alone : bool
        Without other threads.

    Returns
    -------
    images : Tensor of uint8, shape (batch, height, width, channel)
    problems : dict of int to str
        What is wrong with the images that could not be decoded, by row.
    """
    side, chans = settings["size"], settings["in_chans"]
    images = torch.empty((len(rows), side, side, chans), dtype=torch.uint8, pin_memory=pin)
    pixels = images.numpy()
    # those in one table in its order: each stretch of it is then read once
    order = sorted(range(len(rows)), key=lambda place: split_embedded(file_locs[rows[place]]) or ("", 0))
    decode, share = _decode, 1
    many = not alone and _cores() > 4 and len(file_locs) >= PROCESSES_FROM
    if many and sys.platform == "linux" and not split_embedded(file_locs[0]):
        decode, share = _processes(os.getpid(), side * side * chans).decode, SHARE
    todo = iter([order[start : start + share] for start in range(0, len(order), share)])
    stopped = threading.Event()

    def work():
        problems = {}
        for places in todo:  # every thread takes what is next
            if stopped.is_set():
                break
            problems |= decode([file_locs[rows[place]] for place in places], settings, pixels, places)
            if bar is not None:
                bar.update(len(places))
        return {int(rows[place]): problem for place, problem in problems.items()}

    if alone:
        return images, work()
    problems, threads = {}, [_pool(os.getpid()).submit(work) for _ in range(min(WORKERS, len(rows)))]
    try:
        for thread in threads:
            problems |= thread.result()
    finally:
        stopped.set()
    return images, problems
