"""Time and memory of counting the votes of a large classification export, and whether they are the votes drawn.

Run by hand: ``python tests/benchmarks/count_votes.py --classifications 2000000``. Simulated volunteers classify the
galaxies of the simulated survey, one in fifty of them twice; their export, in Zooniverse's layout, is written to a
temporary folder and counted in a process of its own.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
from simulated import simulate_survey

import gzkit as gz
from gzkit.simulate.zooniverse import build_workflow, write_export

VOTES_A_GALAXY = 40


def count(path, out):
    """Count the export and write the votes; runs in a process of its own."""
    schema = gz.load_schema("gz-decals-dr5")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the duplicates
        table = gz.count_votes(path, build_workflow(schema), like=schema)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table.to_parquet(out)
    print(f"counted in {seconds:.0f} s ({time.process_time():.0f} s of processor time)", end="; ")
    print(f"peak memory {peak / 1024:.0f} MB ({before / 1024:.0f} MB before)", flush=True)


def compare(out, survey):
    """Say whether the votes counted are the votes drawn."""
    table = pd.read_parquet(out)
    counted = table[survey.schema.label_cols].to_numpy()
    same = (
        len(table) == len(survey.votes) and (counted == survey.votes[table["id_str"].astype(int) - 1]).all()
    )
    print(f"votes counted are the votes drawn: {bool(same)} ({int(counted.sum()):,} votes)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifications", type=int, default=200_000)
    parser.add_argument("--folder", help="where to write the export (default: a temporary folder)")
    options = parser.parse_args()
    survey = simulate_survey(options.classifications // VOTES_A_GALAXY, seed=0, images=False)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, out = Path(folder) / "classifications.csv", Path(folder) / "votes.parquet"
        start = time.perf_counter()
        rows = write_export(path, survey.votes, survey.schema, range(1, len(survey.votes) + 1))
        size = path.stat().st_size / 1e9
        print(f"{rows:,} classifications of {len(survey.votes):,} galaxies, {size:.1f} GB", end=" ")
        print(f"written in {time.perf_counter() - start:.0f} s", flush=True)
        process = multiprocessing.get_context("spawn").Process(target=count, args=(path, out))
        process.start()
        process.join()
        compare(out, survey)


if __name__ == "__main__":
    main()
