"""What concentrations say about the votes of a given number of volunteers, and what one more would tell."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from gzkit.distributions.answers import check_level, others, samples_first, whole

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


def mutual_information(
    concentration: ArrayLike,
    *,
    about: str = "galaxy",
    sample_axis: int | None = None,
    weights: ArrayLike | None = None,
) -> np.ndarray:
    """What one more vote is expected to tell.

    A vote is uncertain because volunteers disagree, which another vote does not change, and because it is not known
    how they disagree about this galaxy, which it does. This is the second part alone.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    about : {"galaxy", "samples"}
        What is told about: the galaxy's answer probabilities, or which of the samples (models) is right, by which
        galaxies are chosen for labelling in active learning.
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.
    weights : array_like, shape (sample, ...), optional
        How likely each sample is, up to a factor; by default each the same.

    Returns
    -------
    ndarray, shape (...)
        Expected information [nat], from 0 to the entropy of the vote.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or ``about`` is neither.

    References
    ----------
    Houlsby et al. 2011, arXiv:1112.5745; Walmsley et al. 2020, MNRAS 491, 1554, arXiv:1905.07424, section 3.

    Examples
    --------
    >>> print(mutual_information([1.0, 1.0]).round(6), mutual_information([100.0, 100.0]).round(6))
    0.193147 0.002494
    """
    samples = samples_first(concentration, sample_axis)
    share = np.ones(samples.shape[:-1]) if weights is None else np.asarray(weights, dtype=float)
    share = share / share.sum(axis=0)
    fraction = samples / samples.sum(axis=-1, keepdims=True)
    if about == "samples":
        disagreement = special.entr(fraction).sum(axis=-1)
    elif about == "galaxy":
        total = samples.sum(axis=-1)
        weighted = (fraction * special.digamma(samples + 1)).sum(axis=-1)
        disagreement = special.digamma(total + 1) - weighted  # expected entropy of the answer probabilities
    else:
        raise ValueError(f"about must be 'galaxy' or 'samples', got {about!r}")
    of_vote = special.entr((share[..., None] * fraction).sum(axis=0)).sum(axis=-1)
    return of_vote - (share * disagreement).sum(axis=0)


def _log_ways(votes, concentration):
    """Logarithm of ``a (a + 1) ... (a + n - 1) / n!``, exactly 0 where there are no votes."""
    if np.max(concentration, initial=0) < DIGITS_LEFT:
        rising = special.gammaln(concentration + votes) - special.gammaln(concentration)
    else:  # slower
        some = np.maximum(votes, 1)
        rising = np.where(votes > 0, special.gammaln(some) - special.betaln(concentration, some), 0.0)
    return rising - special.gammaln(votes + 1.0)
