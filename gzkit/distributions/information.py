"""How uncertain the next vote is, and what it would tell."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from gzkit.distributions.answers import mean, samples_first


def entropy(concentration: ArrayLike, *, sample_axis: int | None = None) -> np.ndarray:
    """How uncertain the answer of one more volunteer is.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.

    Returns
    -------
    ndarray, shape (...)
        Entropy [nat]: 0 if the answer is known, the logarithm of the number of answers if each is as likely.

    Raises
    ------
    ValueError
        If a concentration is not a positive number.

    Examples
    --------
    >>> print(entropy([5.0, 5.0]).round(6))
    0.693147
    """
    return special.entr(mean(concentration, sample_axis=sample_axis)).sum(axis=-1)


def mutual_information(
    concentration: ArrayLike,
    *,
    about: str = "galaxy",
    sample_axis: int | None = None,
    weights: ArrayLike | None = None,
) -> np.ndarray:
    """What one more vote is expected to tell.

    A vote is uncertain because volunteers disagree, which another vote does not change, and because it is not known
    how they disagree about this galaxy, which it does. This is the second part alone.

    Parameters
    ----------
    concentration : array_like, shape (..., answer)
    about : {"galaxy", "samples"}
        What is told about: the galaxy's answer probabilities, or which of the samples (models) is right, by which
        galaxies are chosen for labelling in active learning.
    sample_axis : int, optional
        This and ``concentration`` as for `mean`.
    weights : array_like, shape (sample, ...), optional
        How likely each sample is, up to a factor; by default each the same.

    Returns
    -------
    ndarray, shape (...)
        Expected information [nat], from 0 to the entropy of the vote.

    Raises
    ------
    ValueError
        If a concentration is not a positive number, or ``about`` is neither.

    References
    ----------
    Houlsby et al. 2011, arXiv:1112.5745; Walmsley et al. 2020, MNRAS 491, 1554, arXiv:1905.07424, section 3.

    Examples
    --------
    >>> print(mutual_information([1.0, 1.0]).round(6), mutual_information([100.0, 100.0]).round(6))
    0.193147 0.002494
    """
    samples = samples_first(concentration, sample_axis)
    share = np.ones(samples.shape[:-1]) if weights is None else np.asarray(weights, dtype=float)
    share = share / share.sum(axis=0)
    fraction = samples / samples.sum(axis=-1, keepdims=True)
    if about == "samples":
        disagreement = special.entr(fraction).sum(axis=-1)
    elif about == "galaxy":
        total = samples.sum(axis=-1)
        weighted = (fraction * special.digamma(samples + 1)).sum(axis=-1)
        disagreement = special.digamma(total + 1) - weighted  # expected entropy of the answer probabilities
    else:
        raise ValueError(f"about must be 'galaxy' or 'samples', got {about!r}")
    return special.entr((share[..., None] * fraction).sum(axis=0)).sum(axis=-1) - (share * disagreement).sum(
        axis=0
    )
