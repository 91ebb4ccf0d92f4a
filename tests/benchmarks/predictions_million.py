"""A million galaxies' concentrations to an "advanced" release table: time, memory, and the peer's rate beside it.

    python tests/benchmarks/predictions_million.py [--galaxies 1000000] [--peer /path/to/python/with/zoobot]

The concentrations (34 answers of GZ DECaLS DR5, 5 samples) are generated as parts on disk, as prediction writes them;
only their summary is timed. The peer's function runs on the first 10,000 in a process of its own, before, in the middle
and after, on the same machine under the same load.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import gzkit as gz
from gzkit.predictions.files import summarise_parquet
from gzkit.predictions.parts import part_name

SAMPLES = 5
PEER_GALAXIES = 10_000
PEER = """
import sys, time, numpy as np, pandas as pd, json
from zoobot.shared import load_predictions, schemas
schema = schemas.decals_dr5_ortho_schema
concentrations = np.load(sys.argv[1]).astype(float)
ids = pd.DataFrame({"id_str": [f"J{i}" for i in range(len(concentrations))]})
start, cpu = time.perf_counter(), time.process_time()
load_predictions.concentrations_to_summary_parquet(sys.argv[2], schema, ids, concentrations, schema.label_cols)
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))
"""


def generate(folder, galaxies, schema):
    """Concentrations of 1 to 101; the samples of a galaxy are alike, as those of a model are."""
    rng = np.random.default_rng(0)
    blocks = []
    for _ in range(
        5
    ):  # the parts take them in turn: to draw a million anew would take longer than to summarise them
        centre = rng.normal(0, 2, (10_000, len(schema.answers), 1))
        each = centre + rng.normal(0, 0.5, (10_000, len(schema.answers), SAMPLES))
        blocks.append((1 + 100 / (1 + np.exp(-each))).astype(np.float32))
    np.save(folder / "first.npy", blocks[0][:PEER_GALAXIES])
    for part, start in enumerate(range(0, galaxies, 10_000)):
        count = min(10_000, galaxies - start)
        ids = [f"J{i}" for i in range(start, start + count)]
        gz.Predictions(blocks[part % 5][:count], ids, schema).to_parquet(folder / part_name(part))


def peer_rate(python, folder):
    """Galaxies a second of the peer's summary, by the clock and by processor time."""
    command = [python, "-c", PEER, str(folder / "first.npy"), str(folder / "peer.out")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    taken = json.loads(answer)
    galaxies = len(np.load(folder / "first.npy", mmap_mode="r"))
    return galaxies / taken["seconds"], galaxies / taken["cpu"]


def our_rate(folder, galaxies):
    before, start = time.process_time(), time.perf_counter()
    summarise_parquet(folder, folder.parent / "advanced.parquet", style="advanced")
    return galaxies / (time.perf_counter() - start), galaxies / (time.process_time() - before)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--galaxies", type=int, default=1_000_000)
    parser.add_argument("--peer", help="a Python with zoobot")
    options = parser.parse_args()
    schema = gz.load_schema("gz-decals-dr5")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "parts"
        folder.mkdir()
        generate(folder, options.galaxies, schema)
        generated = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        peer = [peer_rate(options.peer, folder)] if options.peer else []
        clock, cpu = our_rate(folder, options.galaxies)
        peer += [peer_rate(options.peer, folder)] if options.peer else []
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        written = pq.read_metadata(Path(name) / "advanced.parquet")
        print(f"{written.num_rows} rows, {written.num_columns} columns, {options.galaxies / clock:.0f} s")
        print(
            f"gzkit: {clock:.0f} galaxies/s by the clock, {cpu:.0f} by processor time; peak memory {peak:.2f} GB"
        )
        print(f"(of which generating took {generated:.2f} GB)")
        for moment, (theirs, their_cpu) in zip(("before", "after"), peer, strict=False):
            print(
                f"peer, {moment}: {theirs:.0f} by the clock, {their_cpu:.0f} by processor time; "
                f"ratios {clock / theirs:.1f} and {cpu / their_cpu:.1f}"
            )


if __name__ == "__main__":
    sys.exit(main())
