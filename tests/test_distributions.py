import numpy as np
from scipy import stats

from gzkit import distributions


def test_predicted_votes_are_beta_binomial():
    concentration = np.array([1.5, 3.0, 0.5])
    pmf = distributions.predicted_votes(concentration, 12)
    expected = stats.betabinom.pmf(np.arange(13), 12, concentration[:, None], (5 - concentration)[:, None])
    np.testing.assert_allclose(pmf, expected, rtol=1e-12)


def test_one_concentration_for_many_galaxies_is_not_taken_for_samples():
    votes = np.array([[3, 1], [0, 5], [2, 2]])
    each = [distributions.nll(row, [1.5, 2.5]) for row in votes]
    np.testing.assert_allclose(distributions.nll(votes, [1.5, 2.5]), each)
