"""From what a tree drawing is asked to show to its scene: shared by the figure and the SVG."""

import numpy as np

from gzkit.mistakes import check_arguments
from gzkit.palette import LIGHT
from gzkit.plots.tree.flow import (
    catalog_flow,
    difference_flow,
    fractions_flow,
    path_product,
    question_paths,
    read_row,
    votes_flow,
)
from gzkit.plots.tree.icons import read_pictures
from gzkit.plots.tree.layout import Style
from gzkit.plots.tree.page import LARGEST, LONGEST, SIZES, campaigns, make_page
from gzkit.plots.tree.scene import make_scene
from gzkit.schema.surveys import as_schema
from gzkit.votes import are_fractions, vote_fractions

RIBBON = 24.0  # width of the edges at a question that every volunteer answers [points]
PLAIN_RIBBON = 8.0  # room for edges that stand for no number [points]
ICON = 26.0  # side of an answer's picture [points]
IMAGE = 72.0  # side of the galaxy's picture [points]
COMPARISONS = ("side by side", "difference")
_PATHS_SHOWN = 3


def tree_scene(
    schema,
    votes=None,
    *,
    fractions=None,
    predictions=None,
    compare="side by side",
    highlight=None,
    icons=False,
    image=None,
    numbers="all",
    orientation="auto",
    wording=False,
    title=None,
    theme=LIGHT,
    room=(SIZES["notebook"][0], LONGEST),
    largest=LARGEST["notebook"],
):
    """What a tree drawing shows: the one preparation of the figure and of the SVG.

    Parameters
    ----------
    schema : Schema or str
    votes, fractions, predictions, compare, highlight, icons, image, orientation, wording, title
        As in `plot_tree`.
    numbers : {"all", "shares", "none"}
        How much is written where something flows, as in `Style`: with fewer numbers, texts come out larger.
    theme : Theme
    room : (float, float)
        Width and height of the figure [inches].
    largest : float
        Greatest scale.

    Returns
    -------
    scene : Scene
    flows : list of (Flow or None)
        One a panel.
    """
    check_arguments("plot_tree", schema=schema, votes=votes)
    schema = as_schema(schema)
    on_path, pictures = path_keys(schema, highlight), read_pictures(schema, icons, image)
    shown = choose_flows(schema, votes, fractions, predictions, compare)
    values = shown[0][1] is not None
    style = Style(
        wording=wording,
        numbers=numbers if values else "none",
        icon=ICON if icons else 0.0,
        image=0.0 if image is None else IMAGE,
        ribbon=RIBBON if values else PLAIN_RIBBON,
    )
    name = schema.name if title is None else title
    if isinstance(highlight, str) and title is None:
        name = f"{name}: paths to {highlight}".removeprefix(": ")
    trees, flows = [], []
    for ending, part in campaigns(schema).items():
        for subtitle, flow in shown:
            subtitle = "" if title == "" and len(shown) == 1 else subtitle
            heading = " · ".join(text for text in (name, ending, subtitle) if text)
            trees.append((part, ending, heading, _captions(part, highlight, flow)))
            flows.append(flow)
    page = make_page(trees, style, orientation=orientation, room=room, largest=largest, abreast=len(shown))
    return make_scene(page, flows, theme, highlight=on_path, pictures=pictures), flows


def choose_flows(schema, votes, fractions, predictions, compare):
    """What flows in each panel.

    Parameters
    ----------
    schema : Schema
    votes, fractions, predictions, compare
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
    votes, fractions = (None if given is None else read_row(given, schema) for given in (votes, fractions))
    if votes is not None and are_fractions(votes.astype(float)):
        raise ValueError("votes: these are vote fractions, from 0 to 1, not counts: give them as fractions=")
    truth = _truth_flow(schema, votes, fractions)
    if predictions is None:
        return [truth or ("", None)]
    predicted = fractions_flow(_predicted_fractions(predictions, schema), schema)
    if truth is None:
        return [("prediction", predicted)]
    if compare == "side by side":
        return [("volunteers", truth[1]), ("prediction", predicted)]
    measured = fractions if votes is None else vote_fractions(np.atleast_2d(votes).sum(axis=0), schema)
    return [("prediction minus volunteers", difference_flow(fractions_flow(measured, schema), predicted))]


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
        return "", fractions_flow(fractions, schema)
    if votes is None:
        return None
    if votes.ndim == 2 and len(votes) > 1:
        return f"mean of {len(votes):,} galaxies", catalog_flow(votes, schema)
    return "", votes_flow(votes[0] if votes.ndim == 2 and len(votes) else votes, schema)


def _predicted_fractions(predictions, schema):
    given = (
        predictions.vote_fractions()
        if hasattr(predictions, "vote_fractions")
        else read_row(predictions, schema)
    )
    values = np.asarray(given, dtype=float)
    if values.ndim == 2 and len(values) == 1:
        values = values[0]
    if values.shape != (len(schema.answers),):
        raise ValueError(
            f"predictions: expected one galaxy, {len(schema.answers)} fractions, got an array of shape {values.shape}"
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
