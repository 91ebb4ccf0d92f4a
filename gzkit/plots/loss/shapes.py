"""What the drawing of the loss is made of: places in the triangle, lengths of arrows, numbers as text."""

import numpy as np

from gzkit.plots.loss.values import dirichlet_density

CORNERS = np.array(
    [[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]]
)  # of the triangle: first, second, third answer
LONGEST_PUSH = 0.9  # of an arrow, in decades of concentration; a push of HALF_PUSH nat is half as long
HALF_PUSH = 4.0
HEADROOM = 1.15  # height of an axis over what is drawn in it


def density_curve(concentration):
    """Density of the share of the first of two answers.

    Parameters
    ----------
    concentration : ndarray, shape (2,)

    Returns
    -------
    share, density : ndarray, shape (point,)
    top : float
        Where the axis may end: concentrations below 1 pile up without bound at the ends.
    """
    share = np.linspace(0.0005, 0.9995, 500)
    density = dirichlet_density(np.stack([share, 1 - share], axis=-1), concentration)
    return share, density, HEADROOM * max(density[25:-25].max(), 1.0)


def density_triangle(concentration):
    """Density of the shares of three answers on a grid over the triangle's bounding box.

    Parameters
    ----------
    concentration : ndarray, shape (3,)

    Returns
    -------
    density : ndarray, shape (y, x)
        From the lower side up; 0 outside the triangle.
    top : float
        Where a scale of colours may end: the largest density away from the sides.
    """
    x, y = np.meshgrid(np.linspace(0, 1, 161), np.linspace(0, CORNERS[2, 1], 141))
    shares = shares_at(x, y)
    inside = (shares > 0).all(axis=-1)
    density = np.zeros(x.shape)
    density[inside] = dirichlet_density(shares[inside], concentration)
    return density, max(density[(shares > 0.02).all(axis=-1)].max(), 1e-9)


def shares_at(x, y):
    """Shares of the three answers at places of the triangle: barycentric coordinates.

    Parameters
    ----------
    x, y : ndarray, shape (...)

    Returns
    -------
    ndarray, shape (..., answer)

    Examples
    --------
    >>> shares_at(*CORNERS[1]).tolist()
    [0.0, 1.0, 0.0]
    """
    third = y / CORNERS[2, 1]
    second = x - third / 2
    return np.stack([1 - second - third, second, third], axis=-1)


def arrow_tip(start, push):
    """Where the arrow of a push ends on the axis of concentration.

    Parameters
    ----------
    start : float
        Concentration now.
    push : float
        [nat]

    Returns
    -------
    float
        `start` itself where the push is too weak for an arrow.

    Examples
    --------
    >>> round(arrow_tip(1.0, 1e9), 2), arrow_tip(2.0, 0.0)
    (7.94, 2.0)
    """
    strength = abs(push) / (abs(push) + HALF_PUSH)
    return float(start * 10 ** (np.sign(push) * LONGEST_PUSH * strength)) if strength > 0.01 else start


def short_name(name, longest=18):
    """A name that fits beside an axis.

    Parameters
    ----------
    name : str
    longest : int
        [letters]

    Returns
    -------
    str
    """
    return name if len(name) <= longest else name[: longest - 1] + "…"


def percent(probability):
    """A probability in percent, to two digits.

    Parameters
    ----------
    probability : float

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.0123), percent(1e-9)
    ('1.2 %', '< 0.01 %')
    """
    return f"{100 * probability:.2g} %" if probability >= 1e-4 else "< 0.01 %"
