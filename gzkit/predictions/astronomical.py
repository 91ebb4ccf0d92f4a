"""Predictions in astronomers' tables: FITS, VOTable and ECSV, through astropy."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from gzkit.catalog.astronomical import astropy_module, frame_of, is_astropy_table, read_astropy
from gzkit.predictions.files import SKY, content_of, numbers_of, table_of
from gzkit.predictions.parts import METADATA_KEY


def astropy_table(predictions, *, style):
    """Predictions as a table of astropy.

    Parameters
    ----------
    predictions : Predictions
    style : {"advanced", "friendly", "concentration"}

    Returns
    -------
    astropy.table.Table
    """
    kind = astropy_module("table", "a table of astropy").Table
    table = table_of(predictions, style=style)
    columns = {name: numbers_of("", table, name) for name in table.column_names[1:]}
    made = kind({"id_str": predictions.id_str.astype(str)} | columns)
    made.meta["GZKIT"] = table.schema.metadata[METADATA_KEY].decode()
    for name in set(SKY) & set(columns):
        made[name].unit = "deg"
    return made


def read_astropy_table(table, *, schema=None, id_column="id_str"):
    """What predictions are made of, from a table of astropy or its file.

    Parameters
    ----------
    table, schema, id_column
        As for `Predictions.from_table`.

    Returns
    -------
    dict
        As `read_parquet`.
    """
    path = "the table" if is_astropy_table(table) else Path(table)
    table = table if is_astropy_table(table) else read_astropy(path)
    samples = [name for name in table.colnames if len(table[name].shape) == 2]
    flat = frame_of(table[[name for name in table.colnames if name not in samples]], str(path))
    arrow = pa.Table.from_pandas(flat, preserve_index=False)
    for name in samples:
        values = np.asarray(table[name]).astype(table[name].dtype.newbyteorder("="))
        arrow = arrow.append_column(name, pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1]))
    metadata = {METADATA_KEY: table.meta.get("GZKIT", "{}")}
    return content_of(path, arrow.replace_schema_metadata(metadata), schema, id_column)
