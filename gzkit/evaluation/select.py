"""Galaxies that pass cuts on their vote fractions, and how sure their number is."""

from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.special import betainc, expit, logit, softmax, stdtrit

from gzkit import distributions
from gzkit.evaluation import intervals
from gzkit.evaluation.cuts import parse_cuts, values_to_cut
from gzkit.evaluation.evaluate import matched_votes
from gzkit.evaluation.skill import fit_constant
from gzkit.predictions.predictions import Predictions
from gzkit.predictions.published import PublishedPredictions

DRAWS = 200  # where two answers of one question are cut, and the chance has no short formula
ROWS_AT_ONCE = 5_000
MOST_MOVED = 5.0  # log odds by which galaxies of calibration may correct the chances
LEVEL = 0.9  # of the intervals
NORMAL = 1.6448536269514722  # so many widths to either side hold as much of a normal distribution


@dataclass(frozen=True)
class Selection:
    """Galaxies that pass every cut.

    Attributes
    ----------
    predictions : Predictions
        Those of the galaxies that pass.
    mask : ndarray of bool, shape (galaxy,)
        Which of the original galaxies these are.
    probability : ndarray, shape (galaxy,)
        Chance that the fractions of each original galaxy, which its votes would show if everybody were asked, pass.
    steps : DataFrame
        A row a cut: ``cut``, ``galaxies`` left after it, ``expected`` number whose true fractions pass this and the
        earlier cuts, ``expected_lower``, ``expected_upper`` (90 % interval), ``purity`` (expected share of the
        galaxies left that truly pass) and ``completeness`` (expected share of those that truly pass which are left).
    counted : str
        Which uncertainty the interval counts.
    """

    predictions: Predictions | PublishedPredictions
    mask: np.ndarray
    probability: np.ndarray
    steps: pd.DataFrame
    counted: str

    @property
    def id_str(self) -> np.ndarray:
        """Ids of the galaxies that pass."""
        return self.predictions.id_str

    def __len__(self) -> int:
        return len(self.predictions)

    def __repr__(self) -> str:
        return f"Selection({len(self)} of {len(self.mask)} galaxies, {len(self.steps) - 1} cuts)"

    def _repr_html_(self):
        return f"{self.steps.round(3).to_html(index=False)}<p>The 90 % interval counts {self.counted}.</p>"


def select(
    predictions: Predictions | PublishedPredictions,
    cuts: str,
    *,
    catalog: pd.DataFrame | None = None,
    calibration: tuple[Predictions, pd.DataFrame] | None = None,
) -> Selection:
    """Galaxies that pass cuts on their vote fractions, as the papers of the data releases choose them.

    Parameters
    ----------
    predictions : Predictions or PublishedPredictions
        Of published ones the numbers left are told, not their uncertainty.
    cuts : str
        Conditions joined by ``and``: ``"featured > 0.6 and edge-on_no > 0.75 and bar_proportion-asked >= 0.5"``. A
        name is a column, or as much of it as says which: ``bar_strong``, ``strong``, ``edge-on_no``. A question's
        name with ``_proportion-asked`` is the share of all volunteers who are asked it.
    catalog : DataFrame, optional
        Cuts are on predicted fractions; with a catalogue of votes on the observed ones. Galaxies where nobody was
        asked then do not pass. Where each has one vote, ``expected`` and what follows is NaN: it says nothing of how
        the galaxies differ.
    calibration : pair of (Predictions, DataFrame), optional
        Of the same model: galaxies that it was not trained on (validation galaxies), and their votes. They show how
        many more or fewer pass these cuts than the model expects. The chances are corrected by that, and the interval
        is as much wider as the correction is uncertain.

    Returns
    -------
    Selection
        Its table ``steps`` gives the number left after each cut, and how uncertain that is: a galaxy near a cut
        may truly lie beyond it. The interval counts that each galaxy's fractions are uncertain, as predicted, galaxy
        by galaxy; that the samples of the predictions (an ensemble) disagree, for all galaxies alike; and, only with
        ``calibration``, that the model as a whole is off. What it counts stands in `Selection.counted`, and under
        the table. Cuts on the proportion asked count as certain.

    Raises
    ------
    ValueError
        If a cut cannot be read, or its name is no answer's or several answers'.

    References
    ----------
    Willett et al. 2013, MNRAS 435, 2835, arXiv:1308.3496, table 3: cuts on fractions along the tree.
    Walmsley et al. 2023, MNRAS 526, 4768, arXiv:2309.11425: cuts on predicted fractions.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[80.0, 10.0, 10.0], [1.0, 9.0, 90.0]], ["J1", "J2"], schema)
    >>> selection = gz.select(predictions, "strong > 0.5")
    >>> selection
    Selection(1 of 2 galaxies, 1 cuts)
    >>> selection.id_str.tolist()
    ['J1']
    """
    schema = predictions.schema
    parsed = parse_cuts(cuts, schema)
    votes = None if catalog is None else matched_votes(predictions, catalog)
    fractions, asked = values_to_cut(predictions, votes)
    if votes is None:
        believed = getattr(predictions, "concentration", None)
    else:  # what they tell of each galaxy's true fractions, with the constant Dirichlet as the prior
        believed = (votes + fit_constant(votes, schema))[..., np.newaxis]
    passed = [np.ones(len(fractions), dtype=bool)] + [cut.passes(fractions, asked) for cut in parsed]
    left = np.logical_and.accumulate(passed)
    if calibration is not None and (catalog is not None or believed is None):
        raise ValueError("calibration is of a model's concentrations, not of votes or a release table")
    if believed is None:  # a published table: fractions without their uncertainty
        chance = np.full((*left.shape, 1), np.nan)
    else:
        chance = _chance_after_each(parsed, believed, fractions, asked)
    if votes is not None:  # one vote a galaxy: nobody can tell how its fraction differs from the others'
        single = [votes[:, cut.question.columns].sum(axis=1).max(initial=0) == 1 for cut in parsed]
        chance[1:][np.logical_or.accumulate(single)] = np.nan
    error = np.zeros(len(left))
    if calibration is not None:
        by, error = _log_odds_found(parsed, *calibration)
        chance[1:] = _shifted(chance[1:], by[1:, np.newaxis, np.newaxis])
    steps = _steps_table(["all"] + [cut.text for cut in parsed], left, chance, error)
    counted = _counted(believed, catalog, calibration)
    return Selection(predictions[left[-1]], left[-1], chance[-1].mean(axis=-1), steps, counted)


def _counted(believed, catalog, calibration):
    if believed is None:
        return "nothing: the table gives fractions without their uncertainty"
    if catalog is not None:
        return "how few the volunteers were"
    sources = ["how unsure the model is of each galaxy"]
    if believed.shape[-1] > 1:
        sources.append("what its samples disagree about")
    if calibration is not None:
        return " and ".join(sources) + ", and how far off the model was on the galaxies of calibration"
    return " and ".join(sources) + ", not whether the model is right"


def _chance_after_each(cuts, concentration, fractions, asked):
    """Chance that a galaxy's true fractions pass the first cuts: shape (1 + cut, galaxy, sample).

    Within one sample the questions are independent of each other, so their chances multiply. A galaxy whose fraction
    is unknown, as nobody was asked, does not pass.
    """
    galaxies, _, samples = concentration.shape
    by_question, sure = {}, np.ones((galaxies, 1))
    chances = [np.ones((galaxies, samples))]
    for i, cut in enumerate(cuts):
        if cut.answer is None:
            sure = sure * cut.passes(fractions, asked)[:, np.newaxis]
        else:
            sure = sure * ~np.isnan(fractions[:, [cut.answer.index]])
            same = [c for c in cuts[: i + 1] if c.question is cut.question and c.answer is not None]
            by_question[cut.question] = _chance_of_question(concentration[:, cut.question.columns], same)
        chances.append(sure * prod(by_question.values(), start=np.ones((galaxies, samples))))
    return np.array(chances)


def _chance_of_question(concentration, cuts):
    """Chance that the cuts on one question's answers are passed: (galaxy, sample).

    A fraction lies above 0 and below 1, but rounding may put it there: a bound that nobody set holds always.
    """
    bounds = {}
    for cut in cuts:
        lower, upper = bounds.get(cut.answer, (-np.inf, np.inf))
        if cut.sign in (">", ">="):
            lower = max(lower, cut.value if cut.value > 0 else -np.inf)
        else:
            upper = min(upper, cut.value if cut.value < 1 else np.inf)
        bounds[cut.answer] = lower, upper
    by_sample = np.moveaxis(concentration, 1, -1).astype(float)  # (galaxy, sample, answer)
    if any(lower >= min(upper, 1) or upper <= 0 for lower, upper in bounds.values()):
        return np.zeros(by_sample.shape[:-1])
    first = cuts[0].question.columns.start
    cut_ones = [answer.index - first for answer in bounds]
    own, rest = by_sample[..., cut_ones], np.delete(by_sample, cut_ones, axis=-1).sum(axis=-1, keepdims=True)
    if by_sample.shape[-1] == 1:  # an only answer gets every vote
        return np.ones(rest.shape[:-1])
    if len(bounds) > 1:
        parts = own if own.shape[-1] == by_sample.shape[-1] else np.concatenate([own, rest], axis=-1)
        return _chance_by_draws(parts, *np.transpose(list(bounds.values())))
    ((lower, upper),) = np.clip(list(bounds.values()), 0, 1)
    a, b = own[..., 0], rest[..., 0]
    return np.maximum(betainc(a, b, upper) - betainc(a, b, lower), 0)


def _chance_by_draws(concentration, lower, upper):
    """The same where several answers of one question are cut: the first of (galaxy, sample, answer)."""
    rng = np.random.default_rng(0)
    galaxies, samples, _ = concentration.shape
    draws = max(DRAWS // samples, 20)
    chance = np.empty((galaxies, samples))
    for start in range(0, galaxies, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        fraction = distributions.sample(concentration[rows], draws, seed=rng)[..., : len(lower)]
        chance[rows] = ((fraction >= lower) & (fraction <= upper)).all(axis=-1).mean(axis=0)
    return chance


def _log_odds_found(cuts, predictions, catalog):
    """By how much the log odds of passing are higher than the model says, and the error of that: (2, 1 + cut).

    If the model is right, as many pass given its predictions as given these and the votes. Where it is too sure of its
    fractions the votes would not be heard: first it is made as sure as makes the votes most probable.
    """
    votes = matched_votes(predictions, catalog)
    known = values_to_cut(predictions)
    before = _chance_after_each(cuts, predictions.concentration, *known).mean(axis=-1)
    concentration = predictions.concentration.astype(float)
    loss = np.zeros((len(votes), concentration.shape[-1]))  # of each sample
    for question in {cut.question: None for cut in cuts}:
        given, own = votes[:, question.columns], concentration[:, question.columns]
        own *= _as_sure_as_right(given, own)
        loss += distributions.nll(given[:, np.newaxis], np.moveaxis(own, -1, 1))
    after = _chance_after_each(cuts, concentration + votes[..., np.newaxis], *known)
    after = (after * softmax(-loss, axis=-1)).sum(axis=-1)  # the votes tell which sample is right
    found = []
    for p, q in zip(before, after, strict=True):
        error = np.sqrt(len(p) * (q - p).var() + (q * (1 - q)).sum())  # of other galaxies; of few votes
        low, middle, high = (_shift(p, q.sum() + sign * error) for sign in (-1, 0, 1))
        found.append((middle, (high - low) / 2))
    return np.transpose(found)


def _as_sure_as_right(votes, concentration):
    """The factor of the concentrations under which the votes are most probable."""

    def loss(log_factor):
        return distributions.nll(votes, np.exp(log_factor) * concentration, sample_axis=-1).sum()

    return np.exp(minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 0.01}).x)


def _shift(chance, number):
    """Shift of the chances' log odds that brings their sum to a number; of half a galaxy nothing can be told."""
    number = np.clip(number, min(0.5, chance.sum()), max(len(chance) - 0.5, chance.sum()))
    number = np.clip(number, *(_shifted(chance, by).sum() for by in (-MOST_MOVED, MOST_MOVED)))
    return brentq(lambda by: _shifted(chance, by).sum() - number, -MOST_MOVED, MOST_MOVED)


def _shifted(chance, by):
    with np.errstate(divide="ignore"):
        return expit(logit(chance) + by)  # what cannot be, or is certain, remains so


def _steps_table(names, left, chance, error):
    by_sample, chance = chance.sum(axis=1), chance.mean(axis=-1)  # (1 + cut, sample), (1 + cut, galaxy)
    galaxies, expected = left.sum(axis=1), chance.sum(axis=1)
    both = (left * chance).sum(axis=1)
    lower, upper = np.transpose([_interval(*one) for one in zip(chance, by_sample, error, strict=True)])
    with np.errstate(invalid="ignore"):
        purity, completeness = both / galaxies, both / expected
    return pd.DataFrame(
        {
            "cut": names,
            "galaxies": galaxies,
            "expected": expected,
            "expected_lower": lower,
            "expected_upper": upper,
            "purity": purity,
            "completeness": completeness,
        }
    )


def _interval(chance, by_sample, error):
    """Of the number that truly pass: the scatter of single galaxies, and what moves all of them, added in squares."""
    if np.isnan(chance).any():
        return np.nan, np.nan
    samples, expected = len(by_sample), chance.sum()
    together = NORMAL * error * (chance * (1 - chance)).sum()
    if samples > 1:  # the truth is one more of them, whose mean is known from these
        apart = by_sample.std(ddof=1) * np.sqrt(1 + 1 / samples)
        together = np.hypot(together, stdtrit(samples - 1, (1 + LEVEL) / 2) * apart)
    lower, upper = intervals.number_interval(chance, LEVEL)
    below, above = np.hypot([expected - lower, upper - expected], together)
    return max(expected - below, 0.0), min(expected + above, float(len(chance)))
