"""The special function of the loss (`gzkit.loss_terms`) as single precision needs it, in half the time.

For a processor, and ordinary concentrations, which nearly all are. Differences are still taken in double precision;
what is left of Stirling's series, a small number, is worked out in single precision and with fewer terms.
"""

import numpy as np
import torch

ORDINARY = (
    1e4  # concentrations below this: beyond, to subtract logarithms would lose digits that float32 shows
)
# Stirling's series as in `gzkit.loss_terms`, but with all coefficients after the first fitted to z > 1.5 (minimax, of
# digamma's error times z^2): errors stay below 1.1e-8 in lgamma and 7e-8 / z^2 in digamma.
STIRLING = torch.tensor(
    [-1 / 24, 0.0024287054244567646, -0.0007398203586524576, 0.0004041034198896245, -0.00016398538190136945]
).unbind()
DIGAMMA = tuple(-(2 * k + 1) * coefficient for k, coefficient in enumerate(STIRLING))
LOG_FACTORIAL_AND_N = torch.lgamma(torch.arange(1.0, 1025.0, dtype=torch.float64)) + torch.arange(1024)
SPARSE = 1 / 3  # where fewer numbers than this have votes, they are picked out first


def shift_for(concentration):
    """How much further on Stirling's series must be used, where the quick way is right for all concentrations.

    Parameters
    ----------
    concentration : Tensor

    Returns
    -------
    int
        1 or 2, or 0 where it is not right. It is never used in double precision, on accelerators, and under
        ``torch.compile``, which cannot look at numbers to make a choice.
    """
    if concentration.device.type != "cpu" or torch.compiler.is_compiling() or not concentration.numel():
        return 0
    lowest, highest = (end.item() for end in concentration.aminmax())
    if concentration.dtype == torch.float64 or not (lowest > 0 and highest < ORDINARY):  # so for NaN
        return 0
    return 1 if lowest >= 1 else 2


def log_ways(votes, concentration, shift=2):
    """`gzkit.loss_terms.log_ways`, with errors of 1e-8 at most.

    Parameters
    ----------
    votes, concentration : Tensor of float64, shape (...)
        Counts [votes], and positive numbers.
    shift : int
        1 where all concentrations are at least 1, else 2.

    Returns
    -------
    value, slope : Tensor of float64, shape (...)
        0, to about the last digit, where there are no votes.

    Examples
    --------
    >>> value, slope = log_ways(torch.tensor([3.0]).double(), torch.tensor([2.0]).double())
    >>> value.exp().round(decimals=6)  # 2 * 3 * 4 / 3!
    tensor([4.], dtype=torch.float64)
    >>> slope.round(decimals=4)  # 1/2 + 1/3 + 1/4
    tensor([1.0833], dtype=torch.float64)
    """
    given = votes.numpy() != 0
    if np.count_nonzero(given) > SPARSE * given.size:
        return _log_ways(votes, concentration, shift)
    where = torch.from_numpy(np.flatnonzero(given))
    n, a = (values.flatten().index_select(0, where) for values in (votes, concentration))
    of_given = _log_ways(n, a, shift)
    return tuple(votes.new_zeros(given.size).index_copy_(0, where, part).view_as(votes) for part in of_given)


def _log_ways(n, a, shift):
    x = torch.stack((a, a + n))
    value, slope = _rising_factorial(n, x, shift)
    start, end = z = x.add_(shift - 0.5)
    log_start, growth = z.log()
    # (z log z - z) at the end less that at the start, without the digits that would cancel, and less log n!
    value.addcmul_(growth, n).sub_(_log_factorial_and_n(n)).addcmul_(start, growth.sub_(log_start))
    inverse = z.float().reciprocal_()
    square = inverse * inverse
    start, end = _polynomial(square, STIRLING).mul_(inverse)
    value.add_(end.sub_(start))
    start, end = _polynomial(square, DIGAMMA).mul_(square)
    return value, slope.add_(growth).add_(end.sub_(start))


def _rising_factorial(n, x, factors):
    """``log x`` at the start less that at the end, and ``1/x`` too; where asked, of ``x`` and ``x + 1``, summed."""
    start, end = x
    ratio, reciprocals = start / end, start * end
    torch.div(n, reciprocals, out=reciprocals)
    for start, end in (x + k for k in range(1, factors)):
        ratio.mul_(start).div_(end)
        reciprocals.addcdiv_(n, start * end)
    return ratio.log_(), reciprocals


def _log_factorial_and_n(n):
    """``n + log n!``, from a table for all but the largest."""
    if not n.numpy().max(initial=0) < len(LOG_FACTORIAL_AND_N):  # so for NaN
        return torch.lgamma(n + 1).add_(n)
    return LOG_FACTORIAL_AND_N.index_select(0, n.flatten().int()).view_as(n)


def _polynomial(x, coefficients):
    """``coefficients[0] + coefficients[1] x + coefficients[2] x^2 + ...``, by Horner's scheme."""
    *others, last_but_one, last = coefficients
    result = torch.mul(x, last).add_(last_but_one)
    for coefficient in reversed(others):
        result = torch.addcmul(coefficient, result, x)
    return result
