"""Cuts on vote fractions, read from text."""

import re
from dataclasses import dataclass

import numpy as np

from gzkit.schema.tree import Answer, Question, suggest
from gzkit.votes import proportion_asked, vote_fractions

CUT = re.compile(
    r"\s*(?P<name>[^<>=\s]+)\s*(?P<sign>>=|<=|>|<)\s*(?P<value>[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*"
)
ASKED = "_proportion-asked"


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
        of = asked[:, self.question.index] if self.answer is None else fractions[:, self.answer.index]
        return compare(of, self.value)


def values_to_cut(predictions, votes=None):
    """What cuts are made on.

    Parameters
    ----------
    predictions : Predictions or PublishedPredictions
    votes : ndarray, shape (galaxy, answer), optional
        For the fractions that volunteers gave in place of predicted ones [votes].

    Returns
    -------
    fractions : ndarray, shape (galaxy, answer)
    asked : ndarray, shape (galaxy, question)
        Proportions asked.
    """
    if votes is None:
        return predictions.vote_fractions(), predictions.proportion_asked()
    fractions = vote_fractions(votes, predictions.schema)
    return fractions, np.nan_to_num(proportion_asked(fractions, predictions.schema))


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
    if match is None:
        raise ValueError(f"cuts: cannot read {text!r}; write a condition as 'bar_strong > 0.5'")
    name, sign, value = match["name"], match["sign"], float(match["value"])
    if not 0 <= value <= 1:
        raise ValueError(
            f"cuts: {text!r} compares with {value:g}; fractions and proportions lie between 0 and 1"
        )
    if name.endswith(ASKED):
        question, answer = _find_question(name.removesuffix(ASKED), schema), None
        text = f"{question.text}{ASKED} {sign} {value:g}"
    else:
        answer = find_answer(name, schema)
        question, text = answer.question, f"{answer.label} {sign} {value:g}"
    return Cut(text, question, answer, sign, value)


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
