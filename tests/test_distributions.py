import numpy as np
from scipy import stats

from gzkit import distributions


def test_predicted_votes_are_beta_binomial():
    concentration = np.array([1.5, 3.0, 0.5])
    pmf = distributions.predicted_votes(concentration, 12)
    expected = stats.betabinom.pmf(np.arange(13), 12, concentration[:, None], (5 - concentration)[:, None])
    np.testing.assert_allclose(pmf, expected, rtol=1e-12)
