"""A survey's table of votes and images, read and checked once, so that everything after it can trust it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gzkit.catalog.counts import take_votes, warn_of_totals
from gzkit.catalog.files import find_images
from gzkit.catalog.hub import kept_dataset
from gzkit.catalog.problems import CatalogError, Problems
from gzkit.catalog.sky import take_sky
from gzkit.catalog.tables import open_table
from gzkit.catalog.taken import check_columns
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["CatalogError", "read_catalog", "sample_catalog", "sample_folder", "sample_truth", "split"]

FRACTIONS_ADD_UP = 1e-6
VOTE_ENDINGS = ("_count", "_fraction", "_debiased", "_total-votes")


def read_catalog(
    source: "str | Path | pd.DataFrame | Table",
    schema: Schema | str | None = None,
    *,
    images: str | Path | Literal[False] | None = None,
    columns: Mapping[str, str] | str | Sequence[Mapping[str, str] | str] | None = None,
) -> pd.DataFrame:
    """Read a table of votes, find its images, and check everything.

    Three things are needed of the table: a column ``id_str`` that names each galaxy, one column of vote counts for
    each answer (``bar_strong``), and, where there are images, a column ``file_loc`` with their files. Other columns are
    kept.

    Parameters
    ----------
    source : str, Path, DataFrame or astropy.table.Table
        ``.csv``, ``.tsv`` (also with ``.gz``) or ``.parquet``; with astropy (``gzkit[astro]``) also FITS (``.fits``,
        ``.fits.gz``), VOTable (``.vot``), ECSV (``.ecsv``) and IPAC (``.tbl``). A parquet table may hold the images
        itself, in a struct column ``image`` with ``bytes`` and ``path``, as the data sets of the Hugging Face Hub do.
        In place of counts a table may have fractions and total votes (``bar_strong_fraction``, ``bar_total-votes``), as
        the GZ DECaLS release has; counts are then rebuilt, and must come out whole. A folder of images is a table
        without votes, of every image in it, each galaxy called after its file. A folder of parquet shards, as the Hub
        has them, is one table, with a column ``split``; so is a ``datasets.Dataset`` or ``DatasetDict``, whose images
        are kept in the folder `images`.
    schema : Schema or str, optional
        The questions whose votes are wanted, or their survey's name; none for galaxies without votes, whose votes are
        to be predicted.
    images : str or Path, optional
        Folder that relative ``file_loc`` start from; by default the table's own. Without a column ``file_loc``, images
        are looked for under their galaxy's id in this folder (``<id_str>.jpg``). False: do not look for images.
    columns : dict of str to str, str, or list of these, optional
        The table's names for columns that gzkit calls otherwise, ``{"iauname": "id_str"}``; or ``"gz2"`` for the names
        of the published Galaxy Zoo 2 tables (``t01_smooth_or_features_a01_smooth_count``, ...), ``"gz-kaggle"`` for
        those of the Kaggle challenge (``Class1.1``, ...). Several, ``["gz2", {"OBJID": "id_str"}]``: the later counts.
        Kaggle's fractions are weighted along the tree and come without totals: read without a schema they become
        ``_fraction`` columns, shares of those asked each question; as votes they are refused.

    Returns
    -------
    DataFrame
        ``id_str`` (text), ``file_loc`` (absolute, or ``"/path/table.parquet#ROW"``; absent without images), vote counts
        [votes] as integers in the order of ``schema.label_cols``, then the table's other columns. Coordinates ``ra``
        and ``dec`` (in capitals or not) come as numbers [deg], also if the table has them in sexagesimal
        (``10:20:30``; right ascensions then in hours) or another unit. ``attrs["units"]`` has the units that
        astronomers' tables give their columns.

    Raises
    ------
    CatalogError
        If anything is wrong; it lists every problem of the table at once, with row (counted from 0), column and value.
    FileNotFoundError, ValueError
        If there is no such file, or it is not a table.

    Warns
    -----
    UserWarning
        If total votes differ from the votes of the answers that lead to a question, as in real tables they often do
        by a few votes.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the columns of the GZ DECaLS tables.
    Willett et al. 2013, MNRAS 435, 2835 (arXiv:1308.3496): those of Galaxy Zoo 2.

    Examples
    --------
    >>> import pandas as pd
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> table = pd.DataFrame({"name": ["J1", "J2"], "bar_strong": [3, 0], "bar_weak": [4, 1], "bar_no": [0, 30]})
    >>> gz.read_catalog(table, schema, columns={"name": "id_str"})
      id_str  bar_strong  bar_weak  bar_no
    0     J1           3         4       0
    1     J2           0         1      30
    """
    schema = None if schema is None else as_schema(schema, "read_catalog")
    if type(source).__module__.startswith("datasets."):
        source, images = kept_dataset(source, images), None
    is_path = isinstance(source, str | Path)
    name, folder = (Path(source).name, Path(source).parent) if is_path else ("catalog", Path())
    problems = Problems(name)
    table, embedded = open_table(source, schema, columns, problems)
    ids = _take_ids(table, problems)
    table = take_sky(table, problems)
    votes = None if schema is None else take_votes(table, schema, problems)
    files = find_images(table, folder, images, embedded, problems)
    problems.raise_if_any()
    catalog = pd.DataFrame({"id_str": ids} if files is None else {"id_str": ids, "file_loc": files})
    if schema is not None:
        warn_of_totals(votes, table, schema, name)
        catalog = pd.concat([catalog, pd.DataFrame(votes, columns=schema.label_cols)], axis=1)
    catalog = pd.concat(
        [catalog, table.drop(columns=["file_loc", *catalog.columns], errors="ignore")], axis=1
    )
    catalog.attrs = {name: value for name, value in table.attrs.items() if name == "units" and value}
    return catalog


def _take_ids(table, problems):
    """Ids as text, (galaxy,); tells of blank and repeated ones."""
    if not len(table):
        problems.column("id_str", "the table has no rows")
    if "id_str" not in table:
        known = ", ".join([str(name) for name in table.columns if not str(name).endswith(VOTE_ENDINGS)][:8])
        problems.column(
            "id_str",
            "column 'id_str' is missing; say which column names each galaxy with columns={'...': 'id_str'} "
            f"(the table begins with {known})",
        )
        return None
    ids = table["id_str"].to_numpy(dtype=object)
    problems.ids = ids
    blank = np.array([not galaxy.strip() for galaxy in ids], dtype=bool)
    problems.cells("id_str", blank, ids, "blank id")
    repeated = table["id_str"].duplicated(keep=False).to_numpy() & ~blank
    problems.cells("id_str", repeated, ids, "repeated id")
    return ids


def split(catalog: pd.DataFrame, fractions: Sequence[float], *, seed: int = 0) -> tuple[pd.DataFrame, ...]:
    """Divide a catalog at random into parts, by galaxy.

    All rows of one ``id_str`` go to one part, so no galaxy is trained and tested on. The ids and the seed decide which
    galaxy goes where, and not the order of the rows.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str``.
    fractions : sequence of float
        Share of the galaxies in each part, ``(0.7, 0.1, 0.2)``; they add up to 1.
    seed : int

    Returns
    -------
    tuple of DataFrame
        One a fraction, rows in the catalog's order.

    Raises
    ------
    ValueError
        If the fractions are not positive or do not add up to 1, or a part would be empty.

    Examples
    --------
    >>> import pandas as pd
    >>> train, test = split(pd.DataFrame({"id_str": list("abcdefghij")}), (0.8, 0.2))
    >>> len(train), len(test), set(train.id_str) & set(test.id_str)
    (8, 2, set())
    """
    check_columns(catalog, ["id_str"], "split")
    if not isinstance(fractions, Sequence | np.ndarray):
        raise ValueError(f"split: fractions has a share for each part, such as (0.8, 0.2), got {fractions}")
    fractions = [float(fraction) for fraction in fractions]
    if not fractions or min(fractions) <= 0 or abs(sum(fractions) - 1) > FRACTIONS_ADD_UP:
        shares = (
            tuple(round(fraction / sum(fractions), 6) for fraction in fractions) if sum(fractions) > 0 else ()
        )
        meant = f"; did you mean {shares}?" if shares and min(shares) > 0 else ""
        raise ValueError(f"fractions must be positive and add up to 1, got {tuple(fractions)}{meant}")
    ids, which = np.unique(np.asarray(catalog["id_str"], dtype=str), return_inverse=True)  # sorted
    ends = np.round(np.cumsum(fractions) * len(ids)).astype(int)
    sizes = np.diff(ends, prepend=0)
    if not sizes.all():
        raise ValueError(
            f"{len(ids)} galaxies are too few for parts of {tuple(fractions)}: one would be empty"
        )
    part_of = np.empty(len(ids), dtype=int)
    part_of[np.random.default_rng(seed).permutation(len(ids))] = np.repeat(np.arange(len(fractions)), sizes)
    parts = part_of[which]
    return tuple(catalog[parts == part].reset_index(drop=True) for part in range(len(fractions)))


def sample_folder() -> Path:
    """Where the simulated sample survey is.

    Returns
    -------
    Path
        Folder with ``catalog.csv``, ``truth.csv`` and the images.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "data_samples", package.parent / "data_samples"):  # installed; in a clone
        if (folder / "catalog.csv").is_file():
            return folder
    raise FileNotFoundError(f"the sample survey is neither in {package} nor beside it; install gzkit again")


def sample_truth() -> pd.DataFrame:
    """What is known of the simulated sample's galaxies, which a real survey would not know.

    Returns
    -------
    DataFrame
        ``id_str``; under each answer's name its true probability, as `evaluate` takes it for ``truth``; the mean of
        galaxies that look alike (``<answer>_expected``); and the parameters that each was drawn from.

    Examples
    --------
    >>> import gzkit as gz
    >>> truth = gz.sample_truth()
    >>> round(float(truth.loc[0, ["bar_strong", "bar_weak", "bar_no"]].sum()), 6)
    1.0
    """
    table = pd.read_csv(sample_folder() / "truth.csv", dtype={"id_str": str})
    return table.rename(columns={name: name.removesuffix("_probability") for name in table})


def sample_catalog() -> pd.DataFrame:
    """The simulated sample survey, read: 10 questions of GZ DECaLS DR5, images, and simulated volunteers' votes.

    Returns
    -------
    DataFrame
        As `read_catalog` returns it.

    Examples
    --------
    >>> import gzkit as gz
    >>> catalog = gz.sample_catalog()  # doctest: +SKIP
    >>> train, val, test = gz.split(catalog, (0.7, 0.1, 0.2))  # doctest: +SKIP
    """
    return read_catalog(sample_folder() / "catalog.csv", "gz-decals-dr5")
