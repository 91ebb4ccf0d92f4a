"""What the explorers share: panels that are drawn again only when they must be, and pictures that can be read aloud."""

import base64
import html
import io
import time
from contextlib import contextmanager

import ipywidgets

from gzkit.palette import DARK, LIGHT
from gzkit.plots.show import in_few_colours, picture_html
from gzkit.widgets.touch import Touch

DPI = 100
TOGETHER = 0.4  # changes no further apart than this are taken back together [s]


class Panel(ipywidgets.HTML):
    """A part of a page that is made again only when what it shows has changed.

    Parameters
    ----------
    make : callable
        Takes what is to be shown and returns HTML, in which everything that came from a file is escaped.
    """

    def __init__(self, make, **keywords):
        super().__init__(**keywords)
        self._make, self._shown = make, None

    def show(self, *inputs):
        """Show these inputs; nothing happens if they are the ones on show.

        Parameters
        ----------
        inputs : anything that can be compared with ``==`` for truth
        """
        if inputs != self._shown:
            self.value = self._make(*inputs)
            self._shown = inputs


class Explorer(ipywidgets.VBox):
    """Controls over pictures: a box that can stand in other boxes, with its state in traits.

    Traits are set and read as attributes (``explorer.total_votes = 20``), watched with `observe` and tied together with
    ``ipywidgets.link`` or ``jslink``. Where there is no kernel, in a saved notebook or an exported page, the picture of
    the moment when the cell ran stands in its place.

    Each explorer has two methods more: ``figure()``, what is on show as one matplotlib Figure (for a talk, or for a
    notebook without controls), and ``describe()``, the same in words; and ``_refresh()`` shows the state.

    Attributes
    ----------
    touch : Touch
        What the hand does on the drawings.
    theme : Theme
        Light or dark, as the page is.
    """

    what = "explorer"
    remembered: tuple[str, ...] = ()  # the traits that `undo` brings back
    _following = _undoing = False

    def __init__(self, **keys):
        super().__init__()
        self.touch = Touch(self.touched, {"Undo": self.undo, **keys})
        self.touch.observe(lambda _: self._refresh(), names="dark")
        self.add_class("gzkit")
        self._past, self._changed_at = [], -TOGETHER

    @property
    def theme(self):
        return DARK if self.touch.dark else LIGHT

    def touched(self, kind, name):
        """Something drawn was clicked, or used from the keyboard.

        Parameters
        ----------
        kind, name : str
            ``"answer"``, ``"bar_no"``.
        """

    def tools(self):
        """Buttons that every instrument has: undo, and save the picture on show."""
        self._undo_button = button("Undo", "Take the last change back (Ctrl+Z)", self.undo)
        self._undo_button.disabled = True
        return {
            "undo": self._undo_button,
            "png": button("Save PNG", "Save this view as PNG file", lambda: self.save("png")),
            "svg": button("Save SVG", "Save this view as SVG file", lambda: self.save("svg")),
        }

    def controls_row(self, *names):
        """Some of the controls, side by side."""
        return row(*(self.controls[name] for name in names))

    def begin(self, changed):
        """Show the state for the first time, and follow it from now on: this is what `undo` leads back to.

        Parameters
        ----------
        changed : callable
            Called with each change of the state.
        """
        self.observe(changed, names=list(self.remembered))
        self._refresh()
        self._present = self._state()
        self.observe(self._remember, names=list(self.remembered))

    def undo(self):
        """Take the last change back."""
        if not self._past:
            return
        state = self._past.pop()
        self._undoing = True
        with self.hold_trait_notifications():
            for name, value in state.items():
                setattr(self, name, value)
        self._undoing = False
        self._present, self._changed_at = self._state(), -TOGETHER
        self._undo_button.disabled = not self._past

    def save(self, kind="png"):
        """Have the browser save what is on show as a file.

        Parameters
        ----------
        kind : {"png", "svg"}
        """
        file = io.BytesIO()
        self.figure().savefig(file, format=kind, dpi=200)
        types = {"png": "image/png", "svg": "image/svg+xml"}
        message = {"save": f"{self.what.replace(' ', '-')}.{kind}", "type": types[kind]}
        self.touch.send(message, buffers=[file.getvalue()])

    def _state(self):
        return {name: getattr(self, name) for name in self.remembered}

    def _remember(self, _):
        """Keep the state before a change; changes that follow each other at once, as of a slider, are one."""
        state, now = self._state(), time.monotonic()
        if self._undoing or state == self._present:
            return
        if now - self._changed_at >= TOGETHER:
            self._past.append(self._present)
        self._present, self._changed_at = state, now
        self._undo_button.disabled = not self._past

    @contextmanager
    def following(self):
        """While the controls are set to the state, they do not set it."""
        self._following = True
        try:
            yield
        finally:
            self._following = False

    def close(self):
        """Take it off every page, and free it: ipywidgets keeps what is not closed for as long as the kernel runs."""
        waiting = [self.children, *vars(self).values()]  # some parts are on the page only at times
        while waiting:
            part = waiting.pop()
            if isinstance(part, list | tuple):
                waiting += part
            elif isinstance(part, dict):
                waiting += part.values()
            elif isinstance(part, ipywidgets.Widget):
                waiting += [getattr(part, name, None) for name in ("children", "layout", "style")]
                part.close()
        self.layout.close()
        super().close()

    def __repr__(self):
        return f"<{self.what}>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return still_bundle(self, super()._repr_mimebundle_(include=include, exclude=exclude) or {})


def still_bundle(explorer, bundle):
    """What stands in an explorer's place without a kernel, beside its widget: the picture of the moment, and its words.

    Parameters
    ----------
    explorer : object
        With `what`, `figure()` and `describe()`.
    bundle : dict
        The widget's own.

    Returns
    -------
    tuple of (dict, dict)
        By MIME type, and metadata.
    """
    alt, figure = explorer.describe(), explorer.figure()
    png, size = figure_png(figure), figure.canvas.get_width_height()
    still = {
        "text/plain": f"{explorer.what}: run this cell to use it",
        "image/png": base64.b64encode(png).decode(),
        "text/html": picture_html(png, alt, size=size),  # exported pages drop what metadata says
    }
    return bundle | still, {"image/png": {"alt": alt}}


def new_figure(width, height):
    """A figure that pyplot knows nothing of, so that nothing has to be closed.

    Parameters
    ----------
    width, height : float
        [inches]

    Returns
    -------
    Figure
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI)


def figure_png(figure):
    """A figure as a small PNG.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    bytes
    """
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    return in_few_colours(file)


def button(words, tooltip, act):
    """A button.

    Parameters
    ----------
    words, tooltip : str
    act : callable
        What a click does; takes nothing.

    Returns
    -------
    Button
    """
    made = ipywidgets.Button(description=words, tooltip=tooltip)
    made.on_click(lambda _: act())
    return made


def labelled(words, label, width):
    """Keywords of a control.

    Parameters
    ----------
    words : str
        Its label.
    label, width : int
        Room for the label, and for all of it [pixel].

    Returns
    -------
    dict
    """
    return {
        "description": words,
        "style": {"description_width": f"{label}px"},
        "layout": {"width": f"{width}px", "margin": "2px 0"},
    }


def choice(words, options, label, width):
    """A list to choose from.

    Parameters
    ----------
    words, label, width
        As for `labelled`.
    options : iterable
        As for ``ipywidgets.Dropdown``.

    Returns
    -------
    Dropdown
    """
    return ipywidgets.Dropdown(options=list(options), **labelled(words, label, width))


def show_if(widget, on):
    """Let a widget be seen, or not.

    Parameters
    ----------
    widget : Widget
    on : bool
    """
    widget.layout.display = None if on else "none"


def row(*children, name="", **layout):
    """Widgets side by side, which wrap where the page is narrow.

    Parameters
    ----------
    children : Widget
    name : str
        Class by which `touch.css` gives it its place.
    layout : str
        Further properties of the layout.

    Returns
    -------
    Box
    """
    box = ipywidgets.Box(children, layout=ipywidgets.Layout(**layout))
    box.add_class(f"gzkit-{name or 'row'}")
    return box


def grid(name, **parts):
    """The parts of an instrument, each at its place.

    Parameters
    ----------
    name : str
        Class of the grid in `touch.css`.
    parts : Widget
        By the area of the grid.

    Returns
    -------
    Box
    """
    for area, part in parts.items():
        part.layout.grid_area, part.layout.min_width = area, "0"
    return row(*parts.values(), name=name)


def text_html(text, *, spoken=False):
    """A paragraph that screen readers read out when it changes.

    Parameters
    ----------
    text : str
        Escaped here.
    spoken : bool
        Whether it is for them alone, since the drawings say the same.

    Returns
    -------
    str
    """
    kind = ' class="gzkit-spoken"' if spoken else ""
    return f'<p aria-live="polite"{kind}>{html.escape(text)}</p>'


def tree_html(schema, **options):
    """The decision tree from left to right, or from top to bottom where the page is narrow.

    Parameters
    ----------
    schema : Schema
    options
        As for `gzkit.plots.tree.svg.tree_svg`.

    Returns
    -------
    str
    """
    from gzkit.plots.tree.svg import tree_svg

    wide = tree_svg(schema, orientation="right", **{"numbers": "shares"} | options)
    narrow = tree_svg(schema, orientation="down", **options | {"numbers": "none"})
    return f'<div class="gzkit-tree"><div class="gzkit-wide">{wide}</div><div class="gzkit-narrow">{narrow}</div></div>'
