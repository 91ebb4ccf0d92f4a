"""The numbers behind the picture of the loss: values and gradients of three losses, and every split of the votes."""

from dataclasses import dataclass

import numpy as np

from gzkit import distributions
from gzkit.evaluation.skill import multinomial_nll

TOTALS = np.geomspace(0.2, 1000, 97)  # total concentrations of the curve


@dataclass(frozen=True)
class LossValues:
    """One galaxy's loss for one question, in three ways.

    Attributes
    ----------
    total_votes : int
        Volunteers asked [votes].
    mean, observed : ndarray, shape (answer,)
        Expected share of each answer, and the share observed (NaN where nobody was asked).
    dirichlet_multinomial, multinomial, cross_entropy : float
        Negative log-likelihood of the votes if the shares are uncertain, and if they are known exactly; cross-entropy
        between the observed and the expected shares [nat]. The last two depend on the mean only.
    push, multinomial_push : ndarray, shape (answer,)
        Minus the derivative by the logarithm of each concentration [nat]: how strongly training pushes it up.
    totals, curve : ndarray, shape (total,)
        Total concentrations, and the Dirichlet-Multinomial loss there if the mean stays the same [nat].
    """

    total_votes: int
    mean: np.ndarray
    observed: np.ndarray
    dirichlet_multinomial: float
    multinomial: float
    cross_entropy: float
    push: np.ndarray
    multinomial_push: np.ndarray
    totals: np.ndarray
    curve: np.ndarray

    @property
    def best_total(self):
        """Total concentration with the smallest loss on the curve; inf if the curve falls to its end."""
        lowest = int(np.argmin(self.curve))
        return float(self.totals[lowest]) if lowest < len(self.totals) - 1 else np.inf


def loss_values(votes, concentration):
    """Three losses of one galaxy's votes for one question, and which way they push the concentrations.

    Parameters
    ----------
    votes : array_like of int, shape (answer,)
        Votes for each answer [votes].
    concentration : array_like, shape (answer,)
        Dirichlet concentrations, above zero.

    Returns
    -------
    LossValues

    Raises
    ------
    ValueError
        If the two have different lengths, a vote is no count, or a concentration is not a positive number.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the Dirichlet-Multinomial loss.

    Examples
    --------
    Ten concordant votes surprise a prediction that is unsure far less than one that is sure of an even split.

    >>> unsure, sure = loss_values([10, 0], [1, 1]), loss_values([10, 0], [50, 50])
    >>> round(unsure.dirichlet_multinomial, 2), round(sure.dirichlet_multinomial, 2), round(sure.multinomial, 2)
    (2.4, 6.52, 6.93)
    >>> unsure.multinomial == sure.multinomial
    True
    """
    votes, concentration = check_question(votes, concentration)
    mean = concentration / concentration.sum()
    total_votes = int(votes.sum())
    observed = votes / total_votes if total_votes else np.full(len(votes), np.nan)
    loss, push = _loss_and_push(votes, concentration)
    return LossValues(
        total_votes=total_votes,
        mean=mean,
        observed=observed,
        dirichlet_multinomial=loss,
        multinomial=float(multinomial_nll(votes, mean)),
        cross_entropy=float(-(observed * np.log(mean)).sum()),
        push=push,
        multinomial_push=votes - total_votes * mean,
        totals=TOTALS,
        curve=distributions.nll(votes, mean * TOTALS[:, np.newaxis]),
    )


def vote_splits(total_votes, answers):
    """Every way in which so many votes can fall on the answers.

    Parameters
    ----------
    total_votes : int
        Volunteers asked [votes].
    answers : int
        2 or 3.

    Returns
    -------
    ndarray of int, shape (split, answer)

    Examples
    --------
    >>> vote_splits(2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    first = np.arange(total_votes + 1)
    if answers == 2:
        return np.stack([first, total_votes - first], axis=1)
    a, b = (grid.ravel() for grid in np.meshgrid(first, first, indexing="ij"))
    possible = a + b <= total_votes
    return np.stack([a, b, total_votes - a - b], axis=1)[possible]


def split_probabilities(splits, concentration):
    """Chance of each split of the votes, with uncertain shares and with the mean taken as certain.

    Parameters
    ----------
    splits : ndarray of int, shape (split, answer)
        Votes for each answer [votes].
    concentration : ndarray, shape (answer,)

    Returns
    -------
    (ndarray, ndarray), each of shape (split,)
        Under the Dirichlet-Multinomial, and under the multinomial of the mean.

    Examples
    --------
    >>> [p.round(3).tolist() for p in split_probabilities(vote_splits(2, 2), np.array([1.0, 1.0]))]
    [[0.333, 0.333, 0.333], [0.25, 0.5, 0.25]]
    """
    mean = concentration / concentration.sum()
    return np.exp(-distributions.nll(splits, concentration)), np.exp(-multinomial_nll(splits, mean))


def dirichlet_density(shares, concentration):
    """Density of the shares of the answers.

    Parameters
    ----------
    shares : ndarray, shape (..., answer)
        Inside the simplex: each above 0, adding to 1.
    concentration : ndarray, shape (answer,)

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> float(dirichlet_density(np.array([0.5, 0.5]), np.array([2.0, 2.0])).round(6))
    1.5
    """
    from scipy.special import gammaln

    normaliser = gammaln(concentration.sum()) - gammaln(concentration).sum()
    return np.exp(normaliser + ((concentration - 1) * np.log(shares)).sum(axis=-1))


def check_question(votes, concentration):
    """Votes and concentrations of one question of two or three answers as arrays, if they are that.

    Parameters
    ----------
    votes : array_like of int, shape (answer,)
        [votes]
    concentration : array_like, shape (answer,)

    Returns
    -------
    (ndarray of int, ndarray of float)

    Raises
    ------
    ValueError
        If they are not.
    """
    votes, concentration = np.asarray(votes, dtype=float), np.asarray(concentration, dtype=float)
    if votes.shape not in ((2,), (3,)) or votes.shape != concentration.shape:
        raise ValueError(
            "votes and concentration need one number an answer, of two or three answers, "
            f"got shapes {votes.shape} and {concentration.shape}"
        )
    if not (np.isfinite(votes) & (votes >= 0) & (votes == np.floor(votes))).all():
        raise ValueError(f"votes must be whole counts, got {votes.tolist()}")
    if not (np.isfinite(concentration) & (concentration > 0)).all():
        raise ValueError(f"concentrations must be positive numbers, got {concentration.tolist()}")
    return votes.astype(int), concentration


def answer_names(answers, count):
    """The names given, or numbers in their place.

    Parameters
    ----------
    answers : sequence of str or None
    count : int

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there are not so many.
    """
    names = [f"answer {i + 1}" for i in range(count)] if answers is None else [str(a) for a in answers]
    if len(names) != count:
        raise ValueError(f"answers: need {count} names, got {names}")
    return names


def _loss_and_push(votes, concentration):
    import torch

    from gzkit.loss.loss import dirichlet_multinomial_nll

    log_concentration = torch.tensor(np.log(concentration), requires_grad=True)
    loss = dirichlet_multinomial_nll(torch.as_tensor(votes), log_concentration.exp())
    loss.backward()
    return loss.item(), -log_concentration.grad.numpy()
