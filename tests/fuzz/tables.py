"""Damaged and odd tables; see `mutate`."""

import contextlib
import gzip
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from mutate import ODD, bent, fuzz

import gzkit as gz

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)
PLACE = tempfile.TemporaryDirectory()
CELLS = (
    *ODD,
    *(
        1,
        2**63,
        10**30,
        0.5,
        np.nan,
        np.inf,
        None,
        pd.NA,
        pd.NaT,
        True,
        1j,
        b"3",
        b"\xff",
        (),
        [1],
        {},
        np.ma.masked,
    ),
    *(
        pd.Timestamp("2020"),
        pd.Timedelta("1h"),
        pd.Interval(0, 1),
        np.datetime64("2020"),
        np.float32(3),
        Path("x"),
    ),
)
TYPES = (
    "Int64",
    "float32",
    "string",
    "category",
    "int64[pyarrow]",
    "string[pyarrow]",
    "complex",
    "bool",
    object,
)


def good(rng, rows):
    smooth = [rng.randrange(11) for _ in range(rows)]
    table = {
        "id_str": [f"J{i}" for i in range(rows)],
        "shape_smooth": smooth,
        "shape_disk": [10 - n for n in smooth],
    }
    table |= {
        "bar_yes": [0] * rows,
        "bar_no": [10 - n for n in smooth],
        "ra": [rng.random() for _ in range(rows)],
    }
    return pd.DataFrame(table)


def odd_frame(rng):
    table = good(rng, rng.randrange(6)).astype(object)
    for _ in range(rng.randrange(4)):
        if len(table):
            table.iat[rng.randrange(len(table)), rng.randrange(table.shape[1])] = rng.choice(CELLS)
    for _ in range(rng.randrange(3)):
        name = rng.choice(list(table.columns))
        with contextlib.suppress(Exception):  # pandas does not convert everything
            table[name] = table[name].astype(rng.choice(TYPES))
    if rng.random() < 0.2:
        table.columns = [
            rng.choice([*table.columns, "", " ", "\0", 1, None, ("a", "b")]) for _ in table.columns
        ]
    return (
        table.set_index(rng.choice(list(table.columns)))
        if rng.random() < 0.1 and len(table.columns)
        else table
    )


def read_catalog(rng):
    folder = Path(PLACE.name)
    options = {
        "columns": rng.choice([None, None, "gz2", "gz-kaggle", ["gz2", {"ra": "id_str"}], {"ra": "id_str"}])
    }
    options["images"] = rng.choice([False, None, folder])
    schema = rng.choice([SCHEMA, None])
    kind = rng.randrange(4)
    if kind == 0:
        return gz.read_catalog(odd_frame(rng), schema, **options)
    path = folder / rng.choice(["t.csv", "t.tsv", "t.csv.gz"] if kind < 3 else ["t.parquet"])
    table = good(rng, rng.randrange(1, 8))
    if kind < 3:
        data = table.to_csv(index=False, sep="\t" if "tsv" in path.name else ",").encode()
        data = gzip.compress(bent(data, rng)) if path.suffix == ".gz" else data
    else:
        try:
            table = odd_frame(rng)
            table.columns = table.columns.map(str)
            data = table.to_parquet()
        except Exception:  # arrow does not write this
            data = good(rng, 3).to_parquet()
    path.write_bytes(bent(data, rng) if rng.random() < 0.8 else data)
    return gz.read_catalog(path, schema, **options)


if __name__ == "__main__":
    fuzz({"read_catalog": read_catalog})
