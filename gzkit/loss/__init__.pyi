from .loss import (
    dirichlet_multinomial_nll as dirichlet_multinomial_nll,
    DirichletMultinomialLoss as DirichletMultinomialLoss,
    reference_nll as reference_nll,
)
