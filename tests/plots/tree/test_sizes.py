"""What a size promises is kept: readable texts of one class, nothing on top of anything else, a page that is used."""

import runpy
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import gzkit as gz
from gzkit.plots import tree_pages
from gzkit.plots.tree.page import SIZES

SIZED = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "tree_sizes.py"))
CASES = [
    pytest.param(*case, marks=() if case[0] == "gz-decals-dr5" else pytest.mark.slow)
    for case in product(SIZED["SURVEYS"], SIZED["SHOWN"], SIZED["SIZES"])
]


@pytest.mark.parametrize("name, shown, size", CASES)
def test_texts_can_be_read_and_nothing_overlaps(name, shown, size):
    blanks = []
    for ax in SIZED["draw"](gz.load_schema(name), size, shown):
        least, most, overlaps, blank = SIZED["measured"](ax)
        blanks.append(blank)
        assert least >= {"notebook": 7.0, "slide": 12.0, "column": 7.0}[size] - 0.01
        assert most < 1.6 * least  # a title is the largest: one class of sizes
        assert not overlaps
    assert np.mean(blanks) < 0.7  # texts of one size on all pages: the last may hold few questions


@pytest.mark.parametrize("shown", SIZED["SHOWN"])
def test_a_slide_of_one_campaign_is_one_page_and_mostly_used(shown):
    (ax,) = SIZED["draw"](gz.load_schema("gz-decals-dr5"), "slide", shown)
    assert SIZED["measured"](ax)[3] < 0.5
    assert ax.get_figure().get_size_inches() == pytest.approx((13.333, 7.5))


def test_a_tree_that_does_not_fit_is_refused_with_the_size_that_fits():
    with pytest.raises(
        ValueError,
        match=r"gz-evo.*\d\.\d pt on 13.3 x 7.5.*12 pt is the least.*size=\((.*), (.*)\) fits.*tree_pages",
    ):
        gz.plot_tree("gz-evo", size="slide")
    with pytest.raises(ValueError, match=r"size=\(([\d.]+), ([\d.]+)\) fits") as refused:
        gz.plot_tree("gz-candels-all-tasks", size="slide")
    width, height = (
        float(number) for number in str(refused.value).partition("size=(")[2].partition(")")[0].split(",")
    )
    larger = gz.plot_tree("gz-candels-all-tasks", size=(width, height))
    larger.get_figure().draw_without_rendering()
    assert min(text.get_fontsize() for text in larger.texts) >= 11.9


def test_pages_show_every_question_once_and_say_what_it_is_asked_after():
    schema = gz.load_schema("gz-candels-all-tasks")
    pages = tree_pages(schema)
    drawn = [name for ax in pages for name in dict.fromkeys(text.inside for text in ax.texts) if name]
    assert sorted(drawn) == sorted([*schema.label_cols, *(question.text for question in schema.questions)])
    assert f" · 1 of {len(pages)}" in pages[0].texts[0].get_text()
    home = {text.inside: number for number, ax in enumerate(pages) for text in ax.texts}
    for number, ax in enumerate(pages):
        told = " ".join(text.get_text() for text in ax.texts if not text.inside)
        elsewhere = [
            question.text
            for question in schema.questions
            if home[question.text] == number and any(home[a.label] != number for a in question.asked_after)
        ]
        assert all(f"{name} is asked after" in told for name in elsewhere)
        away = sum(
            any(home[following.text] != number for following in answer.next_questions)
            for answer in schema.answers
            if home[answer.label] == number
        )
        assert sum(text.get_text() in "▸▾" for text in ax.texts) == away


def test_answers_that_nobody_gave_are_left_out_of_a_slide_and_counted():
    schema = gz.load_schema("gz-decals-dr5")
    votes = dict.fromkeys(schema.label_cols, 0)
    votes |= {"smooth-or-featured_smooth": 30, "smooth-or-featured_artifact": 10, "how-rounded_round": 30}
    votes |= {"merging_none": 28, "merging_merger": 2}
    ax = gz.plot_tree(schema, votes, size="slide")
    assert {text.inside for text in ax.texts} - {""} == {
        "smooth-or-featured", "how-rounded", "merging", *(label for label, count in votes.items() if count)
    }  # fmt: skip
    assert "not drawn: 29 answers that nobody gave" in [text.get_text() for text in ax.texts]
    assert len({text.inside for text in gz.plot_tree(schema, votes).texts}) == 1 + 10 + 34


def test_a_column_is_as_wide_as_a_journal_has_it_and_no_higher_than_needed():
    figure = gz.plot_tree("gz-decals-dr5", size="column").get_figure()
    width, height = figure.get_size_inches()
    assert width == SIZES["column"].width and height < SIZES["column"].height
    assert np.isclose(SIZES["column"].width, 3.5)
