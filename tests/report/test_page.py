import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from gzkit.report.galaxy import vote_strip
from scipy.stats import betabinom

import gzkit as gz
from gzkit.report.page import write_report

HOSTILE = "<img src=x onerror=alert(1)>\"'&"
SCHEMA = gz.Schema(
    {"shape": ["_smooth", f"_{HOSTILE}"], "bar": ["_yes", "_no"]},
    {"shape": None, "bar": f"shape_{HOSTILE}"},
    name=f"survey {HOSTILE}",
)
VOID = {"img", "meta", "br", "path", "rect"}


class Page(HTMLParser):
    """Tags with their attributes, visible text, and whether every tag is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def survey():
    """30 galaxies with votes drawn from the predicted distribution."""
    rng = np.random.default_rng(1)
    concentration = rng.uniform(1, 20, (30, 4))
    votes = np.zeros((30, 4), int)
    for i in range(30):
        votes[i, :2] = rng.multinomial(40, rng.dirichlet(concentration[i, :2]))
        votes[i, 2:] = rng.multinomial(votes[i, 1], rng.dirichlet(concentration[i, 2:]))
    votes[4] = [40, 0, 0, 0]
    ids = [f"J{i}" for i in range(29)] + [HOSTILE]
    catalog = pd.DataFrame({"id_str": ids, **dict(zip(SCHEMA.label_cols, votes.T, strict=True))})
    return gz.Predictions(concentration, ids, SCHEMA), catalog


def test_the_report_stands_alone_and_runs_nothing(survey, tmp_path):
    write_report(tmp_path / "r.html", *survey, title=HOSTILE, about=HOSTILE, galaxies=30)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "form", "link", "base"}
    assert all(not name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert all(
        attrs["src"].startswith("data:image/") and attrs["alt"] for tag, attrs in page.tags if tag == "img"
    )
    assert "url(" not in text and "@import" not in text
    assert any(HOSTILE in part for part in page.texts)


def test_the_table_holds_the_figures_of_evaluate(survey, tmp_path):
    predictions, catalog = survey
    table = write_report(tmp_path / "r.html", predictions, catalog, train=catalog)
    pd.testing.assert_frame_equal(table, gz.evaluate(predictions, catalog, train=catalog, full=True))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", text.split("class='questions'")[1].split("</table>")[0])[1:]
    assert len(rows) == len(table) == 3
    for row, figures in zip(rows, table.to_dict("records"), strict=True):
        cells = [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        assert cells[1:3] == [f"{figures['galaxies']:,}", f"{figures['votes']:,}"]
        assert cells[3:7] == [
            f"{figures[name]:.{digits}f}"
            for name, digits in [("nll", 2), ("nll_constant", 2), ("skill", 2), ("fraction_mae", 3)]
        ]


def test_galaxies_go_from_the_least_surprising_votes_to_the_most(survey, tmp_path):
    write_report(tmp_path / "r.html", *survey, galaxies=4)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    ranks = re.findall(r"(\d+) of 30 by surprise: (-?[\d.]+) standard deviations; most at", text)
    assert [int(rank) for rank, _ in ranks] == [1, 11, 20, 30]
    assert [float(loss) for _, loss in ranks] == sorted(float(loss) for _, loss in ranks)


def test_a_question_that_nobody_was_asked_is_named_and_not_drawn(survey, tmp_path):
    predictions, catalog = survey
    write_report(tmp_path / "r.html", predictions[["J4"]], catalog)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Nobody was asked: bar." in text and "<h4>bar" not in text


def test_the_strip_has_a_bar_for_each_count_and_marks_the_votes_given():
    probability = betabinom(10, 3, 5).pmf(np.arange(11))
    strip = vote_strip(probability, 4, "a < b", interval=(1, 6))
    bars = [(float(x), float(height)) for x, height in re.findall(r"M([\d.]+) 24v-([\d.]+)h", strip)]
    bars.sort()
    drawn = np.array([height for _, height in bars])
    expected = probability / probability.max() * 20
    np.testing.assert_allclose(drawn, expected[expected >= 0.1], atol=0.051)
    step = bars[1][0] - bars[0][0]
    mark = float(re.search(r"M([\d.]+) 6V", strip)[1])
    assert abs(mark - 4.5 * step) < 0.4
    assert "aria-label='a &lt; b'" in strip
