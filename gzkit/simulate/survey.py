"""A simulated survey: galaxies with known parameters, their pictures, and the votes of simulated volunteers.

``python -m gzkit.simulate.survey --out data_samples --seed 2021`` writes one to a folder.
"""

import argparse
import csv
from collections import namedtuple
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gzkit.files.whole import whole_file
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.simulate.images import Values, complete, draw
from gzkit.simulate.population import DECIMALS, draw_population
from gzkit.simulate.volunteers import (
    STRENGTH,
    answer_probabilities,
    cast_votes,
    individual_probabilities,
)

SCHEMA = "gz-decals-dr5"
JPEG_QUALITY = 92
VOLUNTEERS = (36, 45)  # who look at a galaxy: from so many, to fewer than so many

Survey = namedtuple(
    "Survey", ["kinds", "parameters", "expected", "probabilities", "votes", "images", "schema"]
)
Survey.__doc__ = """A simulated survey.

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
images : ndarray of uint8, shape (galaxy, height, width, channel)
schema : Schema
"""

_FACE_ON = {"radius": 0.15, "brightness": 25.0, "seeing": 0.014, "redness": 0.4, "inclination": 20.0}
_SMOOTH = _FACE_ON | {"bulge_fraction": 1.0, "bulge_radius": 1.0, "sersic_index": 2.5}
_SPIRAL = _FACE_ON | {"arm_strength": 0.95, "bulge_fraction": 0.15, "clumpiness": 0.3}
_EDGE_ON = _FACE_ON | {"inclination": 90.0, "thickness": 0.09, "radius": 0.17, "position_angle": 0.0}

EXAMPLES = {
    "smooth-or-featured_smooth": _SMOOTH | {"flattening": 0.2, "position_angle": 30.0},
    "smooth-or-featured_featured-or-disk": _SPIRAL,
    "smooth-or-featured_artifact": _SMOOTH | {"star_flux": 2.5, "radius": 0.05, "tail_angle": 20.0},
    "disk-edge-on_yes": _EDGE_ON | {"bulge_fraction": 0.2, "dust": 0.5},
    "disk-edge-on_no": _SPIRAL | {"inclination": 50.0},
    "has-spiral-arms_yes": _SPIRAL,
    "has-spiral-arms_no": _FACE_ON | {"inclination": 30.0, "bulge_fraction": 0.25},
    "bar_strong": _FACE_ON
    | {"bar_strength": 1.0, "bar_length": 0.85, "bulge_fraction": 0.08, "bar_angle": 30.0},
    "bar_weak": _FACE_ON
    | {"bar_strength": 0.4, "bar_length": 0.55, "bulge_fraction": 0.12, "bar_angle": 30.0},
    "bar_no": _FACE_ON | {"bulge_fraction": 0.15},
    "bulge-size_dominant": _FACE_ON | {"bulge_fraction": 0.85, "bulge_radius": 0.75},
    "bulge-size_large": _FACE_ON | {"bulge_fraction": 0.55, "bulge_radius": 0.5},
    "bulge-size_moderate": _FACE_ON | {"bulge_fraction": 0.3, "bulge_radius": 0.35},
    "bulge-size_small": _FACE_ON | {"bulge_fraction": 0.1, "bulge_radius": 0.2},
    "bulge-size_none": _FACE_ON | {"bulge_fraction": 0.0},
    "how-rounded_round": _SMOOTH,
    "how-rounded_in-between": _SMOOTH | {"flattening": 0.42},
    "how-rounded_cigar-shaped": _SMOOTH | {"flattening": 0.72},
    "edge-on-bulge_boxy": _EDGE_ON
    | {
        "bulge_fraction": 0.35,
        "boxiness": 1.0,
        "bulge_radius": 0.45,
        "flattening": 0.25,
        "sersic_index": 1.0,
    },
    "edge-on-bulge_none": _EDGE_ON | {"bulge_fraction": 0.0},
    "edge-on-bulge_rounded": _EDGE_ON | {"bulge_fraction": 0.35, "bulge_radius": 0.3},
    "spiral-winding_tight": _SPIRAL | {"pitch_angle": 9.0},
    "spiral-winding_medium": _SPIRAL | {"pitch_angle": 23.0},
    "spiral-winding_loose": _SPIRAL | {"pitch_angle": 35.0},
    "spiral-arm-count_1": _SPIRAL | {"arm_count": 1, "pitch_angle": 14.0},
    "spiral-arm-count_2": _SPIRAL | {"arm_count": 2},
    "spiral-arm-count_3": _SPIRAL | {"arm_count": 3, "pitch_angle": 22.0},
    "spiral-arm-count_4": _SPIRAL | {"arm_count": 4, "pitch_angle": 25.0},
    "spiral-arm-count_more-than-4": _SPIRAL | {"arm_count": 6, "pitch_angle": 28.0},
    "spiral-arm-count_cant-tell": _SPIRAL
    | {"arm_count": 5, "pitch_angle": 16.0, "flocculence": 1.0, "arm_strength": 0.6, "clumpiness": 0.8},
    "merging_none": _SMOOTH | {"flattening": 0.3, "position_angle": 30.0},
    "merging_minor-disturbance": _FACE_ON | {"asymmetry": 0.45, "tail_strength": 0.35},
    "merging_major-disturbance": _FACE_ON | {"asymmetry": 1.0, "tail_strength": 1.0},
    "merging_merger": _FACE_ON
    | {
        "companion_flux": 0.7,
        "companion_distance": 1.5,
        "asymmetry": 0.6,
        "tail_strength": 0.8,
        "radius": 0.12,
    },
}


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


def write_survey(survey: Survey, folder: str | Path, *, prefix: str = "sim") -> None:
    """Write a survey to a folder: ``catalog.csv``, ``truth.csv`` and ``images/``.

    Parameters
    ----------
    survey : Survey
    folder : str or Path
        Made if it does not exist.
    prefix : str
        Of the galaxies' names.

    Raises
    ------
    ValueError
        If the survey has no pictures.
    """
    from PIL import Image

    if survey.images is None:
        raise ValueError("the survey has no pictures to write: simulate it with images=True")
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"{prefix}-{row:05d}" for row in range(len(survey.kinds))]
    for name, image in zip(names, survey.images, strict=True):
        with whole_file(folder / "images" / f"{name}.jpg") as file:
            Image.fromarray(image).save(file, format="JPEG", quality=JPEG_QUALITY)
    catalog, truth = tables(survey, names)
    _write_csv(folder / "catalog.csv", catalog)
    _write_csv(folder / "truth.csv", truth)


def tables(survey: Survey, names: Sequence[str]) -> tuple[list[list], list[list]]:
    """Rows of ``catalog.csv`` and ``truth.csv``, the first with the columns' names.

    Parameters
    ----------
    survey : Survey
    names : sequence of str
        An ``id_str`` for each galaxy.

    Returns
    -------
    catalog, truth : list of list
    """
    labels = survey.schema.label_cols
    catalog = [["id_str", "file_loc", *labels]]
    truth = [["id_str", "kind", *survey.parameters]]
    truth[0] += [f"{label}_expected" for label in labels] + [f"{label}_probability" for label in labels]
    for row, name in enumerate(names):
        catalog.append([name, f"images/{name}.jpg", *survey.votes[row].tolist()])
        values = [column[row] for column in survey.parameters.values()]
        values += [*survey.expected[row], *survey.probabilities[row]]
        truth.append([name, survey.kinds[row], *(f"{value:.{DECIMALS}f}" for value in values)])
    return catalog, truth


def _write_csv(path, rows):
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main(arguments: list[str] | None = None) -> None:
    """The command ``python -m gzkit.simulate.survey``.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the command line if not given.
    """
    parser = argparse.ArgumentParser(prog="python -m gzkit.simulate.survey", description=main.__doc__)
    parser.description = "Write a simulated survey to a folder: catalog.csv, truth.csv and images/."
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same tables")
    parser.add_argument("--galaxies", type=int, default=600)
    parser.add_argument("--size", type=int, default=128, help="width and height of the pictures [pixel]")
    options = parser.parse_args(arguments)
    write_survey(simulate_survey(options.galaxies, seed=options.seed, size=options.size), options.out)


if __name__ == "__main__":
    main()
