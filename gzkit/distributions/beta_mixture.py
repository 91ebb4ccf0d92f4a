"""Quantiles of mixtures of Beta distributions, to about the last digit of double precision.

A single Beta distribution's quantile is SciPy's. A mixture has no quantile function: its quantile lies between those of
the components, and is searched for there.
"""

from functools import partial

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
    parts = np.stack([a, b, special.betaln(a, b)]).reshape(3, *ends.shape)
    found = np.empty(ends.shape[1])
    for start in range(0, len(found), MIXTURES_AT_ONCE):
        some = slice(start, start + MIXTURES_AT_ONCE)
        own = ends[:, some]
        found[some] = search(
            partial(_newton, probability),
            parts[..., some],
            own.mean(axis=0),
            own.min(axis=0),
            own.max(axis=0),
        )
    return special.expit(found).reshape(a.shape[1:])


def _newton(probability, parts, u):
    """Newton's step, whether it is the last where it can be taken, and whether there is no need of it."""
    a, b, log_norm = parts
    off = special.betainc(a, b, special.expit(u)).mean(axis=0) - probability
    rise = np.exp(a * special.log_expit(u) + b * special.log_expit(-u) - log_norm).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        step = -off / rise
    return off, step, np.abs(step) < SHORT, np.abs(off) < NEAR


def search(step_from, parts, u, low, high, *, fine=0.0):
    """Where distribution functions reach a probability: by steps that stay between the ends that are known, or halves.

    Parameters
    ----------
    step_from : callable
        Of parts and places: how much the function is off there, the step, whether it is short enough to be the last,
        and whether the place is near enough without it.
    parts : ndarray, shape (part, ..., mixture)
        What the function needs of each mixture.
    u, low, high : ndarray, shape (mixture,)
        Where the search begins, and between which ends.
    fine : float
        Ends so near to each other are as good as the place between them.

    Returns
    -------
    ndarray, shape (mixture,)
    """
    found, going = np.empty_like(u), np.arange(len(u))
    for number in range(MAX_STEPS):
        off, step, short, near = step_from(parts, u)
        low, high = np.where(off < 0, u, low), np.where(off > 0, u, high)
        new = u + step
        inside = (new > low) & (new < high) & (number < PATIENCE or number % 2 == 1)
        # from a place that is near a long step would leave: between components, where nothing rises
        u = np.where(inside & (short | ~near), new, np.where(near, u, (low + high) / 2))
        found[going] = u
        left = np.flatnonzero(~(near | (inside & short) | (high - low < fine)))
        if not len(left):
            break
        going, u, low, high, parts = (part.take(left, axis=-1) for part in (going, u, low, high, parts))
    return found
