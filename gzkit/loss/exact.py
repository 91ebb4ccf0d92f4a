"""The one special function of the loss, and its slope, to the last digit.

The loss is made of generalised binomial coefficients ``a (a + 1) ... (a + n - 1) / n!``, for concentration ``a`` and
``n`` votes: where ``a`` is whole, the number of ways to put ``n`` votes into ``a`` boxes. The product in it is
``gamma(a + n) / gamma(a)``. Subtracting ``lgamma`` from ``lgamma``, and ``digamma`` from ``digamma``, would cost the
digits that the loss is made of when ``a`` is large, so here the difference is taken before anything is rounded.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

SHIFT = 6  # Stirling's series is used six further on, where three terms are good to 4e-9, eight to float64
# lgamma(z + 1/2) = z log z - z + log(2 pi) / 2 + STIRLING[0] / z + STIRLING[1] / z^3 + ...
STIRLING = (
    -1 / 24,
    7 / 2880,
    -31 / 40320,
    127 / 215040,
    -511 / 608256,
    1414477 / 738017280,
    -8191 / 1277952,
    118518239 / 4010803200,
)
# digamma(z + 1/2) = log z + DIGAMMA[0] / z^2 + DIGAMMA[1] / z^4 + ...
DIGAMMA = tuple(-(2 * k + 1) * coefficient for k, coefficient in enumerate(STIRLING))


def log_ways(votes: Tensor, concentration: Tensor, *, terms: int = 8) -> tuple[Tensor, Tensor]:
    """Logarithm of ``a (a + 1) ... (a + n - 1) / n!`` and its derivative by ``a``.

    Parameters
    ----------
    votes : Tensor of float64, shape (...)
        Counts ``n`` from 0 up [votes].
    concentration : Tensor of float64, shape (...)
        Positive numbers ``a``.
    terms : int
        Terms of Stirling's series: 8, or 3 where errors of 1e-8 do not matter.

    Returns
    -------
    value, slope : Tensor of float64, shape (...)
        ``lgamma(a + n) - lgamma(a) - lgamma(n + 1)`` and ``digamma(a + n) - digamma(a)``. Both are 0, to
        about the last digit, where there are no votes, and NaN where the concentration is infinite or not a number.

    References
    ----------
    Stirling's series and the recurrence of both functions: NIST Digital Library of Mathematical Functions, sections
    5.5 and 5.11, https://dlmf.nist.gov/5.11.

    Examples
    --------
    >>> value, slope = log_ways(torch.tensor([3.0]).double(), torch.tensor([2.0]).double())
    >>> value.exp().round(decimals=9)  # 2 * 3 * 4 / 3!
    tensor([4.], dtype=torch.float64)
    >>> slope.round(decimals=4)  # 1/2 + 1/3 + 1/4
    tensor([1.0833], dtype=torch.float64)
    """
    n, x = votes, torch.stack([concentration, concentration + votes])
    product, reciprocals = _rising_factorial(x)
    z = x.add_(SHIFT - 0.5)
    inverse = z.reciprocal()
    square = inverse * inverse
    slope = polynomial(square, DIGAMMA[:terms]).mul_(square).sub_(reciprocals)
    value = polynomial(square, STIRLING[:terms]).mul_(inverse)
    growth = (n * inverse[0]).log1p_()  # log(z[1] / z[0])
    stirling = (z[0] * growth).add_(z[1].log().sub_(1).mul_(n)).add_(value[1]).sub_(value[0])
    stirling.sub_((product[1] / product[0]).log_()).sub_(torch.lgamma(n + 1))
    return stirling, growth.add_(slope[1]).sub_(slope[0])


def _rising_factorial(x):
    """``x (x + 1) ... (x + 5)``, and the derivative of its logarithm, ``1/x + 1/(x + 1) + ... + 1/(x + 5)``."""
    t = (x + 5).mul_(x)  # the six factors in pairs, from outside in: t, t + 4, t + 6
    product = (t + 10).mul_(t).add_(24).mul_(t)
    return product, polynomial(t, (24, 20, 3)).mul_(2 * x + 5).div_(product)


def polynomial(x: Tensor, coefficients: Sequence) -> Tensor:
    """``coefficients[0] + coefficients[1] x + coefficients[2] x^2 + ...``, by Horner's scheme.

    Parameters
    ----------
    x : Tensor
    coefficients : sequence of float or Tensor, at least 2
        As tensors of ``x``'s type and device each takes one pass over ``x``, as numbers two.

    Returns
    -------
    Tensor, shape of ``x``

    Examples
    --------
    >>> polynomial(torch.tensor(2.0), (1, 10, 100))
    tensor(421.)
    """
    *others, last_but_one, last = coefficients
    result = torch.mul(x, last).add_(last_but_one)
    for coefficient in reversed(others):
        if isinstance(coefficient, torch.Tensor):
            result = torch.addcmul(coefficient, result, x)
        else:
            result.mul_(x).add_(coefficient)
    return result
