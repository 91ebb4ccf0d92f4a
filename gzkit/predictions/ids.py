"""Ids of galaxies: checked, and found."""

import numpy as np


def rows_of(id_str, galaxies):
    """What indexes the rows of some galaxies.

    Parameters
    ----------
    id_str : ndarray of str, shape (galaxy,)
    galaxies : str, sequence of str, ndarray of bool or int, or slice

    Returns
    -------
    slice or ndarray

    Raises
    ------
    KeyError
        If an id is not there; the message names it.
    ValueError
        If a mask has another length.

    Examples
    --------
    >>> rows_of(np.array(["J1", "J2"]), "J2")
    array([1])
    """
    if isinstance(galaxies, slice):
        return galaxies
    keys = np.atleast_1d(np.asarray(galaxies))
    if keys.size == 0:
        return np.zeros(0, dtype=int)
    if keys.dtype.kind == "b" and keys.shape != id_str.shape:
        raise ValueError(
            f"a mask for {len(id_str)} galaxies has {len(id_str)} values, got shape {keys.shape}"
        )
    if keys.dtype.kind in "bi":
        return keys
    position = {galaxy: row for row, galaxy in enumerate(id_str)}
    missing = [galaxy for galaxy in keys if galaxy not in position]
    if missing:
        raise KeyError(
            f"no prediction for galaxy {str(missing[0])!r} ({len(missing)} of {len(keys)} ids missing)"
        )
    return np.array([position[galaxy] for galaxy in keys])


def check_ids(id_str):
    """Ids as an array, if they are text and each appears once.

    Parameters
    ----------
    id_str : sequence of str

    Returns
    -------
    ndarray of object, shape (galaxy,)

    Raises
    ------
    ValueError
        If not.

    Examples
    --------
    >>> check_ids(["J1", "J2"]).tolist()
    ['J1', 'J2']
    """
    ids = np.asarray(id_str)
    if ids.ndim != 1:
        raise ValueError(f"id_str must be a list of ids, got shape {ids.shape}")
    if not all(isinstance(galaxy, str) for galaxy in ids):
        wrong = next(galaxy for galaxy in ids if not isinstance(galaxy, str))
        raise ValueError(f"id_str must be text, got {wrong} ({type(wrong).__name__})")
    ids = ids.astype(object)
    if len(set(ids)) < len(ids):
        values, counts = np.unique(ids, return_counts=True)
        raise ValueError(
            f"galaxy {values[counts > 1][0]!r} is predicted {counts.max()} times: each may appear once"
        )
    return ids


def count_of(number, one, many):
    """A number with its noun, in the singular or the plural.

    Parameters
    ----------
    number : int
    one, many : str

    Returns
    -------
    str

    Examples
    --------
    >>> count_of(1, "galaxy", "galaxies")
    '1 galaxy'
    """
    return f"{number} {one if number == 1 else many}"
