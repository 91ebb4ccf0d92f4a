"""The Dirichlet and the Dirichlet-Multinomial in NumPy: what concentrations say about answers and votes.

Every function describes one question. Its answers are on the last axis and leading axes broadcast. ``sample_axis``
names an axis of the concentrations that holds samples (of a stochastic model, of an ensemble): probabilities are then
averaged over it, never concentrations, so that what the samples disagree about stays in the result.
"""

import itertools

import numpy as np
from scipy import special

from gzkit import beta_mixture
from gzkit.distributions_fit import fit_dirichlet

__all__ = [
    "entropy",
    "fit_dirichlet",
    "interval",
    "joint_pmf",
    "mean",
    "mode",
    "mutual_information",
    "nll",
    "predicted_votes",
    "sample",
    "sample_votes",
    "votes_interval",
]


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
    concentration = _samples_first(concentration, sample_axis)
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
    excess = _samples_first(concentration, sample_axis) - 1  # (sample, ..., answer)
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
    _check_level(level)
    concentration = _samples_first(concentration, sample_axis)
    other = concentration.sum(axis=-1, keepdims=True) - concentration
    if concentration.shape[-1] == 1:  # an only answer gets every vote
        return np.ones(concentration.shape[1:]), np.ones(concentration.shape[1:])
    return beta_mixture.interval(concentration, other, level)


def votes_interval(concentration, total_votes, level=0.9, *, sample_axis=None):
    """Smallest equal-tailed interval of each answer's vote count that holds at least ``level``.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    total_votes : int
        Volunteers asked [votes].
    level : float
        Probability that the interval must hold, in (0, 1). Counts are whole, so it holds more.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

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
    _check_level(level)
    below = np.cumsum(predicted_votes(concentration, total_votes, sample_axis=sample_axis), axis=-1)
    tail = (1 - level) / 2
    rounding = 1e-12  # of a sum of probabilities: a tail of just that size is allowed
    lower = (below <= tail + rounding).sum(axis=-1)
    upper = (below < 1 - tail - rounding).sum(axis=-1)
    return lower, upper


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
    total_votes = _whole(total_votes)
    concentration = _samples_first(concentration, sample_axis)[..., None]  # (sample, ..., answer, 1)
    if concentration.shape[-2] == 1:  # an only answer gets every vote
        certain = np.zeros((*concentration.shape[1:-1], total_votes + 1))
        certain[..., -1] = 1.0
        return certain
    total = concentration.sum(axis=-2, keepdims=True)
    count = np.arange(total_votes + 1)
    log_pmf = _log_ways(count, concentration) + _log_ways(total_votes - count, total - concentration)
    return np.exp(log_pmf - _log_ways(total_votes, total)).mean(axis=0)


def joint_pmf(concentration, total_votes, *, sample_axis=None, most=1_000_000):
    """Probability of every way to split the votes between the answers (small questions).

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    total_votes : int
        Volunteers asked [votes].
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.
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
    total_votes = _whole(total_votes)
    concentration = _samples_first(concentration, sample_axis)
    answers = concentration.shape[-1]
    splits = special.comb(total_votes + answers - 1, answers - 1, exact=True)
    if splits > most:
        raise ValueError(
            f"{total_votes} votes split between {answers} answers in {splits} ways, more than {most}"
        )
    # the places of answers - 1 walls in a row of walls and votes; between the walls are the votes of each answer
    row = itertools.combinations(range(total_votes + answers - 1), answers - 1)
    walls = np.array(list(row), dtype=int).reshape(splits, answers - 1)
    walls = np.pad(walls, ((0, 0), (1, 0)), constant_values=-1)
    walls = np.pad(walls, ((0, 0), (0, 1)), constant_values=total_votes + answers - 1)
    votes = np.diff(walls, axis=-1) - 1
    return votes, np.exp(-nll(votes, concentration[..., None, :], sample_axis=0))


def nll(votes, concentration, *, sample_axis=None):
    """Negative log-probability of the votes for one question.

    Parameters
    ----------
    votes : array_like, shape (..., answer)
        Votes for each answer [votes]: whole numbers from 0 up.
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

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
    votes, concentration = np.asarray(votes), _samples_first(concentration, sample_axis)
    if not ((votes >= 0) & (votes == np.floor(votes)) & np.isfinite(votes)).all():
        raise ValueError("votes must be whole numbers from 0 up")
    missing = tuple(range(1, 1 + votes.ndim + 1 - concentration.ndim))  # samples stay an axis of their own
    concentration = np.expand_dims(concentration, missing)
    of_answers = _log_ways(votes, concentration).sum(axis=-1)
    log_pmf = of_answers - _log_ways(votes.sum(axis=-1), concentration.sum(axis=-1))
    return np.log(len(log_pmf)) - special.logsumexp(log_pmf, axis=0)


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
    concentration = _samples_first(concentration, sample_axis)
    chosen = rng.integers(len(concentration), size=(size, *concentration.shape[1:-1], 1))
    if len(concentration) > 1:
        concentration = np.stack([np.take_along_axis(concentration, one[None], axis=0)[0] for one in chosen])
    # gamma(a) as gamma(a + 1) u^(1 / a), in logarithms: no draw of a small concentration underflows to 0
    shape = np.broadcast_shapes(concentration.shape, (size, *concentration.shape[1:]))
    log_gamma = (
        np.log(rng.standard_gamma(concentration + 1, shape)) - rng.exponential(size=shape) / concentration
    )
    return special.softmax(log_gamma, axis=-1)


def sample_votes(concentration, total_votes, size=1, *, seed=None, sample_axis=None):
    """Draw the votes of volunteers.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    total_votes : array_like of int, shape (...)
        Volunteers asked [votes].
    size : int
        Number of draws.
    seed : int or Generator, optional
        For the same draws again.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix: each draw is from one of them.

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
    return rng.multinomial(total_votes, sample(concentration, size, seed=rng, sample_axis=sample_axis))


def entropy(concentration, *, sample_axis=None):
    """How uncertain the answer of one more volunteer is.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

    Returns
    -------
    ndarray, shape (...)
        Entropy [nat]: 0 if the answer is known, the logarithm of the number of answers if each is as likely.

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> print(entropy([5.0, 5.0]).round(6))
    0.693147
    """
    return special.entr(mean(concentration, sample_axis=sample_axis)).sum(axis=-1)


def mutual_information(concentration, *, about="galaxy", sample_axis=None):
    """What one more vote is expected to tell.

    A vote is uncertain because volunteers disagree, which another vote does not change, and because it is not known
    how they disagree about this galaxy, which it does. This is the second part alone.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
        Dirichlet parameters, > 0.
    about : {"galaxy", "samples"}
        What is told about: the galaxy's answer probabilities, or which of the samples (models) is right, by which
        galaxies are chosen for labelling in active learning.
    sample_axis : int, optional
        Axis of ``concentration`` with samples to mix.

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
    samples = _samples_first(concentration, sample_axis)
    if about == "samples":
        disagreement = special.entr(samples / samples.sum(axis=-1, keepdims=True)).sum(axis=-1)
    elif about == "galaxy":
        total = samples.sum(axis=-1)
        weighted = (samples / total[..., None] * special.digamma(samples + 1)).sum(axis=-1)
        disagreement = special.digamma(total + 1) - weighted  # expected entropy of the answer probabilities
    else:
        raise ValueError(f"about must be 'galaxy' or 'samples', got {about!r}")
    return entropy(samples, sample_axis=0) - disagreement.mean(axis=0)


def _log_ways(votes, concentration):
    """Logarithm of ``a (a + 1) ... (a + n - 1) / n!``, exactly 0 where there are no votes."""
    rising = special.gammaln(concentration + votes) - special.gammaln(concentration)
    return rising - special.gammaln(votes + 1.0)


def _samples_first(concentration, sample_axis):
    """Concentrations as (sample, ..., answer), with one sample where there is no axis of them."""
    concentration = np.asarray(concentration, dtype=float)
    if not ((concentration > 0) & (concentration < np.inf)).all():
        bad = concentration[~((concentration > 0) & (concentration < np.inf))]
        raise ValueError(
            f"concentrations must be positive numbers, got {bad.flat[0]} ({bad.size} such values)"
        )
    return concentration[None] if sample_axis is None else np.moveaxis(concentration, sample_axis, 0)


def _whole(total_votes):
    if total_votes != int(total_votes) or total_votes < 0:
        raise ValueError(f"total_votes must be a whole number from 0 up, got {total_votes}")
    return int(total_votes)


def _check_level(level):
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")
