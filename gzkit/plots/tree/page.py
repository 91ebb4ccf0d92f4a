"""The page of a tree drawing: one panel a campaign, folded, arranged and turned so that the texts come out largest."""

from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from math import ceil
from typing import NamedTuple

from gzkit.plots.tree.layout import ORIENTATIONS, TreeLayout, tree_layout
from gzkit.plots.tree.measure import VALUE_SIZE, measure
from gzkit.plots.tree.order import question_tiers
from gzkit.plots.tree.place import BETWEEN
from gzkit.plots.tree.text import LINE_HEIGHT, block_width, wrap_text
from gzkit.schema.tree import Schema

TITLE_SIZE, CAPTION_SIZE = 10.5, 8.0  # font sizes [points]
SMALLEST = min(VALUE_SIZE, CAPTION_SIZE)  # of all texts, at natural size [points]
LONGEST = 45.0  # a notebook scrolls, so a long drawing may go on below [inches]
MOST_FOLDS, TRIED = 3, 8  # of a tree; of the ways to fold it, those that are laid out
FOLD_COST = 0.03  # a fold more must make texts larger by this
BROAD = (60.0, 105.0)  # widths that a question of a folded tree may take anyway [points]


class Room(NamedTuple):
    """Room for a drawing.

    Attributes
    ----------
    width, height : float
        [inches]
    largest : float
        Texts grow no further than this beyond their natural size.
    least : float
        Smallest text that is drawn [points].
    filled : bool
        Whether trees are folded and drawn close, so that they fill it.
    """

    width: float
    height: float
    largest: float = 1.2
    least: float = 0.0
    filled: bool = False


PAGE = Room(10.5, LONGEST)
SIZES = {
    "notebook": PAGE._replace(least=7.0),
    "slide": Room(13.333, 7.5, 2.25, 12.0, True),
    "column": Room(3.5, 9.0, 1.1, 7.0, True),
}


@dataclass(frozen=True)
class Tree:
    """What one panel shows.

    Attributes
    ----------
    schema : Schema
    ending : str
        That its questions share, and that is not written.
    title : str
    captions : sequence of str
        To stand under the title.
    flow : Flow or None
    onward : frozenset of str
        Columns of answers that lead to a question on another page.
    tiers : dict of str to int
        Tier of each question in the whole tree, which gives its colour.
    """

    schema: Schema
    ending: str = ""
    title: str = ""
    captions: tuple = ()
    flow: object = None
    onward: frozenset = frozenset()
    tiers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One tree on the page.

    Attributes
    ----------
    tree : Tree
    layout : TreeLayout
    title, caption : tuple of str
        Lines.
    x, y : float
        Where the layout's own origin lies on the page [points].
    top : float
        Upper edge of the panel, above its title [points].
    """

    tree: Tree
    layout: TreeLayout
    title: tuple = ()
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
    return {
        ending: part_of(schema, [label for question in group for label in question.labels], ending)
        for ending, group in groups.items()
    }


def part_of(schema, labels, name=""):
    """The part of a schema with these answers only: its questions are asked after those of them that remain.

    Parameters
    ----------
    schema : Schema
    labels : collection of str
        Columns of the answers.
    name : str
        Added to the schema's own.

    Returns
    -------
    Schema
    """
    kept = {question: [a for a in question.answers if a.label in labels] for question in schema.questions}
    kept = {question: answers for question, answers in kept.items() if answers}
    known = {question.text for question in kept} | set(labels)
    return Schema(
        {question.text: [f"_{answer.text}" for answer in answers] for question, answers in kept.items()},
        {q.text: [a.label for a in q.asked_after if a.label in known] or None for q in kept},
        name=f"{schema.name} {name}".strip(),
        wording={key: text for key, text in schema.wording.items() if key in known},
    )


def make_page(trees, style, *, orientation="auto", room=PAGE, abreast=1):
    """Arrange trees on a page.

    Parameters
    ----------
    trees : sequence of Tree
    style : Style
        Its orientation, and in a room that is to be filled its folds, are replaced.
    orientation : str
        ``"down"``, ``"right"``, or ``"auto"`` for that which gives the larger texts.
    room : Room
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
    best, most = None, (False, 0.0)
    for turned in ORIENTATIONS if orientation == "auto" else (orientation,):
        for columns in range(abreast, len(trees) + 1, abreast):
            cell = 72 * room.width / columns, 72 * room.height / ceil(len(trees) / columns)
            ways = [_ways_to_fold(tree, replace(style, orientation=turned), cell, room) for tree in trees]
            for rank in range(len(ways[0]) if len(trees) == 1 else 1):
                panels = [_make_panel(tree, way[rank]) for tree, way in zip(trees, ways, strict=True)]
                page = _arrange(panels, columns, room)
                merit = fits(page, room), page.scale * (1 - FOLD_COST * len(ways[0][rank].folds))
                if best is None or merit > (most[0], most[1] * 1.001):
                    best, most = page, merit
    return best


def fits(page, room):
    """Whether the smallest text of a page is as large as it must be there."""
    return page.scale * SMALLEST >= room.least * 0.999


def divide(trees, make, room):
    """Pages for the trees of one campaign: one, or as many as it takes with about as many questions each.

    Parameters
    ----------
    trees : sequence of Tree
        All of the same schema.
    make : callable
        From trees to a `Page`.
    room : Room

    Returns
    -------
    list of Page
    """
    schema = trees[0].schema
    tiers = question_tiers(schema.walk_order)
    questions = sorted(schema.walk_order, key=lambda question: tiers[question.text])
    for count in range(1, len(questions) + 1):
        ends = [round(i * len(questions) / count) for i in range(count + 1)]
        chunks = [questions[first:last] for first, last in pairwise(ends)]
        pages = []
        for number, chunk in enumerate(chunks, start=1):
            of = f" · {number} of {count}" if count > 1 else ""
            pages.append(make([_excerpt(tree, chunk, of) for tree in trees]))
            if not fits(pages[-1], room):
                break
        else:
            return pages
    return pages[-1:]


def _excerpt(tree, questions, title):
    """Some questions of a tree, with what they are asked after where that is not among them."""

    def name(question):
        return question.text.removesuffix(f"-{tree.ending}")

    labels = {label for question in questions for label in question.labels}
    told = []
    for question in questions:
        before = {}
        for answer in question.asked_after:
            if answer.label not in labels:
                before.setdefault(answer.question, []).append(answer.text)
        if before:
            ways = (
                name(other) if len(texts) == len(other.answers) else f"{name(other)} {' / '.join(texts)}"
                for other, texts in before.items()
            )
            told.append(f"{name(question)} is asked after {', '.join(ways)}")
    answers = [answer for question in questions for answer in question.answers]
    onward = {a.label for a in answers if any(labels.isdisjoint(q.labels) for q in a.next_questions)}
    return replace(
        tree,
        schema=part_of(tree.schema, labels),
        title=tree.title + title,
        captions=(*tree.captions, *told),
        onward=frozenset(onward),
    )


def _ways_to_fold(tree, style, cell, room):
    """Styles with the folds that promise the largest texts, the best first."""
    style = replace(style, suffix=f"-{tree.ending}" if tree.ending else "")
    if not room.filled:
        return [style]
    if tree.flow is not None and not tree.flow.signed and tree.flow.most:
        shares = tuple((name, amount / tree.flow.most) for name, amount in tree.flow.questions.items())
        style = replace(style, shares=shares)
    found = []
    for broad in BROAD if style.orientation == "right" else BROAD[:1]:
        wide = replace(style, compact=True, broad=broad)
        tiers = _tier_extents(tree.schema, wide)
        for count in range(min(MOST_FOLDS, len(tiers) - 1) + 1):
            for folds in combinations(range(1, len(tiers)), count):
                rows = [tiers[first:last] for first, last in pairwise((0, *folds, len(tiers)))]
                along = max(sum(length for length, _ in row) for row in rows)
                across = sum(max(breadth for _, breadth in row) for row in rows) + 40 * count
                width, height = (along, across) if style.orientation == "right" else (across, along)
                scale = min(cell[0] / width, cell[1] / height, room.largest)
                found.append((scale * (1 - FOLD_COST * count), replace(wide, folds=folds)))
    found.sort(key=lambda item: -item[0])
    return [way for _, way in found[:TRIED]]


def _tier_extents(schema, style):
    """What each tier needs along and across the tree, about."""
    tiers = {}
    for name, tier in question_tiers(schema.walk_order).items():
        size = measure(schema.get_question(name), style)
        along, across = tiers.get(tier, (0.0, 0.0))
        tiers[tier] = max(along, size.along + 24), across + size.across + BETWEEN
    return [tiers[tier] for tier in range(len(tiers))]


def _make_panel(tree, style):
    layout = tree_layout(tree.schema, style)
    width = max(layout.width - 24, 250)
    title = wrap_text(tree.title, width, TITLE_SIZE, bold=True, breaks=" ") if tree.title else ()
    caption = [line for text in tree.captions for line in wrap_text(text, width, CAPTION_SIZE, breaks=" ")]
    return Panel(tree, layout, title, tuple(caption))


def _extent(panel):
    """Width and height of a panel, and how far down its layout begins."""
    head = 0.0
    if panel.title:
        head += TITLE_SIZE * (LINE_HEIGHT * len(panel.title) + 0.3)
    if panel.caption:
        head += CAPTION_SIZE * LINE_HEIGHT * len(panel.caption) + 4
    onward = 4.0 if panel.tree.onward else 0.0  # for the mark below an answer that leads to another page
    return panel.layout.width + 2 * overhang(panel), panel.layout.height + head + onward, head


def overhang(panel):
    """How far title and caption, with a margin, stand out at either side of a narrower tree."""
    text = max(block_width(panel.title, TITLE_SIZE, bold=True), block_width(panel.caption, CAPTION_SIZE))
    return max(0.0, text + 24 - panel.layout.width) / 2


def _arrange(panels, columns, room):
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
    scale = min(room.width * 72 / width, room.height * 72 / height, room.largest)
    return Page(tuple(placed), width, height, scale)
