"""Pictures of predictions: against the votes, and how far to trust them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle

from gzkit.distributions.votes import central_interval
from gzkit.evaluation.evaluate import leading_answers, matched_votes
from gzkit.evaluation.skill import expected_error
from gzkit.mistakes import check_arguments
from gzkit.palette import blend, ink_on, theme_on
from gzkit.plots.axes import columns_of, new_axes, new_panels, quiet, wrapped
from gzkit.plots.letters import legible
from gzkit.plots.votes import DEFAULT_TOTAL_VOTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gzkit.predictions.predictions import Predictions

FEW_GALAXIES = 10  # a share of fewer is no percentage
MANY_GALAXIES = 3_000  # more than this are drawn as a density


def plot_predicted_votes(
    predictions: Predictions,
    galaxy: str,
    question: str,
    *,
    catalog: pd.DataFrame | None = None,
    total_votes: int | None = None,
    level: float = 0.9,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """How many of the volunteers asked are predicted to give each answer, as bars over whole vote counts.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    question : str
    catalog : DataFrame, optional
        With ``id_str`` and votes; the observed count is then marked.
    total_votes : int, optional
        Volunteers asked [votes]: by default those who were, or 40 without a catalogue or where nobody was.
    level : float
        Probability of the interval that is drawn in full colour; the bars outside are pale.
    axes : sequence of Axes, optional
        One an answer.

    Returns
    -------
    Figure
        With one panel an answer.

    Raises
    ------
    KeyError
        If there is no such galaxy or question.
    ValueError
        If there is not one Axes an answer.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[2.0, 3.0, 5.0]], ["J1"], schema)
    >>> figure = plot_predicted_votes(predictions, "J1", "bar")
    >>> [round(float(sum(bar.get_height() for bar in ax.patches)), 6) for ax in figure.axes]
    [1.0, 1.0, 1.0]
    """
    asked = predictions.schema.get_question(question)
    one = predictions[galaxy]
    votes = None if catalog is None else matched_votes(one, catalog)[0, asked.columns]
    total = 0 if votes is None else int(votes.sum())
    total_votes = total or DEFAULT_TOTAL_VOTES if total_votes is None else total_votes
    observed = votes if votes is not None and total == total_votes else [None] * len(asked.answers)
    probability = one.predicted_votes(asked.text, total_votes)[0]  # (answer, 0..total)
    panels = new_panels(len(asked.answers), axes, "an answer", height=2.8)
    figure = panels[0].figure
    if axes is None:
        figure.suptitle(f"{asked.text}: votes of {galaxy}", parse_math=False)
    codes: dict[str, Any] = {}
    for i, (ax, answer) in enumerate(zip(panels, asked.answers, strict=True)):
        _draw_votes(ax, probability[i], observed[i], level)
        handles, labels = ax.get_legend_handles_labels()
        codes |= dict(zip(labels, handles, strict=True))
        ax.set(
            ylim=(0, 1.12 * probability.max()), ylabel="" if i % columns_of(len(panels)) else "probability"
        )
        ax.set_title(wrapped(answer.text, 22), pad=12, parse_math=False)
    if axes is None:
        figure.legend(codes.values(), codes, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return legible(figure)


def _draw_votes(ax, probability, observed, level):
    """One answer's predicted votes as bars, pale outside the central interval, with the observed count marked."""
    theme, counts = theme_on(ax), np.arange(len(probability))
    lower, upper = central_interval(probability, level)
    bars = ax.bar(counts, probability, width=0.84, color=theme.prediction)
    for bar, inside in zip(bars, (lower <= counts) & (counts <= upper), strict=True):
        bar.set_alpha(0.9 if inside else 0.3)
        bar.set_label(f"predicted, {'in' if inside else 'out'}side the {100 * level:g} % interval")
    if observed is not None:
        ax.axvline(observed, color=theme.truth, linewidth=1.5, linestyle="--")
        at_top = {"transform": ax.get_xaxis_transform(), "clip_on": False, "linestyle": "--"}
        ax.plot(observed, 1, "v", markersize=9, color=theme.truth, label="votes given", **at_top)
    ax.set(xlim=(-0.7, counts[-1] + 0.7), xlabel=f"votes of {counts[-1]}")
    quiet(ax)
    ax.xaxis.get_major_locator().set_params(integer=True)


def plot_fractions(
    predictions: Predictions,
    catalog: pd.DataFrame,
    question: str,
    *,
    min_votes: int = 10,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Observed vote fractions against predicted ones, with the scatter that the volunteers' own chance alone makes.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str
    min_votes : int
        Galaxies where fewer volunteers were asked are left out [votes].
    axes : sequence of Axes, optional
        One an answer.

    Returns
    -------
    Figure
        With one panel an answer; the band holds 90 % of the galaxies if the predicted fractions were the true ones
        and as many volunteers asked as at the median galaxy. Points outside show what the model does not know.

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If no galaxy has enough votes.
    """
    check_arguments("plot_fractions", predictions=predictions, catalog=catalog)
    asked = predictions.schema.get_question(question)
    votes = matched_votes(predictions, catalog)[:, asked.columns]
    total = votes.sum(axis=1)
    enough = total >= max(min_votes, 1)
    if not enough.any():
        raise ValueError(f"plot_fractions: no galaxy has {min_votes} votes for {asked.text!r}")
    predicted = predictions.vote_fractions()[enough, asked.columns]
    observed = votes[enough] / total[enough, np.newaxis]
    panels = new_panels(len(asked.answers), axes, "an answer", height=3.3)
    for i, (ax, answer) in enumerate(zip(panels, asked.answers, strict=True)):
        _draw_fractions(ax, predicted[:, i], observed[:, i], total[enough])
        error = _error_text(predicted[:, i], observed[:, i], total[enough])
        ax.set_title(f"{wrapped(answer.text, 36)}\n{error}", fontsize=9, parse_math=False)
        if i % columns_of(len(panels)):
            ax.set(ylabel="")
    panels[0].legend(loc="upper left", fontsize=8, frameon=False, handlelength=1.2, borderaxespad=0.2)
    return legible(panels[0].figure)


def plot_confusion(
    predictions: Predictions,
    catalog: pd.DataFrame,
    question: str,
    *,
    confident: float = 0.8,
    well_asked: float = 0.5,
    ax: Axes | None = None,
) -> Axes:
    """Which answer is predicted to lead, against the one that led, for galaxies where volunteers were confident.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str
    confident : float
        Leading vote fraction from which volunteers count as confident; 0 takes all galaxies asked.
    well_asked : float
        Proportion of the volunteers asked from which a galaxy counts.
    ax : Axes, optional

    Returns
    -------
    Axes
        Cells give galaxies and, as a tint, their share of the row, in per cent where the row has ten or more; a row of
        fewer is pale. Empty cells are blank.

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If no galaxy qualifies.
    """
    check_arguments("plot_confusion", predictions=predictions, catalog=catalog)
    asked = predictions.schema.get_question(question)
    votes = matched_votes(predictions, catalog)
    observed, predicted = leading_answers(
        votes, predictions, asked, confident=confident, well_asked=well_asked
    )
    if not len(observed):
        raise ValueError(f"plot_confusion: no confident galaxy for {asked.text!r}")
    size = len(asked.answers)
    counts = np.bincount(observed * size + predicted, minlength=size * size).reshape(size, size)
    ax = new_axes(ax, figsize=(3.0 + 0.9 * size, 1.9 + 0.7 * size))
    _draw_counts(ax, counts, [wrapped(answer.text, 20) for answer in asked.answers])
    ax.set(xlabel="predicted to lead", ylabel="led among volunteers")
    sure = "galaxies asked" if confident == 0 else "confident galaxies"
    ax.set_title(
        f"{asked.text}\n{np.trace(counts):,} of {counts.sum():,} {sure} right", fontsize=11, parse_math=False
    )
    return legible(ax)


def _draw_counts(ax, counts, names):
    """Galaxies in each cell, tinted by their share of the row; a share is written where it means something."""
    theme, rows = theme_on(ax), counts.sum(axis=1)
    for row, column in np.ndindex(*counts.shape):
        count, total = counts[row, column], rows[row]
        share = count / max(total, 1)
        fill = blend(theme.paper, theme.truth, share if total >= FEW_GALAXIES else 0.3 * share)
        cell = {"facecolor": fill, "edgecolor": theme.grid, "linewidth": 0.8}
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **cell))
        if count:
            text = f"{count}\n{100 * share:.0f} %" if total >= FEW_GALAXIES else f"{count} of {total}"
            ax.text(column, row, text, ha="center", va="center", color=ink_on(fill), fontsize=10)
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5))
    ax.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor", parse_math=False)
    labels = [
        f"{name}\n{total} galax{'y' if total == 1 else 'ies'}"
        for name, total in zip(names, rows, strict=True)
    ]
    ax.set_yticks(range(len(names)), labels, parse_math=False)
    ax.tick_params(length=0)
    quiet(ax, "left", "bottom")


def _draw_fractions(ax, predicted, observed, total):
    from scipy.stats import binom

    theme = theme_on(ax)
    asked = int(np.median(total))
    line = np.linspace(0, 1, 201)
    lower, upper = (binom.ppf(edge, asked, line) / asked for edge in (0.05, 0.95))
    ax.fill_between(
        line, lower, upper, color=theme.truth, alpha=0.16, linewidth=0, label=f"chance of {asked} votes"
    )
    ax.plot([0, 1], [0, 1], color=theme.ink, linewidth=1, linestyle="--")
    if len(predicted) > MANY_GALAXIES:
        ax.hexbin(predicted, observed, gridsize=40, extent=(0, 1, 0, 1), mincnt=1, bins="log", cmap="cividis")
    else:
        size = np.clip(2_000 / len(predicted), 6, 26)
        ax.scatter(predicted, observed, s=size, color=theme.prediction, alpha=0.55, linewidths=0)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="predicted fraction", ylabel="observed fraction")
    ax.set_aspect("equal")
    quiet(ax)


def _error_text(predicted, observed, total):
    error = np.abs(predicted - observed).mean()
    return f"mean error {error:.3f}, by chance {expected_error(total, predicted).mean():.3f}"
