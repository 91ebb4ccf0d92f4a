"""Every colour that gzkit draws with.

The hues are those of Okabe and Ito, which stay apart under the common forms of colour blindness. Colour is never the
only cue. Nothing here needs matplotlib: SVG and HTML drawings share the colours.

References
----------
Okabe & Ito 2008, "Color Universal Design", https://jfly.uni-koeln.de/color/
W3C 2018, Web Content Accessibility Guidelines 2.1: contrast ratios
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "reddish purple": "#CC79A7",
}

TRUTH = OKABE_ITO["blue"]  # what volunteers said; legible on light and dark
PREDICTION = OKABE_ITO["vermillion"]  # what a model says
# a loss that takes the mean as certain; always dashed or hollow as well
MULTINOMIAL = OKABE_ITO["bluish green"]
MUTED = "#858585"  # context: legible on light and dark, and recedes

Color = str | Sequence[float]  # "#rrggbb", or red, green, blue and perhaps opacity in [0, 1]


@dataclass(frozen=True)
class Theme:
    """The colours that depend on what lies behind the drawing.

    Attributes
    ----------
    name : str
        ``"light"`` or ``"dark"``.
    paper, ink : str
        Background, and the text and lines on it.
    muted, grid : str
        Text of less weight; rules and frames that should not be noticed.
    truth, prediction, highlight : str
        What volunteers said, what a model says, and what the reader is pointed to.
    tiers : tuple of str
        One colour a tier of the decision tree, first question first.
    """

    name: str
    paper: str
    ink: str
    muted: str
    grid: str
    truth: str
    prediction: str
    highlight: str
    tiers: tuple[str, ...]


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    ink="#1A1A1A",
    muted="#5F5F5F",
    grid="#D9D9D9",
    truth=TRUTH,
    prediction=PREDICTION,
    highlight=OKABE_ITO["vermillion"],
    tiers=("#0072B2", "#00805C", "#B65000", "#A8527F", "#2877A8", "#8A6A00", "#5B5B9A", "#4D4D4D"),
)
DARK = Theme(
    name="dark",
    paper="#121417",
    ink="#F2F2F2",
    muted="#A8A8A8",
    grid="#3A3F45",
    truth=OKABE_ITO["sky blue"],
    prediction=OKABE_ITO["orange"],
    highlight=OKABE_ITO["orange"],
    tiers=("#56B4E9", "#2DBE94", "#F08A3C", "#DE96BF", "#8CC8EE", "#E3B93C", "#A6A6E0", "#B5B5B5"),
)
THEMES = {"light": LIGHT, "dark": DARK}


def theme_on(background: Color | Theme | Axes) -> Theme:
    """The theme that is legible on a background.

    Parameters
    ----------
    background : str or sequence of float or Axes
        ``"light"``, ``"dark"``, a ``"#rrggbb"`` colour, red, green and blue in [0, 1] (a fourth number, the opacity,
        counts as laid over white), or the Axes that is drawn in.

    Returns
    -------
    Theme

    Raises
    ------
    ValueError
        If a colour is none of these.

    Examples
    --------
    >>> theme_on("#202020").name
    'dark'
    """
    if isinstance(background, Theme):
        return background
    if isinstance(background, str) and background in THEMES:
        return THEMES[background]
    color: Any = _paper_of(background) if hasattr(background, "get_figure") else background
    return LIGHT if contrast("#000000", color) >= contrast("#FFFFFF", color) else DARK


def to_rgb(color: Color) -> tuple[float, ...]:
    """Red, green and blue of a colour.

    Parameters
    ----------
    color : str or sequence of float
        ``"#rrggbb"``, or red, green, blue and perhaps opacity (over white), each in [0, 1].

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> to_rgb("#FF0000")
    (1.0, 0.0, 0.0)
    """
    if isinstance(color, str):
        if len(color) != 7 or color[0] != "#":
            raise ValueError(f"a colour is '#rrggbb' or three numbers, got {color!r}")
        return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue, *rest = (float(channel) for channel in color)
    opacity = rest[0] if rest else 1.0
    return tuple(opacity * channel + 1 - opacity for channel in (red, green, blue))


def to_hex(rgb: Sequence[float]) -> str:
    """``"#rrggbb"`` of red, green and blue in [0, 1]: the inverse of `to_rgb`."""
    return "#" + "".join(f"{round(255 * channel):02X}" for channel in rgb)


def blend(color: Color, towards: Color, amount: float) -> str:
    """A colour moved part of the way to another.

    Parameters
    ----------
    color, towards : str or sequence of float
    amount : float
        0 keeps ``color``, 1 gives ``towards``.

    Returns
    -------
    str

    Examples
    --------
    >>> blend("#000000", "#FFFFFF", 0.6)
    '#999999'
    """
    pairs = zip(to_rgb(color), to_rgb(towards), strict=True)
    return to_hex([(1 - amount) * a + amount * b for a, b in pairs])


def contrast(color: Color, background: Color) -> float:
    """How well one colour stands out from another, from 1 (not at all) to 21 (black on white).

    Text should reach 4.5, and lines and large letters 3 (Web Content Accessibility Guidelines 2.1).

    Parameters
    ----------
    color, background : str or sequence of float

    Returns
    -------
    float

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    light, dark = sorted((_luminance(color), _luminance(background)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 2)


def ink_on(fill: Color) -> str:
    """Black or white text, whichever is easier to read on a fill."""
    return max(("#FFFFFF", "#000000"), key=lambda ink: contrast(ink, fill))


def tier_color(tier: int, theme: Theme = LIGHT) -> str:
    """Colour of a tier of the decision tree.

    Parameters
    ----------
    tier : int
        0 for the first question; the colours start again after the eighth tier.
    theme : Theme

    Returns
    -------
    str

    Examples
    --------
    >>> tier_color(0)
    '#0072B2'
    """
    return theme.tiers[tier % len(theme.tiers)]


def _paper_of(ax):
    visible = ax.axison and ax.patch.get_visible()
    return (ax.patch if visible else ax.get_figure(root=True)).get_facecolor()


def _luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
