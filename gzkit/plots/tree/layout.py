"""Where everything of a decision tree goes: boxes, texts and the routes of the edges. Nothing is drawn here.

Lengths are in points at the natural size of the drawing (1/72 inch), ``x`` to the right and ``y`` down, as in SVG. The
layout is worked out along two axes of its own, ``across`` a tier and ``along`` the tree, and turned at the end.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from gzkit.plots.tree.measure import measure
from gzkit.plots.tree.order import Lane, order_tiers, question_tiers
from gzkit.plots.tree.place import BETWEEN, place_across

MARGIN = 10.0  # around the drawing [points]
ORIENTATIONS = ("down", "right")


@dataclass(frozen=True)
class Box:
    """A rectangle: its left and upper edge, width and height [points]."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self):
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self):
        """Lower edge."""
        return self.y + self.height

    @property
    def center(self):
        """Middle, as (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def shifted(self, dx, dy):
        """The same box elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True)
class Style:
    """What the boxes must have room for.

    Attributes
    ----------
    orientation : str
        ``"down"``: answers side by side under their question; ``"right"``: one above another beside it.
    wording : bool
        Write what volunteers read, where that is known, in place of the column names.
    numbers : str
        Room for ``"all"``: a count and a fraction in each answer, and the total in each question; for ``"shares"``:
        fractions alone; or for ``"none"``.
    icon : float
        Side of a picture in each answer, 0 for none [points].
    image : float
        Side of a picture above the first question, 0 for none [points].
    ribbon : float
        Room for the edges that share a lane, and the greatest width of an edge [points].
    suffix : str
        An ending of the question names that is not written.
    """

    orientation: str = "down"
    wording: bool = False
    numbers: str = "none"
    icon: float = 0.0
    image: float = 0.0
    ribbon: float = 8.0
    suffix: str = ""

    @property
    def values(self):
        """Whether any number is written."""
        return self.numbers != "none"


@dataclass(frozen=True)
class TreeLayout:
    """Positions of a decision tree, from `tree_layout`.

    Attributes
    ----------
    style : Style
    width, height : float
        Of the whole drawing, with margins [points].
    questions, answers : dict of str to Box
        By question name, and by answer column.
    lines : dict of str to tuple of str
        The text of each question and answer, broken into lines.
    tiers : dict of str to int
        Tier of each question.
    image : Box or None
        Where a galaxy's picture goes.
    order : Order
    lanes : dict of Lane to tuple of float
        Centre across the tier, and where the lane begins and ends along the tree.
    leaves : dict of Link to float
        Where, across the tier, each link leaves its source.
    joins : dict of str to float
        Where, along the tree, the edges from the answers of each question have run together.
    """

    style: Style
    width: float
    height: float
    questions: dict
    answers: dict
    lines: dict
    tiers: dict
    image: object
    order: object
    lanes: dict
    leaves: dict
    joins: dict

    @property
    def crossings(self):
        """Pairs of edges that cross."""
        return self.order.crossings


def tree_layout(schema, style=None):
    """Where the questions, answers and edges of a decision tree go.

    Parameters
    ----------
    schema : Schema
    style : Style, optional

    Returns
    -------
    TreeLayout

    Raises
    ------
    ValueError
        If the orientation is neither ``"down"`` nor ``"right"``.

    Examples
    --------
    >>> import gzkit as gz
    >>> layout = tree_layout(gz.load_schema("gz-decals-dr5"))
    >>> layout.tiers["bar"], layout.crossings
    (2, 0)
    """
    style = style or Style()
    if style.orientation not in ORIENTATIONS:
        raise ValueError(f"orientation is one of {', '.join(ORIENTATIONS)}, got {style.orientation!r}")
    return _layout_of(schema, tuple(schema.wording.items()), style)


@lru_cache(maxsize=64)
def _layout_of(schema, _wording, style):  # the wording is no part of a schema's equality
    questions = schema.walk_order
    sizes = {question.text: measure(question, style) for question in questions}
    sizes = _level_tiers(sizes, question_tiers(questions), style)
    breadths = {name: size.across + BETWEEN for name, size in sizes.items()}
    order = order_tiers(questions, breadths, style.ribbon + 6)
    ports, entries = {}, {}
    for name, size in sizes.items():
        ports[name], entries[name] = _offsets(size, style)
    offsets = dict.fromkeys(order.links, 0.0)
    for link in order.links:
        if link.answers:
            offsets[link] = sum(ports[link.source][i] for i in link.answers) / len(link.answers)
    across = place_across(order, _breadths(order, sizes, style), offsets, entries)
    leaves = {link: across[link.source] + offset for link, offset in offsets.items()}
    along = _place_along(order, sizes, across, leaves, style)
    return _assemble(questions, order, sizes, across, leaves, along, style)


def _offsets(size, style):
    """Where, from its centre, a question's answers send their edges and where edges arrive."""
    if style.orientation == "down":
        edge, entry = -size.across / 2, 0.0
    else:
        edge, entry = -size.across / 2 + size.header, (size.header - size.across) / 2
    ends = accumulate(size.tabs, initial=edge)
    return tuple(end + tab / 2 for end, tab in zip(ends, size.tabs, strict=False)), entry


def _place_along(order, sizes, across, leaves, style):
    """For each tier: where its boxes begin and end, and where its edges have run together."""
    along, start = [], 0.0
    for tier in order.tiers:
        end = start + max(sizes[place].along for place in tier if place in sizes)
        here = [link for link in order.links if link.source in tier]
        joining = any(len(link.answers) > 1 for link in here)
        join = end + (13 + 0.3 * style.ribbon if joining else 4.0)
        travel = max((abs(leaves[link] - across[link.target]) for link in here), default=0.0)
        along.append((start, end, join))
        start = join + min(max(20.0 + 0.3 * style.ribbon, 0.13 * travel + 0.6 * style.ribbon), 80.0)
    return along


def _assemble(questions, order, sizes, across, leaves, along, style):
    """Everything in the coordinates of the page."""
    tier_of = question_tiers(questions)
    breadth = _breadths(order, sizes, style)
    left = min(across[place] - breadth[place] / 2 for place in across)
    right = max(across[place] + breadth[place] / 2 for place in across)
    top = MARGIN + (style.image + 12 if style.image else 0.0)
    question_boxes, answer_boxes = {}, {}
    for question in questions:
        name = question.text
        corner = across[name] - sizes[name].across / 2 - left + MARGIN, along[tier_of[name]][0] + top
        question_boxes[name], tabs = _boxes(*corner, sizes[name], style.orientation == "down")
        answer_boxes |= dict(zip(question.labels, tabs, strict=True))
    lanes = {
        lane: (across[lane] - left + MARGIN, along[lane.tier][0] + top, along[lane.tier][1] + top)
        for lane in across
        if isinstance(lane, Lane)
    }
    size = right - left + 2 * MARGIN, along[-1][1] + top + MARGIN
    image = _image_box(style, question_boxes[order.tiers[0][0]]) if style.image else None
    size = max(size[0], style.image + 2 * MARGIN), size[1]
    return TreeLayout(
        style=style,
        width=size[0] if style.orientation == "down" else size[1],
        height=size[1] if style.orientation == "down" else size[0],
        questions=question_boxes,
        answers=answer_boxes,
        lines=_lines(questions, sizes),
        tiers=tier_of,
        image=image,
        order=order,
        lanes=lanes,
        leaves={link: leave - left + MARGIN for link, leave in leaves.items()},
        joins={question.text: along[tier_of[question.text]][2] + top for question in questions},
    )


def _boxes(across, along, size, down):
    """A question's bar, and its answers under it: side by side, or one above another where the tree runs right."""
    edges = [0.0, *accumulate(size.tabs)]
    if down:
        top = along + size.header
        tabs = [Box(across + edge, top, tab, size.tab) for edge, tab in zip(edges, size.tabs, strict=False)]
        return Box(across, along, size.across, size.header), tabs
    top = across + size.header
    tabs = [Box(along, top + edge, size.along, tab) for edge, tab in zip(edges, size.tabs, strict=False)]
    return Box(along, across, size.along, size.header), tabs


def _lines(questions, sizes):
    lines = {}
    for question in questions:
        size = sizes[question.text]
        lines[question.text] = size.question_lines
        lines |= dict(zip(question.labels, size.answer_lines, strict=True))
    return lines


def _breadths(order, sizes, style):
    lane = style.ribbon + 6
    return {place: sizes[place].across if place in sizes else lane for tier in order.tiers for place in tier}


def _level_tiers(sizes, tiers, style):
    """The same sizes, with answers equally high (or wide) throughout a tier."""
    for tier in set(tiers.values()):
        names = [name for name in sizes if tiers[name] == tier]
        tab = max(sizes[name].tab for name in names)
        for name in names:
            size = sizes[name]
            if style.orientation == "down":
                header = max(sizes[other].header for other in names)
                sizes[name] = replace(size, tab=tab, header=header, along=header + tab)
            else:
                sizes[name] = replace(size, tab=tab, along=tab)
    return sizes


def _image_box(style, root):
    """The galaxy's picture, before the first question."""
    side = style.image
    if style.orientation == "down":
        return Box(max(MARGIN, root.center[0] - side / 2), MARGIN, side, side)
    return Box(MARGIN, max(MARGIN, root.center[1] - side / 2), side, side)
