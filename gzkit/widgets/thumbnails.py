"""Little pictures of galaxies as buttons: a click, or the Enter key, opens one."""

import secrets
from functools import lru_cache

import ipywidgets
import numpy as np

from gzkit.plots.show import data_address
from gzkit.widgets.base import Panel, encode, row

SIDE = 96  # pixel
PICTURES_KEPT = 256
STYLE = (
    "background-size:cover;background-position:center;border:2px solid transparent;color:#fff;font-size:11px;"
    "text-shadow:0 0 3px #000,0 0 3px #000,0 0 2px #000;line-height:16px;padding:76px 2px 0 2px"
)


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
        """A galaxy's picture no larger than so many pixels: bytes of a JPEG, width, height; None where it has none."""
        if galaxy not in self.files:
            return None
        from PIL import Image

        from gzkit.images.read import read_image

        image = Image.fromarray(np.asarray(read_image(self.files[galaxy])))
        image.thumbnail((side, side))
        return encode(image, kind="jpeg"), image.width, image.height


class Thumbnails(ipywidgets.VBox):
    """Buttons with galaxies on them.

    Parameters
    ----------
    images : Images
    opened : callable
        Called with the id of the galaxy whose button was used.
    count : int
        Buttons.
    """

    def __init__(self, images, opened, *, count=12):
        super().__init__()
        self._images, self._opened, self._ids = images, opened, ()
        self._name = (
            f"gzkit-{secrets.token_hex(4)}"  # class names of one strip do not reach another's buttons
        )
        self._style = Panel(self._make_style)
        self.buttons = [
            ipywidgets.Button(layout={"width": f"{SIDE}px", "height": f"{SIDE}px"}) for _ in range(count)
        ]
        for i, button in enumerate(self.buttons):
            button.add_class(f"{self._name}-{i}")
            button.on_click(self._open)
        self.children = [self._style, row(*self.buttons, grid_gap="4px")]

    def show(self, ids, current=None):
        """Put these galaxies on the buttons.

        Parameters
        ----------
        ids : sequence of str
            As many as there are buttons, or fewer.
        current : str, optional
            The galaxy that is open: its button has a frame.
        """
        self._ids = tuple(ids)
        for i, button in enumerate(self.buttons):
            shown = i < len(self._ids)
            button.layout.display = None if shown else "none"
            button.description = self._ids[i] if shown else ""
            button.tooltip = f"Open galaxy {self._ids[i]}" if shown else ""
        self._style.show(self._ids, current)

    def _open(self, button):
        self._opened(self._ids[self.buttons.index(button)])

    def _make_style(self, ids, current):
        rules = [f"[class*={self._name}]{{{STYLE}}}"]
        for i, galaxy in enumerate(ids):
            picture = self._images.jpeg(galaxy, SIDE)
            if picture:
                address = data_address(picture[0], "jpeg")
                rules.append(f".{self._name}-{i}{{background-image:url({address})}}")
            if galaxy == current:
                rules.append(f".{self._name}-{i}{{border-color:#E69F00;font-weight:bold}}")
        return f"<style>{''.join(rules)}</style>"


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
