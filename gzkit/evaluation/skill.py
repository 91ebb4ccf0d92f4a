"""The two marks that a likelihood is read against: knowing nothing of a galaxy, and knowing all that can be known."""

import numpy as np
from scipy.special import gammaln, xlogy

from gzkit.distributions.fit import LARGEST_TOTAL, fit_dirichlet
from gzkit.evaluation.calibration import rows_of_same_total


def fit_constant(votes, schema):
    """The prediction that knows nothing of a galaxy: the constant Dirichlet, with every answer possible.

    Where nobody gave an answer, its most probable concentration is 0, which rules it out for ever. Such a question is
    fitted together with one more galaxy, in which each answer was given once.

    Parameters
    ----------
    votes : ndarray of int, shape (galaxy, answer)
        [votes]
    schema : Schema

    Returns
    -------
    ndarray, shape (answer,)
        Concentrations; 1 for the answers of a question that nobody was asked.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> fit_constant(np.array([[9, 0, 1], [1, 0, 9], [5, 0, 5]] * 5), schema).round(2)
    array([1.16, 0.03, 1.16])
    """
    constant = fit_dirichlet(votes, schema)
    refit = fit_dirichlet(np.vstack([votes, np.ones_like(votes[:1])]), schema)
    for question in schema.questions:
        found = constant[question.columns]
        if np.isnan(found).any():
            constant[question.columns] = 1.0
        elif not found.all():
            constant[question.columns] = refit[question.columns]
    return constant


def tells_galaxies_apart(constant):
    """Whether votes scatter more than chance explains, so that there is something to know of a galaxy.

    Parameters
    ----------
    constant : ndarray, shape (answer,)
        The constant Dirichlet of a question. One vote a galaxy never shows that galaxies differ.

    Returns
    -------
    bool
    """
    return bool(constant.sum() < 0.999 * LARGEST_TOTAL)


def multinomial_nll(votes, fractions):
    """Negative log-likelihood of votes if each volunteer gives the answers with known probabilities.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Votes for the answers of one question [votes].
    fractions : ndarray, shape (galaxy, answer)
        Probabilities of the answers, adding to one.

    Returns
    -------
    ndarray, shape (galaxy,)
        [nat]; infinite if an answer that was given has probability zero.

    Examples
    --------
    >>> multinomial_nll(np.array([[1, 1]]), np.array([[0.5, 0.5]])).round(4)
    array([0.6931])
    """
    orderings = gammaln(votes.sum(axis=-1) + 1) - gammaln(votes + 1).sum(axis=-1)
    return -orderings - xlogy(votes, fractions).sum(axis=-1)


def multinomial_entropy(total_votes, fractions):
    """Expected negative log-likelihood of votes that are drawn with known probabilities.

    No prediction can do better on average, as this is the volunteers' own scatter.

    Parameters
    ----------
    total_votes : ndarray of int, shape (galaxy,)
        Volunteers asked [votes].
    fractions : ndarray, shape (galaxy, answer)
        Probabilities of the answers, adding to one.

    Returns
    -------
    ndarray, shape (galaxy,)
        [nat]

    Examples
    --------
    >>> multinomial_entropy(np.array([1, 2]), np.array([[0.5, 0.5], [1.0, 0.0]])).round(4)
    array([0.6931, 0.    ])
    """
    entropy = np.empty(len(total_votes))
    for total, rows in rows_of_same_total(total_votes):
        entropy[rows] = _entropy_of_same_total(total, fractions[rows])
    return np.maximum(entropy, 0)


def estimated_ceiling(votes, concentration, *, seed=0):
    """Expected negative log-likelihood if each galaxy's true answer probabilities were known, as far as votes tell.

    Each galaxy's probabilities are drawn from what its own votes leave open, with the constant Dirichlet as the
    prior; over many galaxies such draws are spread as the true probabilities are, if these are spread as a Dirichlet.
    Where galaxies come in groups the draws are too extreme, and the estimate too low: knowing the truth then has a
    skill of 0.8 to 0.9, not 1.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Votes for the answers of one question [votes].
    concentration : ndarray, shape (answer,)
        The constant Dirichlet of the question, fitted to votes.
    seed : int

    Returns
    -------
    ndarray, shape (galaxy,)
        [nat]: right on average over galaxies, not for each.

    Examples
    --------
    >>> votes = np.array([[40, 0], [0, 40]])
    >>> bool((estimated_ceiling(votes, np.array([0.1, 0.1])) < 3).all())
    True
    """
    rng = np.random.default_rng(seed)
    gamma = rng.standard_gamma(votes + np.asarray(concentration)) + np.finfo(float).tiny
    return multinomial_entropy(votes.sum(axis=-1), gamma / gamma.sum(axis=-1, keepdims=True))


def expected_error(total_votes, fraction):
    """Mean distance of a vote fraction from the true one, by the volunteers' chance alone.

    Parameters
    ----------
    total_votes : array_like of int
        Volunteers asked [votes].
    fraction : array_like
        True probability of the answer.

    Returns
    -------
    ndarray

    References
    ----------
    De Moivre's formula for the binomial's mean absolute deviation: Diaconis & Zabell 1991, Stat. Sci. 6, 284.

    Examples
    --------
    One volunteer, a coin: the fraction is 0 or 1, always 0.5 off.

    >>> float(expected_error(1, 0.5).round(6))
    0.5
    """
    total_votes, fraction = np.asarray(total_votes), np.asarray(fraction)
    above = np.minimum(np.floor(total_votes * fraction) + 1, total_votes)
    missed = total_votes - above
    orderings = gammaln(total_votes + 1) - gammaln(above + 1) - gammaln(missed + 1)
    chance = np.exp(orderings + xlogy(above, fraction) + xlogy(missed, 1 - fraction))  # of `above` votes
    return 2 * above * (1 - fraction) * chance / total_votes


def _entropy_of_same_total(total, fractions):
    if total == 0:
        return np.zeros(len(fractions))
    counts = np.arange(total + 1)
    log_factorial = gammaln(counts + 1)
    p = fractions[..., np.newaxis]  # (galaxy, answer, 1)
    log_binomial = log_factorial[-1] - log_factorial - log_factorial[::-1]
    binomial = np.exp(log_binomial + xlogy(counts, p) + xlogy(total - counts, np.maximum(1 - p, 0)))
    repeats = (binomial * log_factorial).sum(axis=(-1, -2))  # expected sum of log(votes!)
    return repeats - log_factorial[-1] - total * xlogy(fractions, fractions).sum(axis=-1)
