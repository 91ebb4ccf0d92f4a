"""Intervals of mixtures of Beta distributions for release tables of millions of galaxies: quick, right to 0.001.

Each Beta distribution is taken as a normal one in t, the cube root of the odds (`beta_mixture`), and corrected by a
polynomial, which is fitted to SciPy's exact distribution when it is first needed. The search begins where a single
Beta distribution like the mixture has its quantile, and is as a rule over after one step. What remains is arithmetic in
single precision on many mixtures at once.
"""

import functools

import numpy as np
from scipy import special

from gzkit.distributions import beta_mixture

# of both parameters, for which the correction is fitted: those of the usual head, and more
RANGE = (1.0, 1_000.0)
DEGREE, DEGREE_Z = 4, 6  # of the correction in 1 / parameters, and in z
FAR = 4.0  # z beyond which a component counts as wholly on one side
# a step this long in the z of every component is the last: what it leaves out is of the third order
REACH = 0.15
NEAR = 3e-4  # in the log odds of the distribution function: so close is there, whatever the step
FINE = 1e-5  # or where the quantile lies between ends this near to each other
MAX_STEPS = 60
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
        The probability outside is right to 1e-4 as a rule and to 0.001 always.

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
    least, most = RANGE
    if min(a.min(), b.min()) < least or max(a.max(), b.max()) > most:
        return beta_mixture.interval(a, b, level)
    a, b = np.ascontiguousarray(a, dtype=np.float32), np.ascontiguousarray(b, dtype=np.float32)
    parts, alike = _parts(a, b), _alike(a, b)
    return tuple(_quantile(parts, _start(alike, p), p) for p in ((1 - level) / 2, (1 + level) / 2))


def _normal_in_t(a, b):
    """z = (beta t - alpha) / sqrt(vb t^2 + va) is about normal: (alpha, beta, va, vb)."""
    va, vb = 1 / np.cbrt(a), 1 / np.cbrt(b)
    return 3 / va - va * va / 3, 3 / vb - vb * vb / 3, va, vb


def _parts(a, b):
    """What the distribution function needs of each component: shape (part, sample, mixture)."""
    parts = np.empty((6 + DEGREE_Z + 1, *a.shape), dtype=np.float32)
    parts[:4] = alpha, beta, va, vb = _normal_in_t(a, b)
    np.multiply(alpha, vb, out=parts[4])
    np.multiply(beta, va, out=parts[5])
    p, q, corrected = (1 / a).ravel(), (1 / b).ravel(), parts[6:].reshape(-1, a.size)
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
    """About the quantile: that of the single Beta distribution, moved for the skew as Cornish and Fisher do."""
    a, b, skew = alike
    at = np.float32(special.ndtri(probability))
    z = at + skew * ((at * at - 1) / 6)
    alpha, beta, va, vb = _normal_in_t(a, b)
    centre, second = alpha * beta, beta * beta - z * z * vb
    root = np.sqrt(np.maximum(centre * centre - (alpha * alpha - z * z * va) * second, 0))
    with np.errstate(divide="ignore"):
        t = (centre + np.copysign(root, z)) / second
    return np.where((t > 0) & (t < np.inf), t, np.cbrt(a / b))


def _quantile(parts, t, probability):
    """Halley's steps on the log odds of the distribution function; t is the cube root of the odds of x."""
    found, going = np.empty_like(t), np.arange(len(t))
    low, high = np.zeros_like(t), np.full_like(t, np.inf)
    for _ in range(MAX_STEPS):
        off, step, steepest = _halley(parts, t, probability)
        np.copyto(low, t, where=off < 0)
        np.copyto(high, t, where=off > 0)
        new = t + step
        inside = (new > low) & (new < high)
        there = np.abs(off) < NEAR
        done = there | (inside & (np.abs(step) * steepest < REACH)) | (high - low < FINE * t)
        between = np.where(np.isinf(high), 2 * t, (low + high) / 2)
        t = np.where(inside, new, np.where(there, t, between))
        found[going] = t
        left = np.flatnonzero(~done)
        if not len(left):
            break
        going, t, low, high, parts = (part.take(left, axis=-1) for part in (going, t, low, high, parts))
    odds = found * found * found
    return odds / (1 + odds)


def _halley(parts, t, probability):
    """How much the log odds of the distribution function are off, the step in t, and the steepest dz/dt."""
    cdf, density, slope, curvature, w = _distribution(parts, t)
    first = _mean(density * slope)
    w *= slope
    w *= slope
    curvature -= w  # the density falls as -w where it is normal
    curvature *= density
    second = _mean(curvature)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = cdf * (1 - cdf)
        off = np.log(cdf / (1 - cdf)) - np.float32(special.logit(probability))
        newton = -off * variance / first
        bent = newton / 2 * (second / first - first * (1 - 2 * cdf) / variance)
        return off, newton / np.clip(1 + bent, 0.5, 2), np.maximum.reduce(slope)


def _distribution(parts, t):
    """The mixture's distribution function; each component's density in w, where it is normal, dw/dt, its change, w."""
    alpha, beta, va, vb, alpha_vb, beta_va, *correction = parts
    spread = vb * (t * t)
    spread += va
    np.sqrt(spread, out=spread)
    np.divide(1, spread, out=spread)
    z = beta * t
    z -= alpha
    z *= spread
    np.clip(z, -FAR, FAR, out=z)
    w, derivative = _polynomial(correction, z)
    derivative *= np.abs(z) < FAR
    derivative *= spread
    spread *= spread  # now its square
    slope = alpha_vb * t
    slope += beta_va
    slope *= spread
    curvature = vb * (t * -3)
    curvature *= slope
    curvature += alpha_vb
    curvature *= spread
    curvature *= derivative
    slope *= derivative
    square = np.multiply(w, w, out=z)
    cdf = np.multiply(square, np.float32(CUBIC), out=spread)
    cdf += np.float32(LINEAR)
    cdf *= w
    np.tanh(cdf, out=cdf)
    mean = _mean(cdf)
    cdf *= cdf
    density = np.subtract(1, cdf, out=cdf)
    square *= np.float32(1.5 * CUBIC)
    square += np.float32(0.5 * LINEAR)
    density *= square
    return (1 + mean) / 2, density, slope, curvature, w


def _polynomial(coefficients, z):
    """Value and derivative, by Horner's scheme."""
    *rest, highest = coefficients
    derivative = highest.copy()
    value = highest * z
    value += rest[-1]
    for coefficient in rest[-2::-1]:
        derivative *= z
        derivative += value
        value *= z
        value += coefficient
    return value, derivative


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
    axis = np.exp(np.linspace(*np.log(RANGE), 14))
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
