"""One galaxy on a page, and galleries of many."""

from __future__ import annotations

import math
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from gzkit.catalog.taken import rows_in
from gzkit.evaluation.cuts import find_answer
from gzkit.evaluation.evaluate import has_votes, matched_votes
from gzkit.evaluation.surprise import surprise
from gzkit.mistakes import check_arguments, described
from gzkit.plots.axes import seen_once, wrapped
from gzkit.plots.letters import legible
from gzkit.plots.votes import draw_questions, question_rows, vote_codes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from gzkit.predictions.predictions import Predictions

PAGE = (13.333, 7.5)  # width and least height [inch]: a slide
LEFT, PICTURE, EDGE = 5.6, 5.1, 0.3  # where the questions begin, side of the picture, margin [inch]
NAMES, COUNTS = 1.55, 0.5  # beside the bars, for names and for votes [inch]
TALLEST, LOWEST = 0.3, 0.2  # height of an answer [inch]


def plot_galaxy(
    predictions: Predictions, galaxy: str, *, catalog: pd.DataFrame | None = None, level: float = 0.9
) -> Figure:
    """One slide for one galaxy: its image, and question by question what was predicted and observed.

    Questions follow the tree, down two columns. A tree of very many questions makes the page longer.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    catalog : DataFrame, optional
        With ``id_str``; its image is shown if there is a ``file_loc``, its votes if there are columns of votes.
    level : float
        Probability of the intervals of the votes.

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If there is no such galaxy.
    ValueError
        If the catalogue has no row for it.
    """
    import matplotlib.pyplot as plt

    check_arguments("plot_galaxy", predictions=predictions, catalog=catalog)
    schema, one = predictions.schema, predictions[check_id(predictions, galaxy)]
    votes = matched_votes(one, catalog)[0] if has_votes(catalog, schema) else None
    rows = [question_rows([question]) for question in schema.walk_order]
    halfway = np.cumsum(rows) - np.array(rows) / 2 > sum(rows) / 2
    columns = [
        part for part in (list(compress(schema.walk_order, half)) for half in (~halfway, halfway)) if part
    ]
    tallest = max(map(question_rows, columns))
    row = float(np.clip((PAGE[1] - 3 * EDGE) / tallest, LOWEST, TALLEST))  # [inch]
    height = max(PAGE[1], row * tallest + 3 * EDGE)
    figure = plt.figure(figsize=(PAGE[0], height))

    def axes_at(left, top, width, tall):
        """Axes by distances from the upper left corner [inch]."""
        return figure.add_axes((left / PAGE[0], 1 - (top + tall) / height, width / PAGE[0], tall / height))

    image, width = axes_at(EDGE, 0.75, PICTURE, PICTURE), (PAGE[0] - LEFT - EDGE) / 2 - NAMES - COUNTS
    _draw_image(image, catalog, galaxy, predictions.info, size=16)
    for i, part in enumerate(columns):
        left = LEFT + NAMES + i * (NAMES + width + COUNTS)
        ax = axes_at(left, EDGE, width, row * question_rows(part))
        draw_questions(ax, part, votes=votes, prediction=one, level=level, left=-NAMES / width)
    codes = vote_codes(figure.axes[1], level, predicted=True)
    place = {"loc": "upper left", "bbox_to_anchor": (0, -0.02), "borderaxespad": 0}
    image.legend(*codes, frameon=False, fontsize=12, **place)
    return seen_once(legible(figure))


def check_id(predictions, galaxy):
    """A galaxy's id, if it is one: a place is none, since it changes when galaxies are chosen.

    Parameters
    ----------
    predictions : Predictions
    galaxy : object

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If it is a number or anything else.
    """
    if isinstance(galaxy, str):
        return galaxy
    example = f"{str(predictions.id_str[0])!r}" if len(predictions) else "'J1'"
    place = (
        f"; for the galaxy at place {galaxy} give predictions.id_str[{galaxy}]"
        if isinstance(galaxy, int)
        else ""
    )
    raise KeyError(f"a galaxy is named by its id, such as {example}, got {described(galaxy)}{place}")


def plot_gallery(
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    order_by: str | ArrayLike | None = None,
    show: str | None = None,
    descending: bool = True,
    count: int = 12,
    columns: int = 6,
) -> Figure:
    """Galaxies in an order, each with its image and its prediction.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and ``file_loc``; its votes are given too if it has them.
    order_by : str or array_like of shape (galaxy,), optional
        An answer (``"bar_strong"``), whose predicted fraction orders the galaxies; ``"surprise"``, how odd their votes
        are under the prediction, which is then written of the question that surprises most; or any value for each. By
        default they stay as they are.
    show : str, optional
        The answer whose prediction is written: by default the one that orders, or the leading answer of the first
        question.
    descending : bool
        Whether the largest comes first.
    count : int
        Galaxies shown.
    columns : int

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If an answer is not known, there is not one value a galaxy, or a galaxy has no row in the catalogue.
    """
    import matplotlib.pyplot as plt

    odd = surprise(predictions, catalog) if isinstance(order_by, str) and order_by == "surprise" else None
    order = _order(predictions, order_by if odd is None else odd["surprise"], descending)[:count]
    chosen = predictions[order]
    if show is None and isinstance(order_by, str) and odd is None:
        show = order_by
    captions = _captions(
        chosen,
        catalog,
        None if show is None else find_answer(show, predictions.schema),
        None if odd is None else odd.iloc[order],
    )
    columns = min(columns, max(len(chosen), 1))
    rows = max(math.ceil(len(chosen) / columns), 1)
    most = max((caption.count("\n") for caption in captions), default=0) + 1  # lines under a picture
    size = (2.1 * columns, (2.4 + 0.17 * most) * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax in grid.ravel()[len(chosen) :]:
        ax.remove()
    for ax, galaxy, caption in zip(grid.ravel(), chosen.id_str, captions, strict=False):
        _draw_image(ax, catalog, galaxy, predictions.info)
        ax.set_title(wrapped(galaxy, 24), fontsize=9, parse_math=False)
        ax.set_xlabel(caption, fontsize=9, parse_math=False)
    return seen_once(legible(figure))


def _order(predictions, order_by, descending):
    if order_by is None:
        return np.arange(len(predictions))
    if isinstance(order_by, str):
        values = predictions.vote_fractions()[:, find_answer(order_by, predictions.schema).index]
    else:
        values = np.asarray(order_by, dtype=float)
        if values.shape != (len(predictions),):
            raise ValueError(
                f"order_by: need one value for each of {len(predictions)} galaxies, got {values.shape}"
            )
    return np.argsort(-values if descending else values, kind="stable")  # NaN last


def _captions(predictions, catalog, answer, odd):
    """Two lines a galaxy: the answer with its predicted fraction and interval, and its votes; and what surprises."""
    schema = predictions.schema
    fraction = predictions.vote_fractions()
    lower, upper = predictions.interval(0.9)
    votes = matched_votes(predictions, catalog) if has_votes(catalog, schema) else None
    captions = []
    for row in range(len(predictions)):
        most = None if odd is None else odd["question"].iloc[row]  # missing where nobody was asked
        asked = schema.get_question(most) if isinstance(most, str) else schema.questions[0]
        i = asked.columns.start + int(fraction[row, asked.columns].argmax())
        i = i if answer is None else answer.index
        shown = schema.answers[i]
        text = wrapped(shown.text, 16) + f" {fraction[row, i]:.2f} ({lower[row, i]:.2f}–{upper[row, i]:.2f})"
        if votes is not None:
            total = votes[row, shown.question.columns].sum()
            text += f"\n{votes[row, i]} of {total} votes" if total else "\nnot asked"
        if isinstance(most, str):
            text += f"\n{wrapped(most, 22)}:\n{odd[most].iloc[row]:.1f} deviations off"
        captions.append(text)
    return captions


def _draw_image(ax, catalog, galaxy, info, size=11):
    """The galaxy's image with its id above, or a grey field where there is none."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    if catalog is not None and "file_loc" in catalog:
        from gzkit.images.read import read_image
        from gzkit.images.stretch import stretch_in

        (row,) = rows_in(catalog, [galaxy])
        image = read_image(catalog["file_loc"].iloc[row], stretch_in(info))
        ax.imshow(image, interpolation="bicubic")
    else:
        ax.set(facecolor="#ECECEC", aspect="equal", xlim=(0, 1), ylim=(0, 1))
        ax.text(0.5, 0.5, "no image", ha="center", va="center", color="#5F5F5F", fontsize=size)
    ax.set_title(wrapped(galaxy, 26), fontsize=size, parse_math=False)
