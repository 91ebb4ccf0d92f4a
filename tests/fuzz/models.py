"""Changed files of predictions and of models; see `mutate`."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from mutate import bent, changed, fuzz

import gzkit as gz

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)
PLACE = tempfile.TemporaryDirectory()


def predictions(rng):
    path, samples = Path(PLACE.name, "p.parquet"), rng.choice([1, 1, 3])
    concentration = np.random.default_rng(rng.randrange(10**9)).uniform(
        0.1, 50, (rng.randrange(5), 4, samples)
    )
    made = gz.Predictions(concentration, [f"J{i}" for i in range(len(concentration))], SCHEMA)
    made.to_parquet(path, style=rng.choice(["concentration", "advanced", "friendly"]))
    how = rng.randrange(4)
    if how == 0:
        path.write_bytes(bent(path.read_bytes(), rng))
    else:
        table = pq.read_table(path)
        metadata = table.schema.metadata[b"gzkit"]
        if how == 1:
            metadata = json.dumps(changed(json.loads(metadata), rng)).encode()
        elif how == 2:
            metadata = bent(metadata, rng)
        place, name = rng.randrange(table.num_columns), rng.choice([*table.column_names, "", "x"])
        column = pa.array([rng.choice([None, "a", "7", "1e5"]) for _ in range(len(table))])
        if rng.random() < 0.3:
            table = table.set_column(
                place, name, rng.choice([column, column.cast(pa.binary()), table.column(place)])
            )
        table = table.replace_schema_metadata({b"gzkit": metadata} if rng.random() < 0.9 else None)
        pq.write_table(table, path)
    gz.Predictions.from_parquet(path, schema=rng.choice([None, SCHEMA]))


def model(rng):
    folder, original = Path(PLACE.name), Path(PLACE.name, "original")
    if not original.exists():
        gz.TreeModel(SCHEMA, encoder="test_convnext", pretrained=False, image_size=32).save(original)
    shutil.rmtree(folder / "m", ignore_errors=True)
    shutil.copytree(original, folder / "m")
    config, weights = folder / "m" / "config.json", folder / "m" / "model.safetensors"
    how = rng.randrange(3)
    if how == 0:
        config.write_text(json.dumps(changed(json.loads(config.read_text()), rng)))
    elif how == 1:
        config.write_bytes(bent(config.read_bytes(), rng))
    else:
        head, rest = weights.read_bytes()[:3000], weights.read_bytes()[3000:]
        weights.write_bytes(bent(head, rng) + rest)
    gz.TreeModel.load(folder / "m")


if __name__ == "__main__":
    fuzz({"predictions": predictions, "model": model})
