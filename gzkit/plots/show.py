"""Show a figure in a notebook together with words for those who cannot see it."""

import io

PNG_COLOURS = 256


def show(figure, alt, *, dpi=None):
    """Display a figure as a picture with alternative text, and let it go.

    Parameters
    ----------
    figure : Figure or Axes
    alt : str
        What the picture says, in a sentence or two with its numbers: read by screen readers, shown where pictures
        are not, and compared where notebooks run as tests.
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
    figure = getattr(figure, "figure", figure)
    bundle, metadata = figure_bundle(figure, alt, dpi=dpi)
    plt.close(figure)
    display(bundle, raw=True, metadata=metadata)


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
    tuple of (dict, dict)
        Data by MIME type, and its metadata.
    """
    png = io.BytesIO()
    figure.savefig(png, format="png", bbox_inches="tight", dpi=dpi or "figure")
    return {"image/png": in_few_colours(png), "text/plain": alt}, {"image/png": {"alt": alt}}


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

    picture = png if isinstance(png, Image.Image) else Image.open(png)
    smaller = io.BytesIO()
    palette = picture.convert("RGB").quantize(PNG_COLOURS, method=Image.Quantize.MAXCOVERAGE)
    palette.save(smaller, format="png", optimize=True)
    return smaller.getvalue()
