"""Quantiles of mixtures of Beta distributions, to about the last digit of double precision.

A single Beta distribution's quantile is SciPy's. A mixture has no quantile function: its quantile lies between those of
the components, and is searched for there.
"""

import numpy as np
from scipy import special

FURTHEST = 700.0  # log odds beyond which double precision has no numbers
MIXTURES_AT_ONCE = 4_096  # searched together, until the last of them is found
NEAR, SHORT = 1e-14, 1e-7  # so close in probability is there; one of Newton's steps so short is the last
MAX_STEPS, PATIENCE = 90, 6  # after so many, every second one halves: some would go to and fro for ever


def interval(a: np.ndarray, b: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval of a mixture of Beta distributions.

    Parameters
    ----------
    a, b : ndarray, shape (sample, ...)
        Parameters, > 0; the first axis is mixed over.
    level : float
        Probability inside.

    Returns
    -------
    lower, upper : ndarray, shape (...)
        The probability outside is right to 1e-8, or as near as double precision comes where the distribution is so
        steep that neighbouring numbers differ by more (at 1, if a `b` is small).

    Examples
    --------
    >>> lower, upper = interval(np.ones((2, 1)), np.ones((2, 1)), 0.9)
    >>> lower.round(6), upper.round(6)
    (array([0.05]), array([0.95]))
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    return _quantile(a, b, (1 - level) / 2), _quantile(a, b, (1 + level) / 2)


def _quantile(a, b, probability):
    ends = special.betaincinv(a, b, probability)  # (sample, ...)
    if len(a) == 1:
        return ends[0]
    ends = np.clip(special.logit(ends), -FURTHEST, FURTHEST).reshape(len(a), -1)
    found, shape = np.empty(ends.shape[1]), a.shape[1:]
    a, b = a.reshape(ends.shape), b.reshape(ends.shape)
    for start in range(0, len(found), MIXTURES_AT_ONCE):
        some = slice(start, start + MIXTURES_AT_ONCE)
        found[some] = _search(a[:, some], b[:, some], ends[:, some], probability)
    return special.expit(found).reshape(shape)


def _search(a, b, ends, probability):
    """Newton's steps in the log odds of x, where they stay between the ends that are known; else halves."""
    low, high, u = ends.min(axis=0), ends.max(axis=0), ends.mean(axis=0)
    log_norm = special.betaln(a, b)
    going = np.arange(len(u))
    for number in range(MAX_STEPS):
        at, p, q = u[going], a[:, going], b[:, going]
        off = special.betainc(p, q, special.expit(at)).mean(axis=0) - probability
        rise = np.exp(p * special.log_expit(at) + q * special.log_expit(-at) - log_norm[:, going]).mean(
            axis=0
        )
        low[going], high[going] = np.where(off < 0, at, low[going]), np.where(off > 0, at, high[going])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = at - off / rise
        inside = (new > low[going]) & (new < high[going]) & (number < PATIENCE or number % 2 == 1)
        there = np.abs(off) < NEAR  # a step would leave a place between components where nothing rises
        u[going] = np.where(there, at, np.where(inside, new, (low[going] + high[going]) / 2))
        going = going[~there & ~(inside & (np.abs(new - at) < SHORT))]
        if not len(going):
            break
    return u
