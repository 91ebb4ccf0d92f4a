"""Predicted votes as SVG text: the panels of `plot_predicted_votes`, light enough to follow a moving slider."""

import numpy as np

from gzkit.distributions.votes import central_interval
from gzkit.palette import LIGHT
from gzkit.plots.letters import escape

WIDTH = 250  # of a panel [pixel]
LEFT, RIGHT = 38, 8
FEW = 3  # answers that stand in one row; more are drawn half as high


def votes_svg(question, probability, *, votes=None, other=None, level=0.9, theme=LIGHT, touch=False):
    """How many of the volunteers asked are predicted to give each answer: bars over whole counts, a panel an answer.

    Each panel has its own scale, whose top is written at its side: of six answers the rare ones can be read too.

    Parameters
    ----------
    question : Question
    probability : ndarray, shape (answer, 0..total)
        Chance of each count, as `Predictions.predicted_votes` gives it for one galaxy.
    votes : array_like, shape (answer,), optional
        Votes given [votes]. Where more or fewer volunteers were asked than ``total`` the mark is hollow, at the same
        fraction.
    other : ndarray, shape (answer, 0..total), optional
        Of another galaxy or model, to compare: drawn as an outline.
    level : float
        Probability of the interval that is drawn in full colour and underlined; the bars outside are pale.
    theme : Theme
    touch : bool
        Make every count a button (``data-touch="count:12:bar_no"``, see `gzkit.widgets.touch`).

    Returns
    -------
    str
        ``<svg>`` elements in a ``<div>``, which wrap where the page is narrow; each says in words what it shows.

    Raises
    ------
    ValueError
        If there is not one row an answer.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> text = votes_svg(schema.questions[0], np.array([[0.2, 0.8], [0.8, 0.2]]), votes=[1, 0])
    >>> text.count("<svg "), "yes: on average 0.8 of 1 votes" in text
    (2, True)
    """
    probability = np.asarray(probability)
    if len(probability) != len(question.answers) or probability.ndim != 2:
        raise ValueError(
            f"votes_svg: need a row for each of the {len(question.answers)} answers of {question.text!r}, "
            f"got an array of shape {probability.shape}"
        )
    many = len(question.answers) > FEW
    panels = []
    for i, (answer, row) in enumerate(zip(question.answers, probability, strict=True)):
        observed = None if votes is None else (int(votes[i]), int(np.sum(votes)))
        top = max(row.max(), 0 if other is None else other[i].max())
        parts = [*_bars(row, top, level, theme, many), *_axes(len(row) - 1, top, theme, many)]
        if other is not None:
            parts.append(_outline(other[i], top, theme, many))
        if observed is not None and observed[1]:
            parts += _mark(*observed, len(row) - 1, theme, many)
        if touch:
            parts += _buttons(answer, row, many)
        label = describe_votes(answer.text, row, observed=observed, level=level)
        panels.append(_panel(answer.text, label, parts, theme, many, "group" if touch else "img"))
    few_or_many = "gzkit-votes-panels gzkit-many" if many else "gzkit-votes-panels"
    return f'<div class="{few_or_many}" style="display:grid;gap:4px 6px">{"".join(panels)}</div>'


def describe_votes(name, probability, *, observed=None, level=0.9):
    """One answer's predicted votes in words.

    Parameters
    ----------
    name : str
    probability : ndarray, shape (0..total,)
        Chance of each count.
    observed : (int, int), optional
        Votes given, and volunteers asked [votes].
    level : float

    Returns
    -------
    str

    Examples
    --------
    >>> describe_votes("yes", np.array([0.1, 0.2, 0.7]), observed=(2, 2))
    'yes: on average 1.6 of 2 votes predicted, 90 % between 0 and 2; volunteers gave 2 of 2.'
    """
    total = len(probability) - 1
    lower, upper = central_interval(probability, level)
    mean = float(np.arange(total + 1) @ probability)
    text = f"{name}: on average {mean:.1f} of {total} votes predicted, {100 * level:.0f} % between {lower} and {upper}"
    if observed is None or not observed[1]:
        return f"{text}."
    return f"{text}; volunteers gave {observed[0]} of {observed[1]}."


def _panel(name, label, parts, theme, many, role):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_height(many)}" role="{role}" '
        f'style="max-width:100%;height:auto" aria-label="{escape(label)}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="10" fill="{theme.ink}">'
        f'<title>{escape(label)}</title><rect width="100%" height="100%" fill="{theme.paper}"/>'
        f'<text x="{LEFT}" y="12" font-size="12" font-weight="bold">{escape(_short(name))}</text>'
        f"{''.join(parts)}</svg>"
    )


def _height(many):
    return 88 if many else 150


def _ends(many):
    """Upper and lower end of the bars [pixel]."""
    return (27, 72) if many else (34, 120)


def _x(count, total):
    return LEFT + (count + 0.5) * (WIDTH - LEFT - RIGHT) / (total + 1)


def _y(probability, top, many):
    upper, lower = _ends(many)
    return lower - probability / top * (lower - upper)


def _bars(probability, top, level, theme, many):
    total = len(probability) - 1
    lower, upper = central_interval(probability, level)
    width = 0.84 * (WIDTH - LEFT - RIGHT) / (total + 1)
    paths, bottom = {True: [], False: []}, _y(0, top, many)
    for count, value in enumerate(probability):
        if value > 0.002 * top:
            left = _x(count, total) - width / 2
            box = f"M{left:.1f} {bottom:.1f}V{_y(value, top, many):.1f}h{width:.1f}V{bottom:.1f}Z"
            paths[lower <= count <= upper].append(box)
    for full, boxes in paths.items():
        if boxes:
            yield f'<path d="{"".join(boxes)}" fill="{theme.prediction}" fill-opacity="{0.9 if full else 0.3}"/>'
    ends = f'x1="{_x(lower, total) - width / 2:.1f}" x2="{_x(upper, total) + width / 2:.1f}"'
    yield f'<line {ends} y1="{bottom + 2:.1f}" y2="{bottom + 2:.1f}" stroke="{theme.ink}" stroke-width="2.5"/>'


def _outline(probability, top, theme, many):
    """Steps over the counts: what is compared."""
    total, half = len(probability) - 1, (WIDTH - LEFT - RIGHT) / (2 * len(probability))
    steps = "".join(
        f"L{_x(i, total) - half:.1f} {_y(value, top, many):.1f}h{2 * half:.1f}"
        for i, value in enumerate(probability)
    )
    line = f'stroke="{theme.ink}" stroke-width="1.4" stroke-dasharray="5 2"'
    return f'<path d="M{LEFT} {_y(0, top, many)}{steps}" fill="none" {line}/>'


def _buttons(answer, probability, many):
    """A strip over each count, which can be touched and tells its chance."""
    total, (upper, lower) = len(probability) - 1, _ends(many)
    width = (WIDTH - LEFT - RIGHT) / (total + 1)
    for count, value in enumerate(probability):
        place = (
            f'x="{_x(count, total) - width / 2:.1f}" y="{upper}" width="{width:.1f}" height="{lower - upper}"'
        )
        words = f"Galaxies with {count} votes for {answer.text}; here {100 * value:.1f} % likely"
        yield (
            f'<rect {place} fill-opacity="0" data-touch="count:{count}:{escape(answer.label)}" role="button" '
            f'tabindex="{0 if count == probability.argmax() else -1}"><title>{escape(words)}</title></rect>'
        )


def _axes(total, top, theme, many):
    upper, bottom = _ends(many)
    yield f'<path d="M{LEFT} {upper}V{bottom:.1f}H{WIDTH - RIGHT}" fill="none" stroke="{theme.muted}"/>'
    for count in sorted({0, round(total / 2), total}):
        words = f"{count} votes" if many and count == total else count
        anchor = "end" if many and count == total else "middle"
        yield f'<text x="{_x(count, total):.1f}" y="{bottom + 14:.1f}" text-anchor="{anchor}">{words}</text>'
    if not many:
        place = f'x="{(LEFT + WIDTH - RIGHT) / 2}" y="{_height(many) - 3}"'
        yield f'<text {place} text-anchor="middle" fill="{theme.muted}">votes of {total}</text>'
    for value in (0, top):
        yield f'<text x="{LEFT - 4}" y="{_y(value, top, many) + 3:.1f}" text-anchor="end">{value:.2g}</text>'


def _mark(votes, asked, total, theme, many):
    """The votes given: filled if as many were asked, else hollow at the same fraction."""
    same, (upper, lower) = asked == total, _ends(many)
    x, y = _x(votes / asked * total, total), upper - 2
    fill = theme.truth if same else theme.paper
    place = f'x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{lower}"'
    yield (
        f'<line {place} stroke="{theme.truth}" stroke-dasharray="4 3"/>'
        f'<path d="M{x:.1f} {y}l-5 -8h10z" fill="{fill}" stroke="{theme.truth}" stroke-width="1.5"/>'
    )
    text, anchor = f"{votes} of {asked}", "end" if x > WIDTH - 70 else "start"
    place = x - 9 if anchor == "end" else x + 9
    yield f'<text x="{place:.1f}" y="{y - 1}" text-anchor="{anchor}" fill="{theme.truth}">{text}</text>'


def _short(name, longest=30):
    return name if len(name) <= longest else name[: longest - 1] + "…"
