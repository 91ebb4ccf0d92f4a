"""How long reading a large catalog takes: python tests/benchmarks/catalog.py [rows]."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import gzkit as gz


def main(rows=300_000):
    rng, schema = np.random.default_rng(0), gz.load_schema("gz-decals-dr5", parents="simplified")
    votes = rng.integers(0, 40, (rows, len(schema.answers)))
    table = pd.DataFrame(votes, columns=schema.label_cols)
    table.insert(0, "id_str", 8_647_474_690_312_307_154 + np.arange(rows, dtype=np.uint64))
    one_question = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    with tempfile.TemporaryDirectory() as folder:
        for name, write in [("votes.csv", table.to_csv), ("votes.parquet", table.to_parquet)]:
            write(Path(folder, name), index=False)
            start = time.perf_counter()
            catalog = gz.read_catalog(Path(folder, name), one_question)
            print(
                f"{name}: {rows:,} rows, {len(table.columns)} columns read in {time.perf_counter() - start:.1f} s"
            )
    start = time.perf_counter()
    gz.split(catalog, (0.7, 0.1, 0.2))
    print(f"split in {time.perf_counter() - start:.1f} s")
    table = table.astype({label: float for label in schema.label_cols})
    table[schema.label_cols] = np.nan
    start = time.perf_counter()
    try:
        gz.read_catalog(table, schema)
    except gz.CatalogError as error:
        print(f"{len(error.problems):,} problems told in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
