"""What concentrations say about the votes of a given number of volunteers."""

import itertools

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from gzkit.distributions.answers import Seed, check_level, others, sample, samples_first, whole

DIGITS_LEFT = 1e7  # below such concentrations a difference of two lgamma is right to 1e-7
STATES_AT_ONCE = 500_000


def predicted_votes(
    concentration: ArrayLike, total_votes: int, *, sample_axis: int | None = None
) -> np.ndarray:
    """Distribution of each answer's vote count (Beta-binomial).

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    total_votes : int
        Volunteers asked [votes].
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.

    Returns
    -------
    ndarray, shape (..., answer, 0..total_votes)
        Probability of each count, which sum to 1 along the last axis.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or the total no whole number from 0 up.

    Examples
    --------
    >>> predicted_votes([1.0, 1.0], 3).round(6)
    array([[0.25, 0.25, 0.25, 0.25],
           [0.25, 0.25, 0.25, 0.25]])
    """
    total_votes = whole(total_votes)
    concentration = samples_first(concentration, sample_axis)  # (sample, ..., answer)
    if concentration.shape[-1] == 1:  # an only answer gets every vote
        certain = np.zeros((*concentration.shape[1:], total_votes + 1))
        certain[..., -1] = 1.0
        return certain
    count = np.arange(total_votes + 1)
    own, rest = concentration[..., None], others(concentration)[..., None]
    log_pmf = _log_ways(count, own) + _log_ways(total_votes - count, rest)
    total = concentration.sum(axis=-1)[..., None, None]
    return np.exp(log_pmf - _log_ways(total_votes, total)).mean(axis=0)


def votes_interval(
    concentration: ArrayLike, total_votes: int, level: float = 0.9, *, sample_axis: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest equal-tailed interval of each answer's vote count that holds at least ``level``.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    total_votes : int
        Volunteers asked [votes].
    level : float
        Probability that the interval must hold, in (0, 1). Counts are whole, so it holds more.
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.

    Returns
    -------
    lower, upper : ndarray of int, shape (..., answer)
        Vote counts, both inside [votes]; at most (1 - level) / 2 is beyond each.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or the level is not in (0, 1).

    Examples
    --------
    >>> votes_interval([1.0, 1.0], 9, 0.8)
    (array([1, 1]), array([8, 8]))
    """
    check_level(level)
    return central_interval(predicted_votes(concentration, total_votes, sample_axis=sample_axis), level)


def central_interval(probability: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest count of the central interval: at most half of what `level` leaves is beyond either.

    Parameters
    ----------
    probability : ndarray, shape (..., 0..total)
        Chance of each count.
    level : float

    Returns
    -------
    lower, upper : ndarray of int, shape (...)

    Examples
    --------
    >>> lower, upper = central_interval(np.array([0.02, 0.2, 0.5, 0.2, 0.08]), 0.9)
    >>> print(lower, upper)
    1 4
    """
    below, tail = np.cumsum(probability, axis=-1), (1 - level) / 2
    rounding = 1e-12  # of a sum of probabilities: a tail of just that size is allowed
    return (below <= tail + rounding).sum(axis=-1), (below < 1 - tail - rounding).sum(axis=-1)


def joint_pmf(
    concentration: ArrayLike, total_votes: int, *, sample_axis: int | None = None, most: int = 1_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """Probability of every way to split the votes between the answers (small questions).

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    total_votes : int
        Volunteers asked [votes].
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.
    most : int
        Splits beyond which the question is refused as too large.

    Returns
    -------
    votes : ndarray of int, shape (split, answer)
        The splits [votes].
    probability : ndarray, shape (..., split)
        Which sum to 1 along the last axis.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, the total no whole number from 0 up, or the splits too many.

    Examples
    --------
    >>> votes, probability = joint_pmf([1.0, 1.0], 2)
    >>> votes.tolist(), probability.round(6).tolist()
    ([[0, 2], [1, 1], [2, 0]], [0.333333, 0.333333, 0.333333])
    """
    total_votes = whole(total_votes)
    concentration = samples_first(concentration, sample_axis)
    answers = concentration.shape[-1]
    splits = special.comb(total_votes + answers - 1, answers - 1, exact=True)
    if splits > most:
        raise ValueError(
            f"{total_votes} votes split between {answers} answers in {splits} ways, more than {most}"
        )
    # the places of answers - 1 walls in a row of walls and votes; between the walls are the votes of each answer
    row = itertools.combinations(range(total_votes + answers - 1), answers - 1)
    walls = np.array(list(row), dtype=int).reshape(splits, answers - 1)
    votes = np.diff(walls, axis=-1, prepend=-1, append=total_votes + answers - 1) - 1
    return votes, np.exp(-nll(votes, concentration[..., None, :], sample_axis=0))


def nll(votes: ArrayLike, concentration: ArrayLike, *, sample_axis: int | None = None) -> np.ndarray:
    """Negative log-probability of the votes for one question.

    Parameters
    ----------
    votes : array_like, shape (..., answer)
        Votes for each answer [votes]: whole numbers from 0 up.
    concentration : array_like, shape (..., answer)
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.

    Returns
    -------
    ndarray, shape (...)
        Loss [nat], 0 where nobody was asked.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or a vote no whole number from 0 up.

    Examples
    --------
    >>> print(nll([1, 2], [1.0, 1.0]).round(6))
    1.386294
    """
    votes, concentration = np.asarray(votes), samples_first(concentration, sample_axis)
    if not ((votes >= 0) & (votes == np.floor(votes)) & np.isfinite(votes)).all():
        raise ValueError("votes must be whole numbers from 0 up")
    missing = tuple(range(1, 1 + votes.ndim + 1 - concentration.ndim))  # samples stay an axis of their own
    concentration = np.expand_dims(concentration, missing)
    of_answers = _log_ways(votes, concentration).sum(axis=-1)
    log_pmf = of_answers - _log_ways(votes.sum(axis=-1), concentration.sum(axis=-1))
    return np.log(len(log_pmf)) - special.logsumexp(log_pmf, axis=0)


def surprise(
    votes: ArrayLike, concentration: ArrayLike, *, sample_axis: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How far the negative log-likelihood of votes is from what it would be, had the prediction come true.

    The likelihood alone tells next to nothing of how odd votes are: it grows with their number. Here its mean and its
    variance over all ways to split as many votes are the measure.

    Parameters
    ----------
    votes : array_like, shape (..., answer)
        Votes for each answer [votes].
    sample_axis : int, optional
        This and ``concentration`` as for `mean`. Samples count as the one Dirichlet that has their mean and scatter.

    Returns
    -------
    excess, variance : ndarray, shape (...)
        Loss less its expectation [nat], and the variance of the loss [nat^2]: over galaxies of which the prediction is
        right they average to 0, and to the mean square of the excess. Both are 0 where nobody was asked.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or a vote no whole number from 0 up.

    Examples
    --------
    >>> excess, variance = surprise([[4, 36], [12, 28]], [[30.0, 70.0], [30.0, 70.0]])
    >>> (excess / np.sqrt(variance)).round(1)
    array([ 3.7, -0.7])
    """
    concentration = _alike(samples_first(concentration, sample_axis))
    loss = nll(votes, concentration)
    votes, concentration = np.broadcast_arrays(votes, concentration)
    votes, concentration = (x.reshape(-1, x.shape[-1]) for x in (votes, concentration))
    total_votes, moments = votes.sum(axis=-1).astype(int), np.zeros((2, len(votes)))
    order = np.argsort(total_votes, kind="stable")
    while len(order):  # the largest first, as many as fit into memory
        some = order[-max(STATES_AT_ONCE // (total_votes[order[-1]] + 1) ** 2, 1) :]
        moments[:, some] = _loss_moments(total_votes[some], concentration[some])
        order = order[: -len(some)]
    mean, square = moments.reshape(2, *loss.shape)
    return loss - mean, np.maximum(square - mean**2, 0)


def _alike(samples):
    """One Dirichlet with the mean and the summed variance of all samples: (..., answer)."""
    if len(samples) == 1:
        return samples[0]
    total = samples.sum(axis=-1, keepdims=True)
    fraction = samples / total
    variance = (fraction * (1 - fraction) / (total + 1)).mean(axis=0) + fraction.var(axis=0)
    fraction = fraction.mean(axis=0)
    spread = (fraction * (1 - fraction)).sum(axis=-1, keepdims=True)
    return fraction * (spread / variance.sum(axis=-1, keepdims=True) - 1)


def _loss_moments(total_votes, concentration):
    """Mean and mean square of the loss over all splits: answer by answer, each a Beta-binomial of the votes left."""
    count = np.arange(total_votes.max() + 1)
    mean, square = np.zeros(
        (2, len(total_votes), len(count))
    )  # of what is left, by the votes left: of the last answer
    rest = concentration[:, -1]
    for i in reversed(range(concentration.shape[-1] - 1)):
        own = concentration[:, i]
        ways, of_rest, of_both = (_log_ways(count, a[:, None]) for a in (own, rest, own + rest))
        votes_left = total_votes[:, None] if i == 0 else np.broadcast_to(count, mean.shape)
        after = votes_left[..., None] - count  # (galaxy, votes left, votes of this answer)
        possible, after = after >= 0, np.maximum(after, 0)

        def of(table, place=after):
            return np.take_along_axis(table[:, None], place, axis=-1)

        log_chance = ways[:, None] + of(of_rest) - np.take_along_axis(of_both, votes_left, axis=-1)[..., None]
        log_chance = np.where(possible, log_chance, 0.0)
        chance, later = np.exp(log_chance) * possible, of(mean)
        square = (chance * (log_chance**2 - 2 * log_chance * later + of(square))).sum(axis=-1)
        mean = (chance * (later - log_chance)).sum(axis=-1)
        rest = rest + own
    return (mean[:, 0], square[:, 0]) if concentration.shape[-1] > 1 else np.zeros((2, len(total_votes)))


def sample_votes(
    concentration: ArrayLike,
    total_votes: ArrayLike,
    size: int = 1,
    *,
    seed: Seed = None,
    sample_axis: int | None = None,
) -> np.ndarray:
    """Draw the votes of volunteers.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    total_votes : array_like of int, shape (...)
        Volunteers asked [votes].
    size : int
        Number of draws.
    seed : int or Generator, optional
        For the same draws again.
    sample_axis : int, optional
        As for `mean`: each draw is from one of them.

    Returns
    -------
    ndarray of int, shape (size, ..., answer)
        Votes [votes].

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> sample_votes([2.0, 6.0], 40, 3, seed=0).sum(axis=-1)
    array([40, 40, 40])
    """
    rng = np.random.default_rng(seed)
    chances = sample(concentration, size, seed=rng, sample_axis=sample_axis)
    return rng.multinomial(np.asarray(total_votes), chances)


def _log_ways(votes, concentration):
    """Logarithm of ``a (a + 1) ... (a + n - 1) / n!``, exactly 0 where there are no votes."""
    if np.max(concentration, initial=0) < DIGITS_LEFT:
        rising = special.gammaln(concentration + votes) - special.gammaln(concentration)
    else:  # slower
        some = np.maximum(votes, 1)
        rising = np.where(votes > 0, special.gammaln(some) - special.betaln(concentration, some), 0.0)
    return rising - special.gammaln(votes + 1.0)
