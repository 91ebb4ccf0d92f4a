"""Data sets as the Hugging Face Hub has them: shards of parquet with images inside, splits by name."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import gzkit as gz

SCHEMA = gz.Schema.from_classes("bar", ["yes", "no"])


def picture(number):
    file = io.BytesIO()
    Image.new("RGB", (6, 6), (number, 2, 3)).save(file, "PNG")
    return file.getvalue()


def rows(first, count):
    numbers = range(first, first + count)
    images = [{"bytes": picture(number), "path": f"{number}.png"} for number in numbers]
    return {
        "name": [f"J{n}" for n in numbers],
        "bar_yes": list(numbers),
        "bar_no": [1] * count,
        "image": images,
    }


def shard(path, first, count=5, group=2, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(rows(first, count) | more), path, row_group_size=group)


def read(folder):
    return gz.read_catalog(folder, SCHEMA, columns={"name": "id_str"})


@pytest.fixture
def folder(tmp_path):
    for first, (name, group) in enumerate(
        [("test-00000-of-00001", 100), ("train-00000-of-00002-4a", 1), ("train-00001-of-00002-4a", 3)]
    ):
        shard(tmp_path / "data" / f"{name}.parquet", 5 * first, group=group)
    (tmp_path / "README.md").write_text("# a data set")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "train.parquet").write_text("not of the data set")
    return tmp_path


def test_shards_are_one_table_with_its_splits_and_each_image_is_its_rows_own(folder):
    catalog = read(folder)
    assert catalog["id_str"].tolist() == [f"J{n}" for n in range(15)]
    assert catalog["bar_yes"].tolist() == list(range(15))
    assert catalog["split"].tolist() == ["test"] * 5 + ["train"] * 10
    for number, file_loc in enumerate(catalog["file_loc"]):
        np.testing.assert_array_equal(gz.read_image(file_loc)[0, 0], [number, 2, 3])
    assert len(read(folder / "data")) == 15


def test_without_a_schema_too_and_a_folder_of_pictures_is_still_one(folder, tmp_path_factory):
    assert len(gz.read_catalog(folder, columns={"name": "id_str"})) == 15
    other = tmp_path_factory.mktemp("pictures")
    Image.new("RGB", (4, 4)).save(other / "J1.png")
    pd.DataFrame({"id_str": ["J1"]}).to_parquet(other / "predictions.parquet")
    with pytest.warns(UserWarning, match="files that are no images: 1"):
        assert gz.read_catalog(other)["id_str"].tolist() == ["J1"]
    with pytest.raises(FileNotFoundError, match="a folder, not a table"):
        gz.read_catalog(other, SCHEMA)


def test_what_is_not_whole_is_told(folder):
    first = min((folder / "data").glob("*.parquet"))
    content = first.read_bytes()
    first.write_bytes(content[:3])
    with pytest.raises(ValueError, match=f"{first.name}: not a whole parquet table"):
        read(folder)
    first.write_bytes(content)
    (folder / "data" / "train-00000-of-00002-4a.parquet").unlink()
    with pytest.raises(ValueError, match="shard 0 of 2 of 'train' is missing"):
        read(folder)
    shard(folder / "data" / "train-00000-of-00002-4a.parquet", 0, redshift=[0.1] * 5)
    with pytest.raises(ValueError, match=r"train-00000-of-00002-4a.parquet: other columns than test-00000"):
        read(folder)
    shard(folder / "data" / "train-00000-of-00002-4a.parquet", 0)
    with pytest.raises(
        gz.CatalogError, match=r"repeated id: 'J0' at row 0 \('J0'\), 'J1'"
    ):  # in test and train
        read(folder)
    shard(folder / "tiny" / "train-00000-of-00001.parquet", 50)
    with pytest.raises(ValueError, match=r"2 data sets \(.*data, .*tiny\): read the folder of one"):
        read(folder)


def test_rows_without_an_image_are_told_by_their_row_in_the_whole(folder):
    table = rows(5, 5)
    table["image"][3] = None
    pq.write_table(pa.table(table), folder / "data" / "train-00000-of-00002-4a.parquet", row_group_size=2)
    with pytest.raises(gz.CatalogError, match=r"no image bytes: None at row 8 \('J8'\)"):
        read(folder)


def test_a_dataset_of_the_library_is_a_source_and_its_images_are_kept_once(tmp_path):
    datasets = pytest.importorskip("datasets", reason="the library datasets is not installed")
    datasets.disable_progress_bars()
    kind = {"name": "string", "bar_yes": "int64", "bar_no": "int64"}
    features = datasets.Features(
        {name: datasets.Value(value) for name, value in kind.items()} | {"image": datasets.Image()}
    )
    whole = datasets.Dataset.from_dict(rows(0, 6), features=features)
    some = whole.select([4, 1])
    both = datasets.DatasetDict({"train": whole.select(range(4)), "test": whole.select([5])})
    expected = {"whole": [0, 1, 2, 3, 4, 5], "some": [4, 1], "both": [5, 0, 1, 2, 3]}
    for name, source in {"whole": whole, "some": some, "both": both}.items():
        catalog = gz.read_catalog(source, SCHEMA, images=tmp_path, columns={"name": "id_str"})
        assert catalog["bar_yes"].tolist() == expected[name]
        for file_loc, number in zip(catalog["file_loc"], expected[name], strict=True):
            assert gz.read_image(file_loc)[0, 0, 0] == number
    kept = sorted(tmp_path.rglob("*.parquet"))
    times = [path.stat().st_mtime_ns for path in kept]
    gz.read_catalog(whole, SCHEMA, images=tmp_path, columns={"name": "id_str"})
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.parquet"))] == times
    with pytest.raises(ValueError, match=r"give images=, the folder in which to keep the images"):
        gz.read_catalog(whole, SCHEMA)
