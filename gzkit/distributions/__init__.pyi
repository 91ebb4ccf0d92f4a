from .answers import interval as interval, mean as mean, sample as sample
from .votes import (
    nll as nll,
    mutual_information as mutual_information,
    predicted_votes as predicted_votes,
    surprise as surprise,
    votes_interval as votes_interval,
)
from .fit import fit_dirichlet as fit_dirichlet
