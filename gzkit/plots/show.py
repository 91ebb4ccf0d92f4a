"""Show a figure in a notebook together with its words: a caption for those who see it, and for those who cannot."""

from __future__ import annotations

import html
import io
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np

from gzkit.plots.axes import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PNG_COLOURS = 256
EXACT_COLOURS = 32  # of areas, where a tint that is a little off takes on another hue


def show(figure: Figure | Axes, alt: str, *, dpi: float | None = None) -> None:
    """Display a figure in gzkit's clean look, with a caption that is its alternative text as well, and let it go.

    Parameters
    ----------
    figure : Figure or Axes
    alt : str
        What the picture says, in a sentence or two with its numbers: written under it, read by screen readers, and
        compared where notebooks run as tests.
    dpi : float, optional
        Dots an inch; fewer for figures of many photographs, whose files are large.

    Raises
    ------
    ValueError
        If `alt` is empty.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2, success criterion 1.1.1.
    """
    from IPython.display import display
    from matplotlib import pyplot as plt

    if not alt.strip():
        raise ValueError("alt: say in a sentence what the picture shows")
    figure = clean(getattr(figure, "figure", figure))
    bundle = figure_bundle(figure, alt, dpi=dpi)
    plt.close(figure)
    caption = f'<figcaption style="max-width:44em;opacity:0.8">{html.escape(alt)}</figcaption>'
    bundle["text/html"] = f'<figure style="margin:0">{bundle["text/html"]}{caption}</figure>'
    display(bundle, raw=True)


def figure_bundle(figure, alt, *, dpi=None):
    """A figure as IPython displays it, whether or not the notebook has set matplotlib up.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the picture says.
    dpi : float, optional
        Dots an inch.

    Returns
    -------
    dict
        Data by MIME type.
    """
    png = io.BytesIO()
    figure.savefig(png, format="png", bbox_inches="tight", dpi=dpi or "figure")
    return {"text/html": picture_html(in_few_colours(png), alt), "text/plain": alt}


def picture_html(data, alt, *, kind="png", size=None):
    """An ``<img>`` that holds a picture and its alternative text, and shrinks with the page.

    A notebook's ``image/png`` has a place for alternative text in its metadata, but JupyterLab 4 and nbconvert's own
    template do not read it; HTML reaches the screen reader in both, in VS Code and Colab, and in exported pages.

    Parameters
    ----------
    data : bytes
        Of an image file.
    alt : str
        Escaped here.
    kind : {"png", "jpeg"}
    size : (int, int), optional
        Width and height [pixel] of a picture that another will replace: it is decoded at once, so that nothing jumps or
        flickers.

    Returns
    -------
    str

    Examples
    --------
    >>> picture_html(b"", "a < b")
    '<img alt="a &lt; b" style="max-width:100%;height:auto" src="data:image/png;base64,">'
    """
    style, room = "max-width:100%;height:auto", ""
    if size is not None:
        style, room = f"{style};display:block", f' width="{size[0]}" height="{size[1]}" decoding="sync"'
    return f'<img alt="{html.escape(alt)}"{room} style="{style}" src="{data_address(data, kind)}">'


def data_address(data, kind="png"):
    """An image file as an address for HTML, SVG and CSS, so that a page needs no other file.

    Parameters
    ----------
    data : bytes
        Of the file.
    kind : {"png", "jpeg"}

    Returns
    -------
    str

    Examples
    --------
    >>> data_address(b"gz")
    'data:image/png;base64,Z3o='
    """
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def pixels_address(pixels, side=None):
    """A picture as an address: of a JPEG, or of a PNG where it is transparent.

    Parameters
    ----------
    pixels : ndarray of uint8
    side : int, optional
        Largest side [pixel].

    Returns
    -------
    str
    """
    from PIL import Image

    image, file = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((side or image.width, side or image.height))
    kind = "png" if image.mode == "RGBA" else "jpeg"
    image.save(file, kind, quality=88)
    return data_address(file.getvalue(), kind)


def link_html(sky, galaxy):
    """A link to a galaxy's place in the Legacy Survey's viewer; nothing is asked for until it is clicked.

    Parameters
    ----------
    sky : Predictions or DataFrame
        With coordinates.
    galaxy : str

    Returns
    -------
    str
        Empty where its coordinates are not known.
    """
    from gzkit.catalog.sky import sky_link

    try:
        address = html.escape(sky_link(sky, galaxy))
    except ValueError:
        return ""
    return f' <a href="{address}" target="_blank" rel="noopener noreferrer">on the sky</a>'


def photo_address(file_loc, side, stretch=None):
    """A galaxy's image as an address, no larger than it must be.

    Parameters
    ----------
    file_loc : str
        As a catalogue has it.
    side : int
        Largest side [pixel].
    stretch : Stretch, optional
        Of measured pixels.

    Returns
    -------
    str
    """
    from gzkit.images.read import read_image

    return pixels_address(read_image(file_loc, stretch), side)


def in_few_colours(png):
    """The same picture with 256 colours, a third of the bytes: notebooks are kept under version control.

    Parameters
    ----------
    png : BytesIO or PIL.Image.Image

    Returns
    -------
    bytes
        As PNG.
    """
    from PIL import Image

    exact = (png if isinstance(png, Image.Image) else Image.open(png)).convert("RGB")
    fewer = exact.quantize(PNG_COLOURS - EXACT_COLOURS, method=Image.Quantize.MAXCOVERAGE).convert("RGB")
    fewer.paste(exact, mask=_mask_of_commonest(exact, EXACT_COLOURS))
    smaller = io.BytesIO()
    fewer.quantize(PNG_COLOURS, method=Image.Quantize.MEDIANCUT).save(smaller, format="png", optimize=True)
    return smaller.getvalue()


def _mask_of_commonest(picture, count):
    """Where an RGB picture has one of its commonest colours."""
    from PIL import Image

    as_number = np.array([1 << 16, 1 << 8, 1])
    commonest = sorted(picture.getcolors(picture.width * picture.height))[-count:]
    wanted = [colour @ as_number for _, colour in commonest]
    return Image.fromarray(np.isin(np.asarray(picture, dtype=np.int64) @ as_number, wanted))
