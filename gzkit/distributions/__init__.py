"""The Dirichlet and the Dirichlet-Multinomial in NumPy: what concentrations say about answers and votes.

Every function describes one question. Its answers are on the last axis and leading axes broadcast. ``sample_axis``
names an axis of the concentrations that holds samples (of a stochastic model, of an ensemble): probabilities are then
averaged over it, never concentrations, so that what the samples disagree about stays in the result.
"""

from gzkit.distributions.answers import interval, mean, mode, sample
from gzkit.distributions.fit import fit_dirichlet
from gzkit.distributions.information import entropy, mutual_information
from gzkit.distributions.votes import joint_pmf, nll, predicted_votes, sample_votes, surprise, votes_interval

__all__ = [
    "entropy",
    "fit_dirichlet",
    "interval",
    "joint_pmf",
    "mean",
    "mode",
    "mutual_information",
    "nll",
    "predicted_votes",
    "sample",
    "sample_votes",
    "surprise",
    "votes_interval",
]
