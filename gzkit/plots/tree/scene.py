"""What a tree drawing is made of: bands, boxes, texts and pictures, for any way of drawing them."""

from dataclasses import dataclass, field

from gzkit.palette import blend, contrast, ink_on, tier_color
from gzkit.plots.tree.layout import Box
from gzkit.plots.tree.measure import ANSWER_SIZE, PAD, QUESTION_SIZE, VALUE_SIZE
from gzkit.plots.tree.page import CAPTION_SIZE, TITLE_SIZE, overhang
from gzkit.plots.tree.routes import tree_routes
from gzkit.plots.tree.text import LINE_HEIGHT

LINE = 1.8  # width of an edge that stands for no number [points]
ROUND = 3.5  # radius of a question's corners [points]
_BASELINE = 0.33  # of the font size, from the middle of a line down


@dataclass(frozen=True)
class Band:
    """An edge: points as in `Route`, its width and colour, and whether it is a dotted line (nobody went along)."""

    edge: tuple
    points: tuple
    width: float
    color: str
    dotted: bool = False


@dataclass(frozen=True)
class Shape:
    """A box with some corners rounded: left above, right above, right below, left below."""

    key: str
    box: Box
    color: str
    corners: tuple = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Line:
    """A line of text: its place on the baseline, how it lies there (start, middle or end), the box it is in, and
    whether it is a figure rather than its name."""

    text: str
    x: float
    y: float
    size: float
    color: str
    anchor: str = "middle"
    bold: bool = False
    inside: str = ""
    note: bool = False


@dataclass(frozen=True)
class Scene:
    """A drawing, in points at natural size with ``y`` down.

    Attributes
    ----------
    width, height : float
    scale : float
        Size at which it fits the room that was asked for.
    down : bool
        Whether trees run down.
    bands, shapes, lines : list
        Of `Band`, `Shape` and `Line`; drawn in this order.
    pictures : list of (str, ndarray, Box)
        Of answers, by column, and of the galaxy, under ``""``.
    """

    width: float
    height: float
    scale: float
    down: bool
    bands: list = field(default_factory=list)
    shapes: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    pictures: list = field(default_factory=list)


def make_scene(page, theme, *, highlight=None, pictures=None):
    """Everything on a page, with its colours.

    Parameters
    ----------
    page : Page
    theme : Theme
    highlight : set of str, optional
        Columns and question names along the highlighted paths; the rest steps back.
    pictures : dict of str to ndarray, optional
        By answer column; the galaxy's own under ``""``.

    Returns
    -------
    Scene
    """
    down = page.panels[0].layout.style.orientation == "down"
    scene = Scene(page.width, page.height, page.scale, down)
    for panel in page.panels:
        painter = _Painter(scene, panel, theme, highlight, pictures or {})
        painter.title()
        painter.image()
        painter.edges()
        for question in panel.tree.schema.walk_order:
            painter.question(question)
    return scene


class _Painter:
    """Adds one panel to a scene."""

    def __init__(self, scene, panel, theme, highlight, pictures):
        self.scene, self.panel, self.theme = scene, panel, theme
        self.flow = flow = panel.tree.flow
        self.highlight, self.pictures = highlight, pictures
        self.difference = flow is not None and flow.signed
        self.layout, self.down = panel.layout, scene.down
        most = flow.most if flow else 0.0
        self.points_per_unit = self.layout.style.ribbon / most if most else 0.0

    def title(self):
        """The panel's title and caption."""
        panel, y = self.panel, self.panel.top
        x = panel.x - overhang(panel) + 12
        for text in panel.title:
            self._line(text, x, y + 1.15 * TITLE_SIZE, TITLE_SIZE, self.theme.ink, "start", True)
            y += LINE_HEIGHT * TITLE_SIZE
        y += 0.3 * TITLE_SIZE if panel.title else 0.0
        for i, text in enumerate(panel.caption):
            baseline = y + (i + 0.75) * CAPTION_SIZE * LINE_HEIGHT
            self._line(text, x, baseline, CAPTION_SIZE, self.theme.muted, "start")

    def image(self):
        """The place of the galaxy's picture."""
        if self.layout.image:
            self._picture("", self._box(self.layout.image))

    def edges(self):
        """All bands, the highlighted ones last."""
        widths = None
        if self.flow:
            widths = {edge: abs(value) * self.points_per_unit for edge, value in self.flow.edges.items()}
        bands = [self._band(route) for route in tree_routes(self.panel.tree.schema, self.layout, widths)]
        bands.sort(key=lambda band: self._on_path(*band.edge))
        self.scene.bands.extend(bands)

    def question(self, question):
        """One question's bar with its answers."""
        theme, name = self.theme, question.text
        asked = self.flow is None or self.difference or self.flow.questions[name] > 0
        base = tier_color(self.panel.tree.tiers[name], theme)
        quiet = not asked or not self._on_path(name)
        few = self.flow is not None and name in self.flow.few
        fill = blend(base, theme.paper, 0.72 if quiet else 0.5) if quiet or few else base
        box = self._box(self.layout.questions[name])
        self._shape(name, box, fill, (ROUND, ROUND, 0, 0))
        ink = self._ink(fill)
        note = self._note("question_notes", name)
        rows = [(text, QUESTION_SIZE, True) for text in self.layout.lines[name]]
        rows += [(note, VALUE_SIZE, False)] if note else []
        self._stack(rows, box, ink, name)
        for answer in question.answers:
            self._answer(answer, base, asked)

    def _answer(self, answer, base, asked):
        theme, label = self.theme, answer.label
        box = self._box(self.layout.answers[label])
        shown = asked and self._on_path(label)
        fill = blend(base, theme.paper, 0.84 if shown else 0.93)
        first, last = answer is answer.question.answers[0], answer is answer.question.answers[-1]
        corners = (0, 0, ROUND * last, ROUND * (first if self.down else last))
        self._shape(label, box, fill, corners)
        if self.highlight and label in self.highlight:
            self._mark_path(label, box, corners, fill)
        ink = theme.ink if shown else theme.muted
        note = self._note("answer_notes", label)
        if self.down:
            self._answer_down(answer, box, ink, note)
        else:
            self._answer_right(answer, box, ink, note)
        self._strip(label, box, base, shown)
        if label in self.panel.tree.onward:
            x, y = (
                (box.center[0], box.bottom + 0.8 * ANSWER_SIZE)
                if self.down
                else (box.right + 2, box.center[1] + 3)
            )
            self._line("▾" if self.down else "▸", x, y, ANSWER_SIZE, base, "middle" if self.down else "start")
        elif not answer.next_questions:
            self._end(label, box, base, shown)

    def _mark_path(self, label, box, corners, fill):
        """A frame around an answer of the highlighted path."""
        self.scene.shapes[-1] = Shape(label, box, self.theme.highlight, corners)
        inner = Box(box.x + 1.6, box.y + 1.6, box.width - 3.2, box.height - 3.2)
        self._shape(f"{label} inside", inner, fill)

    def _answer_down(self, answer, box, ink, note):
        icon = self.layout.style.icon
        if icon:
            self._picture(answer.label, Box(box.center[0] - icon / 2, box.y + 4, icon, icon))
            box = Box(box.x, box.y + icon + 3, box.width, box.height - icon - 3)
        rows = [(text, ANSWER_SIZE, False) for text in self.layout.lines[answer.label]]
        if self.layout.style.values:
            rows.append((note, VALUE_SIZE, False))
        self._stack(rows, box, ink, answer.label)

    def _answer_right(self, answer, box, ink, note):
        style, rows = self.layout.style, self.layout.lines[answer.label]
        left = box.x + PAD
        if style.icon:
            self._picture(
                answer.label, Box(box.x + 3, box.center[1] - style.icon / 2, style.icon, style.icon)
            )
            left += style.icon + 1
        if note:
            baseline = box.center[1] + _BASELINE * VALUE_SIZE
            self._line(note, box.right - PAD, baseline, VALUE_SIZE, ink, "end", inside=answer.label)
        beside = style.values or style.icon
        x, anchor = (left, "start") if beside else (box.center[0], "middle")
        self._stack([(text, ANSWER_SIZE, False) for text in rows], box, ink, answer.label, x, anchor)

    def _note(self, kind, key):
        """What is written of a question or answer: of "88 · 40%" the share, of "few: median 8 (0–88)" the median."""
        numbers = self.layout.style.numbers
        if not self.flow or numbers == "none":
            return ""
        note = getattr(self.flow, kind).get(key, "")
        if numbers == "shares":
            note = note.rpartition(" · ")[2].partition(" (")[0].removeprefix("few: ")
        return note

    def _strip(self, label, box, color, shown):
        """A bar on the answer's edge, as wide as its votes: also where its volunteers have no further question."""
        if not self.flow or self.difference or not shown:
            return
        width = self.flow.answers[label] * self.points_per_unit
        if width > 0:
            self._shape(f"{label} votes", self._edge(box, width, -2.4, 2.4), color)

    def _end(self, label, box, color, shown):
        """A short bar beyond an answer after which nothing is asked."""
        color = blend(color, self.theme.paper, 0.45 if shown else 0.75)
        self._shape(f"{label} end", self._edge(box, 10 if self.down else 8, 2.2, 1.6), color)

    def _edge(self, box, width, beyond, depth):
        """A bar across the way out of an answer, in the middle of the answer's edge."""
        x, y = box.center
        if self.down:
            return Box(x - width / 2, box.bottom + beyond, width, depth)
        return Box(box.right + beyond, y - width / 2, depth, width)

    def _band(self, route):
        panel, theme = self.panel, self.theme
        edge = route.answer, route.question
        points = tuple((x + panel.x, y + panel.y) for x, y in route.points)
        on_path = self._on_path(*edge)
        color = blend(
            tier_color(self.panel.tree.tiers[route.question], theme), theme.paper, 0.4 if on_path else 0.8
        )
        width, dotted = LINE, False
        if self.highlight and on_path:
            color = theme.highlight
        if self.flow:
            width = route.width
            dotted = width == 0
            if self.difference:
                color = theme.prediction if self.flow.edges[edge] > 0 else theme.truth
            if dotted:
                width = 0.8
                if not self.highlight or not on_path:
                    color = blend(theme.muted, theme.paper, 0.5)
        return Band(edge, points, width, color, dotted)

    def _stack(self, rows, box, color, inside, x=None, anchor="middle"):
        """Lines of text one under another, in the middle of a box."""
        y = box.center[1] - sum(size * LINE_HEIGHT for _, size, _ in rows) / 2
        for text, size, bold in rows:
            middle = y + size * LINE_HEIGHT / 2
            if text:
                place = box.center[0] if x is None else x
                self._line(text, place, middle + _BASELINE * size, size, color, anchor, bold, inside)
            y += size * LINE_HEIGHT

    def _line(self, text, x, y, size, color, anchor="middle", bold=False, inside=""):
        note = bool(inside) and text not in self.layout.lines[inside]
        self.scene.lines.append(Line(text, x, y, size, color, anchor, bold, inside, note))

    def _shape(self, key, box, color, corners=(0, 0, 0, 0)):
        self.scene.shapes.append(Shape(key, box, color, corners))

    def _picture(self, key, box):
        if key in self.pictures:
            self.scene.pictures.append((key, self.pictures[key], box))

    def _box(self, box):
        return box.shifted(self.panel.x, self.panel.y)

    def _on_path(self, *keys):
        return not self.highlight or all(key in self.highlight for key in keys)

    def _ink(self, fill):
        """Text on a fill: the theme's own ink where that can be read."""
        paper = self.theme.paper
        return paper if contrast(paper, fill) >= 4.5 else ink_on(fill)
