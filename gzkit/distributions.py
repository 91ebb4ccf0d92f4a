"""The Dirichlet and the Dirichlet-Multinomial in NumPy: what concentrations say about answers and votes.

Answers are on the last axis and leading axes broadcast. ``sample_axis`` names an axis of the concentrations that
holds samples (of a stochastic model, of an ensemble): probabilities are then averaged over it, never parameters.
"""

import numpy as np
from scipy import optimize, special

from gzkit import beta_mixture
from gzkit.votes import check_votes


def mean(concentration, *, sample_axis=None):
    """Expected probability of each answer.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

    Returns
    -------
    ndarray, shape (..., answer)
        Probabilities, which sum to 1.

    Examples
    --------
    >>> mean([2.0, 6.0])
    array([0.25, 0.75])
    """
    concentration = _samples_first(concentration, sample_axis)
    return (concentration / concentration.sum(axis=-1, keepdims=True)).mean(axis=0)


def interval(concentration, level=0.9, *, sample_axis=None):
    """Equal-tailed credible interval of each answer's probability.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    level : float
        Probability inside the interval, in (0, 1).
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

    Returns
    -------
    lower, upper : ndarray, shape (..., answer)
        Probabilities in [0, 1].

    Examples
    --------
    >>> lower, upper = interval([1.0, 1.0], 0.9)
    >>> lower.round(6), upper.round(6)
    (array([0.05, 0.05]), array([0.95, 0.95]))
    """
    concentration = _samples_first(concentration, sample_axis)
    other = concentration.sum(axis=-1, keepdims=True) - concentration
    return beta_mixture.interval(concentration, other, level)


def predicted_votes(concentration, total_votes, *, sample_axis=None):
    """Distribution of each answer's vote count (Beta-binomial).

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    total_votes : int
        Volunteers asked [votes].
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

    Returns
    -------
    ndarray, shape (..., answer, 0..total_votes)
        Probability of each count, which sum to 1 along the last axis.

    Examples
    --------
    >>> predicted_votes([1.0, 1.0], 3)
    array([[0.25, 0.25, 0.25, 0.25],
           [0.25, 0.25, 0.25, 0.25]])
    """
    concentration = _samples_first(concentration, sample_axis)[..., None]
    other = concentration.sum(axis=-2, keepdims=True) - concentration
    count = np.arange(total_votes + 1)
    log_pmf = (
        special.gammaln(total_votes + 1)
        - special.gammaln(count + 1)
        - special.gammaln(total_votes - count + 1)
    ) + (
        special.betaln(count + concentration, total_votes - count + other)
        - special.betaln(concentration, other)
    )
    return np.exp(log_pmf).mean(axis=0)


def nll(votes, concentration, *, sample_axis=None):
    """Negative log-probability of the votes for one question.

    Parameters
    ----------
    votes : array_like, shape (..., answer)
        Votes for each answer [votes].
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

    Returns
    -------
    ndarray, shape (...)
        Loss [nat], 0 where nobody was asked.

    Examples
    --------
    >>> print(nll([1, 2], [1.0, 1.0]).round(6))
    1.386294
    """
    votes, concentration = np.asarray(votes), _samples_first(concentration, sample_axis)
    missing = (1,) * (votes.ndim + 1 - concentration.ndim)  # so that samples stay in front of the galaxies
    concentration = concentration.reshape(concentration.shape[0], *missing, *concentration.shape[1:])
    per_answer = special.gammaln(votes + 1) + special.gammaln(concentration)
    per_answer = per_answer - special.gammaln(votes + concentration)
    total_votes, total = votes.sum(axis=-1), concentration.sum(axis=-1)
    log_pmf = special.gammaln(total_votes + 1) + special.gammaln(total) - special.gammaln(total_votes + total)
    log_pmf = log_pmf - per_answer.sum(axis=-1)
    return -special.logsumexp(log_pmf, axis=0, b=1 / len(log_pmf))


def fit_dirichlet(votes, schema):
    """The constant concentrations under which a survey's votes are most probable.

    Parameters
    ----------
    votes : array_like, shape (galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    ndarray, shape (answer,)
        Concentrations; NaN for a question that nobody was asked.

    Raises
    ------
    ValueError
        If a vote is NaN, negative or fractional.
    """
    votes = check_votes(votes, schema)
    return np.concatenate([_fit_question(votes[:, q.columns]) for q in schema.questions])


def _fit_question(votes):
    if not votes.any():
        return np.full(votes.shape[-1], np.nan)

    def objective(log_concentration):
        concentration = np.exp(log_concentration)
        total, total_votes = concentration.sum(), votes.sum(axis=-1)
        per_answer = special.digamma(votes + concentration) - special.digamma(concentration)
        normaliser = special.digamma(total) - special.digamma(total_votes + total)
        return nll(votes, concentration).sum(), -concentration * (per_answer.sum(axis=0) + normaliser.sum())

    start = np.log(votes.sum(axis=0) / votes.sum() + 1e-3)
    return np.exp(optimize.minimize(objective, start, jac=True, method="BFGS").x)


def _samples_first(concentration, sample_axis):
    """Concentrations as (sample, ..., answer), with one sample where there is no axis of them."""
    concentration = np.asarray(concentration, dtype=float)
    return concentration[None] if sample_axis is None else np.moveaxis(concentration, sample_axis, 0)
