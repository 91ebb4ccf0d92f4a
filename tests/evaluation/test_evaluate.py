import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.evaluation import calibration, skill
from gzkit.evaluation.evaluate import WHOLE_TREE
from gzkit.predictions.published import PublishedPredictions

SCHEMA = gz.Schema(
    {
        "shape": ["_smooth", "_disk", "_artifact"],
        "edge-on": ["_yes", "_no"],
        "bar": ["_strong", "_weak", "_no"],
    },
    {"shape": None, "edge-on": "shape_disk", "bar": "edge-on_no"},
    name="toy",
)
GALAXIES = 4_000


def simulate(*, galaxies=GALAXIES, seed=0, volunteers=40):
    """Concentrations, true answer probabilities drawn from them, and votes drawn from those, down the tree."""
    rng = np.random.default_rng(seed)
    concentration = rng.uniform(1, 8, (galaxies, len(SCHEMA.answers))) ** 1.5
    truth, votes = np.empty(concentration.shape), np.zeros(concentration.shape, dtype=int)
    for question in SCHEMA.walk_order:
        gamma = rng.standard_gamma(concentration[:, question.columns])
        truth[:, question.columns] = gamma / gamma.sum(axis=1, keepdims=True)
        parents = [answer.index for answer in question.asked_after]
        asked = votes[:, parents].sum(axis=1) if parents else np.full(galaxies, volunteers)
        votes[:, question.columns] = rng.multinomial(asked, truth[:, question.columns])
    ids = [f"J{i}" for i in range(galaxies)]
    tables = [
        pd.DataFrame({"id_str": ids} | dict(zip(SCHEMA.label_cols, t.T, strict=True))) for t in (votes, truth)
    ]
    return concentration, *tables


@pytest.fixture(scope="module")
def survey():
    return simulate()


@pytest.fixture(scope="module")
def tables(survey):
    """The table for a calibrated prediction, one made twice too confident, and one half as confident."""
    concentration, catalog, truth = survey
    return {
        factor: gz.evaluate(_predict(concentration * factor), catalog, truth=truth, bootstrap=100).set_index(
            "question"
        )
        for factor in (1, 2, 0.5)
    }


def _predict(concentration):
    return gz.Predictions(concentration, [f"J{i}" for i in range(len(concentration))], SCHEMA)


@pytest.mark.parametrize("question", ["shape", "edge-on", "bar", "whole tree"])
@pytest.mark.parametrize("level", [50, 80, 90, 95])
def test_a_calibrated_prediction_covers_as_often_as_it_claims(tables, question, level):
    row = tables[1].loc[question]
    error = (row[f"coverage_{level}_upper"] - row[f"coverage_{level}_lower"]) / 2 / 1.645
    assert abs(row[f"coverage_{level}"] - level / 100) < 3.5 * error < 0.05


@pytest.mark.parametrize("question", ["shape", "edge-on", "bar", "whole tree"])
@pytest.mark.parametrize("level", [50, 80, 90, 95])
def test_twice_too_confident_covers_too_little_and_too_cautious_too_much(tables, question, level):
    name = f"coverage_{level}"
    assert tables[2].loc[question, f"{name}_upper"] < tables[1].loc[question, f"{name}_lower"] < level / 100
    assert tables[0.5].loc[question, f"{name}_lower"] > tables[1].loc[question, f"{name}_upper"] > level / 100


def test_dispersion_says_in_which_direction(tables):
    for question in tables[1].index:
        confident, calibrated, cautious = (tables[factor].loc[question] for factor in (2, 1, 0.5))
        assert calibrated.dispersion_lower < 1 < calibrated.dispersion_upper
        assert cautious.dispersion_upper < 1 < confident.dispersion_lower


def test_skill_prefers_the_calibrated_prediction_in_every_question(tables):
    for question in tables[1].index:
        for wrong in (2, 0.5):
            assert tables[wrong].loc[question, "skill"] < tables[1].loc[question, "skill"] - 0.01


def test_skill_is_nought_for_the_constant_and_one_for_the_truth(survey):
    _, catalog, truth = survey
    votes = catalog[SCHEMA.label_cols].to_numpy()
    constant = np.tile(gz.fit_dirichlet(votes, SCHEMA), (len(votes), 1))
    table = gz.evaluate(_predict(constant), catalog, truth=truth, bootstrap=0)
    np.testing.assert_allclose(table.skill, 0, atol=1e-9)
    known = gz.evaluate(
        _predict(np.maximum(truth[SCHEMA.label_cols].to_numpy(), 1e-9) * 1e5),
        catalog,
        truth=truth,
        bootstrap=0,
    )
    np.testing.assert_allclose(known.skill, 1, atol=2e-3)


def test_the_ceiling_estimated_from_votes_is_near_the_true_one(tables, survey):
    concentration, catalog, _ = survey
    estimated = gz.evaluate(_predict(concentration), catalog, bootstrap=0).set_index("question")
    room = tables[1].nll_constant - tables[1].nll_ceiling
    np.testing.assert_array_less(np.abs(estimated.nll_ceiling - tables[1].nll_ceiling), 0.05 * room)


def test_bootstrap_interval_has_the_width_of_repeated_surveys():
    tables = []
    for seed in range(60):
        concentration, catalog, _ = simulate(galaxies=300, seed=seed)
        tables.append(gz.evaluate(_predict(concentration), catalog, bootstrap=0 if seed else 100))
    for name in ("nll", "fraction_mae", "coverage_80"):
        claimed = (tables[0].loc[0, f"{name}_upper"] - tables[0].loc[0, f"{name}_lower"]) / (2 * 1.645)
        assert claimed == pytest.approx(np.std([table.loc[0, name] for table in tables]), rel=0.35)


def test_figures_of_three_galaxies_by_hand():
    catalog = pd.DataFrame(
        [["a", 9, 1, 0, 1, 0, 0, 0, 0], ["b", 1, 9, 0, 1, 8, 4, 2, 2], ["c", 0, 10, 0, 10, 0, 0, 0, 0]],
        columns=["id_str", *SCHEMA.label_cols],
    )
    concentration = np.array(
        [[8, 1, 1, 1, 1, 1, 1, 1], [5, 3, 2, 1, 3, 2, 1, 1], [1, 8, 1, 3, 1, 1, 1, 1]], float
    )
    predictions = gz.Predictions(concentration, ["a", "b", "c"], SCHEMA)
    table = gz.evaluate(predictions, catalog, bootstrap=0).set_index("question")
    assert table.galaxies.tolist() == [3, 3, 1, 3]
    assert table.votes.tolist() == [30, 20, 8, 58]
    assert table.galaxies_well_asked.tolist() == [3, 2, 1, 6]
    assert table.galaxies_confident.tolist() == [3, 2, 0, 5]
    assert table.loc["shape", "accuracy_confident"] == pytest.approx(2 / 3)
    assert table.loc["shape", "precision"] == pytest.approx((1 / 2 + 1) / 2)
    assert table.loc["shape", "recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert table.loc["shape", "f1"] == pytest.approx(2 / 3)
    assert np.isnan(table.loc["bar", "accuracy_confident"])
    assert table.loc["bar", "fraction_mae"] == pytest.approx(0)
    edge_on = (1 * 0.5 + 9 * abs(1 / 9 - 1 / 4) + 10 * 0.25) / 20
    assert table.loc["edge-on", "fraction_mae"] == pytest.approx(edge_on)
    assert table.loc["whole tree", "nll"] == pytest.approx((table.nll * table.galaxies).iloc[:3].sum() / 3)


def test_galaxies_not_asked_do_not_enter_a_question(survey):
    concentration, catalog, _ = survey
    catalog = catalog.copy()
    catalog.loc[:, ["bar_strong", "bar_weak", "bar_no"]] = 0
    changed = concentration.copy()
    changed[:, 5:] = 100
    tables = [
        gz.evaluate(_predict(c), catalog, bootstrap=0).set_index("question") for c in (concentration, changed)
    ]
    assert tables[0].loc["bar", "galaxies"] == 0 and np.isnan(tables[0].loc["bar", "nll"])
    pd.testing.assert_frame_equal(*tables)


def test_order_of_rows_and_surplus_galaxies_of_the_catalog_do_not_matter(survey):
    concentration, catalog, _ = survey
    predictions = _predict(concentration)[:200]
    expected = gz.evaluate(predictions, catalog[:200], bootstrap=5)
    pd.testing.assert_frame_equal(gz.evaluate(predictions, catalog[::-1], bootstrap=5), expected)


def test_what_does_not_fit_is_named(survey):
    concentration, catalog, _ = survey
    predictions = _predict(concentration[:3])
    with pytest.raises(ValueError, match="no row for 1 of 3 predicted galaxies, such as 'J2'"):
        gz.evaluate(predictions, catalog[:2])
    with pytest.raises(ValueError, match="catalog: no column 'edge-on_yes'"):
        gz.evaluate(predictions, catalog.drop(columns="edge-on_yes"))
    with pytest.raises(ValueError, match="galaxy 'J0' has more than one row"):
        gz.evaluate(predictions, pd.concat([catalog[:3], catalog[:1]]))
    with pytest.raises(ValueError, match="fractional"):
        gz.evaluate(predictions, catalog.assign(**{"shape_disk": 0.5}))


def test_pit_steps_are_the_betabinomial_mixture():
    from scipy.stats import betabinom

    concentration = np.array([[[2.0, 9.0], [5.0, 3.0], [1.0, 6.0]]])
    votes = np.array([[0, 7, 13]])
    lower, upper = calibration.pit_bounds(votes, concentration)
    total = concentration.sum(axis=1)[0]
    for i, n in enumerate(votes[0]):
        cdf = [
            np.mean([betabinom.cdf(k, 20, a, t - a) for a, t in zip(concentration[0, i], total, strict=True)])
            for k in (n - 1, n)
        ]
        np.testing.assert_allclose([lower[0, i], upper[0, i]], cdf, atol=1e-12)


def test_coverage_and_histogram_are_the_average_over_random_places():
    rng = np.random.default_rng(1)
    lower = rng.uniform(0, 0.8, 30)
    upper = lower + rng.uniform(0, 0.2, 30)
    places = lower + rng.random((40_000, 30)) * (upper - lower)
    inside = (np.abs(places - 0.5) < 0.4).mean(axis=0)
    np.testing.assert_allclose(calibration.coverage(lower, upper, 0.8), inside, atol=0.02)
    np.testing.assert_allclose(
        calibration.dispersion(lower, upper), 12 * ((places - 0.5) ** 2).mean(axis=0), rtol=0.02
    )
    histogram = calibration.pit_histogram(lower, upper, bins=5).mean(axis=0)
    np.testing.assert_allclose(histogram, np.histogram(places, 5, (0, 1))[0] / places.size, atol=2e-3)


def test_a_count_all_but_excluded_lies_outside():
    assert calibration.coverage(np.array([1.0, 0.5]), np.array([1.0, 0.5]), 0.9).tolist() == [0, 1]


def test_entropy_is_the_mean_likelihood_of_drawn_votes():
    p = np.array([0.5, 0.3, 0.2])
    votes = np.random.default_rng(0).multinomial(17, p, size=40_000)
    expected = skill.multinomial_nll(votes, np.tile(p, (len(votes), 1))).mean()
    assert skill.multinomial_entropy(np.array([17]), p[np.newaxis])[0] == pytest.approx(expected, rel=0.005)


def test_expected_error_is_the_mean_distance_of_drawn_fractions():
    for total, p in [(1, 0.3), (10, 0.5), (33, 0.07), (40, 0.999)]:
        drawn = np.random.default_rng(0).binomial(total, p, size=200_000) / total
        assert skill.expected_error(total, p) == pytest.approx(np.abs(drawn - p).mean(), rel=0.02)
    assert skill.expected_error(10, [0.0, 1.0]).tolist() == [0, 0]


def test_every_documented_column_is_there(tables):
    documented = ["galaxies", "votes", "nll", "skill", "fraction_mae", "accuracy_confident", "coverage_50"]
    assert list(tables[1].columns[: len(documented)]) == documented
    assert WHOLE_TREE in tables[1].index


def test_release_tables_cannot_be_evaluated_and_ids_must_be_text():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    catalog = pd.DataFrame({"id_str": [7, 8], "bar_yes": [1, 2], "bar_no": [3, 4]})
    with pytest.raises(
        ValueError, match=r"no row for 1 of 1 .* '007'; its ids were read as numbers.*leading zeros"
    ):
        gz.evaluate(gz.Predictions([[1.0, 2.0]], ["007"], schema), catalog)
    published = PublishedPredictions([[0.5, 0.5]], ["007"], schema)
    with pytest.raises(ValueError, match="evaluate needs concentrations"):
        gz.evaluate(published, catalog)
