"""What is drawn answers to the hand: clicks and keys of an instrument, as a small ES module sends them."""

from pathlib import Path

import anywidget
import traitlets

FOLDER = Path(__file__).parent


class Touch(anywidget.AnyWidget):
    """The hand and the eye of an instrument: a child that is not seen, and listens to all of it.

    Drawings name what can be touched (``data-touch="answer:bar_no"``); `touch.js` tells which that was. The
    module travels with the widget: nothing is built or fetched, and it works wherever anywidget does: JupyterLab,
    Notebook 7, VS Code and Colab.

    Parameters
    ----------
    touched : callable
        Takes what was touched: ``("answer", "bar_no")``.
    pressed : dict of str to callable
        By key, as a browser calls it (``"ArrowRight"``), what it does.

    Attributes
    ----------
    dark : bool
        Whether the page is dark, as the browser says.
    heard : list of str
        The keys that are listened to.

    References
    ----------
    anywidget, https://anywidget.dev: the convention for a widget that is a plain ES module.
    """

    _esm = FOLDER / "touch.js"
    _css = FOLDER / "touch.css"
    dark = traitlets.Bool(False).tag(sync=True)
    heard = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, touched, pressed):
        super().__init__(heard=[*pressed], layout={"display": "none"})
        self._touched, self._pressed = touched, pressed
        self.on_msg(self._receive)

    def _receive(self, _, message, buffers):
        if "touch" in message:
            self._touched(*message["touch"].split(":", 1))
        elif message.get("key") in self._pressed:
            self._pressed[message["key"]]()
