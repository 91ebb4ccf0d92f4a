"""Tables and folders as other people have them: read as they are meant, or refused with the place."""

import gzip
import os
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import gzkit as gz

SCHEMA = gz.Schema.from_classes("bar", ["yes", "no"])
HEAD = "id_str,bar_yes,bar_no"


def read(folder, text, name="votes.csv", **options):
    data = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(
        gzip.compress(data) if name.endswith(".gz") and isinstance(text, str) else data
    )
    return gz.read_catalog(folder / name, SCHEMA, **options)


def frame(**columns):
    return pd.DataFrame({"id_str": ["a", "b"], "bar_yes": [1, 2], "bar_no": [3, 4]} | columns)


# --- fields and headers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}\nJ1,3,4,\nJ2,1,9\n", r"line 2 has 4 fields .* the header 3"),
        (f"{HEAD}\nJ1,3,4,\nJ2,1,9,\n", r"line 2 has 4 fields"),
        (f"{HEAD},z\nJ1,3,4,0,05\nJ2,1,9,0,12\n", r"line 2 has 5 fields .* stands in quotes"),
        (f"{HEAD},all\nJ1,3,4,1,234\n", r"line 2 has 5 fields"),
        (f"{HEAD}\nJ1,3,4\nJ2,1,9,8\n", r"3 fields in line 3, saw 4"),
        (f"{HEAD},z\nJ1,3,4,.1\nJ2,9,8\n", r"line 3 has 3 fields \(J2, 9, 8\), the header 4"),
        (f"{HEAD},z,remark\nJ1,3,4,.1,ok\nJ2,9,8,.2\n", r"line 3 has 4 fields"),
        (f"{HEAD},\nJ1,3,4\n", r"line 2 has 3 fields"),
        (f"#Table1\n{HEAD}\nJ1,3,4\n", r"line 2 has 3 fields .* the header 1 \(#Table1\)"),
        (f"{HEAD},bar_no\nJ1,3,4,40\n", r"column 'bar_no' appears 2 times"),
        (f"id_str,{HEAD}\nK1,J1,3,4\n", r"column 'id_str' appears 2 times"),
        (f"{HEAD},bar_no \nJ1,3,4,40\n", r"column 'bar_no' appears 2 times"),
        (f'{HEAD},remark\nJ1,3,4,"5 arcsec\nJ2,1,9,ok\n', r"EOF inside string"),
        (f'{HEAD}\nJ1,"1,234",4\n', r"not a number: '1,234' at row 0 \('J1'\)"),
    ],
)
def test_a_table_whose_fields_do_not_fit_its_header_is_refused_with_its_line(text, message, tmp_path):
    for name in ("votes.csv", "votes.csv.gz"):
        with pytest.raises(ValueError, match=message) as caught:
            read(tmp_path, text, name)
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\nJ1,3,4\n",
        f"\n\n{HEAD}\n\nJ1,3,4\n   \n",
        f"{HEAD},\nJ1,3,4,\n",
        f",{HEAD},\n0,J1,3,4,x\n",
        f'{HEAD},remark\nJ1,3,4,"a, b\nand c"\n',
        f"{HEAD},remark\nJ1,3,4,{'x' * 200_000}\n",
        f"{HEAD},remark\rJ1,3,4,\r",
    ],
)
def test_a_table_whose_fields_fit_is_read(text, tmp_path):
    assert read(tmp_path, text).iloc[0, :3].tolist() == ["J1", 3, 4]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_what_is_advised_for_another_separator_keeps_every_digit(separator, tmp_path):
    text = f"{HEAD}\n007,3,4\n587722981742084097,1,9\n".replace(",", separator)
    with pytest.raises(ValueError, match=r"pandas.read_csv\(path, sep=.*dtype=str, keep_default_na=False\)"):
        read(tmp_path, text)
    table = pd.read_csv(tmp_path / "votes.csv", sep=separator, dtype=str, keep_default_na=False)
    catalog = gz.read_catalog(table, SCHEMA)
    assert catalog["id_str"].tolist() == ["007", "587722981742084097"] and catalog["bar_no"].tolist() == [
        4,
        9,
    ]


# --- ids


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([b"J1", b"J2\0\0"], ["J1", "J2"]),
        (np.array([b"J1", b"J2"], dtype="S4"), ["J1", "J2"]),
        ([" J1", "\u00a0J2 "], ["J1", "J2"]),
        ([587722981742084096, 7], ["587722981742084096", "7"]),
        (pd.array([587722981742084097, 7], dtype="Int64"), ["587722981742084097", "7"]),
        (pd.array(["007", "1e5"], dtype="string[pyarrow]"), ["007", "1e5"]),
        ([Decimal("587722981742084097"), "8"], ["587722981742084097", "8"]),
        (pd.Categorical(["x", "é"]), ["x", "é"]),
    ],
)
def test_an_id_is_one_text_on_every_road(ids, expected, tmp_path):
    table = frame(id_str=ids)
    sources = [table, table.set_index("id_str")]
    if not any(isinstance(galaxy, Decimal | str) for galaxy in list(ids)) or hasattr(ids, "dtype"):
        table.to_parquet(tmp_path / "t.parquet")
        sources.append(tmp_path / "t.parquet")
    for source in sources:
        assert gz.read_catalog(source, SCHEMA)["id_str"].tolist() == expected
    predictions = gz.Predictions([[1.0, 2.0], [2.0, 1.0]], list(ids), SCHEMA)
    assert predictions.id_str.tolist() == expected
    assert predictions[table["id_str"][1:]].id_str.tolist() == expected[1:]
    assert gz.evaluate(predictions, table, bootstrap=0)["galaxies"].iloc[0] == 2


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        (["5.87723E+17", "5.87724e+17"], "lost digits"),
        (["5,87723E+17", "x"], "lost digits"),
        (["587722981742084096.0", "7."], "lost digits"),
        ([5.877e17, 1.0], "lost digits"),
        ([587722981742084096, 0.5], "lost digits"),
        ([Decimal("0.5"), "x"], "lost digits"),
        (["587722981742084000", "587722981742085000"], "every long id ends in zeros"),
        ([True, False], "true or false is no id"),
        ([b"\xff", "x"], "can't decode"),
        (["x", "\udcff"], "can't encode"),
        ([("a",), "x"], "a tuple is no id"),
    ],
)
def test_what_is_left_of_an_id_is_refused_with_its_row(ids, problem):
    with pytest.raises(gz.CatalogError, match=rf"column 'id_str': .*{problem}.* at row [01]"):
        gz.read_catalog(frame(id_str=pd.Series(ids, dtype=object)), SCHEMA)
    with pytest.raises(ValueError, match=problem):
        gz.Predictions([[1.0, 2.0], [2.0, 1.0]], ids, SCHEMA)


def test_long_numbers_beside_a_gap_keep_their_digits(tmp_path):
    numbers = [299489677444933632, None, 299489952322840577]
    text = f"{HEAD},specobjid,mass\nJ1,3,4,{numbers[0]},1e20\nJ2,1,9,,\nJ3,1,9,{numbers[2]},2e20\n"
    catalog = read(tmp_path, text)
    assert catalog["specobjid"].tolist()[::2] == numbers[::2] and catalog["specobjid"].isna()[1]
    assert catalog["mass"].dtype == float
    table = pa.table(
        {"id_str": ["a", "b", "c"], "bar_yes": [1, 2, 3], "bar_no": [1, 2, 3], "specobjid": numbers}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert gz.read_catalog(tmp_path / "t.parquet", SCHEMA)["specobjid"].tolist()[::2] == numbers[::2]


# --- votes


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([1e20, 1], "more than 1,000,000 votes: 1e[+]20 at row 0"),
        ([2**63 - 1, 1], "more than 1,000,000 votes"),
        (pd.Series([1, 2**64], dtype=object), r"more than 1,000,000 votes: .* at row 1 \('b'\)"),
        (["9.96921e36", "1"], "more than 1,000,000 votes"),
        (pd.array([587722981742084096, 1], dtype="Int64"), "more .* fill value, or an id"),
        (pd.to_datetime(["2020", "2021"]), "not a number: Timestamp"),
        (pd.to_timedelta([1, 2], "D"), "not a number: Timedelta"),
        (pd.period_range("2020", periods=2), "not a number: Period"),
        (np.array([1 + 5j, 2]), "not a number: .1[+]5j. at row 0"),
        ([True, False], "not a number: True at row 0"),
        (pd.Series([3, True], dtype=object), "not a number: True at row 1"),
        (pd.array([True, None], dtype="boolean"), "not a number: True"),
        (pd.Series([[1], {}], dtype=object), "not a number"),
    ],
)
def test_not_every_number_is_a_count(values, problem):
    with pytest.raises(gz.CatalogError, match=f"column 'bar_yes': {problem}"):
        gz.read_catalog(frame(bar_yes=values), SCHEMA)


# --- files that are cut or damaged


def test_a_damaged_file_is_told_with_its_name(tmp_path):
    whole = gzip.compress((HEAD + "".join(f"\nJ{i},1,{i % 7}" for i in range(3000))).encode())
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    frame().to_parquet(tmp_path / "good.parquet")
    parquet = bytearray((tmp_path / "good.parquet").read_bytes())
    parquet[4:60] = b"\xff" * 56
    cases = {
        "cut.csv.gz": whole[: len(whole) // 2],
        "flipped.csv.gz": bytes(flipped),
        "plain.csv.gz": HEAD.encode(),
        "more.csv.gz": whole + b"xx",
        "zeros.csv": f"{HEAD}\nJ1,1,2\n".encode() + b"\0" * 50,
        "wide.csv": HEAD.encode("utf-16"),
        "blank.csv": b"\n\n",
        "cut.parquet": bytes(parquet[:200]),
        "inside.parquet": bytes(parquet),
        "footer.parquet": b"PAR1" + b"\0" * 200 + b"PAR1",
    }
    for name, data in cases.items():
        with pytest.raises(ValueError, match=name):
            read(tmp_path, data, name)


# --- folders


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(folder / name, "PNG")


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("._J0.jpg", "hidden files: 1 (._J0.jpg)"),
        (".ipynb_checkpoints/J0-checkpoint.jpg", "hidden folders: 1 (.ipynb_checkpoints)"),
        ("__MACOSX/J9.jpg", "hidden folders: 1 (__MACOSX)"),
        ("@eaDir/J0.jpg/thumbnail.jpg", "hidden folders: 1 (@eaDir)"),
        ("J9.txt", "files that are no images: 1 (J9.txt)"),
        ("catalog.csv", "files that are no images: 1 (catalog.csv)"),
        ("link", "links to folders: 1 (link)"),
        (os.fsdecode(b"\xff.jpg"), r"files whose names are no text: 1 ('\udcff.jpg')"),
    ],
)
def test_what_is_no_galaxy_is_left_out_of_a_folder_and_counted(extra, told, tmp_path):
    fill(tmp_path / "survey", "J0.jpg", "part/J1.png")
    if extra == "link":
        fill(tmp_path / "other", "J5.jpg")
        (tmp_path / "survey" / "link").symlink_to(tmp_path / "other")
    else:
        fill(tmp_path / "survey", extra)
    with pytest.warns(UserWarning) as warned:
        assert gz.read_catalog(tmp_path / "survey")["id_str"].tolist() == ["J0", "J1"]
    assert f"left out: {told}" in str(warned[0].message)


def test_a_folder_that_cannot_be_taken_whole_is_refused(tmp_path):
    fill(tmp_path / "twice", "J0.jpg", "J0.png")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "J0.jpg").symlink_to(tmp_path / "gone.jpg")
    fill(tmp_path / "none", "a.fz", "b.txt")
    with pytest.raises(gz.CatalogError, match=r"not the only image of this name: '.*J0.jpg' .* '.*J0.png'"):
        gz.read_catalog(tmp_path / "twice")
    with pytest.raises(gz.CatalogError, match="leads nowhere"):
        gz.read_catalog(tmp_path / "broken")
    with pytest.raises(gz.CatalogError, match=r"no images .*: 2 \("):
        gz.read_catalog(tmp_path / "none")
    with pytest.raises(gz.CatalogError, match=r"several images called by its id .*: 'J0' at row 0"):
        gz.read_catalog(pd.DataFrame({"id_str": ["J0"]}), images=tmp_path / "twice")


# --- tables made by hand


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.convert_dtypes(),
        lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
        lambda table: table.astype({"id_str": int}),
        lambda table: table.astype({"id_str": "category", "bar_yes": float}),
        lambda table: table.astype({"bar_yes": object, "bar_no": str}),
        lambda table: table.set_index(pd.Index([5, 5])),
        lambda table: table.assign(id_str=[b"1", b"2"]),
    ],
)
def test_a_table_made_by_hand_is_taken_as_one_that_was_read(change):
    table = frame(id_str=["1", "2"])
    predictions = gz.Predictions([[1.0, 2.0], [2.0, 1.0]], ["2", "1"], SCHEMA)
    pd.testing.assert_frame_equal(
        gz.evaluate(predictions, change(table), bootstrap=0), gz.evaluate(predictions, table, bootstrap=0)
    )
    assert len(gz.select(predictions, "yes > 0.3", catalog=change(table))) == 1
    gz.plot_galaxy(predictions, "1", catalog=change(table))
    assert gz.explore_predictions(predictions, change(table)).galaxy
    assert gz.explore_schema(SCHEMA, change(table)).describe()


@pytest.mark.parametrize("what", [[1], {"id_str": ["a"]}, None, 3, np.ones(3)])
def test_what_is_no_table_is_told_in_the_callers_words(what):
    with pytest.raises(TypeError, match="expected a file, a folder or a table, got"):
        gz.read_catalog(what, SCHEMA)
    predictions = gz.Predictions([[1.0, 2.0]], ["a"], SCHEMA)
    for call in (lambda: gz.evaluate(predictions, what), lambda: gz.split(what, (0.5, 0.5))):
        with pytest.raises(TypeError, match=r"a table \(DataFrame\), as gz.read_catalog returns it, got"):
            call()
    with pytest.raises(ValueError, match="columns: expected a name or a dictionary"):
        gz.read_catalog(frame(), columns=3)
    with pytest.raises(ValueError, match="hold no galaxy"):
        gz.evaluate(predictions[[]], frame())


# --- names of published tables


def test_kaggles_fractions_are_shares_of_those_asked_and_no_votes(tmp_path):
    schema = gz.load_schema("gz2")
    table = pd.DataFrame({"GalaxyID": [100008, 100023], "Class1.1": [0.25, 1], "Class1.2": [0.75, 0]})
    table = table.assign(**{"Class1.3": 0.0, "Class2.1": [0.0, 0], "Class2.2": [0.75, 0]})
    table = table.assign(**{"Class3.1": [0.45, 0], "Class3.2": [0.3, 0]})
    table.to_csv(tmp_path / "solutions.csv", index=False)
    for source in (table, tmp_path / "solutions.csv"):
        read = gz.read_catalog(source, columns="gz-kaggle")
        assert read["id_str"].tolist() == ["100008", "100023"]
        np.testing.assert_allclose(read["bar_yes_fraction"], [0.6, np.nan])
        np.testing.assert_allclose(read["smooth-or-featured_smooth_fraction"], [0.25, 1])
        blank = table.assign(**{"Class3.1": [np.nan, 0]})
        with pytest.raises(gz.CatalogError, match="'bar_yes': not a fraction between 0 and 1: nan at row 0"):
            gz.read_catalog(blank, columns="gz-kaggle")
        with pytest.raises(
            gz.CatalogError, match="fractions alone do not tell how many volunteers were asked"
        ):
            gz.read_catalog(source, schema, columns="gz-kaggle")


def test_a_published_table_may_have_names_of_its_own_too():
    table = pd.DataFrame(
        {"dr7objid": [1], "OBJID": [2], "t03_bar_a06_bar_count": [3], "t03_bar_a07_no_bar_count": [4]}
    )
    catalog = gz.read_catalog(table, SCHEMA, columns=["gz2", {"OBJID": "id_str"}])
    assert catalog[["id_str", "bar_yes", "bar_no"]].iloc[0].tolist() == ["2", 3, 4]
