"""Ways through a decision tree, and the chance that a volunteer takes them."""

from math import isnan


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


def _paths_to_question(question):
    if not question.asked_after:
        return [()]
    paths, sources = [], {}
    for answer in question.asked_after:
        sources.setdefault(answer.question, []).append(answer)
    for source, answers in sources.items():
        paths += [(*path, (source, tuple(answers))) for path in _paths_to_question(source)]
    return paths


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
