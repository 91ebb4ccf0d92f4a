"""Seconds a part, and memory, of a prediction into files, whatever the catalogue's length.

    python tests/benchmarks/predict_long.py --rows 10_000 1_000_000 10_000_000

Each catalogue is a parquet file whose galaxies share a few small pictures; each is predicted in a process of its own,
which stops after some parts: what they cost must not depend on how many would follow.
"""

import argparse
import contextlib
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image

import gzkit as gz
from gzkit.inference import runs

SIDE = 32


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--galaxies-per-part", type=int, default=1024)
    options = parser.parse_args()
    print(
        "| rows | file (MB) | before the first part (s) | a part (s, processor) | first, last part | peak memory (GB) |"
    )
    print("|---|---|---|---|---|---|")
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            write_catalog(Path(folder), rows)
            context = multiprocessing.get_context("spawn")
            process = context.Process(target=predict_parts, args=(Path(folder), rows, options))
            process.start()
            process.join()


def write_catalog(folder, rows):
    rng = np.random.default_rng(0)
    for number in range(16):
        Image.fromarray(rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    with pq.ParquetWriter(
        folder / "catalog.parquet", pa.schema([("id_str", "string"), ("file_loc", "string")])
    ) as file:
        for start in range(0, rows, 100_000):
            group = range(start, min(start + 100_000, rows))
            names = [f"J{row:09d}" for row in group]
            file.write_table(pa.table({"id_str": names, "file_loc": [f"{row % 16}.png" for row in group]}))


def predict_parts(folder, rows, options):
    torch.set_num_threads(1)
    schema = gz.load_schema("gz-decals-dr5")
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=SIDE, crop=1.0)
    torch.nn.init.normal_(model.head.weight, std=0.1)  # as if it were trained
    write, moments = runs._write_part, [(time.perf_counter(), time.process_time())]

    def note(*args):
        write(*args)
        moments.append((time.perf_counter(), time.process_time()))
        if len(moments) > options.parts:
            raise KeyboardInterrupt

    batches, begun = runs.predict_batches, []

    def begin(*args, **kwargs):
        begun.append((time.perf_counter(), time.process_time()))
        return batches(*args, **kwargs)

    runs._write_part, runs.predict_batches = note, begin
    with contextlib.suppress(KeyboardInterrupt):
        runs.predict_to_parquet(
            model,
            folder / "catalog.parquet",
            folder / "run",
            galaxies_per_part=options.galaxies_per_part,
            progress=False,
        )
    before = np.subtract(begun[0], moments[0])
    parts = np.diff([begun[0], *moments[1:]], axis=0)[:, 1]
    size = (folder / "catalog.parquet").stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"| {rows} | {size:.0f} | {before[0]:.1f} (processor {before[1]:.1f}) | {np.median(parts):.2f} | "
        f"{parts[0]:.2f}, {parts[-1]:.2f} | {peak:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
