import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.report.page import write_report

HOSTILE = "<img src=x onerror=alert(1)>\"'&"
SCHEMA = gz.Schema(
    {"shape": ["_smooth", f"_{HOSTILE}"], "bar": ["_yes", "_no"]},
    {"shape": None, "bar": f"shape_{HOSTILE}"},
    name=f"survey {HOSTILE}",
)
VOID = {"img", "meta", "br", "path", "rect", "input"}


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


def test_the_report_stands_alone_and_fetches_nothing(survey, tmp_path):
    write_report(tmp_path / "r.html", *survey, title=HOSTILE, about=HOSTILE)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert not {tag for tag, _ in page.tags} & {"iframe", "object", "embed", "form", "link", "base"}
    assert all("src" not in attrs for tag, attrs in page.tags if tag == "script")
    assert all(not name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert all(
        attrs["src"].startswith("data:image/") and attrs["alt"] for tag, attrs in page.tags if tag == "img"
    )
    assert "url(" not in text and "@import" not in text and "<img src=x" not in text
    assert any(HOSTILE in part for part in page.texts)


def test_the_table_holds_the_figures_of_evaluate(survey, tmp_path):
    predictions, catalog = survey
    table = write_report(tmp_path / "r.html", predictions, catalog, train=catalog)
    pd.testing.assert_frame_equal(table, gz.evaluate(predictions, catalog, train=catalog, full=True))
    text = (tmp_path / "r.html").read_text(encoding="utf-8").split('numbers">')[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd]>(?:<meter[^>]*></meter> )?(.*?)</t", row) for row in text.split("<tr>")[1:]]
    assert [row[0] for row in rows] == list(table["question"])
    assert "<th>question</th>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    for column, name, digits in [(2, "votes", 0), (3, "nll", 2), (5, "skill", 2), (6, "fraction_mae", 3)]:
        assert [float(row[column].replace(",", "")) for row in rows] == pytest.approx(
            table[name].round(digits).tolist()
        )


def test_all_galaxies_of_a_small_survey_are_held_and_few_said(survey, tmp_path):
    predictions, catalog = survey
    write_report(tmp_path / "r.html", predictions, catalog)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "The page holds all of 30 galaxies." in text
    assert "galaxies trained on" not in text  # nobody said on how many
    held = json.loads(re.search(r'<script type="application/json">(.*?)</script>', text)[1])["galaxies"]
    assert held["ids"] == list(predictions.id_str)


def test_a_report_on_galaxies_that_nobody_was_asked_about_says_so(survey, tmp_path):
    predictions, catalog = survey
    catalog[SCHEMA.label_cols] = 0
    write_report(tmp_path / "r.html", predictions, catalog)
    assert "Nobody was asked anything." in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_arguments_in_each_others_place_are_told(survey, tmp_path):
    with pytest.raises(TypeError, match="predictions and catalog stand in each other's place"):
        write_report(tmp_path / "r.html", *survey[::-1])


def test_a_training_is_read_from_its_folder_with_its_settings(survey, tmp_path):
    history = pd.DataFrame(
        {
            "epoch": [1, 2],
            "train_loss": [9.0, 8.0],
            "val_loss": [8.5, 8.1],
            "learning_rate": [1e-3, 1e-4],
            "seconds": [2.0, 3.0],
        }
    )
    history.to_csv(tmp_path / "history.csv")
    write_report(tmp_path / "r.html", *survey, run=tmp_path)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "2 epochs in 5 s. The best validation loss, 8.10 nat a galaxy, was reached in epoch 2" in text
    with pytest.raises(ValueError, match=r"nowhere holds no history\.csv"):
        write_report(tmp_path / "r.html", *survey, run=tmp_path / "nowhere")
