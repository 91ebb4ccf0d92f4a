"""From the two dictionaries that describe a survey to questions that know their answers and their parents."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from gzkit.schema.files import expect
from gzkit.schema.question import Answer, Question

Pairs = Mapping[str, Sequence[str]]  # suffixes of the answers, by question
Dependencies = Mapping[str, str | Sequence[str] | None]  # columns of the parent answers, by question

# what no picture, page or table can hold: control characters and halves of surrogate pairs
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
NOT_IN_TEXTS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def build_questions(
    pairs: Pairs, dependencies: Dependencies, wording: Mapping[str, str]
) -> tuple[Question, ...]:
    """The questions in column order, each joined to its answers and to the answers that lead to it.

    Parameters
    ----------
    pairs, dependencies, wording : dict
        As `Schema` takes them.

    Returns
    -------
    tuple of Question

    Raises
    ------
    ValueError
        As `Schema` does.
    """
    _check_names(pairs, dependencies, wording)
    questions: list[Question] = []
    answers: dict[str, Answer] = {}
    twice = set()
    for text, suffixes in pairs.items():
        question = Question(text, len(questions), wording.get(text, ""))
        for suffix in suffixes:
            label = text + suffix
            if label in answers:
                twice.add(label)
            answers[label] = Answer(suffix[1:], label, len(answers), question, wording.get(label, ""))
            question.answers += (answers[label],)
        questions.append(question)
    if twice:
        raise ValueError(f"two answers share the column {sorted(twice)}")
    for key in wording:
        if key not in pairs and key not in answers:
            hint = suggest(key, [*pairs, *answers])
            raise ValueError(f"wording for {key!r}, which is no question or answer{hint}")
    for question in questions:
        _connect(question, dependencies[question.text], answers)
    return tuple(questions)


def parents_first(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Questions with every parent before its children, otherwise in column order.

    Parameters
    ----------
    questions : iterable of Question

    Returns
    -------
    tuple of Question

    Raises
    ------
    ValueError
        If a question leads back to itself.
    """
    by_index, ordered = {q.index: q for q in questions}, []
    sorter = TopologicalSorter(
        {index: [answer.question.index for answer in q.asked_after] for index, q in by_index.items()}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        circle = [by_index[index].text for index in sorted(set(error.args[1]))]
        raise ValueError(f"these questions lead in a circle: {circle[:10]}") from None
    ready: list[int] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        ordered.append(by_index[ready.pop(0)])
        sorter.done(ordered[-1].index)
    return tuple(ordered)


def suggest(name: object, known: Iterable[str]) -> str:
    """The end of an error message: the nearest known name, if any is near.

    Parameters
    ----------
    name : str
    known : iterable of str

    Returns
    -------
    str
        ``"; did you mean 'bar_strong'?"``, or ``""``.
    """
    nearest = difflib.get_close_matches(str(name), map(str, known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _check_names(pairs, dependencies, wording):
    for name, value in (("pairs", pairs), ("dependencies", dependencies), ("wording", wording)):
        expect(value, Mapping, name)
    if not pairs:
        raise ValueError("no questions")
    for text, suffixes in pairs.items():
        if not isinstance(text, str) or not text or NOT_IN_NAMES.search(text):
            raise ValueError(f"question {text!r} must be a line of text without control characters")
        if isinstance(suffixes, str | Mapping) or not isinstance(suffixes, Sequence) or not suffixes:
            raise ValueError(f"question {text!r} needs a list of answers, got {suffixes!r:.60}")
        for suffix in suffixes:
            if not isinstance(suffix, str) or not suffix.startswith("_") or len(suffix) < 2:
                raise ValueError(f"question {text!r}: answer {suffix!r} must be text that starts with '_'")
            if NOT_IN_NAMES.search(suffix):
                raise ValueError(f"question {text!r}: answer {suffix!r} has control characters")
            if suffixes.count(suffix) > 1:
                raise ValueError(f"question {text!r} repeats the answer {suffix!r}")
        if text not in dependencies:
            raise ValueError(f"question {text!r} has no entry in dependencies (None if everybody is asked)")
    for key, words in wording.items():
        if not isinstance(words, str) or NOT_IN_TEXTS.search(words):
            raise ValueError(
                f"wording for {key!r} must be text without control characters, not {words!r:.60}"
            )
    for text in dependencies:
        if text not in pairs:
            hint = suggest(text, pairs)
            raise ValueError(f"dependencies name a question {text!r} that does not exist{hint}")


def _connect(question, parents, answers):
    labels = [] if parents is None else [parents] if isinstance(parents, str) else parents
    if not isinstance(labels, Sequence):
        raise ValueError(
            f"question {question.text!r} is asked after {labels!r:.60}, which is no list of answers"
        )
    for label in labels:
        if not isinstance(label, str) or label not in answers:
            hint = suggest(label, answers)
            raise ValueError(
                f"question {question.text!r} is asked after {label!r}, which no question offers{hint}"
            )
        if labels.count(label) > 1:
            raise ValueError(f"question {question.text!r} is asked after {label!r} twice")
    question.asked_after = tuple(answers[label] for label in labels)
    for answer in question.asked_after:
        answer.next_questions += (question,)
