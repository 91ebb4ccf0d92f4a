"""How surprising volunteers' votes are under predicted concentrations: the Dirichlet-Multinomial loss."""

import torch

from gzkit.votes import check_votes


def dirichlet_multinomial_nll(votes, concentration):
    """Negative log-probability of the votes for one question.

    Parameters
    ----------
    votes : Tensor, shape (..., answer)
        Votes for each answer [votes].
    concentration : Tensor, shape (..., answer)
        Dirichlet parameter of each answer, > 0.

    Returns
    -------
    Tensor, shape (...)
        Loss [nat], 0 where nobody was asked.

    Examples
    --------
    >>> import torch
    >>> dirichlet_multinomial_nll(torch.tensor([1, 2]), torch.tensor([1.0, 1.0])).exp().round(decimals=4)
    tensor(4.)
    """
    dtype = concentration.dtype
    votes, concentration = votes.double(), concentration.double()
    concentration = concentration.where(concentration > 0, torch.nan)
    total_votes = votes.sum(dim=-1)
    total_concentration = concentration.sum(dim=-1)
    orderings = torch.lgamma(total_votes + 1) - torch.lgamma(votes + 1).sum(dim=-1)
    per_answer = (torch.lgamma(votes + concentration) - torch.lgamma(concentration)).sum(dim=-1)
    normaliser = torch.lgamma(total_concentration) - torch.lgamma(total_votes + total_concentration)
    return -(orderings + per_answer + normaliser).to(dtype)


class DirichletMultinomialLoss(torch.nn.Module):
    """The loss of every question of a survey.

    Parameters
    ----------
    schema : Schema
    check_votes : bool
        Whether every batch of votes is checked to be whole numbers from 0 up; False where the data set was.
    """

    def __init__(self, schema, *, check_votes=True):
        super().__init__()
        self.schema, self.check_votes = schema, check_votes

    def forward(self, votes, concentration):
        """Loss of each galaxy and question.

        Parameters
        ----------
        votes : Tensor, shape (..., galaxy, answer)
            Votes [votes], in the order of ``schema.label_cols``.
        concentration : Tensor, shape (..., galaxy, answer)
            Dirichlet parameters, > 0.

        Returns
        -------
        Tensor, shape (..., galaxy, question)
            Unreduced loss [nat], 0 where nobody was asked.

        Raises
        ------
        ValueError
            If a vote is NaN, negative or fractional; row and column are named.
        """
        if self.check_votes:
            check_votes(votes.detach().cpu().numpy(), self.schema)
        return torch.stack(
            [
                dirichlet_multinomial_nll(votes[..., q.columns], concentration[..., q.columns])
                for q in self.schema.questions
            ],
            dim=-1,
        )
