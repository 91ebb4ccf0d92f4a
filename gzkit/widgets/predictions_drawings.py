"""What the page of predictions draws, from its state."""

import html

import numpy as np

from gzkit.evaluation.surprise import surprises
from gzkit.plots.show import link_html
from gzkit.plots.votes_svg import votes_svg
from gzkit.widgets import browse
from gzkit.widgets.base import tree_html

IMAGE_SIDE = 424  # of the picture, which can be zoomed [pixel]


def draw_images(page):
    """The galaxy on show, and the one beside it, with their names."""
    beside = [page.beside] if page.beside in page._rows else []
    figures = []
    for name in (page.galaxy, *beside):
        caption = html.escape(("★ " if name in page.marked else "") + name)
        picture = page.images.picture(name, IMAGE_SIDE)
        caption = f"<figcaption title='{caption}'>{caption}{link_html(page.sky, name)}</figcaption>"
        figures.append(f"<figure>{picture}{caption}</figure>")
    return "".join(figures)


def draw_tree(page):
    """What flows through the tree of the galaxy on show."""
    part = page._parts[page.question]
    columns = [page.schema.get_answer(label).index for label in part.label_cols]
    votes = None if page._votes is None else page._votes[page._rows[page.galaxy], columns]
    predicted = {"predictions": page._one().vote_fractions()[0, columns]}
    options = {
        "prediction": predicted,
        "volunteers": {"votes": votes},
        "difference": predicted | {"votes": votes, "compare": "difference"},
    }
    return tree_html(part, title="", theme=page.theme, touch=page.question, **options[page.shows])


def draw_votes(page):
    """The predicted votes of the question on show, and of what stands beside."""
    question, other = page.schema.get_question(page.question), None
    if page.beside:
        view = page._models.get(page.beside, page._view())
        galaxy = page.galaxy if page.beside in page._models else page.beside
        other = view[np.array([page._rows[galaxy]])].predicted_votes(page.question, page.total_votes)[0]
    options = {"votes": page._votes_here(), "theme": page.theme, "touch": page._votes is not None}
    return votes_svg(question, page._predicted_votes(), other=other, **options)


def count_in_words(page):
    """How many galaxies pass, and where among them the one on show stands."""
    if page._problem:
        return f"{page._problem}. All galaxies are shown."
    place = page._place()
    where = f"this is number {place + 1:,}" if place >= 0 else f"{page.galaxy} is not among them"
    label, count = page.having
    cut = " pass" if page.cuts.strip() or label else ""
    cut += f" with {count} votes for {label}" if label else ""
    return f"{len(page._order):,} of {len(page._ids):,} galaxies{cut}; {where}.{_surprise_in_words(page)}"


def _surprise_in_words(page):
    """At which question the votes of the galaxy on show surprise most, if it is ordered by that."""
    if page.sort_by not in (browse.SURPRISE, browse.SURPRISE_TREE):
        return ""
    _, by_question = surprises(page._one(), page._votes[[page._rows[page.galaxy]]])
    if np.isnan(by_question).all():
        return ""
    most = int(np.nanargmax(by_question))
    question = page.schema.questions[most].text
    return f" It surprises most at {question} ({by_question[0, most]:.1f} deviations)."
