"""How good predictions are, question by question."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from gzkit.catalog.taken import check_columns, rows_in, votes_in
from gzkit.evaluation import figures, skill
from gzkit.mistakes import check_arguments
from gzkit.predictions.predictions import Predictions

WORKERS = 4  # questions at a time: NumPy and SciPy let go of the interpreter, and each needs memory
WHOLE_TREE = "whole tree"
COLUMNS = ["question", "galaxies", "nll", "skill", "fraction_mae", "accuracy_confident", "coverage_90"]


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
    full: bool = False,
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
        ceiling of the skill is then the likelihood under them; otherwise it is estimated from the votes, and too high
        a mark where galaxies come in groups: there knowing the truth has a skill of 0.8 to 0.9. A model sees a picture
        and not the truth: what the best of them could have is told by evaluating the simulation's own prediction
        (`gzkit.simulate.volunteers.best_concentration`).
    confident : float
        Leading vote fraction from which volunteers count as confident.
    well_asked : float
        Proportion of the volunteers asked from which a galaxy counts as well asked.
    bootstrap : int
        Resamplings of the galaxies for the intervals; 0 for none.
    level : float
        Probability content of the intervals.
    seed : int
    full : bool
        Whether all columns are wanted, with the bootstrap intervals; without it the seven of `COLUMNS`.

    Returns
    -------
    DataFrame
        With the columns ``question, galaxies, nll, skill, fraction_mae, accuracy_confident, coverage_90``, or all of
        these; where not said otherwise over the galaxies asked:

        - ``question``, ``galaxies`` (asked), ``votes``
        - ``nll``: negative log-likelihood of a galaxy's votes [nat]; for the whole tree the sum over questions
        - ``skill``: 0 if that is no better than one Dirichlet for all galaxies, 1 if as good as knowing each
          galaxy's true answer probabilities, which no picture tells; below 0 if worse than the constant. NaN where
          votes scatter no more than chance, as with one vote a galaxy; such questions do not count in the whole tree's
        - ``fraction_mae``: mean absolute error of the vote fractions, weighted by votes
        - ``accuracy_confident``: how often the leading answer is right where volunteers are confident and the
          galaxy is well asked, as the survey papers give it
        - ``coverage_50``, ..., ``coverage_95``: how often the predictive interval holds the votes for an answer,
          on average over the randomised PIT: a calibrated prediction has 0.50, ..., 0.95
        - ``dispersion``: 1 if calibrated, above if too confident, below if too cautious (`calibration`)
        - ``calibration_error``: mean distance between predicted fractions and those of the votes given, in ten bins
          of each answer; less what the scatter of votes adds to it
        - ``fraction_mae_well_asked``: without weights, over well-asked galaxies
        - ``galaxies_well_asked``, ``galaxies_confident``: how many those are
        - ``accuracy``: how often the leading answer (or one of those that tie) is predicted to lead, over all asked
        - ``precision``, ``recall``, ``f1``: where volunteers are confident, averaged over the answers that lead
          somewhere
        - ``nll_constant``, ``nll_ceiling``: the two ends of the skill
        - ``<figure>_lower``, ``<figure>_upper``: interval of each figure above but the counts, were other galaxies
          evaluated: Jeffreys' for accuracy, precision, recall and F1, otherwise of the bootstrap

    Raises
    ------
    ValueError
        If a prediction has no row in the catalogue, a column is missing, or a vote is not a whole number.

    Warns
    -----
    UserWarning
        If there is no skill because every galaxy has one vote.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966, arXiv:2102.08414: accuracy for confident volunteers.
    Czado, Gneiting & Held 2009, Biometrics 65, 1254: the randomised PIT.
    Nixon et al. 2019, arXiv:1904.01685: calibration error class by class.

    Examples
    --------
    >>> import gzkit as gz, pandas as pd
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> predictions = gz.Predictions([[9.0, 1.0], [2.0, 8.0]], ["J1", "J2"], schema)
    >>> catalog = pd.DataFrame({"id_str": ["J1", "J2"], "bar_yes": [38, 3], "bar_no": [2, 37]})
    >>> table = gz.evaluate(predictions, catalog)
    >>> print(table.loc[:0, ["question", "galaxies", "accuracy_confident"]].to_string(index=False))
    question  galaxies  accuracy_confident
         bar         2                 1.0
    """
    check_arguments("evaluate", predictions=predictions, catalog=catalog, train=train)
    if not hasattr(predictions, "concentration"):
        raise ValueError(
            f"evaluate needs concentrations, which {predictions!r} has not: a release table gives fractions only"
        )
    if not len(predictions):
        raise ValueError("evaluate: the predictions hold no galaxy")
    schema = predictions.schema
    votes, fractions = matched_votes(predictions, catalog), predictions.vote_fractions()
    well = figures.well_asked(votes, schema, well_asked)
    constant = skill.fit_constant(votes if train is None else votes_in(train, schema, name="train"), schema)
    known = None if truth is None else _true_probabilities(truth, predictions)
    weights = figures.bootstrap_weights(len(votes), bootstrap if full else 0, seed)

    def sums_of(question):
        own, truth = question.columns, None if known is None else known[:, question.columns]
        given, concentration = votes[:, own], predictions.concentration[:, own]
        of_galaxies = figures.likelihoods(given, concentration, constant[own], truth, seed)
        of_galaxies |= figures.misses(given, fractions[:, own], well[:, question.index], confident)
        of_galaxies |= figures.spread(given, concentration)
        return figures.added(of_galaxies, weights)

    with ThreadPoolExecutor(WORKERS) as pool:
        sums = list(pool.map(sums_of, schema.questions))
    if known is None:
        _warn_of_one_vote(votes, schema, sums)
    names = [question.text for question in schema.questions] + [WHOLE_TREE]
    sums.append(figures.over_questions(sums, votes, weights))
    rows = [figures.summary(each, level) for each in sums]
    table = pd.DataFrame([{"question": name} | row for name, row in zip(names, rows, strict=True)])
    return table if full else table[COLUMNS]


def _warn_of_one_vote(votes, schema, sums):
    """Say why there is no skill where every galaxy has one vote: the usual case of classification."""
    single = [
        question.text
        for question, each in zip(schema.questions, sums, strict=True)
        if each["asked"][0] and not each["room"][0] and votes[:, question.columns].sum(axis=1).max() == 1
    ]
    if single:
        warnings.warn(
            f"evaluate: no skill for {', '.join(single)}: one vote a galaxy cannot tell whether volunteers disagree "
            "about each galaxy or galaxies differ, and so not how good a prediction could be; nll beside "
            "nll_constant tells what the model gains",
            stacklevel=3,
        )


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
    own, well = np.s_[:, question.columns], figures.well_asked(votes, predictions.schema, well_asked)
    found = figures.misses(votes[own], predictions.vote_fractions()[own], well[:, question.index], confident)
    return found["leading"][found["sure"]].argmax(axis=1), found["predicted"][found["sure"]].argmax(axis=1)


def _true_probabilities(truth, predictions):
    """(galaxy, answer), in the order of the predictions."""
    check_columns(truth, predictions.schema.label_cols, "truth")
    values = truth[predictions.schema.label_cols].to_numpy(dtype=float, na_value=np.nan)
    return values[rows_in(truth, predictions.id_str, name="truth")]
