import io
import pickle
import re
from base64 import b64decode

import IPython.display
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

import gzkit as gz
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
    assert "<figcaption" in bundle["text/html"]
    assert ">An &quot;empty&quot; plot, 0 &lt; 1.</figcaption>" in bundle["text/html"]
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


@pytest.fixture
def displayed(monkeypatch):
    """What IPython is asked to display."""
    things = []
    monkeypatch.setattr("IPython.display.display", things.append)
    return things


@pytest.mark.parametrize("draw", [gz.plot_tree, lambda schema: gz.plot_votes([3, 5], schema)])
def test_axes_on_a_line_of_their_own_are_shown_by_the_cells_end_and_later_as_a_picture(
    draw, displayed, monkeypatch
):
    ax = draw(gz.Schema.from_classes("ring", ["yes", "no"]))
    monkeypatch.setattr("matplotlib.get_backend", lambda: "inline")
    ax._ipython_display_()
    assert displayed == []  # the cell's end shows the new figure: no second picture, and no <Axes: >
    plt.close(ax.figure)
    ax._ipython_display_()
    assert displayed == [ax.figure]


def test_a_figure_on_a_line_of_its_own_is_shown_once(displayed, monkeypatch):
    schema = gz.Schema.from_classes("ring", ["yes", "no"])
    figure = gz.plot_galaxy(gz.Predictions([[1.0, 2.0]], ["J1"], schema), "J1")
    monkeypatch.setattr("matplotlib.get_backend", lambda: "inline")
    figure._ipython_display_()
    assert displayed == [figure]
    assert not plt.fignum_exists(figure.number)  # so the cell's end has nothing left to show
    assert not hasattr(figure, "_ipython_display_")  # from now on as any figure


def test_figures_can_still_be_pickled():
    ax = gz.plot_tree(gz.Schema.from_classes("ring", ["yes", "no"]))
    assert pickle.loads(pickle.dumps(ax.figure)).axes
