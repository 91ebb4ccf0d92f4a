"""The simulated survey: which galaxies it meets, how they look, what volunteers see of them, and their votes.

`sample.py` writes it to a folder, `pretrain.py` trains an encoder on it; tests and benchmarks draw their own.
"""

import itertools
from typing import NamedTuple

import numpy as np

from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.simulate.images import complete, draw
from gzkit.simulate.volunteers import OPINIONS, STRENGTH, cast_votes

SCHEMA = "gz-decals-dr5"
VOLUNTEERS = (36, 45)  # who look at a galaxy: from so many, to fewer than so many
KINDS = {
    "disc": 0.585,
    "spheroid": 0.215,
    "irregular": 0.045,
    "disturbed": 0.05,
    "merger": 0.045,
    "artefact": 0.06,
}
DECIMALS = 4  # of parameters and probabilities: enough to draw the same picture, few enough to be the same everywhere
FLOOR = 0.004  # of an answer's probability: somebody always presses the wrong button


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


def draw_population(galaxies, rng):
    """Kinds and parameters of galaxies as a survey meets them.

    Parameters
    ----------
    galaxies : int
        How many.
    rng : numpy.random.Generator

    Returns
    -------
    kinds : ndarray of str, shape (galaxy,)
    parameters : dict of str to ndarray, shape (galaxy,)
        Rounded to four decimals.

    Examples
    --------
    >>> kinds, parameters = draw_population(3, np.random.default_rng(0))
    >>> parameters["inclination"].shape
    (3,)
    """
    kinds = rng.choice(list(KINDS), galaxies, p=list(KINDS.values()))
    p = {}
    p["radius"] = (0.135 * np.exp(0.28 * rng.standard_normal(galaxies))).clip(0.06, 0.23)
    p["position_angle"] = rng.uniform(0, 180, galaxies)
    p["brightness"] = (14 * np.exp(0.55 * rng.standard_normal(galaxies))).clip(3.5, 60)
    p["seeing"] = (0.016 * np.exp(0.15 * rng.standard_normal(galaxies))).clip(0.011, 0.026)
    _draw_spheroids(p, kinds, rng)
    _draw_discs(p, kinds, rng)
    _draw_disturbances(p, kinds, rng)
    p["redness"] = (0.15 + 0.75 * p["bulge_fraction"] ** 0.5 + 0.14 * rng.standard_normal(galaxies)).clip(
        0, 1
    )
    parameters = complete({name: np.round(value, DECIMALS) for name, value in p.items()})
    return kinds, parameters


def _draw_spheroids(p, kinds, rng):
    galaxies, elliptical = len(kinds), kinds == "spheroid"
    fraction = 0.05 + 0.83 * rng.beta(1.3, 4.0, galaxies)
    fraction = np.where(kinds == "irregular", 0.02, np.where(elliptical, 1.0, fraction))
    p["bulge_fraction"] = np.where((kinds == "disturbed") | (kinds == "merger"), 0.6 * fraction, fraction)
    p["bulge_radius"] = np.where(elliptical, 1.0, (0.15 + 0.5 * fraction).clip(0, 0.7))
    p["sersic_index"] = np.where(elliptical, rng.uniform(1.5, 4.5, galaxies), rng.uniform(1.0, 2.5, galaxies))
    flattening = 0.75 * rng.beta(1.3, 1.9, galaxies)
    p["flattening"] = np.where(elliptical, flattening, 0.3 * flattening)
    p["boxiness"] = np.where(
        (rng.uniform(size=galaxies) < 0.22) & ~elliptical, rng.beta(4, 1.5, galaxies), 0.0
    )


def _draw_discs(p, kinds, rng):
    galaxies, irregular = len(kinds), kinds == "irregular"
    ordered = (kinds == "disc") | (kinds == "disturbed") | (kinds == "merger")
    p["inclination"] = np.rad2deg(np.arccos(rng.uniform(0, 1, galaxies) ** 0.75))
    p["boxiness"] = np.where(p["inclination"] > 70, p["boxiness"], 0.0)  # the box is a bar seen from the side
    p["thickness"] = rng.uniform(0.07, 0.18, galaxies)
    p["dust"] = rng.beta(1.2, 1.5, galaxies)
    has_arms = ordered & (rng.uniform(size=galaxies) < 0.86)
    p["arm_strength"] = np.where(has_arms, rng.beta(2.8, 1.4, galaxies), 0.0)
    p["arm_count"] = rng.choice([1, 2, 3, 4, 5, 6], galaxies, p=[0.05, 0.57, 0.16, 0.08, 0.07, 0.07]).astype(
        float
    )
    loose = 17.5 + 7.5 * rng.standard_normal(galaxies) - 10 * (p["bulge_fraction"] - 0.25)
    # many arms that are tightly wound cannot be told apart
    p["pitch_angle"] = np.maximum(loose, 5 + 3 * p["arm_count"]).clip(6, 42)
    p["arm_phase"] = rng.uniform(0, 360, galaxies)
    p["arm_sense"] = rng.choice([-1.0, 1.0], galaxies)
    p["flocculence"] = np.where(irregular, 1.0, rng.beta(1.5, 2.0, galaxies))
    has_bar = ordered & (rng.uniform(size=galaxies) < 0.48)
    p["bar_strength"] = np.where(has_bar, rng.beta(2.2, 1.6, galaxies), 0.0)
    p["bar_length"] = rng.uniform(0.55, 1.05, galaxies)
    p["bar_angle"] = rng.uniform(0, 180, galaxies)
    # arms of a two-armed barred galaxy start at the ends of its bar
    start = p["bar_angle"] - p["arm_sense"] * np.rad2deg(
        np.log(p["bar_length"]) / np.tan(np.deg2rad(p["pitch_angle"]))
    )
    p["arm_phase"] = np.where(has_bar, start % 360, p["arm_phase"])
    has_ring = (kinds == "disc") & (rng.uniform(size=galaxies) < 0.13)
    p["ring_strength"] = np.where(has_ring, rng.beta(2, 2, galaxies), 0.0)
    p["ring_radius"] = rng.uniform(0.9, 1.7, galaxies)
    p["clumpiness"] = np.where(
        irregular, rng.uniform(0.6, 1.0, galaxies), rng.beta(1.0, 3.5, galaxies) * ordered
    )


def _draw_disturbances(p, kinds, rng):
    galaxies = len(kinds)
    merger, disturbed = kinds == "merger", kinds == "disturbed"
    slight = np.where(kinds == "irregular", 0.45, 0.12) * rng.beta(1.2, 3, galaxies)
    p["asymmetry"] = np.where(merger | disturbed, rng.uniform(0.25, 1.0, galaxies), slight)
    p["tail_strength"] = np.where(merger | disturbed, rng.beta(1.6, 1.3, galaxies), 0.0)
    p["tail_angle"] = rng.uniform(0, 360, galaxies)
    near = merger | (rng.uniform(size=galaxies) < 0.04)
    p["companion_flux"] = np.where(near, np.exp(rng.uniform(np.log(0.15), 0, galaxies)), 0.0)
    p["companion_distance"] = np.where(
        merger, rng.uniform(0.8, 2.4, galaxies), rng.uniform(2.6, 4.5, galaxies)
    )
    p["companion_angle"] = rng.uniform(0, 360, galaxies)
    artefact = kinds == "artefact"
    star = artefact & (rng.uniform(size=galaxies) < 0.65)
    p["star_flux"] = np.where(star, rng.uniform(0.6, 4.0, galaxies), 0.0)
    p["trail_strength"] = np.where(artefact & ~star, rng.uniform(0.5, 1.0, galaxies), 0.0)
    p["radius"] = np.where(star, 0.4 * p["radius"], p["radius"])


def individual_probabilities(expected, schema, strength, rng):
    """Answer probabilities of individual galaxies, scattered about what is expected of their kind.

    Parameters
    ----------
    expected : array_like, shape (galaxy, answer)
        Mean answer probabilities; those of a question sum to 1.
    schema : Schema
    strength : float or dict of str to float
        Sum of the concentrations of the Dirichlet drawn from, for all questions or by question [votes]: large
        where galaxies of a kind are alike.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (galaxy, answer)

    Raises
    ------
    ValueError
        If a strength is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> rng = np.random.default_rng(0)
    >>> individual_probabilities(np.full((100_000, 2), 0.5), schema, 9.0, rng).var(axis=0).round(3)
    array([0.025, 0.025])
    """
    probabilities = np.array(expected, dtype=float)
    for question in schema.questions:
        concentration = strength[question.text] if isinstance(strength, dict) else strength
        if not concentration > 0:
            raise ValueError(f"strength of question {question.text!r} must be positive, got {concentration}")
        draws = rng.standard_gamma(concentration * probabilities[:, question.columns])
        draws = np.maximum(draws, 1e-12)  # every draw of a small concentration can underflow to zero
        probabilities[:, question.columns] = draws / draws.sum(axis=1, keepdims=True)
    return probabilities


def answer_probabilities(parameters, schema):
    """What volunteers are expected to answer about galaxies of these parameters.

    The answers depend on what can be seen: arms, bars and knots count less in a galaxy that is faint, small beside
    the seeing, or far from face-on.

    Parameters
    ----------
    parameters : dict of str to ndarray, shape (galaxy,)
        From `gzkit.simulate.images.complete`.
    schema : Schema
        GZ DECaLS DR5, or another schema whose questions are all among its ten, with the same answers.

    Returns
    -------
    ndarray, shape (galaxy, answer)
        Chances [0, 1], columns in the order of ``schema.label_cols``; a question's sum to 1.

    Raises
    ------
    ValueError
        For a schema that asks something else.
    """
    seen = _visible(parameters)
    chances = (
        _root(parameters, seen) | _smooth(parameters) | _disc(parameters, seen) | _spiral(parameters, seen)
    )
    chances |= _merging(parameters, seen)
    expected = np.empty((len(parameters["radius"]), len(schema.answers)))
    for question in schema.questions:
        known = chances.get(question.text, {})
        if {answer.text for answer in question.answers} != set(known):
            raise ValueError(f"{schema!r}: simulated volunteers cannot answer {question!r}")
        usual, guess = _usual(question.text), OPINIONS[question.text]["guess"]
        for answer in question.answers:
            chance = (1 - guess) * known[answer.text] + guess * usual[answer.text]
            expected[:, answer.index] = FLOOR + (1 - FLOOR * len(known)) * chance
    return expected


def _usual(question):
    """Answers about an average galaxy, as measured; "disturbed" is shared out to the two answers of today."""
    fractions = dict(OPINIONS[question]["fractions"])
    disturbed = fractions.pop("disturbed", 0)
    if disturbed:
        fractions |= {"minor-disturbance": 0.7 * disturbed, "major-disturbance": 0.3 * disturbed}
    total = sum(fractions.values())
    return {answer: fraction / total for answer, fraction in fractions.items()}


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _ordered(value, limits, softness):
    """Chances of ordered answers, lowest first: a volunteer's impression strays from the value by `softness`."""
    below = [_logistic((limit - value) / softness) for limit in limits]
    edges = [np.zeros_like(below[0]), *below, np.ones_like(below[0])]
    return [high - low for low, high in itertools.pairwise(edges)]


def _visible(p):
    """How plain each feature is to the eye, 0 to 1."""
    light = 1.5 * np.log(p["brightness"] / 7)
    detail = _logistic(light + 1.8 * np.log(p["radius"] / p["seeing"] / 4.0))
    # arms, bar and ring are seen where the tilted disc is still several seeing widths across its minor axis
    across = p["radius"] * _disc_axis_ratio(p) / p["seeing"]
    in_disc = _logistic(light + 3.0 * np.log(across / 2.5))
    disc = 1 - _logistic((p["bulge_fraction"] - 0.75) / 0.05)
    edge_on = disc * _logistic((p["inclination"] - 77.5 - 25 * (p["thickness"] - 0.12)) / 2.0)
    shown = disc * in_disc
    bar = p["bar_strength"] * shown * np.minimum(1, 0.4 + p["bar_length"])
    # a bar along the line of sight is foreshortened to a round bulge
    bar = bar * (
        1 - 0.5 * np.sin(np.deg2rad(p["bar_angle"])) ** 2 * np.sin(np.deg2rad(p["inclination"])) ** 2
    )
    return {
        "detail": detail,
        "disc": disc,
        "edge_on": edge_on,
        "arms": p["arm_strength"] * shown,
        "bar": bar,
        "ring": p["ring_strength"] * shown,
        "knots": p["clumpiness"] * disc * detail * (1 - 0.5 * edge_on),
        "disturbed": np.maximum(p["asymmetry"] * 0.8, p["tail_strength"]) * np.sqrt(detail),
    }


def _root(p, seen):
    plain = 1 - seen["edge_on"] * (1 - 0.4 * p["bulge_fraction"])
    for feature, weight in {"arms": 1, "bar": 0.7, "ring": 0.8, "knots": 0.3, "disturbed": 0.4}.items():
        plain = plain * (1 - weight * seen[feature])
    featured = _logistic(-2.8 + 0.4 * seen["disc"] + 6.0 * (1 - plain))
    wrong = np.maximum(p["star_flux"] > 0, p["trail_strength"] > 0.3)
    artifact = np.where(wrong, 0.84, 0.03 + 0.15 * (1 - seen["detail"]) ** 2)
    artifact = artifact * np.where(wrong & (p["trail_strength"] > 0), 0.75, 1.0)
    good = 1 - artifact
    return {
        "smooth-or-featured": {
            "smooth": good * (1 - featured),
            "featured-or-disk": good * featured,
            "artifact": artifact,
        }
    }


def _disc_axis_ratio(p):
    cosine, sine = np.cos(np.deg2rad(p["inclination"])), np.sin(np.deg2rad(p["inclination"]))
    return np.sqrt(cosine**2 + (p["thickness"] * sine) ** 2)


def _smooth(p):
    fraction = p["bulge_fraction"]
    axis_ratio = fraction * (1 - p["flattening"]) + (1 - fraction) * _disc_axis_ratio(p)
    cigar, between, round_ = _ordered(axis_ratio, [0.38, 0.75], 0.06)
    return {"how-rounded": {"round": round_, "in-between": between, "cigar-shaped": cigar}}


def _disc(p, seen):
    edge_on = 0.01 + 0.98 * np.maximum(
        seen["edge_on"], 0.25 * _logistic((p["inclination"] - 73) / 3) * seen["disc"]
    )
    bulge = p["bulge_fraction"] * (1.25 - 0.25 * p["bulge_radius"])
    bulge = np.where(p["bulge_fraction"] > 0.95, 0.5, bulge)  # no disc to measure it against
    sizes = _ordered(bulge, [0.02, 0.27, 0.60, 0.90], 0.05)
    sizes = dict(zip(["none", "small", "moderate", "large", "dominant"], sizes, strict=True))
    no_bulge = _logistic((0.09 - p["bulge_fraction"]) / 0.04)
    boxy = (1 - no_bulge) * (0.05 + 0.75 * p["boxiness"])
    no_bar, weak, strong = _ordered(seen["bar"], [0.18, 0.53], 0.11)
    return {
        "disk-edge-on": {"yes": edge_on, "no": 1 - edge_on},
        "edge-on-bulge": {"rounded": 1 - no_bulge - boxy, "boxy": boxy, "none": no_bulge},
        "bar": {"strong": strong, "weak": weak, "no": no_bar},
        "bulge-size": sizes,
    }


def _spiral(p, seen):
    arms = 1 - (1 - seen["arms"]) * (1 - 0.3 * seen["ring"])
    yes = 0.03 + 0.94 * _logistic((arms - 0.12) / 0.08)
    tight, medium, loose = _ordered(p["pitch_angle"], [19.2, 29.5], 4.5)
    ragged = (1 - seen["arms"]) + 0.8 * p["flocculence"]
    distance = np.abs(p["arm_count"][:, None] - np.arange(1, 7)) / (0.25 + 0.3 * ragged[:, None])
    weights = np.exp(-0.5 * distance**2)
    weights = weights / weights.sum(axis=1, keepdims=True)
    cant_tell = _logistic((ragged - 1.17 + 0.06 * (p["arm_count"] - 2)) / 0.3)
    counts = [weights[:, i] for i in range(4)] + [weights[:, 4] + weights[:, 5]]
    names = ["1", "2", "3", "4", "more-than-4"]
    return {
        "has-spiral-arms": {"yes": yes, "no": 1 - yes},
        "spiral-winding": {"tight": tight, "medium": medium, "loose": loose},
        "spiral-arm-count": {n: c * (1 - cant_tell) for n, c in zip(names, counts, strict=True)}
        | {"cant-tell": cant_tell},
    }


def _merging(p, seen):
    near = _logistic((3.2 - p["companion_distance"]) / 0.4) * np.minimum(1, p["companion_flux"] / 0.25)
    merger = 0.015 + 0.93 * near * (0.35 + 0.65 * np.minimum(1, seen["disturbed"] * 2))
    none, minor, major = _ordered(seen["disturbed"], [0.24, 0.58], 0.08)
    left = 1 - merger
    return {
        "merging": {
            "none": left * none,
            "minor-disturbance": left * minor,
            "major-disturbance": left * major,
            "merger": merger,
        }
    }
