"""Tables from files: csv, parquet and astronomers' own, ids as text, columns under the schema's names."""

import csv
import gzip
import itertools
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gzkit.catalog.astronomical import ENDINGS, frame_of, is_astropy_table, read_astropy
from gzkit.catalog.files import image_column, list_images
from gzkit.catalog.hub import shards_in, splits_of
from gzkit.catalog.ids import ids_of
from gzkit.mistakes import described
from gzkit.schema.files import refuse_bomb
from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import long_fields

CSV_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
PARQUET_ENDINGS = (".parquet", ".parq")
WEIGHTED = "_weighted-fraction"  # ending of fractions that are multiplied along the way through the tree
TEXT_COLUMNS = ("id_str", "file_loc")
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)  # cut short, or changed on the way
NOT_CSV = (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, csv.Error, *DAMAGED)
EXACT = 2**53  # whole numbers above this lose digits as floats
BLANKS = ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None"]


def open_table(source, schema, columns, problems):
    """Read a table and give its columns the names that gzkit uses.

    Parameters
    ----------
    source : str, Path, DataFrame or astropy.table.Table
    schema : Schema or None
    columns : None, str or dict of str to str
        As in `read_catalog`.
    problems : Problems

    Returns
    -------
    table : DataFrame
        With ``id_str`` and ``file_loc`` as text, where they are there.
    embedded : list of Path or None
        The parquet files, in the table's order, if they hold the images' bytes themselves.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not a table.
    """
    table, embedded = _open(source, schema, columns, problems)
    weighted = [name for name in table.columns if str(name).endswith(WEIGHTED)]
    return _share_within_questions(table, weighted, problems) if weighted else table, embedded


def _open(source, schema, columns, problems):
    if is_astropy_table(source):
        source = frame_of(source, problems.source)
    if isinstance(source, pd.DataFrame):
        named = [name for name in source.index.names if name is not None and name not in source.columns]
        source = source.reset_index(named) if named else source
        names = new_names(list(source.columns), schema, columns, problems)
        source = source.rename(columns=names).reset_index(drop=True)
        units = source.attrs.get("units", {})
        source.attrs = {"units": {names.get(column, column): unit for column, unit in units.items()}}
        return as_text(source, problems), None
    if not isinstance(source, str | Path):
        raise TypeError(f"read_catalog: expected a file, a folder or a table, got {described(source)}")
    path = Path(source)
    if path.is_dir() and (shards := shards_in(path)):
        return _open_shards(shards, schema, columns, problems)
    if schema is None and path.is_dir():
        return list_images(path, problems), None
    if not path.is_file():
        kind = "a folder, not a table" if path.is_dir() else "no such file"
        raise FileNotFoundError(f"{path}: {kind}")
    name = path.name.lower()
    if name.endswith(CSV_ENDINGS):
        return _open_csv(path, schema, columns, problems), None
    if name.endswith(PARQUET_ENDINGS):
        return _open_parquet(path, schema, columns, problems)
    if name.endswith(ENDINGS):
        return _open(frame_of(read_astropy(path), path.name), schema, columns, problems)
    raise ValueError(
        f"{path}: expected a file that ends in {', '.join(CSV_ENDINGS + PARQUET_ENDINGS + ENDINGS)}; read other "
        "formats into an astropy Table or a pandas DataFrame, ids as text, and pass that"
    )


def new_names(present, schema, columns, problems):
    """What each column of a table is to be called.

    Parameters
    ----------
    present : list of str
        Columns of the table.
    schema : Schema or None
    columns : None, str, dict of str to str, or list of these
    problems : Problems
        Is told of a column that is not there, and of two columns that get one name.

    Returns
    -------
    dict of str to str
        Only columns of the table that change.

    Raises
    ------
    CatalogError
        If there is such a column.
    """
    if columns is None:
        _hint_at_published(present, schema, problems)
    names = {}
    for part in [] if columns is None else columns if isinstance(columns, list | tuple) else [columns]:
        if isinstance(part, str):
            new = published_columns(part, schema)
        elif isinstance(part, Mapping):
            new = dict(part)
            for old in new.keys() - set(present):
                problems.missing(old, present, " (columns= names it)")
        else:
            raise ValueError(f"columns: expected a name or a dictionary of column names, got {part!r}")
        names = {old: name for old, name in names.items() if name not in new.values()} | new
    names = {old: new for old, new in names.items() if old in present}
    after = [str(names.get(column, column)).strip() for column in present]
    for name in sorted({name for name in after if after.count(name) > 1}):
        problems.column(
            name, f"column {name!r} appears {after.count(name)} times; rename or drop all but one"
        )
    problems.raise_if_any()  # nothing after this could be told apart
    return names


def published_columns(name, schema):
    """Column names of a published table, with the names that a schema gives them.

    Parameters
    ----------
    name : str
        ``"gz2"`` or ``"gz-kaggle"``.
    schema : Schema or None
        Decides whether answers carry the campaign's suffix; without one only the id of a table of counts is renamed.

    Returns
    -------
    dict of str to str
        The table's name to the schema's; answers that the schema does not have are left out.

    Raises
    ------
    ValueError
        If there are no such names; the nearest is suggested.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> published_columns("gz2", schema)["t03_bar_a06_bar_count"]
    'bar_yes'
    """
    known = _published()
    if name not in known:
        raise ValueError(
            f"no column names are kept for {name!r}{suggest(name, known)} (known: {', '.join(known)})"
        )
    labels = {"id_str", *(schema.label_cols if schema else [])}
    entry, names = known[name], {}
    if schema is None and "weighted" in entry:
        labels.update(entry["columns"].values())
    for old, new in entry["columns"].items():
        question, _, answer = new.partition("_")
        for candidate in (new, f"{question}{entry['suffix']}_{answer}"):
            if candidate in labels:
                names[old] = candidate + WEIGHTED * ("weighted" in entry and candidate != "id_str")
    return names


def _share_within_questions(table, weighted, problems):
    """Fractions of those asked each question, where the table has them times the chance of being asked.

    A question's fractions then add up to that chance, so dividing by their sum is all it takes; NaN where it is 0.
    """
    values = table[weighted].apply(pd.to_numeric, errors="coerce")
    for name in weighted:
        bad = ~values[name].between(0, 1).to_numpy(bool)
        problems.cells(
            name.removesuffix(WEIGHTED), bad, table[name].to_numpy(object), "not a fraction between 0 and 1"
        )
    total = values.T.groupby([name.partition("_")[0] for name in weighted]).transform("sum").T
    shares = values / total.where(total > 0)
    return table.drop(columns=weighted).join(
        shares.rename(columns=lambda name: name.replace(WEIGHTED, "_fraction"))
    )


def _hint_at_published(present, schema, problems):
    """Say how to read the table if most of its column names are those of a published one."""
    for name in _published():
        names = published_columns(name, schema).keys()
        if len(names) > 1 and len(names & set(present)) > len(names) / 2:
            hint = f"these are the column names of published tables: read them with columns={name!r}"
            problems.hint(hint)


def _published():
    return json.loads(Path(__file__).with_name("columns.json").read_text(encoding="utf-8"))


def _open_csv(path, schema, columns, problems):
    refuse_bomb(path)
    separator = "\t" if ".tsv" in path.name.lower() else ","
    try:
        header = _check_first_records(path, separator)
        names = new_names(header, schema, columns, problems)
        texts = [column for column in header if names.get(column, column) in TEXT_COLUMNS]
        # as text a long number keeps its digits; with blanks named for the others, a galaxy called "NA" keeps its name
        options = {
            "sep": separator,
            "encoding": "utf-8-sig",
            "names": header,
            "header": 0,
            "index_col": False,
        }
        options |= {"keep_default_na": False, "low_memory": False}
        blanks = dict.fromkeys(set(header) - set(texts), BLANKS)
        table = pd.read_csv(path, dtype=dict.fromkeys(texts, object), na_values=blanks, **options)
        if (table.iloc[:, -1].isna() | (table.iloc[:, -1] == "")).any():  # pandas fills short rows up
            for line, fields in _records(path, separator):
                _check_count(path, line, fields, header)
        rounded = [name for name in table.select_dtypes("floating") if table[name].abs().max() > EXACT]
        if rounded:  # long whole numbers with a gap
            exact = pd.read_csv(path, usecols=rounded, dtype=object, na_values=blanks, **options)
            for name in rounded:
                if exact[name].dropna().str.fullmatch(r"[+-]?\d{1,18}").all():
                    table[name] = exact[name].astype("Int64")
    except NOT_CSV as error:
        raise ValueError(
            f"{path}: not a whole table of comma-separated values in UTF-8: {str(error).strip()}"
        ) from error
    return as_text(table.rename(columns=names), problems)


def _records(path, separator):
    """Line and fields of every record of a table, but those that are blank."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with long_fields(), opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        for fields in reader:
            if len(fields) > 1 or "".join(fields).strip():
                yield reader.line_num, fields


def _check_first_records(path, separator):
    """The header, if it is one; pandas would take what a first row has too many as names of rows."""
    records = _records(path, separator)
    _, header = next(records, (0, None))
    if header is None:
        raise ValueError(f"{path}: an empty file")
    if len(header) == 1 and (found := next((mark for mark in ";\t|" if mark in header[0]), None)):
        raise ValueError(
            f"{path}: its columns are separated by {found!r}: read it with pandas.read_csv(path, sep={found!r}, "
            "dtype=str, keep_default_na=False), which keeps every digit of the ids, and pass that"
        )
    for line, fields in itertools.islice(records, 1):
        _check_count(path, line, fields, header)
    return [name or f"Unnamed: {place}" for place, name in enumerate(header)]


def _check_count(path, line, fields, header):
    if len(fields) != len(header):
        hint = "; a field with a comma in it (1,234 or 0,05) stands in quotes" * (len(fields) > len(header))
        raise ValueError(
            f"{path}: line {line} has {len(fields)} fields ({', '.join(fields[:4])[:80]}), "
            f"the header {len(header)} ({', '.join(header[:4])[:80]}){hint}"
        )


def _open_parquet(path, schema, columns, problems):
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            embedded = image_column(file) is not None
            wanted = [name for name in file.schema_arrow.names if not (embedded and name == "image")]
            names = new_names(wanted, schema, columns, problems)
            table = file.read(columns=wanted)
        # numbers with a gap would become floats and lose digits
        exact = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
        for position, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(
                    position, field.name, table.column(position).cast(field.type.value_type)
                )
        gaps = any(pa.types.is_integer(column.type) and column.null_count for column in table.columns)
        frame = table.to_pandas(ignore_metadata=True, types_mapper=exact.get if gaps else None)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a whole parquet table: {error}") from error
    return as_text(frame.rename(columns=names), problems), [path] if embedded else None


def _open_shards(shards, schema, columns, problems):
    """One table of all shards; ``split`` is what their names begin with."""
    splits, tables = splits_of(shards), []
    for path, split in zip(shards, splits, strict=True):
        table, _ = _open_parquet(path, schema, columns, problems)
        tables.append(table.assign(split=split) if split else table)
        if tables[-1].columns.tolist() != tables[0].columns.tolist():
            raise ValueError(f"{path}: other columns than {shards[0].name}")
    return pd.concat(tables, ignore_index=True), shards


def as_text(table, problems):
    """Ids and image files as text.

    Parameters
    ----------
    table : DataFrame
        Is not changed.
    problems : Problems
        Is told of what is no id, and no name of a file.

    Returns
    -------
    DataFrame
    """
    if "id_str" in table:
        ids, wrong = ids_of(table["id_str"])
        for problem, rows in wrong.items():
            bad = np.isin(np.arange(len(ids)), rows)
            values = table["id_str"].to_numpy(object)
            problems.cells("id_str", bad, values, problem, "read this column as text")
            ids[rows] = [str(value) for value in values[rows]]
        table = table.assign(id_str=pd.Series(ids, index=table.index, dtype=object))
    if "file_loc" in table:
        files = table["file_loc"].to_numpy(dtype=object)
        known = np.array([isinstance(file, str | bytes | os.PathLike) for file in files], dtype=bool)
        problems.cells(
            "file_loc", ~known & table["file_loc"].notna().to_numpy(bool), files, "not the name of a file"
        )
        texts = [os.fsdecode(file) if name else "" for file, name in zip(files, known, strict=True)]
        table = table.assign(file_loc=pd.Series(texts, index=table.index, dtype=object))
    return table
