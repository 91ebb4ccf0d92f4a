"""Predictions in files: parquet tables with their schema, and the styles of the GZ DESI release.

Writing takes predictions; reading gives their content, the arguments from which `Predictions` (or, of a release table,
`PublishedPredictions`) is made.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import gzkit
from gzkit.distributions import beta_mixture_quick
from gzkit.distributions.answers import others
from gzkit.images.ahead import ahead
from gzkit.predictions.checks import check_concentration
from gzkit.predictions.parts import (
    METADATA_KEY,
    ROWS_PER_GROUP,
    files_of,
    metadata_of,
    opened,
    write_groups,
)
from gzkit.schema.files import told_of
from gzkit.schema.tree import Schema, suggest
from gzkit.votes import proportion_asked

SKY = ("ra", "dec")  # [deg]
FORMAT = "gzkit-predictions-1"
STYLES = ("concentration", "advanced", "friendly")
ENOUGH_ASKED = 0.5  # below this proportion the friendly style gives no fraction
LEVEL = 0.9  # of the intervals of the advanced style, as its column names say


def table_of(predictions, *, style="concentration"):
    """Predictions as an Arrow table.

    Parameters
    ----------
    predictions : Predictions
    style : {"concentration", "advanced", "friendly"}
        As for `Predictions.to_parquet`.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    ValueError
        If there is no such style.
    """
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}{suggest(style, STYLES)}")
    if style == "concentration":
        columns = _concentration_columns(predictions)
    else:
        columns = _fraction_columns(predictions, style)
    samples = predictions.concentration.shape[-1]
    content = {
        "format": FORMAT,
        "style": style,
        "samples": samples,
        "gzkit": gzkit.__version__,
        "schema": predictions.schema.to_dict(),
        "info": predictions.info,
    }
    where = {} if predictions.sky is None else dict(zip(SKY, map(pa.array, predictions.sky.T), strict=True))
    table = pa.table({"id_str": pa.array(predictions.id_str, pa.string())} | where | columns)
    return table.replace_schema_metadata({METADATA_KEY: json.dumps(content)})


def write_parquet(predictions, path, *, style="concentration"):
    """Write predictions as one parquet file, in groups of rows.

    The groups are summarised a few at a time, so that memory does not grow with their number.

    Parameters
    ----------
    predictions : Predictions
    path, style
        As for `Predictions.to_parquet`.
    """
    starts = range(0, max(len(predictions), 1), ROWS_PER_GROUP)
    groups = (predictions[start : start + ROWS_PER_GROUP] for start in starts)
    write_groups(path, _summarised(groups, style))


def summarise_parquet(source, path, *, style="advanced"):
    """Write a release table of predictions that are in files, without reading them all at once.

    Parameters
    ----------
    source : str or Path
        A file of predictions with their concentrations, or a folder of parts.
    path : str or Path
        The table.
    style : {"advanced", "friendly", "concentration"}
        As for `Predictions.to_parquet`.

    Raises
    ------
    ValueError
        If there is no such style, or a file cannot be read, or has no concentrations.
    """
    write_groups(path, _summarised(_groups_of(Path(source)), style))


def _groups_of(source):
    """Predictions in a file, or in a folder's parts, a group of rows at a time."""
    for file in files_of(source):
        with opened(file) as parquet:
            metadata = metadata_of(file, parquet.schema_arrow)
            if metadata.get("style") != "concentration":
                raise ValueError(f"{file}: no predictions with their concentrations")
            schema = _schema_of(file, metadata, None)
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group)
                ids, values = table["id_str"].to_pylist(), _concentration(file, table, schema)
                with told_of(file):
                    values = check_concentration(values, ids, schema)
                yield SimpleNamespace(
                    concentration=values,
                    id_str=ids,
                    schema=schema,
                    info=metadata.get("info", {}),
                    sky=_sky(file, table),
                )


def _summarised(groups, style):
    """Tables of groups; NumPy and SciPy let go of the interpreter while they compute."""
    return ahead(lambda group: table_of(group, style=style), groups, depth=min(os.cpu_count() or 1, 8))


def read_parquet(path, *, schema=None, id_column="id_str"):
    """Read a table of predictions.

    Parameters
    ----------
    path, schema, id_column
        As for `Predictions.from_parquet`.

    Returns
    -------
    dict
        What predictions are made of: ``id_str``, ``schema``, ``info``, and ``concentration``, or ``fraction``,
        ``interval`` and ``asked`` as far as the release table has them.

    Raises
    ------
    ValueError
        If the file is not parquet or not whole, has other columns, or is of another schema.
    """
    return content_of(path, _read_table(Path(path)), schema, id_column)


def content_of(path, table, schema, id_column):
    """What predictions are made of, in a table that is read.

    Parameters
    ----------
    path : str or Path
        Where it stands, for messages.
    table : pyarrow.Table
    schema, id_column
        As for `read_parquet`.

    Returns
    -------
    dict
        As `read_parquet`.
    """
    twice = [name for name in table.column_names if table.column_names.count(name) > 1]
    if twice:
        raise ValueError(f"{path}: column {twice[0]!r} appears more than once; which one is meant?")
    metadata = metadata_of(path, table.schema)
    schema = _schema_of(path, metadata, schema)
    if id_column not in table.column_names:
        raise ValueError(
            f"{path}: no column {id_column!r} of ids{suggest(id_column, table.column_names)}; "
            f"name it with id_column= (the table begins with {', '.join(table.column_names[:4])})"
        )
    ids = table[id_column].to_pylist()
    saved_again = (
        not metadata and f"{schema.label_cols[0]}_concentration" in table.column_names
    )  # by pandas, say
    if saved_again or metadata.get("style") == "concentration":
        values = {"concentration": _concentration(path, table, schema)}
    else:
        values = _published(path, table, schema)
    info = metadata.get("info", {})
    return values | {"id_str": ids, "schema": schema, "info": info, "sky": _sky(path, table)}


def _concentration_columns(predictions):
    """A number a galaxy, or a list of fixed length where there are several samples."""
    samples = predictions.concentration.shape[-1]
    columns = {}
    for answer, label in enumerate(predictions.schema.label_cols):
        flat = pa.array(np.ravel(predictions.concentration[:, answer]).astype(np.float32, copy=False))
        column = flat if samples == 1 else pa.FixedSizeListArray.from_arrays(flat, samples)
        columns[f"{label}_concentration"] = column
    return columns


def _fraction_columns(predictions, style):
    """Columns of the GZ DESI release, each kind together."""
    schema = predictions.schema
    answers = [len(question.answers) for question in schema.questions]
    starts = [question.columns.start for question in schema.questions]
    a = np.ascontiguousarray(predictions.concentration.T)  # (sample, answer, galaxy)
    by_question = np.split(a, starts[1:], axis=1)
    rest = np.concatenate([others(np.moveaxis(part, 1, -1)) for part in by_question], axis=-1)
    rest = np.moveaxis(rest, -1, 1)
    by_sample = a / (a + rest)
    fraction = by_sample.mean(axis=0)
    asked = proportion_asked(by_sample.swapaxes(1, 2), schema).mean(axis=0)  # (galaxy, question)
    asked = np.repeat(asked.T, answers, axis=0)
    if style == "friendly":
        blocks = {"fraction": np.where(asked < ENOUGH_ASKED, np.nan, fraction)}
    else:
        lower, upper = _intervals(a, rest, schema)
        blocks = {"fraction": fraction, "90pc-lower": lower, "90pc-upper": upper, "proportion-asked": asked}
    return {
        f"{label}_{kind}": pa.array(values)
        for kind, block in blocks.items()
        for label, values in zip(schema.label_cols, block.astype(np.float32), strict=True)
    }


def _intervals(a, b, schema):
    """Ends of the answers' intervals, (answer, galaxy), of concentrations and what the other answers have."""
    ends = np.ones((2, *a.shape[1:]), dtype=np.float32)  # an only answer gets every vote
    several = [question.columns for question in schema.questions if len(question.answers) > 1]
    second = [columns.start + 1 for columns in several if columns.stop - columns.start == 2]
    searched = [i for columns in several for i in range(columns.start, columns.stop) if i not in second]
    found = beta_mixture_quick.interval(*(x[:, searched].reshape(len(x), -1) for x in (a, b)), LEVEL)
    ends[:, searched] = np.reshape(found, (2, len(searched), -1))
    for answer in second:  # of two answers, what one does not get the other does
        ends[:, answer] = 1 - ends[::-1, answer - 1]
    return ends


def _read_table(path):
    files, tables = files_of(path), []
    for file in files:
        with opened(file) as parquet:
            tables.append(parquet.read())
        if not tables[-1].schema.equals(tables[0].schema, check_metadata=True):
            raise ValueError(f"{file}: other columns or settings than {files[0].name}")
    return pa.concat_tables(tables)


def _schema_of(path, metadata, expected):
    if "encoder" in metadata:
        raise ValueError(f"{path}: features, not predictions; gz.Features.from_parquet reads them")
    if "schema" not in metadata:
        if expected is None:
            raise ValueError(
                f"{path}: gzkit did not write this table, or another program saved it again; say which schema it has "
                "with schema="
            )
        return expected
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: predictions in format {metadata.get('format')!r}, expected {FORMAT!r}")
    with told_of(path):
        found = Schema.from_dict(metadata["schema"])
    if expected is not None and expected != found:
        raise ValueError(f"{path}: predictions for {found!r}, expected {expected!r}")
    return found


def _concentration(path, table, schema):
    columns = _columns(path, table, "concentration", schema)
    return np.stack(columns).swapaxes(0, 1)  # (galaxy, answer[, sample]); an answer's stay together


def _published(path, table, schema):
    """The fractions of a release table and, if it has any of them, their intervals and proportions asked."""
    kinds = ["fraction", "90pc-lower", "90pc-upper", "proportion-asked"]
    names = {f"{label}_{kind}" for kind in kinds[1:] for label in schema.label_cols}
    if names.isdisjoint(table.column_names):
        kinds = kinds[:1]
    fraction, *others = (np.stack(_columns(path, table, kind, schema), axis=1) for kind in kinds)
    if not others:
        return {"fraction": fraction}
    lower, upper, asked = others
    first = [question.columns.start for question in schema.questions]
    return {"fraction": fraction, "interval": (lower, upper), "asked": asked[:, first]}


def _sky(path, table):
    """Coordinates in a table, where it has both."""
    if not set(SKY) <= set(table.column_names):
        return None
    return np.stack([numbers_of(path, table, name) for name in SKY], axis=1)


def _columns(path, table, kind, schema):
    names = [f"{label}_{kind}" for label in schema.label_cols]
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise ValueError(
            f"{path}: no column {missing[0]!r} ({len(missing)} of {len(names)} missing)"
            f"{suggest(missing[0], table.column_names)}"
        )
    return [numbers_of(path, table, name) for name in names]


def numbers_of(path, table, name):
    """A column of numbers, (galaxy,) or (galaxy, sample); refused if it is none.

    Parameters
    ----------
    path : str or Path
        For messages.
    table : pyarrow.Table
    name : str

    Returns
    -------
    ndarray
    """
    column = table[name].combine_chunks()
    lists = pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type)
    values = column.flatten() if lists else column
    if lists and (column.null_count or pc.count_distinct(pc.list_value_length(column)).as_py() > 1):
        raise ValueError(f"{path}: column {name!r} has more samples of some galaxies than of others")
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        raise ValueError(f"{path}: column {name!r} holds {column.type}, expected numbers")
    values = values.to_numpy(zero_copy_only=False)
    if values.dtype.kind in "iu":
        values = values.astype(float)
    if not lists:
        return values
    fixed = pa.types.is_fixed_size_list(column.type)
    samples = column.type.list_size if fixed else len(values) // max(len(column), 1)
    return values.reshape(len(column), samples)
