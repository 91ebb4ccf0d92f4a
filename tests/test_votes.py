import numpy as np
import pytest

import gzkit as gz
from gzkit.votes import check_votes

SCHEMA = gz.Schema(
    {
        "shape": ["_smooth", "_disk", "_star"],
        "edge-on": ["_yes", "_no"],
        "round": ["_yes", "_no"],
        "merging": ["_yes", "_no"],
    },
    {
        "shape": None,
        "edge-on": "shape_disk",
        "round": "shape_smooth",
        "merging": ["round_yes", "round_no", "edge-on_yes", "edge-on_no"],
    },
)


def walk(rng, volunteers):
    """Votes of volunteers who walk the tree, and how many met each question."""
    votes, met = np.zeros(9, int), np.zeros(4, int)
    for _ in range(volunteers):
        question = SCHEMA.get_question("shape")
        while question is not None:
            met[question.index] += 1
            answer = question.answers[rng.integers(len(question.answers))]
            votes[answer.index] += 1
            question = answer.next_questions[0] if answer.next_questions else None
    return votes, met


def test_proportion_asked_is_the_share_of_volunteers_who_met_each_question():
    votes, met = walk(np.random.default_rng(0), 500)
    asked = gz.proportion_asked(gz.vote_fractions(votes, SCHEMA), SCHEMA)
    np.testing.assert_allclose(asked, met / 500, atol=1e-12)
    np.testing.assert_array_equal(gz.total_votes(votes, SCHEMA), met)


def test_nobody_asked_gives_nan_fractions_and_zero_proportion():
    votes = np.array([[0, 0, 5, 0, 0, 0, 0, 0, 0]])
    fractions = gz.vote_fractions(votes, SCHEMA)
    assert np.isnan(fractions[0, 3:]).all()
    np.testing.assert_array_equal(gz.proportion_asked(fractions, SCHEMA), [[1, 0, 0, 0]])


def test_an_unknown_fraction_on_the_way_makes_the_proportion_unknown():
    fractions = gz.vote_fractions(
        [[4, 6, 0, 0, 0, 1, 3, 0, 0]], SCHEMA
    )  # six saw a disk, none was asked edge-on
    np.testing.assert_allclose(gz.proportion_asked(fractions, SCHEMA), [[1, 0.6, 0.4, np.nan]])


def test_totals_of_small_integers_do_not_wrap_around():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    assert gz.total_votes(np.array([[200, 100]], dtype=np.uint8), schema).item() == 300
    assert gz.total_votes(np.array([[True, True]]), schema).item() == 2


@pytest.mark.parametrize(
    ("value", "problem"), [(-1.0, "negative"), (np.nan, "not finite"), (2.9, "fractional")]
)
def test_a_bad_vote_is_named_by_row_and_column(value, problem):
    votes = np.ones((3, 9))
    votes[1, 4] = value
    with pytest.raises(ValueError, match=f"row 1, column 'edge-on_no' is {value}, which is {problem}"):
        check_votes(votes, SCHEMA)


def test_weighted_votes_may_be_fractional():
    assert gz.vote_fractions([0.5, 1.5, 0, 0, 0, 0, 0, 0, 0], SCHEMA)[1] == 0.75


@pytest.mark.parametrize("function", [gz.total_votes, gz.vote_fractions, gz.proportion_asked])
def test_a_table_of_another_width_is_refused(function):
    with pytest.raises(ValueError, match="expected 9 columns"):
        function(np.zeros((2, 8)), SCHEMA)
