"""One galaxy's votes, question by question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gzkit.evaluation.intervals import jeffreys
from gzkit.palette import theme_on
from gzkit.plots.axes import legend_above, new_axes, quiet
from gzkit.plots.letters import legible
from gzkit.plots.tree.flow import read_row
from gzkit.schema.surveys import as_schema
from gzkit.votes import check_votes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from gzkit.schema.tree import Schema

ROW = 0.235  # height of an answer [inches]
WIDTH = 6.4  # of a new figure [inches]
BETWEEN = 1.4  # from one question's last answer to the next question [answers]


def plot_votes(
    votes: ArrayLike | Mapping[str, float],
    schema: Schema | str,
    ax: Axes | None = None,
    *,
    level: float = 0.9,
    questions: Sequence[str] | None = None,
    title: str = "",
) -> Axes:
    """Draw what volunteers said of one galaxy: a bar an answer, with how sure the fraction is.

    Bars are vote fractions and whiskers are credible intervals of the answer's probability, from its count and the
    total (Jeffreys prior, a Beta distribution of 1/2 and 1/2; open-ended at 0 and 1). Counts and total votes are
    written out, and a question that nobody was asked is marked.

    Parameters
    ----------
    votes : array_like, dict or Series
        Vote counts [votes], shape (answer,) in the order of ``schema.label_cols``, or a row of a catalogue.
    schema : Schema or str
    ax : Axes, optional
    level : float
        Probability inside the intervals, in (0, 1).
    questions : sequence of str, optional
        Draw only these questions.
    title : str

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the votes are no votes or do not fit the schema, or the level is outside (0, 1).
    KeyError
        If there is no question of a name; the nearest is suggested.

    References
    ----------
    Brown, Cai & DasGupta 2001, Statistical Science 16, 101: intervals for a binomial proportion
    Cameron 2011, PASA 28, 128 (arXiv:1012.0566): the same for fractions of galaxies

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> ax = plot_votes([3, 5, 12], schema)
    >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
    [0.15, 0.25, 0.6]
    """
    schema = as_schema(schema, "plot_votes", votes=votes)
    counts = check_votes(read_row(votes, schema), schema)
    if counts.ndim != 1:
        raise ValueError(f"plot_votes draws one galaxy, got votes of shape {counts.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    chosen = [schema.get_question(text) for text in questions or [q.text for q in schema.walk_order]]
    rows = sum(len(question.answers) + BETWEEN for question in chosen)
    ax = new_axes(ax, (WIDTH, ROW * rows + 0.8))
    y, places, names = 0.0, [], []
    for question in chosen:
        ys = y + 1 + np.arange(len(question.answers))
        _draw_question(ax, question, ys, counts[question.columns], level)
        places += list(ys)
        names += [answer.text for answer in question.answers]
        y = ys[-1] + BETWEEN
    _finish(ax, places, names, y, title, level)
    return legible(ax)


def fraction_interval(votes, level):
    """Credible interval of each answer's probability, from its votes and the total.

    Parameters
    ----------
    votes : ndarray, shape (answer,)
        Votes of one question [votes].
    level : float
        Probability inside the interval.

    Returns
    -------
    lower, upper : ndarray, shape (answer,)
        They always enclose the vote fraction: 0 for no vote, 1 for all votes.
    """
    return np.array([jeffreys(given, votes.sum(), level) for given in votes]).T


def _draw_question(ax, question, ys, votes, level):
    theme, total = theme_on(ax), int(votes.sum())
    note = f"{total} vote{'s' * (total != 1)}" if total else "nobody was asked"
    style = "normal" if total else "italic"
    ax.text(0.0, ys[0] - 1, question.text, weight="bold", color=theme.ink, va="center", parse_math=False)
    ax.text(1.0, ys[0] - 1, note, color=theme.muted, va="center", ha="right", style=style)
    if not total:
        frame = {"facecolor": "none", "edgecolor": theme.grid, "hatch": "////"}
        ax.barh(ys.mean(), 1.0, height=len(ys) - 0.1, **frame)
        return
    lower, upper = fraction_interval(votes, level)
    ax.barh(ys, votes / total, height=0.72, color=theme.truth)
    for y, low, high, count in zip(ys, lower, upper, votes, strict=True):
        ax.plot([low, high], [y, y], color=theme.paper, linewidth=3.2, solid_capstyle="butt")
        ax.plot([low, high], [y, y], color=theme.ink, linewidth=1.2, marker="|", markersize=6)
        ax.text(1.02, y, f"{count:g}", color=theme.ink, va="center", ha="left", fontsize="small")


def _finish(ax, places, names, height, title, level):
    theme = theme_on(ax)
    ax.set(xlim=(0, 1), ylim=(height - 0.6, -0.8), xlabel="vote fraction")
    ax.set_title(title, parse_math=False)
    ax.set_yticks(places, names, parse_math=False)
    ax.tick_params(axis="y", length=0)
    quiet(ax, "left")
    ax.set_axisbelow(True)
    ax.xaxis.grid(True, color=theme.grid, linewidth=0.6)
    codes = {
        "vote fraction (votes at the right)": Patch(color=theme.truth),
        f"{100 * level:g} % credible interval": Line2D([], [], color=theme.ink, marker="|", linewidth=1.2),
        "nobody was asked": Patch(facecolor="none", edgecolor=theme.grid, hatch="////"),
    }
    if not any(bar.get_hatch() for bar in ax.patches):
        del codes["nobody was asked"]
    legend_above(ax, codes.values(), codes)
