"""Intervals that drawing galaxies again gets wrong: of proportions, of distances from 0, of a number that passes."""

import numpy as np
from scipy import special
from scipy.optimize import brentq

CHANCES = 500  # of a million trials: as many different ones


def jeffreys(hits, trials, level):
    """Interval of a proportion, of which so many of so many were seen.

    Parameters
    ----------
    hits, trials : int
    level : float
        Probability content.

    Returns
    -------
    (float, float)
        Equal-tailed from the Beta distribution after Jeffreys' prior, but from 0 if there is no hit and to 1 if all
        are. NaN without a trial.

    References
    ----------
    Brown, Cai & DasGupta 2001, Stat. Sci. 16, 101: its coverage, against others' at small numbers.

    Examples
    --------
    >>> [round(float(end), 3) for end in jeffreys(19, 20, 0.9)]
    [0.82, 0.991]
    """
    if not trials:
        return np.nan, np.nan
    a, b, tail = hits + 0.5, trials - hits + 0.5, (1 - level) / 2
    lower = special.betaincinv(a, b, tail) if hits > 0 else 0.0
    upper = special.betaincinv(a, b, 1 - tail) if hits < trials else 1.0
    return lower, upper


def mean_of_proportions(hits, trials, level, *, f1=False):
    """Interval of the mean of several proportions, each with its own numbers.

    Parameters
    ----------
    hits, trials : array_like of int, shape (proportion,)
        A proportion of no trial counts as 0, and as anything from 0 to 1 in the interval.
    level : float
        Probability content.
    f1 : bool
        Whether the proportions p (hits among all that led or were predicted to) are those of F1 = 2 p / (1 + p). A
        wrong galaxy then counts for two answers.

    Returns
    -------
    (float, float)
        The distances from the proportions to the ends of their own intervals (`jeffreys`), added as errors are: in
        squares. NaN without a trial in all of them.

    References
    ----------
    Zou & Donner 2008, Stat. Med. 27, 1693: the interval of a sum from those of its parts.

    Examples
    --------
    >>> [round(float(end), 2) for end in mean_of_proportions([19, 5], [20, 10], 0.9)]
    [0.59, 0.85]
    """
    hits, trials = np.asarray(hits, dtype=float), np.asarray(trials, dtype=float)
    if not trials.any():
        return np.nan, np.nan
    ends = [jeffreys(*one, level) if one[1] else (0.0, 1.0) for one in zip(hits, trials, strict=True)]
    seen = np.divide(hits, trials, out=np.zeros(hits.shape), where=trials > 0)
    values = np.vstack([seen, np.transpose(ends)])
    seen, lower, upper = 2 * values / (1 + values) if f1 else values
    shared = 2 if f1 else 1
    below, above = (np.sqrt(shared * ((end - seen) ** 2).sum()) / len(hits) for end in (lower, upper))
    return max(seen.mean() - below, 0.0), min(seen.mean() + above, 1.0)


def sum_of_distances(values, variances):
    """Sum of the distances from 0 of quantities that are known with an error, without what the errors add to it.

    Parameters
    ----------
    values, variances : ndarray, shape (quantity,)
        What was measured, and the variance of its error.

    Returns
    -------
    float
        Between 0 and about the sum of the measured distances: that of quantities which, with errors added, would be
        expected to measure as much. Their sizes are as measured relative to each other, evened out by their errors.

    Examples
    --------
    Errors of this size alone put two quantities 1.6 from 0 together. Of 10 the errors add next to nothing.

    >>> float(sum_of_distances(np.array([0.8, -0.7]), np.ones(2)))
    0.0
    >>> round(float(sum_of_distances(np.array([5.0, -5.0]), np.ones(2))), 3)
    10.0
    """
    sizes, measured = np.sqrt(values**2 + variances), np.abs(values).sum()
    width = np.sqrt(np.maximum(variances, np.finfo(float).tiny))

    def expected(factor):
        z = factor * sizes / width
        near_zero = np.sqrt(2 / np.pi) * np.exp(-(np.minimum(z, 40) ** 2) / 2)
        return (width * (near_zero + z * (2 * special.ndtr(z) - 1))).sum()  # of normal distributions

    return _factor(expected, measured) * sizes.sum()


def sum_of_distances_interval(values, errors, level):
    """Interval of `sum_of_distances`: sums under which the measured one is neither too large nor too small.

    Parameters
    ----------
    values : ndarray, shape (quantity,)
        What was measured.
    errors : ndarray, shape (replicate, quantity)
        Draws of their errors, together.
    level : float
        Probability content.

    Returns
    -------
    (float, float)

    Examples
    --------
    >>> errors = np.random.default_rng(0).standard_normal((1000, 2))
    >>> [round(float(end), 1) for end in sum_of_distances_interval(np.array([5.0, -5.0]), errors, 0.9)]
    [7.6, 12.4]
    """
    sizes, measured = np.sqrt(values**2 + errors.var(axis=0)), np.abs(values).sum()
    signed, errors = np.copysign(sizes, values), np.concatenate([errors, -errors])

    def quantile(probability):
        return lambda factor: np.quantile(np.abs(factor * signed + errors).sum(axis=1), probability)

    return tuple(_factor(quantile(p), measured) * sizes.sum() for p in ((1 + level) / 2, (1 - level) / 2))


def _factor(rising, wanted):
    """Where a function that rises with its argument reaches a value; 0 if it begins above it."""
    if not wanted > rising(0.0):
        return 0.0
    high = 1.0
    while rising(high) < wanted:
        high *= 2
    return brentq(lambda factor: rising(factor) - wanted, 0.0, high)


def poisson_binomial(probability):
    """Distribution of the number of successes, each with a chance of its own.

    Parameters
    ----------
    probability : ndarray, shape (trial,)

    Returns
    -------
    first : int
        The smallest number told of.
    pmf : ndarray, shape (number,)
        Chances of ``first``, ``first + 1``, ...; what is left out is below rounding.

    References
    ----------
    Hong 2013, Comput. Stat. Data Anal. 59, 41: the Fourier transform of its characteristic function.

    Examples
    --------
    >>> first, pmf = poisson_binomial(np.array([0.5, 0.1, 1.0]))
    >>> first, pmf.round(6).tolist()
    (0, [0.0, 0.45, 0.5, 0.05])
    """
    counts, p = np.ones(len(probability)), np.asarray(probability, dtype=float)
    if len(p) > CHANCES:  # alike ones together, at their mean
        place = np.minimum((p * CHANCES).astype(int), CHANCES - 1)
        counts, total = np.bincount(place, minlength=CHANCES), np.bincount(place, p, minlength=CHANCES)
        counts, p = counts[counts > 0], total[counts > 0] / counts[counts > 0]
    mean, deviation = counts @ p, np.sqrt(counts @ (p * (1 - p)))
    width = min(len(probability) + 1, int(20 * deviation) + 40)
    first = min(max(int(mean) - width // 2, 0), len(probability) + 1 - width)
    turn = np.exp(2j * np.pi * np.arange(width) / width)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = sum(n * np.log(1 - one + one * turn) for n, one in zip(counts, p, strict=True))
    characteristic = np.nan_to_num(np.exp(log)) * turn**-first
    return first, np.maximum(np.fft.fft(characteristic).real / width, 0)


def number_interval(probability, level):
    """Smallest central interval of the number of successes that holds at least so much.

    Parameters
    ----------
    probability : ndarray, shape (trial,)
        Chance of each.
    level : float

    Returns
    -------
    (int, int)
        Both inside.

    Examples
    --------
    Of ten trials with a chance of 1 in 50, none succeeds in 82 %.

    >>> number_interval(np.full(10, 0.02), 0.9)
    (0, 1)
    """
    first, pmf = poisson_binomial(probability)
    ends = np.searchsorted(np.cumsum(pmf), [(1 - level) / 2, (1 + level) / 2 - 1e-12])
    return tuple(int(first + min(end, len(pmf) - 1)) for end in ends)
