"""Tables from files: csv and parquet, ids as text, columns under the schema's names."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from gzkit.catalog.files import list_images
from gzkit.schema.files import refuse_bomb
from gzkit.schema.tree import suggest

CSV_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
PARQUET_ENDINGS = (".parquet", ".parq")
TEXT_COLUMNS = ("id_str", "file_loc")
BLANKS = ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None"]


def open_table(source, schema, columns, problems):
    """Read a table and give its columns the names that gzkit uses.

    Parameters
    ----------
    source : str, Path or DataFrame
    schema : Schema or None
    columns : None, str or dict of str to str
        As in `read_catalog`.
    problems : Problems

    Returns
    -------
    table : DataFrame
        With ``id_str`` and ``file_loc`` as text, where they are there.
    embedded : Path or None
        The parquet file, if it holds the images' bytes itself.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not a table.
    """
    if not isinstance(source, pd.DataFrame) and schema is None and Path(source).is_dir():
        source = list_images(source)
    if isinstance(source, pd.DataFrame):
        names = new_names(list(source.columns), schema, columns, problems)
        return _ids_as_text(source.rename(columns=names).reset_index(drop=True), problems), None
    path = Path(source)
    if not path.is_file():
        kind = "a folder, not a table" if path.is_dir() else "no such file"
        raise FileNotFoundError(f"{path}: {kind}")
    name = path.name.lower()
    if name.endswith(CSV_ENDINGS):
        return _open_csv(path, schema, columns, problems), None
    if name.endswith(PARQUET_ENDINGS):
        return _open_parquet(path, schema, columns, problems)
    raise ValueError(
        f"{path}: expected a file that ends in {', '.join(CSV_ENDINGS + PARQUET_ENDINGS)}; read other formats into a "
        "pandas DataFrame and pass that (astropy.table.Table.read(path).to_pandas() for FITS)"
    )


def new_names(present, schema, columns, problems):
    """What each column of a table is to be called.

    Parameters
    ----------
    present : list of str
        Columns of the table.
    schema : Schema or None
    columns : None, str or dict of str to str
    problems : Problems
        Is told of a column that is not there, and of two columns that get one name.

    Returns
    -------
    dict of str to str
        Only columns of the table that change.
    """
    if columns is None:
        names = {}
        _hint_at_published(present, schema, problems)
    elif isinstance(columns, str):
        names = {old: new for old, new in published_columns(columns, schema).items() if old in present}
    else:
        names = dict(columns)
        for old in names.keys() - set(present):
            problems.missing(old, present, " (columns= names it)")
        names = {old: new for old, new in names.items() if old in present}
    after = [names.get(column, column) for column in present]
    for name in sorted({str(name) for name in after if after.count(name) > 1}):
        problems.column(
            name, f"column {name!r} appears {after.count(name)} times; rename or drop all but one"
        )
    return names


def published_columns(name, schema):
    """Column names of a published table, with the names that a schema gives them.

    Parameters
    ----------
    name : str
        ``"gz2"``.
    schema : Schema or None
        Decides whether answers carry the campaign's suffix; without one only the id is renamed.

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
    for old, new in entry["columns"].items():
        question, _, answer = new.partition("_")
        for candidate in (new, f"{question}{entry['suffix']}_{answer}"):
            if candidate in labels:
                names[old] = candidate
    return names


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
    options = {"sep": "\t" if ".tsv" in path.name.lower() else ",", "encoding": "utf-8-sig"}
    try:
        header = list(pd.read_csv(path, nrows=0, **options).columns)
        names = new_names(header, schema, columns, problems)
        as_text = [column for column in header if names.get(column, column) in TEXT_COLUMNS]
        # as text a long number keeps its digits; with blanks named for the others, a galaxy called "NA" keeps its name
        table = pd.read_csv(
            path,
            dtype=dict.fromkeys(as_text, object),
            keep_default_na=False,
            na_values=dict.fromkeys(set(header) - set(as_text), BLANKS),
            low_memory=False,
            **options,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a table of comma-separated values in UTF-8: {error}") from error
    if len(header) == 1 and ";" in header[0]:
        raise ValueError(
            f"{path}: its columns are separated by ';': read it with pandas.read_csv(path, sep=';')"
        )
    return table.rename(columns=names)


def _open_parquet(path, schema, columns, problems):
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            fields = file.schema_arrow
            embedded = "image" in fields.names and _is_image(fields.field("image").type)
            wanted = [name for name in fields.names if not (embedded and name == "image")]
            table = file.read(columns=wanted)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a parquet table: {error}") from error
    names = new_names(wanted, schema, columns, problems)
    for position, name in enumerate(wanted):
        if names.get(name, name) == "id_str" and pa.types.is_integer(table.schema.field(position).type):
            # before pandas sees it: an integer column with a gap would become float and lose digits
            table = table.set_column(position, name, table.column(position).cast(pa.string()))
    frame = table.to_pandas(ignore_metadata=True).rename(columns=names)
    return _ids_as_text(frame, problems), path if embedded else None


def _is_image(kind):
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return False
    inside = {kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)}
    return "bytes" in inside and (
        pa.types.is_binary(inside["bytes"]) or pa.types.is_large_binary(inside["bytes"])
    )


def _ids_as_text(table, problems):
    """Ids and image files as text; 1 and "1" are the same id, 1.0 is refused."""
    for name in TEXT_COLUMNS:
        if name not in table or list(table.columns).count(name) > 1:
            continue
        values = table[name].to_numpy(dtype=object)
        blank = table[name].isna().to_numpy(dtype=bool)
        decimal = np.array([isinstance(value, float | np.floating) for value in values], dtype=bool) & ~blank
        problems.cells(
            name, decimal, values, "decimal numbers lose digits of an id", "read this column as text"
        )
        texts = ["" if gap else str(value) for value, gap in zip(values, blank, strict=True)]
        table[name] = pd.Series(texts, index=table.index, dtype=object)
    return table
