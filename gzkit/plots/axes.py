"""Axes to draw in: those given, or new ones."""

import math
import textwrap
from functools import partial

import numpy as np


def columns_of(panels):
    """How many panels stand in a row: four, or half of them where they are more.

    Parameters
    ----------
    panels : int

    Returns
    -------
    int
    """
    return panels if panels <= 4 else math.ceil(panels / 2)


def new_panels(count, axes, each, *, height, width=None, columns=None):
    """The Axes given, if there are ``count``; else new ones in one row, or two where they are many.

    Parameters
    ----------
    count : int
    axes : array of Axes, or None
    each : str
        What one panel shows, for the message.
    height, width : float
        Of a new panel [inch].
    columns : int, optional
        New panels in a row; by default as `columns_of` has it.

    Returns
    -------
    list of Axes

    Raises
    ------
    ValueError
        If another number of Axes is given.
    """
    import matplotlib.pyplot as plt

    if axes is not None:
        axes = list(np.ravel(axes))
        if len(axes) != count:
            raise ValueError(f"axes: need {count}, one {each}, got {len(axes)}")
        return axes
    columns = columns or columns_of(count)
    rows = math.ceil(count / columns)
    width = width or min(3.2, 11 / columns)
    grid = plt.subplots(
        rows, columns, figsize=(max(width * columns, 4.5), height * rows), layout="constrained", squeeze=False
    )[1]
    for unused in grid.ravel()[count:]:
        unused.remove()
    seen_once(grid[0, 0].figure)
    return list(grid.ravel()[:count])


def new_axes(ax, figsize=None, layout="constrained"):
    """The Axes given, or a new one.

    Parameters
    ----------
    ax : Axes or None
    figsize : (float, float), optional
        Of a new figure [inch].
    layout : str or LayoutEngine
        Of a new figure.

    Returns
    -------
    Axes
    """
    import matplotlib.pyplot as plt

    return seen_once(plt.subplots(layout=layout, figsize=figsize)[1]) if ax is None else ax


def seen_once(drawn):
    """Axes or a figure that a notebook shows as one picture, also where it stands on a line of its own.

    Without this the cell's last line would be shown as text (Axes) or as a second picture (figures), since the cell's
    end shows every new figure anyway.

    Parameters
    ----------
    drawn : Axes or Figure
        Of pyplot.

    Returns
    -------
    Axes or Figure
        The same.
    """
    drawn._ipython_display_ = partial(_show, drawn)
    return drawn


def _show(drawn):
    import matplotlib
    import matplotlib.pyplot as plt
    from IPython.display import display

    figure, backend = drawn.get_figure(root=True), matplotlib.get_backend().lower()
    if drawn is figure:
        del figure._ipython_display_
        if "inline" in backend:
            plt.close(figure)  # or the cell's end would show it again
        display(figure)
    elif backend == "agg" or not plt.fignum_exists(figure.number):
        display(figure)


def quiet(ax, *more):
    """Take away the frame's upper and right line.

    Parameters
    ----------
    ax : Axes
    *more : str
        Other sides to take away, ``"left"`` or ``"bottom"``.
    """
    ax.spines[["top", "right", *more]].set_visible(False)


def clean(figure):
    """The look of gzkit's figures for any other: no frame above and at the right, and none around legends.

    `gzkit.show` gives it to whatever it shows; matplotlib's own settings stay as they are.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    Figure
        The same.
    """
    for ax in figure.axes:
        if ax.axison and not ax.images:
            quiet(ax)
            ax.spines["right"].set_visible(ax.yaxis.get_ticks_position() == "right")
    for legend in (*figure.legends, *(ax.get_legend() for ax in figure.axes)):
        if legend is not None:
            legend.set_frame_on(False)
    return figure


def legend_above(ax, *entries, columns=3, **options):
    """A legend over the Axes, under its title, where it meets nothing that is drawn.

    Parameters
    ----------
    ax : Axes
    *entries
        Handles and labels, as for `matplotlib.axes.Axes.legend`; what is drawn with a label by default.
    columns : int
        At the most.
    **options
        For `matplotlib.axes.Axes.legend`.
    """
    handles, labels = entries or ax.get_legend_handles_labels()
    columns = min(columns, max(len(labels), 1))
    lines = math.ceil(len(labels) / columns)
    look = {
        "fontsize": 9,
        "frameon": False,
        "borderaxespad": 0.2,
        "columnspacing": 1.2,
        "handlelength": 1.6,
    } | options
    ax.legend(
        list(handles), list(labels), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, **look
    )
    if ax.get_title():
        ax.set_title(ax.get_title(), pad=6 + 14 * lines, parse_math=False)


def wrapped(text, width):
    """A long name in several lines, broken at its hyphens and spaces where it has any.

    Parameters
    ----------
    text : str
    width : int
        Most characters a line.

    Returns
    -------
    str

    Examples
    --------
    >>> wrapped("minor-disturbance", 12)
    'minor-\\ndisturbance'
    """
    return textwrap.fill(text, width)
