"""Pictures of galaxies with known parameters, and typical parameters of each answer."""

import json
from collections.abc import Mapping
from importlib.resources import files

import numpy as np

from gzkit.simulate.images import Values, complete, draw


def read_looks(path: str) -> tuple[dict[str, dict[str, float]], dict]:
    """Typical parameters of galaxies, by the answer that describes them; each is like a kind of galaxy but for a few.

    Parameters
    ----------
    path : str
        Of the JSON file, in gzkit.

    Returns
    -------
    looks : dict of str to dict of str to float
    content : dict
        All that the file holds.
    """
    content = json.loads(files("gzkit").joinpath(path).read_text(encoding="utf-8"))

    def like(look):
        kind = content["kinds"].get(look.get("like"))
        return (like(kind) if kind else {}) | {name: value for name, value in look.items() if name != "like"}

    return {label: like(look) for label, look in content["answers"].items()}, content


EXAMPLES, _ = read_looks("simulate/examples.json")


def render(
    parameters: Mapping[str, Values] | None = None,
    *,
    size: int = 128,
    noise: bool = False,
    seed: int = 0,
    **more: Values,
) -> np.ndarray:
    """Picture of a galaxy, or of many, drawn from physical parameters.

    Every parameter is listed with its meaning, unit and default in ``PARAMETERS``: ``radius``, ``inclination``,
    ``bulge_fraction``, ``bar_strength``, ``arm_count``, ``pitch_angle``, ``ring_strength``, ``companion_flux`` and so
    on. ``EXAMPLES`` holds a typical set for each answer of GZ DECaLS DR5: ``render(EXAMPLES["bar_strong"])``.

    Parameters
    ----------
    parameters : mapping of str to float or array_like, shape (galaxy,), optional
        Any of `PARAMETERS`.
    size : int
        Width and height [pixel].
    noise : bool
        Whether sky noise, foreground stars and distant galaxies are added.
    seed : int
        Of the noise, the knots of young stars and other irregularities.
    **more : float or array_like, shape (galaxy,)
        Further parameters by name.

    Returns
    -------
    ndarray of uint8, shape (height, width, channel) or (galaxy, height, width, channel)
        With a galaxy axis if any parameter has one.

    Raises
    ------
    ValueError
        For an unknown parameter, or a value that is not finite.

    Examples
    --------
    >>> render(arm_count=3, arm_strength=0.9, inclination=40, size=64).shape
    (64, 64, 3)
    >>> render(EXAMPLES["how-rounded_cigar-shaped"], position_angle=[0, 45, 90]).shape
    (3, 128, 128, 3)
    """
    given = dict(parameters or {}) | more
    several = any(np.ndim(value) for value in given.values())
    images = draw(complete(given), size=size, noise=noise, seed=seed)
    return images if several else images[0]
