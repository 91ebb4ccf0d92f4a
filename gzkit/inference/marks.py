"""Galaxies ranked by a small head that is fitted to a few marks, and to votes where there are some."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

SAMPLE = 5000  # galaxies from which the main directions are found, and whose votes are learnt from
COMPONENTS = 32  # directions that are kept, each scaled to the same spread
BACKGROUND = 1000  # galaxies at random that are taken as unlike, as nearly all are, where there are no votes
BACKGROUND_WEIGHT = 3.0  # of all of them together; a mark has 1
PENALTY = 0.5  # on squared weights: a prior of their size
VOLUNTEERS = (
    10  # votes that count half as much as endless ones would: volunteers who look at a galaxy agree in part
)


class MarksHead:
    """Logistic regression on the main directions of features.

    Parameters
    ----------
    features : Features
        132 bytes a galaxy are needed beside them.
    """

    def __init__(self, features):
        rng, values = np.random.default_rng(0), features.values
        self._some = rng.permutation(len(values))[:SAMPLE]
        some = values[self._some].astype(float)
        middle = some.mean(axis=0)
        variance, directions = np.linalg.eigh((some - middle).T @ (some - middle) / len(some))  # rising
        kept = np.flatnonzero(variance > 1e-8 * variance[-1])[-COMPONENTS:]
        scaled = (directions[:, kept] / np.sqrt(variance[kept])).astype(np.float32)  # (feature, direction)
        shift = np.float32(middle) @ scaled
        self._seen = np.concatenate(
            [values @ scaled - shift, np.ones((len(values), 1), np.float32)], axis=1
        )  # (galaxy, direction + 1)

    def log_odds(self, like, unlike, votes=None):
        """How likely each galaxy is to be like the marked ones.

        Parameters
        ----------
        like, unlike : sequence of int
            Rows that are marked so.
        votes : tuple of ndarray, shape (galaxy,), optional
            Votes for an answer, and votes for its question [votes]: what the marks are then a correction of.

        Returns
        -------
        ndarray, shape (galaxy,)
            Logarithm of the odds.
        """
        rows = np.array([*like, *unlike], dtype=int)
        chance, weight = np.repeat([1.0, 0.0], [len(like), len(unlike)]), np.ones(len(rows))
        prior = np.zeros(self._seen.shape[1])
        if votes is None:
            others = np.setdiff1d(self._some[:BACKGROUND], rows)
            chance = np.append(chance, np.zeros(len(others)))
            weight = np.append(weight, np.full(len(others), BACKGROUND_WEIGHT / max(1, len(others))))
            rows = np.append(rows, others)
        else:
            given, asked = (counts[self._some] for counts in votes)
            share, trust = given / np.maximum(asked, 1), asked / (asked + VOLUNTEERS)
            prior = self._fit(self._some, share, trust, prior)
        return self._seen @ self._fit(rows, chance, weight, prior).astype(np.float32)

    def _fit(self, rows, chance, weight, prior):
        """Weights of each direction, and the last of none."""
        seen, free = self._seen[rows].astype(float), np.append(np.full(len(prior) - 1, PENALTY), 1e-3)

        def loss(head):
            odds, step = seen @ head, head - prior
            value = weight @ (np.logaddexp(0, odds) - chance * odds) + free @ step**2 / 2
            return value, seen.T @ (weight * (expit(odds) - chance)) + free * step

        return minimize(loss, prior, jac=True, method="L-BFGS-B").x
