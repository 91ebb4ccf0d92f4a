"""Galaxies that pass cuts on their vote fractions, and how sure their number is."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc

from gzkit.distributions import fit_dirichlet
from gzkit.evaluation.evaluate import matched_votes
from gzkit.predictions.predictions import Predictions
from gzkit.predictions.published import PublishedPredictions
from gzkit.schema.tree import Answer, Question, suggest
from gzkit.votes import proportion_asked, vote_fractions

CUT = re.compile(r"\s*(?P<name>[^<>=\s]+)\s*(?P<sign>>=|<=|>|<)\s*(?P<value>[-+.\deE]+)\s*")
DRAWS = 200  # where two answers of one question are cut, and the chance has no short formula
ROWS_AT_ONCE = 5_000
NORMAL_90 = 1.6448536269514722  # the central 90 % of a normal distribution lie within as many of its widths
ASKED = "_proportion-asked"


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
    """

    predictions: Predictions | PublishedPredictions
    mask: np.ndarray
    probability: np.ndarray
    steps: pd.DataFrame

    @property
    def id_str(self) -> np.ndarray:
        """Ids of the galaxies that pass."""
        return self.predictions.id_str

    def __len__(self) -> int:
        return len(self.predictions)

    def __repr__(self) -> str:
        return f"Selection({len(self)} of {len(self.mask)} galaxies, {len(self.steps) - 1} cuts)"

    def _repr_html_(self):
        return self.steps.round(3).to_html(index=False)


@dataclass(frozen=True)
class Cut:
    """One condition: ``answer`` (or the proportion asked of ``question``), ``sign`` and ``value``."""

    text: str
    question: Question
    answer: Answer | None
    sign: str
    value: float

    def passes(self, fractions, asked=None):
        """Which galaxies pass, by their fractions (galaxy, answer) and proportions asked; NaN does not."""
        compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[self.sign]
        if self.answer is None:
            return compare(asked[:, self.question.index], self.value)
        return compare(fractions[:, self.answer.index], self.value)


def select(
    predictions: Predictions | PublishedPredictions, cuts: str, *, catalog: pd.DataFrame | None = None
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
        asked then do not pass.

    Returns
    -------
    Selection
        Its table ``steps`` gives the number left after each cut, and how uncertain that is: a galaxy near a cut
        may truly lie beyond it. (Cuts on the proportion asked count as certain.)

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
    if catalog is None:
        fractions, asked = predictions.vote_fractions(), predictions.proportion_asked()
        believed = getattr(predictions, "concentration", None)
    else:
        votes = matched_votes(predictions, catalog)
        fractions = vote_fractions(votes, schema)
        asked = np.nan_to_num(proportion_asked(fractions, schema))
        # what the votes tell of each galaxy's true fractions, with the constant Dirichlet as the prior
        believed = (votes + np.asarray(fit_dirichlet(votes, schema)))[..., np.newaxis]
    passed = [np.ones(len(fractions), dtype=bool)] + [cut.passes(fractions, asked) for cut in parsed]
    left = np.logical_and.accumulate(passed)
    if believed is None:  # a published table: fractions without their uncertainty
        chance = np.full(left.shape, np.nan)
    else:
        chance = _chance_after_each(parsed, believed, fractions, asked)
    steps = _steps_table(["all"] + [cut.text for cut in parsed], left, chance)
    return Selection(predictions[left[-1]], left[-1], chance[-1], steps)


def parse_cuts(cuts, schema):
    """The conditions in a text.

    Parameters
    ----------
    cuts : str
    schema : Schema

    Returns
    -------
    list of Cut

    Raises
    ------
    ValueError
        If one cannot be read, or its name is no answer's or several answers'.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> [(cut.answer.label, cut.sign, cut.value) for cut in parse_cuts("strong > 0.5 and bar_no<=.2", schema)]
    [('bar_strong', '>', 0.5), ('bar_no', '<=', 0.2)]
    """
    if re.search(r"\s(or|not)\s|[()|]", f" {cuts} "):
        raise ValueError(
            f"cuts {cuts!r}: conditions are joined by 'and' only; for 'or', join two selections' masks"
        )
    return [_parse_cut(part.strip(), schema) for part in re.split(r"\sand\s", cuts)]


def find_answer(name, schema):
    """The answer that a full or shortened name means.

    Parameters
    ----------
    name : str
        A column, its end (``"edge-on_no"``), an answer (``"strong"``) or an answer's beginning (``"featured"``).
    schema : Schema

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        If no answer has this name, or several have.

    Examples
    --------
    >>> import gzkit as gz
    >>> find_answer("weak", gz.Schema.from_classes("bar", ["strong", "weak", "no"]))
    Answer('bar_weak', index=1)
    """
    question_end, _, answer_start = name.rpartition("_")
    meanings = [
        lambda answer: answer.label == name,
        lambda answer: answer.text == name,
        lambda answer: answer.label.endswith((f"-{name}", f"_{name}")),
        lambda answer: (
            answer.text.startswith(f"{answer_start}-")
            and (not question_end or f"-{answer.question.text}".endswith(f"-{question_end}"))
        ),
    ]
    for means in meanings:
        found = [answer for answer in schema.answers if means(answer)]
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(answer.label for answer in found[:4]) + (", ..." if len(found) > 4 else "")
            raise ValueError(f"cuts: {name!r} could be {several}: write which")
    known = schema.label_cols + [question.text + ASKED for question in schema.questions]
    raise ValueError(f"cuts: no answer {name!r} in {schema!r}{suggest(name, known)}")


def _parse_cut(text, schema):
    match = CUT.fullmatch(text)
    try:
        value = float(match["value"]) if match else None
    except ValueError:
        value = None
    if value is None:
        raise ValueError(f"cuts: cannot read {text!r}; write a condition as 'bar_strong > 0.5'")
    if not 0 <= value <= 1:
        raise ValueError(
            f"cuts: {text!r} compares with {value:g}; fractions and proportions lie between 0 and 1"
        )
    name = match["name"]
    if name.endswith(ASKED):
        question, answer = _find_question(name.removesuffix(ASKED), schema), None
        text = f"{question.text}{ASKED} {match['sign']} {value:g}"
    else:
        answer = find_answer(name, schema)
        question, text = answer.question, f"{answer.label} {match['sign']} {value:g}"
    return Cut(text, question, answer, match["sign"], value)


def _find_question(name, schema):
    ends = [question for question in schema.questions if f"-{question.text}".endswith(f"-{name}")]
    exact = [question for question in ends if question.text == name] or ends
    if len(exact) == 1:
        return exact[0]
    texts = [question.text for question in schema.questions]
    problem = (
        f"could be {', '.join(q.text for q in ends)}" if ends else f"is no question{suggest(name, texts)}"
    )
    raise ValueError(f"cuts: {name!r} {problem}")


def _chance_after_each(cuts, concentration, fractions, asked):
    """Chance that a galaxy's true fractions pass the first cuts: shape (1 + cut, galaxy).

    Within one sample the questions are independent of each other, so their chances multiply. A galaxy whose fraction
    is unknown, as nobody was asked, does not pass.
    """
    galaxies, _, samples = concentration.shape
    by_question, sure = {}, np.ones(galaxies)
    chances = [np.ones(galaxies)]
    for i, cut in enumerate(cuts):
        if cut.answer is None:
            sure = sure * cut.passes(fractions, asked)
        else:
            sure = sure * ~np.isnan(fractions[:, cut.answer.index])
            same = [c for c in cuts[: i + 1] if c.question is cut.question and c.answer is not None]
            by_question[cut.question] = _chance_of_question(concentration[:, cut.question.columns], same)
        product = np.ones((galaxies, samples))
        for chance in by_question.values():
            product *= chance
        chances.append(sure * product.mean(axis=1))
    return np.array(chances)


def _chance_of_question(concentration, cuts):
    """Chance that the cuts on one question's answers are passed: (galaxy, sample)."""
    bounds = {}
    for cut in cuts:
        lower, upper = bounds.get(cut.answer, (0.0, 1.0))
        above = cut.sign in (">", ">=")
        bounds[cut.answer] = (max(lower, cut.value), upper) if above else (lower, min(upper, cut.value))
    total = concentration.sum(axis=1, dtype=float)  # (galaxy, sample)
    first = cuts[0].question.columns.start
    own = np.stack([concentration[:, answer.index - first] for answer in bounds], axis=-1).astype(float)
    if len(bounds) > 1:
        return _chance_by_draws(own, total, np.array(list(bounds.values())))
    ((lower, upper),) = bounds.values()
    a, b = own[..., 0], total - own[..., 0]
    return np.maximum(betainc(a, b, upper) - betainc(a, b, lower), 0)


def _chance_by_draws(own, total, bounds):
    """The same where several answers of one question are cut; `own` has shape (galaxy, sample, cut answer)."""
    rng = np.random.default_rng(0)
    galaxies, samples = total.shape
    draws = max(DRAWS // samples, 20)
    rest = np.maximum(total - own.sum(axis=-1), 0)
    chance = np.empty((galaxies, samples))
    for start in range(0, galaxies, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        drawn = rng.standard_gamma(own[rows], size=(draws, *own[rows].shape))
        others = rng.standard_gamma(rest[rows], size=(draws, *rest[rows].shape))
        fraction = drawn / (drawn.sum(axis=-1) + others)[..., np.newaxis]
        chance[rows] = ((fraction > bounds[:, 0]) & (fraction < bounds[:, 1])).all(axis=-1).mean(axis=0)
    return chance


def _steps_table(names, left, chance):
    galaxies, expected = left.sum(axis=1), chance.sum(axis=1)
    both = (left * chance).sum(axis=1)
    margin = NORMAL_90 * np.sqrt((chance * (1 - chance)).sum(axis=1))
    with np.errstate(invalid="ignore"):
        purity, completeness = both / galaxies, both / expected
    return pd.DataFrame(
        {
            "cut": names,
            "galaxies": galaxies,
            "expected": expected,
            "expected_lower": np.maximum(expected - margin, 0),
            "expected_upper": np.minimum(expected + margin, left.shape[1]),
            "purity": purity,
            "completeness": completeness,
        }
    )
