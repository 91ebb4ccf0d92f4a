import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.evaluation.select import find_answer, parse_cuts

SCHEMA = gz.Schema(
    {
        "smooth-or-featured": ["_smooth", "_featured-or-disk", "_artifact"],
        "disk-edge-on": ["_yes", "_no"],
        "has-spiral-arms": ["_yes", "_no"],
        "bar": ["_strong", "_weak", "_no"],
    },
    {
        "smooth-or-featured": None,
        "disk-edge-on": "smooth-or-featured_featured-or-disk",
        "has-spiral-arms": "disk-edge-on_no",
        "bar": "disk-edge-on_no",
    },
    name="toy",
)
CUTS = "featured > 0.6 and edge-on_no > 0.75 and has-spiral-arms_no > 0.5"


def draw(*, galaxies=3_000, samples=1, seed=0):
    """Predictions, and true fractions drawn from them."""
    rng = np.random.default_rng(seed)
    concentration = rng.uniform(0.5, 5, (galaxies, len(SCHEMA.answers), samples)) ** 2
    concentration[:, 1] *= 4
    truth = np.empty(concentration.shape[:2])
    chosen = concentration[np.arange(galaxies), :, rng.integers(samples, size=galaxies)]
    for question in SCHEMA.questions:
        gamma = rng.standard_gamma(chosen[:, question.columns])
        truth[:, question.columns] = gamma / gamma.sum(axis=1, keepdims=True)
    return gz.Predictions(concentration, [f"J{i}" for i in range(galaxies)], SCHEMA), truth


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("featured", "smooth-or-featured_featured-or-disk"),
        ("smooth", "smooth-or-featured_smooth"),
        ("edge-on_no", "disk-edge-on_no"),
        ("has-spiral-arms_no", "has-spiral-arms_no"),
        ("strong", "bar_strong"),
        ("or-featured_featured", "smooth-or-featured_featured-or-disk"),
        ("bar_no", "bar_no"),
    ],
)
def test_a_shortened_name_finds_its_answer(name, label):
    assert find_answer(name, SCHEMA).label == label


def test_a_name_of_several_answers_or_of_none_is_refused():
    with pytest.raises(
        ValueError, match="'no' could be disk-edge-on_no, has-spiral-arms_no, bar_no: write which"
    ):
        find_answer("no", SCHEMA)
    with pytest.raises(ValueError, match=r"no answer 'bar_stron' .* did you mean 'bar_strong'"):
        find_answer("bar_stron", SCHEMA)


def test_every_answer_of_every_named_survey_is_found_by_its_column():
    for name in gz.schema_names():
        schema = gz.load_schema(name)
        for answer in schema.answers:
            assert find_answer(answer.label, schema) is answer


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ("strong > 0.5 or weak > 0.5", "joined by 'and' only"),
        ("strong > high", "cannot read 'strong > high'"),
        ("strong", "cannot read 'strong'"),
        ("", "cannot read ''"),
        ("strong == 0.5", "cannot read"),
        ("strong > 50", "'strong > 50' compares with 50; fractions and proportions lie between 0 and 1"),
        ("barr_proportion-asked > 0.5", "'barr' is no question; did you mean 'bar'"),
    ],
)
def test_a_cut_that_cannot_be_read_is_told(cuts, message):
    with pytest.raises(ValueError, match=message):
        parse_cuts(cuts, SCHEMA)


def test_galaxies_left_after_each_cut_are_those_whose_fractions_pass():
    predictions, _ = draw()
    fractions = predictions.vote_fractions()
    selection = gz.select(predictions, CUTS)
    expected = [np.ones(len(fractions), bool)]
    for column, value in [(1, 0.6), (4, 0.75), (6, 0.5)]:
        expected.append(expected[-1] & (fractions[:, column] > value))
    assert selection.steps.galaxies.tolist() == [mask.sum() for mask in expected]
    np.testing.assert_array_equal(selection.mask, expected[-1])
    assert selection.id_str.tolist() == predictions.id_str[expected[-1]].tolist()
    assert selection.steps.cut.iloc[1] == "smooth-or-featured_featured-or-disk > 0.6"


@pytest.mark.parametrize(
    "cuts", [CUTS, "strong > 0.2 and weak > 0.2", "featured > 0.4 and featured < 0.7 and strong >= .5"]
)
@pytest.mark.parametrize("samples", [1, 3])
def test_the_true_number_lies_in_its_interval_as_often_as_claimed(cuts, samples):
    inside = []
    for seed in range(40):
        predictions, truth = draw(galaxies=400, samples=samples, seed=seed)
        passes = np.ones(len(truth), bool)
        for cut in parse_cuts(cuts, SCHEMA):
            passes &= cut.passes(truth)
        last = gz.select(predictions, cuts).steps.iloc[-1]
        inside.append(last.expected_lower <= passes.sum() <= last.expected_upper)
    assert 0.75 <= np.mean(inside) <= 1


def test_purity_and_completeness_are_those_of_the_true_fractions():
    predictions, truth = draw(galaxies=20_000)
    selection = gz.select(predictions, CUTS)
    passes = (truth[:, 1] > 0.6) & (truth[:, 4] > 0.75) & (truth[:, 6] > 0.5)
    last = selection.steps.iloc[-1]
    assert last.purity == pytest.approx((passes & selection.mask).sum() / selection.mask.sum(), abs=0.02)
    assert last.completeness == pytest.approx((passes & selection.mask).sum() / passes.sum(), abs=0.02)
    assert selection.probability.sum() == pytest.approx(last.expected)


def test_cuts_on_the_proportion_asked():
    predictions, _ = draw()
    selection = gz.select(predictions, "bar_proportion-asked >= 0.5")
    np.testing.assert_array_equal(selection.mask, predictions.proportion_asked()[:, 3] >= 0.5)


def test_with_a_catalog_the_cuts_are_on_observed_fractions():
    predictions, _ = draw(galaxies=3)
    votes = [
        [2, 38, 0, 3, 35, 20, 15, 0, 5, 30],
        [30, 10, 0, 0, 10, 1, 9, 0, 0, 10],
        [40, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    catalog = pd.DataFrame(votes, columns=SCHEMA.label_cols).assign(id_str=["J0", "J1", "J2"])
    selection = gz.select(predictions, "edge-on_no > 0.75 and featured > 0.6", catalog=catalog)
    assert selection.steps.galaxies.tolist() == [3, 2, 1]
    assert selection.id_str.tolist() == ["J0"]
    assert selection.probability[2] == 0 < selection.probability[1] < 0.1 < 0.9 < selection.probability[0]


def test_nothing_left_is_told_without_a_warning():
    predictions, _ = draw(galaxies=10)
    selection = gz.select(predictions, "strong > 1")
    assert len(selection) == 0 and selection.steps.galaxies.tolist() == [10, 0]
    assert np.isnan(selection.steps.purity.iloc[-1])
