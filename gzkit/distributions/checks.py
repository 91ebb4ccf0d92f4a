"""What every function about concentrations takes: positive numbers, perhaps samples of them."""

import numpy as np


def samples_first(concentration, sample_axis):
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
    if not ((concentration > 0) & (concentration < np.inf)).all():
        bad = concentration[~((concentration > 0) & (concentration < np.inf))]
        raise ValueError(
            f"concentrations must be positive numbers, got {bad.flat[0]} ({bad.size} such values)"
        )
    return concentration[None] if sample_axis is None else np.moveaxis(concentration, sample_axis, 0)


def whole(total_votes):
    """``total_votes`` as an int, if it is a whole number from 0 up."""
    if total_votes != int(total_votes) or total_votes < 0:
        raise ValueError(f"total_votes must be a whole number from 0 up, got {total_votes}")
    return int(total_votes)


def check_level(level):
    """Refuse a level that is not in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")
