"""Places across the tiers of a tree: straight, short edges, and nothing on top of anything else.

References
----------
Stark & Parker 1995, Computational Statistics 10, 129: least squares with bounds
"""

from itertools import pairwise

import numpy as np

from gzkit.plots.tree.order import Lane

BETWEEN = 14.0  # between two questions of a tier [points]
FAINT = 0.02  # a pull to the middle that leaves edges straight
_ROUNDS = 14
_STRAIGHT = 0.1  # an edge is straight if it is off by less than this [points]


def place_across(order, breadths, offsets, entries, pull=FAINT):
    """Centre of each question and lane across its tier.

    The edges' sideways ways are as short, and as many edges quite straight, as the order of each tier and the distances
    between its boxes allow (least squares, reweighted a few times).

    Parameters
    ----------
    order : Order
    breadths : dict of (str or Lane) to float
        Extent of each place across its tier.
    offsets : dict of Link to float
        Where each link leaves, from the centre of its source.
    entries : dict of str to float
        For each question the offset of where edges arrive.
    pull : float
        How strongly questions are drawn to the middle, which makes the drawing narrow and its edges less straight.

    Returns
    -------
    dict of (str or Lane) to float
    """
    places = [place for tier in order.tiers for place in tier]
    column = {place: i for i, place in enumerate(places)}
    # centre = start + build @ unknown; the unknown of the first place of a tier is free, the others are room to spare
    build, start, free = np.zeros((len(places), len(places))), np.zeros(len(places)), []
    for tier in order.tiers:
        free.append(column[tier[0]])
        build[column[tier[0]], column[tier[0]]] = 1.0
        for before, place in pairwise(tier):
            build[column[place]] = build[column[before]]
            build[column[place], column[place]] = 1.0
            start[column[place]] = start[column[before]] + least_distance(before, place, breadths)
    rows, wishes = [], []
    for link in order.links:
        weight = _stiffness(link)
        rows.append(weight * (build[column[link.target]] - build[column[link.source]]))
        gap = start[column[link.source]] + offsets[link] - start[column[link.target]]
        wishes.append(weight * (gap - entries.get(link.target, 0.0)))
    for i in range(len(places)):  # at least a faint pull to the middle settles what no edge does
        weight = FAINT if isinstance(places[i], Lane) else pull
        rows.append(weight * build[i])
        wishes.append(-weight * start[i])
    rows, wishes = np.array(rows), np.array(wishes)
    importance = np.ones(len(rows))
    for _ in range(_ROUNDS):
        unknown = bounded_least_squares(importance[:, None] * rows, importance * wishes, free)
        # edges that are nearly straight count more, so that many come out quite straight rather than all nearly
        importance = (np.abs(rows @ unknown - wishes) + _STRAIGHT) ** -0.5
        importance[len(order.links) :] = 1.0
    centres = start + build @ unknown
    return {place: float(centre) for place, centre in zip(places, centres, strict=True)}


def least_distance(one, other, breadths):
    """Distance between the centres of two neighbours of a tier, at the least.

    Parameters
    ----------
    one, other : str or Lane
        Places of the tier, beside each other.
    breadths : dict of (str or Lane) to float
        Extent of each place across its tier [points].

    Returns
    -------
    float
    """
    if isinstance(one, Lane) and isinstance(other, Lane):
        gap = 0.0 if one.target == other.target else 4.0
    else:
        gap = 0.5 * BETWEEN if isinstance(one, Lane) or isinstance(other, Lane) else BETWEEN
    return (breadths[one] + breadths[other]) / 2 + gap


def bounded_least_squares(matrix, wishes, free):
    """Unknowns that make ``matrix @ unknown`` nearest to the wishes, none negative except the free ones.

    Parameters
    ----------
    matrix : ndarray, shape (wish, unknown)
    wishes : ndarray, shape (wish,)
    free : sequence of int
        Unknowns that may be negative.

    Returns
    -------
    ndarray, shape (unknown,)

    Examples
    --------
    >>> bounded_least_squares(np.eye(2), np.array([-1.0, -1.0]), free=[1])
    array([ 0., -1.])
    """
    from scipy import optimize

    least = np.zeros(matrix.shape[1])
    least[list(free)] = -np.inf
    found = optimize.lsq_linear(
        matrix, wishes, (least, np.inf), method="bvls", tol=1e-14, max_iter=10 * len(least)
    )
    return np.maximum(found.x, least)  # a bound is met to the last bit, not to rounding


def _stiffness(link):
    """How much an edge should be straight: a lane above all, then an edge of several answers."""
    if isinstance(link.source, Lane) and isinstance(link.target, Lane):
        return 20.0
    if isinstance(link.source, Lane) or isinstance(link.target, Lane):
        return 0.7
    return 1.0 + 0.3 * (len(link.answers) - 1)
