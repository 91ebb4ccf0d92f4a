from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

import gzkit as gz
from gzkit.plots import save_figure

SVG = "{http://www.w3.org/2000/svg}"
SCHEMA = gz.Schema.from_classes("bar", ["strong", "weak", "no"])


def sizes(figure):
    return [text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()]


def test_texts_of_vector_files_stay_text_and_settings_stay_the_users(tmp_path):
    before, ax = dict(plt.rcParams), gz.plot_votes([3, 5, 12], SCHEMA)
    save_figure(ax, tmp_path / "votes.svg", serif=True, alt="a bar an answer")
    root = ElementTree.parse(tmp_path / "votes.svg").getroot()
    written = {"".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")}
    assert {"strong", "weak", "no", "20 votes", "vote fraction"} <= written
    styles = " ".join(text.get("style", "") for text in root.iter(f"{SVG}text"))
    assert "STIXGeneral" in styles
    assert "a bar an answer" in (tmp_path / "votes.svg").read_text(encoding="utf-8")
    save_figure(ax, tmp_path / "votes.pdf")
    data = (tmp_path / "votes.pdf").read_bytes()
    assert b"/Type3" not in data and (b"/TrueType" in data or b"/CIDFontType2" in data)
    assert dict(plt.rcParams) == before


def test_a_figure_is_as_wide_as_the_journal_and_its_texts_can_be_read(tmp_path):
    ax = gz.plot_votes([3, 5, 12], SCHEMA)
    width, height = ax.figure.get_size_inches()
    save_figure(ax, tmp_path / "votes.pdf", width=3.5)
    assert ax.figure.get_size_inches() == pytest.approx((3.5, height * 3.5 / width))
    assert min(sizes(ax.figure)) >= 7 and max(sizes(ax.figure)) <= 10


def test_a_tree_that_would_be_unreadable_is_refused_with_the_width_that_fits(tmp_path):
    ax = gz.plot_tree("gz-decals-dr5", size="slide")
    with pytest.raises(ValueError, match=r"width=(\d\.\d) fits") as refused:
        save_figure(ax, tmp_path / "tree.pdf", width=3.5)
    fits = float(str(refused.value).partition("width=")[2].split()[0])
    save_figure(ax, tmp_path / "tree.pdf", width=fits + 0.1)
    assert min(sizes(ax.figure)) >= 6.99
    save_figure(gz.plot_tree("gz-decals-dr5", size="column"), tmp_path / "column.pdf", width=3.5)


@pytest.mark.parametrize("width", [0, -1, float("nan"), "3.5"])
def test_a_width_that_is_none_is_refused(width, tmp_path):
    ax = gz.plot_votes([10, 30], gz.Schema.from_classes("bar", ["yes", "no"]))
    with pytest.raises(ValueError, match="is not a number of inches above 0"):
        save_figure(ax, tmp_path / "votes.pdf", width=width)


def test_a_shown_figure_has_the_clean_look(capsys):
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([0, 1], label="line")
    left.legend()
    twin = left.twinx()
    right.imshow([[0, 1]])
    gz.show(figure, "a line and an image")
    assert not left.spines["top"].get_visible() and not left.spines["right"].get_visible()
    assert twin.spines["right"].get_visible()
    assert right.spines["top"].get_visible()
    assert not left.get_legend().get_frame_on()
