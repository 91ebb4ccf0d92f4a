"""Picture of calibration: coverage and PIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gzkit.evaluation import calibration
from gzkit.evaluation.evaluate import matched_votes
from gzkit.evaluation.figures import bootstrap_weights
from gzkit.palette import theme_on
from gzkit.plots.axes import new_panels, quiet
from gzkit.plots.letters import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gzkit.predictions.predictions import Predictions

REPLICATES = 200  # resamplings of the galaxies for the bands


def plot_calibration(
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    question: str | None = None,
    bins: int = 10,
    level: float = 0.9,
    axes: Sequence[Axes] | None = None,
    seed: int = 0,
) -> Figure:
    """Do the votes fall where they were predicted to fall, as often as predicted?

    On the left how often the predictive interval of the votes held them, against the probability that it claims: on
    the diagonal if calibrated, below if too confident. On the right the randomised PIT (averaged over its random
    places): flat if calibrated, high at both ends if too confident. Bands are bootstrap intervals over galaxies.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str, optional
        By default all of them together, with a thin line for each on the left.
    bins : int
        Of the PIT.
    level : float
        Probability content of the bands.
    axes : pair of Axes, optional
    seed : int

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If a prediction has no row in the catalogue, or nobody was asked.

    References
    ----------
    Czado, Gneiting & Held 2009, Biometrics 65, 1254.
    """
    schema = predictions.schema
    questions = schema.questions if question is None else [schema.get_question(question)]
    votes = matched_votes(predictions, catalog)
    steps = [_pit_of_asked(votes[:, q.columns], predictions.concentration[:, q.columns]) for q in questions]
    if not any(len(lower) for lower, _, _ in steps):
        raise ValueError("plot_calibration: no predicted galaxy was asked about this")
    coverage_ax, pit_ax = new_panels(2, axes, "a panel", height=4.0, width=4.6)
    _draw_coverage(coverage_ax, steps, level, seed)
    _draw_pit(pit_ax, steps, bins, level, seed)
    name = "all questions" if question is None else question
    coverage_ax.set_title(f"Coverage: {name}", parse_math=False)
    pit_ax.set_title(f"Where the votes fell: {name}", parse_math=False)
    return legible(coverage_ax.figure)


def _pit_of_asked(votes, concentration):
    """Steps of the PIT of the galaxies asked, and which these are."""
    rows = np.flatnonzero(votes.sum(axis=1))
    lower, upper = calibration.pit_bounds(votes[rows], concentration[rows])
    return lower, upper, rows


def _draw_coverage(ax, steps, level, seed):
    theme = theme_on(ax)
    claimed = np.linspace(0.02, 0.98, 25)
    held = [
        np.stack([calibration.coverage(a, b, c).mean(axis=1) for c in claimed], axis=1) for a, b, _ in steps
    ]
    if len(steps) > 1:
        for i, one in enumerate(one for one in held if len(one)):
            label = "" if i else "each question"
            ax.plot(claimed, one.mean(axis=0), color=theme.muted, linewidth=0.7, alpha=0.7, label=label)
    mean, lower, upper = _bootstrap_mean(held, [rows for _, _, rows in steps], level, seed)
    ax.plot([0, 1], [0, 1], color=theme.ink, linestyle="--", linewidth=1, label="calibrated")
    ax.fill_between(claimed, lower, upper, color=theme.prediction, alpha=0.25, linewidth=0)
    label = "together" if len(steps) > 1 else "model"
    ax.plot(claimed, mean, color=theme.prediction, linewidth=2.2, label=label)
    ax.text(0.97, 0.05, "too confident", ha="right", color=theme.muted, transform=ax.transAxes)
    ax.text(0.34, 0.95, "too cautious", va="top", color=theme.muted, transform=ax.transAxes)
    ax.set(xlabel="probability that the interval claims", ylabel="share of votes inside")
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.9), fontsize=9)
    quiet(ax)


def _draw_pit(ax, steps, bins, level, seed):
    theme = theme_on(ax)
    shares = [calibration.pit_histogram(a, b, bins=bins).mean(axis=1) * bins for a, b, _ in steps]
    mean, lower, upper = _bootstrap_mean(shares, [rows for _, _, rows in steps], level, seed)
    edges = np.linspace(0, 1, bins + 1)
    look = {"color": theme.prediction, "alpha": 0.55, "edgecolor": theme.paper}
    ax.bar(edges[:-1], mean, width=1 / bins, align="edge", **look)
    middle = (edges[:-1] + edges[1:]) / 2
    ax.vlines(middle, lower, upper, color=theme.ink, linewidth=1.2)
    ax.axhline(1, color=theme.ink, linestyle="--", linewidth=1)
    ax.set(xlim=(0, 1), ylim=(0, max(1.6, 1.15 * upper.max())))
    ax.set(xlabel="place in the predicted distribution (PIT)", ylabel="density")
    quiet(ax)


def _bootstrap_mean(values, rows, level, seed):
    """Mean over the galaxies of all questions, and its interval when whole galaxies are drawn again.

    `values` holds for each question an array (galaxy, k), `rows` which galaxies these are.
    """
    galaxies = 1 + max(row.max(initial=-1) for row in rows)
    total = np.zeros((galaxies, values[0].shape[1] + 1))
    for value, row in zip(values, rows, strict=True):
        total[row, :-1] += value
        total[row, -1] += 1
    sums = bootstrap_weights(galaxies, REPLICATES, seed) @ total
    means = sums[sums[:, -1] > 0, :-1] / sums[sums[:, -1] > 0, -1:]
    return means[0], *np.quantile(means[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
