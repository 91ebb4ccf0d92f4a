"""Intervals of mixtures of Beta distributions for release tables of millions of galaxies: quick, right to 0.001.

Each Beta distribution is taken as a normal one in t, the cube root of the odds, and corrected by a polynomial,
which is fitted to SciPy's exact distribution when it is first needed. Parameters below 1 are raised by 1, where that is
near, and an exact term makes up for it. The search goes by Halley's steps on the log odds of the distribution function.
What remains is arithmetic in single precision on many mixtures at once.

References
----------
Abramowitz & Stegun 1964, 26.5.22: normal approximation of the Beta distribution.
Olver et al., NIST Digital Library of Mathematical Functions, 8.17.20 and 8.17.21: raising a parameter by 1.
"""

import functools

import numpy as np
from scipy import special

from gzkit.distributions import beta_mixture

# of the parameters for which the correction is fitted; lower ones are raised, for higher ones the search is exact
RANGE = (1.0, 5_000.0)
DEGREE, DEGREE_Z = 4, 7  # of the correction in 1 / parameters, and in z
FAR = 4.0  # z beyond which a component counts as wholly on one side
# a step in the log odds is the last if the logarithm of no component's density bends more than this on the way
REACH = 0.25
CLOSE = 0.5  # nor is one from further away in the log odds of the distribution function
LEAST_BEND = 0.3  # since x itself bends the log odds: no step much longer than 1 is the last
NEAR = 3e-4  # in the log odds of the distribution function: so close is there
FINE = 1e-5  # or where the quantile lies between ends this near to each other
FURTHEST = 100.0  # log odds beyond which single precision has no numbers
SURE = 1e-6  # probabilities beyond are taken as this, so that their log odds are finite
# large enough that two threads seldom wait for each other between operations: a third faster than a quarter of it
COMPONENTS_AT_ONCE = 262_144
# of a product of matrices: it stays in the cache, and is too small for BLAS to start threads besides our own
COLUMNS_AT_ONCE = 8_192
LINEAR, CUBIC = 0.7988, 0.035283  # normal distribution: (1 + tanh(LINEAR z + CUBIC z^3)) / 2, to 1e-4


def interval(a: np.ndarray, b: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval of a mixture of Beta distributions, quickly.

    Parameters
    ----------
    a, b : ndarray, shape (sample, mixture)
        Parameters, > 0; the first axis is mixed over.
    level : float
        Probability inside.

    Returns
    -------
    lower, upper : ndarray of float32, shape (mixture,)
        The probability outside is right to 1e-4 as a rule and to 0.001 always, or as near as single precision comes
        where the distribution is so steep that neighbouring numbers differ by more (at 1, if a `b` is small).

    Examples
    --------
    >>> lower, upper = interval(np.full((2, 1), 3.0), np.full((2, 1), 3.0), 0.9)
    >>> lower.round(3), upper.round(3)
    (array([0.189], dtype=float32), array([0.811], dtype=float32))
    """
    lower, upper = np.empty((2, a.shape[1]), dtype=np.float32)
    at_once = max(COMPONENTS_AT_ONCE // len(a), 1)
    for start in range(0, a.shape[1], at_once):
        some = slice(start, start + at_once)
        lower[some], upper[some] = _interval(a[:, some], b[:, some], level)
    return lower, upper


def _interval(a, b, level):
    """Each mixture by the road that its parameters need: the fitted range, raised into it, or beyond."""
    least, most = np.minimum(a, b).min(axis=0), np.maximum(a, b).max(axis=0)
    road = np.where(most > RANGE[1], 2, least < RANGE[0])
    ends = np.empty((2, a.shape[1]), dtype=np.float32)
    for number, search in enumerate((_search, _search, beta_mixture.interval)):
        some = np.flatnonzero(road == number)
        if len(some) == a.shape[1]:
            return search(a, b, level)
        if len(some):
            ends[:, some] = search(a.take(some, axis=1), b.take(some, axis=1), level)
    return ends


def _search(a, b, level):
    a, b = np.ascontiguousarray(a, dtype=np.float32), np.ascontiguousarray(b, dtype=np.float32)
    parts, alike, furthest = _parts(a, b), _alike(a, b), np.full(a.shape[1], FURTHEST, dtype=np.float32)

    def end(probability):
        step, start = functools.partial(_halley, probability), _start(alike, probability)
        return special.expit(beta_mixture.search(step, parts, start, -furthest, furthest, fine=FINE))

    return end((1 - level) / 2), end((1 + level) / 2)


def _normal_in_t(a, b):
    """z = (beta t - alpha) / sqrt(vb t^2 + va) is about normal: (alpha, beta, va, vb)."""
    va, vb = 1 / np.cbrt(a), 1 / np.cbrt(b)
    return 3 / va - va * va / 3, 3 / vb - vb * vb / 3, va, vb


def _parts(a, b):
    """What the distribution function needs of each component: shape (part, sample, mixture)."""
    low_a, low_b = a < RANGE[0], b < RANGE[0]
    raised = low_a.any() or low_b.any()
    parts = np.empty((7 + 2 * raised + DEGREE_Z + 1, *a.shape), dtype=np.float32)
    parts[0], parts[1] = a, b
    special.betaln(a, b, out=parts[2])
    if raised:  # I(a, b) = I(a + 1, b) + density / a = I(a, b + 1) - density / b, and one after the other
        parts[-2] = np.where(low_a, 1 / a, np.where(low_b, -1 / b, 0))
        parts[-1] = np.where(low_a & low_b, -(a + b) / (a * b), 0)
        a, b = a + low_a, b + low_b
    parts[3:7] = _normal_in_t(a, b)
    p, q, corrected = (1 / a).ravel(), (1 / b).ravel(), parts[7 : 8 + DEGREE_Z].reshape(-1, a.size)
    for start in range(0, a.size, COLUMNS_AT_ONCE):
        some = slice(start, start + COLUMNS_AT_ONCE)
        corrected[:, some] = _fitted() @ _terms(p[some], q[some])
    return parts


def _alike(a, b):
    """Parameters of the Beta distribution with a mixture's mean and variance, and how much less it is skewed."""
    total = a + b
    mean = a / total
    variance = mean * (1 - mean) / (total + 1)
    centre = _mean(mean)
    away = mean - centre
    square = away * away
    spread = _mean(variance + square)
    third = _mean(variance * (3 * away + (2 - 4 * mean) / (total + 2)) + square * away)
    total = np.maximum(centre * (1 - centre) / spread - 1, 1)
    skew = third / (spread * np.sqrt(spread)) - (2 - 4 * centre) / ((total + 2) * np.sqrt(spread))
    return centre * total, (1 - centre) * total, np.clip(skew, -1, 1)


def _start(alike, probability):
    """About the quantile's log odds: of the single Beta distribution, moved for the skew as Cornish and Fisher do."""
    a, b, skew = alike
    at = np.float32(special.ndtri(probability))
    z = at + skew * ((at * at - 1) / 6)
    alpha, beta, va, vb = _normal_in_t(a, b)
    centre, second = alpha * beta, beta * beta - z * z * vb
    root = np.sqrt(np.maximum(centre * centre - (alpha * alpha - z * z * va) * second, 0))
    with np.errstate(divide="ignore"):
        t = (centre + np.copysign(root, z)) / second
    return np.clip(3 * np.log(np.where((t > 0) & (t < np.inf), t, np.cbrt(a / b))), -FURTHEST, FURTHEST)


def _halley(probability, parts, u):
    """Halley's step in u, the log odds of x, as `beta_mixture.search` takes it."""
    cdf, first, second, bends = _distribution(parts, u)
    cdf = np.clip(cdf, SURE, 1 - SURE)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = cdf * (1 - cdf)
        off = np.log(cdf / (1 - cdf)) - np.float32(special.logit(probability))
        newton = -off * variance / first
        bent = newton / 2 * (second / first - first * (1 - 2 * cdf) / variance)
        step = newton / np.clip(1 + bent, 0.5, 2)
        short = (np.abs(step) * bends < REACH) & (np.abs(off) < CLOSE)
    return off, step, short, np.abs(off) < NEAR


def _distribution(parts, u):
    """The mixture's distribution function, its first two derivatives in the log odds, and how fast densities bend."""
    a, b, log_norm, alpha, beta, va, vb, *correction = parts
    t, x, y = np.exp(u / 3), special.expit(u), special.expit(-u)
    density = a * -np.logaddexp(0, -u)
    density -= b * np.logaddexp(0, u)
    density -= log_norm
    np.exp(density, out=density)
    rise = a * y  # of the logarithm of the density
    rise -= b * x
    rising = density * rise
    spread = vb * (t * t)
    spread += va
    np.sqrt(spread, out=spread)
    z = beta * t
    z -= alpha
    z /= spread
    np.clip(z, -FAR, FAR, out=z)
    w = _polynomial(correction[: DEGREE_Z + 1], z)
    cdf = np.multiply(w, w, out=z)
    cdf *= np.float32(CUBIC)
    cdf += np.float32(LINEAR)
    cdf *= w
    np.tanh(cdf, out=cdf)
    mean = (1 + _mean(cdf)) / 2
    if len(correction) > DEGREE_Z + 1:
        share, tilt = correction[-2:]
        mean += _mean(density * (share + tilt * x))
    rise *= rise
    rise += (a + b) * (x * y)
    return mean, _mean(density), _mean(rising), np.sqrt(np.maximum.reduce(rise) + LEAST_BEND)


def _polynomial(coefficients, z):
    """By Horner's scheme."""
    *rest, highest = coefficients
    value = highest * z
    value += rest[-1]
    for coefficient in rest[-2::-1]:
        value *= z
        value += coefficient
    return value


def _mean(values):
    return np.add.reduce(values) / np.float32(len(values))


def _terms(p, q):
    """Products of powers of two quantities, up to a total degree: shape (term, ...)."""
    terms = np.empty(((DEGREE + 1) * (DEGREE + 2) // 2, *p.shape), dtype=p.dtype)
    at = 0
    for i in range(DEGREE + 1):
        for j in range(DEGREE + 1 - i):
            if i + j == 0:
                terms[at] = 1
            elif j == 0:
                np.multiply(terms[at - (DEGREE + 2 - i)], p, out=terms[at])
            else:
                np.multiply(terms[at - 1], q, out=terms[at])
            at += 1
    return terms


@functools.lru_cache(maxsize=1)
def _fitted():
    """Coefficients of w as a polynomial of z, (power of z, term): by least squares over a grid of parameters."""
    axis = 1 / np.linspace(1 / RANGE[1], 1 / RANGE[0], 14)
    a, b = (grid.ravel()[:, np.newaxis] for grid in np.meshgrid(axis, axis))
    wanted = np.linspace(-2.8, 2.8, 17)
    x = special.betaincinv(a, b, special.ndtr(wanted))
    y = special.betaincinv(b, a, special.ndtr(-wanted))  # 1 - x, with its digits
    t = np.cbrt(x / y)
    alpha, beta, va, vb = _normal_in_t(a, b)
    z = (beta * t - alpha) / np.sqrt(vb * t * t + va)
    terms, powers = _terms(1 / a, 1 / b), z ** np.arange(DEGREE_Z + 1)[:, np.newaxis, np.newaxis]
    design = (powers[:, np.newaxis] * terms).reshape(-1, z.size)
    weight = np.exp(-(z.ravel() ** 2) / 4)  # a probability is what matters
    q, r = np.linalg.qr((design * weight).T)
    found = np.linalg.solve(r, q.T @ ((wanted - z).ravel() * weight))
    found = found.reshape(DEGREE_Z + 1, -1)
    found[1, 0] += 1  # z itself
    return found.astype(np.float32)
