"""What each default of `gz.finetune` is worth on the simulated sample: one setting changed at a time.

    python tests/benchmarks/finetune_defaults.py --encoder gzkit-tiny
    python tests/benchmarks/finetune_defaults.py --encoder test_convnext --from-scratch

Every setting trains on the same splits with the same seeds; the table has the lowest validation loss [nat / galaxy],
and its mean difference from the defaults with the standard error over the splits. Below zero is better.
"""

import argparse
import tempfile
import time

import numpy as np
import torch

import gzkit as gz
from gzkit.images.augment import Augmentation

SETTINGS = {
    "defaults": {},
    "learning_rate=5e-4": {"learning_rate": 5e-4},
    "learning_rate=1e-3": {"learning_rate": 1e-3},
    "learning_rate=2e-3": {"learning_rate": 2e-3},
    "learning_rate=1e-2": {"learning_rate": 1e-2},
    "blocks=0": {"blocks": 0},
    "blocks=0, learning_rate=1e-2": {"blocks": 0, "learning_rate": 1e-2},
    "blocks=2": {"blocks": 2},
    "layer_decay=0.5": {"layer_decay": 0.5},
    "layer_decay=1": {"layer_decay": 1.0},
    "weight_decay=0": {"weight_decay": 0.0},
    "weight_decay=0.2": {"weight_decay": 0.2},
    "dropout=0": {"dropout": 0.0},
    "dropout=0.2": {"dropout": 0.2},
    "batch_size=32": {"batch_size": 32},
    "clip=None": {"clip": None},
    "ema_decay=0.95": {"ema_decay": 0.95},
    "augment=None": {"augment": None},
    "no zoom, no shift": {"augment": Augmentation(zoom=1.0, shift=0.0)},
    "brightness=0.1": {"augment": Augmentation(brightness=0.1)},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="gzkit-tiny")
    parser.add_argument("--from-scratch", action="store_true")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--train", type=int, default=300, help="galaxies; 180 others validate")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[""], help="settings whose name has one of these texts")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = {n: s for n, s in SETTINGS.items() if any(text in n for text in ["defaults", *options.only])}
    print(f"{options.encoder}{', from scratch' if options.from_scratch else ''}, {vars(options)}", flush=True)
    with tempfile.TemporaryDirectory() as cache:
        base = None
        for name, setting in settings.items():
            began = time.perf_counter()
            losses = np.array([best_loss(options, setting, seed, cache) for seed in range(options.seeds)])
            base = losses if base is None else base
            gain = losses - base
            error = gain.std(ddof=1) / np.sqrt(len(gain))
            print(
                f"{name:30} {losses.mean():7.3f}   {gain.mean():+.3f} ± {error:.3f}   "
                f"{time.perf_counter() - began:.0f} s",
                flush=True,
            )


def best_loss(options, setting, seed, cache):
    schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
    order = np.random.default_rng(seed).permutation(len(catalog))
    train, val = catalog.iloc[order[: options.train]], catalog.iloc[order[-180:]]
    setting = dict(setting)
    dropout = setting.pop("dropout", 0.5)
    size = {"image_size": options.image_size, "pretrained": not options.from_scratch}
    model = gz.TreeModel(schema, options.encoder, dropout=dropout, seed=seed, **size)
    run = gz.finetune(
        model, train, val, epochs=options.epochs, seed=seed, cache=cache, progress=False, **setting
    )
    return run.history["val_loss"].min()


if __name__ == "__main__":
    main()
