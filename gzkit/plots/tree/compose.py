"""From what a tree drawing is asked to show to its scene: shared by the figure and the SVG."""

from dataclasses import replace

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
from gzkit.plots.tree.order import question_tiers
from gzkit.plots.tree.page import PAGE, SMALLEST, Room, Tree, campaigns, divide, fits, make_page, part_of
from gzkit.plots.tree.scene import make_scene
from gzkit.schema.surveys import as_schema
from gzkit.votes import are_fractions, vote_fractions

RIBBON, NARROW_RIBBON = 24.0, 12.0  # width of the edges at a question that every volunteer answers [points]
PLAIN_RIBBON = 8.0  # room for edges that stand for no number [points]
ICON, SMALL_ICON = 26.0, 22.0  # side of an answer's picture [points]
IMAGE = 72.0  # side of the galaxy's picture [points]
RARE = 0.005  # answers that a smaller share of all volunteers gave are left out where room is dear
COMPARISONS = ("side by side", "difference")
_PATHS_SHOWN = 3


def tree_scenes(
    schema, votes=None, *, fractions=None, predictions=None, compare="side by side", highlight=None, icons=False,
    image=None, numbers="all", orientation="auto", wording=False, title=None, theme=LIGHT, room=PAGE, several=False,
):  # fmt: skip
    """What a tree drawing shows: the one preparation of the figure and of the SVG.

    Parameters
    ----------
    schema : Schema or str
    votes, fractions, predictions, compare, highlight, icons, image, orientation, wording, title
        As in `plot_tree`.
    numbers : {"all", "shares", "none"}
        How much is written where something flows, as in `Style`: with fewer numbers, texts come out larger. Where texts
        would be smaller than the room allows, shares are written alone.
    theme : Theme
    room : Room or (float, float)
        Width and height [inches].
    several : bool
        Go on to more pages where one is too small.

    Returns
    -------
    scenes : list of Scene
        One a page.
    flows : list of (Flow or None)
        One a panel.

    Raises
    ------
    ValueError
        If the texts of the only page would be smaller than the room allows.
    """
    check_arguments("plot_tree", schema=schema, votes=votes)
    schema, room = as_schema(schema), Room(*room)
    on_path, pictures = path_keys(schema, highlight), read_pictures(schema, icons, image)
    shown = choose_flows(schema, votes, fractions, predictions, compare)
    values = shown[0][1] is not None
    style = Style(
        wording=wording,
        numbers=numbers if values else "none",
        icon=(SMALL_ICON if room.filled else ICON) if icons is not False else 0.0,
        image=0.0 if image is None else IMAGE,
        ribbon=PLAIN_RIBBON if not values else NARROW_RIBBON if room.filled else RIBBON,
    )
    name = schema.name if title is None else title
    if isinstance(highlight, str) and title is None:
        name = f"{name}: paths to {highlight}".removeprefix(": ")
    trees = []
    for ending, part in campaigns(schema).items():
        for subtitle, flow in shown:
            subtitle = "" if title == "" and len(shown) == 1 else subtitle
            heading = " · ".join(text for text in (name, ending, subtitle) if text)
            captions = tuple(_captions(part, highlight, flow))
            tiers = question_tiers(part.walk_order)
            trees.append(Tree(part, ending, heading, captions, flow, tiers=tiers))
    if room.filled:
        trees = _without_rare(trees, on_path or set(), len(shown))

    def page(trees, style=style):
        return _largest(trees, style, room, orientation=orientation, abreast=len(shown))

    pages = [page(trees)]
    if several and not fits(pages[0], room):
        groups = [trees[i : i + len(shown)] for i in range(0, len(trees), len(shown))]
        pages = [one for group in groups for one in divide(group, page, room)]
        written = {page.panels[0].layout.style.numbers for page in pages}
        if len(written) > 1:  # as many numbers on each of them
            shares = replace(style, numbers="shares")
            fewer = [page([panel.tree for panel in one.panels], shares) for one in pages]
            pages = fewer if all(fits(one, room) for one in fewer) else pages
    smallest = min(pages, key=lambda page: page.scale)
    if not fits(smallest, room):
        raise ValueError(_refusal(smallest, room, several))
    pages = [replace(page, scale=smallest.scale) for page in pages]  # one size of text on all of them
    return [make_scene(page, theme, highlight=on_path, pictures=pictures) for page in pages], [
        flow for _ in campaigns(schema) for _, flow in shown
    ]


def _largest(trees, style, room, **options):
    """The page; where its texts would be too small with shares alone, and then folded."""
    numbers = dict.fromkeys((style.numbers, "none" if style.numbers == "none" else "shares"))
    for filled in sorted({room.filled, True}):
        for written in numbers:
            page = make_page(
                trees, replace(style, numbers=written), room=room._replace(filled=filled), **options
            )
            if fits(page, room):
                return page
    return page


def _refusal(page, room, several):
    name, text = page.panels[0].tree.title or "this tree", SMALLEST * page.scale
    times = room.least / text
    help = "" if several else ", or gz.plots.tree_pages, which draws several"
    return (
        f"plot_tree: {name} would be written in {text:.1f} pt on {room.width:.3g} x {room.height:.3g} inches, and "
        f"{room.least:g} pt is the least that is read there; size=({room.width * times:.1f}, "
        f"{room.height * times:.1f}) fits{help}"
    )


def _without_rare(trees, on_path, abreast):
    """The trees without the answers that hardly anybody gave, which their captions then say."""
    found = []
    for first in range(0, len(trees), abreast):
        together = trees[first : first + abreast]
        schema, flows = together[0].schema, [tree.flow for tree in together]
        if any(flow is None or flow.signed for flow in flows):
            found += together
            continue
        kept = {
            label for label in schema.label_cols
            if label in on_path or any(flow.answers[label] >= RARE * flow.most > 0 for flow in flows)
        }  # fmt: skip
        for question in reversed(schema.walk_order):
            before = {answer.label for answer in question.asked_after}
            if not kept.isdisjoint(question.labels) and kept.isdisjoint(before):
                kept |= before
        left = [label for label in schema.label_cols if label not in kept]
        few = (
            "under 1 of 200 volunteers"
            if any(flow.answers[label] for label in left for flow in flows)
            else "nobody"
        )
        told = (
            (f"not drawn: {len(left)} answer{'s' * (len(left) > 1)} that {few} gave",)
            if left and kept
            else ()
        )
        part = part_of(schema, kept) if told else schema
        found += [replace(tree, schema=part, captions=(*tree.captions, *told)) for tree in together]
    return found


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
