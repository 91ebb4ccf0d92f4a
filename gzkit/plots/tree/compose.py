"""From what a tree drawing is asked to show to its panels: shared by the figure and the SVG."""

import numpy as np

from gzkit.plots.tree.flow import (
    catalog_flow,
    difference_flow,
    fractions_flow,
    read_row,
    votes_flow,
)
from gzkit.plots.tree.layout import Style
from gzkit.plots.tree.page import LARGEST, SIZES, campaigns, make_page
from gzkit.plots.tree.paths import path_product, question_paths
from gzkit.votes import vote_fractions

RIBBON = 24.0  # width of the edges at a question that every volunteer answers [points]
ICON = 26.0  # side of an answer's picture [points]
IMAGE = 72.0  # side of the galaxy's picture [points]
COMPARISONS = ("side by side", "difference")
_PATHS_SHOWN = 3


def compose_tree(
    schema,
    votes=None,
    *,
    fractions=None,
    prediction=None,
    compare="side by side",
    highlight=None,
    icons=False,
    image=False,
    orientation="auto",
    wording=False,
    room=SIZES["notebook"],
    largest=LARGEST["notebook"],
    title=None,
):
    """Panels of a tree drawing and the flow in each.

    Parameters
    ----------
    schema : Schema
    votes, fractions, prediction, compare, highlight, orientation, wording, title
        As in `plot_tree`.
    icons, image : bool
        Whether there are pictures to make room for.
    room : (float, float)
        Width and height of the figure [inches].
    largest : float
        Greatest scale.

    Returns
    -------
    page : Page
    flows : list of (Flow or None)
        One a panel.
    """
    shown = choose_flows(schema, votes, fractions, prediction, compare)
    style = Style(
        wording=wording,
        values=shown[0][1] is not None,
        icon=ICON if icons else 0.0,
        image=IMAGE if image else 0.0,
        ribbon=8.0 if shown[0][1] is None else RIBBON,
    )
    parts = campaigns(schema)
    name = schema.name if title is None else title
    if isinstance(highlight, str) and title is None:
        name = f"{name}: paths to {highlight}".removeprefix(": ")
    trees, flows = [], []
    for ending, part in parts.items():
        for subtitle, flow in shown:
            heading = " · ".join(text for text in (name, ending, subtitle) if text)
            captions = _captions(part, highlight, flow)
            trees.append((part, ending, heading, captions))
            flows.append(flow)
    page = make_page(trees, style, orientation=orientation, room=room, largest=largest, abreast=len(shown))
    return page, flows


def choose_flows(schema, votes, fractions, prediction, compare):
    """What flows in each panel.

    Parameters
    ----------
    schema : Schema
    votes, fractions, prediction, compare
        As in `plot_tree`.

    Returns
    -------
    list of (str, Flow or None)
        A subtitle and a flow a panel.

    Raises
    ------
    ValueError
        If values do not fit the schema, both votes and fractions are given, or the comparison is unknown.
    """
    if compare not in COMPARISONS:
        raise ValueError(f"compare is one of {', '.join(map(repr, COMPARISONS))}, got {compare!r}")
    if votes is not None and fractions is not None:
        raise ValueError("give votes or fractions, not both")
    truth = _truth_flow(schema, votes, fractions)
    if prediction is None:
        return [truth or ("", None)]
    predicted = fractions_flow(_predicted_fractions(prediction, schema), schema)
    if truth is None:
        return [("prediction", predicted)]
    if compare == "side by side":
        return [("volunteers", truth[1]), ("prediction", predicted)]
    measured = read_row(fractions, schema) if votes is None else _pooled_fractions(votes, schema)
    return [("prediction minus volunteers", difference_flow(fractions_flow(measured, schema), predicted))]


def is_difference(votes, fractions, prediction, compare):
    """Whether this asks for the difference of a prediction and votes or fractions.

    Parameters
    ----------
    votes, fractions, prediction, compare
        As in `plot_tree`.

    Returns
    -------
    bool
    """
    return compare == "difference" and prediction is not None and not (votes is None and fractions is None)


def path_keys(schema, highlight):
    """Columns and question names along the paths to an answer, or along one walk; None without one.

    Parameters
    ----------
    schema : Schema
    highlight : str, sequence of str, or None
        Column of an answer, to which all paths lead, or the columns of the answers of one walk, which leads up to the
        questions that these lead to.

    Returns
    -------
    set of str or None

    Raises
    ------
    KeyError
        If there is no such answer; the nearest is suggested.
    """
    if highlight is None:
        return None
    if not isinstance(highlight, str):
        walk = [schema.get_answer(label) for label in highlight]
        met = {question.text for answer in walk for question in (answer.question, *answer.next_questions)}
        return {answer.label for answer in walk} | met
    return {
        key
        for path in question_paths(schema, highlight)
        for question, answers in path
        for key in (question.text, *(answer.label for answer in answers))
    }


def _truth_flow(schema, votes, fractions):
    if fractions is not None:
        return "", fractions_flow(read_row(fractions, schema), schema)
    if votes is None:
        return None
    values = read_row(votes, schema)
    if values.ndim == 2 and len(values) > 1:
        return f"mean of {len(values):,} galaxies", catalog_flow(values, schema)
    return "", votes_flow(values[0] if values.ndim == 2 and len(values) else values, schema)


def _pooled_fractions(votes, schema):
    values = read_row(votes, schema)
    return vote_fractions(values.sum(axis=0) if values.ndim == 2 else values, schema)


def _predicted_fractions(prediction, schema):
    values = (
        read_row(prediction, schema)
        if not hasattr(prediction, "vote_fractions")
        else prediction.vote_fractions()
    )
    values = np.asarray(values, dtype=float)
    if values.ndim == 2 and len(values) == 1:
        values = values[0]
    if values.shape != (len(schema.answers),):
        raise ValueError(
            f"prediction: expected one galaxy, {len(schema.answers)} fractions, got an array of shape {values.shape}"
        )
    return values


def _captions(schema, highlight, flow):
    """The product of fractions along the paths to the highlighted answer, the likeliest first."""
    if not isinstance(highlight, str) or flow is None or highlight not in schema.label_cols:
        return []
    products = [path_product(path, flow) for path in question_paths(schema, highlight)]
    products.sort(key=lambda item: -np.nan_to_num(item[1]))
    if len(products) == 1:
        return [products[0][0]]
    captions = [f"{i}) {text}" for i, (text, _) in enumerate(products[:_PATHS_SHOWN], start=1)]
    more = len(products) - _PATHS_SHOWN
    total = sum(product for _, product in products)
    captions.append(f"all {len(products)} paths{' (the likeliest above)' if more > 0 else ''}: {total:.2f}")
    return captions
