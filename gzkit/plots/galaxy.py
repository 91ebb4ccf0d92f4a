"""One galaxy on a page, and galleries of many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gzkit.catalog.taken import rows_in
from gzkit.evaluation.cuts import find_answer
from gzkit.evaluation.evaluate import has_votes, matched_votes
from gzkit.evaluation.surprise import surprise
from gzkit.mistakes import check_arguments, described
from gzkit.palette import theme_on
from gzkit.plots.axes import new_axes, quiet, seen_once, wrapped
from gzkit.plots.letters import legible
from gzkit.plots.predictions import DEFAULT_TOTAL_VOTES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from gzkit.predictions.predictions import Predictions

COLUMNS = 2
PAGE = (13.333, 7.5)  # width and least height [inch]: a slide
LEFT, PICTURE, EDGE = 5.6, 5.1, 0.3  # where panels begin, side of the picture, margin [inch]
HEAD, BETWEEN = 1.3, 0.6  # above a question's answers and between two questions [answers]
TALLEST, LOWEST = 0.3, 0.215  # height of an answer [inch]
TITLE, NAME = 19, 20  # letters in a line of a question's and an answer's name
NAMES = 0.42  # of a panel's width, for the names of the answers


def plot_galaxy(
    predictions: Predictions, galaxy: str, *, catalog: pd.DataFrame | None = None, level: float = 0.9
) -> Figure:
    """One slide for one galaxy: its image, and question by question what was predicted and observed.

    Panels follow the tree, down the columns. A tree of very many questions makes the page longer.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    catalog : DataFrame, optional
        With ``id_str``; its image is shown if there is a ``file_loc``, its votes if there are columns of votes.
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
    height, panels = _panel_places(schema.walk_order)
    figure = plt.figure(figsize=(PAGE[0], height))

    def axes_at(left, top, width, tall):
        """Axes by distances from the upper left corner [inch]."""
        return figure.add_axes((left / PAGE[0], 1 - (top + tall) / height, width / PAGE[0], tall / height))

    image = axes_at(EDGE, 0.75, PICTURE, PICTURE)
    _draw_image(image, catalog, galaxy, predictions.info, size=16)
    for question, place in panels:
        own = None if votes is None else votes[question.columns]
        plot_answers(one, galaxy, question.text, votes=own, level=level, ax=axes_at(*place))
    lowest = {ax.get_position().x0: ax for ax in figure.axes[1:]}  # of each column
    for ax in lowest.values():
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("vote fraction", fontsize=11)
    _page_legend(image, votes is not None, level)
    return seen_once(legible(figure))


def _panel_places(questions):
    """Height of the page, and each question with the place of its Axes: left, top, width and height [inch].

    Questions follow each other down the columns, in the order of the tree, as words do.
    """
    heads = [HEAD + _lines(question.text, TITLE) - 1 for question in questions]
    tabs = [len(q.answers) * max(_lines(answer.text, NAME) for answer in q.answers) for q in questions]
    rows = [head + tab + BETWEEN for head, tab in zip(heads, tabs, strict=True)]
    room = PAGE[1] - 2 * EDGE - 0.5
    ends = np.cumsum(rows)
    column = ((ends - np.array(rows) / 2) / ends[-1] * COLUMNS).astype(int)
    longest = max(sum(row for row, at in zip(rows, column, strict=True) if at == c) for c in range(COLUMNS))
    each = float(np.clip(room / longest, LOWEST, TALLEST))
    height = max(PAGE[1], longest * each + PAGE[1] - room)
    width, top, places = (PAGE[0] - LEFT - EDGE) / COLUMNS, dict.fromkeys(range(COLUMNS), EDGE), []
    for question, head, tab, at in zip(questions, heads, tabs, column.tolist(), strict=True):
        left = LEFT + (at + NAMES) * width
        places.append((question, (left, top[at] + head * each, (1 - NAMES) * width - 0.45, tab * each)))
        top[at] += (head + tab + BETWEEN) * each
    return height, places


def _lines(text, width):
    return wrapped(text, width).count("\n") + 1


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
        for place, count in zip(y, votes, strict=True):
            ax.text(1.06, place, f"{count}", va="center", fontsize=11, color=theme.truth)
    ax.set_yticks(
        y, [wrapped(answer.text, NAME) for answer in question.answers], fontsize=10.5, parse_math=False
    )
    ax.set(xlim=(0, 1), ylim=(len(y) - 0.5, -0.5), axisbelow=True)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=11)
    ax.tick_params(labelbottom=False, length=0)
    ax.grid(axis="x", color=theme.grid, linewidth=0.8)
    told = "" if votes is None else f"{observed_total} vote{'s' * (observed_total != 1)}"
    if question.asked_after:
        told += f" ({100 * asked:.0f} %)"
    ax.set_title(
        wrapped(question.text, TITLE), fontsize=12, loc="left", weight="bold", parse_math=False, x=-0.72
    )
    ax.set_title(told, fontsize=10, loc="right", color=theme.muted, x=1.16)
    quiet(ax, "left", "bottom")
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
    most = max((caption.count("\n") for caption in captions), default=0) + 1  # lines under a picture
    size = (2.1 * columns, (2.4 + 0.17 * most) * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax in grid.ravel()[len(chosen) :]:
        ax.remove()
    for ax, galaxy, caption in zip(grid.ravel(), chosen.id_str, captions, strict=False):
        _draw_image(ax, catalog, galaxy, predictions.info)
        ax.set_title(wrapped(galaxy, 24), fontsize=9, parse_math=False)
        ax.set_xlabel(caption, fontsize=9, parse_math=False)
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
            text += f"\n{wrapped(most, 22)}:\n{odd[most].iloc[row]:.1f} deviations off"
        captions.append(text)
    return captions


def _draw_image(ax, catalog, galaxy, info, size=11):
    """The galaxy's image with its id above, or a grey field where there is none."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    if catalog is not None and "file_loc" in catalog:
        from gzkit.images.read import read_image
        from gzkit.images.stretch import stretch_in

        (row,) = rows_in(catalog, [galaxy])
        image = read_image(catalog["file_loc"].iloc[row], stretch_in(info))
        ax.imshow(image, interpolation="bicubic")
    else:
        ax.set(facecolor="#ECECEC", aspect="equal", xlim=(0, 1), ylim=(0, 1))
        ax.text(0.5, 0.5, "no image", ha="center", va="center", color="#5F5F5F", fontsize=size)
    ax.set_title(wrapped(galaxy, 26), fontsize=size, parse_math=False)


def _page_legend(ax, with_votes, level):
    theme = theme_on(ax)
    mark = {
        "color": theme.prediction,
        "marker": "|",
        "markersize": 15,
        "markeredgewidth": 2.5,
        "linestyle": "none",
    }
    handles = [Line2D([], [], **mark), Patch(color=theme.prediction, alpha=0.35)]
    labels = ["predicted vote fraction", f"{100 * level:.0f} % of predicted votes"]
    if with_votes:
        handles.append(Line2D([], [], color=theme.truth, marker="D", linestyle="none"))
        labels.append("observed vote fraction; votes at the right")
    labels[0] += ", pale where few are asked"
    handles.append(Patch(alpha=0))
    labels.append("in brackets: share of volunteers predicted to be asked")
    ax.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0, -0.02),
        frameon=False,
        fontsize=12,
        borderaxespad=0,
    )
