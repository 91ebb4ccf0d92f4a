"""One galaxy's votes, question by question."""

import numpy as np

from gzkit.palette import answer_colors, theme_on
from gzkit.plots.tree.flow import read_row
from gzkit.votes import check_votes, total_votes, vote_fractions

ROW = 0.235  # height of an answer [inches]
WIDTH = 6.4  # of a new figure [inches]


def plot_votes(votes, schema, ax=None, *, level=0.9, questions=None, title=""):
    """Draw what volunteers said of one galaxy: a bar an answer, with how sure the fraction is.

    Bars are vote fractions and whiskers are credible intervals of the answer's probability, from its count and the
    total (Jeffreys prior, a Beta distribution of 1/2 and 1/2; open-ended at 0 and 1). Counts and total votes are
    written out, and a question that nobody was asked is marked.

    Parameters
    ----------
    votes : array_like, dict or Series
        Vote counts [votes], shape (answer,) in the order of ``schema.label_cols``, or a row of a catalogue.
    schema : Schema
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
    votes = check_votes(read_row(votes, schema), schema)
    if votes.ndim != 1:
        raise ValueError(f"plot_votes draws one galaxy, got votes of shape {votes.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    chosen = [schema.get_question(text) for text in questions or [q.text for q in schema.walk_order]]
    rows = sum(len(question.answers) + 1.4 for question in chosen)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(WIDTH, ROW * rows + 0.8), layout="constrained")
    theme = theme_on(ax)
    totals, fractions = total_votes(votes, schema), vote_fractions(votes, schema)
    y, places, names = 0.0, [], []
    for question in chosen:
        total = int(totals[question.index])
        note = f"{total} vote{'s' * (total != 1)}" if total else "nobody was asked"
        ax.text(0.0, y, question.text, weight="bold", color=theme.ink, va="center", parse_math=False)
        ax.text(
            1.0, y, note, color=theme.muted, va="center", ha="right", style="normal" if total else "italic"
        )
        ys = y + 1 + np.arange(len(question.answers))
        places += list(ys)
        names += [answer.text for answer in question.answers]
        if total:
            _draw_question(ax, question, ys, votes, fractions, level, theme)
        else:
            ax.barh(
                ys.mean(), 1.0, height=len(ys) - 0.1, facecolor="none", edgecolor=theme.grid, hatch="////"
            )
        y = ys[-1] + 1.4
    _finish(ax, places, names, y, theme, title, level)
    return ax


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
    from gzkit.distributions import interval

    total = votes.sum()
    given_or_not = np.stack([votes + 0.5, total - votes + 0.5], axis=-1)  # (answer, given or not)
    lower, upper = (side[:, 0] for side in interval(given_or_not, level))
    return np.where(votes == 0, 0.0, lower), np.where(votes == total, 1.0, upper)


def _draw_question(ax, question, ys, votes, fractions, level, theme):
    part = votes[question.columns]
    shares = fractions[question.columns]
    lower, upper = fraction_interval(part, level)
    ax.barh(ys, shares, height=0.72, color=answer_colors(question), edgecolor=theme.ink, linewidth=0.5)
    for y, low, high, count in zip(ys, lower, upper, part, strict=True):
        ax.plot([low, high], [y, y], color=theme.paper, linewidth=3.2, solid_capstyle="butt")
        ax.plot([low, high], [y, y], color=theme.ink, linewidth=1.2, marker="|", markersize=6)
        ax.text(1.02, y, f"{count:g}", color=theme.ink, va="center", ha="left", fontsize="small")


def _finish(ax, places, names, height, theme, title, level):
    ax.set(xlim=(0, 1), ylim=(height - 0.6, -0.8), xlabel="vote fraction", title=title)
    ax.set_xlabel(f"vote fraction, with its {100 * level:g} % credible interval; votes at the right")
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.xaxis.grid(True, color=theme.grid, linewidth=0.6)
