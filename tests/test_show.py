import IPython.display
import pytest
from matplotlib import pyplot as plt

from gzkit.plots.show import show


def test_a_shown_figure_carries_its_words_and_is_closed(monkeypatch):
    shown = []
    monkeypatch.setattr(
        IPython.display, "display", lambda bundle, raw, metadata: shown.append((bundle, metadata))
    )
    figure, ax = plt.subplots()
    show(ax, "An empty plot.")
    ((bundle, metadata),) = shown
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == "An empty plot."
    assert figure.number not in plt.get_fignums()


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="say in a sentence"):
        show(plt.figure(), "  ")
    plt.close("all")
