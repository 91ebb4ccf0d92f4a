"""Predictions in files: parquet tables with their schema."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import gzkit
from gzkit.predictions import Predictions
from gzkit.schema import Schema

METADATA_KEY = b"gzkit"
FORMAT = "gzkit-predictions-1"
ROWS_PER_GROUP = 10_000


def write_parquet(predictions, path, *, style="concentration"):
    """Write predictions as one parquet file.

    Parameters
    ----------
    predictions : Predictions
    path : str or Path
    style : {"concentration"}

    Raises
    ------
    ValueError
        If there is no such style.
    """
    samples = predictions.concentration.shape[-1]
    arrow_schema = _concentration_columns(predictions.schema, samples, predictions.info)
    with pq.ParquetWriter(path, arrow_schema) as writer:
        for start in range(0, max(len(predictions), 1), ROWS_PER_GROUP):
            rows = slice(start, start + ROWS_PER_GROUP)
            writer.write_table(
                _concentration_table(predictions.id_str[rows], predictions.concentration[rows], arrow_schema)
            )


def read_parquet(path, *, schema=None):
    """Read predictions from a parquet file that `write_parquet` wrote.

    Parameters
    ----------
    path : str or Path
    schema : Schema, optional
        The schema that the file is expected to have.

    Returns
    -------
    Predictions

    Raises
    ------
    ValueError
        If the file is no parquet file of predictions, or of another schema.
    """
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a whole parquet file ({error})") from error
    metadata = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not a table of gzkit predictions (no {FORMAT} metadata)")
    found = Schema.from_dict(metadata["schema"])
    if schema is not None and schema != found:
        raise ValueError(f"{path}: predictions for {found!r}, expected {schema!r}")
    columns = [table[f"{label}_concentration"].combine_chunks() for label in found.label_cols]
    concentration = np.stack(
        [column.flatten().to_numpy().reshape(len(table), -1) for column in columns], axis=1
    )
    return Predictions(concentration, table["id_str"].to_pylist(), found, info=metadata["info"])


def _concentration_columns(schema, samples, info):
    fields = [pa.field("id_str", pa.string())]
    fields += [
        pa.field(f"{label}_concentration", pa.list_(pa.float32(), samples)) for label in schema.label_cols
    ]
    content = {"format": FORMAT, "gzkit": gzkit.__version__, "schema": schema.to_dict(), "info": info}
    return pa.schema(fields, metadata={METADATA_KEY: json.dumps(content)})


def _concentration_table(id_str, concentration, arrow_schema):
    samples = concentration.shape[-1]
    columns = [pa.array(id_str, pa.string())]
    columns += [
        pa.FixedSizeListArray.from_arrays(np.ascontiguousarray(values, dtype=np.float32).ravel(), samples)
        for values in np.moveaxis(concentration, 1, 0)
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema)
