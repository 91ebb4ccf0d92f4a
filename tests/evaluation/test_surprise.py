import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import gzkit as gz
from gzkit import distributions

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk", "_artifact"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)


def moments(total, concentration):
    """Mean and variance of the loss over every split of the votes, by SciPy's distribution."""
    splits = [s for s in itertools.product(range(total + 1), repeat=len(concentration)) if sum(s) == total]
    loss = -np.array([stats.dirichlet_multinomial.logpmf(s, concentration, total) for s in splits])
    chance = np.exp(-loss)
    return chance @ loss, chance @ (loss - chance @ loss) ** 2


@pytest.mark.parametrize("concentration", [[3.0, 5.0, 0.7], [40.0, 9.0, 4.0]])
def test_excess_and_variance_are_those_of_every_split(concentration):
    votes = np.array([4, 9, 2])
    mean, variance = moments(15, concentration)
    loss = -stats.dirichlet_multinomial.logpmf(votes, concentration, 15)
    excess, found = distributions.surprise(votes, concentration)
    assert excess == pytest.approx(loss - mean, abs=1e-9)
    assert found == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("answers", [1, 2, 3, 4])
def test_excess_is_exact_for_any_number_of_answers_and_votes_side_by_side(answers):
    rng = np.random.default_rng(answers)
    concentration = rng.uniform(0.1, 9, (6, answers))
    votes = np.array([rng.multinomial(n, np.ones(answers) / answers) for n in (0, 1, 2, 7, 9, 4)])
    excess, variance = distributions.surprise(votes, concentration)
    for i, (given, a) in enumerate(zip(votes, concentration, strict=True)):
        mean, spread = moments(int(given.sum()), a) if answers > 1 and given.any() else (0.0, 0.0)
        loss = -stats.dirichlet_multinomial.logpmf(given, a, given.sum()) if given.any() else 0.0
        assert excess[i] == pytest.approx((loss if answers > 1 else 0.0) - mean, abs=1e-9)
        assert variance[i] == pytest.approx(spread, abs=1e-9)


def test_samples_count_as_one_dirichlet_of_their_mean_and_scatter():
    samples = np.array([[20.0, 60.0], [30.0, 10.0]])
    drawn = np.concatenate([np.random.default_rng(0).dirichlet(one, 200_000) for one in samples])
    mean = drawn.mean(axis=0)
    total = (mean * (1 - mean)).sum() / drawn.var(axis=0).sum() - 1
    expected = distributions.surprise([38, 2], mean * total)
    np.testing.assert_allclose(distributions.surprise([38, 2], samples, sample_axis=0), expected, rtol=0.02)


def survey(galaxies=3_000, *, wrong=()):
    rng = np.random.default_rng(0)
    concentration = rng.uniform(1, 8, (galaxies, 5)) ** 1.5
    votes = np.zeros((galaxies, 5), int)
    asked = rng.integers(1, 60, galaxies)
    for question in SCHEMA.walk_order:
        own = concentration[:, question.columns]
        draws = rng.standard_gamma(own)
        votes[:, question.columns] = rng.multinomial(asked, draws / draws.sum(axis=1, keepdims=True))
        asked = votes[:, 1]
    for row in wrong:  # all volunteers say what was least expected
        votes[row, :3] = np.where(np.arange(3) == concentration[row, :3].argmin(), votes[row, :3].sum(), 0)
        votes[row, 3:] = 0
    ids = [f"J{i}" for i in range(galaxies)]
    catalog = pd.DataFrame({"id_str": ids} | dict(zip(SCHEMA.label_cols, votes.T, strict=True)))
    return gz.Predictions(concentration, ids, SCHEMA), catalog, votes


def test_surprise_does_not_follow_the_number_of_votes():
    predictions, catalog, votes = survey()
    table = gz.surprise(predictions, catalog)
    assert table["surprise"].mean() == pytest.approx(0, abs=0.06)
    assert table["surprise"].std() == pytest.approx(1, abs=0.15)
    assert abs(stats.spearmanr(table["surprise"], votes.sum(axis=1))[0]) < 0.1
    loss = sum(
        distributions.nll(votes[:, q.columns], predictions.concentration[:, q.columns], sample_axis=-1)
        for q in SCHEMA.questions
    )
    assert stats.spearmanr(loss, votes.sum(axis=1))[0] > 0.6  # the loss itself does


def test_votes_that_are_all_wrong_come_first_and_name_their_question():
    predictions, catalog, votes = survey(400, wrong=[7, 40])
    table = gz.surprise(predictions, catalog)
    for row in (7, 40):
        if votes[row].sum() >= 20:
            assert table["surprise"].rank(ascending=False)[row] <= 20
        assert table.loc[row, "question"] == "shape" and np.isnan(table.loc[row, "bar"])


def test_of_a_galaxy_that_nobody_saw_there_is_nothing_to_say():
    predictions, catalog, _ = survey(2)
    catalog.loc[0, SCHEMA.label_cols] = 0
    table = gz.surprise(predictions, catalog)
    assert table.loc[0, ["surprise", "question", "shape", "bar"]].isna().all()


def test_one_vote_for_one_of_two_even_answers_surprises_nobody():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    catalog = pd.DataFrame({"id_str": ["J1"], "bar_yes": [1], "bar_no": [0]})
    assert gz.surprise(gz.Predictions([[2.0, 2.0]], ["J1"], schema), catalog)["surprise"][0] == 0
