"""Damaged images of many formats, alone and in parquet tables; see `mutate`."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from mutate import bent, fuzz
from PIL import Image

from gzkit.images import load_image, read_image

PLACE = tempfile.TemporaryDirectory()
FORMATS = [
    "JPEG",
    "PNG",
    "TIFF",
    "WEBP",
    "GIF",
    "BMP",
    "PPM",
    "JPEG2000",
    "DDS",
    "TGA",
    "ICO",
    "PCX",
    "SGI",
    "AVIF",
    "MPO",
]
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "I;16", "LAB", "HSV")
TIFF = (
    None,
    "tiff_lzw",
    "tiff_deflate",
    "packbits",
    "jpeg",
    "group4",
    "tiff_adobe_deflate",
    "lzma",
    "zstd",
    "webp",
)


def some_image(rng):
    """Bytes of an image in one of many formats and modes."""
    while True:
        kind, mode, side = rng.choice(FORMATS), rng.choice(MODES), rng.randrange(1, 20)
        pixels = np.random.default_rng(rng.randrange(1000)).integers(0, 256, (side, side, 3), dtype=np.uint8)
        more = {"compression": rng.choice(TIFF)} if kind == "TIFF" else {}
        if rng.random() < 0.2:
            more |= {"save_all": True, "append_images": [Image.fromarray(pixels)]}
        content = io.BytesIO()
        try:
            Image.fromarray(pixels).convert(mode).save(content, kind, **more)
            return content.getvalue()
        except Exception:  # Pillow does not write this
            continue


def image(rng):
    folder, number = Path(PLACE.name), rng.randrange(10**9)
    data = bent(some_image(rng), rng)
    path = folder / "image.jpg"
    if rng.random() < 0.1:
        name = folder / f"{number}.parquet"
        column = pa.array(
            [{"bytes": data, "path": "x"}], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        )
        pq.write_table(pa.table({"image": column}), name)
        if rng.random() < 0.5:
            name.write_bytes(bent(name.read_bytes(), rng))
        path = f"{name}#{rng.choice([0, 0, 0, 1, 10**9])}"
    else:
        path.write_bytes(data)
    try:
        if rng.random() < 0.5:
            return read_image(path)
        return load_image(
            path, size=rng.choice([1, 8, 32]), in_chans=rng.choice([1, 3]), crop=rng.choice([1.0, 0.5])
        )
    finally:
        for name in folder.glob("*.parquet"):
            name.unlink()


if __name__ == "__main__":
    fuzz({"image": image})
