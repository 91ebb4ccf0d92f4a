"""Quantiles of mixtures of Beta distributions, by the million.

SciPy's Beta distribution takes about a microsecond a value, and a mixture has no quantile function at all: it must be
searched for. Here the search begins at a normal approximation and ends with a few steps on the exact distribution,
on many mixtures at once.

References
----------
Abramowitz & Stegun 1964, 26.5.22: normal approximation of the Beta distribution.
Olver et al., NIST Digital Library of Mathematical Functions, 8.17.22: its continued fraction.
"""

import numpy as np
from scipy import special

FAST_RANGE = (0.6, 1_000.0)  # of both parameters; mixtures with others are searched for by bisection
CLOSE = 0.01  # once the probability is right to this share, one more step is enough
COMPONENTS_AT_ONCE = 16_384  # few enough to stay in the processor's cache
BENT = 0.01  # if the distribution is this straight there
EXACT = 2e-6  # otherwise steps go on until here, about the accuracy of the continued fraction
SHORT = 1e-3  # step in the log odds that may still be taken from there
LONG = 0.01  # a longer one is never the last
MAX_STEPS = 60


def interval(a: np.ndarray, b: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval of a mixture of Beta distributions.

    Parameters
    ----------
    a, b : ndarray, shape (sample, ...)
        Parameters, > 0; the first axis is mixed over.
    level : float
        Probability inside.

    Returns
    -------
    lower, upper : ndarray, shape (...)
        The probability outside is right to 1e-6 as a rule, and always to 1e-4.

    Examples
    --------
    >>> lower, upper = interval(np.ones((2, 1)), np.ones((2, 1)), 0.9)
    >>> lower.round(6), upper.round(6)
    (array([0.05]), array([0.95]))
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    shape, tail = a.shape[1:], (1 - level) / 2
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    lower, upper = np.empty(a.shape[1]), np.empty(a.shape[1])
    at_once = max(COMPONENTS_AT_ONCE // len(a), 1)
    for start in range(0, a.shape[1], at_once):
        some = slice(start, start + at_once)
        lower[some], upper[some] = _interval(a[:, some], b[:, some], tail)
    return lower.reshape(shape), upper.reshape(shape)


def _interval(a, b, tail):
    least, most = FAST_RANGE
    fast = (np.minimum(a, b).min(axis=0) >= least) & (np.maximum(a, b).max(axis=0) <= most)
    lower, upper = np.empty(a.shape[1]), np.empty(a.shape[1])
    if not fast.all():
        lower[~fast] = _bisect(a[:, ~fast], b[:, ~fast], tail)
        upper[~fast] = _bisect(
            a[:, ~fast], b[:, ~fast], 1 - tail
        )  # 1 less a quantile of 1 - x has lost its digits
        a, b = a[:, fast], b[:, fast]
    if fast.any():
        log_norm = special.gammaln(a + b) - special.gammaln(a) - special.gammaln(b)
        lower[fast] = _lower_quantile(a, b, log_norm, tail)
        upper[fast] = 1 - _lower_quantile(b, a, log_norm, tail)  # the upper end is the lower one of 1 - x
    return lower, upper


def _bisect(a, b, probability):
    """Between the components' own quantiles, whatever the parameters, halving in the logarithm of x."""
    quantiles = special.betaincinv(a, b, probability)
    if len(a) == 1:
        return quantiles[0]
    logs = np.log(np.maximum(quantiles, np.finfo(float).tiny))
    lower, upper = logs.min(axis=0), logs.max(axis=0)
    for _ in range(MAX_STEPS):
        middle = (lower + upper) / 2
        below = special.betainc(a, b, np.exp(middle)).mean(axis=0) < probability
        lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
    return np.exp((lower + upper) / 2)


def _lower_quantile(a, b, log_norm, probability):
    """Halley's steps on log(cdf) as a function of the log odds; bisection where they lead astray."""
    u = 3 * np.log(_start(a.astype(np.float32), b.astype(np.float32), probability)).astype(float)
    lower, upper = np.full(u.shape, -np.inf), np.full(u.shape, np.inf)
    active = np.arange(len(u))
    for _ in range(MAX_STEPS):
        here = u[active]
        step, off, bent = _halley(a[:, active], b[:, active], log_norm[:, active], here, probability)
        low = lower[active] = np.where(off < 0, here, lower[active])
        high = upper[active] = np.where(off > 0, here, upper[active])
        good = (here + step > low) & (here + step < high)
        exact = np.abs(off) < EXACT
        stay = exact & ((np.abs(step) > SHORT) | ~good)  # between components far apart it is flat
        u[active] = np.where(stay, here, np.where(good, here + step, _between(here, low, high, off)))
        done = good & (np.abs(off) < CLOSE) & (np.abs(bent) < BENT) & (np.abs(step) < LONG)
        active = active[~(done | exact)]
        if not len(active):
            break
    return special.expit(u)


def _between(here, low, high, off):
    finite = np.isfinite(low) & np.isfinite(high)
    return np.where(finite, (np.where(finite, low, 0) + np.where(finite, high, 0)) / 2, here - np.sign(off))


def _start(a, b, probability):
    """Cube root of the odds at about the quantile: to a few per cent of the probability, in single precision.

    Each component is taken as normal in z = (beta t - alpha) / sqrt(t^2 / b^(1/3) + 1 / a^(1/3)), t the cube root.
    """
    at = np.float32(special.ndtri(probability))
    root_a, root_b = np.cbrt(a), np.cbrt(b)
    alpha, beta = 3 * root_a - root_a / (3 * a), 3 * root_b - root_b / (3 * b)
    va, vb = 1 / root_a, 1 / root_b
    centre, second = alpha * beta, beta * beta - at * at * vb
    root = np.sqrt(np.maximum(centre * centre - (alpha * alpha - at * at * va) * second, 0))
    t = np.maximum((centre - root) / second, 0.01 * alpha / beta)  # where z = at, for each component
    if len(a) == 1:
        return t[0]
    lowest, highest = t.min(axis=0), t.max(axis=0)
    t = t.mean(axis=0)
    for _ in range(4):
        spread = 1 / np.sqrt(vb * (t * t) + va)
        z = np.clip((beta * t - alpha) * spread, -6, 6)
        slope = (beta * va + alpha * vb * t) * (spread * spread * spread)
        zz = z * z
        cdf = 1 / (1 + np.exp(-z * (1.5976 + 0.070566 * zz)))  # the normal one, to 1e-4
        density = (cdf - cdf * cdf) * (1.5976 + 0.211698 * zz) * slope
        cdf = np.add.reduce(cdf) / len(a)
        t = t - cdf * np.log(cdf / np.float32(probability)) / (np.add.reduce(density) / len(a))
        t = np.minimum(np.maximum(t, lowest), highest)
    return t


def _halley(a, b, log_norm, u, probability):
    """Step in the log odds towards the quantile, log(cdf / probability) before it, and how curved that is there."""
    x = special.expit(u)
    log_y = -np.logaddexp(0, u)
    total = a + b
    density = np.exp(a * u + total * log_y + log_norm)  # of the log odds; (sample, mixture)
    cdf = _beta_cdf(a, b, x, density).mean(axis=0)
    curvature = (density * (a - total * x)).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        off = np.log(cdf / probability)
        first = density.mean(axis=0) / cdf
        second = curvature / cdf - first * first
        newton = -off / first
        bent = 0.5 * newton * second / first
        return np.clip(newton / np.clip(1 + bent, 0.5, 2), -2, 2), off, bent


def _beta_cdf(a, b, x, density):
    swap = x * (a + b + 2) > a + 1  # the fraction converges fast on one side of the mean
    p, q, y = np.where(swap, b, a), np.where(swap, a, b), np.where(swap, 1 - x, x)
    terms = int(3 + 0.95 * np.sqrt(max(p.max(), q.max())))
    denominator = _continued_fraction(p.astype(np.float32), q.astype(np.float32), y.astype(np.float32), terms)
    cdf = density / (p * denominator)
    return np.where(swap, 1 - cdf, cdf)


def _continued_fraction(p, q, y, terms):
    """Its value from the last term to the first; the density over p times this is the distribution function."""
    f = np.ones_like(y)
    total = p + q
    for m in range(terms, 0, -1):
        f *= (p + 2 * m) * (p + (2 * m + 1))
        f = 1 - (p + m) * (total + m) * y / f
        f *= (p + (2 * m - 1)) * (p + 2 * m)
        f = 1 + (q - m) * (m * y) / f
    return 1 - total * y / ((p + 1) * f)
