"""How measured pixels become brightness: a stretch, declared once for a survey and kept with the model."""

import dataclasses
from collections.abc import Sequence
from numbers import Real

import numpy as np
from PIL import Image

from gzkit.catalog.astronomical import astropy_module
from gzkit.images.pixels import ImageError, damage_told, read_planes
from gzkit.mistakes import check_ranges
from gzkit.schema.files import Number, check_fields
from gzkit.schema.tree import suggest

SOFTENING = {"linear": 1.0, "asinh": 0.1, "log": 1000.0, "lupton": 8.0}  # astropy's own defaults
SOFT = (
    "not above 0, a number from 1e-6 to 1e9",
    lambda soft: isinstance(soft, int | float | np.number) and bool(1e-6 <= soft <= 1e9),
)
MOST_BANDS = 10
FIELDS = {"curve": str, "low": list, "high": list, "bands": list, "softening": Number(1e-6, 1e9)}


@dataclasses.dataclass(frozen=True, init=False)
class Stretch:
    """How measured pixels become the 0..255 of an image that an encoder, and people, look at.

    Parameters
    ----------
    curve : {"linear", "asinh", "log", "lupton"}
        Of what lies between `low` and `high`, each band by itself; ``"lupton"`` keeps the colour of three bands (red,
        green, blue) and stretches their mean, by astropy's ``make_lupton_rgb``, whose ``minimum`` is `low` and whose
        ``stretch`` is ``high - low``.
    low, high : float, str, or sequence of them
        What becomes black and white, in the pixels' unit, for all bands or one for each; the same for the whole survey.
        ``"99.5%"`` is that percentile of each image and band: then brightness cannot be compared between galaxies.
    bands : int or sequence of (str or int)
        How many, or which: names of extensions in a FITS file, names for the planes of a cube in their order, or
        the planes' places from 0. Each is a channel of the images.
    softening : float, optional
        astropy's ``a`` of asinh (0.1) and log (1000), Lupton's ``Q`` (8).
    extension : str or int, optional
        The FITS extension that is read; by default the first image.

    Raises
    ------
    ValueError
        If a limit, a band or the curve makes no sense.

    Notes
    -----
    Pixels without a value (NaN, as beyond the survey's edge) become black, as do those below `low` and ``-inf``; those
    above `high`, and ``inf`` (saturated), become white. An image without any value in a band is refused. Images are
    made smaller first, then stretched: noise averages out as in a longer exposure.

    References
    ----------
    Lupton et al. 2004, PASP 116, 133: colours that survive the stretch.

    Examples
    --------
    >>> stretch = Stretch("asinh", low=0, high=10, bands=["VIS", "Y"])
    >>> stretch(np.array([[[0.0, 1.0, np.nan]], [[10.0, 99.0, np.inf]]]))
    array([[[  0, 255],
            [ 75, 255],
            [  0, 255]]], dtype=uint8)
    """

    curve: str
    low: tuple[float | str, ...]
    high: tuple[float | str, ...]
    bands: tuple[str | int, ...]
    softening: float
    extension: str | int | None

    def __init__(
        self,
        curve: str,
        *,
        low: float | str | Sequence[float | str],
        high: float | str | Sequence[float | str],
        bands: int | Sequence[str | int] = 1,
        softening: float | None = None,
        extension: str | int | None = None,
    ):
        if str(curve) not in SOFTENING:
            known = f"{suggest(str(curve), SOFTENING)} (known: {', '.join(SOFTENING)})"
            raise ValueError(f"Stretch: no curve {curve!r}{known}")
        listed = np.array(
            range(bands) if isinstance(bands, int | np.integer) else bands, dtype=object
        ).ravel()
        chosen = tuple(map(_plain, listed))
        kinds, count = {type(band) for band in chosen}, len(chosen)
        negative = kinds == {int} and min(chosen) < 0
        if not count <= MOST_BANDS or len(set(chosen)) < count or kinds not in ({str}, {int}) or negative:
            raise ValueError(
                f"Stretch: bands={bands!r} are not 1 to {MOST_BANDS} names, or places, each once"
            )
        lows, highs = _each_band("low", low, count), _each_band("high", high, count)
        for a, b in zip(lows, highs, strict=True):
            if isinstance(a, str) == isinstance(b, str) and _number(a) >= _number(b):
                raise ValueError(f"Stretch: low={a!r} is not below high={b!r}")
        if curve == "lupton" and (count != 3 or len({*lows}) + len({*highs}) > 2):
            raise ValueError(
                "Stretch: 'lupton' takes three bands, and one low and high, or colours would change"
            )
        soft = SOFTENING[curve] if softening is None else softening
        check_ranges("Stretch", {"softening": SOFT}, {"softening": soft})
        values = (curve, lows, highs, chosen, float(soft), _plain(extension))
        for field, value in zip(dataclasses.fields(self), values, strict=True):
            object.__setattr__(self, field.name, value)

    @property
    def channels(self) -> int:
        """Channels of the images that it gives: one a band."""
        return len(self.bands)

    def to_dict(self) -> dict:
        """The stretch, ready for JSON."""
        return {name: list(x) if isinstance(x, tuple) else x for name, x in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, content: dict) -> "Stretch":
        """The stretch that `to_dict` wrote down; ValueError, with the field, if it is none."""
        check_fields(content, FIELDS, "stretch")
        return cls(**{name: content[name] for name in FIELDS}, extension=content.get("extension"))

    def __str__(self) -> str:
        low, high = (", ".join(map(_limit_text, dict.fromkeys(limits))) for limits in (self.low, self.high))
        each = "percentiles of each image: brightness cannot be compared"
        told = each if "%" in low + high else "the same for all images"
        return f"{self.curve} from {low} to {high} ({told}), of {', '.join(map(str, self.bands))}"

    def __call__(self, planes: np.ndarray, size: int | None = None, crop: float = 1.0) -> np.ndarray:
        """Measured pixels as an image.

        Parameters
        ----------
        planes : ndarray, shape (band, height, width)
        size : int, optional
            Side to which the centred square is brought [pixels]; by default the image stays as it is.
        crop : float
            Side of that square, as a share of the image's shorter side.

        Returns
        -------
        ndarray of uint8, shape (height, width, band)

        Raises
        ------
        ImageError
            If a band is missing or has no value at all, or all its values are alike where a percentile is asked for.
        """
        planes = np.asarray(planes)
        if planes.ndim != 3 or len(planes) != self.channels:
            raise ImageError(
                f"shape {planes.shape}, where (band, height, width) of {self.channels} bands is wanted"
            )
        prepared = []
        for place, plane in enumerate(planes):
            low, high = self._limits(plane, place)
            plane = np.nan_to_num(plane, nan=low, posinf=low + self._white() * (high - low), neginf=low)
            prepared.append((_square(plane, size, crop) - np.float32(low)) / np.float32(high - low))
        x = np.stack(prepared)  # (band, height, width): 0 is black, 1 is white
        if self.curve == "lupton":
            visual = astropy_module("visualization", "Lupton's stretch")
            with np.errstate(invalid="ignore"):  # it divides nothing by nothing where all is black
                return visual.make_lupton_rgb(*x, minimum=0, stretch=1, Q=self.softening)
        x, a = np.clip(x, 0, 1), np.float32(self.softening)
        if self.curve == "asinh":
            x = np.arcsinh(x / a) / np.arcsinh(1 / a)
        elif self.curve == "log":
            x = np.log1p(a * x) / np.log1p(a)
        return np.moveaxis(np.rint(255 * x), 0, -1).astype(np.uint8)

    def _white(self):
        """What becomes white, in units of high - low."""
        q = self.softening
        return np.sinh(10 * np.arcsinh(q / 10)) / q if self.curve == "lupton" else 1.0

    def _limits(self, plane, band):
        values = plane[np.isfinite(plane)]
        if not values.size:
            raise ImageError(f"band {self.bands[band]!r} has no value at all")
        found = [
            np.percentile(values, _number(limit)) if isinstance(limit, str) else limit
            for limit in (self.low[band], self.high[band])
        ]
        if not found[0] < found[1]:
            raise ImageError(f"band {self.bands[band]!r}: nothing lies between {found[0]:g} and {found[1]:g}")
        return found


def stretch_in(info):
    """The stretch through which predictions were made.

    Parameters
    ----------
    info : dict
        Of the predictions.

    Returns
    -------
    Stretch or None
    """
    return Stretch.from_dict(info["stretch"]) if "stretch" in info else None


def stretched(file_loc, stretch, *, size=None, crop=1.0):
    """An image of measured pixels, as `Stretch` makes it.

    Parameters
    ----------
    file_loc : str or Path
    stretch : Stretch
    size, crop : optional
        As for `Stretch`.

    Returns
    -------
    ndarray of uint8, shape (height, width, band)

    Raises
    ------
    ImageError
    """
    planes = read_planes(file_loc, stretch.bands, stretch.extension)
    with damage_told(str(file_loc)):
        return stretch(planes, size, crop)


def composite(pixels):
    """An image of any number of channels as people see it.

    Parameters
    ----------
    pixels : ndarray, shape (height, width, channel)

    Returns
    -------
    ndarray, shape (height, width, 3)
        Three channels are red, green and blue; of more, the first third is averaged to red, and so on; of two, green is
        the mean; one is grey.
    """
    channels = pixels.shape[-1]
    if channels == 3:
        return pixels
    groups = {1: ([0], [0], [0]), 2: ([0], [0, 1], [1])}.get(channels) or np.array_split(range(channels), 3)
    mixed = np.stack([pixels[..., group].mean(axis=-1) for group in groups], axis=-1)
    return (np.rint(mixed) if pixels.dtype.kind == "u" else mixed).astype(pixels.dtype)


def _square(plane, size, crop):
    """The centred square of a plane, brought to a size."""
    if size is None:
        return plane
    height, width = plane.shape
    side = min(height, width) * crop
    box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def _each_band(name, limit, count):
    """A limit for each band."""
    limits = (limit,) * count if np.ndim(limit) == 0 else tuple(limit)
    shares = [x.endswith("%") and 0 <= _number(x) <= 100 for x in limits if isinstance(x, str)]
    numbers = [isinstance(x, Real) and np.isfinite(x) for x in limits if not isinstance(x, str)]
    if len(limits) != count or not all(shares + numbers):
        raise ValueError(f"Stretch: {name}={limit!r} is no number or percentile, '99.5%', for {count} bands")
    return tuple(x if isinstance(x, str) else float(x) for x in limits)


def _plain(value):
    """A NumPy number or text as Python's own, which JSON takes."""
    return value.item() if isinstance(value, np.generic) else value


def _limit_text(limit):
    return limit if isinstance(limit, str) else f"{limit:g}"


def _number(limit):
    """The number in a limit; NaN if there is none."""
    try:
        return float(limit.removesuffix("%")) if isinstance(limit, str) else float(limit)
    except ValueError:
        return np.nan
