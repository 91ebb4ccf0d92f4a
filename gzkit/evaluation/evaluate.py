"""How good predictions are, question by question."""

import numpy as np
import pandas as pd

from gzkit import distributions
from gzkit.catalog.taken import check_columns, rows_in, votes_in
from gzkit.evaluation import calibration, skill
from gzkit.predictions.predictions import Predictions
from gzkit.votes import proportion_asked, vote_fractions

WHOLE_TREE = "whole tree"
BINS = 10  # of predicted fraction, for the expected calibration error
# of the constant, for an answer that nobody gave: the best fit, 0, rules it out for ever
LEAST_CONCENTRATION = 1e-3
REPLICATES_AT_ONCE = 50


def evaluate(
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    train: pd.DataFrame | None = None,
    truth: pd.DataFrame | None = None,
    confident: float = 0.8,
    well_asked: float = 0.5,
    bootstrap: int = 200,
    level: float = 0.9,
    seed: int = 0,
) -> pd.DataFrame:
    """Figures of merit, a row a question and one for the whole tree.

    Only galaxies where somebody was asked enter a question. Galaxies of the catalogue without a prediction are left
    out; each prediction needs its row in the catalogue.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and a column of votes for each answer [votes].
    train : DataFrame, optional
        Votes to which the constant prediction is fitted: those that the model was trained on. By default the
        evaluated ones, which flatters the constant a little and so never the model.
    truth : DataFrame, optional
        True answer probabilities, where they are known (simulations): ``id_str`` and one column an answer. The
        ceiling of the skill is then the likelihood under them; otherwise it is estimated from the votes.
    confident : float
        Leading vote fraction from which volunteers count as confident.
    well_asked : float
        Proportion of the volunteers asked from which a galaxy counts as well asked.
    bootstrap : int
        Resamplings of the galaxies for the intervals; 0 for none.
    level : float
        Probability content of the bootstrap intervals.
    seed : int

    Returns
    -------
    DataFrame
        With the columns, where not said otherwise over the galaxies asked:

        - ``question``, ``galaxies`` (asked), ``votes``
        - ``nll``: negative log-likelihood of a galaxy's votes [nat]; for the whole tree the sum over questions
        - ``skill``: 0 if that is no better than one Dirichlet for all galaxies, 1 if as good as knowing each
          galaxy's true answer probabilities; below 0 if worse than the constant
        - ``fraction_mae``: mean absolute error of the vote fractions, weighted by votes
        - ``accuracy_confident``: how often the leading answer is right where volunteers are confident and the
          galaxy is well asked, as the survey papers give it
        - ``coverage_50``, ..., ``coverage_95``: how often the predictive interval holds the votes for an answer,
          on average over the randomised PIT: a calibrated prediction has 0.50, ..., 0.95
        - ``dispersion``: 1 if calibrated, above if too confident, below if too cautious (`calibration`)
        - ``calibration_error``: mean distance between predicted fractions, in ten bins, and the votes given there
        - ``fraction_mae_well_asked``: without weights, over well-asked galaxies
        - ``galaxies_well_asked``, ``galaxies_confident``: how many those are
        - ``accuracy``: how often the leading answer is right, over all galaxies asked
        - ``precision``, ``recall``, ``f1``: where volunteers are confident, averaged over the answers that lead
          somewhere
        - ``nll_constant``, ``nll_ceiling``: the two ends of the skill
        - ``<figure>_lower``, ``<figure>_upper``: bootstrap interval of each figure above but the counts

    Raises
    ------
    ValueError
        If a prediction has no row in the catalogue, a column is missing, or a vote is not a whole number.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966, arXiv:2102.08414: accuracy for confident volunteers.
    Czado, Gneiting & Held 2009, Biometrics 65, 1254: the randomised PIT.

    Examples
    --------
    >>> import gzkit as gz, pandas as pd
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> predictions = gz.Predictions([[9.0, 1.0], [2.0, 8.0]], ["J1", "J2"], schema)
    >>> catalog = pd.DataFrame({"id_str": ["J1", "J2"], "bar_yes": [38, 3], "bar_no": [2, 37]})
    >>> table = gz.evaluate(predictions, catalog, bootstrap=0)
    >>> print(table.loc[:0, ["question", "galaxies", "votes", "accuracy_confident"]].to_string(index=False))
    question  galaxies  votes  accuracy_confident
         bar         2     80                 1.0
    """
    if not hasattr(predictions, "concentration"):
        raise ValueError(
            f"evaluate needs concentrations, which {predictions!r} has not: a release table gives fractions only"
        )
    if not len(predictions):
        raise ValueError("evaluate: the predictions hold no galaxy")
    schema = predictions.schema
    votes, fractions = matched_votes(predictions, catalog), predictions.vote_fractions()
    well = _well_asked(votes, schema, well_asked)
    constant = _best_constant(votes, train, schema)
    known = None if truth is None else _true_probabilities(truth, predictions)
    weights = _bootstrap_weights(len(votes), bootstrap, seed)
    sums = []
    for question in schema.questions:
        own = np.s_[:, question.columns]
        truth_here = None if known is None else known[own]
        given, concentration = votes[own], predictions.concentration[own]
        of_galaxies = _likelihoods(given, concentration, constant[question.columns], truth_here, seed)
        of_galaxies |= _misses(given, fractions[own], well[:, question.index], confident)
        of_galaxies |= _spread(given, concentration)
        sums.append(_resampled(of_galaxies, weights))
    sums.append(_over_questions(sums, votes, weights))
    names = [question.text for question in schema.questions] + [WHOLE_TREE]
    rows = [_summary(_figures(each), level) for each in sums]
    return pd.DataFrame([{"question": name} | row for name, row in zip(names, rows, strict=True)])


def matched_votes(predictions, catalog):
    """Votes of the predicted galaxies, in the order of the predictions.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and a column of votes for each answer [votes].

    Returns
    -------
    ndarray of int, shape (galaxy, answer)

    Raises
    ------
    ValueError
        If a prediction has no row in the catalogue, a column is missing, or a vote is not a whole number.
    """
    return votes_in(catalog, predictions.schema, rows_in(catalog, predictions.id_str))


def has_votes(catalog, schema):
    """Whether a catalogue has any column of votes; if so it must have all (`matched_votes`).

    Parameters
    ----------
    catalog : DataFrame or None
    schema : Schema

    Returns
    -------
    bool
    """
    return catalog is not None and any(label in catalog for label in schema.label_cols)


def leading_answers(votes, predictions, question, *, confident=0.8, well_asked=0.5):
    """Which answer led among the volunteers, and which is predicted to, where volunteers were confident.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Votes for the answers of all questions [votes].
    predictions : Predictions
    question : Question
    confident : float
        Leading vote fraction from which volunteers count as confident.
    well_asked : float
        Proportion of the volunteers asked from which a galaxy counts.

    Returns
    -------
    observed, predicted : ndarray of int, shape (confident galaxy,)
        Places of the answers in ``question.answers``.
    """
    own, well = np.s_[:, question.columns], _well_asked(votes, predictions.schema, well_asked)
    found = _misses(votes[own], predictions.vote_fractions()[own], well[:, question.index], confident)
    return found["leading"][found["sure"]].argmax(axis=1), found["predicted"][found["sure"]].argmax(axis=1)


def _best_constant(votes, train, schema):
    """One Dirichlet for all galaxies, fitted to the votes that the model was trained on: (answer,)."""
    if train is not None:
        votes = votes_in(train, schema, name="train")
    constant = distributions.fit_dirichlet(votes, schema)
    constant = np.nan_to_num(
        constant, nan=1.0
    )  # nobody was asked, in no galaxy: the figures are NaN all the same
    return np.maximum(constant, LEAST_CONCENTRATION)


def _true_probabilities(truth, predictions):
    """(galaxy, answer), in the order of the predictions."""
    check_columns(truth, predictions.schema.label_cols, "truth")
    values = truth[predictions.schema.label_cols].to_numpy(dtype=float, na_value=np.nan)
    return values[rows_in(truth, predictions.id_str, name="truth")]


def _likelihoods(votes, concentration, constant, truth, seed):
    """Per galaxy: of the prediction, of the constant Dirichlet, and with the true probabilities known."""
    if truth is None:
        ceiling = skill.estimated_ceiling(votes, constant, seed=seed)
    else:
        ceiling = skill.multinomial_nll(votes, truth)
    return {
        "nll": distributions.nll(votes, concentration, sample_axis=-1),
        "nll_constant": distributions.nll(votes, constant),
        "nll_ceiling": ceiling,
    }


def _misses(votes, fraction, well, confident):
    """Per galaxy, how far the predicted fractions are off, and whether the leading answer is found.

    The values have shape (galaxy,) or (galaxy, k), and are zero where nobody was asked.
    """
    total = votes.sum(axis=-1)
    asked = total > 0
    observed = votes / np.maximum(total, 1)[:, np.newaxis]
    error = np.abs(observed - fraction).mean(axis=1)
    answers, well = np.arange(votes.shape[1]), well & asked
    sure = well & (observed.max(axis=1) >= confident)
    leading = observed.argmax(axis=1)[:, np.newaxis] == answers
    predicted = fraction.argmax(axis=1)[:, np.newaxis] == answers
    right = asked & (votes[predicted] == votes.max(axis=1))
    return {
        "asked": asked,
        "votes": total,
        "votes_error": total * error,
        "well": well,
        "well_error": well * error,
        "right": right,
        "sure": sure,
        "sure_right": sure & right,
        "hits": sure[:, np.newaxis] & leading & predicted,
        "leading": sure[:, np.newaxis] & leading,
        "predicted": sure[:, np.newaxis] & predicted,
        "bins": _bin_sums(votes, total, fraction),
    }


def _spread(votes, concentration):
    """Per galaxy, where the votes lie in their predicted distributions; zero where nobody was asked."""
    lower, upper = calibration.pit_bounds(votes, concentration)
    covered = [calibration.coverage(lower, upper, level).mean(axis=1) for level in calibration.LEVELS]
    asked = votes.sum(axis=-1) > 0
    return {
        "covered": np.stack(covered, axis=1) * asked[:, np.newaxis],
        "spread": calibration.dispersion(lower, upper).mean(axis=1) * asked,
    }


def _well_asked(votes, schema, least):
    """Where at least this proportion of the volunteers was asked: (galaxy, question)."""
    asked = proportion_asked(vote_fractions(votes, schema), schema)
    return np.nan_to_num(asked) >= least  # unknown is not well asked


def _bin_sums(votes, total, fraction):
    """Votes given minus votes expected, in bins of predicted fraction: shape (galaxy, BINS)."""
    excess = votes - total[:, np.newaxis] * fraction
    bin_of = np.minimum((fraction * BINS).astype(int), BINS - 1)
    return np.stack([(excess * (bin_of == i)).sum(axis=1) for i in range(BINS)], axis=1)


def _bootstrap_weights(galaxies, replicates, seed):
    """How often each galaxy is drawn: once in the first row, at random in the others; (1 + replicates, galaxy)."""
    rng = np.random.default_rng(seed)
    weights = np.ones((1 + replicates, galaxies), dtype=np.float32)
    for row in weights[1:]:
        row[:] = np.bincount(rng.integers(galaxies, size=galaxies), minlength=galaxies)
    return weights


def _resampled(statistics, weights):
    """Sums over galaxies, for each resampling: shape (replicate, k)."""
    columns = [np.asarray(v, dtype=float).reshape(weights.shape[1], -1) for v in statistics.values()]
    ends = np.cumsum([column.shape[1] for column in columns])
    table = np.concatenate(columns, axis=1)
    starts = range(0, len(weights), REPLICATES_AT_ONCE)
    sums = np.concatenate([weights[i : i + REPLICATES_AT_ONCE].astype(float) @ table for i in starts])
    return dict(zip(statistics, np.split(sums, ends[:-1], axis=1), strict=True))


def _over_questions(sums, votes, weights):
    """The sums of all questions together; a galaxy counts once."""
    answers = {
        key: np.concatenate([each[key] for each in sums], axis=1) for key in ("hits", "leading", "predicted")
    }
    total = {key: sum(each[key] for each in sums) for key in sums[0] if key not in answers}
    return total | answers | _resampled({"galaxies": votes.sum(axis=1) > 0}, weights)


def _figures(sums):
    """Figures of merit from the sums; each of shape (replicate,)."""
    one = {key: value[:, 0] for key, value in sums.items() if value.shape[1] == 1}
    galaxies = one.get("galaxies", one["asked"])
    gain, room = one["nll_constant"] - one["nll"], one["nll_constant"] - one["nll_ceiling"]
    precision, recall = _ratio(sums["hits"], sums["predicted"]), _ratio(sums["hits"], sums["leading"])
    f1 = _ratio(2 * sums["hits"], sums["predicted"] + sums["leading"])
    led = sums["leading"] > 0  # only answers that lead somewhere can be found
    figures = {
        "galaxies": galaxies,
        "votes": one["votes"],
        "nll": _ratio(one["nll"], galaxies),
        "skill": _ratio(gain, room),
        "fraction_mae": _ratio(one["votes_error"], one["votes"]),
        "accuracy_confident": _ratio(one["sure_right"], one["sure"]),
    }
    for i, level in enumerate(calibration.LEVELS):
        figures[f"coverage_{100 * level:.0f}"] = _ratio(sums["covered"][:, i], one["asked"])
    return figures | {
        "dispersion": _ratio(one["spread"], one["asked"]),
        "calibration_error": _ratio(np.abs(sums["bins"]).sum(axis=1), one["votes"]),
        "fraction_mae_well_asked": _ratio(one["well_error"], one["well"]),
        "galaxies_well_asked": one["well"],
        "galaxies_confident": one["sure"],
        "accuracy": _ratio(one["right"], one["asked"]),
        "precision": _mean_where(precision, led),
        "recall": _mean_where(recall, led),
        "f1": _mean_where(f1, led),
        "nll_constant": _ratio(one["nll_constant"], galaxies),
        "nll_ceiling": _ratio(one["nll_ceiling"], galaxies),
    }


def _summary(figures, level):
    """The value on the galaxies as they are, then the bootstrap interval of all that is not a count."""
    counts = ("galaxies", "votes", "galaxies_well_asked", "galaxies_confident")
    row = {name: round(values[0]) if name in counts else values[0] for name, values in figures.items()}
    for name, values in figures.items():
        if name in counts or len(values) == 1:
            continue
        known = values[1:][np.isfinite(values[1:])]  # a resampling may hold no confident galaxy
        edges = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) if len(known) else (np.nan, np.nan)
        row |= {f"{name}_lower": edges[0], f"{name}_upper": edges[1]}
    return row


def _ratio(part, whole):
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _mean_where(values, mask):
    return _ratio(np.where(mask, np.nan_to_num(values), 0).sum(axis=1), mask.sum(axis=1))
