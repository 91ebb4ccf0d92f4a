"""Finetune on real cutouts: from paths to a plotted history.

    GZKIT_REALDATA=folder python tests/benchmarks/finetune_real.py --out history.png

The folder has ``decals50/catalog.csv`` and ``decals50/images/``: 50 galaxies of GZ DECaLS (Walmsley et al. 2022, MNRAS
509, 3966; arXiv:2102.08414) with the votes of the first question.
"""

import argparse
import os
from pathlib import Path

import gzkit as gz

SCHEMA = gz.Schema(
    {"smooth-or-featured": ["_smooth", "_featured-or-disk", "_artifact"]}, {"smooth-or-featured": None}
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="history.png")
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    table = Path(os.environ["GZKIT_REALDATA"]) / "decals50" / "catalog.csv"

    train, val = gz.split(gz.read_catalog(table, SCHEMA), (0.7, 0.3), seed=0)
    run = gz.finetune(gz.TreeModel(SCHEMA), train, val, epochs=options.epochs, batch_size=16, progress=False)
    gz.plot_history(run.history).figure.savefig(options.out, dpi=90)

    predictions = gz.predict(run.model, val, progress=False)
    constant = gz.fit_dirichlet(train[SCHEMA.label_cols].to_numpy(), SCHEMA)
    print(run.history.round(4).to_string(index=False))
    print(f"{len(train)} galaxies trained on, {len(val)} validated on; best epoch {run.best_epoch}")
    print(
        f"validation loss {run.history['val_loss'].min():.3f}; concentrations of the training votes {constant.round(2)}"
    )
    print(predictions.vote_fractions()[:3].round(3))


if __name__ == "__main__":
    main()
