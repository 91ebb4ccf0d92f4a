"""Where everything of a decision tree goes: boxes, texts and the routes of the edges. Nothing is drawn here.

Lengths are in points at the natural size of the drawing (1/72 inch), ``x`` to the right and ``y`` down, as in SVG. The
layout is worked out along two axes of its own, ``across`` a tier and ``along`` the tree, and turned at the end.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from gzkit.plots.tree.measure import measure
from gzkit.plots.tree.order import Lane, fold_rows, order_tiers, question_tiers
from gzkit.plots.tree.place import BETWEEN, FAINT, place_across

MARGIN = 7.0  # around the drawing [points]
PULL = 1.0  # to the middle, of the questions of a compact drawing
TURN = 5.0  # least radius of an edge that turns round at the end of a row [points]
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
    compact : bool
        Draw questions together rather than edges straight, for a page that is filled.
    broad : float
        Width that a question may take anyway where its answers stand one above another: its name has fewer lines then.
    folds : tuple of int
        Tiers that begin another row: a long chain is written as lines are, one row under another.
    shares : tuple of (str, float)
        For questions by name, the share of ``ribbon`` that their edges need at the most; all of it by default.
    """

    orientation: str = "down"
    wording: bool = False
    numbers: str = "none"
    icon: float = 0.0
    image: float = 0.0
    ribbon: float = 8.0
    suffix: str = ""
    compact: bool = False
    broad: float = 60.0
    folds: tuple = ()
    shares: tuple = ()

    @property
    def slack(self):
        """Of the room around texts and between tiers, what is left where the drawing is compact."""
        return 0.55 if self.compact else 1.0

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
    lanes : dict of Lane to tuple of (float, float, int, int)
        Stops of each lane: across and along the tree, and to which side of each an edge beside its middle lies.
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


@lru_cache(maxsize=256)
def _layout_of(schema, _wording, style):  # the wording is no part of a schema's equality
    questions = schema.walk_order
    tiers = question_tiers(questions)
    sizes = {question.text: measure(question, style) for question in questions}
    sizes = _level_tiers(sizes, tiers, style)
    breadths = {name: size.across + BETWEEN for name, size in sizes.items()}
    order = order_tiers(questions, breadths, style.ribbon + 6, style.folds)
    ports, entries = {}, {}
    for name, size in sizes.items():
        ports[name], entries[name] = _offsets(size, style)
    offsets = dict.fromkeys(order.links, 0.0)
    for link in order.links:
        if link.answers:
            offsets[link] = sum(ports[link.source][i] for i in link.answers) / len(link.answers)
    rows = [_place_row(row, sizes, offsets, entries, style) for row in fold_rows(order)]
    return _assemble(questions, tiers, order, rows, sizes, style)


def _offsets(size, style):
    """Where, from its centre, a question's answers send their edges and where edges arrive."""
    if style.orientation == "down":
        edge, entry = -size.across / 2, 0.0
    else:
        edge, entry = -size.across / 2 + size.header, (size.header - size.across) / 2
    ends = accumulate(size.tabs, initial=edge)
    return tuple(end + tab / 2 for end, tab in zip(ends, size.tabs, strict=False)), entry


def lane_breadth(place, style):
    """Room across that a lane takes, by the share of all volunteers that go to its question."""
    return style.ribbon * dict(style.shares).get(place.target, 1.0) + (4 if style.compact else 6)


@dataclass(frozen=True)
class _Row:
    """One row of a folded tree, from its own upper and left edge: centres and breadths of places, ends of tiers."""

    tiers: tuple
    across: dict
    breadths: dict
    leaves: dict
    along: list

    @property
    def extent(self):
        """Extent across."""
        return max(self.across[place] + self.breadths[place] / 2 for place in self.across)


def _place_row(row, sizes, offsets, entries, style):
    places = [place for tier in row.tiers for place in tier]
    breadths = {
        place: sizes[place].across if place in sizes else lane_breadth(place, style) for place in places
    }
    across = place_across(row, breadths, offsets, entries, PULL if style.compact else FAINT)
    least = min(across[place] - breadths[place] / 2 for place in places)
    across = {place: centre - least for place, centre in across.items()}
    leaves = {link: across[link.source] + offsets[link] for link in row.links}
    along, start, close = [], 0.0, style.slack
    for tier in row.tiers:
        end = start + max((sizes[place].along for place in tier if place in sizes), default=0.0)
        here = [link for link in row.links if link.source in tier]
        joining = any(len(link.answers) > 1 for link in here)
        join = end + (close * 13 + 0.3 * style.ribbon if joining else 4.0)
        travel = max((abs(leaves[link] - across[link.target]) for link in here), default=0.0)
        along.append((start, end, join))
        start = join + min(
            max(close * 20 + 0.3 * style.ribbon, close * 0.13 * travel + 0.6 * style.ribbon), 80.0
        )
    return _Row(row.tiers, across, breadths, leaves, along)


def _assemble(questions, tiers, order, rows, sizes, style):
    """Everything in the coordinates of the page: rows one under another, what leads on from one to the next between."""
    boxes, tabs, lanes, leaves, joins, width = {}, {}, {}, {}, {}, 0.0
    across, ends = MARGIN, []
    for number, row in enumerate(rows):
        begin = MARGIN + (_turn(row, row.tiers[0])[0] if number else style.image and style.image + 12)
        for tier, (start, end, join) in zip(row.tiers, row.along, strict=True):
            for place in tier:
                centre = row.across[place] + across
                if isinstance(place, Lane):
                    lanes.setdefault(place, []).append((centre, start + begin, end + begin))
                    continue
                corner = centre - sizes[place].across / 2, start + begin
                boxes[place], tabs[place] = _boxes(*corner, sizes[place], style.orientation == "down")
                joins[place] = join + begin
        leaves |= {link: leave + across for link, leave in row.leaves.items()}
        ends.append((across + row.extent, begin))
        more = number < len(rows) - 1
        turn = _turn(row, row.tiers[-1])[0] if more else 0.0
        width = max(width, row.along[-1][1] + begin + turn + MARGIN)
        across += row.extent + (turn - TURN + 1.5 * BETWEEN if more else MARGIN)
    ways = {lane: _way(lane, stops, rows, ends) for lane, stops in lanes.items()}
    image = _image_box(style, boxes[order.tiers[0][0]]) if style.image else None
    size = max(across, style.image + 2 * MARGIN), width
    return TreeLayout(
        style=style,
        width=size[0] if style.orientation == "down" else size[1],
        height=size[1] if style.orientation == "down" else size[0],
        questions=boxes,
        answers={label: tab for q in questions for label, tab in zip(q.labels, tabs[q.text], strict=True)},
        lines=_lines(questions, sizes),
        tiers=tiers,
        image=image,
        order=order,
        lanes=ways,
        leaves=leaves,
        joins=joins,
    )


def _turn(row, lanes):
    """Room that turning round takes beside a row, and how far out each lane turns, the first innermost."""
    out, reach = {}, TURN
    for lane in lanes:
        out[lane] = reach + row.breadths[lane] / 2
        reach += row.breadths[lane]
    return reach, out


def _way(lane, stops, rows, ends):
    """Stops of a lane as (across, along, sign across, sign along); edges lie beside its middle by these signs.

    A lane between two rows turns round at the end of the first, goes back between them, and turns into the second.
    """
    if len(stops) == 1:
        ((centre, start, end),) = stops
        return ((centre, start, 1, 0), (centre, end, 1, 0))
    (centre, end, _), (other, start, _) = stops
    number = next(i for i, row in enumerate(rows) if lane in row.tiers[-1])
    row = rows[number]
    outwards = _turn(row, row.tiers[-1][::-1])[1]
    inwards = _turn(rows[number + 1], rows[number + 1].tiers[0])[1]
    between = ends[number][0] + 0.75 * BETWEEN + outwards[lane] - TURN
    right, left = end + outwards[lane], start - inwards[lane]
    return (
        (centre, end, 1, 0), (centre, right, 1, -1), (between, right, -1, -1), (between, end, -1, 0),
        (between, start, -1, 0), (between, left, -1, -1), (other, left, 1, -1), (other, start, 1, 0),
    )  # fmt: skip


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
