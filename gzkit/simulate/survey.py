"""A simulated survey: galaxies with known parameters, their pictures, and the votes of simulated volunteers."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.simulate.images import Values, complete, draw
from gzkit.simulate.population import draw_population
from gzkit.simulate.volunteers import (
    STRENGTH,
    answer_probabilities,
    cast_votes,
    individual_probabilities,
)

SCHEMA = "gz-decals-dr5"
VOLUNTEERS = (36, 45)  # who look at a galaxy: from so many, to fewer than so many


class Survey(NamedTuple):
    """A simulated survey.

    Attributes
    ----------
    kinds : ndarray of str, shape (galaxy,)
        What was drawn: disc, spheroid, irregular, disturbed, merger or artefact.
    parameters : dict of str to ndarray, shape (galaxy,)
        Physical parameters; `PARAMETERS` says what they are.
    expected : ndarray, shape (galaxy, answer)
        Mean answer probabilities of galaxies of these parameters: the best that a model of the pictures can do.
    probabilities : ndarray, shape (galaxy, answer)
        The galaxy's own answer probabilities, from which the votes were drawn.
    votes : ndarray of int, shape (galaxy, answer)
        Vote counts [votes].
    images : ndarray of uint8, shape (galaxy, height, width, channel), or None
    schema : Schema
    """

    kinds: np.ndarray
    parameters: dict[str, np.ndarray]
    expected: np.ndarray
    probabilities: np.ndarray
    votes: np.ndarray
    images: np.ndarray | None
    schema: Schema


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


def simulate_survey(
    galaxies: int, *, seed: int, size: int = 128, schema: Schema | str | None = None, images: bool = True
) -> Survey:
    """Galaxies, pictures and votes of a simulated survey.

    Parameters
    ----------
    galaxies : int
        How many.
    seed : int
        The same seed gives the same survey.
    size : int
        Width and height of the pictures [pixel].
    schema : Schema or str, optional
        GZ DECaLS DR5, in either form of its parents; the full one if not given.
    images : bool
        Whether pictures are drawn; without them ``images`` is None.

    Returns
    -------
    Survey

    Examples
    --------
    >>> survey = simulate_survey(2, seed=0, images=False)
    >>> survey.votes[:, :3].sum(axis=1)
    array([43, 36])
    """
    schema = schema or SCHEMA
    schema = as_schema(schema, "simulate_survey")
    rng = np.random.default_rng(seed)
    kinds, parameters = draw_population(galaxies, rng)
    expected = answer_probabilities(parameters, schema)
    probabilities = individual_probabilities(expected, schema, STRENGTH, rng)
    votes = cast_votes(probabilities, schema, rng.integers(*VOLUNTEERS, galaxies), rng)
    pictures = draw(parameters, size=size, noise=True, seed=seed) if images else None
    return Survey(kinds, parameters, expected, probabilities, votes, pictures, schema)
