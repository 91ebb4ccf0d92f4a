from .answers import interval as interval, mean as mean, mode as mode, sample as sample
from .votes import (
    joint_pmf as joint_pmf,
    nll as nll,
    predicted_votes as predicted_votes,
    sample_votes as sample_votes,
    surprise as surprise,
    votes_interval as votes_interval,
)
from .information import entropy as entropy, mutual_information as mutual_information
from .fit import fit_dirichlet as fit_dirichlet
