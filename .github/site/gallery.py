"""The figures of the gallery: a title, the lines that make each, and its words."""

import io
import sys
from contextlib import redirect_stdout

import matplotlib.pyplot as plt

import gzkit as gz

PREPARE = """
import gzkit as gz
schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
train, val, test = gz.split(catalog, (0.7, 0.1, 0.2), seed=0)
model = gz.TreeModel(schema, encoder="gzkit-tiny")
run = gz.finetune(model, train, val, progress=False)
predictions = gz.predict(run.model, test, progress=False)
"""
FIGURES = {
    "A galaxy's votes in the tree": (
        'schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()\n'
        "gz.plot_tree(schema, votes=catalog.iloc[0])",
        "The tree of GZ DECaLS with the votes of one galaxy flowing from the first question to the last",
    ),
    "A survey on a slide, with galaxies of its own": (
        'catalog = gz.sample_catalog()\ngz.plot_tree("gz-decals-dr5", size=(16, 9), icons=catalog)',
        "The tree of GZ DECaLS folded into two rows, with the galaxy of the catalogue that shows each answer best",
    ),
    "Votes, question by question": (
        'schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()\n'
        "gz.plot_votes(catalog.iloc[0], schema)",
        "Bars of vote fractions for each question, with intervals that grow where few were asked",
    ),
    "The loss": (
        "gz.plot_loss([12, 5], [3.0, 2.0])",
        "Four panels: what concentrations 3 and 2 believe, which votes that predicts, which way 12 and 5 votes push "
        "them, and the price",
    ),
    "A training": ("gz.plot_history(run.history)", "Training and validation loss falling, epoch by epoch"),
    "A galaxy's prediction": (
        "gz.plot_galaxy(predictions, test['id_str'].iloc[0], catalog=test)",
        "A galaxy, its votes, and what the model predicted for each question",
    ),
    "Calibration": (
        "gz.plot_calibration(predictions, test)",
        "Coverage of the predictive intervals against their level, close to the diagonal",
    ),
    "Predicted against observed fractions": (
        "gz.plot_fractions(predictions, test, 'smooth-or-featured')",
        "Predicted against observed vote fractions of the first question, a panel an answer",
    ),
    "Confusion": (
        "gz.plot_confusion(predictions, test, 'smooth-or-featured')",
        "Which answers of the first question the model takes for which",
    ),
    "Gallery": (
        "gz.plot_gallery(predictions, catalog=test)",
        "Pictures of galaxies, each with its leading answers",
    ),
}
_prepared = {"gz": gz}


def draw(code, path):
    """Run the lines and save the figure that is current after them."""
    if any(name in code for name in ("run", "predictions", "test")) and "run" not in _prepared:
        exec(PREPARE, _prepared)
    with redirect_stdout(io.StringIO()):
        exec(code, _prepared)
    if not plt.get_fignums():
        sys.exit(f"no figure after: {code}")
    plt.gcf().savefig(path, dpi=100)
    plt.close("all")
