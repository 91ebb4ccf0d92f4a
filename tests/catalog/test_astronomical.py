"""Astronomers' own tables: what astropy writes, gzkit reads, as it was written and as astropy reads it."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

import gzkit as gz

pytest.importorskip("astropy", reason="astropy comes with gzkit[astro]")

from astropy import units
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)
IDS = [
    587722981742084096,
    587722981742084097,
    9223372036854775807,
]  # 18 and 19 digits: floats would lose some
FILES = {"votes.fits": "fits", "votes.fits.gz": "fits", "votes.vot": "votable", "votes.ecsv": "ascii.ecsv"}
WITHOUT_IPAC = list(FILES)  # whose names of columns are shorter, and words
FILES |= {"votes.tbl": "ascii.ipac"}


def votes_table(**columns):
    table = Table({"id_str": Column(IDS, dtype=np.int64)})
    for label, counts in zip(SCHEMA.label_cols, ([7, 1, 0], [3, 9, 10], [1, 4, 10], [2, 5, 0]), strict=True):
        table[label] = Column(counts, dtype=np.int32)
    table["flux"] = Column([1.5, -2.25, 1e-30], dtype=np.float32, unit="mJy")
    table["name"] = Column(["NGC 1", "M 31", "x"])
    for name, column in columns.items():
        table[name] = column
    return table


def write(table, path, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPAC's and VOTable's rules of names
        table.write(path, format=kind, **({"DBMS": False} if kind == "ascii.ipac" else {}))
    return path


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_every_format_gives_ids_votes_units_and_the_rest_as_astropy_reads_them(name, kind, tmp_path):
    path = write(votes_table(), tmp_path / name, kind)
    catalog = gz.read_catalog(path, SCHEMA)
    assert catalog["id_str"].tolist() == [str(number) for number in IDS]
    expected = votes_table()
    for label in SCHEMA.label_cols:
        assert catalog[label].dtype == np.int64 and catalog[label].tolist() == expected[label].tolist()
    options = {"use_names_over_ids": True} if kind == "votable" else {}
    own = Table.read(path, format=kind, **options)
    np.testing.assert_array_equal(catalog["flux"].to_numpy(), np.asarray(own["flux"]))
    assert [str(text).strip() for text in catalog["name"]] == ["NGC 1", "M 31", "x"]
    assert all(values.dtype.isnative for _, values in catalog.items() if isinstance(values.dtype, np.dtype))
    assert catalog.attrs["units"] == {"flux": "mJy"}


@pytest.mark.parametrize("kind", [Table, QTable])
def test_a_table_of_astropy_is_a_source_as_its_file_is(kind, tmp_path):
    source = kind(votes_table())
    catalog = gz.read_catalog(source, SCHEMA, columns={"name": "title"})
    assert catalog["id_str"].tolist() == [str(number) for number in IDS]
    assert catalog["title"].tolist() == ["NGC 1", "M 31", "x"]
    assert catalog.attrs["units"] == {"flux": "mJy"}
    assert "name" in source.colnames  # it stays as it was


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_masked_counts_are_blank_votes_and_masked_whole_numbers_keep_their_digits(name, kind, tmp_path):
    table = votes_table(long=MaskedColumn(IDS, mask=[False, True, False], dtype=np.int64, fill_value=-1))
    table["bar_yes"] = MaskedColumn([1, 4, 10], mask=[False, True, False], dtype=np.int32, fill_value=-99)
    path = write(table, tmp_path / name, kind)
    with pytest.raises(
        gz.CatalogError, match=r"column 'bar_yes': blank vote: .* at row 1 \('5877229817420840"
    ) as caught:
        gz.read_catalog(path, SCHEMA)
    assert caught.value.problems["row"].tolist() == [1]
    del table["bar_yes"]
    catalog = gz.read_catalog(write(table, tmp_path / f"again-{name}", kind))
    assert catalog["long"].isna().tolist() == [False, True, False]
    assert [int(catalog["long"][0]), int(catalog["long"][2])] == [IDS[0], IDS[2]]


@pytest.mark.parametrize("name", WITHOUT_IPAC)
def test_columns_keep_names_that_are_no_words_of_a_language(name, tmp_path):
    table = Table(
        {"id_str": ["J1", "J2"], "smooth-or-featured_featured-or-disk": [1, 2], "t01 (all)": [3, 4]}
    )
    catalog = gz.read_catalog(write(table, tmp_path / name, FILES[name]))
    assert catalog.columns.tolist() == table.colnames


def test_ids_that_are_bytes_filled_up_with_blanks_are_text(tmp_path):
    table = votes_table(id_str=Column([b"J1  ", b"J22", b"J333 "]))
    path = write(table, tmp_path / "votes.fits", "fits")
    assert fits.getdata(path, 1)["id_str"].dtype.kind in "US"
    assert gz.read_catalog(path, SCHEMA)["id_str"].tolist() == ["J1", "J22", "J333"]
    assert gz.read_catalog(table, SCHEMA)["id_str"].tolist() == ["J1", "J22", "J333"]


def test_ids_that_went_through_floats_are_refused_from_fits_as_from_anywhere(tmp_path):
    table = votes_table(id_str=Column(np.asarray(IDS, dtype=float)))
    with pytest.raises(gz.CatalogError, match="a decimal number has lost digits of an id"):
        gz.read_catalog(write(table, tmp_path / "votes.fits", "fits"), SCHEMA)


def test_columns_of_several_values_are_refused_by_name(tmp_path):
    table = votes_table(apertures=np.ones((3, 4)), colours=np.ones((3, 2)) * units.mag)
    path = write(table, tmp_path / "votes.fits", "fits")
    for source in (path, table, QTable(table)):
        with pytest.raises(ValueError, match="columns 'apertures', 'colours' with several values a row"):
            gz.read_catalog(source, SCHEMA)
    with pytest.raises(ValueError, match=r"column 'when' with several values a row .or a SkyCoord, or Time"):
        gz.read_catalog(QTable({"id_str": ["J1"], "when": Time([2000.0], format="jyear")}))
    with pytest.raises(ValueError, match=r"p.csv: no astronomers' table: its name ends in none of .fits"):
        gz.Predictions.from_table(tmp_path / "p.csv")
    table.remove_columns(["apertures", "colours"])  # as the message says
    assert len(gz.read_catalog(table, SCHEMA)) == 3


def test_a_fits_file_without_a_table_or_with_two_says_what_it_holds(tmp_path):
    image = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((3, 3)), name="SCI")])
    image.writeto(tmp_path / "image.fits")
    with pytest.raises(ValueError, match=r"image.fits: no extension of it is a table .*1 'SCI'"):
        gz.read_catalog(tmp_path / "image.fits", SCHEMA)
    tables = [fits.table_to_hdu(votes_table()) for _ in range(2)]
    tables[0].name, tables[1].name = "VOTES", "OLD"
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(tmp_path / "two.fits")
    with pytest.raises(ValueError, match=r"2 of its extensions are tables \(1 'VOTES', 2 'OLD'\).*hdu=1"):
        gz.read_catalog(tmp_path / "two.fits", SCHEMA)
    assert len(gz.read_catalog(Table.read(tmp_path / "two.fits", hdu="OLD"), SCHEMA)) == 3


@pytest.mark.parametrize(("name", "kind"), FILES.items())
@pytest.mark.parametrize("share", [0.1, 0.6, 0.97])
def test_a_file_cut_short_is_an_error_that_names_it(name, kind, share, tmp_path):
    whole = write(
        Table({"id_str": np.arange(3000), "x": np.arange(3000.0)}), tmp_path / name, kind
    ).read_bytes()
    (tmp_path / f"cut-{name}").write_bytes(whole[: int(share * len(whole))])
    if "tbl" in name or "ecsv" in name:  # a text table has no end of its own
        return
    with pytest.raises(ValueError, match=f"cut-{name}"):
        gz.read_catalog(tmp_path / f"cut-{name}")


def test_a_table_of_another_kind_under_a_formats_name_is_told_in_a_sentence(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text("id_str,bar_yes\nJ1,3\n")
        with pytest.raises(ValueError, match=f"{name}: not a whole table in the format"):
            gz.read_catalog(tmp_path / name)


def test_without_astropy_a_sentence_names_the_extra_and_nothing_else_needs_it(tmp_path):
    path = write(votes_table(), tmp_path / "votes.fits", "fits")
    code = (
        "import sys; sys.modules['astropy'] = None\n"
        "import gzkit as gz\n"
        "gz.read_catalog(gz.sample_folder() / 'catalog.csv', 'gz-decals-dr5')\n"
        f"try: gz.read_catalog({str(path)!r})\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "votes.fits" in done.stdout and "pip install 'gzkit[astro]'" in done.stdout


def test_reading_other_tables_does_not_load_astropy():
    code = "import sys, gzkit as gz; gz.sample_catalog(); print('astropy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


# --- coordinates


def positions(ra, dec, **attrs):
    table = pd.DataFrame({"id_str": [f"J{i}" for i in range(len(ra))], "ra": ra, "dec": dec})
    table.attrs = attrs
    return table


def test_sexagesimal_coordinates_are_those_of_astropy():
    ra = ["10:14:04.18", "00 42 44.3", "23h59m59.999s", "150d20m30.5s", "5:30", "187.70593"]
    dec = ["-00:03:37.2", "+41 16 09", "-0d0m1s", "89°59'59.9\"", "-5:30", "12.3911"]
    catalog = gz.read_catalog(positions(ra, dec))
    expected = [Angle(text, unit="hourangle").degree for text in ra[:-1]] + [187.70593]
    np.testing.assert_allclose(catalog["ra"], expected, rtol=0, atol=1e-11)
    expected = [Angle(text.replace("°", "d"), unit="deg").degree for text in dec]
    np.testing.assert_allclose(catalog["dec"], expected, rtol=0, atol=1e-11)


def test_the_unit_of_a_column_is_heeded_and_capitals_do_not_matter():
    table = votes_table(RA=[1.0, 2.0, 3.0] * units.hourangle, DEC=[-0.5, 0.0, 0.5] * units.rad)
    catalog = gz.read_catalog(table, SCHEMA)
    np.testing.assert_allclose(catalog["ra"], [15, 30, 45])
    np.testing.assert_allclose(catalog["dec"], np.degrees([-0.5, 0, 0.5]))
    assert catalog.attrs["units"] == {"flux": "mJy", "ra": "deg", "dec": "deg"}
    again = gz.read_catalog(catalog, SCHEMA)  # not turned into degrees once more
    np.testing.assert_array_equal(again["ra"], catalog["ra"])


def test_coordinates_may_be_missing_but_not_wrong():
    catalog = gz.read_catalog(positions([1.0, np.nan, None], ["", "2:3:4", " "]))
    assert catalog["ra"].isna().tolist() == [False, True, True]
    assert catalog["dec"].isna().tolist() == [True, False, True]
    with pytest.raises(gz.CatalogError) as caught:
        gz.read_catalog(positions([1.0, -999.0, np.inf, 4.0], [1.0, "2h0m0s", 91.0, "north"]))
    places = {(row, column) for row, column, *_ in caught.value.problems.itertuples(index=False)}
    assert places == {(1, "ra"), (1, "dec"), (2, "ra"), (2, "dec"), (3, "dec")}
    assert "no coordinate: -999.0 at row 1 ('J1')" in str(caught.value)


def test_one_coordinate_alone_is_a_column_like_others():
    table = positions(["a", "b"], [1.0, 2.0]).drop(columns="dec")
    assert gz.read_catalog(table)["ra"].tolist() == ["a", "b"]


def test_a_real_table_reads_alike_in_every_format(realdata, tmp_path):
    path = realdata / "catalogs" / "gz2_stripe82coadd_counts.csv"
    raw = pd.read_csv(path)
    columns = ["gz2", {raw.columns[0]: "id_str"}]
    counts = [name for name in raw if name.endswith("_count")]
    expected = gz.read_catalog(path, columns=columns)
    for name in WITHOUT_IPAC:
        kept = raw[[raw.columns[0], "ra", "dec", *counts]].head(2000)
        source = write(Table.from_pandas(kept), tmp_path / name, FILES[name])
        found = gz.read_catalog(source, columns=columns)
        assert found["id_str"].tolist() == expected["id_str"].head(2000).tolist()
        shared = [column for column in found if column in expected and column != "id_str"]
        assert len(shared) >= len(counts)
        np.testing.assert_array_equal(found[shared].to_numpy(), expected[shared].head(2000).to_numpy())
