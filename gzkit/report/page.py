"""One page of HTML that shows a survey's tree, the training, and how well the votes were predicted."""

import html
import io
import os
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd

from gzkit import __version__
from gzkit.catalog.taken import rows_in, take_catalog
from gzkit.evaluation.evaluate import WHOLE_TREE, evaluate, matched_votes
from gzkit.evaluation.surprise import surprises
from gzkit.files.whole import write_text
from gzkit.images.stretch import stretch_in
from gzkit.plots.show import data_address
from gzkit.predictions.predictions import Predictions
from gzkit.report.galaxy import galaxy_card, vote_key

FIGURE_DPI, PAGE_DPI = 180, 96  # pixels an inch: drawn, and shown where there is room

EXPLANATIONS = {
    "galaxies": "galaxies of the test set where at least one volunteer was asked the question",
    "votes": "their votes",
    "loss": "negative log-likelihood of a galaxy's votes [nat]; it grows with their number",
    "constant": "the same for one Dirichlet for all galaxies, fitted to the votes {fitted_to}",
    "skill": "0 if the model is no better than that constant, 1 if as good as knowing each galaxy's true answer "
    "probabilities, which no picture tells; – where votes scatter no more than chance, as with one vote a galaxy",
    "fraction error": "mean absolute error of the predicted vote fractions, weighted by votes",
    "confident": "how often the predicted leading answer is right where over 80 % of the volunteers agree and at "
    "least half were asked (in brackets: galaxies)",
    "90 % interval": "how often the predicted 90 % interval of votes holds the votes given; 0.90 if calibrated",
}


def write_report(
    path: str | os.PathLike,
    predictions: Predictions,
    catalog: pd.DataFrame,
    *,
    train: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
    title: str = "Galaxy Zoo votes",
    about: str = "",
    galaxies: int = 6,
) -> pd.DataFrame:
    """Write a report on predictions as one HTML file that needs nothing beside it.

    Parameters
    ----------
    path : str or Path
    predictions : Predictions
    catalog : DataFrame
        Votes of the predicted galaxies [votes], and their ``file_loc``, as `gzkit.read_catalog` gives them.
    train : DataFrame, optional
        Votes that the model was trained on; the constant prediction is fitted to them.
    history : DataFrame, optional
        The training's course, as `gzkit.finetune` gives it.
    title : str
    about : str
        A sentence on what was done, under the title.
    galaxies : int
        How many galaxies are shown, from the votes that surprise the model least to those that surprise it most.

    Returns
    -------
    DataFrame
        The per-question table, as `gzkit.evaluate` gives it.

    Raises
    ------
    ValueError
        If a predicted galaxy is not in the catalog.
    """
    train = None if train is None else take_catalog(train, predictions.schema, name="train")
    evaluation = evaluate(predictions, catalog, train=train, full=True)
    sections = [
        _section("tree", "The decision tree", _tree(predictions, catalog)),
        _section("training", "Training", _training(history)) if history is not None else "",
        _section("questions", "Question by question", _table(evaluation, train)),
        _section("galaxies", "Galaxies", _galaxies(predictions, catalog, galaxies)),
    ]
    template, style = (
        Path(__file__).with_name(f"page.{kind}").read_text("utf-8") for kind in ("html", "css")
    )
    page = Template(template).substitute(
        title=html.escape(title),
        about=html.escape(about),
        style=style,
        tiles=_tiles(evaluation, predictions, train),
        body="\n".join(filter(None, sections)),
        version=__version__,
    )
    write_text(path, page)
    return evaluation


def embed_figure(figure, alt):
    """A matplotlib figure as an ``<img>`` that carries its pixels, and closed.

    Parameters
    ----------
    figure : Figure or Axes
    alt : str
        What the picture says, for those who cannot see it.

    Returns
    -------
    str
    """
    from matplotlib import pyplot as plt
    from PIL import Image

    figure = getattr(figure, "figure", figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=FIGURE_DPI, bbox_inches="tight")
    plt.close(figure)
    width = round(Image.open(buffer).width * PAGE_DPI / FIGURE_DPI)
    return f'<img src="{data_address(buffer.getvalue())}" alt="{html.escape(alt)}" width="{width}">'


def _section(name, title, content):
    return f'<section id="{name}">\n<h2>{html.escape(title)}</h2>\n{content}\n</section>'


def _tiles(evaluation, predictions, train):
    whole = evaluation[evaluation["question"] == WHOLE_TREE].iloc[0]
    predicted, trained = "galaxies predicted", []
    if train is not None:
        seen = len(set(predictions.id_str) & set(train["id_str"]))
        predicted += ", " + (f"{seen:,} of them seen" if seen else "none seen") + " in training"
        trained = [(f"{len(train):,}", "galaxies trained on")]
    tiles = trained + [
        (f"{len(predictions):,}", predicted),
        (
            _number(whole["skill"], 2),
            "skill: 0 is a constant, 1 is knowing each galaxy's true answer probabilities",
        ),
        (_number(whole["fraction_mae"], 3), "mean error of a vote fraction"),
        (_number(whole["coverage_90"], 2), "of the votes inside their 90 % interval"),
    ]
    items = "\n".join(f"<li><b>{value}</b><span>{html.escape(what)}</span></li>" for value, what in tiles)
    return f'<ul class="tiles">\n{items}\n</ul>'


def _tree(predictions, catalog):
    from gzkit.plots import plot_tree
    from gzkit.plots.tree.icons import catalog_pictures

    schema, votes = predictions.schema, matched_votes(predictions, catalog)
    several = [question.text for question in schema.questions if len(question.asked_after) > 1]
    questions = len(schema.questions)
    text = f"{questions} question{'s' if questions > 1 else ''} with {len(schema.answers)} answers"
    text += f" ({schema.name})." if schema.name else "."
    if several:
        text += f" Asked after any of several answers: {', '.join(several)}."
    text += f" Lines are as wide as the mean votes of the {len(votes):,} galaxies predicted below."
    icons = False
    if "file_loc" in catalog:
        rows = catalog.iloc[rows_in(catalog, predictions.id_str)]
        icons = catalog_pictures(schema, rows, stretch=stretch_in(predictions.info))
        text += " Pictures: of them, the galaxy that shows each answer best."
    tree = plot_tree(schema, votes, orientation="down", title="", icons=icons)
    figure = embed_figure(tree, f"The decision tree: {text}")
    return f"<p>{html.escape(text)}</p>\n<div class='wide'>{figure}</div>"


def _training(history):
    from gzkit.plots import plot_history

    best = history.loc[history["val_loss"].idxmin()]
    text = (
        f"{len(history)} epochs in {history['seconds'].sum():.0f} s. The best validation loss, {best['val_loss']:.2f} "
        f"nat a galaxy, was reached in epoch {int(best['epoch'])}; the weights of that epoch made the predictions."
    )
    return f"<p>{html.escape(text)}</p>\n{embed_figure(plot_history(history), 'Loss by epoch: ' + text)}"


def _table(evaluation, train):
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in ("question", *EXPLANATIONS))
    rows = "\n".join(_row(row) for row in evaluation.to_dict("records"))
    fitted_to = "shown here" if train is None else "that the model was trained on"
    legend = "".join(
        f"<dt>{name}</dt><dd>{html.escape(text.format(fitted_to=fitted_to))}</dd>"
        for name, text in EXPLANATIONS.items()
    )
    return (
        f"<div class='wide'><table class='questions'><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
        f"</table></div>\n<dl class='legend'>{legend}</dl>"
    )


def _row(row):
    confident = _number(row["accuracy_confident"], 2)
    if confident != "–":
        confident += f" ({int(row['galaxies_confident'])})"
    cells = [
        html.escape(row["question"]),
        f"{int(row['galaxies']):,}",
        f"{int(row['votes']):,}",
        _number(row["nll"], 2),
        _number(row["nll_constant"], 2),
        f"<div class='skill'>{_skill_bar(row['skill'])}<span>{_number(row['skill'], 2)}</span></div>",
        _number(row["fraction_mae"], 3),
        confident,
        _number(row["coverage_90"], 2),
    ]
    cells = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr{' class=' + repr('whole') if row['question'] == WHOLE_TREE else ''}>{cells}</tr>"


def _skill_bar(skill, width=110):
    """Skill from 0 to 1 as a bar; what is below 0 goes to the left of the line."""
    if not np.isfinite(skill):
        return ""
    zero, scale = 20, width - 20
    end = zero + scale * float(np.clip(skill, -zero / scale, 1))
    left, right = sorted((zero, end))
    color = "#009e73" if skill >= 0 else "#d55e00"
    return (
        f"<svg width='{width}' height='12' aria-hidden='true'>"
        f"<rect x='{zero}' y='3' width='{scale}' height='6' fill='#ececec'/>"
        f"<rect x='{left:.1f}' y='1' width='{right - left:.1f}' height='10' fill='{color}'/>"
        f"<rect x='{zero - 0.5}' y='0' width='1' height='12' fill='#1a1a1a'/></svg>"
    )


def _galaxies(predictions, catalog, count):
    votes = matched_votes(predictions, catalog)
    whole, by_question = surprises(predictions, votes)
    told = np.isfinite(whole).sum()  # of nobody's votes there is nothing to say: they come last
    order = np.argsort(whole, kind="stable")[:told]
    places = np.unique(np.round(np.linspace(0, len(order) - 1, min(count, len(order)))).astype(int))
    rows = catalog.iloc[rows_in(catalog, predictions.id_str)]
    cards = [
        galaxy_card(
            predictions,
            votes,
            galaxy := order[place],
            rows["file_loc"].iloc[galaxy] if "file_loc" in rows else None,
            f"{place + 1} of {len(order)} by surprise: {whole[galaxy]:.1f} standard deviations; "
            + _most_surprising(by_question[galaxy], predictions.schema),
        )
        for place in places
    ]
    text = (
        "From the votes that surprise the model least to those that surprise it most, at equal steps of the rank. "
        "Surprise is the loss less what it would be on average, had the prediction come true, in its standard "
        "deviations. For each answer the predicted chance of every possible number of votes, had the same number of "
        "volunteers been asked."
    )
    return f"<p>{text}</p>\n{vote_key()}\n" + "\n".join(cards)


def _most_surprising(by_question, schema):
    most = int(np.nanargmax(by_question))
    return f"most at {schema.questions[most].text} ({by_question[most]:.1f})"


def _number(value, digits):
    if not np.isfinite(value):
        return "–"
    return f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:.0e}"
