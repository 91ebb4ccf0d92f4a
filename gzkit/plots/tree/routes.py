"""The way of each edge of a decision tree, from an answer to the next question."""

from dataclasses import dataclass

import numpy as np

from gzkit.plots.tree.order import Lane

BEND = 0.55  # how long an edge keeps its direction, as a share of the way
STRAIGHT = 0.05  # an edge that is off by less does not bend [points]
_STEPS = np.linspace(0.0, 1.0, 17)[1:, None]
_BEZIER = np.array([1, 3, 3, 1]) * _STEPS ** range(4) * (1 - _STEPS) ** range(3, -1, -1)  # (point, control)


@dataclass(frozen=True)
class Route:
    """One edge: the volunteers who gave an answer and go on to a question.

    Attributes
    ----------
    answer, question : str
        The answer's column, and the next question's name.
    source : str
        The answer's question.
    points : tuple of (float, float)
        Points (x, y) that the edge passes along the direction of the tree; between two of them it bends.
    width : float
        [points]
    """

    answer: str
    question: str
    source: str
    points: tuple
    width: float


def tree_routes(schema, layout, widths=None):
    """The route of every edge.

    Edges from one question's answers to the same next question run together soon after they leave, and share a lane
    with others on the way to that question. With widths they lie side by side, so that their widths add up.

    Parameters
    ----------
    schema : Schema
    layout : TreeLayout
        Of this schema, from `tree_layout`.
    widths : dict of (str, str) to float, optional
        Width of the edge from each answer (its column) to each question (its name) [points]. Without it the edges
        are lines that meet.

    Returns
    -------
    list of Route
        In the order in which they are best drawn.
    """
    widths = widths or {}
    paths = {}  # (answer label, question name) -> points (across, along)
    strands = {}  # question or lane -> edges in it, in their order across
    arriving = {}  # question or lane -> [(across, edges)]
    down = layout.style.orientation == "down"
    for tier in layout.order.tiers:
        for place in tier:
            edges = [
                edge
                for _, bundle in sorted(arriving.get(place, []), key=lambda item: item[0])
                for edge in bundle
            ]
            strands[place] = edges
            _arrive(place, edges, layout, widths, paths, down)
        for place in tier:
            leaving = [link for link in layout.order.links if link.source == place]
            for link in sorted(leaving, key=layout.leaves.get):
                edges = _start(link, schema, layout, widths, paths, strands, down)
                arriving.setdefault(link.target, []).append((layout.leaves[link], edges))
    routes = []
    for (label, name), points in paths.items():
        page = tuple(points) if down else tuple((v, u) for u, v in points)
        source = schema.get_answer(label).question.text
        routes.append(Route(label, name, source, page, widths.get((label, name), 0.0)))
    return sorted(routes, key=lambda route: len(route.points), reverse=True)


def curves(points, *, down):
    """The pieces of a route, each a line or a cubic Bézier curve.

    Parameters
    ----------
    points : sequence of (float, float)
    down : bool
        Whether the tree, and so the route at each of its points, runs down rather than to the right.

    Yields
    ------
    ndarray, shape (2, 2) or (4, 2)
        Ends of a line; or start, two points that lead the curve, and end.
    """
    points = np.array(points)
    across, start = (0 if down else 1), points[0]
    ways = np.diff(points, axis=0)
    for here, way, turn in zip(points[1:], ways, [*ways[1:], np.zeros(2)], strict=True):
        corner = _corner(way, turn, across)
        end = here - np.sign(way) * corner
        if (np.abs(way) < STRAIGHT).any():
            yield np.array([start, end])
        else:
            bend = BEND * way * ((0, 1) if down else (1, 0))
            yield np.array([start, start + bend, end - bend, end])
        start = here + np.sign(turn) * corner
        if corner:
            yield np.array([end, end + BEND * (here - end), start + BEND * (here - start), start])


def _corner(way, turn, across):
    """Radius of the corner between two stretches that are square to each other, where an edge turns round; else 0."""
    one, other = np.abs(way), np.abs(turn)
    for a, b in ((one, other), (other, one)):
        if a[across] < STRAIGHT <= a[1 - across] and b[1 - across] < STRAIGHT <= b[across]:
            return min(a[1 - across], b[across] / 2)
    return 0.0


def sample_route(points, *, down):
    """Points along the curve through a route's points.

    Parameters
    ----------
    points : sequence of (float, float)
    down : bool
        As for `curves`.

    Returns
    -------
    ndarray, shape (point, 2)
    """
    pieces = [np.array(points[:1])]
    for curve in curves(points, down=down):
        pieces.append(_BEZIER @ curve if len(curve) == 4 else curve[1:])
    return np.concatenate(pieces)


def rounded_corners(box, radii):
    """The corners of a box with the places where their rounding begins and ends.

    Parameters
    ----------
    box : Box
    radii : tuple of float
        Of each corner: left above, right above, right below, left below.

    Returns
    -------
    list of ((float, float), (float, float), (float, float))
        Begin, corner and end of each, around the box.
    """
    ends = [(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)]
    along = [((0, 1), (1, 0)), ((-1, 0), (0, 1)), ((0, -1), (-1, 0)), ((1, 0), (0, -1))]
    return [
        ((x + a * radius, y + b * radius), (x, y), (x + c * radius, y + d * radius))
        for (x, y), ((a, b), (c, d)), radius in zip(ends, along, radii, strict=True)
    ]


def ribbon(curve, width, *, down):
    """Outline of a band of constant width along a curve.

    Parameters
    ----------
    curve : ndarray, shape (point, 2)
        From `sample_route`.
    width : float
    down : bool
        Whether the tree runs down; the band's ends are square to it.

    Returns
    -------
    ndarray, shape (2 * point, 2)
    """
    direction = np.gradient(curve, axis=0)
    direction[[0, -1]] = (0.0, 1.0) if down else (1.0, 0.0)
    length = np.hypot(direction[:, 0], direction[:, 1])
    direction = direction / np.where(length > 0, length, 1.0)[:, None]
    across = np.column_stack([-direction[:, 1], direction[:, 0]]) * width / 2
    outline = np.concatenate([curve + across, (curve - across)[::-1]])
    along = int(down)
    if (np.diff(curve[:, along]) >= 0).all():  # a tight bend stays off the boxes
        outline[:, along] = outline[:, along].clip(curve[0, along], curve[-1, along])
    return outline


def _arrive(place, edges, layout, widths, paths, down):
    """Lead the edges of a lane or a question into it, side by side."""
    if isinstance(place, Lane):
        stops = layout.lanes[place]
    else:
        box = layout.questions[place]
        stops = [(box.center[0], box.y, 1, 0)] if down else [(box.center[1], box.x, 1, 0)]
    for edge, offset in zip(edges, _side_by_side(edges, widths), strict=True):
        paths[edge] += [(across + a * offset, along + b * offset) for across, along, a, b in stops]


def _side_by_side(edges, widths):
    """Offset of each edge from the middle of all."""
    each = [widths.get(edge, 0.0) for edge in edges]
    ends = np.cumsum(each) - sum(each) / 2
    return [float(end - width / 2) for end, width in zip(ends, each, strict=True)]


def _start(link, schema, layout, widths, paths, strands, down):
    """Edges of a link; those that begin here start at their answers and run together."""
    if isinstance(link.source, Lane):
        return strands[link.source]
    target = link.target.target if isinstance(link.target, Lane) else link.target
    answers = schema.get_question(link.source).answers
    labels = [answers[i].label for i in link.answers]
    edges = [(label, target) for label in labels]
    for edge, offset in zip(edges, _side_by_side(edges, widths), strict=True):
        box = layout.answers[edge[0]]
        tab, end = (box.center[0], box.bottom) if down else (box.center[1], box.right)
        paths[edge] = [(tab, end)]
        join = layout.joins[link.source]
        if join > end:
            paths[edge].append((layout.leaves[link] + offset, join) if len(labels) > 1 else (tab, join))
    return edges
