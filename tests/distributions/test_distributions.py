import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

import gzkit as gz
from gzkit import distributions
from gzkit.distributions import fit

SAMPLES = np.array(
    [[[4.0, 2.0, 1.5], [9.0, 3.0, 3.0]], [[2.0, 6.0, 1.2], [8.0, 3.0, 2.5]]]
)  # (sample, galaxy, answer)
concentrations = st.lists(st.floats(0.05, 500), min_size=2, max_size=5).map(np.array)


@given(concentrations, st.integers(0, 60))
def test_predicted_votes_are_beta_binomial(concentration, total):
    pmf = distributions.predicted_votes(concentration, total)
    expected = [
        stats.betabinom.pmf(np.arange(total + 1), total, a, concentration.sum() - a) for a in concentration
    ]
    np.testing.assert_allclose(pmf, expected, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(pmf.sum(axis=-1), 1, rtol=1e-9)


def test_predicted_votes_are_marginals_of_the_joint_distribution():
    votes = np.array([split for split in itertools.product(range(8), repeat=3) if sum(split) == 7])
    pmf = stats.dirichlet_multinomial.pmf(votes, SAMPLES[:, :, None], 7)  # (sample, galaxy, split)
    probability = pmf.mean(axis=0)
    marginal = distributions.predicted_votes(SAMPLES, 7, sample_axis=0)
    for answer in range(3):
        for count in range(8):
            expected = probability[:, votes[:, answer] == count].sum(axis=-1)
            np.testing.assert_allclose(marginal[:, answer, count], expected, rtol=1e-12)


def test_an_only_answer_gets_every_vote():
    np.testing.assert_array_equal(distributions.predicted_votes([[2.0], [3.0]], 2), [[[0, 0, 1]]] * 2)
    lower, upper = distributions.interval([[2.0], [3.0]])
    assert (lower == 1).all() and (upper == 1).all()


def test_nll_equals_scipy_and_mixtures_average_probabilities():
    rng = np.random.default_rng(0)
    votes, concentration = rng.integers(0, 30, (50, 4)), rng.gamma(2.0, 5.0, (2, 50, 4))
    expected = stats.dirichlet_multinomial.pmf(votes, concentration, votes.sum(axis=-1))
    np.testing.assert_allclose(np.exp(-distributions.nll(votes, concentration)), expected, rtol=1e-11)
    one_for_all = stats.dirichlet_multinomial.pmf(votes, concentration[0, 0], votes.sum(axis=-1))
    np.testing.assert_allclose(
        np.exp(-distributions.nll(votes, concentration[0, 0])), one_for_all, rtol=1e-11
    )
    mixed = distributions.nll(votes, concentration, sample_axis=0)
    np.testing.assert_allclose(np.exp(-mixed), expected.mean(axis=0), rtol=1e-11)
    assert (distributions.nll(np.zeros(4), concentration, sample_axis=0) == 0).all()


def test_mean_is_the_mean_vote_fraction():
    pmf = distributions.predicted_votes(SAMPLES, 10, sample_axis=0)
    fraction = (pmf * np.arange(11) / 10).sum(axis=-1)
    np.testing.assert_allclose(distributions.mean(SAMPLES, sample_axis=0), fraction, rtol=1e-12)


def assert_holds(beta, bounds, level):
    """The level lies between two neighbours of each bound: near 1 a density can be steeper than numbers are fine."""
    for bound, probability in zip(bounds, ((1 - level) / 2, (1 + level) / 2), strict=True):
        low, high = (beta.cdf(np.clip(bound + step, 0, 1)).mean(axis=0) for step in (-1e-14, 1e-14))
        assert (low - 1e-4 <= probability).all() and (probability <= high + 1e-4).all()


@given(concentrations, st.floats(0.05, 0.99))
def test_interval_of_one_sample_holds_its_level(concentration, level):
    beta = stats.beta(concentration[None], concentration.sum() - concentration[None])
    assert_holds(beta, distributions.interval(concentration, level), level)


@given(st.lists(st.tuples(*3 * [st.floats(0.05, 500)]), min_size=2, max_size=6), st.floats(0.05, 0.99))
def test_interval_of_a_mixture_holds_its_level(samples, level):
    samples = np.array(samples)
    beta = stats.beta(samples, samples.sum(axis=-1, keepdims=True) - samples)
    assert_holds(beta, distributions.interval(samples, level, sample_axis=0), level)


def test_interval_of_identical_samples_is_that_of_one():
    lone, mixed = (
        distributions.interval(SAMPLES[0]),
        distributions.interval(SAMPLES[[0, 0, 0]], sample_axis=0),
    )
    np.testing.assert_allclose(mixed, lone, atol=1e-5)


def test_sample_axis_can_be_any():
    expected = distributions.interval(SAMPLES, sample_axis=0)
    moved = np.moveaxis(SAMPLES, 0, 1)
    np.testing.assert_array_equal(distributions.interval(moved, sample_axis=1), expected)
    np.testing.assert_array_equal(distributions.interval(moved, sample_axis=-2), expected)


def test_votes_interval_is_the_smallest_that_holds_the_level():
    pmf = distributions.predicted_votes(SAMPLES, 40, sample_axis=0)
    lower, upper = distributions.votes_interval(SAMPLES, 40, 0.9, sample_axis=0)
    count = np.arange(41)
    assert ((pmf * (count < lower[..., None])).sum(-1) <= 0.05).all()
    assert ((pmf * (count <= lower[..., None])).sum(-1) > 0.05).all()
    assert ((pmf * (count > upper[..., None])).sum(-1) <= 0.05).all()
    assert ((pmf * (count >= upper[..., None])).sum(-1) > 0.05).all()


def test_samples_have_the_distribution():
    draws = distributions.sample(SAMPLES, 20_000, seed=1, sample_axis=0)
    assert draws.shape == (20_000, 2, 3)
    np.testing.assert_allclose(draws.sum(axis=-1), 1)
    lower, upper = distributions.interval(SAMPLES, 0.8, sample_axis=0)
    np.testing.assert_allclose((draws < lower).mean(axis=0), 0.1, atol=0.01)
    np.testing.assert_allclose((draws > upper).mean(axis=0), 0.1, atol=0.01)
    assert np.isfinite(distributions.sample([1e-4, 1e-4], 100, seed=0)).all()


def test_sampled_votes_have_the_predicted_distribution():
    rng = np.random.default_rng(2)
    votes = rng.multinomial(5, distributions.sample(SAMPLES, 20_000, seed=rng, sample_axis=0))
    found = (votes[..., None] == np.arange(6)).mean(axis=0)
    np.testing.assert_allclose(found, distributions.predicted_votes(SAMPLES, 5, sample_axis=0), atol=0.015)


def test_information_against_quadrature():
    a, b = 1.3, 4.0
    expected_entropy = integrate.quad(
        lambda p: stats.beta.pdf(p, a, b) * stats.bernoulli.entropy(p), 0, 1, epsabs=1e-12
    )[0]
    entropy = stats.bernoulli.entropy(a / (a + b))
    assert distributions.mutual_information([a, b]) == pytest.approx(entropy - expected_entropy, rel=1e-6)


def test_information_about_samples_is_disagreement_between_them():
    assert distributions.mutual_information(SAMPLES[[0, 0]], about="samples", sample_axis=0) == pytest.approx(
        0, abs=1e-12
    )
    fractions = distributions.mean(SAMPLES)
    expected = stats.entropy(fractions.mean(axis=0), axis=-1) - stats.entropy(fractions, axis=-1).mean(axis=0)
    found = distributions.mutual_information(SAMPLES, about="samples", sample_axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert (found <= distributions.mutual_information(SAMPLES, sample_axis=0)).all()
    with pytest.raises(ValueError, match="'galaxy' or 'samples', got 'models'"):
        distributions.mutual_information(SAMPLES, about="models")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_impossible_concentrations_are_refused(bad):
    for function in (distributions.mean, distributions.interval, distributions.mutual_information):
        with pytest.raises(ValueError, match=f"positive numbers, got {bad}"):
            function([1.0, bad])


def test_impossible_votes_and_levels_are_refused():
    with pytest.raises(ValueError, match="whole number from 0 up, got 2"):
        distributions.predicted_votes([1.0, 1.0], 2.5)
    with pytest.raises(ValueError, match="whole numbers from 0 up"):
        distributions.nll([1, -1], [1.0, 1.0])
    with pytest.raises(ValueError, match="level must be between 0 and 1, got 90"):
        distributions.interval([1.0, 1.0], 90)


SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk", "_artifact"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)


def test_fit_finds_the_concentrations_that_votes_were_drawn_from():
    rng, truth = np.random.default_rng(3), np.array([3.0, 1.5, 0.4, 0.8, 2.2])
    votes = np.concatenate(
        [
            rng.multinomial(rng.integers(0, 40, 20_000), rng.dirichlet(c, 20_000))
            for c in (truth[:3], truth[3:])
        ],
        axis=1,
    )
    start = time.perf_counter()
    found = gz.fit_dirichlet(votes, SCHEMA)
    assert time.perf_counter() - start < 20  # takes 0.05 s; a machine may be busy
    np.testing.assert_allclose(found, truth, rtol=0.05)
    best = distributions.nll(votes[:, :3], found[:3]).sum()
    for change in (0.99, 1.01):
        for answer in range(3):
            nearby = found[:3].copy()
            nearby[answer] *= change
            assert distributions.nll(votes[:, :3], nearby).sum() > best


def test_fit_of_a_question_that_nobody_was_asked_is_unknown():
    found = gz.fit_dirichlet([[3, 5, 1, 0, 0], [9, 1, 1, 0, 0], [0, 8, 3, 0, 0]], SCHEMA)
    assert np.isnan(found[3:]).all() and (found[:3] > 0).all()


def test_fit_of_an_answer_that_nobody_gave_is_its_limit():
    found = gz.fit_dirichlet([[3, 5, 0, 0, 0], [9, 1, 0, 0, 0], [0, 8, 0, 0, 0]], SCHEMA)
    assert found[2] == 0 and (found[:2] > 0).all()


@pytest.mark.parametrize("votes", [[[5, 5], [5, 5]], [[1, 0], [0, 1]]])
def test_fit_of_votes_that_scatter_no_more_than_a_multinomial(votes):
    found = gz.fit_dirichlet(votes, gz.Schema.from_classes("bar", ["yes", "no"]))
    np.testing.assert_allclose(found, fit.LARGEST_TOTAL / 2)


def test_fit_names_bad_votes():
    with pytest.raises(ValueError, match="row 1, column 'bar_yes'"):
        gz.fit_dirichlet([[3, 5, 0, 0, 0], [9, 1, 0, 0.5, 0]], SCHEMA)


@pytest.mark.parametrize("tiny", [1e-2, 1e-3, 1e-5])
def test_ends_of_an_interval_do_not_cross_however_small(tiny):
    lower, upper = distributions.interval([tiny, 1.0], 0.9)
    assert (lower <= upper).all()
    # the distribution function of Beta(a, 1) is x^a
    assert upper[0] == pytest.approx(max(0.95 ** (1 / tiny), np.finfo(float).tiny), rel=1e-9)
    lower, upper = distributions.interval([[tiny, 1.0], [2 * tiny, 1.0]], 0.9, sample_axis=0)
    assert (lower <= upper).all()


@pytest.mark.parametrize("large", [1e9, 1e12, 1e30])
def test_however_large_a_concentration_the_others_keep_their_digits(large):
    concentration = large * np.array([1.0, 3.0])
    np.testing.assert_allclose(
        distributions.predicted_votes(concentration, 10)[0],
        stats.binom.pmf(np.arange(11), 10, 0.25),
        rtol=1e-6,
    )
    nll = distributions.nll([4, 6], concentration)
    assert nll == pytest.approx(-stats.binom.logpmf(4, 10, 0.25), abs=1e-6)
    lower, upper = distributions.interval([large, 1.0, 2.0], 0.9)
    assert 0 < lower[1] < upper[1] and lower[0] <= upper[0] <= 1
    # beside so large a one a small Beta is a gamma distribution
    assert lower[1] == pytest.approx(stats.gamma.ppf(0.05, 1) / large, rel=1e-6)


def test_weights_of_samples_are_as_repeated_samples():
    concentration = np.array([[2.0, 3.0], [5.0, 1.0]])
    for about in ("samples", "galaxy"):
        weighted = distributions.mutual_information(
            concentration, about=about, sample_axis=0, weights=[1.0, 2.0]
        )
        repeated = distributions.mutual_information(concentration[[0, 1, 1]], about=about, sample_axis=0)
        assert weighted == pytest.approx(repeated)
