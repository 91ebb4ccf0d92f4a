"""Intervals of mixtures of Beta distributions for release tables of millions of galaxies: quick, right to 0.001.

The normal approximation of `gzkit.beta_mixture` is corrected by a polynomial, which is fitted to SciPy's exact
distribution when it is first needed. What remains is arithmetic in single precision on many mixtures at once.
"""

import functools

import numpy as np
from scipy import special

from gzkit import beta_mixture

RANGE = (
    1.0,
    1_000.0,
)  # of both parameters, for which the correction is fitted: that of the usual head, and more
DEGREE, DEGREE_Z = 4, 6  # of the correction in 1 / parameters, and in z
CLOSE = 0.05  # in the log odds of the distribution function: one more step is then enough,
SHORT = 0.005  # if it is no longer than this share of t: a narrow component far from the others bends the distribution
THERE = 5e-3  # or so close, however long the step
MARGIN = 1.5  # the quantile lies between the components' own approximate ones, and this factor around them
FINE = 2e-4  # or where the quantile lies between ends this near to each other
MAX_STEPS = 40
COMPONENTS_AT_ONCE = 32_768
LINEAR, CUBIC = 1.5976, 0.070566  # normal distribution: 1 / (1 + exp(-LINEAR z - CUBIC z^3)), to 1e-4


def interval(a, b, level):
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
        The probability outside is right to 3e-5 as a rule and to 0.001 always (0.0011 at a level of 0.5).

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
    root_a, root_b, terms = np.cbrt(a), np.cbrt(b), _terms(1 / a, 1 / b)
    alpha, beta = 3 * root_a - root_a / (3 * a), 3 * root_b - root_b / (3 * b)
    approximation = alpha, beta, 1 / root_a, 1 / root_b
    correction = (_fitted() @ terms.reshape(len(terms), -1)).reshape(-1, *a.shape)
    return tuple(_quantile(approximation, correction, p) for p in ((1 - level) / 2, (1 + level) / 2))


def _quantile(approximation, correction, probability):
    """Newton's steps on the log odds of the distribution function; t is the cube root of the odds of x."""
    t = _components(approximation, probability)
    low, high = np.minimum.reduce(t) / np.float32(MARGIN), np.maximum.reduce(t) * np.float32(MARGIN)
    nearer = np.minimum.reduce(t) if probability < 0.5 else np.maximum.reduce(t)  # the tail is theirs
    t = (np.add.reduce(t) / np.float32(len(t)) + nearer) / 2
    going = np.arange(len(t))
    active, parts = slice(None), (*approximation, correction)
    for _ in range(MAX_STEPS):
        here = t[going]
        step, off = _newton(parts, here, probability, active)
        low[going] = np.where(off < 0, here, low[going])
        high[going] = np.where(off > 0, here, high[going])
        new = here + step
        inside = (new > low[going]) & (new < high[going])
        t[going] = np.where(inside, new, (low[going] + high[going]) / 2)
        near = (np.abs(off) < CLOSE) & (np.abs(step) < SHORT * here) | (np.abs(off) < THERE)
        done = (inside & near) | (high[going] - low[going] < FINE * here)
        active = going = going[~done]
        if not len(going):
            break
    odds = t * t * t
    return odds / (1 + odds)


def _newton(parts, t, probability, some):
    """Step in t towards the quantile, and by how much the log odds of the distribution function are off before it."""
    alpha, beta, va, vb, correction = (part[..., some] for part in parts)
    spread = vb * (t * t)
    spread += va
    np.sqrt(spread, out=spread)
    np.divide(1, spread, out=spread)
    z = beta * t
    z -= alpha
    z *= spread
    np.minimum(np.maximum(z, -4, out=z), 4, out=z)
    w = correction[-1] * z
    for coefficient in correction[-2:0:-1]:
        w += coefficient
        w *= z
    w += correction[0]
    w += z
    cdf = _normal(w)
    w *= w
    w *= np.float32(3 * CUBIC)
    w += np.float32(LINEAR)
    w *= cdf - cdf * cdf
    slope = (alpha * vb) * t
    slope += beta * va
    slope *= spread
    spread *= spread
    slope *= spread  # dz/dt
    slope *= w
    mean = np.add.reduce(cdf) / np.float32(len(cdf))
    slope = np.add.reduce(slope) / np.float32(len(slope))
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.log(mean / (1 - mean)) - np.float32(special.logit(probability))
        return -off * mean * (1 - mean) / slope, off


def _components(approximation, probability):
    """Each component's own quantile, where z = beta t - alpha over the spread has the normal one."""
    alpha, beta, va, vb = approximation
    at = np.float32(special.ndtri(probability))
    centre, second = alpha * beta, beta * beta - at * at * vb
    root = np.sqrt(np.maximum(centre * centre - (alpha * alpha - at * at * va) * second, 0))
    t = (centre + root) / second if at > 0 else (centre - root) / second
    return np.maximum(t, np.float32(0.01) * alpha / beta)


def _normal(z):
    exponent = z * z
    exponent *= np.float32(-CUBIC)
    exponent -= np.float32(LINEAR)
    exponent *= z
    np.exp(exponent, out=exponent)
    exponent += 1
    return np.divide(1, exponent, out=exponent)


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
    """Coefficients of the correction, (power of z, term): by least squares over a grid of parameters."""
    axis = np.exp(np.linspace(*np.log(RANGE), 22))
    a, b = (grid.ravel()[:, np.newaxis] for grid in np.meshgrid(axis, axis))
    wanted = np.linspace(-2.8, 2.8, 25)
    x = special.betaincinv(a, b, _normal(wanted))
    y = special.betaincinv(b, a, _normal(-wanted))  # 1 - x, with its digits
    t = np.cbrt(x / y)
    root_a, root_b = np.cbrt(a), np.cbrt(b)
    z = ((3 * root_b - root_b / (3 * b)) * t - (3 * root_a - root_a / (3 * a))) / np.sqrt(
        t * t / root_b + 1 / root_a
    )
    terms, powers = _terms(1 / a, 1 / b), z ** np.arange(DEGREE_Z + 1)[:, np.newaxis, np.newaxis]
    design = (powers[:, np.newaxis] * terms).reshape(-1, z.size)
    weight = np.exp(-(z.ravel() ** 2) / 4)  # a probability is what matters
    found, *_ = np.linalg.lstsq((design * weight).T, (wanted - z).ravel() * weight, rcond=None)
    return found.reshape(DEGREE_Z + 1, -1).astype(np.float32)
