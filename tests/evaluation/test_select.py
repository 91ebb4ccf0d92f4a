import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.evaluation.cuts import find_answer, parse_cuts

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


def certain(concentration, *, galaxies=2_000):
    schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    return gz.Predictions(np.tile(concentration, (galaxies, 1)), [f"J{i}" for i in range(galaxies)], schema)


def test_two_cuts_on_one_question_count_fractions_that_round_to_nought_and_one():
    last = gz.select(certain([100.0, 0.02, 0.02]), "strong > .5 and weak < .3").steps.iloc[-1]
    assert last.expected == pytest.approx(2_000, abs=1)  # with strong < 1 and weak > 0 as well: 1,445


@pytest.mark.parametrize("cuts", ["strong > 0 and weak < 1", "strong >= 0 and no <= 1 and weak > 0"])
def test_bounds_that_every_fraction_passes_take_nobody_away(cuts):
    steps = gz.select(certain([1.0, 0.001, 900.0], galaxies=20), cuts).steps
    assert steps.expected.tolist() == pytest.approx([20] * len(steps))


@pytest.mark.parametrize("cuts", ["strong > 1", "strong < 0", "strong > .6 and strong < .4"])
def test_bounds_that_no_fraction_passes_leave_nobody(cuts):
    assert gz.select(certain([2.0, 1.0, 3.0], galaxies=20), cuts).steps.expected.iloc[-1] == 0


def test_two_cuts_on_one_question_agree_with_drawn_fractions():
    predictions = certain([3.0, 2.0, 4.0], galaxies=500)
    drawn = np.random.default_rng(0).dirichlet([3.0, 2.0, 4.0], 200_000)
    chance = ((drawn[:, 0] > 0.3) & (drawn[:, 2] < 0.5)).mean()
    assert gz.select(predictions, "strong > .3 and no < .5").probability.mean() == pytest.approx(
        chance, abs=0.01
    )


@pytest.mark.parametrize("cuts", ["weak < .3", "strong > .5 and weak < .3"])
def test_an_answer_that_nobody_gave_is_rare_and_not_impossible(cuts):
    predictions = certain([3.0, 2.0, 4.0], galaxies=50)
    catalog = pd.DataFrame({"id_str": predictions.id_str, "bar_strong": 30, "bar_weak": 0, "bar_no": 10})
    assert gz.select(predictions, cuts, catalog=catalog).steps.expected.iloc[-1] == pytest.approx(50, abs=0.5)


def test_the_interval_of_a_small_number_is_whole():
    last = gz.select(certain([2.0, 10.0, 100.0], galaxies=40), "strong > 0.06").steps.iloc[-1]
    assert 0 < last.expected < 2
    assert last.expected_lower == int(last.expected_lower) and last.expected_upper == int(last.expected_upper)


def test_what_an_ensemble_disagrees_about_moves_all_galaxies_together():
    rng, inside, alone = np.random.default_rng(0), [], []
    for _ in range(60):
        shifts = rng.normal(0, 0.25, 6)  # of five models, and of the truth, in the log odds of strong
        base = rng.uniform(0.2, 0.6, 300)
        odds = np.log(base / (1 - base))[:, np.newaxis] + shifts
        strong = 60 / (1 + np.exp(-odds))
        concentration = np.stack([strong, (60 - strong) / 2, (60 - strong) / 2], axis=1)
        number = (rng.beta(strong[:, 5], 60 - strong[:, 5]) > 0.4).sum()
        predictions = gz.Predictions(
            concentration[..., :5], [f"J{i}" for i in range(300)], certain([1.0, 1, 1], galaxies=1).schema
        )
        last = gz.select(predictions, "strong > 0.4").steps.iloc[-1]
        inside.append(last.expected_lower <= number <= last.expected_upper)
        single = gz.Predictions(concentration[..., 0], predictions.id_str, predictions.schema)
        last = gz.select(single, "strong > 0.4").steps.iloc[-1]
        alone.append(last.expected_lower <= number <= last.expected_upper)
    assert np.mean(inside) > 0.8 > 0.6 > np.mean(alone)


def test_galaxies_with_votes_correct_a_model_that_is_off():
    rng, inside, plain = np.random.default_rng(0), [], []
    schema = certain([1.0, 1, 1], galaxies=1).schema
    for _ in range(60):
        truth = rng.dirichlet([0.4, 0.6, 1.0], 400)
        ids = np.array([f"J{i}" for i in range(400)])
        predictions = gz.Predictions(4 + 20 * truth**0.5, ids, schema)  # flattened, and far too sure of it
        votes = np.array([rng.multinomial(40, one) for one in truth])
        catalog = pd.DataFrame({"id_str": ids} | dict(zip(schema.label_cols, votes.T, strict=True)))
        number = (truth[200:, 0] > 0.5).sum()
        known = predictions[ids[:200]], catalog[:200]
        for found, options in ((inside, {"calibration": known}), (plain, {})):
            last = gz.select(predictions[ids[200:]], "strong > 0.5", **options).steps.iloc[-1]
            found.append(last.expected_lower <= number <= last.expected_upper)
    assert np.mean(inside) > 0.8 and np.mean(plain) < 0.2


def test_a_model_that_is_right_is_hardly_corrected():
    predictions, truth = draw(galaxies=600)
    votes = np.zeros(truth.shape, int)
    for question in SCHEMA.questions:
        votes[:, question.columns] = np.random.default_rng(0).multinomial(40, truth[:, question.columns])
    catalog = pd.DataFrame(
        {"id_str": predictions.id_str} | dict(zip(SCHEMA.label_cols, votes.T, strict=True))
    )
    half = predictions[:300]
    plain, corrected = (
        gz.select(predictions[300:], CUTS, calibration=known).steps.iloc[-1]
        for known in (None, (half, catalog))
    )
    width = corrected.expected_upper - corrected.expected_lower
    assert abs(plain.expected - corrected.expected) < width / 2
    assert plain.expected_upper - plain.expected_lower < width


def test_the_selection_says_which_uncertainty_it_counts():
    predictions, _ = draw(galaxies=20, samples=2)
    selection = gz.select(predictions, CUTS)
    assert selection.counted == (
        "how unsure the model is of each galaxy and what its samples disagree about, not whether the model is right"
    )
    assert selection.counted in selection._repr_html_()
    with pytest.raises(ValueError, match="calibration is of a model's concentrations"):
        votes = pd.DataFrame(np.ones((20, 10), int), columns=SCHEMA.label_cols).assign(
            id_str=predictions.id_str
        )
        gz.select(predictions, CUTS, catalog=votes, calibration=(predictions, votes))


def test_one_vote_a_galaxy_says_nothing_of_how_many_truly_pass():
    predictions = certain([3.0, 2.0, 4.0], galaxies=40)
    strong = np.random.default_rng(0).integers(2, size=40)
    catalog = pd.DataFrame(
        {"id_str": predictions.id_str, "bar_strong": strong, "bar_weak": 0, "bar_no": 1 - strong}
    )
    steps = gz.select(predictions, "strong > 0.5", catalog=catalog).steps
    assert steps.galaxies.tolist() == [40, strong.sum()]
    assert (
        steps[["expected", "expected_lower", "expected_upper", "purity", "completeness"]]
        .iloc[-1]
        .isna()
        .all()
    )
