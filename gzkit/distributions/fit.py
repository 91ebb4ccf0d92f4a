"""The constant Dirichlet that describes how a whole survey voted."""

import numpy as np
from numpy.typing import ArrayLike

from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.votes import check_votes

LARGEST_TOTAL = 1e6  # of a question's concentrations: beyond it votes scatter as a multinomial's, to 1e-6
TOLERANCE = 1e-7  # of the gradient by log concentration [nat / vote] at a maximum


def fit_dirichlet(votes: ArrayLike, schema: Schema | str) -> np.ndarray:
    """The constant concentrations under which a survey's votes are most probable, question by question.

    They say how volunteers' answers are distributed over galaxies: ``distributions.mean`` of a question gives the
    expected fractions, and ``1 / (1 + total)`` of its concentrations how alike the votes for one galaxy are (the
    intra-class correlation; 0 for a multinomial).

    Parameters
    ----------
    votes : array_like, shape (galaxy, answer)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema or str
        Or the name of a survey.

    Returns
    -------
    ndarray, shape (answer,)
        Concentrations. NaN for a question that nobody was asked; 0, the limit, for an answer that nobody gave. Where
        votes scatter no more than a multinomial's (also where no galaxy has two votes) the maximum is at infinity,
        and the total is held at ``LARGEST_TOTAL``.

    Raises
    ------
    ValueError
        If a vote is NaN, negative or fractional, or the columns are not those of the schema.
    RuntimeError
        If no maximum is found.

    Notes
    -----
    In the urn form the logarithm of the likelihood is a sum of ``log(a + k)`` over the votes that came after ``k``
    votes for the same answer, less ``log(A + k)`` over those that came after ``k`` for any. Galaxies enter only
    through counts of such votes, so a survey of any size costs the same. It is maximised by Newton's method in a
    trust region (SciPy's "trust-exact").

    References
    ----------
    Minka 2000, "Estimating a Dirichlet distribution" (revised 2012); Tarone 1979, Biometrika 66, 585 (the test for
    more scatter than a multinomial's).

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> gz.fit_dirichlet([[9, 1], [1, 9], [5, 5], [0, 10], [10, 0]], schema).round(3)
    array([0.364, 0.364])
    """
    schema = as_schema(schema, "fit_dirichlet", votes=votes)
    votes = check_votes(votes, schema).reshape(-1, len(schema.answers)).astype(np.int64)
    return np.concatenate([_fit_question(votes[:, q.columns], q.text) for q in schema.questions])


def _fit_question(votes, name):
    votes = votes[votes.any(axis=1)]
    if not len(votes):
        return np.full(votes.shape[1], np.nan)
    given = votes.any(axis=0)
    concentration = np.zeros(votes.shape[1])
    concentration[given] = _fit_given(votes[:, given], name)
    return concentration


def _fit_given(votes, name):
    from scipy import optimize

    totals, fractions = votes.sum(axis=1), votes.sum(axis=0) / votes.sum()
    pairs = (totals * (totals - 1)).sum()
    excess = (votes * (votes - 1) / fractions).sum() - pairs  # of pairs of equal votes, over a multinomial's
    if excess <= 0:
        return fractions * LARGEST_TOTAL
    start = fractions * np.clip((len(fractions) - 1) * pairs / excess - 1, 1e-2, LARGEST_TOTAL)  # by moments
    earlier = np.arange(totals.max())
    of_answer = np.stack([_votes_after(column, len(earlier)) for column in votes.T])  # (answer, earlier)
    of_total = _votes_after(totals, len(earlier))

    def objective(log_concentration):
        a = np.exp(log_concentration)
        urn, whole = a[:, None] + earlier, a.sum() + earlier
        log_likelihood = (of_answer * np.log(urn)).sum() - of_total @ np.log(whole)
        return -log_likelihood / totals.sum(), -a * slope(urn, whole) / totals.sum()

    def slope(urn, whole):
        return (of_answer / urn).sum(axis=1) - (of_total / whole).sum()

    def hessian(log_concentration):
        a = np.exp(log_concentration)
        urn, whole = a[:, None] + earlier, a.sum() + earlier
        curvature = (of_total / whole**2).sum() - np.diag((of_answer / urn**2).sum(axis=1))
        return -(np.outer(a, a) * curvature + np.diag(a * slope(urn, whole))) / totals.sum()

    options = {"gtol": TOLERANCE / 100, "maxiter": 500}
    found = optimize.minimize(
        objective, np.log(start), jac=True, hess=hessian, method="trust-exact", options=options
    )
    concentration = np.exp(found.x)
    if concentration.sum() > LARGEST_TOTAL:
        return fractions * LARGEST_TOTAL
    if not np.abs(found.jac).max() < TOLERANCE:
        raise RuntimeError(
            f"question {name!r}: no maximum found, {found.message} (slope {np.abs(found.jac).max():.1e})"
        )
    return concentration


def _votes_after(counts, most):
    """How many votes came after 0, 1, 2, ... earlier ones: the galaxies with more than that."""
    galaxies = np.bincount(counts, minlength=most + 1)
    return galaxies[::-1].cumsum()[::-1][1:]
