import numpy as np
import pytest
from scipy import special

from gzkit.distributions import beta_mixture, beta_mixture_quick


@pytest.mark.parametrize("level", [0.0, 0.5, 0.9, 0.95, 0.998])
@pytest.mark.parametrize("samples", [1, 2, 5])
@pytest.mark.parametrize(("least", "most"), [(1, 101), (1, 2), (0.6, 5), (50, 990), (0.7, 990)])
def test_the_right_probability_lies_outside(least, most, samples, level):
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(np.log(least), np.log(most), (2, samples, 2_000)))
    for edge, probability in zip(
        beta_mixture.interval(a, b, level), ((1 - level) / 2, (1 + level) / 2), strict=True
    ):
        np.testing.assert_allclose(special.betainc(a, b, edge).mean(axis=0), probability, atol=1e-4, rtol=0)


def test_extreme_parameters_are_bisected():
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(np.log(0.05), np.log(1e6), (2, 3, 500)))
    lower, _ = beta_mixture.interval(a, b, 0.9)
    np.testing.assert_allclose(special.betainc(a, b, lower).mean(axis=0), 0.05, atol=1e-6)


def test_as_a_rule_a_millionth_is_reached_for_concentrations_of_the_head():
    rng = np.random.default_rng(2)
    a, b = np.exp(rng.normal(np.log(20), 0.8, (2, 1, 5_000)) + rng.normal(0, 0.2, (2, 5, 5_000)))
    lower, upper = beta_mixture.interval(a, b, 0.9)
    for edge, probability in ((lower, 0.05), (upper, 0.95)):
        error = np.abs(special.betainc(a, b, edge).mean(axis=0) - probability)
        assert np.quantile(error, 0.99) < 1e-6


def test_mirrored_parameters_give_the_mirrored_interval():
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 100, (2, 4, 50))
    lower, upper = beta_mixture.interval(a, b, 0.8)
    mirrored_lower, mirrored_upper = beta_mixture.interval(b, a, 0.8)
    np.testing.assert_allclose([lower, upper], [1 - mirrored_upper, 1 - mirrored_lower], atol=1e-12)


def test_shape_is_kept_and_components_far_apart_are_found():
    lower, upper = beta_mixture.interval(
        np.full((2, 3, 4), [[[2.0]], [[900.0]]]), np.full((2, 3, 4), [[[900.0]], [[2.0]]]), 0.9
    )
    assert lower.shape == upper.shape == (3, 4)
    assert special.betainc(2, 900, lower[0, 0]) / 2 == pytest.approx(0.05, abs=1e-6)
    assert (lower + upper == pytest.approx(1)) and lower[0, 0] < 0.01


@pytest.mark.parametrize("level", [1 / 3, 0.5, 0.6])
def test_a_quantile_between_components_far_apart_is_found(level):
    rng = np.random.default_rng(5)
    a, b = np.exp(rng.uniform(0, np.log(700), (2, 3, 20_000)))
    for edge, probability in zip(
        beta_mixture.interval(a, b, level), ((1 - level) / 2, (1 + level) / 2), strict=True
    ):
        np.testing.assert_allclose(special.betainc(a, b, edge).mean(axis=0), probability, atol=1e-4, rtol=0)


@pytest.mark.parametrize("level", [0.01, 0.5, 0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("samples", [1, 2, 3, 5])
@pytest.mark.parametrize(("least", "most"), [(1, 101), (1, 2), (1, 1000), (50, 900)])
def test_quick_intervals_have_the_right_probability_to_a_thousandth(least, most, samples, level):
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(np.log(least), np.log(most), (2, samples, 2_000)))
    for edge, probability in zip(
        beta_mixture_quick.interval(a, b, level), [(1 - level) / 2, (1 + level) / 2], strict=True
    ):
        found = special.betainc(a, b, edge.astype(float)).mean(axis=0)
        np.testing.assert_allclose(found, probability, atol=1e-3, rtol=0)


def test_as_a_rule_quick_intervals_are_right_to_a_ten_thousandth():
    rng = np.random.default_rng(2)
    a, b = np.exp(rng.normal(np.log(20), 0.8, (2, 1, 5_000)) + rng.normal(0, 0.2, (2, 5, 5_000))).clip(
        1, 1000
    )
    for edge, probability in zip(beta_mixture_quick.interval(a, b, 0.9), [0.05, 0.95], strict=True):
        error = np.abs(special.betainc(a, b, edge.astype(float)).mean(axis=0) - probability)
        assert np.median(error) < 1e-4


def test_quick_intervals_do_not_fall_for_a_component_that_lies_wholly_beyond():
    # the polynomial bends back where the narrow component's z is large; it once made the search stop early
    a, b = np.array([[530.4678], [1.4263731]]), np.array([[1.0120443], [1.1107078]])
    lower, _ = beta_mixture_quick.interval(a, b, 0.95)
    assert special.betainc(a, b, float(lower[0])).mean() == pytest.approx(0.025, abs=5e-4)


def test_outside_the_fitted_range_quick_intervals_are_the_exact_ones():
    a = np.full((2, 3), 0.5)
    b = np.full((2, 3), 6000.0)
    np.testing.assert_allclose(
        beta_mixture_quick.interval(a, b, 0.9), beta_mixture.interval(a, b, 0.9), rtol=1e-6
    )


@pytest.mark.parametrize("level", [0.25, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("samples", [1, 4, 16, 29])
@pytest.mark.parametrize(("least", "most"), [(0.05, 500), (0.05, 1), (1, 1000), (0.3, 5000)])
def test_quick_intervals_keep_their_promise_for_many_components_and_low_concentrations(
    least, most, samples, level
):
    rng = np.random.default_rng(samples)
    a, b = np.exp(rng.uniform(np.log(least), np.log(most), (2, samples, 1_000)))
    for edge, probability in zip(
        beta_mixture_quick.interval(a, b, level), [(1 - level) / 2, (1 + level) / 2], strict=True
    ):
        below, above = (np.nextafter(edge, np.float32(end)).astype(float) for end in (0, 1))
        below[edge < 1e-37], above[edge < 1e-37] = 0, 1e-37  # what single precision has no numbers for
        low, high = (special.betainc(a, b, x).mean(axis=0) for x in (below, above))
        assert (low - 1e-3 <= probability).all() and (probability <= high + 1e-3).all()


def test_a_low_concentration_slows_only_its_own_mixture(monkeypatch):
    asked = []
    exact = beta_mixture.interval
    monkeypatch.setattr(
        beta_mixture, "interval", lambda a, *rest: (asked.append(a.shape), exact(a, *rest))[1]
    )
    a, b = np.full((3, 1000), 7.0), np.full((3, 1000), 2.0)
    usual = beta_mixture_quick.interval(a, b, 0.9)
    a[0, 3], b[1, 9], b[2, 12] = 0.07, 0.3, 7000
    found = beta_mixture_quick.interval(a, b, 0.9)
    assert asked == [(3, 1)]
    same = np.delete(np.arange(1000), [3, 9, 12])
    np.testing.assert_array_equal(found[0][same], usual[0][same])
