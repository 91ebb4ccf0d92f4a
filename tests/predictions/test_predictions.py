import numpy as np
import pytest
from scipy.stats import betabinom

import gzkit as gz
from gzkit.predictions.ensemble import ensemble
from gzkit.predictions.predictions import Predictions


@pytest.fixture
def schema():
    return gz.Schema(
        {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "merging": ["_yes", "_no", "_maybe"]},
        {"shape": None, "edge-on": "shape_disk", "merging": ["shape_smooth", "edge-on_no"]},
        name="toy",
    )


@pytest.fixture
def predictions(schema):
    return make(schema, galaxies=6, samples=3)


def make(schema, *, galaxies, samples, seed=0, prefix="J"):
    concentration = np.random.default_rng(seed).uniform(1, 100, (galaxies, len(schema.answers), samples))
    return Predictions(concentration.astype("float32"), [f"{prefix}{i}" for i in range(galaxies)], schema)


def test_two_dimensions_are_one_sample(schema):
    assert Predictions(np.ones((2, 7)), ["a", "b"], schema).concentration.shape == (2, 7, 1)


def test_fractions_of_each_question_add_to_one(predictions):
    fractions = predictions.vote_fractions()
    for first, last in predictions.schema.question_index_groups:
        np.testing.assert_allclose(fractions[:, first : last + 1].sum(axis=1), 1)


def test_fractions_average_probabilities_not_concentrations(schema):
    concentration = np.ones((1, 7, 2))
    concentration[0, 0] = [99, 1]
    assert Predictions(concentration, ["a"], schema).vote_fractions()[0, 0] == pytest.approx((0.99 + 0.5) / 2)


def test_proportion_asked_sums_over_parents_and_averages_over_samples(predictions):
    expected = np.mean(
        [gz.proportion_asked(_one(predictions, i).vote_fractions(), predictions.schema) for i in range(3)], 0
    )
    np.testing.assert_allclose(predictions.proportion_asked(), expected)


def _one(predictions, sample):
    return Predictions(predictions.concentration[..., sample], predictions.id_str, predictions.schema)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("J2", ["J2"]),
        (["J4", "J1"], ["J4", "J1"]),
        (np.array([True, False, False, False, False, True]), ["J0", "J5"]),
        ([3, 0], ["J3", "J0"]),
        (slice(1, 3), ["J1", "J2"]),
        ([], []),
        (2, ["J2"]),
    ],
)
def test_selection(predictions, key, expected):
    chosen = predictions[key]
    assert list(chosen.id_str) == expected
    rows = [int(name[1:]) for name in expected]
    np.testing.assert_array_equal(chosen.concentration, predictions.concentration[rows])


def test_selection_names_a_missing_galaxy_and_a_wrong_mask(predictions):
    with pytest.raises(KeyError, match="no prediction for galaxy 'X9' \\(1 of 2 ids missing\\)"):
        predictions[["J1", "X9"]]
    with pytest.raises(ValueError, match="a mask for 6 galaxies"):
        predictions[np.array([True])]


def test_concatenation_keeps_order_and_refuses_a_shared_galaxy(schema, predictions):
    other = make(schema, galaxies=2, samples=3, seed=1, prefix="K")
    joined = Predictions.concatenate([predictions, other])
    assert list(joined.id_str) == [*predictions.id_str, "K0", "K1"]
    np.testing.assert_array_equal(joined[["K0", "K1"]].concentration, other.concentration)
    with pytest.raises(ValueError, match="galaxy 'J0' is predicted 2 times"):
        Predictions.concatenate([predictions, predictions])
    with pytest.raises(ValueError, match=r"different numbers of samples: \[1, 3\]"):
        Predictions.concatenate([predictions, make(schema, galaxies=1, samples=1, prefix="L")])
    with pytest.raises(ValueError, match="no predictions to join"):
        Predictions.concatenate([])


def test_ensemble_weighs_each_model_the_same_whatever_its_samples_and_order(schema):
    a, b = make(schema, galaxies=4, samples=2), make(schema, galaxies=4, samples=3, seed=5)
    mixed = ensemble([a, b[::-1]])
    assert mixed.concentration.shape[-1] == 12
    np.testing.assert_allclose(mixed.vote_fractions(), (a.vote_fractions() + b.vote_fractions()) / 2)


def test_ensemble_refuses_other_galaxies_and_another_schema(schema, predictions):
    with pytest.raises(ValueError, match="1 are not in both, such as 'J5'"):
        ensemble([predictions, predictions[:5]])
    with pytest.raises(ValueError, match="different schemas"):
        ensemble([predictions, Predictions([[1, 1]], ["J0"], gz.Schema.from_classes("bar", ["yes", "no"]))])


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_a_concentration_that_is_not_positive_is_named(schema, value):
    concentration = np.ones((2, 7))
    concentration[1, 3] = value
    with pytest.raises(ValueError, match="galaxy 'b', answer 'edge-on_no', sample 0 is"):
        Predictions(concentration, ["a", "b"], schema)


def test_wrong_shapes_and_ids_are_refused(schema):
    with pytest.raises(ValueError, match=r"got \(2, 6\)"):
        Predictions(np.ones((2, 6)), ["a", "b"], schema)
    with pytest.raises(ValueError, match=r"a decimal number has lost digits of an id: 7.0 at row 0"):
        Predictions(np.ones((1, 7)), [7.0], schema)
    with pytest.raises(ValueError, match="galaxy 'a' is predicted 2 times"):
        Predictions(np.ones((2, 7)), ["a", "a"], schema)
    with pytest.raises(TypeError, match="schema is a Schema or a survey's name"):
        Predictions(np.ones((1, 7)), ["a"], 2)


def test_concentrations_come_back_from_parquet(predictions, tmp_path):
    predictions.info["model"] = "toy"
    predictions.to_parquet(tmp_path / "p.parquet")
    back = Predictions.from_parquet(tmp_path / "p.parquet", schema=predictions.schema)
    np.testing.assert_array_equal(back.concentration, predictions.concentration)
    assert list(back.id_str) == list(predictions.id_str)
    assert back.schema == predictions.schema and back.info == {"model": "toy"}


def test_intervals_and_predicted_votes_are_of_each_question_and_mix_the_samples(predictions):
    from scipy.stats import beta

    a = predictions.concentration[:, 4:7].astype(float)  # the question with three answers
    total = a.sum(axis=1, keepdims=True)
    for edge, probability in zip(predictions.interval(0.8), (0.1, 0.9), strict=True):
        inside = beta.cdf(edge[:, 4:7, np.newaxis], a, total - a).mean(axis=-1)
        np.testing.assert_allclose(inside, probability, atol=1e-4)
    pmf = predictions.predicted_votes("merging", 12)
    expected = betabinom.pmf(np.arange(13), 12, a[..., np.newaxis], (total - a)[..., np.newaxis]).mean(axis=2)
    np.testing.assert_allclose(pmf, expected, atol=1e-12)
    lower, upper = predictions.vote_interval("merging", 12, level=0.8)
    for row, column in np.ndindex(lower.shape):
        held = pmf[row, column, lower[row, column] : upper[row, column] + 1].sum()
        assert held >= 0.8 - 1e-9 and pmf[row, column, : lower[row, column]].sum() <= 0.1 + 1e-9
    with pytest.raises(ValueError, match=r"whole number from 0 up, got 2\.5"):
        predictions.predicted_votes("merging", 2.5)
    with pytest.raises(KeyError, match="did you mean 'merging'"):
        predictions.predicted_votes("mergin", 2)


def test_information_gain_is_largest_where_the_samples_disagree_and_volunteers_arrive(schema):
    agree, disagree = np.full((7, 2), 30.0), np.full((7, 2), 30.0)
    disagree[2:4] = [[55, 5], [5, 55]]
    predictions = Predictions(np.stack([agree, disagree]), ["agree", "disagree"], schema)
    gain = predictions.information_gain(about="samples")
    np.testing.assert_allclose(gain[0], 0, atol=1e-12)
    assert gain[1, 1] > 0.1 and gain[1, 0] == pytest.approx(0, abs=1e-12)
    assert (predictions.information_gain() >= gain - 1e-12).all()
    unreached = predictions.concentration.copy()
    unreached[:, 1] = 1e-3
    assert Predictions(unreached, ["a", "d"], schema).information_gain(about="samples")[1, 1] < 1e-3


@pytest.mark.parametrize(("a", "b", "total"), [(1, 1, 5), (30, 2, 40), (0.5, 9, 1), (4, 4, 200)])
def test_the_interval_of_votes_holds_its_probability_and_no_more_than_needed(a, b, total):
    probability = betabinom(total, a, b).pmf(np.arange(total + 1))
    predictions = Predictions([[a, b]], ["J1"], gz.Schema.from_classes("bar", ["yes", "no"]))
    lower, upper = (int(end[0, 0]) for end in predictions.vote_interval("bar", total, level=0.9))
    assert probability[lower : upper + 1].sum() >= 0.9
    assert probability[:lower].sum() <= 0.05 + 1e-12 and probability[upper + 1 :].sum() <= 0.05 + 1e-12
    assert probability[: lower + 1].sum() > 0.05 and probability[upper:].sum() > 0.05


@pytest.mark.parametrize("about", ["samples", "galaxy"])
def test_information_of_all_questions_is_that_of_the_whole_walk(about):
    """By enumeration of all walks; the galaxy's own probabilities are drawn."""
    schema = gz.Schema(
        {"a": ["_x", "_y", "_z"], "b": ["_x", "_y"], "c": ["_x", "_y"]}, {"a": None, "b": "a_x", "c": "b_y"}
    )
    rng = np.random.default_rng(0)
    concentration = rng.uniform(0.5, 3, (7, 1)) ** 2 * np.exp(rng.standard_normal((7, 4)))
    draws = 1 if about == "samples" else 60_000
    walks = []  # chance of each walk: (walk, draw, sample)
    parts = [concentration[:3], concentration[3:5], concentration[5:]]
    if about == "samples":
        a, b, c = (part[np.newaxis] / part.sum(axis=0) for part in parts)
    else:
        gamma = [rng.standard_gamma(part, size=(draws, *part.shape)) for part in parts]
        a, b, c = (g / g.sum(axis=1, keepdims=True) for g in gamma)
    walks = np.stack(
        [a[:, 1], a[:, 2], a[:, 0] * b[:, 0], a[:, 0] * b[:, 1] * c[:, 0], a[:, 0] * b[:, 1] * c[:, 1]]
    )
    entropy = lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(axis=0)  # noqa: E731
    exact = entropy(walks.mean(axis=(1, 2))) - entropy(walks).mean()
    found = gz.Predictions(concentration[np.newaxis], ["J1"], schema).information_gain(about=about).sum()
    assert found == pytest.approx(exact, rel=1e-9 if about == "samples" else 0.02)
