"""A small pair of axes as SVG text: places, ticks, lines and legends, with every text escaped."""

from math import ceil, floor, log10

import numpy as np

from gzkit.plots.letters import escape

WIDTH, HEIGHT = 390, 290  # of a panel [pixel]
LEFT, RIGHT, TOP, BOTTOM = 56, 370, 30, 244  # of the axes in it
TEXT_SIZE = 13
FAMILY = "DejaVu Sans, Verdana, sans-serif"


class Frame:
    """Where numbers stand in a panel.

    Parameters
    ----------
    x_ends, y_ends : (float, float)
        Numbers at the ends of the axes.
    log_x : bool
        Whether the horizontal axis is logarithmic.
    """

    def __init__(self, x_ends, y_ends, *, log_x=False):
        self._scale = np.log10 if log_x else np.asarray
        self._x_ends = [float(self._scale(end)) for end in x_ends]
        self._y_ends = y_ends

    def x(self, numbers):
        """Places along the horizontal axis [pixel].

        Parameters
        ----------
        numbers : float or ndarray

        Returns
        -------
        float or ndarray
        """
        low, high = self._x_ends
        return LEFT + (self._scale(numbers) - low) / (high - low) * (RIGHT - LEFT)

    def y(self, numbers):
        """Places along the vertical axis; what lies above it is put on its end [pixel].

        Parameters
        ----------
        numbers : float or ndarray

        Returns
        -------
        float or ndarray
        """
        low, high = self._y_ends
        return BOTTOM - (np.minimum(numbers, high) - low) / (high - low) * (BOTTOM - TOP)

    def axes(self, theme, x_ticks, y_ticks, *, x_label, y_label=""):
        """Both axes with their numbers and labels.

        Parameters
        ----------
        theme : Theme
        x_ticks, y_ticks : sequence of float
            No vertical axis is drawn where `y_ticks` is empty.
        x_label, y_label : str

        Yields
        ------
        str
        """
        side = f"M{LEFT} {TOP}V{BOTTOM}" if len(y_ticks) else f"M{LEFT} {BOTTOM}"
        marks = [f"M{self.x(tick):.1f} {BOTTOM}v4" for tick in x_ticks]
        marks += [f"M{LEFT} {self.y(tick):.1f}h-4" for tick in y_ticks]
        yield path(f"{side}H{RIGHT}{''.join(marks)}", stroke=theme.ink)
        for tick in x_ticks:
            yield text(self.x(tick), BOTTOM + 17, f"{tick:g}", anchor="middle")
        for tick in y_ticks:
            yield text(LEFT - 7, self.y(tick) + 4, f"{tick:g}", anchor="end")
        yield text((LEFT + RIGHT) / 2, HEIGHT - 9, x_label, anchor="middle")
        if y_label:
            middle = (TOP + BOTTOM) / 2
            turn = f'transform="rotate(-90 12 {middle})"'
            yield text(12, middle, y_label, anchor="middle", more=turn)


def panel(title, label, parts, theme):
    """A whole picture.

    Parameters
    ----------
    title : str
        Stands above the axes.
    label : str
        What the picture says, for screen readers.
    parts : iterable of str
    theme : Theme

    Returns
    -------
    str
        An ``<svg>`` that fills the width of its place.

    Examples
    --------
    >>> from gzkit.palette import LIGHT
    >>> "<b>" in panel("<b>", "a bold letter", [], LIGHT)
    False
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'style="width:100%;height:auto;display:block" aria-label="{escape(label)}" font-family="{FAMILY}" '
        f'font-size="{TEXT_SIZE}" fill="{theme.ink}"><title>{escape(label)}</title>'
        f'<rect width="100%" height="100%" fill="{theme.paper}"/>'
        f"{text((LEFT + RIGHT) / 2, 17, title, anchor='middle', size=15)}{''.join(parts)}</svg>"
    )


def text(x, y, words, *, anchor="start", color=None, size=None, bold=False, more=""):
    """A line of text, escaped.

    Parameters
    ----------
    x, y : float
        Of its foot [pixel].
    words : str
    anchor : {"start", "middle", "end"}
    color : str, optional
    size : float, optional
        [pixel]
    bold : bool
    more : str
        Further attributes.

    Returns
    -------
    str

    Examples
    --------
    >>> text(1, 2, "a < b")
    '<text x="1.0" y="2.0" text-anchor="start">a &lt; b</text>'
    """
    fill = f' fill="{color}"' if color else ""
    fill += f' font-size="{size}"' if size else ""
    fill += ' font-weight="bold"' if bold else ""
    more = f" {more}" if more else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{fill}{more}>{escape(str(words))}</text>'


def path(data, *, stroke="none", fill="none", width=1.0, dash="", opacity=1.0, cap="butt"):
    """A line or a surface.

    Parameters
    ----------
    data : str
        As SVG's attribute ``d`` has it.
    stroke, fill : str
        Colours.
    width : float
        [pixel]
    dash : str
        Lengths of dashes and gaps [pixel].
    opacity : float
        Of the surface.
    cap : {"butt", "round"}

    Returns
    -------
    str
    """
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    paint = f'stroke="{stroke}" stroke-width="{width:g}" fill="{fill}" fill-opacity="{opacity:g}"'
    return f'<path d="{data}" {paint} stroke-linecap="{cap}" stroke-linejoin="round"{dashes}/>'


def polyline(x, y):
    """The attribute ``d`` of a line through points.

    Parameters
    ----------
    x, y : ndarray, shape (point,)
        [pixel]

    Returns
    -------
    str

    Examples
    --------
    >>> polyline([0, 1], [2, 3])
    'M0.0 2.0L1.0 3.0'
    """
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def wedge(x, y, color, *, edge=None):
    """A triangle that points down at a place: what volunteers said.

    Parameters
    ----------
    x, y : float
        Of its tip [pixel].
    color : str
    edge : str, optional
        Colour of its outline.

    Returns
    -------
    str
    """
    return path(f"M{x:.1f} {y:.1f}l-6 -11h12z", fill=color, stroke=edge or color)


def ground(height, theme):
    """A ground of paper across the top of the axes, so that a legend stands clear of lines.

    Parameters
    ----------
    height : float
        [pixel]
    theme : Theme

    Returns
    -------
    str
    """
    size = f'width="{RIGHT - LEFT - 2}" height="{height}"'
    return f'<rect x="{LEFT + 2}" y="{TOP - 7}" {size} fill="{theme.paper}" fill-opacity="0.85"/>'


def legend(x, y, entries):
    """What lines and marks mean, one under the other.

    Parameters
    ----------
    x, y : float
        Of the foot of the first text [pixel].
    entries : sequence of (str, str)
        A mark drawn 24 pixels wide from its left, half a letter above the origin; and what it means.

    Yields
    ------
    str
    """
    for i, (mark, words) in enumerate(entries):
        foot = y + 17 * i
        yield f'<g transform="translate({x:.1f} {foot - 4:.1f})">{mark}</g>'
        yield text(x + 30, foot, words)


def ticks(low, high, *, most=5, whole=False):
    """Round numbers along an axis, no more than so many.

    Parameters
    ----------
    low, high : float
    most : int
    whole : bool
        Whether there is nothing between whole numbers.

    Returns
    -------
    list of float

    Examples
    --------
    >>> ticks(0, 0.43), ticks(0, 40), ticks(0, 2, whole=True)
    ([0.0, 0.1, 0.2, 0.3, 0.4], [0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 1.0, 2.0])
    """
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    step = max(step, 1.0) if whole else step
    return [round(i * step, 12) for i in range(ceil(low / step), floor(high / step + 1e-9) + 1)]
