"""Predicted votes as SVG text: the panels of `plot_predicted_votes`, light enough to follow a moving slider."""

import numpy as np

from gzkit.palette import LIGHT
from gzkit.plots.letters import escape

WIDTH, HEIGHT = 250, 150  # of a panel [pixel]
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 34, 30


def votes_svg(question, probability, *, votes=None, level=0.9, theme=LIGHT):
    """How many of the volunteers asked are predicted to give each answer: bars over whole counts, a panel an answer.

    Parameters
    ----------
    question : Question
    probability : ndarray, shape (answer, 0..total)
        Chance of each count, as `Predictions.predicted_votes` gives it for one galaxy.
    votes : array_like, shape (answer,), optional
        Votes given [votes]. Where more or fewer volunteers were asked than ``total`` the mark is hollow, at the same
        fraction.
    level : float
        Probability of the interval that is drawn in full colour and underlined; the bars outside are pale.
    theme : Theme

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
    top = probability.max()
    panels = []
    for i, (answer, row) in enumerate(zip(question.answers, probability, strict=True)):
        observed = None if votes is None else (int(votes[i]), int(np.sum(votes)))
        panels.append(_panel(answer.text, row, top, observed, level, theme))
    return f'<div style="display:flex;flex-wrap:wrap;gap:6px">{"".join(panels)}</div>'


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


def central_interval(probability, level):
    """Smallest and largest count of the central interval: outside, at either end, less than half the rest of `level`.

    Parameters
    ----------
    probability : ndarray, shape (0..total,)
    level : float

    Returns
    -------
    (int, int)

    Examples
    --------
    >>> central_interval(np.array([0.02, 0.2, 0.5, 0.2, 0.08]), 0.9)
    (1, 4)
    """
    cumulative = np.cumsum(probability)
    inside = np.flatnonzero(
        (cumulative > (1 - level) / 2) & (cumulative - probability < (1 + level) / 2 - 1e-12)
    )
    return int(inside[0]), int(inside[-1])


def _panel(name, probability, top, observed, level, theme):
    label = describe_votes(name, probability, observed=observed, level=level)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'style="max-width:100%;height:auto" role="img" aria-label="{escape(label)}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="10" fill="{theme.ink}">',
        f"<title>{escape(label)}</title>",
        f'<rect width="100%" height="100%" fill="{theme.paper}"/>',
        f'<text x="{LEFT}" y="12" font-size="12" font-weight="bold">{escape(_short(name))}</text>',
        *_bars(probability, top, level, theme),
        *_axes(len(probability) - 1, top, theme),
    ]
    if observed is not None and observed[1]:
        parts += _mark(*observed, len(probability) - 1, theme)
    return "".join([*parts, "</svg>"])


def _x(count, total):
    return LEFT + (count + 0.5) * (WIDTH - LEFT - RIGHT) / (total + 1)


def _y(probability, top):
    return HEIGHT - BOTTOM - probability / top * (HEIGHT - TOP - BOTTOM)


def _bars(probability, top, level, theme):
    total = len(probability) - 1
    lower, upper = central_interval(probability, level)
    width = 0.84 * (WIDTH - LEFT - RIGHT) / (total + 1)
    paths, bottom = {True: [], False: []}, _y(0, top)
    for count, value in enumerate(probability):
        if value > 0.002 * top:
            left = _x(count, total) - width / 2
            box = f"M{left:.1f} {bottom:.1f}V{_y(value, top):.1f}h{width:.1f}V{bottom:.1f}Z"
            paths[lower <= count <= upper].append(box)
    for full, boxes in paths.items():
        if boxes:
            yield f'<path d="{"".join(boxes)}" fill="{theme.prediction}" fill-opacity="{0.9 if full else 0.3}"/>'
    ends = f'x1="{_x(lower, total) - width / 2:.1f}" x2="{_x(upper, total) + width / 2:.1f}"'
    yield f'<line {ends} y1="{bottom + 2:.1f}" y2="{bottom + 2:.1f}" stroke="{theme.ink}" stroke-width="2.5"/>'


def _axes(total, top, theme):
    bottom = _y(0, top)
    yield f'<path d="M{LEFT} {TOP}V{bottom:.1f}H{WIDTH - RIGHT}" fill="none" stroke="{theme.muted}"/>'
    for count in sorted({0, round(total / 2), total}):
        yield f'<text x="{_x(count, total):.1f}" y="{bottom + 14:.1f}" text-anchor="middle">{count}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 3}" text-anchor="middle" fill="{theme.muted}">votes of {total}</text>'
    for value in (0, top):
        yield f'<text x="{LEFT - 4}" y="{_y(value, top) + 3:.1f}" text-anchor="end">{value:.2g}</text>'


def _mark(votes, asked, total, theme):
    """The votes given: filled if as many were asked, else hollow at the same fraction."""
    same = asked == total
    x, y = _x(votes / asked * total, total), TOP - 2
    fill = theme.truth if same else theme.paper
    place = f'x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{HEIGHT - BOTTOM}"'
    yield (
        f'<line {place} stroke="{theme.truth}" stroke-dasharray="4 3"/>'
        f'<path d="M{x:.1f} {y}l-5 -8h10z" fill="{fill}" stroke="{theme.truth}" stroke-width="1.5"/>'
    )
    text, anchor = f"{votes} of {asked}", "end" if x > WIDTH - 70 else "start"
    place = x - 9 if anchor == "end" else x + 9
    yield f'<text x="{place:.1f}" y="{y - 1}" text-anchor="{anchor}" fill="{theme.truth}">{text}</text>'


def _short(name, longest=30):
    return name if len(name) <= longest else name[: longest - 1] + "…"
