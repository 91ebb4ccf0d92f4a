"""What the explorers share: panels that are drawn again only when they must be, and pictures that can be read aloud."""

import base64
import html
import io
from contextlib import contextmanager

import ipywidgets

from gzkit.plots.show import in_few_colours, picture_html

DPI = 100
NARROW = 720  # pixel: narrower pages draw trees from top to bottom
WIDEST = 1250  # pixel: of a tree
FAST = 1  # zlib level: a PNG made in half the time


class Panel(ipywidgets.HTML):
    """A part of a page that is made again only when what it shows has changed.

    Parameters
    ----------
    make : callable
        Takes what is to be shown and returns HTML, in which everything that came from a file is escaped.
    """

    def __init__(self, make, **keywords):
        super().__init__(**keywords)
        self._make, self._shown = make, None
        self.redraws = 0

    def show(self, *inputs):
        """Show these inputs; nothing happens if they are the ones on show.

        Parameters
        ----------
        inputs : anything that can be compared with ``==`` for truth
        """
        if inputs != self._shown:
            self.value = self._make(*inputs)
            self._shown = inputs
            self.redraws += 1


class Explorer(ipywidgets.VBox):
    """Controls over pictures: a box that can stand in other boxes, with its state in traits.

    Traits are set and read as attributes (``explorer.total_votes = 20``), watched with `observe` and tied together with
    ``ipywidgets.link`` or ``jslink``. Where there is no kernel, in a saved notebook or an exported page, the picture of
    the moment when the cell ran stands in its place.
    """

    what = "explorer"
    _following = False

    def figure(self):
        """What is on show as one matplotlib Figure: a picture for a talk, or for a notebook without controls."""
        raise NotImplementedError

    def describe(self):
        """What is on show in words."""
        raise NotImplementedError

    @contextmanager
    def following(self):
        """While the controls are set to the state, they do not set it."""
        self._following = True
        try:
            yield
        finally:
            self._following = False

    def __repr__(self):
        return f"<{self.what}>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        alt, image = self.describe(), figure_image(self.figure())
        png = in_few_colours(image)
        bundle = super()._repr_mimebundle_(include=include, exclude=exclude) or {}
        bundle["text/plain"] = f"{self.what}: run this cell to use it"
        bundle["image/png"] = base64.b64encode(png).decode()
        bundle["text/html"] = picture_html(
            png, alt, size=image.size
        )  # exported pages drop what metadata says
        return bundle, {"image/png": {"alt": alt}}


def new_figure(width, height):
    """A figure that pyplot knows nothing of, so that nothing has to be closed.

    Parameters
    ----------
    width, height : float
        [inches]

    Returns
    -------
    Figure
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def figure_image(figure):
    """A figure as a picture.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    PIL.Image.Image
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if not isinstance(figure.canvas, FigureCanvasAgg):  # pyplot takes its canvas away when it closes a figure
        FigureCanvasAgg(figure)
    figure.canvas.draw()
    return Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])


def encode(image, *, kind="png"):
    """A Pillow image as the bytes of a file.

    Parameters
    ----------
    image : PIL.Image.Image
    kind : {"png", "jpeg"}

    Returns
    -------
    bytes
    """
    file = io.BytesIO()
    options = {"compress_level": FAST} if kind == "png" else {"quality": 88}
    image.save(file, kind, **options)
    return file.getvalue()


def row(*children, **layout):
    """Widgets side by side, which wrap where the page is narrow.

    Parameters
    ----------
    children : Widget
    layout : str
        Further properties of the layout.

    Returns
    -------
    Box
    """
    settings = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 12px"} | layout
    return ipywidgets.Box(children, layout=ipywidgets.Layout(**settings))


def text_html(text):
    """A paragraph that screen readers read out when it changes.

    Parameters
    ----------
    text : str
        Escaped here.

    Returns
    -------
    str
    """
    return (
        f'<p aria-live="polite" style="line-height:1.35;margin:4px 0;max-width:60em">{html.escape(text)}</p>'
    )


def tree_html(schema, **options):
    """The decision tree from left to right, or from top to bottom where the page is narrow.

    Parameters
    ----------
    schema : Schema
    options
        As for `gzkit.plots.tree.svg.tree_svg`.

    Returns
    -------
    str
    """
    from gzkit.plots.tree.svg import tree_svg

    wide, narrow = (tree_svg(schema, orientation=way, **options) for way in ("right", "down"))
    style = (
        f".gzkit-tree{{container-type:inline-size;max-width:{WIDEST}px}}.gzkit-narrow{{display:none}}"
        ".gzkit-wide>svg{width:100%}"
        f"@container (max-width:{NARROW}px){{.gzkit-wide{{display:none}}.gzkit-narrow{{display:block}}}}"
    )
    return (
        f'<style>{style}</style><div class="gzkit-tree"><div class="gzkit-wide">{wide}</div>'
        f'<div class="gzkit-narrow">{narrow}</div></div>'
    )
