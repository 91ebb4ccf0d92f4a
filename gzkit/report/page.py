"""One page of HTML that shows how well votes were predicted, galaxy by galaxy, and how the model was trained."""

from __future__ import annotations

import html
from string import Template
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzkit.catalog.taken import rows_in, take_catalog
from gzkit.evaluation.evaluate import WHOLE_TREE, evaluate, matched_votes
from gzkit.images.stretch import stretch_in
from gzkit.mistakes import check_arguments, check_ranges
from gzkit.plots.show import figure_bundle
from gzkit.plots.tree.icons import catalog_pictures
from gzkit.report.galaxies import PICTURES, hold
from gzkit.report.tree import read_part, tree_html, write_page

if TYPE_CHECKING:
    import os

    from gzkit.predictions.predictions import Predictions
    from gzkit.training.state import FinetuneRun

DPI = 110  # of the figures
COUNT = (
    "not a whole number from 0 on",
    lambda value: isinstance(value, int | np.integer) and bool(value >= 0),
)
CONFUSIONS = 12  # questions whose confusion is drawn, those with most votes

COLUMNS = {  # of the table of questions: heading, digits
    "galaxies": ("galaxies", 0),
    "votes": ("votes", 0),
    "nll": ("loss", 2),
    "nll_constant": ("constant", 2),
    "skill": ("skill", 2),
    "fraction_mae": ("fraction error", 3),
    "accuracy_confident": ("confident", 2),
    "galaxies_confident": ("of", 0),
    "coverage_90": ("90 % interval", 2),
}


def write_report(
    path: str | os.PathLike,
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    run: FinetuneRun | str | os.PathLike | None = None,
    train: pd.DataFrame | None = None,
    title: str = "Galaxy Zoo votes",
    about: str = "",
    galaxies: int = PICTURES,
) -> pd.DataFrame:
    """Write a report on predictions as one HTML file that lives with nothing beside it: no kernel, no network.

    Parameters
    ----------
    path : str or Path
    predictions : Predictions
    catalog : DataFrame
        Votes of the predicted galaxies [votes], and their ``file_loc``, as `gzkit.read_catalog` gives them.
    run : FinetuneRun, str or Path, optional
        The training, or the ``save_dir`` of one, as `gzkit finetune` writes it: its course and its settings.
    train : DataFrame, optional
        Votes that the model was trained on; the constant prediction is fitted to them.
    title : str
    about : str
        A sentence on what was done, under the title.
    galaxies : int
        Images that the page holds at most. It holds the numbers of all galaxies, or of some 3,000 of GZ DECaLS (100,000
        concentrations): those that lead each order, and others at equal steps of the surprise.

    Returns
    -------
    DataFrame
        The per-question table, as `gzkit.evaluate` gives it.

    Raises
    ------
    ValueError
        If a predicted galaxy is not in the catalog, `run` is no training, or `galaxies` is no whole number.
    TypeError
        If an argument is of another kind.
    """
    check_arguments("write_report", predictions=predictions, catalog=catalog, train=train)
    check_ranges("write_report", {"galaxies": COUNT}, {"galaxies": galaxies})
    schema = predictions.schema
    trained, fitted_to, seen = "", "shown here", ""
    if train is not None:
        train = take_catalog(train, schema, name="train")
        trained, fitted_to = (
            f"<li><b>{len(train):,}</b><span>galaxies trained on</span></li>\n",
            "that the model was trained on",
        )
        seen = f", {np.isin(predictions.id_str, train['id_str']).sum():,} of them seen in training"
    evaluation = evaluate(predictions, catalog, train=train, full=True)
    votes = matched_votes(predictions, catalog)
    rows = catalog.iloc[rows_in(catalog, predictions.id_str)]
    rows = rows.assign(id_str=predictions.id_str, **dict(zip(schema.label_cols, votes.T, strict=True)))
    held = hold(rows, schema, predictions, pictures=galaxies)
    count = f"{len(held['ids']):,}" if len(held["ids"]) < len(votes) else "all"
    icons = "file_loc" not in rows or catalog_pictures(schema, rows, stretch=stretch_in(predictions.info))
    whole = evaluation[evaluation["question"] == WHOLE_TREE].iloc[0]
    body = Template(read_part("report.html")).substitute(
        **{"trained": trained, "fitted_to": fitted_to, "seen": seen},
        predicted=f"{len(predictions):,}",
        skill=_number(whole["skill"], 2),
        error=_number(whole["fraction_mae"], 3),
        inside=_number(whole["coverage_90"], 2),
        questions=_table(evaluation),
        held=f"{count} of {len(votes):,} galaxies",
        galaxies=tree_html(schema, votes, held, icons=icons),
        figures=_figures(predictions, rows, evaluation),
        training="" if run is None else _training(run),
    )
    write_page(path, title, body, lead=about)
    return evaluation


def _table(evaluation):
    cells = {
        heading: [_number(value, digits) for value in evaluation[name]]
        for name, (heading, digits) in COLUMNS.items()
    }
    bars = [f'<meter value="{x}" aria-hidden="true"></meter> ' if x > 0 else "" for x in evaluation["skill"]]
    cells["skill"] = [bar + number for bar, number in zip(bars, cells["skill"], strict=True)]
    table = pd.DataFrame(cells, index=evaluation["question"].map(html.escape))
    written = table.to_html(border=0, classes="numbers", escape=False, index_names=False)
    return written.replace("<th></th>", "<th>question</th>", 1)


def _figures(predictions, catalog, evaluation):
    """Calibration of all questions together, and the confusion of those that can have one."""
    from gzkit.plots import plot_calibration, plot_confusion

    table = evaluation[evaluation["question"] != WHOLE_TREE]
    if not table["votes"].sum():
        return "<p>Nobody was asked anything.</p>"
    alt = f"Calibration: the 90 % intervals hold {evaluation['coverage_90'].iloc[-1]:.0%} of the votes."
    calibration, confusions = _picture(plot_calibration(predictions, catalog), alt), ""
    for question in table[table["galaxies_confident"] > 0].nlargest(CONFUSIONS, "votes")["question"]:
        alt = f"Which answer of {question} is predicted to lead, against the one that led."
        confusions += _picture(plot_confusion(predictions, catalog, question), alt)
    return f'{calibration}\n<div class="confusions">{confusions}</div>'


def _training(run):
    from gzkit.plots import plot_history
    from gzkit.training.state import LOSSES, read_run  # which brings torch

    history, settings = read_run(run)
    judged = "val_loss" if history["val_loss"].notna().any() else "train_loss"
    best = history.loc[history[judged].idxmin()]
    text = (
        f"{len(history)} epochs in {history['seconds'].sum():.0f} s. The best {LOSSES[judged]} loss, "
        f"{best[judged]:.2f} nat a galaxy, was reached in epoch {int(best['epoch'])}, whose weights were kept."
    )
    picture = _picture(plot_history(history), f"Loss by epoch: {text}")
    table = settings.to_html(border=0, classes="settings", header=False, index=False)
    return f'<h2>Training</h2>\n<p>{text}</p>\n<div class="beside">{picture}{table}</div>'


def _picture(figure, alt):
    """A matplotlib figure, closed, as an ``<img>`` with its pixels and its words."""
    from matplotlib import pyplot as plt

    figure = getattr(figure, "figure", figure)
    picture = figure_bundle(figure, alt, dpi=DPI)["text/html"]
    plt.close(figure)
    return picture


def _number(value, digits):
    if not np.isfinite(value):
        return "–"
    return f"{value:,.{digits}f}" if digits == 0 or abs(value) < 1000 else f"{value:.0e}"
