import re
from base64 import b64decode

import IPython.display
import pytest
from matplotlib import pyplot as plt

from gzkit.plots.show import show


def test_a_shown_figure_carries_its_words_and_is_closed(monkeypatch):
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append(bundle))
    figure, ax = plt.subplots()
    show(ax, 'An "empty" plot, 0 < 1.')
    (bundle,) = shown
    assert bundle["text/plain"] == 'An "empty" plot, 0 < 1.'
    assert 'alt="An &quot;empty&quot; plot, 0 &lt; 1."' in bundle["text/html"]
    assert b64decode(re.search(r"base64,([^\"]+)", bundle["text/html"])[1]).startswith(b"\x89PNG")
    assert figure.number not in plt.get_fignums()


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="say in a sentence"):
        show(plt.figure(), "  ")
    plt.close("all")
