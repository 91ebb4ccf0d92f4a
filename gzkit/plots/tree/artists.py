"""A tree drawing in matplotlib."""

from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.image import AxesImage
from matplotlib.path import Path
from matplotlib.text import Text

from gzkit.plots.tree.routes import ribbon, sample_route
from gzkit.plots.tree.text import FONT

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


def new_axes(page, room):
    """Axes in a new figure of the page's shape.

    Parameters
    ----------
    page : Page
    room : (float, float) or None
        Width and height of the figure [inches]; None for as much as the page needs.

    Returns
    -------
    Axes
    """
    from matplotlib import pyplot

    size = room or (page.width * page.scale / 72, page.height * page.scale / 72)
    figure, ax = pyplot.subplots(figsize=size, layout="constrained")
    figure.get_layout_engine().set(w_pad=0, h_pad=0, wspace=0, hspace=0)
    return ax


def draw_scene(ax, scene, pictures, extent=(0.0, 0.0), *, paper=None):
    """Draw a scene into an Axes.

    Parameters
    ----------
    ax : Axes
        Its limits and aspect are set, and its frame is switched off.
    scene : Scene
    pictures : dict of str to ndarray
        By answer column; the galaxy's own under ``""``.
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
    paths = [rounded(shape.box, shape.corners) for shape in scene.shapes]
    colors = [shape.color for shape in scene.shapes]
    keys = [shape.key for shape in scene.shapes]
    ax.add_collection(Boxes(paths, keys=keys, facecolors=colors, edgecolors="none", zorder=2), autolim=False)
    for key, box in scene.pictures:
        if key in pictures:
            extent = (box.x, box.right, box.bottom, box.y)
            picture = AxesImage(ax, extent=extent, interpolation="antialiased", zorder=3)
            picture.set_data(pictures[key])
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


def rounded(box, corners):
    """Path of a box of which some corners are rounded.

    Parameters
    ----------
    box : Box
    corners : tuple of float
        Radius of each corner: left above, right above, right below, left below.

    Returns
    -------
    Path
    """
    points, codes = [], []
    ends = [(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)]
    along = [((0, 1), (1, 0)), ((-1, 0), (0, 1)), ((0, -1), (-1, 0)), ((1, 0), (0, -1))]
    for (x, y), (before, after), radius in zip(ends, along, corners, strict=True):
        start = (x + before[0] * radius, y + before[1] * radius)
        points += [start, (x, y), (x + after[0] * radius, y + after[1] * radius)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    codes[0] = Path.MOVETO
    return Path([*points, points[0]], [*codes, Path.CLOSEPOLY])


def _draw_bands(ax, scene):
    solid = [band for band in scene.bands if not band.dotted]
    dotted = [band for band in scene.bands if band.dotted]
    if solid:
        outlines = [
            ribbon(sample_route(band.points, down=scene.down), band.width, down=scene.down) for band in solid
        ]
        colors = [band.color for band in solid]
        keys = [band.edge for band in solid]
        bands = Bands(outlines, keys=keys, facecolors=colors, edgecolors=colors, linewidths=0.3, zorder=1)
        ax.add_collection(bands, autolim=False)
    if dotted:
        curves = [sample_route(band.points, down=scene.down) for band in dotted]
        colors = [band.color for band in dotted]
        lines = LineCollection(curves, colors=colors, linewidths=0.8, linestyles=":", zorder=1)
        ax.add_collection(lines, autolim=False)
