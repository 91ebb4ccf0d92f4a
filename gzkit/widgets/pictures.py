"""Pictures of galaxies in the instruments: one that can be zoomed, and a gallery of little ones to open."""

import html
from functools import lru_cache

import numpy as np

from gzkit.plots.show import data_address
from gzkit.widgets.base import encode, text_html

SIDE = 96  # of a little picture [pixel]
PICTURES_KEPT = 256
VIEW = (
    '<div class="gzkit-view">'
    '<label>Zoom<input type="range" data-view="zoom" min="1" max="8" step="0.1" value="1"></label>'
    '<label>Brightness<input type="range" data-view="brightness" min="0.4" max="4" step="0.1" value="1"></label>'
    "</div>"
)  # controls of all pictures of an instrument; they work in the browser alone


class Images:
    """The galaxies' pictures, read when they are asked for.

    Parameters
    ----------
    files : dict of str to str
        Each galaxy's ``file_loc``.
    """

    def __init__(self, files):
        self.files = files
        self.jpeg = lru_cache(maxsize=PICTURES_KEPT)(self._jpeg)

    def __bool__(self):
        return bool(len(self.files))

    def _jpeg(self, galaxy, side):
        """A galaxy's picture no larger than so many pixels, as the bytes of a JPEG; None where it has none."""
        if galaxy not in self.files:
            return None
        from PIL import Image

        from gzkit.images.read import read_image

        image = Image.fromarray(np.asarray(read_image(self.files[galaxy])))
        image.thumbnail((side, side))
        return encode(image, kind="jpeg")

    def picture(self, galaxy, side):
        """A galaxy's picture that can be zoomed, made brighter and moved.

        Parameters
        ----------
        galaxy : str
        side : int
            Largest side that is needed [pixel].

        Returns
        -------
        str
            HTML, or words where there is no picture.
        """
        jpeg = self.jpeg(galaxy, side)
        if jpeg is None:
            return text_html(f"{galaxy}: no image")
        alt = html.escape(f"Image of galaxy {galaxy}")
        source = data_address(jpeg, "jpeg")
        return f'<div class="gzkit-picture"><img alt="{alt}" decoding="sync" draggable="false" src="{source}"></div>'

    def gallery(self, ids, current="", marked=()):
        """Little pictures as buttons: ``data-touch="galaxy:J1"``.

        Parameters
        ----------
        ids : sequence of str
        current : str
            The galaxy that is open: its button has a frame.
        marked : collection of str
            Those with a star.

        Returns
        -------
        str
        """
        buttons = []
        for galaxy in ids:
            jpeg, name = self.jpeg(galaxy, SIDE), html.escape(galaxy)
            image = f'<img alt="" src="{data_address(jpeg, "jpeg")}">' if jpeg else ""
            star = ' class="gzkit-marked"' if galaxy in marked else ""
            buttons.append(
                f'<button type="button" data-touch="galaxy:{name}" title="Open galaxy {name}" '
                f'aria-pressed="{"true" if galaxy == current else "false"}"{star}>{image}<span>{name}</span></button>'
            )
        return f'<div class="gzkit-gallery">{"".join(buttons)}</div>'


def image_files(catalog):
    """Each galaxy's ``file_loc``, where a catalogue has them.

    Parameters
    ----------
    catalog : DataFrame or None

    Returns
    -------
    dict of str to str
    """
    if catalog is None or "file_loc" not in catalog:
        return {}
    return dict(zip(catalog["id_str"], catalog["file_loc"], strict=True))
