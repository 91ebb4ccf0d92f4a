"""One galaxy on a page, and galleries of many."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from gzkit.catalog.taken import rows_in
from gzkit.evaluation.cuts import find_answer
from gzkit.evaluation.evaluate import has_votes, matched_votes
from gzkit.evaluation.surprise import surprise
from gzkit.mistakes import check_arguments, described
from gzkit.palette import theme_on
from gzkit.plots.axes import new_axes, quiet, seen_once, wrapped
from gzkit.plots.letters import legible
from gzkit.plots.predictions import DEFAULT_TOTAL_VOTES
from gzkit.plots.tree.compose import tree_scene
from gzkit.plots.tree.figure import plot_tree
from gzkit.plots.tree.page import LONGEST

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from gzkit.predictions.predictions import Predictions

WIDTH = 11.0  # [inch]: no wider than a notebook's cell, so that its letters stay as large as they are
PAGE_COLUMNS = 4


def plot_galaxy(
    predictions: Predictions, galaxy: str, *, catalog: pd.DataFrame | None = None, level: float = 0.9
) -> Figure:
    """One page for one galaxy: its image, the tree with its votes, and per question what was predicted and observed.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    catalog : DataFrame, optional
        With ``id_str``; its image is shown if there is a ``file_loc``, its votes if there are columns of votes.
        Without votes the tree shows what is predicted.
    level : float
        Probability of the intervals of the votes.

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If there is no such galaxy.
    ValueError
        If the catalogue has no row for it.
    """
    import matplotlib.pyplot as plt

    check_arguments("plot_galaxy", predictions=predictions, catalog=catalog)
    schema, one = predictions.schema, predictions[check_id(predictions, galaxy)]
    votes = matched_votes(one, catalog)[0] if has_votes(catalog, schema) else None
    shown = (
        {"title": "votes"}
        if votes is not None
        else {"predictions": one, "title": "predicted flow of volunteers"}
    )
    scene, _ = tree_scene(schema, votes, room=(WIDTH, LONGEST), **shown)
    tree_height = scene.height * scene.scale / 72
    tallest = max(len(question.answers) for question in schema.questions)
    rows = _rows(len(schema.questions))
    height = rows * (0.75 + 0.2 * min(tallest, 8)) + 0.4
    figure = plt.figure(figsize=(WIDTH, height + tree_height), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[height, tree_height])
    image, panels = _page_axes(top, rows, len(schema.questions))
    _draw_image(image, catalog, galaxy, predictions.info)
    for ax, question in zip(panels, schema.questions, strict=True):
        own = None if votes is None else votes[question.columns]
        plot_answers(one, galaxy, question.text, votes=own, level=level, ax=ax)
    _page_legend(top, panels[0], votes is not None, level)
    plot_tree(schema, votes, bottom.add_axes((0, 0, 1, 1)), **shown)
    return seen_once(legible(figure))


def check_id(predictions, galaxy):
    """A galaxy's id, if it is one: a place is none, since it changes when galaxies are chosen.

    Parameters
    ----------
    predictions : Predictions
    galaxy : object

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If it is a number or anything else.
    """
    if isinstance(galaxy, str):
        return galaxy
    example = f"{str(predictions.id_str[0])!r}" if len(predictions) else "'J1'"
    place = (
        f"; for the galaxy at place {galaxy} give predictions.id_str[{galaxy}]"
        if isinstance(galaxy, int)
        else ""
    )
    raise KeyError(f"a galaxy is named by its id, such as {example}, got {described(galaxy)}{place}")


def _rows(questions):
    """Of the page's grid: the image takes the first place in the first two."""
    return max(math.ceil((questions + 2) / PAGE_COLUMNS), 2)


def _page_axes(figure, rows, questions):
    """The image's Axes and one a question; up to three questions stand beside the image, as high as it."""
    grid = figure.add_gridspec(rows, PAGE_COLUMNS, width_ratios=[1.5] + [1] * (PAGE_COLUMNS - 1))
    image = figure.add_subplot(grid[:2, 0])
    if questions < PAGE_COLUMNS:
        edges = np.linspace(1, PAGE_COLUMNS, questions + 1).round().astype(int)
        cells = [grid[:, first:last] for first, last in itertools.pairwise(edges)]
    else:
        places = [(row, column) for row in range(rows) for column in range(PAGE_COLUMNS)]
        cells = [grid[place] for place in places if place not in ((0, 0), (1, 0))][:questions]
    return image, [figure.add_subplot(cell) for cell in cells]


def plot_answers(predictions, galaxy, question, *, votes=None, level=0.9, ax=None):
    """Predicted and observed vote fractions of one question, a line an answer.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    question : str
    votes : array_like, shape (answer of the question,), optional
        Observed [votes].
    level : float
        Probability of the bar, which spans the predicted votes: of as many volunteers as were asked, or as are
        expected to be asked of 40.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    KeyError
        If there is no such galaxy or question.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[2.0, 3.0, 5.0]], ["J1"], schema)
    >>> ax = plot_answers(predictions, "J1", "bar", votes=[4, 10, 26])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['strong', 'weak', 'no']
    """
    question = predictions.schema.get_question(question)
    one = predictions[check_id(predictions, galaxy)]
    asked = one.proportion_asked()[0, question.index]
    observed_total = 0 if votes is None else int(np.sum(votes))
    total = observed_total or max(round(DEFAULT_TOTAL_VOTES * asked), 1)
    lower, upper = (edge[0] / total for edge in one.vote_interval(question.text, total, level=level))
    fraction = one.vote_fractions()[0, question.columns]
    ax = new_axes(ax)
    theme = theme_on(ax)
    y = np.arange(len(question.answers))
    strength = 0.35 + 0.65 * min(2 * asked, 1)  # pale where few would be asked
    ax.barh(y, upper - lower, left=lower, height=0.5, color=theme.prediction, alpha=0.35 * strength)
    ax.plot(fraction, y, "|", color=theme.prediction, markersize=13, markeredgewidth=2.5, alpha=strength)
    if observed_total:
        ax.plot(np.asarray(votes) / total, y, "D", color=theme.truth, markersize=5.5, clip_on=False, zorder=3)
    ax.set_yticks(y, [wrapped(answer.text, 18) for answer in question.answers], fontsize=9, parse_math=False)
    ax.set(xlim=(0, 1), ylim=(len(y) - 0.4, -0.6))
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=8)
    told = f"{observed_total} votes; " if votes is not None else ""
    title = f"{wrapped(question.text, 32)}\n{told}asked: {100 * asked:.0f} %"
    ax.set_title(title, fontsize=9, loc="left", parse_math=False)
    quiet(ax)
    return legible(ax)


def plot_gallery(
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    order_by: str | ArrayLike | None = None,
    show: str | None = None,
    descending: bool = True,
    count: int = 12,
    columns: int = 6,
) -> Figure:
    """Galaxies in an order, each with its image and its prediction.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and ``file_loc``; its votes are given too if it has them.
    order_by : str or array_like of shape (galaxy,), optional
        An answer (``"bar_strong"``), whose predicted fraction orders the galaxies; ``"surprise"``, how odd their votes
        are under the prediction, which is then written of the question that surprises most; or any value for each. By
        default they stay as they are.
    show : str, optional
        The answer whose prediction is written: by default the one that orders, or the leading answer of the first
        question.
    descending : bool
        Whether the largest comes first.
    count : int
        Galaxies shown.
    columns : int

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If an answer is not known, there is not one value a galaxy, or a galaxy has no row in the catalogue.
    """
    import matplotlib.pyplot as plt

    odd = surprise(predictions, catalog) if isinstance(order_by, str) and order_by == "surprise" else None
    order = _order(predictions, order_by if odd is None else odd["surprise"], descending)[:count]
    chosen = predictions[order]
    if show is None and isinstance(order_by, str) and odd is None:
        show = order_by
    captions = _captions(
        chosen,
        catalog,
        None if show is None else find_answer(show, predictions.schema),
        None if odd is None else odd.iloc[order],
    )
    columns = min(columns, max(len(chosen), 1))
    rows = max(math.ceil(len(chosen) / columns), 1)
    figure, grid = plt.subplots(
        rows, columns, figsize=(2.1 * columns, 2.65 * rows), layout="constrained", squeeze=False
    )
    for ax in grid.ravel()[len(chosen) :]:
        ax.remove()
    for ax, galaxy, caption in zip(grid.ravel(), chosen.id_str, captions, strict=False):
        _draw_image(ax, catalog, galaxy, predictions.info)
        ax.set_title(wrapped(galaxy, 28), fontsize=8, parse_math=False)
        ax.set_xlabel(caption, fontsize=8, parse_math=False)
    return seen_once(legible(figure))


def _order(predictions, order_by, descending):
    if order_by is None:
        return np.arange(len(predictions))
    if isinstance(order_by, str):
        values = predictions.vote_fractions()[:, find_answer(order_by, predictions.schema).index]
    else:
        values = np.asarray(order_by, dtype=float)
        if values.shape != (len(predictions),):
            raise ValueError(
                f"order_by: need one value for each of {len(predictions)} galaxies, got {values.shape}"
            )
    return np.argsort(-values if descending else values, kind="stable")  # NaN last


def _captions(predictions, catalog, answer, odd):
    """Two lines a galaxy: the answer with its predicted fraction and interval, and its votes; and what surprises."""
    schema = predictions.schema
    fraction = predictions.vote_fractions()
    lower, upper = predictions.interval(0.9)
    votes = matched_votes(predictions, catalog) if has_votes(catalog, schema) else None
    captions = []
    for row in range(len(predictions)):
        most = None if odd is None else odd["question"].iloc[row]  # missing where nobody was asked
        asked = schema.get_question(most) if isinstance(most, str) else schema.questions[0]
        i = asked.columns.start + int(fraction[row, asked.columns].argmax())
        i = i if answer is None else answer.index
        shown = schema.answers[i]
        text = wrapped(shown.text, 16) + f" {fraction[row, i]:.2f} ({lower[row, i]:.2f}–{upper[row, i]:.2f})"
        if votes is not None:
            total = votes[row, shown.question.columns].sum()
            text += f"\n{votes[row, i]} of {total} votes" if total else "\nnot asked"
        if isinstance(most, str):
            text += f"\n{wrapped(most, 24)}: {odd[most].iloc[row]:.1f} deviations off"
        captions.append(text)
    return captions


def _draw_image(ax, catalog, galaxy, info):
    """The galaxy's image with its id above, or a grey field where there is none."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    if catalog is not None and "file_loc" in catalog:
        from gzkit.images.read import read_image
        from gzkit.images.stretch import stretch_in

        (row,) = rows_in(catalog, [galaxy])
        ax.imshow(read_image(catalog["file_loc"].iloc[row], stretch_in(info)))
    else:
        ax.set_facecolor("#D9D9D9")
        ax.set_aspect("equal")
    ax.set_title(wrapped(galaxy, 26), fontsize=11, parse_math=False)


def _page_legend(figure, ax, with_votes, level):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    theme = theme_on(ax)
    handles = [
        Line2D(
            [], [], color=theme.prediction, marker="|", markersize=12, markeredgewidth=2.5, linestyle="none"
        ),
        Patch(color=theme.prediction, alpha=0.35),
    ]
    labels = ["predicted vote fraction (and share asked)", f"{100 * level:.0f} % of predicted votes"]
    if with_votes:
        handles.append(Line2D([], [], color=theme.truth, marker="D", linestyle="none"))
        labels.append("observed vote fraction")
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
