"""A tree drawing as SVG text: light enough to be redrawn while a control moves, and no matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gzkit.palette import Theme, theme_on
from gzkit.plots.letters import FONT, escape
from gzkit.plots.show import pixels_address
from gzkit.plots.tree.compose import tree_scenes
from gzkit.plots.tree.routes import curves, rounded_corners
from gzkit.schema.surveys import as_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from gzkit.schema.tree import Schema


def tree_svg(
    schema: Schema | str,
    votes: ArrayLike | Mapping[str, float] | None = None,
    *,
    theme: str | Theme = "light",
    label: str | None = None,
    touch: str | None = None,
    **options: Any,
) -> str:
    """The drawing of `plot_tree` as the text of an SVG picture.

    It shares layout, widths and colours with the figure. Texts from files are escaped; the picture has a title and a
    description for screen readers, and the boxes tell their numbers when pointed at.

    Parameters
    ----------
    schema, votes
        As in `plot_tree`.
    theme : str or Theme
        ``"light"`` or ``"dark"``; the background is painted, so that either is legible anywhere.
    label : str, optional
        What a screen reader says; by default the schema's name and what is shown.
    touch : str, optional
        Make every question and answer a button (``data-touch``, see `gzkit.widgets.touch`), and say of the rest whose
        it is (``data-in``, ``data-from``); the tab key leads to the question of this name, and arrow keys from there.
    **options
        ``fractions, predictions, compare, highlight, icons, image, numbers, orientation, wording, title``, as in
        `plot_tree`.

    Returns
    -------
    str
        An ``<svg>`` element, as wide as its place allows up to its natural size.

    Raises
    ------
    ValueError
        If values do not fit the schema, or an option is unknown.
    KeyError
        If there is no answer of the name to highlight; the nearest is suggested.

    Examples
    --------
    >>> import gzkit as gz
    >>> tree_svg(gz.Schema.from_classes("ring", ["yes", "no"])).startswith("<svg ")
    True
    """
    schema, colours = as_schema(schema, "tree_svg"), theme_on(theme)
    (scene,), flows = tree_scenes(schema, votes, theme=colours, **options)
    label = label or _describe(schema, flows, options.get("highlight"))
    notes = _notes(schema, flows)
    buttons = {} if touch is None else _buttons(schema, touch)
    role, live = ("img", False) if touch is None else ("group", True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scene.width:.0f} {scene.height:.0f}" '
        f'width="{scene.width * scene.scale:.0f}pt" style="max-width:100%;height:auto" role="{role}" '
        f'aria-label="{escape(label)}" font-family="{FONT}, Verdana, sans-serif">',
        f"<title>{escape(label)}</title>",
        f'<rect width="100%" height="100%" fill="{colours.paper}"/>',
        *(_band(band, scene.down, live) for band in scene.bands),
        *(
            _shape(shape, notes.get(shape.key, ""), buttons.get(shape.key) or _whose(shape.key, live))
            for shape in scene.shapes
        ),
        *(_picture(pixels, box, _whose(key, live)) for key, pixels, box in scene.pictures),
        *(_line(line, live) for line in scene.lines),
        "</svg>",
    ]
    return "\n".join(parts)


def _describe(schema, flows, highlight):
    text = f"Decision tree {schema.name}".strip()
    text += f": {len(schema.questions)} questions, {len(schema.answers)} answers"
    if flows[0] is not None:
        notes = flows[0].question_notes
        text += "; " + ", ".join(
            f"{question.text} {notes.get(question.text, '')}" for question in schema.questions
        )
    return text + (f"; paths to {highlight}" if highlight else "")


def _notes(schema, flows):
    """What is told of a question or answer when it is pointed at."""
    flow = flows[0] if len(flows) == 1 else None
    notes = {}
    for question in schema.questions:
        note = flow.question_notes.get(question.text, "") if flow else ""
        notes[question.text] = _join(question.wording or question.text, note)
        for answer in question.answers:
            note = flow.answer_notes.get(answer.label, "") if flow else ""
            after = ", ".join(following.text for following in answer.next_questions)
            note = _join(note, f"then {after}" if after else "then nothing more")
            notes[answer.label] = _join(
                f"{answer.label} ({answer.wording})" if answer.wording else answer.label, note
            )
    return notes


def _join(*texts):
    return ": ".join(text for text in texts if text)


def _whose(key, live):
    """That a thing lies on the box of a question or answer, and lets the pointer through to it."""
    key, _, part = key.rpartition(" ") if key.endswith((" votes", " end", " inside")) else (key, "", "")
    return f' data-in="{escape(key)}" class="{part}" pointer-events="none"' if live else ""


def _band(band, down, live):
    (x, y), *_ = band.points
    path = f"M{x:.1f} {y:.1f}"
    for curve in curves(band.points, down=down):
        path += ("C" if len(curve) == 4 else "L") + " ".join(f"{x:.1f} {y:.1f}" for x, y in curve[1:])
    dots = ' stroke-dasharray="1 2"' if band.dotted else ""
    ends = ' data-from="{}" data-to="{}"'.format(*map(escape, band.edge)) if live else ""
    return f'<path d="{path}" fill="none" stroke="{band.color}" stroke-width="{band.width:.2f}"{dots}{ends}/>'


def _buttons(schema, touch):
    """What makes the box of each question and answer a button."""
    kinds = {question.text: "question" for question in schema.questions}
    kinds |= dict.fromkeys(schema.label_cols, "answer")
    return {
        key: f' data-touch="{kind}:{escape(key)}" role="button" tabindex="{0 if key == touch else -1}"'
        for key, kind in kinds.items()
    }


def _shape(shape, note, button=""):
    box = shape.box
    if any(shape.corners):
        form = f'<path d="{_rounded(box, shape.corners)}" fill="{shape.color}"'
    else:
        form = (
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.2f}" height="{box.height:.2f}" '
            f'fill="{shape.color}"'
        )
    return f"{form}{button}><title>{escape(note)}</title></{form[1:5]}>" if note else f"{form}{button}/>"


def _rounded(box, radii):
    path = []
    for (x0, y0), (x, y), (x1, y1) in rounded_corners(box, radii):
        turn = f"Q{x:.1f} {y:.1f} {x1:.1f} {y1:.1f}" if (x0, y0) != (x, y) else ""
        path.append(f"{x0:.1f} {y0:.1f}{turn}")
    return f"M{'L'.join(path)}Z"


def _line(line, live):
    bold = ' font-weight="bold"' if line.bold else ""
    if live and line.inside:
        bold += f' data-in="{escape(line.inside)}"' + (' class="note"' if line.note else "")
    return (
        f'<text x="{line.x:.1f}" y="{line.y:.1f}" font-size="{line.size}" fill="{line.color}" '
        f'text-anchor="{line.anchor}" pointer-events="none"{bold}>{escape(line.text)}</text>'
    )


def _picture(pixels, box, whose):
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    return f'<image {place}{whose} href="{pixels_address(pixels)}"/>'
