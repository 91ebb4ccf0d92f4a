"""Where observed vote counts fall in their predicted distributions."""

import numpy as np

from gzkit import distributions

LEVELS = (0.5, 0.8, 0.9, 0.95)
ROWS_AT_ONCE = 2_000  # galaxies whose distributions are held in memory together


def pit_bounds(votes, concentration):
    """Predicted chance of fewer votes than were given to each answer, and of at most as many.

    The probability integral transform (PIT) of a whole count is not one number but this whole step of the
    cumulative distribution. If the predictions are calibrated, places drawn evenly within the steps are spread
    evenly from 0 to 1.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Votes for the answers of one question [votes].
    concentration : ndarray, shape (galaxy, answer, sample)

    Returns
    -------
    lower, upper : ndarray, shape (galaxy, answer)

    References
    ----------
    Czado, Gneiting & Held 2009, Biometrics 65, 1254: predictive model assessment for count data.

    Examples
    --------
    Of four possible counts, 0 to 3, each as likely as the others, the volunteers gave 1:

    >>> import numpy as np
    >>> lower, upper = pit_bounds(np.array([[1, 2]]), np.ones((1, 2, 1)))
    >>> lower.round(6), upper.round(6)
    (array([[0.25, 0.5 ]]), array([[0.5 , 0.75]]))
    """
    votes, concentration = np.asarray(votes), np.asarray(concentration)
    lower, upper = np.empty(votes.shape), np.empty(votes.shape)
    for total, rows in rows_of_same_total(votes.sum(axis=-1)):
        chance = distributions.predicted_votes(concentration[rows], total, sample_axis=-1)
        steps = np.zeros((*votes[rows].shape, total + 2))  # chance of fewer than 0, 1, ..., total + 1 votes
        steps[..., 1:] = np.clip(np.cumsum(chance, axis=-1), 0, 1)
        steps[..., -1] = 1
        place = votes[rows][..., np.newaxis]
        lower[rows] = np.take_along_axis(steps, place, axis=-1)[..., 0]
        upper[rows] = np.take_along_axis(steps, place + 1, axis=-1)[..., 0]
    return lower, upper


def rows_of_same_total(total_votes):
    """Galaxies for whose questions as many volunteers were asked, a few thousand at a time.

    Parameters
    ----------
    total_votes : ndarray of int, shape (galaxy,)
        [votes]

    Yields
    ------
    tuple of (int, ndarray of int)
        The total, and the galaxies' rows.
    """
    for total in np.unique(total_votes):
        rows = np.flatnonzero(total_votes == total)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield int(total), rows[start : start + ROWS_AT_ONCE]


def randomised_pit(votes, concentration, *, seed=0):
    """Where each count falls in its predicted distribution, drawn at random within the count's own step.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Votes for the answers of one question [votes].
    concentration : ndarray, shape (galaxy, answer, sample)
    seed : int

    Returns
    -------
    ndarray, shape (galaxy, answer)
        Between 0 and 1: uniform for calibrated predictions, crowded at both ends for those that are too confident,
        in the middle for those that are too cautious.

    References
    ----------
    Smith 1985, J. Forecasting 4, 283; Czado, Gneiting & Held 2009, Biometrics 65, 1254.

    Examples
    --------
    >>> import numpy as np
    >>> pit = randomised_pit(np.array([[1, 2]]), np.ones((1, 2, 1)))
    >>> bool(0.25 <= pit[0, 0] <= 0.5 <= pit[0, 1] <= 0.75)
    True
    """
    lower, upper = pit_bounds(votes, concentration)
    return lower + np.random.default_rng(seed).random(lower.shape) * (upper - lower)


def coverage(lower, upper, level):
    """Share of each step of the PIT that lies in the central interval: the average over its random places.

    Parameters
    ----------
    lower, upper : ndarray
        From `pit_bounds`.
    level : float
        ``0.9`` for the interval from 0.05 to 0.95.

    Returns
    -------
    ndarray
        In [0, 1]; its mean over galaxies is ``level`` if the predictions are calibrated, whatever the counts.

    Examples
    --------
    >>> import numpy as np
    >>> coverage(np.array([0.25, 0.5]), np.array([0.5, 0.9]), 0.6).round(3)
    array([1.  , 0.75])
    """
    inside = np.minimum(upper, (1 + level) / 2) - np.maximum(lower, (1 - level) / 2)
    width = upper - lower
    # a step of no width is a count that the prediction all but excluded: it lies at one end, outside
    point_inside = (np.abs(lower - 0.5) <= level / 2).astype(float)
    return np.divide(np.maximum(inside, 0), width, out=point_inside, where=width > 0)


def dispersion(lower, upper):
    """Scatter of the PIT about 1/2, over that of an even spread.

    Parameters
    ----------
    lower, upper : ndarray
        From `pit_bounds`.

    Returns
    -------
    ndarray
        The mean over galaxies is 1 for calibrated predictions, above 1 (at most 3) for those that are too
        confident, and below for those that are too cautious.

    Examples
    --------
    >>> import numpy as np
    >>> dispersion(np.array([0.0, 0.0]), np.array([1.0, 0.1])).round(3)
    array([1.  , 2.44])
    """
    from_middle, to_middle = lower - 0.5, upper - 0.5
    return 4 * (from_middle**2 + from_middle * to_middle + to_middle**2)


def pit_histogram(lower, upper, *, bins=10):
    """Share of each step of the PIT in each of several equal bins: the average over its random places.

    Parameters
    ----------
    lower, upper : ndarray
        From `pit_bounds`.
    bins : int

    Returns
    -------
    ndarray, shape (..., bins)
        Adds to 1 along the last axis; the mean over galaxies is 1 / bins if the predictions are calibrated.

    Examples
    --------
    >>> import numpy as np
    >>> pit_histogram(np.array([0.0, 0.5]), np.array([0.5, 0.75]), bins=4)
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 1. , 0. ]])
    """
    lower, upper = np.asarray(lower)[..., np.newaxis], np.asarray(upper)[..., np.newaxis]
    edges = np.linspace(0, 1, bins + 1)
    width = np.maximum(upper - lower, 1e-12)
    passed = np.clip((edges - lower) / width, 0, 1)  # share of the step below each edge
    passed[..., 0], passed[..., -1] = 0.0, 1.0
    return np.diff(passed, axis=-1)
