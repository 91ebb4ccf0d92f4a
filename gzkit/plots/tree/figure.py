"""A survey's decision tree as a figure, with votes flowing through it."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.path import Path
from matplotlib.text import Text

from gzkit.palette import Theme, theme_on
from gzkit.plots.axes import new_axes
from gzkit.plots.letters import FONT, legible
from gzkit.plots.tree.compose import tree_scenes
from gzkit.plots.tree.page import SIZES, Room
from gzkit.plots.tree.routes import ribbon, rounded_corners, sample_route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from gzkit.predictions.predictions import Predictions
    from gzkit.schema.tree import Schema


def plot_tree(
    schema: Schema | str,
    votes: ArrayLike | Mapping[str, float] | None = None,
    ax: Axes | None = None,
    *,
    fractions: ArrayLike | Mapping[str, float] | None = None,
    predictions: Predictions | ArrayLike | None = None,
    compare: str = "side by side",
    highlight: str | Sequence[str] | None = None,
    icons: bool | pd.DataFrame | Mapping[str, np.ndarray] = False,
    image: np.ndarray | str | None = None,
    orientation: str = "auto",
    wording: bool = False,
    size: str | tuple[float, float] = "notebook",
    theme: str | Theme | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the decision tree of a survey, and how volunteers went through it.

    Each question is a bar with its answers attached; an edge leads from an answer to the question that follows.
    A question that several answers lead to is drawn once. With votes, edges are as wide as the votes along them.
    A schema that joins several campaigns gets one panel a campaign.

    Parameters
    ----------
    schema : Schema or str
        Or the name of a survey, as `gz.load_schema` knows it.
    votes : array_like, dict, Series or DataFrame, optional
        One galaxy's vote counts [votes], in column order or by column name; or those of many galaxies, shape (galaxy,
        answer), for their mean, with the median and range of the volunteers who reached each question.
    ax : Axes, optional
        Axes to draw into; texts grow and shrink with it. Without it a new figure of the right shape.
    fractions : array_like, dict or Series, optional
        Vote fractions in place of votes, shape (answer,).
    predictions : Predictions or array_like, optional
        Of one galaxy, or its predicted vote fractions, shape (answer,): alone, or to compare.
    compare : str
        With votes (or fractions) and predictions: ``"side by side"``, or ``"difference"`` (prediction minus votes,
        in percentage points).
    highlight : str or sequence of str, optional
        Column of an answer: the paths to it stand out and, with votes or fractions, the product of fractions along
        them is written under the title. Several columns are the answers of one walk, which alone stands out.
    icons : bool, DataFrame or dict of str to ndarray
        A picture for each answer: True for little simulated galaxies; a catalogue with votes and ``file_loc`` for the
        galaxy of one's own survey that shows the answer best; or one's own pictures, by column. Answers that have none
        get a little simulated one.
    image : ndarray or str, optional
        The galaxy, shape (height, width, 3), or its ``file_loc``: drawn at the first question.
    orientation : str
        ``"down"``, ``"right"``, or ``"auto"`` for that which gives the larger texts.
    wording : bool
        Write what volunteers read, where that is known, in place of the column names.
    size : str or (float, float)
        ``"notebook"``; ``"slide"``, 13.33 x 7.5 inches with texts of 12 pt or more; ``"column"``, 3.5 inches wide with
        7 pt or more; or width and height [inches]. A slide and a column are filled: a long chain goes on in another
        row, and answers that under 1 of 200 volunteers gave are left out.
    theme : str or Theme, optional
        ``"light"`` or ``"dark"``; otherwise what is legible on the figure's own background.
    title : str, optional
        In place of the schema's name; ``""`` for none.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If values do not fit the schema, an option is unknown, or texts would be smaller than the size promises: the
        message says which size fits, and `gzkit.plots.tree_pages` draws several pages.
    KeyError
        If there is no answer of the name to highlight; the nearest is suggested.

    Examples
    --------
    >>> import gzkit as gz
    >>> ax = gz.plot_tree(gz.load_schema("gz-decals-dr5"), highlight="bar_weak")
    >>> "has-spiral-" in [text.get_text() for text in ax.texts]
    True
    """
    return _draw(
        schema, votes, ax, size=size, theme=theme, fractions=fractions, predictions=predictions, compare=compare,
        highlight=highlight, icons=icons, image=image, orientation=orientation, wording=wording, title=title,
    )[0]  # fmt: skip


def tree_pages(
    schema: Schema | str,
    votes: ArrayLike | Mapping[str, float] | None = None,
    *,
    size: str | tuple[float, float] = "slide",
    **options: Any,
) -> list[Axes]:
    """Draw a decision tree on as many slides (or columns) as keep its texts readable.

    Parameters
    ----------
    schema, votes, size, **options
        As in `plot_tree`.

    Returns
    -------
    list of Axes
        One a page, each in a figure of its own. A page says what its first questions are asked after, and an arrow
        marks the answers that lead to another page.

    Raises
    ------
    ValueError
        As in `plot_tree`, or if not even one question fits on a page.

    Examples
    --------
    >>> len(tree_pages("gz-decals")), len(tree_pages("gz-rings"))
    (3, 1)
    """
    return _draw(schema, votes, None, size=size, several=True, **options)


def _draw(schema, votes, ax, *, size, theme=None, **options):
    own_figure = ax is None
    room = _room(size, ax)
    background = rcParams["figure.facecolor"] if ax is None else ax.figure.get_facecolor()
    colours = theme_on(to_rgba(background) if theme is None else theme)
    scenes, _ = tree_scenes(schema, votes, theme=colours, room=room, **options)
    drawn = []
    for scene in scenes:
        needed = scene.width * scene.scale / 72, scene.height * scene.scale / 72
        page = {"notebook": needed, "column": (room.width, needed[1])}.get(
            str(size) if own_figure else "", room[:2]
        )
        tight = ConstrainedLayoutEngine(w_pad=0, h_pad=0, wspace=0, hspace=0)
        on = new_axes(ax, page, tight)
        if own_figure and theme is not None:
            on.figure.set_facecolor(colours.paper)
        extent = 72 * page[0] / scene.scale, 72 * page[1] / scene.scale
        draw_scene(on, scene, extent, paper=None if theme is None else colours.paper)
        drawn.append(legible(on))
    return drawn


def _room(size, ax):
    """Room to fill, and how far texts may grow beyond their natural size."""
    if ax is not None:
        dots = ax.get_figure(root=True).dpi
        return Room(ax.bbox.width / dots, ax.bbox.height / dots, SIZES["slide"].largest)
    if isinstance(size, str) and size in SIZES:
        return SIZES[size]
    if np.shape(size) != (2,) or not all(isinstance(side, Real) and 0 < side < math.inf for side in size):
        allowed = f"{', '.join(map(repr, SIZES))} or (width, height) [inch]"
        raise ValueError(f"size is one of {allowed}, got {size!r}")
    return Room(*map(float, size), SIZES["slide"].largest, filled=True)


_HORIZONTAL = {"start": "left", "middle": "center", "end": "right"}


class ScaledText(Text):
    """Text whose size is given in the units of its Axes, so that it grows and shrinks with the drawing.

    Parameters
    ----------
    x, y, text
        As for `matplotlib.text.Text`.
    natural_size : float
        Font size [units of the vertical axis].
    inside : str
        Question name or answer column in whose box it stands; ``""`` for titles.
    **options
        For `matplotlib.text.Text`.
    """

    def __init__(self, x, y, text, *, natural_size, inside="", **options):
        super().__init__(x, y, text, **options)
        self.natural_size, self.inside = natural_size, inside

    def draw(self, renderer):
        """Draw at the size that the Axes has now."""
        self._fit()
        super().draw(renderer)

    def get_window_extent(self, renderer=None, dpi=None):
        """Extent at the size that the Axes has now [pixels]."""
        self._fit()
        return super().get_window_extent(renderer, dpi)

    def _fit(self):
        (_, low), (_, high) = self.axes.transData.transform([(0.0, 0.0), (0.0, 1.0)])
        points = abs(high - low) * 72 / self.get_figure(root=True).dpi
        if abs(points * self.natural_size - self.get_fontsize()) > 1e-6:
            self.set_fontsize(points * self.natural_size)


class Boxes(PathCollection):
    """The boxes of a tree drawing; ``keys`` names the question or answer of each."""

    def __init__(self, paths, *, keys, **options):
        super().__init__(paths, **options)
        self.keys = keys


class Bands(PolyCollection):
    """The edges of a tree drawing; ``keys`` names the answer and the question that each joins."""

    def __init__(self, outlines, *, keys, **options):
        super().__init__(outlines, **options)
        self.keys = keys


def draw_scene(ax, scene, extent=(0.0, 0.0), *, paper=None):
    """Draw a scene into an Axes.

    Parameters
    ----------
    ax : Axes
        Its limits and aspect are set, and its frame is switched off.
    scene : Scene
    extent : (float, float)
        Width and height that the limits cover at the least, so that a small tree does not fill a large figure
        [points].
    paper : str, optional
        A background of this colour.
    """
    ax.set_axis_off()
    ax.set_autoscale_on(False)
    ax.set_aspect("equal")
    beside = max(0.0, extent[0] - scene.width) / 2
    above = max(0.0, extent[1] - scene.height) / 2
    ax.set(xlim=(-beside, scene.width + beside), ylim=(scene.height + above, -above))
    if paper:
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
        background = PolyCollection([corners], facecolors=paper, edgecolors="none", zorder=0)
        ax.add_collection(background, autolim=False)
    _draw_bands(ax, scene)
    paths = [_rounded(shape.box, shape.corners) for shape in scene.shapes]
    colors = [shape.color for shape in scene.shapes]
    keys = [shape.key for shape in scene.shapes]
    ax.add_collection(Boxes(paths, keys=keys, facecolors=colors, edgecolors="none", zorder=2), autolim=False)
    for _, pixels, box in scene.pictures:
        extent = (box.x, box.right, box.bottom, box.y)
        picture = AxesImage(ax, extent=extent, interpolation="antialiased", zorder=3)
        picture.set_data(pixels)
        picture.set_clip_path(ax.patch)
        ax.add_image(picture)
    for line in scene.lines:
        text = ScaledText(
            line.x,
            line.y,
            line.text,
            natural_size=line.size,
            inside=line.inside,
            color=line.color,
            family=FONT,
            weight="bold" if line.bold else "normal",
            horizontalalignment=_HORIZONTAL[line.anchor],
            verticalalignment="baseline",
            parse_math=False,
            zorder=4,
        )
        text.set_in_layout(False)  # it lies inside the Axes, which saves measuring it
        ax.add_artist(text)


def _rounded(box, radii):
    points = [point for corner in rounded_corners(box, radii) for point in corner]
    codes = [Path.LINETO, Path.CURVE3, Path.CURVE3] * 4
    return Path([*points, points[0]], [Path.MOVETO, *codes[1:], Path.CLOSEPOLY])


def _draw_bands(ax, scene):
    solid, dotted = ([band for band in scene.bands if band.dotted == kind] for kind in (False, True))
    curve = {band: sample_route(band.points, down=scene.down) for band in scene.bands}
    if solid:
        outlines = [ribbon(curve[band], band.width, down=scene.down) for band in solid]
        colors, keys = [band.color for band in solid], [band.edge for band in solid]
        bands = Bands(outlines, keys=keys, facecolors=colors, edgecolors=colors, linewidths=0.3, zorder=1)
        ax.add_collection(bands, autolim=False)
    if dotted:
        curves, colors = [curve[band] for band in dotted], [band.color for band in dotted]
        lines = LineCollection(curves, colors=colors, linewidths=0.8, linestyles=":", zorder=1)
        ax.add_collection(lines, autolim=False)
