import numpy as np
import pytest
from matplotlib import pyplot
from scipy import stats

import gzkit as gz
from gzkit.plots.votes import fraction_interval

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_strong", "_weak", "_no"]},
    {"shape": None, "bar": "shape_disk"},
    name="tiny",
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def test_bars_are_vote_fractions_and_totals_are_written():
    ax = gz.plot_votes([10, 30, 3, 6, 21], SCHEMA)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.25, 0.75, 0.1, 0.2, 0.7])
    texts = [text.get_text() for text in ax.texts]
    assert "40 votes" in texts and "30 votes" in texts and "21" in texts
    assert [label.get_text() for label in ax.get_yticklabels()] == ["smooth", "disk", "strong", "weak", "no"]


def test_a_question_that_nobody_was_asked_is_marked_and_has_no_bar():
    ax = gz.plot_votes(
        {"shape_smooth": 4, "shape_disk": 0, "bar_strong": 0, "bar_weak": 0, "bar_no": 0}, SCHEMA
    )
    assert "nobody was asked" in [text.get_text() for text in ax.texts]
    (marked,) = [bar for bar in ax.patches if bar.get_hatch()]
    assert marked.get_facecolor()[3] == 0


def test_whiskers_are_jeffreys_intervals_that_enclose_the_fraction():
    votes = np.array([0, 3, 17])
    lower, upper = fraction_interval(votes, 0.9)
    beta = stats.beta(votes + 0.5, 20 - votes + 0.5)
    assert lower[1:] == pytest.approx(beta.ppf(0.05)[1:]) and upper[:] == pytest.approx(beta.ppf(0.95))
    assert lower[0] == 0 and (lower <= votes / 20).all() and (votes / 20 <= upper).all()
    assert fraction_interval(np.array([7]), 0.9)[1] == 1  # a question with one answer


def test_questions_can_be_chosen_and_the_axes_is_the_one_given():
    _, ax = pyplot.subplots()
    assert gz.plot_votes([10, 30, 3, 6, 21], SCHEMA, ax, questions=["bar"]) is ax
    assert len(ax.patches) == 3


def test_a_row_of_a_catalogue_is_looked_up_by_name():
    pandas = pytest.importorskip("pandas")
    row = pandas.DataFrame(
        {label: [count] for label, count in zip(SCHEMA.label_cols, [1, 3, 3, 0, 0], strict=True)}
    )
    row["id_str"] = "J1"
    ax = gz.plot_votes(row.iloc[0], SCHEMA)
    assert [bar.get_width() for bar in ax.patches][:2] == [0.25, 0.75]


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="bar_weak"):
        gz.plot_votes([1, 1, 0, 0.5, 1], SCHEMA)
    with pytest.raises(ValueError, match=r"level.*1.5"):
        gz.plot_votes([1, 1, 0, 0, 1], SCHEMA, level=1.5)
    with pytest.raises(ValueError, match="one galaxy"):
        gz.plot_votes([[1, 1, 0, 0, 1]] * 2, SCHEMA)
    with pytest.raises(KeyError, match="'bar'"):
        gz.plot_votes([1, 1, 0, 0, 1], SCHEMA, questions=["baar"])
    with pytest.raises(ValueError, match="no column 'shape_smooth'"):
        gz.plot_votes({"shape_smoth": 1}, SCHEMA)
