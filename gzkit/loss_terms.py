"""The one special function of the loss, and its slope, to the last digit.

The loss is made of generalised binomial coefficients ``a (a + 1) ... (a + n - 1) / n!``, for concentration ``a`` and
``n`` votes: where ``a`` is whole, the number of ways to put ``n`` votes into ``a`` boxes. The product in it is
``gamma(a + n) / gamma(a)``. Subtracting ``lgamma`` from ``lgamma``, and ``digamma`` from ``digamma``, would cost the
digits that the loss is made of when ``a`` is large, so here the difference is taken before anything is rounded.
"""

import torch

SHIFT = (
    8  # Stirling's series is used at a + 8 and above, where six terms are good to float64, three to float32
)
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)  # of lgamma, in 1/x, 1/x^3, ...
DIGAMMA = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760)  # of digamma, in 1/x^2, 1/x^4, ...


def log_ways(votes, concentration, *, terms=6):
    """Logarithm of ``a (a + 1) ... (a + n - 1) / n!`` and its derivative by ``a``.

    Parameters
    ----------
    votes : Tensor of float64, shape (...)
        Counts ``n`` from 0 up [votes].
    concentration : Tensor of float64, shape (...)
        Positive numbers ``a``.
    terms : int
        Terms of Stirling's series: 6, or 3 where errors of 1e-9 do not matter.

    Returns
    -------
    value, slope : Tensor of float64, shape (...)
        ``lgamma(a + n) - lgamma(a) - lgamma(n + 1)`` and ``digamma(a + n) - digamma(a)``. Both are exactly 0 where
        there are no votes, and NaN where the concentration is infinite or not a number.

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
    if votes.device.type != "cpu" or torch.compiler.is_compiling():
        return _log_ways(votes, concentration, terms)
    # a processor is spared the answers that nobody gave; an accelerator would have to wait to learn which they are
    given = votes.flatten().nonzero().squeeze(-1)
    of_given = _log_ways(votes.take(given), concentration.take(given), terms)
    value = concentration - concentration  # 0, or NaN
    slope = value.clone()
    value.view(-1)[given], slope.view(-1)[given] = of_given
    return value, slope


def _log_ways(votes, concentration, terms):
    x = torch.stack([concentration, concentration + votes])
    product, value, slope = _corrections(x, terms)
    growth = (votes / (x[0] + SHIFT)).log1p_()  # log((a + n + 8) / (a + 8))
    stirling = (x[0] + (SHIFT - 0.5)).mul_(growth).add_((x[1] + SHIFT).log_().sub_(1).mul_(votes))
    stirling.add_(value[1] - value[0]).sub_((product[1] / product[0]).log_())
    return stirling.sub_(torch.lgamma(votes + 1)), growth.add_(slope[1] - slope[0])


def _corrections(x, terms):
    """``x (x + 1) ... (x + 7)``, and what Stirling's leading terms lack of lgamma at ``x + 8``, of digamma at ``x``."""
    inverse = (x + SHIFT).reciprocal_()
    square = inverse * inverse
    t = (x + 7).mul_(x)  # the eight factors in pairs, from outside in: t, t + 6, t + 10, t + 12
    product = _polynomial(t, (0, 720, 252, 28, 1))
    reciprocals = _polynomial(t, (720, 504, 84, 4)).div_(product).mul_(2 * x + 7)  # 1/x + ... + 1/(x + 7)
    value = _polynomial(square, STIRLING[:terms]).mul_(inverse)
    slope = _polynomial(square, DIGAMMA[:terms]).mul_(square).sub_(inverse, alpha=0.5).sub_(reciprocals)
    return product, value, slope


def _polynomial(x, coefficients):
    """``coefficients[0] + coefficients[1] x + coefficients[2] x^2 + ...``, in one new tensor."""
    result = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        result.add_(coefficient).mul_(x)
    return result.add_(coefficients[0])
