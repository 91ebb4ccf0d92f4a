"""A volunteer's walk down the tree, and the galaxies that go along with it."""

from dataclasses import dataclass

import numpy as np

from gzkit.votes import total_votes


@dataclass(frozen=True)
class Step:
    """One answer of a walk.

    Attributes
    ----------
    answer : Answer
    galaxies : int
        Galaxies that remain after it.
    votes : float
        Votes for the answer in the median galaxy that remains: volunteers who walk on [votes]; NaN if none remains.
    """

    answer: object
    galaxies: int
    votes: float


def questions_ahead(schema, path):
    """Questions that a volunteer who gave these answers is asked next.

    Parameters
    ----------
    schema : Schema
    path : sequence of str
        Columns of the answers given.

    Returns
    -------
    list of Question
        Parents first; the walk goes on with the first. Empty where it ends.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.load_schema("gz-decals-dr5")
    >>> [question.text for question in questions_ahead(schema, ["smooth-or-featured_smooth"])]
    ['how-rounded']
    """
    given = {schema.get_answer(label) for label in path}
    answered = {answer.question for answer in given}
    ahead = [
        question
        for question in schema.walk_order
        if question not in answered and (not question.asked_after or given & set(question.asked_after))
    ]
    last = schema.get_answer(path[-1]) if path else None  # where it leads comes first
    return sorted(ahead, key=lambda question: last not in question.asked_after)


def check_walk(schema, path):
    """The answers of a walk, if a volunteer can give them in this order.

    Parameters
    ----------
    schema : Schema
    path : sequence of str
        Columns of the answers given.

    Returns
    -------
    list of Answer

    Raises
    ------
    KeyError
        If there is no such answer.
    ValueError
        If a question is answered that is not asked, or not any more.
    """
    for i, label in enumerate(path):
        question = schema.get_answer(label).question
        if question not in questions_ahead(schema, path[:i]):
            raise ValueError(
                f"{label!r} cannot be answered after {list(path[:i])}: {question.text!r} is not asked"
            )
    return [schema.get_answer(label) for label in path]


def shortest_walk(schema, question):
    """Answers that lead a volunteer to a question, by the shortest way.

    Parameters
    ----------
    schema : Schema
    question : Question

    Returns
    -------
    list of str
        Columns; empty for a question that everybody is asked.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.load_schema("gz-decals-dr5")
    >>> shortest_walk(schema, schema.get_question("bar"))
    ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no']
    """
    if not question.asked_after:
        return []
    walks = [[*shortest_walk(schema, answer.question), answer.label] for answer in question.asked_after]
    return min(walks, key=len)


def remaining(votes, schema, path, *, least_fraction=0.5, least_votes=1):
    """Which galaxies go along with a walk: at each of its answers enough of those asked gave it.

    Parameters
    ----------
    votes : ndarray, shape (galaxy, answer)
        Vote counts [votes].
    schema : Schema
    path : sequence of str
        Columns of the answers given.
    least_fraction : float
        Share of the volunteers asked who must have given the answer.
    least_votes : int
        Volunteers who must have given it [votes].

    Returns
    -------
    mask : ndarray of bool, shape (galaxy,)
    steps : list of Step

    Examples
    --------
    >>> import numpy as np
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> mask, steps = remaining(np.array([[8, 2], [3, 7], [0, 0]]), schema, ["bar_yes"])
    >>> mask.tolist(), steps[0].galaxies, steps[0].votes
    ([True, False, False], 1, 8.0)
    """
    totals = total_votes(votes, schema)
    mask, steps = np.ones(len(votes), dtype=bool), []
    for answer in (schema.get_answer(label) for label in path):
        given = votes[:, answer.index]
        enough = np.maximum(least_fraction * totals[:, answer.question.index], max(least_votes, 1))
        mask = mask & (given >= enough)
        steps.append(Step(answer, int(mask.sum()), float(np.median(given[mask])) if mask.any() else np.nan))
    return mask, steps
