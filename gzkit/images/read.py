"""Images from files, or from the bytes in a parquet table, as arrays.

Pixels are taken as they are stored: an orientation in the EXIF data of a JPEG, PNG or WebP, which a camera leaves
there, is not followed, so that positions in the image stay those of the catalogue. The tag of a TIFF, which says in
what order its rows are stored, is.
"""

import functools
import io
import math
import threading
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from gzkit.catalog.files import MEASURED_ENDINGS, image_bytes, row_group_starts, split_embedded
from gzkit.files.fingerprint import file_version
from gzkit.images.pixels import DECLARE, FORMATS, LARGEST, ImageError, damage_told
from gzkit.images.stretch import Stretch, composite, stretched

EIGHT_BIT = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "LAB"}
_parquet_lock = threading.Lock()


def read_image(file_loc: str | Path, stretch: Stretch | None = None) -> np.ndarray:
    """Decode one image at its full size, as people see it.

    Parameters
    ----------
    file_loc : str or Path
        A file, or ``"/path/table.parquet#ROW"`` for bytes in the column ``image`` of a parquet table.
    stretch : Stretch, optional
        Of images of measured pixels: FITS, ``.npy``, TIFF and PNG of more than 8 bits.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Red, green and blue; a greyscale image has three equal channels; of more bands each third is averaged.

    Raises
    ------
    ImageError
        If it is missing or damaged, or has more than 8 bits a channel and no stretch is given.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> path = os.path.join(tempfile.mkdtemp(), "galaxy.png")
    >>> Image.new("RGB", (4, 3), (10, 20, 30)).save(path)
    >>> read_image(path)[0, 0]
    array([10, 20, 30], dtype=uint8)
    """
    if stretch is not None:
        return composite(stretched(file_loc, stretch))
    return _decode(file_loc, lambda image: image.convert("RGB"))


def load_image(
    file_loc: str | Path, *, size: int, in_chans: int = 3, crop: float = 1.0, stretch: Stretch | None = None
) -> np.ndarray:
    """Decode one image as an encoder takes it: a centred square, at the encoder's size.

    A JPEG that is at least twice as large as needed is decoded at a fraction of its size, which is several times
    faster and as free of aliasing.

    Parameters
    ----------
    file_loc : str or Path
        As in `read_image`.
    size : int
        Side of the result [pixels].
    in_chans : int
        Channels of the result; one is the luminance, or as many as the stretch has bands.
    crop : float
        Side of the square that is kept, as a share of the image's shorter side.
    stretch : Stretch, optional
        As for `read_image`.

    Returns
    -------
    ndarray of uint8, shape (size, size, in_chans)

    Raises
    ------
    ImageError
        As `read_image`.
    """
    if stretch is not None:
        return stretched(file_loc, stretch, size=size, crop=crop)
    mode = "RGB" if in_chans == 3 else "L"

    def prepare(image):
        shrink = size / (min(image.size) * crop)
        if shrink < 1:
            image.draft(None, tuple(math.ceil(side * shrink) for side in image.size))  # only JPEG obeys
        width, height = image.size
        side = min(width, height) * crop
        box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
        return image.convert(mode).resize((size, size), Image.Resampling.BILINEAR, box=box)

    return _decode(file_loc, prepare).reshape(size, size, in_chans)


def _decode(file_loc, prepare):
    file_loc = str(file_loc)
    with damage_told(file_loc):
        embedded = split_embedded(file_loc)
        if file_loc.lower().endswith(MEASURED_ENDINGS):
            raise ImageError(DECLARE)
        source = io.BytesIO(_embedded_bytes(*embedded)) if embedded else file_loc
        try:
            image = Image.open(source, formats=FORMATS)
        except UnidentifiedImageError as error:
            raise ImageError(f"cannot be decoded (no image of {', '.join(FORMATS)})") from error
        with image:
            if image.mode not in EIGHT_BIT or _bits(image) > 8:
                raise ImageError(DECLARE)
            if getattr(image, "is_animated", False) and image.format != "MPO":  # MPO: a JPEG with a preview
                raise ImageError(f"holds {image.n_frames} images, one galaxy has one")
            if image.width * image.height > LARGEST:
                raise ImageError(f"{image.width} x {image.height} pixels; at most {LARGEST} are decoded")
            return np.array(prepare(image))


def _bits(image):
    """Bits a channel in the file: Pillow gives some colours of 16 bits as 8."""
    if image.format == "TIFF":
        return max(image.tag_v2.get(Base.BitsPerSample, (1,)))
    return 16 if image.format == "PNG" and any(";16" in str(tile[3]) for tile in image.tile) else 8


def _embedded_bytes(table, row):
    with _parquet_lock:  # neither the reader nor its cache is made for several threads
        version = file_version(table)  # a table that was written anew has other images
        starts = _starts(table, version)
        group = int(np.searchsorted(starts, row, side="right")) - 1
        if row < 0 or row >= starts[-1]:
            raise ValueError(f"the table has {starts[-1]} rows")
        content = _row_group(table, group, version)[row - int(starts[group])].as_py()
    if content is None:
        raise ValueError("no image bytes")
    return content


@functools.lru_cache(maxsize=64)
def _starts(table, version):
    return row_group_starts(table)


@functools.lru_cache(maxsize=4)  # neighbouring rows are asked for together
def _row_group(table, group, version):
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        return pa.chunked_array(list(image_bytes(file, group)))
