"""The page of a tree drawing: one panel a campaign, arranged and turned so that the texts come out largest."""

from dataclasses import dataclass, replace
from math import ceil

from gzkit.plots.tree.layout import ORIENTATIONS, TreeLayout, tree_layout
from gzkit.plots.tree.text import LINE_HEIGHT, block_width, wrap_text
from gzkit.schema.tree import Schema

TITLE_SIZE, CAPTION_SIZE = 11.0, 8.0  # font sizes [points]
SIZES = {"notebook": (10.5, 11.0), "slide": (13.333, 7.5)}  # widest and highest figure [inches]
LONGEST = 36.0  # a notebook scrolls, so a long drawing may go on below [inches]
LARGEST = {"notebook": 1.15, "slide": 2.0}  # texts grow no further than this beyond their natural size


@dataclass(frozen=True)
class Panel:
    """One tree on the page.

    Attributes
    ----------
    schema : Schema
    layout : TreeLayout
    title : str
    caption : tuple of str
        Lines under the title.
    x, y : float
        Where the layout's own origin lies on the page [points].
    top : float
        Upper edge of the panel, above its title [points].
    """

    schema: Schema
    layout: TreeLayout
    title: str = ""
    caption: tuple = ()
    x: float = 0.0
    y: float = 0.0
    top: float = 0.0


@dataclass(frozen=True)
class Page:
    """Panels, and the extent of them all.

    Attributes
    ----------
    panels : tuple of Panel
    width, height : float
        At natural size [points].
    scale : float
        Size at which it fits the room that was asked for.
    """

    panels: tuple
    width: float
    height: float
    scale: float


def campaigns(schema):
    """A schema that joins several campaigns, taken apart.

    Questions belong to one campaign if their names end alike (``"bar-dr5"``, ``"merging-dr5"``); a schema whose
    questions do not fall apart in this way is one campaign.

    Parameters
    ----------
    schema : Schema

    Returns
    -------
    dict of str to Schema
        By ending, ``"dr5"``; a single campaign under ``""``.

    Examples
    --------
    >>> import gzkit as gz
    >>> list(campaigns(gz.load_schema("gz-decals")))
    ['dr12', 'dr5', 'dr8']
    """
    groups = {}
    for question in schema.questions:
        groups.setdefault(question.text.rpartition("-")[2], []).append(question)
    home = {question.text: ending for ending, group in groups.items() for question in group}
    apart = all(home[a.question.text] == home[q.text] for q in schema.questions for a in q.asked_after)
    if len(groups) < 2 or not apart or any(len(group) < 2 for group in groups.values()):
        return {"": schema}
    pairs, dependencies, wording = schema.pairs, schema.dependencies, schema.wording
    parts = {}
    for ending, group in groups.items():
        names = [question.text for question in group]
        known = {*names, *(label for question in group for label in question.labels)}
        parts[ending] = Schema(
            {name: pairs[name] for name in names},
            {name: dependencies[name] for name in names},
            name=f"{schema.name} {ending}".strip(),
            wording={key: text for key, text in wording.items() if key in known},
        )
    return parts


def make_page(
    trees, style, *, orientation="auto", room=SIZES["notebook"], largest=LARGEST["notebook"], abreast=1
):
    """Arrange trees on a page.

    Parameters
    ----------
    trees : sequence of (Schema, str, str, sequence of str)
        Each tree's schema, the ending that its questions share, its title, and lines of caption.
    style : Style
        Its orientation is replaced.
    orientation : str
        ``"down"``, ``"right"``, or ``"auto"`` for that which gives the larger texts.
    room : (float, float)
        Width and height of the figure [inches].
    largest : float
        The greatest scale.
    abreast : int
        So many panels belong together, side by side.

    Returns
    -------
    Page

    Raises
    ------
    ValueError
        For another orientation.
    """
    if orientation not in (*ORIENTATIONS, "auto"):
        raise ValueError(f"orientation is one of {', '.join(ORIENTATIONS)} or auto, got {orientation!r}")
    best = None
    for turned in ORIENTATIONS if orientation == "auto" else (orientation,):
        panels = [_make_panel(tree, replace(style, orientation=turned)) for tree in trees]
        for columns in range(abreast, len(panels) + 1, abreast):
            page = _arrange(panels, columns, room, largest)
            if best is None or page.scale > best.scale * 1.001:
                best = page
    return best


def _make_panel(tree, style):
    schema, ending, title, captions = tree
    layout = tree_layout(schema, replace(style, suffix=f"-{ending}" if ending else ""))
    width = max(layout.width - 24, 280)
    caption = tuple(
        line for i, text in enumerate(captions) for line in wrap_text(text, width, CAPTION_SIZE, breaks=" ")
    )
    return Panel(schema, layout, title, caption)


def _extent(panel):
    """Width and height of a panel, and how far down its layout begins."""
    head = 0.0
    if panel.title:
        head += TITLE_SIZE * 1.7
    if panel.caption:
        head += CAPTION_SIZE * LINE_HEIGHT * len(panel.caption) + 4
    text = max(block_width([panel.title], TITLE_SIZE, bold=True), block_width(panel.caption, CAPTION_SIZE))
    return max(panel.layout.width, text + 24), panel.layout.height + head, head


def _arrange(panels, columns, room, largest):
    extents = [_extent(panel) for panel in panels]
    rows = ceil(len(panels) / columns)
    widths = [max(extent[0] for extent in extents[c::columns]) for c in range(columns)]
    placed, y = [], 0.0
    for row in range(rows):
        here = range(row * columns, min((row + 1) * columns, len(panels)))
        for i in here:
            x = sum(widths[: i % columns]) + (widths[i % columns] - panels[i].layout.width) / 2
            placed.append(replace(panels[i], x=x, y=y + extents[i][2], top=y))
        y += max(extents[i][1] for i in here)
    width, height = sum(widths), y
    return Page(tuple(placed), width, height, min(room[0] * 72 / width, room[1] * 72 / height, largest))
