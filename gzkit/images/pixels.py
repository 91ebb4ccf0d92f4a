"""Measured pixels from files: FITS, NumPy's .npy, TIFF and PNG with more than 8 bits; a plane a band, as floats."""

import contextlib
import errno
import struct
import zlib

import numpy as np
from PIL import Image

from gzkit.catalog.astronomical import astropy_module
from gzkit.catalog.files import MEASURED_ENDINGS

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP")  # whose depth in bits is known before decoding
LARGEST = 2**26  # pixels of an image: a small file may claim more than memory holds
NOT_AN_IMAGE = (
    OSError,
    SyntaxError,  # Pillow's word for a damaged PNG
    ValueError,
    EOFError,
    LookupError,
    Warning,  # where the user has made errors of them
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # NotImplementedError of unknown kinds of TIFF, say
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
NOT_THE_IMAGES_FAULT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # open files or memory have run out
DECLARE = (
    "its pixels are measured values with more than 8 bits, not a picture's 0..255; declare how they become one: "
    "stretch=gz.Stretch('asinh', low=..., high=..., bands=[...]) of gz.TreeModel, and gz.plot_stretch to choose"
)


class ImageError(ValueError):
    """An image that cannot be decoded; the message names its file."""


@contextlib.contextmanager
def damage_told(file_loc):
    """What a decoder says of a file that it cannot read, as an `ImageError` that names it.

    Parameters
    ----------
    file_loc : str
    """
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{file_loc}: {error}") from error.__cause__
    except NOT_AN_IMAGE as error:
        if isinstance(error, OSError) and error.errno in NOT_THE_IMAGES_FAULT:
            raise
        reason = (
            " ".join(str(error).replace(repr(file_loc), "the file").split())[:300] or type(error).__name__
        )
        raise ImageError(f"{file_loc}: cannot be decoded ({reason})") from error


def read_planes(file_loc, bands, extension=None):
    """Measured pixels of some bands.

    Parameters
    ----------
    file_loc : str or Path
        ``.fits`` (also ``.fits.gz``, ``.fits.fz``), ``.npy``, ``.tif`` or ``.png``.
    bands : sequence of (str or int)
        Places of planes, from 0, or their names: those of a FITS file's extensions, or of all planes in order.
    extension : str or int, optional
        Of a FITS file; by default its first image, or, where several bands are wanted of flat images, all.

    Returns
    -------
    ndarray of float32, shape (band, height, width)
        The first row is the top one: a FITS image, whose first row is its lowest, is turned over.

    Raises
    ------
    ImageError
        If the file cannot be read, lacks a band, or has another shape.
    """
    name = str(file_loc).lower()
    with damage_told(str(file_loc)):
        if name.endswith(".npy"):
            planes, names = _of_array(np.load(file_loc, mmap_mode="r", allow_pickle=False)), []
        elif name.endswith(MEASURED_ENDINGS):
            planes, names = _of_fits(file_loc, bands, extension)
        else:
            planes, names = _of_pages(file_loc), []
        return _chosen(planes, names, bands)


def _chosen(planes, names, bands):
    """The bands that are wanted of what is there, as floats."""
    wanted, known = list(bands), range(len(planes))
    if isinstance(bands[0], str):
        if not names and len(planes) != len(bands):
            raise ImageError(f"{len(planes)} bands without names, where {', '.join(bands)} are wanted")
        wanted, known = [band.upper() for band in bands], names or [band.upper() for band in bands]
    missing = [band for band in wanted if band not in known]
    if missing:
        raise ImageError(f"band {missing[0]!r} is missing; it has {', '.join(map(repr, known))}")
    chosen = [planes[known.index(band)] for band in wanted]
    shapes = {plane.shape for plane in chosen}
    if len(shapes) > 1:
        raise ImageError(f"its bands differ in shape: {', '.join(map(str, sorted(shapes)))}")
    return np.stack([_flat(plane) for plane in chosen]).astype(np.float32, copy=False)


def _flat(plane):
    plane = np.asarray(plane)
    if plane.dtype.kind not in "iuf" or plane.ndim != 2 or not plane.size:
        raise ImageError(f"{plane.dtype} of shape {plane.shape}, not (height, width) of numbers")
    return plane


def _check_size(shape):
    if np.prod(shape, dtype=float) > LARGEST * 10:
        raise ImageError(f"shape {tuple(shape)}; at most {LARGEST} pixels a band are decoded")


def _of_array(array):
    """Planes of an array (height, width), (band, height, width), or (height, width, band) if that is its short side."""
    _check_size(array.shape)
    if array.ndim == 2:
        return array[np.newaxis]
    if array.ndim != 3:
        raise ImageError(f"shape {array.shape}, not (height, width) or (band, height, width)")
    return np.moveaxis(array, -1, 0) if array.shape[-1] < min(array.shape[:2]) else array


def _of_fits(file_loc, bands, extension):
    """Planes and, where each has an extension of its own, their names."""
    fits = astropy_module("io.fits", f"{file_loc}: a FITS image")
    try:
        # opened here, as astropy would leave damaged files open
        with open(file_loc, "rb") as raw, fits.open(raw, memmap=False) as file:
            images = {}
            for place, hdu in enumerate(file):
                if hdu.is_image and len(hdu.shape) >= 2:
                    images.setdefault(hdu.name or place, hdu)
            if extension is not None:
                images = {name: hdu for name, hdu in images.items() if hdu is file[extension]}
            if not images:
                raise ImageError(f"none of its {len(file)} extensions is {extension or 'an image'!r}")
            flat = {name: hdu for name, hdu in images.items() if len(hdu.shape) == 2}
            first = next(iter(images.values()))
            named = {str(band).upper() for band in bands} & set(flat)
            if named or (len(bands) > 1 and first in flat.values()):
                for hdu in flat.values():
                    _check_size(hdu.shape)
                return [hdu.data[::-1] for hdu in flat.values()], list(flat)
            _check_size(first.shape)
            return _of_array(np.squeeze(first.data))[:, ::-1], []
    except fits.VerifyError as error:
        raise ImageError(f"cannot be decoded ({error})") from error


def _of_pages(file_loc):
    """Planes of a TIFF, a page each, or of a PNG."""
    with Image.open(file_loc, formats=FORMATS) as image:
        planes = []
        for page in range(getattr(image, "n_frames", 1)):
            image.seek(page)
            if not image.mode.startswith(("I", "F")):
                raise ImageError(
                    f"{image.mode!r} pixels, where a stretch takes 16 bits or floats, a page a band"
                )
            _check_size(image.size)
            planes.append(np.array(image))
        return planes
