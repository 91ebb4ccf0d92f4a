"""Checks of predictions: what enters one object, and what may be joined."""

import numpy as np


def check_concentration(concentration, ids, schema):
    """Concentrations as an array with an axis of samples, if they are concentrations.

    Parameters
    ----------
    concentration : array_like, shape (galaxy, answer, sample) or (galaxy, answer)
    ids : sequence of str, length galaxy
        For the message.
    schema : Schema

    Returns
    -------
    ndarray, shape (galaxy, answer, sample)
        float32 stays float32.

    Raises
    ------
    ValueError
        For another shape, or a concentration that is not a positive number; the message names galaxy and answer.

    Examples
    --------
    >>> import gzkit as gz
    >>> check_concentration([[1.0, 3.0]], ["J1"], gz.Schema.from_classes("bar", ["yes", "no"])).shape
    (1, 2, 1)
    """
    concentration = np.asarray(concentration)
    shape = concentration.shape
    if concentration.dtype.kind not in "iuf":
        raise ValueError(f"concentration must be numbers, got an array of {concentration.dtype}")
    if concentration.ndim == 2:
        concentration = concentration[:, :, np.newaxis]
    expected = (len(ids), len(schema.answers))
    if concentration.ndim != 3 or concentration.shape[:2] != expected or concentration.shape[2] == 0:
        raise ValueError(
            f"concentration must have shape (galaxy, answer) or (galaxy, answer, sample) = ({expected[0]}, "
            f"{expected[1]}[, samples]) for {len(ids)} ids and {schema!r}, got {shape}"
        )
    if concentration.dtype not in (np.float32, np.float64):
        concentration = concentration.astype(np.float32 if concentration.dtype == np.float16 else float)
    # two scans without a copy, as there may be a million galaxies; NaN fails both comparisons
    if concentration.size and not (concentration.min() > 0 and concentration.max() < np.inf):
        row, column, sample = np.argwhere(~((concentration > 0) & (concentration < np.inf)))[0]
        raise ValueError(
            f"concentration of galaxy {ids[row]!r}, answer {schema.label_cols[column]!r}, sample {sample} is "
            f"{concentration[row, column, sample]}: concentrations are positive numbers"
        )
    return concentration


def check_sky(sky, ids):
    """Coordinates as an array, if they are coordinates.

    Parameters
    ----------
    sky : array_like, shape (galaxy, 2), or None
    ids : sequence of str, length galaxy

    Returns
    -------
    ndarray, shape (galaxy, 2), or None
        [deg]

    Raises
    ------
    ValueError
        For another shape.
    """
    if sky is not None:
        sky = np.array(sky, dtype=float)
        if sky.shape != (len(ids), 2):
            raise ValueError(
                f"sky must have shape (galaxy, 2) = ({len(ids)}, 2), ra and dec, got {sky.shape}"
            )
    return sky


def joined_sky(parts):
    """Coordinates of all parts' galaxies; unknown in a part that has none.

    Parameters
    ----------
    parts : list of Predictions

    Returns
    -------
    ndarray, shape (galaxy, 2), or None
    """
    if all(part.sky is None for part in parts):
        return None
    return np.concatenate(
        [np.full((len(part), 2), np.nan) if part.sky is None else part.sky for part in parts]
    )


def common_info(parts):
    """What the ``info`` of all agrees on, if they may be joined.

    Parameters
    ----------
    parts : list of Predictions

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If there is none, or they are of different schemas.
    """
    if not parts:
        raise ValueError("no predictions to join")
    for part in parts[1:]:
        if part.schema != parts[0].schema:
            raise ValueError(f"predictions of different schemas: {parts[0].schema!r} and {part.schema!r}")
    return {
        key: value for key, value in parts[0].info.items() if all(p.info.get(key) == value for p in parts)
    }


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
