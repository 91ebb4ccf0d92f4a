"""One galaxy's votes, question by question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gzkit.evaluation.intervals import jeffreys
from gzkit.palette import theme_on
from gzkit.plots.axes import legend_above, new_axes, quiet, wrapped
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
BEHIND = 0.4  # opacity of bars behind a prediction
BETWEEN = 0.5  # from one question's last answer to the next question [answers]
TITLE, NAME = 22, 20  # letters in a line of a question's and an answer's name
DEFAULT_TOTAL_VOTES = 40  # volunteers a galaxy had in most campaigns


def plot_votes(
    votes: ArrayLike | Mapping[str, float],
    schema: Schema | str,
    ax: Axes | None = None,
    *,
    level: float = 0.9,
    questions: str | Sequence[str] | None = None,
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
    questions : str or sequence of str, optional
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
    wanted = [questions] if isinstance(questions, str) else questions
    chosen = [schema.get_question(text) for text in wanted or [q.text for q in schema.walk_order]]
    ax = new_axes(ax, (WIDTH, ROW * question_rows(chosen) + 0.8))
    draw_questions(ax, chosen, votes=counts, level=level)
    ax.set_title(title, parse_math=False)
    legend_above(ax, *vote_codes(ax, level))
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


def question_rows(questions):
    """Height that questions take under one another.

    Parameters
    ----------
    questions : sequence of Question

    Returns
    -------
    float
        [answers]
    """
    return sum(_title(q).count("\n") + 1 + _step(q) * len(q.answers) + BETWEEN for q in questions)


def draw_questions(ax, questions, *, votes=None, prediction=None, level=0.9, left=0.0):
    """Questions under one another: a bar for the vote fraction of each answer, and how sure that is or was predicted.

    Parameters
    ----------
    ax : Axes
    questions : sequence of Question
    votes : ndarray, shape (answer,), optional
        Of one galaxy, for all answers of the schema [votes].
    prediction : Predictions, optional
        Of the same galaxy. In place of the credible intervals of the fractions come the intervals of the predicted
        votes: of as many volunteers as were asked, or as are expected to be asked of 40.
    level : float
        Probability of the intervals.
    left : float
        Where the questions' names begin, as a share of the width.
    """
    theme, y, places, names = theme_on(ax), 0.0, [], []
    for question in questions:
        given = None if votes is None else votes[question.columns]
        total = 0 if given is None else int(given.sum())
        y += _title(question).count("\n")
        ys = y + (_step(question) + 1) / 2 + _step(question) * np.arange(len(question.answers))
        note = "" if given is None else f"{total} vote{'s' * (total != 1)}" if total else "nobody was asked"
        if total:
            ax.barh(
                ys, given / total, height=0.72, color=theme.truth, alpha=1.0 if prediction is None else BEHIND
            )
            for place, count in zip(ys, given, strict=True):
                ax.text(1.03, place, f"{count:g}", color=theme.ink, va="center")
        if prediction is not None:
            asked = _draw_prediction(ax, question, ys, prediction, total, level)
            note += f" ({100 * asked:.0f} %)" if question.asked_after else ""
        elif total:
            for place, low, high in zip(ys, *fraction_interval(given, level), strict=True):
                ax.plot([low, high], [place, place], color=theme.paper, linewidth=3.2, solid_capstyle="butt")
                ax.plot([low, high], [place, place], color=theme.ink, linewidth=1.2, marker="|", markersize=6)
        else:
            ax.barh(ys.mean(), 1.0, height=ys[-1] - ys[0] + 0.9, label="nobody was asked", **_nobody(theme))
        ax.text(left, y + 0.3, _title(question), weight="bold", size=11, color=theme.ink, parse_math=False)
        ax.text(1.03, y + 0.3, note, color=theme.muted, ha="right", style="normal" if total else "italic")
        places += list(ys)
        names += [wrapped(answer.text, NAME) for answer in question.answers]
        y = ys[-1] + (_step(question) + 1) / 2 + BETWEEN
    ax.set(xlim=(0, 1), ylim=(y - 0.6, -0.8), xlabel="vote fraction", axisbelow=True)
    ax.set_yticks(places, names, parse_math=False)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    ax.tick_params(length=0)
    ax.xaxis.grid(True, color=theme.grid, linewidth=0.6)
    quiet(ax, "left", "bottom")


def vote_codes(ax, level, *, predicted=False):
    """Handles and labels of what `draw_questions` draws.

    Parameters
    ----------
    ax : Axes
    level : float
    predicted : bool

    Returns
    -------
    (list of Artist, list of str)
    """
    theme = theme_on(ax)
    codes = {}
    if any(not bar.get_hatch() for bar in ax.patches):
        codes["vote fraction (votes at the right)"] = Patch(
            color=theme.truth, alpha=BEHIND if predicted else 1.0
        )
    if predicted:
        mark = {"marker": "|", "markersize": 13, "markeredgewidth": 2.5}
        codes["predicted fraction, pale where few are asked"] = Line2D(
            [], [], color=theme.prediction, lw=0, **mark
        )
        codes[f"{100 * level:g} % of predicted votes"] = Line2D([], [], color=theme.prediction, lw=2.5)
        codes["in brackets: share of volunteers predicted to be asked"] = Patch(alpha=0)
    else:
        codes[f"{100 * level:g} % credible interval"] = Line2D([], [], color=theme.ink, marker="|", lw=1.2)
    if any(bar.get_hatch() for bar in ax.patches):
        codes["nobody was asked"] = Patch(**_nobody(theme))
    return list(codes.values()), list(codes)


def _draw_prediction(ax, question, ys, one, total, level):
    """The predicted fraction of each answer with its interval, pale where few would be asked; the share that would."""
    asked, theme = one.proportion_asked()[0, question.index], theme_on(ax)
    total = total or max(round(DEFAULT_TOTAL_VOTES * asked), 1)
    lower, upper = (edge[0] / total for edge in one.vote_interval(question.text, total, level=level))
    look = {"color": theme.prediction, "alpha": 0.35 + 0.65 * min(2 * asked, 1)}
    ax.hlines(ys, lower, upper, linewidth=2.5, **look)
    fraction = one.vote_fractions()[0, question.columns]
    ax.plot(fraction, ys, "|", markersize=13, markeredgewidth=2.5, **look)
    return asked


def _nobody(theme):
    return {"facecolor": "none", "edgecolor": theme.grid, "hatch": "////"}


def _title(question):
    return wrapped(question.text, TITLE)


def _step(question):
    """Rows of each answer: as many as the longest name has lines."""
    return max(wrapped(answer.text, NAME).count("\n") for answer in question.answers) + 1
