"""Pictures of simulated galaxies, drawn from physical parameters in vectorised NumPy."""

import csv
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import numpy as np
from scipy import fft

from gzkit.schema.tree import suggest

Values = float | Sequence[float] | np.ndarray  # of one galaxy, or of each

with files("gzkit").joinpath("simulate/parameters.csv").open(encoding="utf-8") as _file:
    _ROWS = list(csv.DictReader(_file))
PARAMETERS = {
    row["parameter"]: (float(row["default"]), row["meaning"]) for row in _ROWS
}  # default, what it is
POSITIVE = {row["parameter"] for row in _ROWS if row["positive"]}

CHUNK = 8  # galaxies drawn together: their arrays stay in a CPU's second cache
OLD, YOUNG, PINK = (
    np.array(c, np.float32) for c in ([1.14, 1.0, 0.80], [0.80, 0.99, 1.22], [1.05, 0.96, 1.06])
)
STRETCH, WHITE, SKY, SATURATION = 6.0, 330.0, 0.055, 0.85
CLUMPS, POINTS = 16, 20  # knots of a galaxy, points of a knot


def complete(parameters: Mapping[str, Values]) -> dict[str, np.ndarray]:
    """Every parameter of every galaxy, with the defaults filled in.

    Parameters
    ----------
    parameters : mapping of str to float or array_like, shape (galaxy,)
        Any of `PARAMETERS`.

    Returns
    -------
    dict of str to ndarray, shape (galaxy,)

    Raises
    ------
    ValueError
        For a name that is no parameter, or a value that is not finite, or not positive where it must be.
    """
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise ValueError(f"no parameter {name!r} of a simulated galaxy{suggest(name, PARAMETERS)}")
        if not np.isfinite(value).all():
            raise ValueError(f"parameter {name!r} must be finite, got {value}")
        if name in POSITIVE and np.min(value) <= 0:
            raise ValueError(f"parameter {name!r} must be positive, got {np.min(value)}")
    values = {name: parameters.get(name, default) for name, (default, _) in PARAMETERS.items()}
    arrays = np.broadcast_arrays(*[np.atleast_1d(np.asarray(v, float)) for v in values.values()])
    return dict(zip(values, arrays, strict=True))


def draw(parameters: dict[str, np.ndarray], *, size: int, noise: bool, seed: int) -> np.ndarray:
    """Pictures of many galaxies, a chunk at a time on all processors.

    Parameters
    ----------
    parameters : dict of str to ndarray, shape (galaxy,)
        From `complete`.
    size : int
        Width and height [pixel].
    noise : bool
        Whether sky noise, stars and distant galaxies are added.
    seed : int
        A picture depends on the seed, the galaxy's place in the list and its parameters.

    Returns
    -------
    ndarray of uint8, shape (galaxy, height, width, channel)
    """
    count = len(parameters["radius"])
    images = np.empty((count, size, size, 3), np.uint8)

    def draw_chunk(first):
        part = {name: value[first : first + CHUNK] for name, value in parameters.items()}
        rng = np.random.default_rng([seed, first])
        images[first : first + CHUNK] = _stretch(_bands(part, size, noise, rng))

    with ThreadPoolExecutor() as pool:
        list(pool.map(draw_chunk, range(0, count, CHUNK)))
    return images


def _bands(p, size, noise, rng):
    """Surface brightness [sky noise] in three bands: (channel, galaxy, height, width)."""
    p = {name: value.astype(np.float32)[:, None, None] for name, value in p.items()}
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    x, y = axis[None, None, :], -axis[None, :, None]
    waves = _waves(x, y, p["radius"], rng)
    bulge, old, young = _galaxy(p, x, y, waves, 0.3 / size)
    bands = _colour(1.0) * bulge + _colour(p["redness"]) * old + _colour(0.0) * young
    bands *= _dust(p, x, y)
    bands = np.ascontiguousarray(bands)
    _add_knots(bands, p, size, rng)
    for name, light in EXTRAS.items():
        chosen = np.flatnonzero(p[name][:, 0, 0] > 0)
        if len(chosen):
            bands[:, chosen] += light({name: value[chosen] for name, value in p.items()}, x, y, 0.3 / size)
    if noise:
        _add_neighbours(bands, p, size, rng)
    bands = _blur(bands, p["seeing"], size)
    if noise:
        # the sky's noise, and that of the galaxy's own light; a pixel of another size collects other light
        bands += (
            rng.standard_normal(bands.shape, np.float32) * np.sqrt(1 + 0.03 * bands.clip(0)) * (size / 128)
        )
    return bands


def _waves(x, y, radius, rng):
    """A smooth random pattern about one wide, different for each galaxy."""
    pattern = 0
    for _ in range(3):
        angle, phase = rng.uniform(0, 2 * np.pi, (2, len(radius), 1, 1)).astype(np.float32)
        scale = rng.uniform(2.0, 4.5, (len(radius), 1, 1)).astype(np.float32) / radius
        pattern = pattern + np.sin(scale * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return pattern / 2


def _colour(redness):
    """From that of young stars to that of old ones: (channel, galaxy, height, width)."""
    old, young = OLD[:, None, None, None], YOUNG[:, None, None, None]
    return old * redness + young * (1 - redness)


def _rotate(x, y, degrees):
    angle = np.deg2rad(degrees)
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _step(x):
    """From 0 to 1 (the logistic function, written so that it cannot overflow)."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _sersic(radius, n):
    """Sérsic profile whose total light is 1 for a half-light radius of 1, seen round."""
    b = 2 * n - 1 / 3 + 4 / (405 * n)
    gamma = np.vectorize(math.gamma, otypes=[np.float32])(2 * n)
    light = 2 * np.pi * n * np.exp(b) * b ** (-2 * n) * gamma
    return np.exp(-b * (radius ** (1 / n) - 1)) / light


def _galaxy(p, x, y, waves, softening):
    """Light of the spheroid, of the smooth disc with its bar, and of young stars, each (galaxy, height, width)."""
    radius = p["radius"]
    x, y = _rotate(x, y, p["position_angle"])
    x, y = x / radius, y / radius
    y = y + p["asymmetry"] * 0.35 * (x * x - 0.5) * np.exp(-0.15 * x * x)
    lopsided = 1 + 0.75 * p["asymmetry"] * np.tanh(x + 0.4 * y)
    light = 2 * np.pi * p["brightness"]  # half of it inside the radius

    squeeze, r, profile = _disc(p, x, y)
    disc = profile * light * lopsided
    arms, young = _arms(p, r, np.arctan2(y / squeeze, x), waves)
    rings = p["ring_strength"] * np.exp(-(((r - p["ring_radius"]) / 0.16) ** 2))
    # a bar sweeps up the stars around it
    swept = 1 - 0.7 * p["bar_strength"] * _step((p["bar_length"] - r) / 0.08)
    bar = _bar(p, x, y / squeeze) * light * (1 - 0.6 * p["bulge_fraction"])
    old = disc * swept * (arms + 2.2 * rings) + bar
    bulge = _spheroid(p, x, y, softening / radius) * light * lopsided
    return bulge, old, disc * (young + 0.9 * rings * (1 - p["redness"]))


def _spheroid(p, x, y, softening):
    """Surface brightness of the bulge or elliptical galaxy, for light of 1 in all; lengths in radii."""
    axis_ratio, width = 1 - p["flattening"], p["bulge_radius"]
    power = 2 + 1.6 * p["boxiness"]
    r = (np.abs(x) ** power + np.abs(y / axis_ratio) ** power + softening**power) ** (1 / power)
    return p["bulge_fraction"] / (width**2 * axis_ratio) * _sersic(r / width, p["sersic_index"])


def _disc(p, x, y):
    """A disc seen at an angle: ellipses near face-on, pointed isophotes edge-on; for light of 1 in all.

    Returns its axis ratio, the distance from the centre in its plane [radius], and its surface brightness.
    """
    cosine, sine = np.cos(np.deg2rad(p["inclination"])), np.sin(np.deg2rad(p["inclination"]))
    squeeze = np.sqrt(cosine**2 + (p["thickness"] * sine) ** 2)
    power = 2 - 0.75 * np.clip((p["inclination"] - 70) / 15, 0, 1)
    r = (np.abs(x) ** power + np.abs(y / squeeze) ** power + 1e-4) ** (1 / power)
    profile = np.exp(-1.678 * r) * (1.678**2 / (2 * np.pi))  # half the light inside 1.678 scale lengths
    return squeeze, r, (1 - p["bulge_fraction"]) / np.maximum(squeeze, 0.2) * profile


def _arms(p, r, theta, waves):
    """What the arms make of the smooth disc: a factor for all stars, and the light of the young ones."""
    sharpness = 1.9
    mean = np.float32(np.exp(-sharpness) * np.i0(sharpness))
    tangent = np.tan(np.deg2rad(p["pitch_angle"]))
    wind = p["arm_sense"] * np.log(r + 1e-3) / tangent
    # arms are not quite where they should be, and have bright and faint stretches
    ragged = (0.2 + 1.1 * p["flocculence"]) * waves
    patchy = 1 + (0.2 + 0.5 * p["flocculence"]) * np.roll(waves, 7 * waves.shape[-1] // 128, axis=-1)
    start = np.deg2rad(p["arm_phase"])
    ridge = np.exp(sharpness * (np.cos(p["arm_count"] * (theta - wind - start) + ragged) - 1))
    inner = np.where(p["bar_strength"] > 0, 0.95 * p["bar_length"], 0.3)
    envelope = _step((r - inner) / 0.09) * _step((2.3 - r) / 0.25)
    contrast = p["arm_strength"] * envelope
    boost = 1 + 0.5 * np.maximum(r - 1, 0)  # arms stand out further in the faint outer disc
    pattern = 1 + 0.9 * contrast * (ridge * patchy / mean - 1)
    return pattern, 0.8 * contrast * boost * ridge * patchy.clip(0)


def _bar(p, x, y):
    """Light of the bar, relative to that of the whole."""
    length = p["bar_length"]
    along, across = _rotate(x, y, p["bar_angle"])
    u = np.square(np.square(along / length)) + np.square(across / (0.22 * length))
    return 0.75 * p["bar_strength"] / length * np.exp(-1.3 * u)


def _dust(p, x, y):
    x, y = _rotate(x, y, p["position_angle"])
    radius = p["radius"]
    height = 0.5 * p["thickness"] * radius
    lane = np.exp(-(((y - 0.03 * radius) / height) ** 2) - (x / (1.4 * radius)) ** 2)
    depth = p["dust"] * np.clip((p["inclination"] - 76) / 8, 0, 1) * lane
    return 1 - np.array([0.55, 0.68, 0.8], np.float32)[:, None, None, None] * depth


def _scatter(bands, x, y, flux, colour):
    """Add points: places [picture widths] and fluxes (galaxy, point), colour (channel, galaxy, point)."""
    size = bands.shape[-1]
    column = np.floor((x + 0.5) * size).astype(np.int64)
    row = np.floor((0.5 - y) * size).astype(np.int64)
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    galaxy = np.broadcast_to(np.arange(len(x))[:, None], x.shape)
    place = ((galaxy * size + row) * size + column)[inside]
    for band, tint in zip(bands, colour, strict=True):
        weight = np.broadcast_to(flux * tint, x.shape)[inside]
        band += np.bincount(place, weight, minlength=band.size).reshape(band.shape).astype(np.float32)


def _add_knots(bands, p, size, rng):
    """Clusters of young stars, along the arms where there are any."""
    one = {name: value[:, :, 0] for name, value in p.items()}  # (galaxy, 1)
    shape = (len(one["radius"]), CLUMPS)
    r = 0.35 + rng.gamma(3.0, 0.28, shape)
    arm = np.floor(rng.uniform(0, 1, shape) * one["arm_count"]) / one["arm_count"] * 2 * np.pi
    wind = one["arm_sense"] * np.log(r) / np.tan(np.deg2rad(one["pitch_angle"]))
    spread = np.where(one["arm_strength"] > 0.1, 0.18, 3.0)
    theta = arm + wind + np.deg2rad(one["arm_phase"]) + rng.normal(0, 1, shape) * spread
    flux = rng.gamma(0.8, 1.0, shape) * np.exp(-0.6 * r) * one["clumpiness"] * one["brightness"]
    flux = flux * 1.3 * (one["radius"] * size) ** 2 / CLUMPS * (1 - 0.97 * one["bulge_fraction"])
    blob = rng.normal(0, 0.11, (2, *shape, POINTS)) * rng.uniform(0.4, 1.6, (*shape, 1))
    squeeze = np.sqrt(np.cos(np.deg2rad(one["inclination"])) ** 2 + one["thickness"] ** 2)
    x = (r * np.cos(theta))[..., None] + blob[0]
    y = ((r * np.sin(theta))[..., None] + blob[1]) * squeeze[..., None]
    x, y = _rotate(x, y, -one["position_angle"][..., None])
    x, y = (value.reshape(shape[0], -1) * one["radius"] for value in (x, y))
    colour = np.where(rng.uniform(0, 1, (1, *shape)) < 0.25, PINK[:, None, None], YOUNG[:, None, None])
    _scatter(bands, x, y, np.repeat(flux / POINTS, POINTS, axis=-1), np.repeat(colour, POINTS, axis=-1))


def _companion(p, x, y, softening):
    """Light of a second galaxy, (channel, galaxy, height, width)."""
    angle = np.deg2rad(p["companion_angle"])
    x = x / p["radius"] - p["companion_distance"] * np.cos(angle)
    y = y / p["radius"] - p["companion_distance"] * np.sin(angle)
    x, y = _rotate(x, y, p["companion_angle"] * 2.7 + 40)
    y = y + 0.3 * p["asymmetry"] * x * x
    flux, width = p["companion_flux"], 0.65 * np.sqrt(p["companion_flux"]).clip(0.35)
    r = np.sqrt(x * x + (y / 0.65) ** 2 + (softening / p["radius"]) ** 2) / width
    light = 2 * np.pi * p["brightness"] * flux / (0.65 * width**2) * _sersic(r, np.full_like(width, 1.5))
    return _colour(0.3 + 0.5 * p["redness"]) * light


def _tails(p, x, y, softening):
    """Light of two tidal tails that leave on opposite sides and bend."""
    r = np.sqrt(x * x + y * y) / p["radius"]
    theta = np.arctan2(y, x) - np.deg2rad(p["tail_angle"])
    lead = p["arm_sense"] * 1.1 * np.log(r + 0.05)
    tails = np.exp(22 * (np.cos(theta - lead) - 1)) + 0.55 * np.exp(
        26 * (np.cos(theta - 0.7 * lead + 2.8) - 1)
    )
    envelope = np.exp(-0.6 * r) * _step((r - 1.0) / 0.2)
    light = 1.5 * p["tail_strength"] * p["brightness"] * tails * envelope
    return (OLD * 0.45 + YOUNG * 0.55)[:, None, None, None] * light


def _star(p, x, y, softening):
    """Light of a bright star with diffraction spikes."""
    xs, ys = _rotate(x, y, p["tail_angle"])
    width = p["seeing"] * 0.8
    r2 = (x * x + y * y) / width**2
    halo = np.exp(-r2) * 4 + 0.25 / (1 + r2 / 9) ** 1.5
    spikes = np.exp(-np.abs(xs) / 0.09 - (ys / width * 1.3) ** 2)
    spikes = spikes + np.exp(-np.abs(ys) / 0.09 - (xs / width * 1.3) ** 2)
    return _colour(p["redness"]) * (60 * p["star_flux"] * (halo + 0.5 * spikes))


def _trail(p, x, y, softening):
    """Light of a satellite's trail, with the colours of one exposure."""
    _, ys = _rotate(x, y, p["tail_angle"])
    line = np.exp(-(((ys - 0.02) / (0.008 + 0.02 * p["redness"])) ** 2))
    tint = np.stack([np.roll([1.5, 0.55, 0.55], int(k)) for k in p["tail_angle"][:, 0, 0]], axis=1)
    return tint.astype(np.float32)[:, :, None, None] * 22 * p["trail_strength"] * line


# what few galaxies have, by the parameter that says how much of it
EXTRAS = {"companion_flux": _companion, "tail_strength": _tails, "star_flux": _star, "trail_strength": _trail}


def _add_neighbours(bands, p, size, rng):
    """Stars and distant galaxies, as the sky has them, anywhere in the picture."""
    shape = (bands.shape[1], 14)
    x, y = rng.uniform(-0.485, 0.485, (2, *shape))
    flux = 14 * (rng.pareto(1.1, shape) + 0.3).clip(0, 60) * (size / 128) ** 2
    flux *= rng.uniform(0, 1, shape) < 0.75
    flux *= x * x + y * y > (1.3 * p["radius"][:, :, 0]) ** 2
    spread = rng.choice([0.0, 0.004, 0.009], (*shape, 1), p=[0.5, 0.35, 0.15])
    stretch = rng.normal(0, 1, (2, *shape, 1))
    blob = rng.normal(0, 1, (2, *shape, POINTS)) * spread
    blob[0] += stretch[0] * blob[1] * 0.8  # a smudge seen at an angle
    red = rng.uniform(0, 1.2, shape)
    colour = OLD[:, None, None] ** (3 * red) * YOUNG[:, None, None] ** (2 * (1 - red))
    x, y = (
        (place[..., None] + offset).reshape(shape[0], -1) for place, offset in zip((x, y), blob, strict=True)
    )
    _scatter(bands, x, y, np.repeat(flux / POINTS, POINTS, -1), np.repeat(colour, POINTS, -1))


def _blur(bands, seeing, size):
    """Convolution with the point-spread function: a Gaussian core and wider wings."""
    k2 = (fft.fftfreq(size)[:, None] ** 2 + fft.rfftfreq(size)[None, :] ** 2).astype(np.float32)
    exponent = -2 * np.float32(np.pi**2) * k2 * (seeing * size / 2.355) ** 2
    response = 0.85 * np.exp(exponent) + 0.15 * np.exp(6 * exponent)
    return fft.irfft2(fft.rfft2(bands) * response, s=(size, size))


def _stretch(bands):
    """Surface brightness to colours: arcsinh of the mean band, colour kept (Lupton et al. 2004, astro-ph/0312483)."""
    mean = bands.mean(axis=0)
    grey = np.arcsinh(mean / STRETCH) / np.float32(np.arcsinh(WHITE / STRETCH))
    ratio = grey / np.where(np.abs(mean) < 1e-3, np.float32(1e-3), mean)
    colours = grey + SATURATION * (bands * ratio - grey)
    colours = SKY + (1 - SKY) * colours
    over = np.maximum(colours.max(axis=0), 1)
    pixels = (colours / over).clip(0, 1) * 255 + 0.5
    return np.moveaxis(pixels.astype(np.uint8), 0, -1)
