import numpy as np
import pandas as pd
import pytest
from scipy import stats

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
        factor: gz.evaluate(
            _predict(concentration * factor), catalog, truth=truth, full=True, bootstrap=100
        ).set_index("question")
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
    table = gz.evaluate(_predict(constant), catalog, truth=truth, full=True, bootstrap=0)
    np.testing.assert_allclose(table.skill, 0, atol=1e-9)
    known = gz.evaluate(
        _predict(np.maximum(truth[SCHEMA.label_cols].to_numpy(), 1e-9) * 1e5),
        catalog,
        truth=truth,
        full=True,
        bootstrap=0,
    )
    np.testing.assert_allclose(known.skill, 1, atol=2e-3)


def test_the_ceiling_estimated_from_votes_is_near_the_true_one(tables, survey):
    concentration, catalog, _ = survey
    estimated = gz.evaluate(_predict(concentration), catalog, full=True, bootstrap=0).set_index("question")
    room = tables[1].nll_constant - tables[1].nll_ceiling
    np.testing.assert_array_less(np.abs(estimated.nll_ceiling - tables[1].nll_ceiling), 0.05 * room)


def test_bootstrap_interval_has_the_width_of_repeated_surveys():
    tables = []
    for seed in range(60):
        concentration, catalog, _ = simulate(galaxies=300, seed=seed)
        tables.append(gz.evaluate(_predict(concentration), catalog, full=True, bootstrap=0 if seed else 100))
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
    table = gz.evaluate(predictions, catalog, full=True, bootstrap=0).set_index("question")
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
        gz.evaluate(_predict(c), catalog, full=True, bootstrap=0).set_index("question")
        for c in (concentration, changed)
    ]
    assert tables[0].loc["bar", "galaxies"] == 0 and np.isnan(tables[0].loc["bar", "nll"])
    pd.testing.assert_frame_equal(*tables)


def test_order_of_rows_and_surplus_galaxies_of_the_catalog_do_not_matter(survey):
    concentration, catalog, _ = survey
    predictions = _predict(concentration)[:200]
    expected = gz.evaluate(predictions, catalog[:200], full=True, bootstrap=5)
    pd.testing.assert_frame_equal(gz.evaluate(predictions, catalog[::-1], full=True, bootstrap=5), expected)


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


def test_seven_columns_are_enough_unless_all_are_asked_for():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    predictions = gz.Predictions([[9.0, 1.0], [2.0, 8.0]], ["J1", "J2"], schema)
    catalog = pd.DataFrame({"id_str": ["J1", "J2"], "bar_yes": [38, 3], "bar_no": [2, 37]})
    short, full = gz.evaluate(predictions, catalog), gz.evaluate(predictions, catalog, full=True)
    assert list(short) == [
        "question", "galaxies", "nll", "skill", "fraction_mae", "accuracy_confident", "coverage_90"
    ]  # fmt: skip
    pd.testing.assert_frame_equal(short, full[list(short)])
    assert full.shape[1] > 50


def test_the_samples_truth_is_a_ceiling_for_evaluate():
    catalog, truth = gz.sample_catalog().head(50), gz.sample_truth()
    schema = gz.load_schema("gz-decals-dr5")
    assert set(catalog["id_str"]) <= set(truth["id_str"])
    known = truth.set_index("id_str").loc[catalog["id_str"], schema.label_cols].to_numpy()
    table = gz.evaluate(
        gz.Predictions(np.maximum(known, 1e-9) * 1e5, catalog["id_str"], schema), catalog, truth=truth
    )
    np.testing.assert_allclose(table["skill"].iloc[-1], 1, atol=5e-3)


def one_question(fractions, votes, *, galaxies=50, **options):
    """Figures of galaxies that are all predicted and answered alike."""
    schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"][: len(fractions)])
    ids = [f"J{i}" for i in range(galaxies)]
    catalog = pd.DataFrame({"id_str": ids} | dict(zip(schema.label_cols, votes, strict=True)))
    concentration = np.tile(50.0 * np.array(fractions), (galaxies, 1))
    return gz.evaluate(gz.Predictions(concentration, ids, schema), catalog, **options, full=True).iloc[0]


@pytest.mark.parametrize("galaxies", [1, 50])
def test_calibration_error_is_the_mean_distance_of_each_answer(galaxies):
    row = one_question([0.9, 0.1], [70, 30], galaxies=galaxies)
    assert row.calibration_error == pytest.approx(0.2)  # both answers together, by votes: 0.4
    row = one_question([0.34, 0.33, 0.33], [100, 0, 0], galaxies=galaxies)
    assert row.calibration_error == pytest.approx((0.66 + 0.33 + 0.33) / 3)  # in one bin together: 0


def test_calibration_errors_of_opposite_questions_do_not_cancel():
    schema = gz.Schema({"a": ["_yes", "_no"], "b": ["_yes", "_no"]}, {"a": None, "b": None})
    ids = [f"J{i}" for i in range(30)]
    catalog = pd.DataFrame({"id_str": ids, "a_yes": 30, "a_no": 10, "b_yes": 10, "b_no": 30})
    predictions = gz.Predictions(np.full((30, 4), 20.0), ids, schema)
    table = gz.evaluate(predictions, catalog, bootstrap=0, full=True)
    np.testing.assert_allclose(table.calibration_error, 0.25, rtol=1e-6)


def test_calibration_error_of_few_galaxies_is_not_their_scatter():
    found, inside = [], []
    for seed in range(60):
        concentration, catalog, _ = simulate(galaxies=100, seed=seed)
        row = gz.evaluate(_predict(concentration), catalog, bootstrap=100, full=True).iloc[0]
        found.append(row.calibration_error)
        inside.append(row.calibration_error_lower <= 1e-9)
    assert np.mean(found) < 0.012  # as measured, with the scatter: 0.03
    assert np.mean(inside) > 0.85


def test_one_vote_a_galaxy_has_no_skill_and_the_message_says_why():
    schema = gz.Schema.from_classes("ring", ["yes", "no"])
    ids, yes = [f"J{i}" for i in range(470)], np.random.default_rng(0).integers(2, size=470)
    catalog = pd.DataFrame({"id_str": ids, "ring_yes": yes, "ring_no": 1 - yes})
    predictions = gz.Predictions(np.random.default_rng(1).uniform(1, 3, (470, 2)), ids, schema)
    with pytest.warns(UserWarning, match="no skill for ring: one vote a galaxy cannot tell"):
        table = gz.evaluate(predictions, catalog, full=True)
    assert table[["skill", "skill_lower", "skill_upper", "nll_ceiling"]].isna().all(axis=None)
    assert table.nll_constant[0] == pytest.approx(stats.entropy([yes.mean(), 1 - yes.mean()]))
    truth = pd.DataFrame({"id_str": ids, "ring_yes": 0.98 * yes + 0.01, "ring_no": 0.99 - 0.98 * yes})
    assert np.isfinite(gz.evaluate(predictions, catalog, truth=truth, bootstrap=0).skill).all()


def test_a_question_without_skill_does_not_spoil_the_tree(survey):
    concentration, catalog, _ = survey
    alike = catalog.assign(bar_strong=0, bar_weak=1, bar_no=1)  # no more than chance
    table = gz.evaluate(_predict(concentration), alike, bootstrap=0, full=True).set_index("question")
    room = (table.nll_constant - table.nll_ceiling) * table.galaxies
    gain = (table.nll_constant - table.nll) * table.galaxies
    assert np.isnan(table.loc["bar", "skill"])
    first = ["shape", "edge-on"]
    assert table.loc[WHOLE_TREE, "skill"] == pytest.approx(gain[first].sum() / room[first].sum())


@pytest.mark.parametrize("galaxies", [15, 30])
def test_an_answer_that_nobody_gave_costs_the_constant_little(galaxies):
    rng, schema = np.random.default_rng(0), gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    true = 4 * np.array([0.6, 0.395, 0.005])

    def draw(n):
        gamma = rng.standard_gamma(true, (n, 3))
        chances = gamma / gamma.sum(axis=1, keepdims=True)
        return rng.multinomial(40, chances), chances

    votes, chances = draw(8_000)
    cost = []
    while len(cost) < 12:
        train, _ = draw(galaxies)
        if not train[:, 2].any():
            fitted = skill.fit_constant(train, schema)
            nll = [gz.distributions.nll(votes, concentration).mean() for concentration in (fitted, true)]
            cost.append((nll[0] - nll[1]) / (nll[1] - skill.multinomial_nll(votes, chances).mean()))
    assert 0 < np.mean(cost) < 0.08  # at a concentration of 1e-3: 0.10 to 0.15


def test_the_best_prediction_of_a_simulation_has_the_skill_that_can_be_reached():
    from simulated_survey import simulate_survey

    from gzkit.simulate.volunteers import STRENGTH, best_concentration

    made = simulate_survey(1_500, seed=5, images=False)
    ids, labels = [f"J{i}" for i in range(1_500)], made.schema.label_cols
    catalog, truth = (
        pd.DataFrame({"id_str": ids} | dict(zip(labels, values.T, strict=True)))
        for values in (made.votes, made.probabilities)
    )
    best = best_concentration(made.expected, made.schema)
    tables = [
        gz.evaluate(gz.Predictions(best * factor, ids, made.schema), catalog, truth=truth, bootstrap=0)
        for factor in (1, 0.5, 2)
    ]
    skills = [table.skill.iloc[-1] for table in tables]
    assert 0.6 < skills[0] < 0.85 and skills[0] > max(skills[1:])
    assert tables[0].coverage_90.iloc[-1] == pytest.approx(0.9, abs=0.01)
    assert best[:, :3].sum(axis=1) == pytest.approx(STRENGTH["smooth-or-featured"])
