"""Simulated volunteers: what they are likely to answer about a simulated galaxy, and their votes down the tree."""

import itertools
import json
from importlib.resources import files

import numpy as np

# Of each question, `volunteers.json` holds what was measured and what was chosen.
# Measured on votes of GZ DECaLS DR5 (Walmsley et al. 2022, MNRAS 509, 3966; arXiv 2102.08414), 1,397 galaxies with at
# least 20 volunteers at the first question: the "galaxies" with at least 5 volunteers asked, to which one Dirichlet-
# Multinomial was fitted by maximum likelihood; their mean "fractions"; and the "overdispersion", 1 / (1 + sum of
# concentrations): 0 if all galaxies were alike, 1 if volunteers always agreed. "merging" is from the wording of the
# first months (neither, tidal debris, both, merger), the only one that these galaxies had.
# Chosen: "strength", how far the opinion of one galaxy strays from what its parameters suggest: the sum of the
# concentrations of the Dirichlet that the galaxy's own answer probabilities are drawn from [votes]. The scatter is
# small: what volunteers say follows from what can be seen. And the share of volunteers who "guess", as if about an
# average galaxy, whatever is shown: such that the overdispersion of all galaxies comes out as measured, within 10 %
# (tests/simulate), and the mean fractions within .07.
OPINIONS = json.loads(files("gzkit").joinpath("simulate/volunteers.json").read_text(encoding="utf-8"))
STRENGTH = {question: opinion["strength"] for question, opinion in OPINIONS.items()}
FLOOR = 0.004  # of an answer's probability: somebody always presses the wrong button


def cast_votes(probabilities, schema, volunteers, rng):
    """Votes of volunteers who walk the tree one question at a time.

    Every volunteer answers the first questions, then those that their own answers lead to. A question's total votes are
    therefore exactly the votes for the answers before it.

    Parameters
    ----------
    probabilities : array_like, shape (galaxy, answer)
        Chance of each answer for a volunteer who is asked, columns in the order of ``schema.label_cols``; those
        of a question sum to 1.
    schema : Schema
        Any schema.
    volunteers : int or array_like, shape (galaxy,)
        Volunteers who look at each galaxy [votes].
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (galaxy, answer)
        Vote counts [votes].

    Raises
    ------
    ValueError
        If the probabilities have another shape, are negative, or do not sum to 1 for a question.

    Examples
    --------
    >>> import numpy as np
    >>> import gzkit as gz
    >>> schema = gz.Schema(
    ...     {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"]}, {"shape": None, "edge-on": "shape_disk"}
    ... )
    >>> cast_votes([[0.5, 0.5, 0.1, 0.9]], schema, 40, np.random.default_rng(0))
    array([[21, 19,  1, 18]])
    """
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(schema.answers):
        raise ValueError(
            f"probabilities: expected shape (galaxy, {len(schema.answers)}) for {schema!r}, got {probabilities.shape}"
        )
    votes = np.zeros(probabilities.shape, dtype=np.int64)
    first = np.broadcast_to(np.asarray(volunteers, dtype=np.int64), len(probabilities))
    for question in schema.walk_order:
        chance = probabilities[:, question.columns]
        wrong = ~((chance >= 0).all(axis=1) & (np.abs(chance.sum(axis=1) - 1) < 1e-6))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"probabilities: row {row}, question {question.text!r}: {chance[row]} are not chances that sum to 1"
            )
        parents = [answer.index for answer in question.asked_after]
        asked = votes[:, parents].sum(axis=1) if parents else first
        chance = chance / chance.sum(axis=1, keepdims=True)
        votes[:, question.columns] = rng.multinomial(asked, chance)
    return votes


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


def best_concentration(expected, schema, strength=None):
    """The best prediction that any model of the pictures could make of simulated galaxies.

    It knows what is expected of each galaxy's kind, and how far single galaxies stray from it, but not this galaxy's
    own opinion. Evaluated as `gzkit.Predictions` it has the highest skill that can be reached.

    Parameters
    ----------
    expected : array_like, shape (galaxy, answer)
        Mean answer probabilities: ``<answer>_expected`` of the sample's truth.
    schema : Schema
    strength : dict of str to float, optional
        As for `individual_probabilities`; `STRENGTH` if not given.

    Returns
    -------
    ndarray, shape (galaxy, answer)

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> best_concentration([[0.25, 0.75]], schema, {"bar": 40.0})
    array([[10., 30.]])
    """
    strength = strength or STRENGTH
    answers = [len(question.answers) for question in schema.questions]
    return np.asarray(expected) * np.repeat(
        [strength[question.text] for question in schema.questions], answers
    )


def answer_probabilities(parameters, schema):
    """What volunteers are expected to answer about galaxies of these parameters.

    The answers depend on what can be seen: arms, bars and knots count less in a galaxy that is faint, small beside
    the seeing, or far from face-on.

    Parameters
    ----------
    parameters : dict of str to ndarray, shape (galaxy,)
        From `gzkit.simulate.survey.complete`.
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
