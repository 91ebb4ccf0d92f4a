"""What concentrations say about the probabilities of a question's answers."""

import numpy as np
from scipy import special

from gzkit.distributions import beta_mixture
from gzkit.distributions.checks import check_level, samples_first


def mean(concentration, *, sample_axis=None):
    """Expected probability of each answer, which is also its expected vote fraction.

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

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> mean([2.0, 6.0])
    array([0.25, 0.75])
    """
    concentration = samples_first(concentration, sample_axis)
    return (concentration / concentration.sum(axis=-1, keepdims=True)).mean(axis=0)


def mode(concentration, *, sample_axis=None, iterations=200):
    """Most probable combination of answer probabilities.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix; the highest of the peaks reached from each sample's own.
    iterations : int
        Steps of the climb to a mixture's peak; no step goes down.

    Returns
    -------
    ndarray, shape (..., answer)
        Probabilities, which sum to 1. NaN where the density has no single peak: with a concentration below 1 it is
        infinite at an edge, with every concentration 1 it is flat.

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> mode([2.0, 4.0])
    array([0.25, 0.75])
    """
    excess = samples_first(concentration, sample_axis) - 1  # (sample, ..., answer)
    peaked = (excess >= 0).all(axis=(0, -1)) & (excess > 0).any(axis=-1).all(axis=0)
    excess = np.where(peaked[..., None], excess, np.nan)
    normaliser = special.gammaln(excess + 1).sum(axis=-1) - special.gammaln((excess + 1).sum(axis=-1))
    point = excess / excess.sum(axis=-1, keepdims=True)  # (start, ..., answer): each sample's own peak
    for _ in range(iterations if len(excess) > 1 else 1):
        # (start, sample, ...): how much of the density at the point is each sample's (expectation-maximisation)
        log_density = special.xlogy(excess[None], point[:, None]).sum(axis=-1) - normaliser[None]
        share = special.softmax(log_density, axis=1)
        point = (share[..., None] * excess[None]).sum(axis=1)
        point = point / point.sum(axis=-1, keepdims=True)
    highest = special.logsumexp(log_density, axis=1).argmax(axis=0)  # of the last but one step: as good
    return np.take_along_axis(point, highest[None, ..., None], axis=0)[0]


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
        Probabilities in [0, 1], each with (1 - level) / 2 beyond it (to 1e-6 as a rule, always to 1e-4).

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or the level is not in (0, 1).

    Examples
    --------
    >>> lower, upper = interval([1.0, 1.0], 0.9)
    >>> lower.round(6), upper.round(6)
    (array([0.05, 0.05]), array([0.95, 0.95]))
    """
    check_level(level)
    concentration = samples_first(concentration, sample_axis)
    other = concentration.sum(axis=-1, keepdims=True) - concentration
    if concentration.shape[-1] == 1:  # an only answer gets every vote
        return np.ones(concentration.shape[1:]), np.ones(concentration.shape[1:])
    return beta_mixture.interval(concentration, other, level)


def sample(concentration, size=1, *, seed=None, sample_axis=None):
    """Draw answer probabilities.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    size : int
        Number of draws.
    seed : int or Generator, optional
        For the same draws again.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix: each draw is from one of them.

    Returns
    -------
    ndarray, shape (size, ..., answer)
        Probabilities, which sum to 1 along the last axis.

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> sample([2.0, 6.0], 10_000, seed=0).mean(axis=0).round(2)
    array([0.25, 0.75])
    """
    rng = np.random.default_rng(seed)
    concentration = samples_first(concentration, sample_axis)
    chosen = rng.integers(len(concentration), size=(size, *concentration.shape[1:-1], 1))
    if len(concentration) > 1:
        concentration = np.stack([np.take_along_axis(concentration, one[None], axis=0)[0] for one in chosen])
    # gamma(a) as gamma(a + 1) u^(1 / a), in logarithms: no draw of a small concentration underflows to 0
    shape = np.broadcast_shapes(concentration.shape, (size, *concentration.shape[1:]))
    log_gamma = (
        np.log(rng.standard_gamma(concentration + 1, shape)) - rng.exponential(size=shape) / concentration
    )
    return special.softmax(log_gamma, axis=-1)
