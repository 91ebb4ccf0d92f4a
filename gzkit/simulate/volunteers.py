"""Simulated volunteers: how much they disagree, and their votes down the tree."""

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
        Sum of the concentrations of each question [votes]; `STRENGTH` if not given.

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
