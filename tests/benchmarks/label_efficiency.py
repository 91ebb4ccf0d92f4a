"""How many labelled galaxies the bundled encoder saves.

Finetunes ``gzkit-tiny`` and the same encoder from scratch on 50 to 400 simulated galaxies, compares the test loss and
the mean error of vote fractions with the best constant prediction, question by question:

    python tests/benchmarks/label_efficiency.py [--sizes 50 100 200 400] [--bounds 0.05 500] [--out figures.json]

Survey and test galaxies have seeds of their own: neither the sample's, nor those of the pretraining, nor those that the
settings were chosen on (``--seeds 9001 9002``). ``--bounds 1 101`` measures the published models' bounds.
"""

import argparse
import json
import math
import tempfile
import time
from pathlib import Path

import numpy as np
from simulated import simulate_survey, write_survey

import gzkit as gz
from gzkit.model.tree_model import CONCENTRATION_BOUNDS

SEEDS, TEST_GALAXIES = (9101, 9102), 800  # of the galaxies to train with, and to test on
EPOCHS = {  # more for fewer galaxies, as long as they do not learn them by heart
    "gzkit-tiny": {50: 40, 100: 40, 200: 45, 400: 25},
    "scratch": {50: 100, 100: 60, 200: 40, 400: 35},
}
SETTINGS = {  # of the bundled encoder only the head is trained: with so few galaxies that is better, and fast
    "gzkit-tiny": {"blocks": 0, "learning_rate": 5e-3},
    "scratch": {"blocks": "all", "learning_rate": 3e-3, "layer_decay": 1.0},
}
BATCH_SIZE, VIEWS = 16, 8  # views: random ones that a prediction is mixed from


def survey_catalog(galaxies, seed, folder):
    """A simulated survey written to a folder and read back."""
    survey = simulate_survey(galaxies, seed=seed)
    write_survey(survey, folder, prefix=f"s{seed}")
    return gz.read_catalog(folder / "catalog.csv", survey.schema)


def figures(concentration, catalog, train, schema):
    """Loss and vote-fraction error by question, for galaxies that were asked, and the loss of the whole tree."""
    predictions = gz.Predictions(concentration, catalog["id_str"], schema)
    table = gz.evaluate(predictions, catalog, train=train, full=True, bootstrap=0).set_index("question")
    return table[["galaxies", "nll", "nll_constant", "fraction_mae"]]


def constant_figures(catalog, train, schema):
    """The same for the best single Dirichlet of each question."""
    constant = gz.fit_dirichlet(train[schema.label_cols].to_numpy(), schema)
    return figures(np.tile(constant, (len(catalog), 1)), catalog, train, schema)


def finetuned_figures(kind, train, test, schema, bounds):
    """The same for a finetuned model, and the seconds that finetuning took."""
    model = gz.TreeModel(
        schema, encoder="gzkit-tiny", pretrained=kind == "gzkit-tiny", concentration_bounds=bounds
    )
    start = time.perf_counter()
    gz.finetune(
        model,
        train,
        epochs=EPOCHS[kind][len(train)],
        batch_size=BATCH_SIZE,
        **SETTINGS[kind],
        patience=math.inf,
        progress=False,
    )
    seconds = time.perf_counter() - start
    predictions = gz.predict(model, test, samples=VIEWS, progress=False)
    return figures(predictions.concentration, test, train, schema), seconds


def report(name, table, seconds):
    """Print the loss and the mean error of each question and of the whole tree, and the constant's loss."""
    rows = {"loss": table["nll"], "constant": table["nll_constant"], "error": table["fraction_mae"]}
    for title, values in rows.items():
        numbers = " ".join(f"{value:6.3f}" for value in values)
        print(f"{name:16} {seconds:4.0f} s  {title:8} {numbers}", flush=True)


def main():
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200, 400])
    parser.add_argument("--kinds", nargs="+", default=["gzkit-tiny", "scratch"])
    parser.add_argument("--bounds", type=float, nargs=2, default=CONCENTRATION_BOUNDS)
    parser.add_argument("--seeds", type=int, nargs=2, default=SEEDS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    schema = gz.load_schema("gz-decals-dr5")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        train = survey_catalog(max(options.sizes), options.seeds[0], Path(folder) / "train")
        test = survey_catalog(TEST_GALAXIES, options.seeds[1], Path(folder) / "test")
        constant = constant_figures(test, train, schema)
        print("questions:", ", ".join(f"{q} ({row.galaxies:.0f})" for q, row in constant.iterrows()))
        results["constant"] = constant.to_dict("index")
        report("constant", constant, 0)
        for kind in options.kinds:
            for size in options.sizes:
                table, seconds = finetuned_figures(kind, train.iloc[:size], test, schema, options.bounds)
                report(f"{kind} {size}", table, seconds)
                results[f"{kind} {size}"] = table.to_dict("index") | {"seconds": seconds}
    if options.out:
        options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
