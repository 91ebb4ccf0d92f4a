"""One process and several, side by side: the same galaxies, the same global batch, the same history.

    python tests/benchmarks/finetune_processes.py --processes 2
    ACCELERATE_USE_CPU=1 torchrun --nproc_per_node 2 -m gzkit finetune ...      # what a user types

The processes are forked from this one (POSIX only) and speak over gloo. 41 galaxies in steps of 8: the last step has a
single galaxy, so all processes but one have none.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image

import gzkit as gz
from gzkit.inference.predict import predict
from gzkit.model.tree_model import TreeModel
from gzkit.training.finetune import finetune

SCHEMA = gz.Schema(
    {"light": ["_bright", "_dark"], "round": ["_yes", "_no"]}, {"light": None, "round": "light_bright"}
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--encoder", default="gzkit-tiny")
    parser.add_argument("--port", type=int, default=29517)
    options = parser.parse_args()
    torch.set_num_threads(1)
    os.environ["ACCELERATE_USE_CPU"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        catalog = make_catalog(folder)
        launch(1, options, catalog, folder / "one")
        launch(options.processes, options, catalog, folder / "several")
        compare(folder, options.processes)


def launch(processes, options, catalog, out):
    children = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            if processes > 1:
                os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)}
                os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(options.port)}
                os.environ["LOCAL_WORLD_SIZE"] = str(processes)
            work(options, catalog, out, rank)
            os._exit(0)
        children.append(child)
    for child in children:
        if os.waitpid(child, 0)[1]:
            raise RuntimeError("a process failed")


def work(options, catalog, out, rank):
    model = TreeModel(SCHEMA, options.encoder, image_size=32)
    run = finetune(
        model,
        catalog[:41],
        catalog[41:],
        epochs=4,
        batch_size=8,
        save_dir=out,
        progress=False,
        learning_rate=3e-3,
    )
    predictions = predict(run.model, catalog, progress=False)
    if rank == 0:
        predictions.to_parquet(out / "predictions.parquet")


def compare(folder, processes):
    one, several = (pd.read_csv(folder / name / "history.csv") for name in ("one", "several"))
    table = pd.DataFrame({"epoch": one["epoch"]})
    for column in ("train_loss", "val_loss"):
        table[f"{column}, 1"], table[f"{column}, {processes}"] = one[column], several[column]
        table[f"{column}: difference"] = (several[column] - one[column]).abs()
    print(table.to_string(index=False))
    first, second = (
        gz.Predictions.from_parquet(folder / name / "predictions.parquet") for name in ("one", "several")
    )
    print(
        "predictions: the same galaxies in the same order:", first.id_str.tolist() == second.id_str.tolist()
    )
    difference = np.abs(first.concentration / second.concentration - 1).max()
    print(f"predictions: largest relative difference of a concentration {difference:.1e}")


def make_catalog(folder):
    rng, rows = np.random.default_rng(0), []
    for number in range(60):
        level = rng.uniform(0.1, 0.9)
        pixels = (200 * level + rng.uniform(0, 50, (32, 32, 3))).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        bright = rng.binomial(20, level)
        rows.append(
            (
                f"J{number}",
                str(folder / f"{number}.png"),
                bright,
                20 - bright,
                bright // 2,
                bright - bright // 2,
            )
        )
    return pd.DataFrame(rows, columns=["id_str", "file_loc", *SCHEMA.label_cols])


if __name__ == "__main__":
    main()
