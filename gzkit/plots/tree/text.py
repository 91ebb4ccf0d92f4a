"""How wide a text is and where its lines break, measured without drawing."""

import re
from functools import lru_cache

LINE_HEIGHT = 1.2  # of the font size
BREAK_AFTER = "-/_ "

# characters by advance width, in hundredths of the font size; any other letter counts as one of _OTHER
_REGULAR = {
    28: "'ijl", 30: "IJ", 32: " ,.·", 34: "/:;\\|", 36: "f", 37: "-", 40: "()[]t", 41: "!", 42: "r", 46: '"',
    50: "*_`–", 53: "sz", 54: "?", 55: "c", 56: "L", 58: "Fk", 60: "vxy", 61: "P", 62: "TYaeo",
    64: "$0123456789ESbdghnpqu{}", 66: "K", 69: "ABVXZ", 70: "CR", 74: "U", 75: "N", 76: "H", 77: "D", 78: "&G",
    79: "OQ", 82: "w", 84: "#+<=>^~×−±→≥", 87: "M", 96: "%", 98: "m", 99: "W", 100: "@…",
}  # fmt: skip
_BOLD = {
    31: "'", 35: " ijl", 37: "/\\|", 38: ",.IJ·", 40: ":;", 42: "-", 44: "f", 46: "!()[]", 48: "t", 50: "_`r–",
    53: '"*', 58: "?", 59: "z", 60: "cs", 64: "L", 65: "x", 66: "vy", 67: "k", 68: "ae", 69: "EFTo",
    70: "$0123456789", 72: "bdghnpqu{}", 73: "SYZ", 74: "CP", 77: "BR", 78: "AKVX", 82: "U", 83: "DG",
    84: "#+<=>HN^~×−±→≥", 85: "OQ", 88: "&", 93: "w", 100: "@M…", 101: "%", 105: "m", 111: "W",
}  # fmt: skip
_OTHER = 105
_ADVANCE = {
    bold: {character: width for width, group in groups.items() for character in group}
    for bold, groups in ((False, _REGULAR), (True, _BOLD))
}


@lru_cache(maxsize=4096)
def text_width(text, size, *, bold=False):
    """Width of a line of DejaVu Sans.

    Parameters
    ----------
    text : str
    size : float
        Font size; the width comes in the same unit.
    bold : bool

    Returns
    -------
    float

    Examples
    --------
    >>> text_width("bar", 10)
    16.8
    """
    advance = _ADVANCE[bold]
    return sum(advance.get(character, _OTHER) for character in text) * size / 100


def wrap_text(text, width, size, *, bold=False, breaks=BREAK_AFTER):
    """Break a text into lines after hyphens, underscores, slashes and spaces.

    Parameters
    ----------
    text : str
    width : float
        Lines are no wider than this, except for a word that is wider itself.
    size : float
        Font size, in the unit of ``width``.
    bold : bool
    breaks : str
        The characters after which a line may end.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> wrap_text("spiral-arm-count", 60, 10)
    ('spiral-arm-', 'count')
    """
    lines = [""]
    for piece in _pieces(text, breaks):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size, bold=bold) > width:
            lines.append("")
        lines[-1] += piece
    return tuple(line.strip() for line in lines)


@lru_cache(maxsize=4096)
def balanced_text(text, lines, size, *, bold=False, least=0.0):
    """Break a text into at most so many lines, as narrow as that allows.

    Parameters
    ----------
    text : str
    lines : int
    size : float
        Font size.
    bold : bool
    least : float
        A width that is free anyway: fewer lines are used where they fit in it.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> balanced_text("smooth-or-featured", 2, 9)
    ('smooth-or-', 'featured')
    """
    pieces = _pieces(text)
    spans = {
        text_width("".join(pieces[i:j]).rstrip(), size, bold=bold)
        for i in range(len(pieces))
        for j in range(i + 1, len(pieces) + 1)
    }
    for width in sorted({max(span, least) for span in spans}):
        broken = wrap_text(text, width, size, bold=bold)
        if len(broken) <= lines and all(text_width(line, size, bold=bold) <= width for line in broken):
            return broken
    return (text,)


def block_width(lines, size, *, bold=False):
    """Width of the widest of several lines.

    Parameters
    ----------
    lines : sequence of str
    size : float
    bold : bool

    Returns
    -------
    float
    """
    return max((text_width(line, size, bold=bold) for line in lines), default=0.0)


def _pieces(text, breaks=BREAK_AFTER):
    return [piece for piece in re.split(f"(?<=[{re.escape(breaks)}])", text) if piece] or [""]
