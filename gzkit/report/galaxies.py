"""What a page holds of a survey's galaxies: which of them, their numbers and their images."""

import math

import numpy as np
import pandas as pd

from gzkit.catalog.sky import sky_of, viewer_address
from gzkit.evaluation.surprise import surprises, uncertainty
from gzkit.images.stretch import stretch_in
from gzkit.plots.show import photo_address

PICTURES, SIDE = 300, 160  # images a page holds at most; their longer side [pixel]
NUMBERS = 100_000  # concentrations it holds at most: some 3,000 galaxies of GZ DECaLS, a megabyte


def hold(catalog, schema, predictions=None, *, pictures=PICTURES):
    """Galaxies as a page holds them, ready for JSON.

    Where there are too many, these: the ones that lead each order (surprise and uncertainty by question, predicted
    share by answer), and others at equal steps of the surprise. The same choice, made shorter, has the images.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str`` and votes, and perhaps ``file_loc``; with predictions, a row for each, in their order.
    schema : Schema
    predictions : Predictions, optional
        Without them the first galaxies are held, and others at equal steps.
    pictures : int
        Images at most.

    Returns
    -------
    dict
        ``ids``, ``votes``, ``pictures`` and ``links`` to the sky (addresses, or None), and with predictions
        ``concentration`` (four digits; answer by answer, sample by sample) and ``surprise`` (of the whole tree, then by
        question).
    """
    votes = catalog[schema.label_cols].to_numpy(dtype=int)
    orders, samples, stretch = [-np.arange(len(votes))], 1, None
    if predictions is not None:
        samples, stretch = predictions.concentration.shape[-1], stretch_in(predictions.info)
        whole, by_question = surprises(predictions, votes)
        sure = [uncertainty(predictions.concentration[:, question.columns]) for question in schema.questions]
        orders = [whole, *by_question.T, *sure, *predictions.vote_fractions().T]
    sky = sky_of(catalog, catalog["id_str"])
    if sky is None and predictions is not None:
        sky = predictions.sky
    most = max(NUMBERS // (len(schema.answers) * samples), pictures)
    rows = np.sort(_leading(orders, most))
    shown = set(_leading(orders, pictures)) if "file_loc" in catalog else ()
    files = catalog["file_loc"].to_numpy() if shown else ()
    held = {
        "ids": [str(name) for name in catalog["id_str"].to_numpy()[rows]],
        "votes": votes[rows].tolist(),
        "links": [None if sky is None else viewer_address(*sky[row]) for row in rows],
        "pictures": [photo_address(files[row], SIDE, stretch) if row in shown else None for row in rows],
    }
    if predictions is not None:
        numbers = predictions.concentration[rows].reshape(len(rows), -1)
        held["concentration"] = [[float(f"{x:.4g}") for x in row] for row in numbers]
        odd = np.column_stack([whole, by_question])[rows].round(2)
        held["surprise"] = [[None if math.isnan(x) else x for x in row] for row in odd.tolist()]
    return held


def _leading(orders, count):
    """Rows of those that lead an order, and of others at equal steps of the first order."""
    galaxies = len(orders[0])
    if galaxies <= count:
        return np.arange(galaxies)
    each = max(count // (2 * len(orders)), 1)
    leading = pd.unique(np.concatenate([np.argsort(-order, kind="stable")[:each] for order in orders]))[
        :count
    ]
    others = np.setdiff1d(
        np.argsort(-orders[0], kind="stable"), leading, assume_unique=True
    )  # in their order
    steps = np.linspace(0, len(others) - 1, count - len(leading)).round().astype(int)
    return np.concatenate([leading, others[steps]])
