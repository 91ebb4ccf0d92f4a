"""Intervals and sums of distances, against enumeration and simulation."""

import numpy as np
import pytest
from scipy import stats

from gzkit.evaluation import intervals


@pytest.mark.parametrize("n", [30, 100, 400])
def test_jeffreys_interval_covers_as_often_as_claimed(n):
    ends = np.array([intervals.jeffreys(hits, n, 0.9) for hits in range(n + 1)])
    for p in (0.05, 0.3, 0.5, 0.8, 0.97):
        inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
        assert 0.84 < stats.binom.pmf(np.arange(n + 1), n, p)[inside].sum() < 0.96


def test_jeffreys_interval_without_misses_reaches_one():
    assert intervals.jeffreys(20, 20, 0.9)[1] == 1 and intervals.jeffreys(0, 20, 0.9)[0] == 0
    assert np.isnan(intervals.jeffreys(0, 0, 0.9)).all()


@pytest.mark.parametrize("true", [[0.9, 0.6, 0.8], [0.99, 0.98, 0.97], [0.5, 0.95, 0.2]])
def test_the_interval_of_a_mean_of_proportions_covers_as_often_as_claimed(true):
    rng, trials = np.random.default_rng(0), np.array([60, 30, 90])
    ends = [
        intervals.mean_of_proportions(hits, trials, 0.9) for hits in rng.binomial(trials, true, size=(600, 3))
    ]
    lower, upper = np.transpose(ends)
    assert 0.85 < ((lower <= np.mean(true)) & (np.mean(true) <= upper)).mean() < 0.97


@pytest.mark.parametrize(("size", "bias"), [(0.0, 6.0), (1.0, 1.5), (4.0, 1.0)])
def test_the_sum_of_distances_is_nearly_right_on_average_and_its_interval_covers(size, bias):
    rng, width = np.random.default_rng(1), np.linspace(0.5, 1.5, 24)
    true = size * width * rng.choice([-1, 1], 24)
    found, inside = [], []
    for _ in range(250):
        values = true + width * rng.standard_normal(24)
        found.append(intervals.sum_of_distances(values, width**2))
        lower, upper = intervals.sum_of_distances_interval(
            values, width * rng.standard_normal((200, 24)), 0.9
        )
        inside.append(lower <= np.abs(true).sum() + 1e-9 and np.abs(true).sum() <= upper)
    assert abs(np.mean(found) - np.abs(true).sum()) < bias  # of the measured distances: 19.1, 4.0, 0.0
    assert 0.84 < np.mean(inside) < 0.97


@pytest.mark.parametrize("n", [1, 7, 300, 1200])
def test_the_number_of_successes_is_the_convolution_of_all_trials(n):
    p = np.random.default_rng(n).beta(0.3, 0.6, n)
    expected = np.ones(1)
    for one in p:
        expected = np.convolve(expected, [1 - one, one])
    first, pmf = intervals.poisson_binomial(p)
    found = np.zeros(n + 1)
    found[first : first + len(pmf)] = pmf
    np.testing.assert_allclose(found, expected, atol=1e-12 if n <= intervals.CHANCES else 1e-5)
    lower, upper = intervals.number_interval(p, 0.9)
    assert expected[:lower].sum() < 0.05 and expected[upper + 1 :].sum() < 0.05


def test_of_a_fifth_of_a_galaxy_there_may_be_none_or_one():
    assert intervals.number_interval(np.full(10, 0.02), 0.9) == (0, 1)
    assert intervals.number_interval(np.zeros(3), 0.9) == (0, 0)
    assert intervals.number_interval(np.ones(3), 0.9) == (3, 3)
