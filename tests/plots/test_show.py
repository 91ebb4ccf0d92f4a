import io
import re
from base64 import b64decode

import IPython.display
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from gzkit.plots.show import EXACT_COLOURS, in_few_colours, show


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


def test_areas_keep_their_colour_exactly():
    colours = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)  # too many
    areas = colours[0, :EXACT_COLOURS]
    colours[:160] = np.repeat(areas, 1500, axis=0).reshape(160, 300, 3)
    stored = Image.open(io.BytesIO(in_few_colours(Image.fromarray(colours))))
    assert stored.mode == "P"
    assert (np.asarray(stored.convert("RGB"))[:160] == colours[:160]).all()
