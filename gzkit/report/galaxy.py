"""One galaxy in a report: its image, and votes beside predicted votes for every answer."""

import html

import numpy as np

from gzkit.images.stretch import stretch_in
from gzkit.palette import PREDICTION, TRUTH
from gzkit.plots.show import photo_address

STRIP_WIDTH, STRIP_HEIGHT = 150, 24
WIDEST_BAR = 14
PIXELS = 320  # longer side of an embedded image


def galaxy_card(predictions, votes, galaxy, file_loc, caption):
    """A galaxy's image and panels as HTML.

    Parameters
    ----------
    predictions : Predictions
    votes : ndarray of int, shape (galaxy, answer)
        Votes of the predicted galaxies [votes].
    galaxy : int
        Which of them.
    file_loc : str or None
        Its image.
    caption : str

    Returns
    -------
    str
    """
    schema, name = predictions.schema, str(predictions.id_str[galaxy])
    one, counts = predictions[[int(galaxy)]], votes[galaxy]
    asked = [question for question in schema.questions if counts[question.columns].sum()]
    panels = "\n".join(_panel(one, counts, question) for question in asked)
    rest = [question.text for question in schema.questions if question not in asked]
    if rest:
        panels += f"\n<p class='unasked'>Nobody was asked: {html.escape(', '.join(rest))}.</p>"
    picture = ""
    if file_loc is not None:
        alt = html.escape(f"Image of {name}")
        picture = f"<img src='{photo_address(file_loc, PIXELS, stretch_in(predictions.info))}' alt='{alt}'>"
    return (
        f"<article>\n<header><h3>{html.escape(name)}</h3><p>{html.escape(caption)}</p>{picture}</header>\n"
        f"<div class='panels'>\n{panels}\n</div>\n</article>"
    )


def vote_key():
    """What the bars and the mark stand for, as HTML."""
    square = f"<svg width='14' height='14'><rect x='2' y='2' width='10' height='12' fill='{PREDICTION}'"
    bar, pale = f"{square}/></svg>", f"{square} fill-opacity='0.3'/></svg>"
    return (
        f"<p class='key'>{bar}predicted chance, inside the 90 % interval {pale}outside it "
        f"<svg width='14' height='16'>{_mark(7, 16)}</svg>votes given. Numbers: votes given; "
        "predicted mean and 90 % interval.</p>"
    )


def vote_strip(probability, observed, label, *, interval):
    """Chance of every vote count as bars, with the observed count marked, as inline SVG.

    Parameters
    ----------
    probability : ndarray, shape (0..total,)
    observed : int
        Votes given [votes].
    label : str
        What the picture says, in words.
    interval : (int, int)
        First and last count that are drawn in full colour [votes].

    Returns
    -------
    str
    """
    lower, upper = interval
    step = min(STRIP_WIDTH / len(probability), WIDEST_BAR)  # few volunteers: a short strip
    heights = probability / probability.max() * (STRIP_HEIGHT - 4)
    inside, outside = [], []
    for count, height in enumerate(heights):
        if height >= 0.1:
            bar = f"M{count * step + 0.08 * step:.1f} {STRIP_HEIGHT}v{-height:.1f}h{0.84 * step:.1f}v{height:.1f}z"
            (inside if lower <= count <= upper else outside).append(bar)
    return (
        f"<svg width='{STRIP_WIDTH}' height='{STRIP_HEIGHT}' role='img' aria-label='{html.escape(label, quote=True)}'>"
        f"<path d='{''.join(outside)}' fill='{PREDICTION}' fill-opacity='0.3'/>"
        f"<path d='{''.join(inside)}' fill='{PREDICTION}'/>"
        f"<path d='M0 {STRIP_HEIGHT - 0.5}h{len(probability) * step:.1f}' stroke='#858585'/>"
        f"{_mark((observed + 0.5) * step, STRIP_HEIGHT)}</svg>"
    )


def _panel(one, counts, question):
    """One question of one galaxy: a row an answer."""
    total = int(counts[question.columns].sum())
    chances = one.predicted_votes(question.text, total_votes=total)[0]  # (answer, 0..total)
    asked = float(one.proportion_asked()[0, question.index])
    intervals = np.stack(one.vote_interval(question.text, total), axis=-1)[0]  # (answer, 2), of 90 %
    rows = []
    for answer, chance, (lower, upper) in zip(question.answers, chances, intervals, strict=True):
        given, mean = int(counts[answer.index]), chance @ np.arange(total + 1)
        label = (
            f"{answer.text}: {given} of {total} votes; predicted {mean:.1f}, 90 % interval {lower} to {upper}"
        )
        strip = vote_strip(chance, given, label, interval=(lower, upper))
        rows.append(
            f"<tr><td>{html.escape(answer.text)}</td><td>{strip}</td>"
            f"<td class='count'>{given}</td><td class='guess'>{mean:.1f} ({lower}–{upper})</td></tr>"
        )
    note = f"{total} volunteer{'s' if total > 1 else ''} asked"
    if question.asked_after:
        note += f" (predicted share {asked:.0%})"
    return (
        f"<div class='panel'><h4>{html.escape(question.text)} <span>{note}</span></h4>"
        f"<table>{''.join(rows)}</table></div>"
    )


def _mark(x, height):
    """The observed count: a dashed line under a triangle, so that colour is not the only cue."""
    return (
        f"<path d='M{x:.1f} 6V{height}' stroke='{TRUTH}' stroke-width='1.6' stroke-dasharray='3 2'/>"
        f"<path d='M{x - 4:.1f} 0h8l-4 7z' fill='{TRUTH}'/>"
    )
