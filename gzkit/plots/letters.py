"""Texts that come from files, as pictures can hold them: letters from fonts that have them, no control characters."""

import html
import unicodedata
import warnings
from functools import lru_cache

from gzkit.schema.build import NOT_IN_TEXTS

FONT = "DejaVu Sans"  # comes with matplotlib, so every machine draws the same picture
UNSEEN = ("Cc", "Cf", "Zl", "Zs")  # categories of signs without a shape
BOXES = "Last Resort"  # comes with matplotlib too, and draws a box for every letter


def legible(holder):
    """Let letters that the plain font lacks come from an installed one; warn in one line of those that none has.

    Parameters
    ----------
    holder : Axes or Figure

    Returns
    -------
    Axes or Figure
        The same.

    Warns
    -----
    UserWarning
        With the letters that will be boxes.
    """
    from matplotlib.text import Text

    texts = [text for text in holder.findobj(Text) if not text.get_text().isascii()]
    letters = {letter for text in texts for letter in text.get_text()}
    wanted = {letter for letter in letters if unicodedata.category(letter) not in UNSEEN}
    families, lost = fallbacks("".join(sorted(wanted)))
    for text in texts if families else ():
        text.set_fontfamily([*text.get_fontfamily(), *families])
    if lost:
        warnings.warn(f"no installed font has {lost!r}, drawn as boxes", UserWarning, stacklevel=3)
        codes = "|".join(str(ord(letter)) for letter in lost)
        warnings.filterwarnings("ignore", rf"Glyph ({codes}) ")  # matplotlib's own, one for each letter
    return holder


@lru_cache(maxsize=256)
def fallbacks(letters):
    """Installed fonts that have letters which the plain one lacks.

    Parameters
    ----------
    letters : str

    Returns
    -------
    families : tuple of str
    lost : str
        Letters that none has.
    """
    from matplotlib.font_manager import findfont, fontManager

    lost, families = set(letters) - _letters_of(findfont(FONT)), []
    for entry in sorted(fontManager.ttflist, key=lambda entry: entry.name) if lost else ():
        found = (
            set()
            if entry.name.startswith(BOXES) or entry.name in families
            else lost & _letters_of(entry.fname)
        )
        if found:
            families.append(entry.name)
            lost -= found
    return tuple(families), "".join(sorted(lost))


@lru_cache(maxsize=2048)
def _letters_of(path):
    """The letters of a font; none if matplotlib cannot draw it, as fonts of coloured emoji."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(map(chr, FT2Font(path).get_charmap()))
    except (RuntimeError, OSError):
        return frozenset()


def escape(text):
    """A text inside SVG: as `html.escape`, without the control characters that XML cannot hold.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return html.escape(NOT_IN_TEXTS.sub("\ufffd", text))
