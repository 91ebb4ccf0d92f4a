"""How surprising volunteers' votes are under predicted concentrations: the Dirichlet-Multinomial loss.

A galaxy's volunteers answer with probabilities that are themselves drawn from a Dirichlet distribution. Of ``N``
volunteers asked a question, ``n`` give each answer with probability ::

    P(votes | concentration) = N! / product over answers of n!            (orders in which the votes can come)
                             x Gamma(A) / Gamma(N + A)                     (normaliser)
                             x product over answers of Gamma(n + a) / Gamma(a)

where ``a`` are the concentrations of the answers and ``A`` their sum. The loss is ``-log P``, which `reference_nll`
works out as it stands here.
"""

from functools import partial

import torch
from torch import Tensor

from gzkit.loss import exact, quick
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.votes import check_votes as check_votes_table


def reference_nll(votes: Tensor, concentration: Tensor) -> Tensor:
    """The loss of one question as papers write it: to read, and to test against. It loses digits in float32.

    Parameters
    ----------
    votes : Tensor, shape (..., answer)
        Votes for each answer [votes].
    concentration : Tensor, shape (..., answer)
        Dirichlet parameter of each answer, > 0.

    Returns
    -------
    Tensor, shape (...)
        Loss [nat].

    Examples
    --------
    >>> reference_nll(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0])).exp().round(decimals=4)
    tensor(4.)
    """
    total_votes = votes.sum(dim=-1)  # N
    total_concentration = concentration.sum(dim=-1)  # A
    orderings = torch.lgamma(total_votes + 1) - torch.lgamma(votes + 1).sum(dim=-1)
    normaliser = torch.lgamma(total_concentration) - torch.lgamma(total_votes + total_concentration)
    per_answer = (torch.lgamma(votes + concentration) - torch.lgamma(concentration)).sum(dim=-1)
    return -(orderings + normaliser + per_answer)


def dirichlet_multinomial_nll(votes: Tensor, concentration: Tensor, *, check_votes: bool = True) -> Tensor:
    """Negative log-probability of the votes for one question.

    Parameters
    ----------
    votes : Tensor, shape (..., answer)
        Votes for each answer [votes]: whole numbers from 0 up, of integer or floating type.
    concentration : Tensor, shape (..., answer)
        Dirichlet parameter of each answer, > 0. Leading axes of both broadcast.
    check_votes : bool
        Whether votes are checked; False where that was done before, once a data set.

    Returns
    -------
    Tensor, shape (...)
        Loss [nat]; exactly 0, as is its gradient, where nobody was asked. NaN where a concentration is not a
        positive number. Type of the concentrations, at least float32.

    Raises
    ------
    ValueError
        If a vote is NaN, infinite, negative or fractional, naming row and column; if the answers differ in number.

    Notes
    -----
    The gradient is exact as well, and comes with the loss; a gradient of the gradient is refused (RuntimeError).

    References
    ----------
    Walmsley et al. 2020, MNRAS 491, 1554, arXiv:1905.07424 (one question, two answers); Walmsley et al. 2022,
    MNRAS 509, 3966, arXiv:2102.08414 (any number of answers, all questions together). Mosimann 1962, Biometrika 49,
    65 (the distribution).

    Examples
    --------
    >>> import torch
    >>> dirichlet_multinomial_nll(torch.tensor([1, 2]), torch.tensor([1.0, 1.0])).exp()  # 1 of 4 equal outcomes
    tensor(4.)
    """
    answers = votes.shape[-1]
    if check_votes:
        _check(votes)
    one_question = torch.zeros(answers, dtype=torch.long, device=concentration.device)
    return _nll(votes, concentration, one_question, 1).squeeze(-1)


class DirichletMultinomialLoss(torch.nn.Module):
    """The loss of every question of a survey, in one pass.

    Added over questions it is the loss of a galaxy's whole tree if its questions are independent of each other, given
    the concentrations. That is an assumption, also within one galaxy: of real volunteers those who see a bar see spiral
    arms more often as well (odds ratios 2.2 in Galaxy Zoo 2, 6.1 in Hubble's).

    Parameters
    ----------
    schema : Schema or str
        Or the name of a survey.
    check_votes : bool
        Whether every batch of votes is checked. Pay for it once a data set instead with
        ``gzkit.votes.check_votes(votes, schema)``, as `gzkit.read_catalog` does, and set this False.

    Examples
    --------
    >>> import torch
    >>> import gzkit as gz
    >>> schema = gz.Schema({"smooth": ["_yes", "_no"], "bar": ["_yes", "_no"]}, {"smooth": None, "bar": "smooth_no"})
    >>> loss = DirichletMultinomialLoss(schema)
    >>> loss(torch.tensor([[1, 2, 0, 0]]), torch.ones(1, 4)).exp()  # nobody was asked about the bar: log 1 = 0
    tensor([[4., 1.]])
    """

    def __init__(self, schema: Schema | str, *, check_votes: bool = True):
        super().__init__()
        schema = as_schema(schema, "DirichletMultinomialLoss")
        self.schema, self.check_votes = schema, check_votes
        question_of_answer = torch.tensor([answer.question.index for answer in schema.answers])
        self.register_buffer("question_of_answer", question_of_answer, persistent=False)

    def forward(self, votes: Tensor, concentration: Tensor) -> Tensor:
        """Loss of each galaxy and question, not reduced.

        Parameters
        ----------
        votes : Tensor, shape (..., galaxy, answer)
            Votes [votes], in the order of ``schema.label_cols``: whole numbers from 0 up, of integer or floating type.
        concentration : Tensor, shape (..., galaxy, answer)
            Dirichlet parameters, > 0. Leading axes of both broadcast.

        Returns
        -------
        Tensor, shape (..., galaxy, question)
            Loss [nat]; exactly 0, as is its gradient, where nobody was asked. NaN where a question has a concentration
            that is not a positive number. Type of the concentrations, at least float32.

        Raises
        ------
        ValueError
            If a vote is NaN, infinite, negative or fractional, naming row and column; if the answers are not those
            of the schema.
        """
        if votes.shape[-1] != len(self.question_of_answer):
            raise ValueError(f"votes have {votes.shape[-1]} columns, {self.schema!r}")
        if self.check_votes:
            _check(votes, self.schema)
        index = self.question_of_answer.to(concentration.device)
        return _nll(votes, concentration, index, len(self.schema.questions))

    def extra_repr(self) -> str:
        return f"{self.schema!r}, check_votes={self.check_votes}"


@torch.compiler.disable
def _check(votes, schema=None):
    """Refuse what are no votes: quickly here, and in words by the check of votes tables."""
    whole = True if not votes.is_floating_point() else (votes % 1 == 0).all()  # not so for NaN and infinity
    if not (whole and (votes >= 0).all()):
        answers = [str(i) for i in range(votes.shape[-1])]
        check_votes_table(votes.detach().cpu().numpy(), schema or Schema.from_classes("answer", answers))


# Exact: what trains a model is the same formula, regrouped so that no digits cancel, as
#
#     P = product over answers of ways(n, a) / ways(N, A),    ways(n, a) = a (a + 1) ... (a + n - 1) / n!
#
# and with its gradient beside it, which the derivative of `reference_nll` would lose as well (`gzkit.loss.exact`).
NO_FLOAT64 = {"mps"}  # devices that lack it: a batch's few numbers go to the processor and back
BLOCK = 40 * 2**10  # numbers that a processor works on at a time, so that they stay in its cache


def _nll(votes, concentration, question_of_answer, questions):
    """Loss (..., question) of votes and concentrations (..., answer)."""
    if votes.shape[-1] != concentration.shape[-1]:
        raise ValueError(f"votes have {votes.shape[-1]} answers, concentrations {concentration.shape[-1]}")
    device = concentration.device
    if device.type in NO_FLOAT64:
        votes, concentration, question_of_answer = votes.cpu(), concentration.cpu(), question_of_answer.cpu()
    shape = concentration.shape
    if len(shape) != 2 or votes.shape != shape:
        shape = torch.broadcast_shapes(votes.shape, shape)
        votes, concentration = (x.expand(shape).reshape(-1, shape[-1]) for x in (votes, concentration))
    votes = votes.to(concentration.device)
    loss = _NegativeLogLikelihood.apply(votes, concentration, question_of_answer, questions)
    return (loss if len(shape) == 2 else loss.view(*shape[:-1], questions)).to(device)


class _NegativeLogLikelihood(torch.autograd.Function):
    @staticmethod
    def forward(ctx, votes, concentration, question_of_answer, questions):
        dtype = torch.promote_types(concentration.dtype, torch.float32)
        rows = len(votes) or 1  # one block, but on a processor as many as its cache asks for
        if votes.device.type == "cpu" and not torch.compiler.is_compiling():
            rows = max(1, BLOCK // (votes.shape[-1] + questions))
        concentration, log_ways = _way(concentration)
        blocks = zip(votes.split(rows), concentration.split(rows), strict=True)
        results = [
            [part.to(dtype) for part in _loss_and_gradient(*block, question_of_answer, questions, log_ways)]
            for block in blocks
        ]
        loss, gradient, asked = (
            parts[0] if len(parts) == 1 else torch.cat(parts) for parts in zip(*results, strict=True)
        )
        ctx.save_for_backward(gradient, asked, question_of_answer)
        return loss

    @staticmethod
    def backward(ctx, upstream):
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():  # only under create_graph=True
            raise RuntimeError(
                "the loss has a gradient, but no gradient of the gradient: create_graph must be False"
            )
        gradient, asked, question_of_answer = ctx.saved_tensors
        of_answers = (upstream * asked).gather(1, question_of_answer.expand(gradient.shape))
        return None, of_answers.mul_(gradient), None, None


def _loss_and_gradient(votes, concentration, question_of_answer, questions, log_ways):
    """Of a block of galaxies, in float64: loss (galaxy, question), gradient (galaxy, answer), and who was asked.

    The last, 1 or 0 for each (galaxy, question), is still to be multiplied with the gradient.
    """
    galaxies, answers = votes.shape
    cut = galaxies * answers  # numbers of all answers first, then those of all questions
    numbers = torch.empty((2, cut + galaxies * questions), dtype=torch.float64, device=concentration.device)
    of_answers = numbers[:, :cut].view(2, galaxies, answers)
    of_questions = numbers[:, cut:].view(2, galaxies, questions)
    of_answers[0], of_answers[1] = votes, concentration
    of_questions.zero_().index_add_(2, question_of_answer, of_answers)
    value, slope = log_ways(*numbers)
    # log ways(N, A) - sum of log ways(n, a)
    loss, each = value[cut:].view(galaxies, questions), value[:cut].view(galaxies, answers)
    loss.index_add_(1, question_of_answer, each, alpha=-1)
    of_question, each = slope[cut:].view(galaxies, questions), slope[:cut].view(galaxies, answers)
    gradient = of_question.gather(1, question_of_answer.expand(votes.shape)).sub_(each)
    asked = of_questions[0].clamp(max=1)  # where nobody was, all of it is exactly 0
    return loss.mul_(asked), gradient, asked


# Quick: every batch of every epoch needs the loss, and a processor that is asked for single precision has it in a
# fraction of the time (`gzkit.loss.quick`).


def _way(concentration):
    """The concentrations without impossible ones, and the special function: the quick one where that is right."""
    shift = quick.shift_for(concentration)
    if shift is not None:
        return concentration, partial(quick.log_ways_of_few_or_many, shift=shift)
    possible = concentration.where(concentration > 0, torch.nan)  # nothing plausible of the impossible
    return possible, partial(exact.log_ways, terms=8 if concentration.dtype == torch.float64 else 3)
