import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import beta

import gzkit as gz
from gzkit.predictions import files as prediction_files
from gzkit.predictions.predictions import Predictions
from gzkit.predictions.published import PublishedPredictions

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "merging": ["_yes", "_no", "_maybe"]},
    {"shape": None, "edge-on": "shape_disk", "merging": ["shape_smooth", "edge-on_no"]},
    name="toy",
)


def make(*, galaxies=25, samples=3, seed=0):
    concentration = np.random.default_rng(seed).uniform(1, 100, (galaxies, len(SCHEMA.answers), samples))
    return Predictions(
        concentration.astype("float32"), [f"J{i}" for i in range(galaxies)], SCHEMA, info={"model": "m"}
    )


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("galaxies", [0, 1, 25])
def test_concentrations_come_back_whatever_the_row_groups(tmp_path, monkeypatch, samples, galaxies):
    monkeypatch.setattr(prediction_files, "ROWS_PER_GROUP", 10)
    predictions = make(galaxies=galaxies, samples=samples)
    predictions.to_parquet(tmp_path / "p.parquet")
    back = Predictions.from_parquet(tmp_path / "p.parquet", schema=SCHEMA)
    np.testing.assert_array_equal(back.concentration, predictions.concentration)
    assert (
        back.id_str.tolist() == predictions.id_str.tolist()
        and back.schema == SCHEMA
        and back.info == {"model": "m"}
    )
    assert pq.ParquetFile(tmp_path / "p.parquet").num_row_groups == max(-(-galaxies // 10), 1)
    assert [file.name for file in tmp_path.iterdir()] == ["p.parquet"]


def test_advanced_style_has_the_columns_of_the_release(tmp_path):
    predictions = make()
    predictions.to_parquet(tmp_path / "a.parquet", style="advanced")
    table = pd.read_parquet(tmp_path / "a.parquet")
    kinds = ["fraction", "90pc-lower", "90pc-upper", "proportion-asked"]
    assert table.columns.tolist() == ["id_str", *(f"{a}_{kind}" for kind in kinds for a in SCHEMA.label_cols)]
    lower, upper = predictions.interval(0.9)  # exact; the table's is quick
    np.testing.assert_allclose(table["edge-on_no_fraction"], predictions.vote_fractions()[:, 3], rtol=1e-6)
    np.testing.assert_allclose(table["edge-on_no_90pc-lower"], lower[:, 3], atol=5e-4)
    np.testing.assert_allclose(table["edge-on_no_90pc-upper"], upper[:, 3], atol=5e-4)
    np.testing.assert_allclose(
        table["merging_maybe_proportion-asked"], predictions.proportion_asked()[:, 2], rtol=1e-6
    )
    pd.testing.assert_frame_equal(predictions.to_frame(style="advanced"), table)


def test_parts_on_disk_are_summarised_as_those_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(prediction_files, "ROWS_PER_GROUP", 4)
    predictions = make()
    (tmp_path / "parts").mkdir()
    predictions[:10].to_parquet(tmp_path / "parts" / "a.parquet")
    predictions[10:].to_parquet(tmp_path / "parts" / "b.parquet")
    prediction_files.summarise_parquet(tmp_path / "parts", tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "t.parquet"), predictions.to_frame(style="advanced")
    )
    with pytest.raises(ValueError, match="no predictions with their concentrations"):
        prediction_files.summarise_parquet(tmp_path / "t.parquet", tmp_path / "u.parquet")


def test_friendly_style_leaves_out_what_few_would_be_asked(tmp_path):
    predictions = make()
    table = predictions.to_frame(style="friendly")
    asked = predictions.proportion_asked()
    assert table.columns.tolist() == ["id_str", *(f"{answer}_fraction" for answer in SCHEMA.label_cols)]
    assert 0 < (asked[:, 1] < 0.5).sum() < 25
    np.testing.assert_array_equal(table["edge-on_yes_fraction"].isna(), asked[:, 1] < 0.5)
    assert not table["shape_disk_fraction"].isna().any()


def test_release_tables_are_read_as_what_they_hold(tmp_path):
    predictions = make()
    predictions.to_parquet(tmp_path / "a.parquet", style="advanced")
    back = Predictions.from_parquet(tmp_path / "a.parquet")
    assert isinstance(back, PublishedPredictions)
    np.testing.assert_allclose(back.vote_fractions(), predictions.vote_fractions(), rtol=1e-6)
    np.testing.assert_allclose(back.interval(), predictions.interval(), atol=5e-4)
    np.testing.assert_allclose(back.proportion_asked(), predictions.proportion_asked(), rtol=1e-6)
    cuts = "shape_disk > 0.4 and edge-on_no > 0.3"
    selection, expected = gz.select(back, cuts), gz.select(predictions, cuts)
    assert selection.id_str.tolist() == expected.id_str.tolist() and len(selection) > 0
    predictions.to_parquet(tmp_path / "f.parquet", style="friendly")
    friendly = Predictions.from_parquet(tmp_path / "f.parquet")
    np.testing.assert_allclose(friendly.vote_fractions()[:, 0], predictions.vote_fractions()[:, 0], rtol=1e-6)
    with pytest.raises(ValueError, match="has 90 % intervals at most"):
        friendly.interval()


def test_a_published_table_of_others_is_read_with_a_schema_and_its_id_column(tmp_path):
    table = make().to_frame(style="advanced").rename(columns={"id_str": "dr8_id"}).assign(ra=1.0)
    table.to_parquet(tmp_path / "t.parquet")
    back = Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA, id_column="dr8_id")
    assert back.id_str[:2].tolist() == ["J0", "J1"]
    with pytest.raises(ValueError, match="say which schema"):
        Predictions.from_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="no column 'id_str' of ids"):
        Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA)
    table.drop(columns="shape_disk_90pc-lower").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"no column 'shape_disk_90pc-lower' \(1 of 7 missing\)"):
        Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA, id_column="dr8_id")
    table.assign(shape_disk_fraction=1.5).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(
        ValueError, match=r"t.parquet: fraction of galaxy 'J0', answer 'shape_disk' is 1.5, outside"
    ):
        Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA, id_column="dr8_id")


def test_a_parquet_file_that_cannot_be_used_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "p.parquet"
    make().to_parquet(path)
    whole = path.read_bytes()
    with pytest.raises(ValueError, match=r"predictions for Schema\('toy', .* expected Schema\('bar'"):
        Predictions.from_parquet(path, schema=gz.Schema.from_classes("bar", ["yes", "no"]))
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"p.parquet: not a whole parquet file"):
            Predictions.from_parquet(path)
    path.write_bytes(whole)
    pq.write_table(pq.read_table(path).drop_columns("shape_disk_concentration"), path)
    with pytest.raises(ValueError, match=r"no column 'shape_disk_concentration' \(1 of 7 missing\)"):
        Predictions.from_parquet(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        Predictions.from_parquet(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"style must be one of .* did you mean 'advanced'"):
        make().to_parquet(path, style="advance")


def test_a_file_with_impossible_numbers_is_refused(tmp_path):
    path = tmp_path / "p.parquet"
    make(samples=1).to_parquet(path)
    table = pq.read_table(path)
    place = table.column_names.index("edge-on_no_concentration")
    for values, message in [
        (np.zeros(25, "f4"), "edge-on_no', sample 0 is 0.0"),
        (["x"] * 25, "holds string, expected"),
    ]:
        changed = table.set_column(place, "edge-on_no_concentration", pa.array(values))
        pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
        with pytest.raises(ValueError, match=message):
            Predictions.from_parquet(path)


def write_hdf5(path, concentration, labels, ids):
    h5py = pytest.importorskip("h5py")
    text = h5py.special_dtype(vlen=str)
    with h5py.File(path, "w") as file:
        file.create_dataset("predictions", data=concentration, compression="gzip")
        file.create_dataset("id_str", data=ids, dtype=text)
        file.create_dataset("label_cols", data=labels, dtype=text)


def test_zoobots_file_gives_the_same_fractions_and_intervals(tmp_path):
    predictions = make()
    order = np.random.default_rng(0).permutation(len(SCHEMA.answers))  # by name, whatever the order
    labels = [SCHEMA.label_cols[i] for i in order] + ["ring_yes"]
    content = np.concatenate([predictions.concentration[:, order], np.ones((25, 1, 3), "f4")], axis=1)
    write_hdf5(tmp_path / "p.hdf5", content, labels, predictions.id_str)
    back = Predictions.from_hdf5(tmp_path / "p.hdf5", SCHEMA)
    assert back.id_str.tolist() == predictions.id_str.tolist()
    a = predictions.concentration[:, :2].astype(float)
    expected = (a / a.sum(axis=1, keepdims=True)).mean(axis=-1)
    np.testing.assert_allclose(back.vote_fractions()[:, :2], expected, rtol=1e-12)
    np.testing.assert_array_equal(back.interval(0.9), predictions.interval(0.9))
    for edge, probability in zip(back.interval(0.9), (0.05, 0.95), strict=True):
        mixture = beta.cdf(edge[:, 0, np.newaxis], a[:, 0], a[:, 1]).mean(axis=1)
        np.testing.assert_allclose(mixture, probability, atol=1e-4)


def test_zoobot_files_that_do_not_fit_are_refused_with_a_sentence(tmp_path):
    path = tmp_path / "p.hdf5"
    content, ids = make().concentration, [f"J{i}" for i in range(25)]
    write_hdf5(path, content, ["shape-x_smooth", *SCHEMA.label_cols[1:]], ids)
    with pytest.raises(
        ValueError, match=r"another schema .* no column 'shape_smooth' .* did you mean 'shape-x_smooth'"
    ):
        Predictions.from_hdf5(path, SCHEMA)
    write_hdf5(path, content, SCHEMA.label_cols, ids[:-1])
    with pytest.raises(ValueError, match=r"shape \(25, 7, 3\) do not fit 24 ids and 7 label_cols"):
        Predictions.from_hdf5(path, SCHEMA)
    write_hdf5(path, content, SCHEMA.label_cols, ids)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match="cannot be read as Zoobot's predictions"):
        Predictions.from_hdf5(path, SCHEMA)
    path.write_bytes(b"not hdf5")
    with pytest.raises(ValueError, match="cannot be read as Zoobot's predictions"):
        Predictions.from_hdf5(path, SCHEMA)
    import h5py

    h5py.File(path, "w").close()
    with pytest.raises(ValueError, match="it has no 'predictions'"):
        Predictions.from_hdf5(path, SCHEMA)


def test_without_h5py_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pip install 'gzkit\[hdf5\]'"):
        Predictions.from_hdf5(tmp_path / "p.hdf5", SCHEMA)


def test_zoobot_files_with_numbers_as_ids_or_a_label_twice_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    for name, ids, labels, message in (
        ("numbers.h5", [1, 2], SCHEMA.label_cols, "numbers.h5: id_str must be text, got int64"),
        (
            "twice.h5",
            [b"J1", b"J2"],
            [*SCHEMA.label_cols, "shape_disk"],
            "label_cols holds 'shape_disk' more",
        ),
    ):
        with h5py.File(tmp_path / name, "w") as file:
            file["predictions"] = np.ones((2, len(labels), 1))
            file["id_str"] = np.array(ids)
            file["label_cols"] = np.array(labels, dtype="S")
        with pytest.raises(ValueError, match=message):
            Predictions.from_hdf5(tmp_path / name, SCHEMA)


def test_a_published_table_may_have_whole_numbers_as_fractions(tmp_path):
    table = make(samples=1).to_frame(style="friendly").fillna(0).round()
    table["merging_maybe_fraction"] = table["merging_maybe_fraction"].astype(int)
    table.to_parquet(tmp_path / "t.parquet")
    back = Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA)
    np.testing.assert_array_equal(back.vote_fractions()[:, -1], table["merging_maybe_fraction"])


def test_a_missing_column_of_ids_is_told_with_those_there_are(tmp_path):
    make().to_frame().rename(columns={"id_str": "dr8_id"}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"name it with id_column= \(the table begins with dr8_id, "):
        Predictions.from_parquet(tmp_path / "t.parquet", schema=SCHEMA)


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(
    "change", [pd.DataFrame.copy, lambda table: table.set_index("id_str"), lambda table: table[:9]]
)
def test_predictions_that_another_program_saved_again_are_read_with_their_schema(samples, change, tmp_path):
    predictions = make(samples=samples)
    predictions.to_parquet(tmp_path / "p.parquet")
    table = change(pd.read_parquet(tmp_path / "p.parquet"))
    table.to_parquet(tmp_path / "p.parquet")
    with pytest.raises(
        ValueError, match="another program saved it again; say which schema it has with schema="
    ):
        Predictions.from_parquet(tmp_path / "p.parquet")
    back = Predictions.from_parquet(tmp_path / "p.parquet", schema=SCHEMA)
    assert back.id_str.tolist() == predictions.id_str.tolist()[: len(table)]
    np.testing.assert_array_equal(back.concentration, predictions.concentration[: len(table)])


def test_predictions_whose_samples_or_columns_are_not_whole_are_refused_by_name(tmp_path):
    path = tmp_path / "p.parquet"
    make(galaxies=2).to_parquet(path)
    table = pq.read_table(path)
    column = "shape_smooth_concentration"
    for values in ([[1.0, 2.0], [1.0]], [[1.0, 2.0, 3.0], None]):
        lists = table.set_column(
            table.column_names.index(column), column, pa.array(values, pa.list_(pa.float32()))
        )
        pq.write_table(lists, path)
        with pytest.raises(
            ValueError, match=f"p.parquet: column '{column}' has more samples of some galaxies"
        ):
            Predictions.from_parquet(path)
    pq.write_table(table.append_column("id_str", table["id_str"]), path)
    with pytest.raises(ValueError, match="column 'id_str' appears more than once"):
        Predictions.from_parquet(path)


@pytest.mark.parametrize("samples", [1, 3])
def test_one_concentration_a_million_times_the_others_leaves_no_hole_in_a_release_table(samples):
    schema = gz.Schema({"a": ["_x", "_y", "_z"], "b": ["_x", "_y"]}, {"a": None, "b": "a_x"})
    concentration = np.ones((2, 5, samples), np.float32)
    concentration[0, 0], concentration[1, 3] = 3e8, 3e8
    table = gz.Predictions(concentration, ["J1", "J2"], schema).to_frame()
    assert not table.isna().any(axis=None)
    for label in schema.label_cols:
        assert (table[f"{label}_90pc-lower"] <= table[f"{label}_90pc-upper"]).all()
    assert table["a_y_fraction"][0] == pytest.approx(1 / 3e8) and table["a_x_90pc-lower"][0] > 0.999


@pytest.mark.parametrize("name", ["predictions", "id_str", "label_cols"])
@pytest.mark.parametrize(
    "kind", ["external link", "soft link", "external storage", "virtual", "group", "claims more"]
)
def test_hdf5_that_points_elsewhere_or_claims_what_it_does_not_hold_is_refused(name, kind, tmp_path):
    h5py = pytest.importorskip("h5py")
    write_hdf5(tmp_path / "other.hdf5", make().concentration, SCHEMA.label_cols, [f"J{i}" for i in range(25)])
    write_hdf5(tmp_path / "p.hdf5", make().concentration, SCHEMA.label_cols, [f"J{i}" for i in range(25)])
    with h5py.File(tmp_path / "p.hdf5", "a") as file:
        kept = file[name]
        dtype = kept.dtype
        del file[name]
        if kind == "external link":
            file[name] = h5py.ExternalLink(str(tmp_path / "other.hdf5"), name)
        elif kind == "soft link":
            file["inner"], file[name] = kept, h5py.SoftLink("/inner")
        elif kind == "external storage":
            file.create_dataset(name, (3,), dtype="f4", external=[("/etc/hostname", 0, 12)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((25, 7, 3), dtype="f4")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.hdf5"), "predictions", (25, 7, 3))
            file.create_virtual_dataset(name, layout)
        elif kind == "group":
            file.create_group(name)
        else:
            file.create_dataset(name, (10**9, 7, 3), dtype=dtype, chunks=(10**6, 1, 1), compression="gzip")
    with pytest.raises(ValueError, match=rf"p\.hdf5: {name} (is not an array in this file|claims \d+ bytes)"):
        Predictions.from_hdf5(tmp_path / "p.hdf5", SCHEMA)


@pytest.mark.parametrize("field", ["galaxies", "galaxies_per_part"])
@pytest.mark.parametrize("value", [None, 0, -1, 2.5, "4", True, 1e30, [], float("nan"), "absent"])
def test_a_run_whose_notes_are_damaged_is_refused_with_the_field(field, value, tmp_path):
    make().to_parquet(tmp_path / "part-000000.parquet")
    run = {"galaxies": 25, "galaxies_per_part": 25} | {field: value}
    if value == "absent":
        del run[field]
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ValueError, match=rf"run\.json: .*'{field}'"):
        Predictions.from_parquet(tmp_path)


def test_a_run_of_a_million_million_galaxies_is_told_at_once_to_lack_parts(tmp_path):
    make().to_parquet(tmp_path / "part-000000.parquet")
    (tmp_path / "run.json").write_text(json.dumps({"galaxies": 10**12, "galaxies_per_part": 1}))
    with pytest.raises(ValueError, match="999999999999 of 1000000000000 parts are missing"):
        Predictions.from_parquet(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 3}', '{"info": []}', "[" * 50_000, '{"style": 1}'])
def test_a_table_whose_notes_are_damaged_is_refused_with_its_path(text, tmp_path):
    make().to_parquet(tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet").replace_schema_metadata({b"gzkit": text.encode()})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(ValueError, match=r"p\.parquet: "):
        Predictions.from_parquet(tmp_path / "p.parquet")
