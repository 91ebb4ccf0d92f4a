"""What concentrations say about the probabilities of a question's answers."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike
from scipy import special

from gzkit.distributions import beta_mixture

Seed = int | Generator | None


def mean(concentration: ArrayLike, *, sample_axis: int | None = None) -> np.ndarray:
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


def interval(
    concentration: ArrayLike, level: float = 0.9, *, sample_axis: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed credible interval of each answer's probability.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    level : float
        Probability inside the interval, in (0, 1).
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.

    Returns
    -------
    lower, upper : ndarray, shape (..., answer)
        Probabilities in [0, 1], each with (1 - level) / 2 beyond it (to 1e-8).

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
    if concentration.shape[-1] == 1:  # an only answer gets every vote
        return np.ones(concentration.shape[1:]), np.ones(concentration.shape[1:])
    return beta_mixture.interval(concentration, others(concentration), level)


def sample(
    concentration: ArrayLike, size: int = 1, *, seed: Seed = None, sample_axis: int | None = None
) -> np.ndarray:
    """Draw answer probabilities.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    size : int
        Number of draws.
    seed : int or Generator, optional
        For the same draws again.
    sample_axis : int, optional
        As for `mean`: each draw is from one of them.

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
    concentration = np.take_along_axis(concentration, chosen, axis=0)  # (size, ..., answer)
    # gamma(a) as gamma(a + 1) u^(1 / a), in logarithms: no draw of a small concentration underflows to 0
    log_gamma = np.log(rng.standard_gamma(concentration + 1))
    log_gamma -= rng.exponential(size=concentration.shape) / concentration
    return special.softmax(log_gamma, axis=-1)


def samples_first(concentration: ArrayLike, sample_axis: int | None) -> np.ndarray:
    """Concentrations with their samples on the first axis, after a check that all are possible.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameter of each answer, > 0 and finite.
    sample_axis : int or None
        The axis that holds samples; None where there are none.

    Returns
    -------
    ndarray of float, shape (sample, ..., answer)
        The concentrations, as one sample where ``sample_axis`` is None.

    Raises
    ------
    ValueError
        If a concentration is no positive number, with its value and how many there are.

    Examples
    --------
    >>> samples_first([[1, 2], [3, 4], [5, 6]], None).shape, samples_first([[1, 2], [3, 4], [5, 6]], 0).shape
    ((1, 3, 2), (3, 2))
    """
    concentration = np.asarray(concentration, dtype=float)
    possible = (concentration > 0) & (concentration < np.inf)
    if not possible.all():
        bad = concentration[~possible]
        raise ValueError(
            f"concentrations must be positive numbers, got {bad.flat[0]} ({bad.size} such values)"
        )
    return concentration[None] if sample_axis is None else np.moveaxis(concentration, sample_axis, 0)


def others(concentration: np.ndarray) -> np.ndarray:
    """Sum of the other answers' concentrations, with its digits however large the answer's own is.

    Parameters
    ----------
    concentration : ndarray, shape (..., answer)

    Returns
    -------
    ndarray, shape (..., answer)

    Examples
    --------
    >>> others(np.array([1e30, 1.0, 2.0])).tolist()
    [3.0, 1e+30, 1e+30]
    """
    before, after = np.zeros_like(concentration), np.zeros_like(concentration)
    np.cumsum(concentration[..., :-1], axis=-1, out=before[..., 1:])
    np.cumsum(concentration[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before + after


def whole(total_votes: int) -> int:
    """``total_votes`` as an int, if it is a whole number from 0 up."""
    if total_votes != int(total_votes) or total_votes < 0:
        raise ValueError(f"total_votes must be a whole number from 0 up, got {total_votes}")
    return int(total_votes)


def check_level(level: float) -> None:
    """Refuse a level that is not in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")
