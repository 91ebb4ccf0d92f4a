"""The loss as a picture: what is believed, which votes that predicts, which way training pushes, and the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gzkit.palette import MULTINOMIAL, theme_on
from gzkit.plots.axes import legend_above, new_panels, quiet
from gzkit.plots.letters import legible
from gzkit.plots.loss.shapes import (
    CORNERS,
    HEADROOM,
    arrow_tip,
    density_curve,
    density_triangle,
    percent,
    short_name,
)
from gzkit.plots.loss.values import (
    answer_names,
    check_question,
    loss_values,
    split_probabilities,
    vote_splits,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

PANEL_SIZE = (4.6, 3.5)  # inches


def plot_loss(
    votes: ArrayLike,
    concentration: ArrayLike,
    *,
    answers: Sequence[str] | None = None,
    axes: Sequence[Axes] | np.ndarray | None = None,
) -> Figure:
    """Everything that the loss of one galaxy's votes for one question depends on, in four panels.

    The Dirichlet density of the shares of the answers (a line for two answers, a triangle for three); the votes that it
    predicts, beside those of a multinomial that takes the mean as certain; the push of the gradient on each
    concentration; and the loss for every total concentration with the same mean.

    Parameters
    ----------
    votes : array_like of int, shape (answer,)
        Votes for each answer, of two or three [votes].
    concentration : array_like, shape (answer,)
        Dirichlet concentrations, above zero.
    answers : sequence of str, optional
        Names of the answers.
    axes : sequence of four Axes, optional

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If votes and concentration are not those of one question of two or three answers, or there are not four axes.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the Dirichlet-Multinomial loss.

    Examples
    --------
    >>> figure = plot_loss([8, 2], [6.0, 3.0], answers=["bar", "no bar"])
    >>> [ax.get_title() for ax in figure.axes]
    ['What is believed', 'Which votes that predicts', 'Which way training pushes', 'The price: the loss']
    """
    counts, strengths = check_question(votes, concentration)
    names = answer_names(answers, len(counts))
    width, height = PANEL_SIZE
    panels = new_panels(len(PANELS), axes, "a panel", height=height, width=width, columns=2)
    for draw, ax in zip(PANELS, panels, strict=True):
        draw(ax, counts, strengths, names)
    return legible(panels[0].figure)


def _draw_belief(ax, votes, concentration, answers):
    """Dirichlet density of the shares of two answers (a curve) or three (a triangle), with the observed shares."""
    mean, total = concentration / concentration.sum(), votes.sum()
    observed = votes / total if total else None
    ax.set_title("What is believed")
    if len(votes) == 2:
        _draw_density_curve(ax, mean, observed, concentration, answers)
    else:
        _draw_density_triangle(ax, mean, observed, concentration, answers)


def _draw_expected_votes(ax, votes, concentration, answers):
    """Chance of every split of the votes, with uncertain shares and with the mean taken as certain."""
    ax.set_title("Which votes that predicts")
    if not votes.sum():
        ax.text(0.5, 0.5, "Nobody was asked:\nnothing to predict", ha="center", va="center")
        ax.set_axis_off()
        return
    splits = vote_splits(int(votes.sum()), len(votes))
    probabilities = split_probabilities(splits, concentration)
    if len(votes) == 2:
        _draw_split_bars(ax, votes, splits, probabilities, answers)
    else:
        _draw_split_triangle(ax, votes, splits, probabilities, answers)


def _draw_push(ax, votes, concentration, answers):
    """Which way, and how strongly, the gradient pushes each concentration: this loss filled, the multinomial hollow."""
    theme, values = theme_on(ax), loss_values(votes, concentration)
    ax.set_title("Which way training pushes")
    ax.set(xscale="log", xlim=(0.02, 9e4), ylim=(-0.8, len(votes) - 0.3), xlabel="concentration")
    for row, name in enumerate(reversed(answers)):
        i = len(votes) - 1 - row
        pushes = (values.push[i], theme.prediction, True), (values.multinomial_push[i], MULTINOMIAL, False)
        for (push, color, filled), height in zip(pushes, (row + 0.1, row - 0.22), strict=True):
            label = "" if row else "this loss" if filled else "multinomial"
            _draw_arrow(ax, concentration[i], height, push, color, filled=filled, label=label)
            ax.text(6e4, height, f"{push:+z.2f}", ha="right", va="center")
        label = f"{short_name(name)}  {concentration[i]:.3g}"
        ax.text(0.025, row + 0.33, label, parse_math=False, va="center", weight="bold", fontsize=9)
    ax.text(6e4, len(votes) - 0.45, "push [nat]", ha="right", color=theme.muted, fontsize=9)
    legend_above(ax)
    ax.set_yticks([])
    ax.set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    ax.minorticks_off()
    quiet(ax, "left")


def _draw_price(ax, votes, concentration, answers):
    """This loss and the multinomial's against the total concentration, if the mean stays the same."""
    theme, values = theme_on(ax), loss_values(votes, concentration)
    ax.set_title("The price: the loss")
    now = values.dirichlet_multinomial
    label = f"this loss: {now:z.2f} nat"
    ax.plot(values.totals, values.curve, color=theme.prediction, lw=2, label=label)
    label = f"multinomial: {values.multinomial:z.2f} nat"
    ax.axhline(values.multinomial, color=MULTINOMIAL, ls="--", lw=1.5, label=label)
    ax.plot(concentration.sum(), now, "o", ms=9, mfc=theme.paper, mec=theme.prediction, mew=2.5, zorder=5)
    if np.isfinite(values.best_total) and values.total_votes:
        ax.plot(values.best_total, values.curve.min(), "|", ms=14, mew=2, color=theme.ink, label="lowest")
    top = max(np.max(values.curve[values.totals > 1]), now, values.multinomial, 1.0)
    ax.set(xscale="log", xlim=(values.totals[0], values.totals[-1]), ylim=(-0.04 * top, HEADROOM * top))
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.minorticks_off()
    ax.set(xlabel="total concentration, same mean", ylabel="loss [nat]")
    legend_above(ax, columns=2)
    quiet(ax)


PANELS = (_draw_belief, _draw_expected_votes, _draw_push, _draw_price)


def _draw_density_curve(ax, mean, observed, concentration, answers):
    theme = theme_on(ax)
    share, density, top = density_curve(concentration)
    ax.fill_between(share, np.minimum(density, 2 * top), color=theme.prediction, alpha=0.25, lw=0)
    ax.plot(share, density, color=theme.prediction, lw=2)
    ax.axvline(mean[0], color=theme.prediction, ls="-.", lw=1.2, label=f"mean {mean[0]:.2f}")
    if observed is not None:
        label = f"volunteers {observed[0]:.2f}"
        _mark_votes(ax, observed[0], 0.06 * top, clip_on=False, zorder=5, label=label)
    ax.set(xlim=(0, 1), ylim=(0, top), ylabel="density [1 / share]")
    ax.set_xlabel(f"share of volunteers who answer {short_name(answers[0])}", parse_math=False)
    legend_above(ax)
    quiet(ax)


def _draw_density_triangle(ax, mean, observed, concentration, answers):
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm
    from matplotlib.patches import Polygon

    theme = theme_on(ax)
    tint = LinearSegmentedColormap.from_list("belief", [theme.paper, theme.prediction])
    density, top = density_triangle(concentration)
    image = ax.imshow(
        density, extent=(0, 1, 0, CORNERS[2, 1]), origin="lower", cmap=tint, interpolation="bilinear",
        norm=PowerNorm(0.6, 0, top, clip=True),
    )  # fmt: skip
    image.set_clip_path(Polygon(CORNERS, transform=ax.transData))
    _draw_triangle(ax, answers)
    ax.plot(*(mean @ CORNERS), "+", ms=11, color=theme.ink, mew=1.5, label="mean", ls="")
    if observed is not None:
        _mark_votes(ax, *(observed @ CORNERS), mec="white", label="volunteers", ls="")
    beside = {"bbox_to_anchor": (-0.4, 0.95), "bbox_transform": ax.transData}
    ax.legend(loc="upper left", frameon=False, fontsize=9, handletextpad=0.2, **beside)


def _draw_split_bars(ax, votes, splits, probabilities, answers):
    theme, (uncertain, certain) = theme_on(ax), probabilities
    total = votes.sum()
    ax.bar(splits[:, 0], uncertain, width=0.84, color=theme.prediction, alpha=0.75, label="this loss")
    edges = np.arange(total + 2) - 0.5
    ax.stairs(certain, edges, color=MULTINOMIAL, ls="--", lw=1.5, label="multinomial")
    ax.axvline(votes[0], color=theme.truth, lw=1.5, ls=":")
    _mark_votes(ax, votes[0], 0.96, ms=9, label="volunteers", transform=ax.get_xaxis_transform())
    top = HEADROOM * max(certain.max(), uncertain.max())
    ax.set(xlim=(-0.8, total + 0.8), ylim=(0, top), ylabel="probability")
    ax.set_xlabel(f"votes of {total} for {short_name(answers[0])}", parse_math=False)
    ax.xaxis.get_major_locator().set_params(integer=True)
    legend_above(ax)
    quiet(ax)


def _draw_split_triangle(ax, votes, splits, probabilities, answers):
    theme, (uncertain, certain) = theme_on(ax), probabilities
    total = votes.sum()
    x, y = (splits / total @ CORNERS).T
    largest = 3200 / (total + 1.5) ** 1.5  # points squared, so that neighbours just touch
    ax.scatter(x, y, s=largest * uncertain / uncertain.max(), color=theme.prediction, alpha=0.75, lw=0)
    likely = certain > 0.1 * certain.max()
    ax.scatter(
        x[likely], y[likely], s=largest * certain[likely] / certain.max(), facecolors="none",
        edgecolors=MULTINOMIAL, lw=0.9, ls="--",
    )  # fmt: skip
    _draw_triangle(ax, answers)
    _mark_votes(ax, *(votes / total @ CORNERS), mec="white")
    hit = (splits == votes).all(axis=1)
    text = (
        f"chance of\nthese votes\n▪ {percent(uncertain[hit][0])}\n▫ {percent(certain[hit][0])}\n(multinomial)"
    )
    ax.text(-0.3, CORNERS[2, 1], text, va="top", fontsize=9)


def _draw_triangle(ax, answers):
    ax.fill(*CORNERS.T, fill=False, ec=theme_on(ax).ink, lw=1)
    places = (-0.02, -0.04, "top"), (1.02, -0.04, "top"), (0.5, 0.885, "bottom")
    for name, (x, y, va) in zip(answers, places, strict=True):
        ax.text(x, y, f"all {short_name(name)}", ha="center", va=va, parse_math=False, fontsize=9)
    ax.set(xlim=(-0.32, 1.32), ylim=(-0.12, 0.98), aspect="equal")
    ax.set_axis_off()


def _mark_votes(ax, x, y, **options):
    """What volunteers said: a triangle that points down."""
    ax.plot(x, y, "v", **{"ms": 10, "color": theme_on(ax).truth, "mew": 1} | options)


def _draw_arrow(ax, start, row, push, color, *, filled, label):
    tip = arrow_tip(start, push)
    face = color if filled else theme_on(ax).paper
    if tip != start:
        ax.plot([start, tip], [row, row], color=color, lw=2.5 if filled else 1.5)
        ax.plot(tip, row, ">" if push > 0 else "<", ms=8, color=color, mfc=face)
    ax.plot(start, row, "o", ms=6, color=color, mfc=face, label=label)
