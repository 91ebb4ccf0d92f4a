"""Figures for a paper: at a journal's width, with text that stays text."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from gzkit.mistakes import check_ranges
from gzkit.plots.axes import clean

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SERIF = "STIXGeneral"  # the shapes of Times; comes with matplotlib
WIDTH = ("not a number of inches above 0", lambda value: value is None or 0 < value < math.inf)
SMALLEST = 7.0  # text that journals print [points]
AS_TEXT = {"svg.fonttype": "none", "pdf.fonttype": 42, "ps.fonttype": 42}
WORDS = {".svg": "Description", ".png": "Description", ".pdf": "Subject"}  # where a file keeps what it shows


def save_figure(
    figure: Figure | Axes,
    path: str | os.PathLike,
    *,
    width: float | None = None,
    serif: bool = False,
    alt: str = "",
    dpi: float = 300,
) -> None:
    """Save a figure for a paper. In PDF and SVG its texts stay text, to be searched, read aloud and edited.

    Parameters
    ----------
    figure : Figure or Axes
        It is changed: size, fonts, and the clean look of gzkit's own figures.
    path : str or Path
        PDF, SVG, PNG or another format of matplotlib, by its ending.
    width : float, optional
        The journal's [inch], 3.5 for a column of most, 7.1 for two: the figure and its texts become as much smaller,
        but texts no smaller than 7 pt.
    serif : bool
        Letters with the shapes of Times, as most papers have them.
    alt : str
        What the figure shows, in words: kept in the file.
    dpi : float
        Of pictures in it.

    Raises
    ------
    ValueError
        If the width is not above 0, or the texts of a tree, which grow and shrink with it, would be smaller than 7 pt:
        it says which width fits.

    Examples
    --------
    >>> import gzkit as gz
    >>> ax = gz.plot_votes([10, 30], gz.Schema.from_classes("bar", ["yes", "no"]))
    >>> save_figure(ax, "votes.pdf", width=3.5, serif=True)  # doctest: +SKIP
    """
    from matplotlib import rc_context
    from matplotlib.text import Text

    check_ranges("save_figure", {"width": WIDTH}, {"width": width})
    page, path = clean(getattr(figure, "figure", figure)), Path(path)
    size = page.get_size_inches()
    smaller = 1.0 if width is None else width / size[0]
    page.set_size_inches(size * smaller)
    page.draw_without_rendering()
    texts = [text for text in page.findobj(Text) if text.get_text().strip()]
    of_trees = [text for text in texts if hasattr(text, "natural_size")]  # these are smaller already
    least = min((text.get_fontsize() for text in of_trees), default=SMALLEST)
    if least < 0.999 * SMALLEST:
        now = page.get_figwidth()
        page.set_size_inches(size)
        raise ValueError(
            f"save_figure: at {now:.3g} inches texts of this tree would have {least:.1f} pt; "
            f"width={now * SMALLEST / least:.1f} fits, or draw it with size='column'"
        )
    for text in texts:
        if text not in of_trees:
            text.set_fontsize(min(text.get_fontsize(), max(SMALLEST, smaller * text.get_fontsize())))
        if serif:
            text.set_fontfamily([SERIF, *text.get_fontfamily()])
    metadata = {WORDS[path.suffix]: alt} if alt and path.suffix in WORDS else None
    with rc_context(AS_TEXT):
        page.savefig(path, dpi=dpi, metadata=metadata)
