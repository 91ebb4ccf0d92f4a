"""Kill a finetuning again and again, resume it, and compare its weights with those of a run that nobody disturbed.

    python tests/benchmarks/finetune_kill.py --kills 20

Half of the kills come at random moments, half while a checkpoint is being written. Each run is a process of its own,
forked from this one (POSIX only), which has loaded the libraries and computed nothing.
"""

import argparse
import math
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import gzkit as gz
from gzkit.model.tree_model import TreeModel
from gzkit.training.finetune import finetune  # before the first fork, or every process loads it anew

SCHEMA = gz.Schema(
    {"light": ["_bright", "_dark"], "round": ["_yes", "_no"]}, {"light": None, "round": "light_bright"}
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        catalog = make_catalog(folder)
        began = time.perf_counter()
        run(catalog, folder / "whole", options.epochs)
        seconds = time.perf_counter() - began
        whole = weights(folder / "whole")
        print(f"undisturbed: {options.epochs} epochs in {seconds:.1f} s, {len(whole)} bytes of weights")
        equal = 0
        for kill in range(options.kills):
            out = folder / f"run{kill}"
            writing = kill % 2 == 1
            moment = rng.uniform(0.05, 1.0) * seconds if not writing else None
            hit = run(
                catalog,
                out,
                options.epochs,
                kill_after=moment,
                kill_while_writing=writing and rng.randint(1, 7),
            )
            left = "an unfinished file" if list(out.glob("*unfinished")) else "no unfinished file"
            epochs = epochs_saved(out)
            run(catalog, out, options.epochs)
            same = weights(out) == whole
            equal += same
            how = "while writing" if writing else f"after {moment:.2f} s"
            print(
                f"kill {kill + 1:2}: {how:14} ({hit}; {left}, {epochs} epochs saved): weights equal: {same}"
            )
            shutil.rmtree(out)
        print(
            f"{equal} of {options.kills} resumed runs have the weights of the undisturbed one, byte for byte"
        )


def make_catalog(folder):
    import pandas as pd

    rng, rows = np.random.default_rng(0), []
    for number in range(45):
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(folder / f"{number}.png")
        votes = rng.integers(0, 20, len(SCHEMA.answers))
        rows.append((f"J{number}", str(folder / f"{number}.png"), *votes))
    return pd.DataFrame(rows, columns=["id_str", "file_loc", *SCHEMA.label_cols])


def run(catalog, out, epochs, *, kill_after=None, kill_while_writing=0):
    """Finetune in a forked process; kill it after some seconds, or while it writes its n-th checkpoint."""
    child = os.fork()
    if child == 0:
        model = TreeModel(SCHEMA, "test_convnext", pretrained=False, image_size=32)
        finetune(
            model,
            catalog[:32],
            catalog[32:],
            epochs=epochs,
            batch_size=8,
            ema_decay=0.9,
            patience=math.inf,
            save_dir=out,
            resume=True,
            progress=False,
        )
        os._exit(0)
    began, seen, present = time.perf_counter(), 0, False
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            if os.WIFEXITED(status) and os.WEXITSTATUS(status):
                raise RuntimeError("the run failed")
            return "finished before"
        if kill_after is not None and time.perf_counter() - began > kill_after:
            break
        if kill_while_writing:
            now = any(out.glob(".checkpoint*unfinished"))
            seen += now and not present
            present = now
            if now and seen == kill_while_writing:
                break
        else:
            time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed"


def weights(out):
    return (out / "model" / "model.safetensors").read_bytes() + last_weights(out)


def last_weights(out):
    from safetensors.torch import load_file

    found = load_file(out / "checkpoint.safetensors")
    return b"".join(found[name].numpy().tobytes() for name in sorted(found))


def epochs_saved(out):
    import json

    from safetensors import safe_open

    if not (out / "checkpoint.safetensors").exists():
        return 0
    with safe_open(out / "checkpoint.safetensors", framework="np") as file:
        return len(json.loads(file.metadata()["state"])["history"])


if __name__ == "__main__":
    main()
