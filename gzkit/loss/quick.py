"""The special function of the loss (`gzkit.loss.exact`) as single precision needs it, in less time.

For a processor, and ordinary concentrations, which nearly all are. Differences are still taken in double precision;
what is left of Stirling's series, a small number, is worked out in single precision and with fewer terms.
"""

import torch
from torch import Tensor

from gzkit.loss.exact import polynomial

ORDINARY = 1e4  # concentrations below: beyond, to subtract logarithms loses digits that float32 shows
# With z = x - 1/2 and t = 1 / (z + FIT),
#   lgamma(x) = z log z - z + log(2 pi) / 2 + STIRLING[0] t + STIRLING[1] t^2 + ...
#   digamma(x) = log z + DIGAMMA[0] t^2 + DIGAMMA[1] t^3 + ...
# as in Stirling's series, but with FIT in t and coefficients fitted to x >= 1 (minimax: errors below 1.1e-8 and 2e-8).
FIT = 0.4
STIRLING = -0.0416678363, -0.0166459707, -0.00437345171, 0.000678858092, -0.000137238189, -0.000169961451
DIGAMMA = (
    0.0416807142,
    0.0331095883,
    0.0140537286,
    -0.00500208412,
    0.00357984383,
    -0.000803039176,
    0.000451916471,
)
STIRLING, DIGAMMA = (torch.tensor(series).unbind() for series in (STIRLING, DIGAMMA))
LOG_FACTORIAL_AND_N = torch.lgamma(torch.arange(1.0, 1025.0, dtype=torch.float64)) + torch.arange(1024)
SPARSE = 1 / 3  # where fewer numbers than this have votes, those are picked out first


def shift_for(concentration: Tensor) -> int | None:
    """How much further on the series must be used, where this module's way is right for all concentrations.

    Parameters
    ----------
    concentration : Tensor

    Returns
    -------
    int or None
        0 or 1, or None where it is not right. It is never used in double precision, on accelerators, and under
        ``torch.compile``, which cannot look at numbers to make a choice.
    """
    if concentration.device.type != "cpu" or torch.compiler.is_compiling() or not concentration.numel():
        return None
    lowest, highest = (end.item() for end in concentration.aminmax())
    if concentration.dtype == torch.float64 or not (lowest > 0 and highest < ORDINARY):  # so for NaN
        return None
    return 0 if lowest >= 1 else 1


def log_ways(votes: Tensor, concentration: Tensor, shift: int = 1) -> tuple[Tensor, Tensor]:
    """`gzkit.loss.exact.log_ways`, with errors of a few 1e-8.

    Parameters
    ----------
    votes, concentration : Tensor of float64, shape (number,)
        Counts [votes], and positive numbers.
    shift : int
        0 where all concentrations are at least 1, else 1.

    Returns
    -------
    value, slope : Tensor of float64, shape (number,)
        0, to about the last digit, where there are no votes.

    Examples
    --------
    >>> value, slope = log_ways(torch.tensor([3.0]).double(), torch.tensor([2.0]).double())
    >>> value.exp().round(decimals=6)  # 2 * 3 * 4 / 3!
    tensor([4.], dtype=torch.float64)
    >>> slope.round(decimals=4)  # 1/2 + 1/3 + 1/4
    tensor([1.0833], dtype=torch.float64)
    """
    start, end = z = torch.empty((2, len(votes)), dtype=torch.float64)
    torch.add(torch.sub(concentration, 0.5 - shift, out=start), votes, out=end)
    logs, t = z.log(), z.float().add_(FIT).reciprocal_()
    # lgamma(x) = z log z + series - z, and the last of these makes -n of the difference
    start, end = z.mul_(logs).add_(polynomial(t, STIRLING).mul_(t))
    value = end.sub_(start).sub_(_log_factorial_and_n(votes))
    start, end = logs.add_(polynomial(t, DIGAMMA).mul_(t).mul_(t))
    slope = end.sub_(start)
    if shift:  # lgamma(x) = lgamma(x + 1) - log x, and digamma(x) = digamma(x + 1) - 1 / x
        end = concentration + votes
        value.add_(torch.log(concentration / end))
        slope.addcdiv_(votes, end.mul_(concentration))
    return value, slope


def log_ways_of_few_or_many(votes: Tensor, concentration: Tensor, shift: int = 1) -> tuple[Tensor, Tensor]:
    """`log_ways`; where few numbers have votes the others are 0 without being worked out.

    Parameters
    ----------
    votes, concentration, shift
        As for `log_ways`.

    Returns
    -------
    value, slope : Tensor of float64, shape (number,)

    Examples
    --------
    >>> votes, concentration = torch.tensor([0, 0, 0, 3.0]).double(), torch.full((4,), 2.0).double()
    >>> value, slope = log_ways_of_few_or_many(votes, concentration)
    >>> value.exp().round(decimals=6)
    tensor([1., 1., 1., 4.], dtype=torch.float64)
    """
    if torch.count_nonzero(votes).item() >= SPARSE * len(votes):
        return log_ways(votes, concentration, shift)
    where = votes.nonzero().squeeze(1)
    value, slope = log_ways(votes.index_select(0, where), concentration.index_select(0, where), shift)
    return torch.zeros_like(votes).index_copy_(0, where, value), torch.zeros_like(votes).index_copy_(
        0, where, slope
    )


def _log_factorial_and_n(n):
    """``n + log n!``, from a table for all but the largest."""
    try:
        return LOG_FACTORIAL_AND_N.index_select(0, n.int())
    except IndexError:  # so for NaN
        return torch.lgamma(n + 1).add_(n)
