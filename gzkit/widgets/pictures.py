"""Galaxies in the instruments: pictures to zoom, a gallery to open them from, and the way from one to the next."""

import html
from functools import lru_cache

import ipywidgets
import numpy as np
import traitlets

from gzkit.plots.show import photo_address
from gzkit.schema.build import suggest
from gzkit.widgets.base import Explorer, button, labelled, text_html
from gzkit.widgets.browse import search

SIDE = 96  # of a little picture [pixel]
PICTURES_KEPT = 256
IDS_SUGGESTED = 1_000  # more would make the page heavy
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
    stretch : Stretch, optional
        Of measured pixels.
    """

    def __init__(self, files, stretch=None):
        self.files, self.stretch = files, stretch
        self._address = lru_cache(maxsize=PICTURES_KEPT)(photo_address)

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
        if galaxy not in self.files:
            return text_html(f"{galaxy}: no image")
        alt = html.escape(f"Image of galaxy {galaxy}")
        source = self._address(self.files[galaxy], side, self.stretch)
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
            name, file_loc = html.escape(galaxy), self.files.get(galaxy)
            image = f'<img alt="" src="{self._address(file_loc, SIDE, self.stretch)}">' if file_loc else ""
            star = ' class="gzkit-marked"' if galaxy in marked else ""
            buttons.append(
                f'<button type="button" data-touch="galaxy:{name}" title="Open galaxy {name}" '
                f'aria-pressed="{"true" if galaxy == current else "false"}"{star}>{image}<span>{name}</span></button>'
            )
        return f'<div class="gzkit-gallery">{"".join(buttons)}</div>'


class GalaxyExplorer(Explorer):
    """An explorer of many galaxies, of which one is open.

    Parameters
    ----------
    ids : sequence of str
        Of all galaxies.

    Attributes
    ----------
    galaxy : str
        Id of the one that is open.
    marked : list of str
        Ids of the galaxies that you marked: a column of ``selection``.
    """

    galaxy = traitlets.Unicode()
    marked = traitlets.List(traitlets.Unicode())

    def __init__(self, ids, **keys):
        super().__init__(ArrowRight=self.next, ArrowLeft=lambda: self.next(-1), m=self.mark, **keys)
        self._ids = np.asarray(ids)
        self._rows = {galaxy: i for i, galaxy in enumerate(self._ids)}
        self._order = np.arange(len(self._ids))  # rows of those that are to be seen

    def next(self, step=1):
        """Open the next galaxy of the selection.

        Parameters
        ----------
        step : int
            -1 for the one before.
        """
        if len(self._order):
            place = self._place()
            start = place if place >= 0 else min(-step, 0)
            self.galaxy = self._ids[self._order[(start + step) % len(self._order)]]

    def mark(self):
        """Mark the galaxy that is open, or take its mark away."""
        others = [galaxy for galaxy in self.marked if galaxy != self.galaxy]
        if others != self.marked:
            self.marked = others
        elif self.galaxy:
            self.marked = [*self.marked, self.galaxy]

    def finding(self):
        """Controls that lead to a galaxy."""
        ids = list(self._ids) if len(self._ids) <= IDS_SUGGESTED else []
        label = labelled("Find", 36, 140)
        find = ipywidgets.Combobox(placeholder="an id", options=ids, continuous_update=False, **label)
        find.observe(self._search, names="value")
        return {
            "before": button("Previous", "The galaxy before (left arrow)", lambda: self.next(-1)),
            "next": button("Next", "The galaxy after (right arrow)", self.next),
            "search": find,
        }

    def _search(self, change):
        """Open the first galaxy whose id holds the text."""
        text = change["new"].strip()
        found = search(self._ids, text) if text else []
        if found:
            self.touched("galaxy", self._ids[found[0]])
        elif text:
            self.panels["count"].show(f"No id holds {text!r}{suggest(text, self._rows)}.")

    def _place(self):
        """Where the galaxy that is open stands in the order; -1 if nowhere."""
        found = np.flatnonzero(self._order == self._rows.get(self.galaxy, -1))
        return int(found[0]) if len(found) else -1

    def _mark_button(self, tooltip):
        made = ipywidgets.ToggleButton(description="Mark", tooltip=tooltip)
        made.observe(lambda _: self._following or self.mark(), names="value")
        return made

    def _show_gallery(self, panel, size):
        """Those about the one that is open."""
        start = max(self._place(), 0) // size * size
        ids = self._ids[self._order[start : start + size]]
        panel.show(tuple(ids), self.galaxy, tuple(self.marked))


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
