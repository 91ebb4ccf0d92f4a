import numpy as np
import torch
from scipy import stats

import gzkit as gz


def test_loss_equals_scipy():
    rng = np.random.default_rng(0)
    votes, concentration = rng.integers(0, 30, (50, 4)), rng.gamma(2.0, 5.0, (50, 4))
    loss = gz.dirichlet_multinomial_nll(torch.as_tensor(votes), torch.as_tensor(concentration))
    expected = -stats.dirichlet_multinomial.logpmf(votes, concentration, votes.sum(axis=-1))
    np.testing.assert_allclose(loss, expected, rtol=1e-12, atol=1e-12)
