"""The course of a finetuning: losses and learning rate, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gzkit.mistakes import check_arguments
from gzkit.palette import MUTED, PREDICTION, TRUTH
from gzkit.plots.axes import legend_above, new_axes, quiet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIZE = (7, 4)  # of a new figure [inch]


def plot_history(history: pd.DataFrame, *, ax: Axes | None = None, rate: bool = True, **line: Any) -> Axes:
    """Draw training and validation loss by epoch, with the best epoch marked.

    The training loss is measured under dropout and random views, the validation loss without: it may well be the
    lower of the two.

    Parameters
    ----------
    history : DataFrame
        ``run.history``, or a ``history.csv`` read back: ``epoch``, ``train_loss``, ``val_loss`` [nat / galaxy],
        ``learning_rate``.
    ax : Axes, optional
    rate : bool
        Draw the learning rate too, in the background, on an axis of its own.
    **line
        For the line of the validation loss.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> history = pd.DataFrame({"epoch": [1, 2], "train_loss": [9.0, 8.0], "val_loss": [8.5, 8.1],
    ...                         "learning_rate": [1e-3, 1e-4]})
    >>> plot_history(history).get_xlabel()
    'epoch'
    """
    check_arguments("plot_history", history=history)
    missing = [name for name in ("epoch", "train_loss", "val_loss") if name not in history]
    if missing:
        raise ValueError(f"plot_history: the history lacks {missing}; it has {list(history.columns)}")
    ax = new_axes(ax, SIZE)
    epoch = history["epoch"]
    ax.plot(epoch, history["train_loss"], color=MUTED, ls="--", marker="o", ms=4, label="training")
    validated = history["val_loss"].notna().any()
    if validated:
        style: dict[str, Any] = {"color": TRUTH, "ls": "-", "marker": "s", "ms": 4, "label": "validation"}
        ax.plot(epoch, history["val_loss"], **(style | line))
    _mark_best(ax, history, "val_loss" if validated else "train_loss")
    ax.set(xlabel="epoch", ylabel="loss [nat / galaxy]")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(history):
        ax.set_xlim(epoch.min() - 0.5, epoch.max() + 0.5)
    quiet(ax)
    if rate and "learning_rate" in history:
        _draw_rate(ax, history)
    if len(history):
        legend_above(ax)
    return ax


def history_figure(history):
    """The same as a figure of its own, outside pyplot's list of figures: for a display that is drawn again and again.

    Parameters
    ----------
    history : DataFrame

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    plot_history(history, ax=figure.subplots())
    return figure


def _mark_best(ax, history, column):
    if history[column].isna().all():
        return
    best = history.loc[history[column].idxmin()]
    place = f"best: {best[column]:.2f} (epoch {best['epoch']:.0f})"
    ax.plot(best["epoch"], best[column], "*", ms=15, color=PREDICTION, mec="white", zorder=4, label=place)


def _draw_rate(ax, history):
    right = ax.twinx()
    right.fill_between(
        history["epoch"], history["learning_rate"], color=MUTED, alpha=0.15, lw=0, label="learning rate"
    )
    highest = history["learning_rate"].max()
    right.set_ylabel("learning rate (shaded)", color=MUTED)
    right.set_yticks([0, highest], ["0", f"{highest:.2g}"], color=MUTED)
    right.set_ylim(0, 3 * highest)  # low, so that it stays in the background
    right.spines[["top", "left"]].set_visible(False)
    ax.set_zorder(right.get_zorder() + 1)
    ax.patch.set_visible(False)
