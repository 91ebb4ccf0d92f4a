"""How many volunteers go along each edge of a decision tree: arithmetic only, nothing is drawn here."""

from dataclasses import dataclass, field, replace
from math import isnan

import numpy as np

from gzkit.schema.tree import suggest
from gzkit.votes import check_votes, proportion_asked, total_votes, vote_fractions

FEW = 5  # a median of fewer votes than this says little of a galaxy [votes]


@dataclass(frozen=True)
class Flow:
    """Volunteers in a decision tree, from `votes_flow`, `fractions_flow` or `catalog_flow`.

    At every question the edges that arrive add up to its amount, and so do its answers.

    Attributes
    ----------
    answers : dict of str to float
        Volunteers who gave each answer, by column [votes, or a share of all volunteers].
    questions : dict of str to float
        Volunteers asked each question.
    edges : dict of (str, str) to float
        Volunteers who gave an answer (column) and went on to a question (name).
    fractions : dict of str to float
        Share, of those asked, who gave each answer; NaN where nobody was asked.
    answer_notes, question_notes : dict of str to str
        The figures as they are written into the drawing.
    few : set of str
        Questions that half of a catalogue's galaxies reach with fewer than `FEW` votes: it runs out of them there.
    signed : bool
        Whether amounts are differences, positive where the prediction has more.
    """

    answers: dict
    questions: dict
    edges: dict
    fractions: dict
    answer_notes: dict = field(default_factory=dict)
    question_notes: dict = field(default_factory=dict)
    few: set = field(default_factory=set)
    signed: bool = False

    @property
    def most(self):
        """Largest amount at any question: of its own, or of the edges that arrive, whatever their sign."""
        arriving = {}
        for (_, name), amount in self.edges.items():
            arriving[name] = arriving.get(name, 0.0) + abs(amount)
        return max([*map(abs, self.questions.values()), *arriving.values()], default=0.0)


def votes_flow(votes, schema):
    """Flow of one galaxy's votes.

    Edges into a question share its own total votes in proportion to the votes of the answers that lead to it, so
    widths add up although some volunteers stop on the way.

    Parameters
    ----------
    votes : array_like, shape (answer,)
        Vote counts [votes], columns in the order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        If the votes are no votes, or not one an answer.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema(
    ...     {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"]}, {"shape": None, "edge-on": "shape_disk"}
    ... )
    >>> votes_flow([10, 30, 5, 24], schema).edges
    {('shape_disk', 'edge-on'): 29.0}
    """
    votes = check_votes(votes, schema, whole=False)
    if votes.ndim != 1:
        raise ValueError(f"expected the votes of one galaxy, got an array of shape {votes.shape}")
    flow = _mean_flow(votes[None, :], schema)
    for question in schema.questions:
        total = flow.questions[question.text]
        flow.question_notes[question.text] = (
            f"{_amount(total)} vote{'s' * (total != 1)}" if total else "nobody asked"
        )
    return flow


def fractions_flow(fractions, schema):
    """Flow of vote fractions, measured or predicted: a share of all volunteers along each edge.

    Parameters
    ----------
    fractions : array_like, shape (answer,)
        Vote fractions in [0, 1], those of a question adding up to 1, or all NaN where nobody was asked.
    schema : Schema

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        If there is not one an answer, or a question's fractions are outside [0, 1] or do not add up to 1.
    """
    fractions = np.asarray(fractions, dtype=float)
    if fractions.shape != (len(schema.answers),):
        raise ValueError(
            f"expected {len(schema.answers)} fractions, one an answer, got shape {fractions.shape}"
        )
    for question in schema.questions:
        part = fractions[question.columns]
        if np.isnan(part).all():
            continue
        if not ((part >= 0) & (part <= 1)).all() or abs(part.sum() - 1) > 0.02:
            raise ValueError(
                f"fractions of question {question.text!r} are {part.tolist()}; "
                "they must lie in [0, 1] and add up to 1 (or all be NaN where nobody was asked)"
            )
    asked, shares = np.nan_to_num(proportion_asked(fractions, schema)), np.nan_to_num(fractions)
    for question in schema.questions:
        shares[question.columns] *= asked[question.index] / (shares[question.columns].sum() or 1.0)
    flow = replace(_mean_flow(shares[None, :], schema), fractions=_by_label(fractions, schema))
    for label in flow.answer_notes:
        flow.answer_notes[label] = _percent(flow.fractions[label])
    for question in schema.questions:
        reached = f"{_percent(asked[question.index])} asked"
        flow.question_notes[question.text] = reached if flow.questions[question.text] else "nobody asked"
    return flow


def catalog_flow(votes, schema):
    """Mean flow over the galaxies of a catalogue, and how many volunteers reached each question.

    Parameters
    ----------
    votes : array_like, shape (galaxy, answer)
        Vote counts [votes].
    schema : Schema

    Returns
    -------
    Flow
        Mean votes a galaxy; a question's note gives the median and range of its total votes, and says where they
        are few.

    Raises
    ------
    ValueError
        If the votes are no votes, or there is no galaxy.
    """
    votes = check_votes(votes, schema, whole=False)
    if votes.ndim != 2 or not len(votes):
        raise ValueError(f"expected the votes of several galaxies, got an array of shape {votes.shape}")
    flow = _mean_flow(votes, schema)
    totals = total_votes(votes, schema)
    for question in schema.questions:
        column = totals[:, question.index]
        low, middle, high = (_amount(value) for value in (column.min(), np.median(column), column.max()))
        flow.question_notes[question.text] = f"median {middle} ({low}–{high})"
        if np.median(column) < FEW:
            flow.few.add(question.text)
            flow.question_notes[question.text] = f"few: median {middle} ({low}–{high})"
    return flow


def difference_flow(truth, prediction):
    """What a prediction sends along each edge beyond what the volunteers did; negative where it sends less.

    Parameters
    ----------
    truth, prediction : Flow
        Both as shares of all volunteers, from `fractions_flow`.

    Returns
    -------
    Flow
    """
    minus = {
        name: {key: getattr(prediction, name)[key] - value for key, value in getattr(truth, name).items()}
        for name in ("answers", "questions", "edges", "fractions")
    }
    flow = Flow(**minus, signed=True)
    for label, change in flow.fractions.items():
        if not isnan(change):
            flow.answer_notes[label] = _signed(change)
    for name, change in flow.questions.items():
        flow.question_notes[name] = f"asked {_signed(change)}"
    return flow


def read_row(row, schema):
    """Values of one galaxy, or of several, as an array in the order of the columns.

    Parameters
    ----------
    row : array_like, dict, Series or DataFrame
        With names (a dict, a row or a table of a catalogue), columns are looked up; without, they must be in the
        order of ``schema.label_cols``.
    schema : Schema

    Returns
    -------
    ndarray, shape (..., answer)

    Raises
    ------
    ValueError
        If a column is missing.
    """
    names = row.keys() if hasattr(row, "keys") else None
    if names is None:
        return np.asarray(row)
    missing = [label for label in schema.label_cols if label not in names]
    if missing:
        hint = suggest(missing[0], [name for name in names if isinstance(name, str)])
        raise ValueError(f"no column {missing[0]!r}{hint} ({len(missing)} missing)")
    if hasattr(row, "to_numpy"):
        return row[schema.label_cols].to_numpy(dtype=float, na_value=np.nan)
    return np.array([row[label] for label in schema.label_cols])


def question_paths(schema, label):
    """Ways through the tree to an answer.

    Parameters
    ----------
    schema : Schema
    label : str
        The answer's column.

    Returns
    -------
    list of tuple of (Question, tuple of Answer)
        Each way: the questions met, each with the answers any of which leads on.

    Raises
    ------
    KeyError
        If there is no such answer; the nearest is suggested.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.load_schema("gz-decals-dr5")
    >>> [[question.text for question, _ in path] for path in question_paths(schema, "bar_weak")]
    [['smooth-or-featured', 'disk-edge-on', 'bar']]
    """
    answer = schema.get_answer(label)
    return [(*path, (answer.question, (answer,))) for path in _paths_to_question(answer.question)]


def path_product(path, flow):
    """Chance of one way through the tree, written out.

    Parameters
    ----------
    path : sequence of (Question, tuple of Answer)
        One of `question_paths`.
    flow : Flow

    Returns
    -------
    text : str
        ``"smooth-or-featured: featured-or-disk (0.80) × disk-edge-on: no (0.90) = 0.72"``; questions of which every
        answer leads on are left out, their factor being 1.
    product : float
        NaN where a fraction on the way is unknown.
    """
    factors, product = [], 1.0
    for question, answers in path:
        if len(answers) == len(question.answers):
            continue
        share = sum(flow.fractions[answer.label] for answer in answers)
        known = "?" if isnan(share) else f"{share:.2f}"
        factors.append(f"{question.text}: {' or '.join(answer.text for answer in answers)} ({known})")
        product = 0.0 if product == 0 else product * share
    outcome = "?" if isnan(product) else f"{product:.3f}" if 0 < product < 0.1 else f"{product:.2f}"
    return (" × ".join(factors) or "everybody") + f" = {outcome}", product


def _paths_to_question(question):
    if not question.asked_after:
        return [()]
    paths, sources = [], {}
    for answer in question.asked_after:
        sources.setdefault(answer.question, []).append(answer)
    for source, answers in sources.items():
        paths += [(*path, (source, tuple(answers))) for path in _paths_to_question(source)]
    return paths


def _mean_flow(votes, schema):
    """Mean over galaxies of the flow of each; votes of shape (galaxy, answer)."""
    totals = total_votes(votes, schema)
    means = votes.mean(axis=0, dtype=float)
    answers = _by_label(means, schema)
    questions = {question.text: float(totals[:, question.index].mean()) for question in schema.questions}
    edges = {}
    for question in schema.questions:
        labels = [answer.label for answer in question.asked_after]
        if labels:
            arriving = votes[:, [answer.index for answer in question.asked_after]].astype(float)
            everyone = arriving.sum(axis=1, keepdims=True)
            even = np.full_like(arriving, 1 / len(labels))
            share = np.divide(arriving, everyone, out=even, where=everyone > 0)
            mean = (share * totals[:, question.index, None]).mean(axis=0)
            edges |= {(label, question.text): float(value) for label, value in zip(labels, mean, strict=True)}
    fractions = vote_fractions(votes.sum(axis=0), schema)
    flow = Flow(answers, questions, edges, _by_label(fractions, schema))
    for answer in schema.answers:
        if questions[answer.question.text]:
            share = flow.fractions[answer.label]
            flow.answer_notes[answer.label] = f"{_amount(answers[answer.label])} · {_percent(share)}"
    return flow


def _by_label(values, schema):
    return {answer.label: float(values[answer.index]) for answer in schema.answers}


def _amount(value):
    """A count as it is written: whole where it is."""
    value = float(value)
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.0f}" if value == round(value) or value >= 100 else f"{value:.1f}"


def _percent(share):
    if isnan(share):
        return "?"
    return "<1%" if 0 < share < 0.005 else f"{100 * share:.0f}%"


def _signed(change):
    points = round(100 * change)
    return "±0" if points == 0 else f"{'▲' if points > 0 else '▼'} {abs(points)}"
