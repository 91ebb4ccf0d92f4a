import pickle
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"], "odd": ["_yes", "_no"]},
    {"shape": None, "bar": "shape_disk", "odd": ["shape_smooth", "shape_disk"]},
    name="small",
)


def good_table(galaxies=4):
    """Votes that add up: 10 volunteers, galaxy i gets i smooth votes."""
    smooth = np.arange(galaxies) % 11
    disk = 10 - smooth
    return pd.DataFrame(
        {
            "id_str": [f"J{i}" for i in range(galaxies)],
            "shape_smooth": smooth,
            "shape_disk": disk,
            "bar_yes": disk // 2,
            "bar_no": disk - disk // 2,
            "odd_yes": 1,
            "odd_no": 9,
            "ra": 12.5,
        }
    )


def fraction_table(galaxies=4):
    """The same votes as fractions and total votes, as the GZ DECaLS release has them."""
    votes, table = good_table(galaxies), pd.DataFrame()
    table["id_str"] = votes["id_str"]
    for question in SCHEMA.questions:
        total = votes[question.labels].sum(axis=1)
        table[f"{question.text}_total-votes"] = total.astype(float)
        for label in question.labels:
            table[f"{label}_fraction"] = (votes[label] / total.where(total > 0)).astype(np.float32)
    return table


def problems_of(table, **options):
    with pytest.raises(gz.CatalogError) as caught:
        gz.read_catalog(table, SCHEMA, **options)
    return caught.value


def test_a_good_table_keeps_ids_votes_and_other_columns():
    catalog = gz.read_catalog(good_table(), SCHEMA)
    assert list(catalog.columns) == ["id_str", *SCHEMA.label_cols, "ra"]
    assert all(catalog[label].dtype == np.int64 for label in SCHEMA.label_cols)
    np.testing.assert_array_equal(catalog[SCHEMA.label_cols], good_table()[SCHEMA.label_cols])


def test_a_survey_may_be_given_by_its_name():
    schema = gz.load_schema("gz-decals-dr5")
    table = pd.DataFrame({"id_str": ["J0"], **{label: [0] for label in schema.label_cols}})
    assert list(gz.read_catalog(table, "gz-decals-dr5").columns) == ["id_str", *schema.label_cols]
    with pytest.raises(ValueError, match="no survey 'gz-decals-dr6'; did you mean"):
        gz.read_catalog(table, "gz-decals-dr6")


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "table.tsv", "table.parquet"])
def test_every_kind_of_file_gives_the_same_catalog(name, tmp_path):
    path, table = tmp_path / name, good_table()
    if name.endswith("parquet"):
        table.set_index("id_str").to_parquet(path)  # an index is a column to us
    else:
        table.to_csv(path, index=False, sep="\t" if "tsv" in name else ",")
    pd.testing.assert_frame_equal(
        gz.read_catalog(path, SCHEMA)[["id_str", *SCHEMA.label_cols]],
        gz.read_catalog(table, SCHEMA)[["id_str", *SCHEMA.label_cols]],
        check_dtype=False,
    )


def test_all_problems_are_told_at_once_with_row_column_and_value(tmp_path):
    table = good_table(8).astype({"bar_yes": object, "bar_no": float, "odd_yes": float})
    table.loc[1, "shape_smooth"] = -3
    table.loc[2, "bar_yes"] = "many"
    table.loc[3, "bar_yes"] = " "
    table.loc[4, "bar_no"] = 2.9
    table.loc[5, "bar_no"] = np.nan
    table.loc[6, "odd_yes"] = np.inf
    table.loc[7, "id_str"] = "J0"
    table = table.rename(columns={"odd_no": "od_no"})
    path = tmp_path / "votes.csv"
    table.to_csv(path, index=False)
    for source in (table, path):
        error = problems_of(source)
        found = {(p.row, p.column): (p.value, p.problem) for p in error.problems.dropna().itertuples()}
        assert set(found) == {
            (1, "shape_smooth"),
            (2, "bar_yes"),
            (3, "bar_yes"),
            (4, "bar_no"),
            (6, "odd_yes"),
            (0, "id_str"),
            (7, "id_str"),
        }
        assert float(found[4, "bar_no"][0]) == 2.9
        for line in [
            "column 'shape_smooth': negative vote: -3 at row 1 ('J1')",
            "column 'bar_yes': not a number: 'many' at row 2 ('J2')",
            "fractional vote: 2.9 at row 4 ('J4'); a vote count is a whole number",
            "blank vote: nan at row 5 ('J5'); list zero votes as 0",
            "column 'odd_yes': not a finite number: inf at row 6",
            "column 'id_str': repeated id: 'J0' at row 0 ('J0'), 'J0' at row 7 ('J0')",
            "column 'odd_no' is missing; did you mean 'od_no'?",
        ]:
            assert line in str(error)
    assert "votes.csv: 9 problems" in str(error)
    assert pickle.loads(pickle.dumps(error)).problems.equals(error.problems)


def test_a_long_list_of_problems_is_cut_in_the_message_but_not_in_the_table():
    table = good_table(500)
    table[SCHEMA.label_cols] = -1
    error = problems_of(table)
    assert len(error.problems) == 500 * 6
    assert "and 497 more" in str(error) and len(str(error)) < 2000


@given(
    cell=st.sampled_from(range(6)),
    value=st.sampled_from([-1, 0.5, np.nan, np.inf, "x", "", None]),
    row=st.sampled_from(range(4)),
)
def test_no_bad_cell_slips_through(cell, value, row):
    table = good_table().astype({label: object for label in SCHEMA.label_cols})
    table.loc[row, SCHEMA.label_cols[cell]] = value
    error = problems_of(table)
    assert list(error.problems["row"]) == [row]
    assert list(error.problems["column"]) == [SCHEMA.label_cols[cell]]


@pytest.mark.parametrize("numbers", [["1", "0"], [1.0, 0.0], pd.array([1, 0], dtype="Int64")])
def test_counts_may_come_as_text_or_whole_floats(numbers):
    schema = gz.Schema.from_classes("merger", ["yes", "no"])
    table = pd.DataFrame({"id_str": ["a", "b"], "merger_yes": numbers, "merger_no": numbers[::-1]})
    assert gz.read_catalog(table, schema)["merger_yes"].tolist() == [1, 0]


# --- ids


def test_long_ids_keep_every_digit(tmp_path):
    table = good_table(2)
    table["id_str"] = np.array([8647474690312307154, 8647474690312307155], dtype=np.uint64)
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    for source in (table, tmp_path / "t.csv", tmp_path / "t.parquet"):
        assert gz.read_catalog(source, SCHEMA)["id_str"].tolist() == [
            "8647474690312307154",
            "8647474690312307155",
        ]


def test_a_gap_in_a_parquet_id_column_does_not_cost_the_others_their_digits(tmp_path):
    table = pa.Table.from_pandas(good_table(3).drop(columns="id_str"))
    table = table.append_column("id_str", pa.array([8647474690312307154, None, 8647474690312307156]))
    pq.write_table(table, tmp_path / "t.parquet")
    error = problems_of(tmp_path / "t.parquet")
    assert "blank id: '' at row 1" in str(error) and "1 problem\n" in str(error)


def test_one_and_text_one_are_the_same_id():
    table = good_table(3)
    table["id_str"] = np.array([1, "1", "2"], dtype=object)
    assert "repeated id: '1' at row 0 ('1'), '1' at row 1 ('1')" in str(problems_of(table))


def test_decimal_ids_are_refused():
    table = good_table(2)
    table["id_str"] = [1.0, 2.0]
    assert "a decimal number has lost digits of an id: 1.0 at row 0" in str(problems_of(table))


def test_a_galaxy_may_be_called_na_or_007(tmp_path):
    table = good_table(3)
    table["id_str"] = ["NA", "007", "nan"]
    table.to_csv(tmp_path / "t.csv", index=False)
    assert gz.read_catalog(tmp_path / "t.csv", SCHEMA)["id_str"].tolist() == ["NA", "007", "nan"]


def test_a_table_without_ids_says_how_to_name_them():
    error = problems_of(good_table().rename(columns={"id_str": "iauname"}))
    assert "columns={'...': 'id_str'} (the table begins with iauname" in str(error)
    assert (
        len(
            gz.read_catalog(
                good_table().rename(columns={"id_str": "iauname"}), SCHEMA, columns={"iauname": "id_str"}
            )
        )
        == 4
    )


# --- totals


def test_totals_that_do_not_add_up_are_a_warning_with_a_count():
    table = good_table(10)
    table.loc[[1, 2], "bar_no"] += [2, 1]  # one parent
    table.loc[5, "odd_no"] -= 3  # several parents
    with pytest.warns(
        UserWarning, match=r"of 10 galaxies: 'bar' in 2 \(by up to 2\), 'odd' in 1 \(by up to 3\)"
    ):
        catalog = gz.read_catalog(table, SCHEMA)
    assert catalog.loc[5, "odd_no"] == 6  # kept as it is


def test_published_totals_are_compared_with_the_answers():
    table = good_table(10)
    table["odd_total-votes"] = [10.0] * 8 + [14, np.nan]
    with pytest.warns(UserWarning, match=r"published total votes.*'odd' in 1 \(by up to 4\).*does not have"):
        gz.read_catalog(table, SCHEMA)


# --- fractions


@given(galaxies=st.integers(1, 30))
def test_counts_are_rebuilt_from_fractions_and_total_votes(galaxies):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        catalog = gz.read_catalog(fraction_table(galaxies), SCHEMA)
    np.testing.assert_array_equal(catalog[SCHEMA.label_cols], good_table(galaxies)[SCHEMA.label_cols])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "shape_smooth_fraction",
            0.13,
            "times 'shape_total-votes' is not a whole number of votes: 0.13.* at row 1",
        ),
        ("shape_smooth_fraction", 1.3, "not a fraction between 0 and 1"),
        ("shape_smooth_fraction", np.nan, "blank, though 'shape_total-votes' is not 0"),
        (
            "shape_smooth_fraction",
            0.3,
            "'shape_total-votes': is not the sum of the votes that the fractions give",
        ),
        ("shape_total-votes", np.nan, "'shape_total-votes': blank vote"),
    ],
)
def test_fractions_that_give_no_whole_counts_are_refused(column, value, message):
    table = fraction_table().astype({column: float})
    table.loc[1, column] = value
    with pytest.raises(gz.CatalogError, match=message):
        gz.read_catalog(table, SCHEMA)


def test_fractions_without_total_votes_are_refused_with_what_to_do():
    error = problems_of(fraction_table().drop(columns=["bar_total-votes"]))
    assert "'bar' has fractions but no column 'bar_total-votes'" in str(
        error
    ) and "add the total votes" in str(error)


def test_fractions_under_the_names_of_counts_are_recognised():
    table = good_table()
    table[["shape_smooth", "shape_disk"]] = [0.25, 0.75]
    assert "fractions belong in a column 'shape_smooth_fraction' beside 'shape_total-votes'" in str(
        problems_of(table)
    )


# --- foreign names


def test_the_published_gz2_names_are_ready():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    table = pd.DataFrame(
        {"dr7objid": [587722981736120347], "t03_bar_a06_bar_count": [3], "t03_bar_a07_no_bar_count": [4]}
    )
    catalog = gz.read_catalog(table, schema, columns="gz2")
    assert catalog.iloc[0].tolist() == ["587722981736120347", 3, 4]
    with pytest.raises(gz.CatalogError, match="read them with columns='gz2'"):
        gz.read_catalog(table, schema)
    suffixed = gz.Schema.from_classes("bar-gz2", ["yes", "no"])
    assert gz.read_catalog(table, suffixed, columns="gz2")["bar-gz2_yes"].tolist() == [3]


def test_a_mapped_column_must_be_there_and_names_may_not_clash():
    assert "column 'J_name' is missing; did you mean 'j_name'? (columns= names it)" in str(
        problems_of(good_table().rename(columns={"id_str": "j_name"}), columns={"J_name": "id_str"})
    )
    assert "column 'id_str' appears 2 times" in str(problems_of(good_table(), columns={"ra": "id_str"}))
    with pytest.raises(ValueError, match="no column names are kept for 'gz1'; did you mean 'gz2'"):
        gz.read_catalog(good_table(), SCHEMA, columns="gz1")


# --- files that are no tables


def test_a_file_that_is_no_table_is_told_in_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        gz.read_catalog(tmp_path / "none.csv", SCHEMA)
    with pytest.raises(FileNotFoundError, match="a folder, not a table"):
        gz.read_catalog(tmp_path, SCHEMA)
    contents = {
        "a.csv": b"",
        "b.csv": b"\xff\xfe\x00",
        "c.parquet": b"PAR1",
        "d.fits": b"SIMPLE",
        "e.csv": b"a;b\n1;2\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=name):
            gz.read_catalog(tmp_path / name, SCHEMA)
    good_table(0).to_csv(tmp_path / "empty.csv", index=False)
    assert "the table has no rows" in str(problems_of(tmp_path / "empty.csv"))


# --- images


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for i in range(4):
        (images / f"J{i}.jpg").touch()
    return tmp_path


def test_images_are_found_beside_the_table_in_a_folder_or_by_id(folder, monkeypatch):
    table = good_table()
    expected = [str(folder / "images" / f"J{i}.jpg") for i in range(4)]
    table["file_loc"] = [f"images/J{i}.jpg" for i in range(4)]
    table.to_csv(folder / "t.csv", index=False)
    monkeypatch.chdir(folder)
    table["plain"] = [f"J{i}.jpg" for i in range(4)]
    absolute = good_table().assign(file_loc=expected)
    for catalog in [
        gz.read_catalog(folder / "t.csv", SCHEMA),
        gz.read_catalog("t.csv", SCHEMA),
        gz.read_catalog(table, SCHEMA),  # a DataFrame: from the current folder
        gz.read_catalog(good_table(), SCHEMA, images=folder / "images"),
        gz.read_catalog(absolute, SCHEMA, images="images"),
        gz.read_catalog(
            table.drop(columns="file_loc"), SCHEMA, images="images", columns={"plain": "file_loc"}
        ),
    ]:
        assert list(catalog["file_loc"]) == expected
    assert "file_loc" not in gz.read_catalog(folder / "t.csv", SCHEMA, images=False)
    assert "file_loc" not in gz.read_catalog(good_table(), SCHEMA)


def test_images_that_are_not_there_are_told(folder):
    (folder / "images" / "J2.jpg").unlink()
    table = good_table().assign(file_loc=[f"J{i}.jpg" for i in range(3)] + [""])
    text = str(problems_of(table, images=folder / "images"))
    assert "image file missing" in text and "J2.jpg' at row 2 ('J2')" in text
    assert "no image named: '' at row 3" in text
    assert "no image called by its id" in str(problems_of(good_table(), images=folder / "images"))
    assert "is not a folder" in str(problems_of(good_table(), images=folder / "pictures"))


def embedded(path, images):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.Table.from_pandas(good_table(len(images))).append_column("image", pa.array(images, type=kind))
    pq.write_table(table, path, row_group_size=2)


def test_images_inside_a_parquet_table_are_named_by_row(tmp_path):
    path = tmp_path / "hub.parquet"
    embedded(path, [{"bytes": bytes([i]), "path": f"J{i}.jpg"} for i in range(5)])
    catalog = gz.read_catalog(path, SCHEMA)
    assert list(catalog["file_loc"]) == [f"{path}#{i}" for i in range(5)]
    assert "image" not in catalog
    catalog.to_csv(tmp_path / "again.csv", index=False)
    assert list(gz.read_catalog(tmp_path / "again.csv", SCHEMA)["file_loc"]) == list(catalog["file_loc"])


def test_rows_without_image_bytes_are_told(tmp_path):
    embedded(tmp_path / "hub.parquet", [{"bytes": b"1"}, {"bytes": b"1"}, {"bytes": None, "path": "x"}, None])
    assert list(problems_of(tmp_path / "hub.parquet").problems["row"]) == [2, 3]


def test_galaxies_without_votes_need_an_id_and_an_image_only(folder):
    (folder / "images" / "J2.jpg").rename(folder / "images" / "J2.PNG")
    (folder / "images" / "notes.txt").touch()
    with pytest.warns(UserWarning, match=r"left out: files that are no images: 1 \(notes.txt\)"):
        catalog = gz.read_catalog(folder)  # a folder of images, and the folders in it
    assert catalog["id_str"].tolist() == ["J0", "J1", "J2", "J3"]
    assert catalog["file_loc"][2] == str(folder / "images" / "J2.PNG")
    catalog.assign(shape_smooth=np.nan).to_csv(folder / "new.csv")
    assert gz.read_catalog(folder / "new.csv")["file_loc"].tolist() == catalog["file_loc"].tolist()
    with pytest.raises(gz.CatalogError, match=r"no images .* nothing in it"):
        (folder / "empty").mkdir()
        gz.read_catalog(folder / "empty")


# --- split


def test_split_is_exact_disjoint_and_independent_of_row_order():
    catalog = gz.read_catalog(good_table(101), SCHEMA)
    parts = gz.split(catalog, (0.7, 0.1, 0.2), seed=3)
    assert [len(part) for part in parts] == [71, 10, 20]
    sets = [set(part["id_str"]) for part in parts]
    assert set.union(*sets) == set(catalog["id_str"]) and sum(map(len, sets)) == 101
    again = gz.split(catalog.sample(frac=1, random_state=0), (0.7, 0.1, 0.2), seed=3)
    assert [set(part["id_str"]) for part in again] == sets
    assert [set(part["id_str"]) for part in gz.split(catalog, (0.7, 0.1, 0.2), seed=4)] != sets
    assert parts[0].index.tolist() == list(range(71))


def test_split_keeps_all_rows_of_a_galaxy_on_one_side():
    twice = pd.concat([good_table(20), good_table(20)])
    one, other = gz.split(twice, (0.5, 0.5))
    assert not set(one["id_str"]) & set(other["id_str"]) and len(one) == len(other) == 20


@pytest.mark.parametrize(
    ("fractions", "message"),
    [((0.5, 0.6), "add up"), ((1.2, -0.2), "positive"), ((), "positive"), ((0.9, 0.1), "few")],
)
def test_a_split_that_cannot_be_is_refused(fractions, message):
    with pytest.raises(ValueError, match=message):
        gz.split(good_table(4), fractions)


# --- real tables


def test_real_tables_are_read(realdata):
    root = gz.Schema.from_classes("smooth-or-featured", ["smooth", "featured-or-disk", "artifact"])
    catalog = gz.read_catalog(realdata / "decals50" / "catalog.csv", root)
    assert len(catalog) == 50 and catalog[root.label_cols].sum(axis=1).between(37, 50).all()
    with pytest.warns(UserWarning, match=r"of 19761 galaxies: 'disk-edge-on' in 263 \(by up to"):
        catalog = gz.read_catalog(
            realdata / "catalogs" / "gz2_stripe82coadd_counts.csv", gz.load_schema("gz2"), columns="gz2"
        )
    assert len(catalog) == 19761 and catalog["id_str"][0] == "8647474690312307154"
