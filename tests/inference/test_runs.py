import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import gzkit as gz
from gzkit.files.lock import alone_in
from gzkit.inference import runs
from gzkit.inference.catalogs import LongCatalog
from gzkit.inference.runs import predict_to_parquet

GALAXIES = 44
OPTIONS = {"samples": 2, "galaxies_per_part": 8, "batch_size": 4, "progress": False}
SCRIPT = """
import sys, gzkit as gz, torch
torch.set_num_threads(1)
model = gz.TreeModel(gz.load_schema("gz-decals-dr5"), encoder="test_convnext", pretrained=False, image_size=32)
torch.nn.init.normal_(model.head.weight, std=0.1, generator=torch.Generator().manual_seed(0))
catalog = gz.sample_catalog().iloc[:44]
options = dict(samples=2, galaxies_per_part=8, batch_size=4, progress=False)
gz.inference.predict_to_parquet(model, catalog, sys.argv[1], **options)
"""


@pytest.fixture(scope="module")
def catalog():
    return gz.sample_catalog().iloc[:GALAXIES]


@pytest.fixture(scope="module")
def model():
    return as_if_trained(
        gz.TreeModel(
            gz.load_schema("gz-decals-dr5"), encoder="test_convnext", pretrained=False, image_size=32
        )
    )


def as_if_trained(model):
    """Galaxies get different predictions; the script of other processes does the same."""
    torch.nn.init.normal_(model.head.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return model


@pytest.fixture(scope="module")
def uninterrupted(model, catalog, tmp_path_factory):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = predict_to_parquet(model, catalog, tmp_path_factory.mktemp("run"), **OPTIONS)
    torch.set_num_threads(threads)
    return gz.Predictions.from_parquet(folder, schema=model.schema)


def assert_same(found, expected):
    assert found.id_str.tolist() == expected.id_str.tolist()
    np.testing.assert_allclose(found.concentration, expected.concentration, rtol=1e-5)


def start(folder, *launcher):
    environment = os.environ | {
        "PYTHONPATH": str(Path(gz.__file__).parents[1]),
        "ACCELERATE_USE_CPU": "1",
        "OMP_NUM_THREADS": "1",
    }
    script = folder.parent / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, *launcher, str(script), str(folder)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def test_the_parts_hold_what_predict_gives(uninterrupted, model, catalog):
    whole = gz.predict(model, catalog, samples=2, batch_size=4, progress=False)
    assert_same(uninterrupted, whole)
    assert (
        np.ptp(whole.concentration[..., 0], axis=0) > 0.01
    ).all()  # galaxies differ, or this would show little
    assert uninterrupted.info == whole.info


def test_several_catalogues_are_taken_one_after_the_other(uninterrupted, model, catalog, tmp_path):
    folder = predict_to_parquet(model, [catalog[:10], catalog[10:]], tmp_path, **OPTIONS)
    assert_same(gz.Predictions.from_parquet(folder), uninterrupted)


@pytest.mark.parametrize("stop_after", [0, 1, 7])
def test_an_interrupted_run_goes_on_where_it_was(
    uninterrupted, model, catalog, tmp_path, monkeypatch, stop_after
):
    batches, given = runs.predict_batches, []

    def interrupted(*args, **kwargs):
        for batch in batches(*args, **kwargs):
            if len(given) == stop_after:
                raise KeyboardInterrupt
            given.append(batch)
            yield batch

    monkeypatch.setattr(runs, "predict_batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    with pytest.raises(
        ValueError, match=r"prediction is not finished, . of 6 parts are missing|without parquet files"
    ):
        gz.Predictions.from_parquet(tmp_path)
    monkeypatch.setattr(runs, "predict_batches", batches)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    assert len(before) == stop_after // 2
    assert_same(
        gz.Predictions.from_parquet(predict_to_parquet(model, catalog, tmp_path, **OPTIONS)), uninterrupted
    )
    assert all(file.stat().st_mtime_ns == then for file, then in before.items())


def test_a_part_that_is_not_whole_is_predicted_again(uninterrupted, model, catalog, tmp_path):
    predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    damaged = tmp_path / "part-000002.parquet"
    damaged.write_bytes(damaged.read_bytes()[:100])
    predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    assert_same(gz.Predictions.from_parquet(tmp_path), uninterrupted)


def test_unreadable_images_are_listed_and_no_other_galaxy_is_lost(uninterrupted, model, catalog, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    damaged = catalog.copy()
    damaged.loc[damaged.index[11], "file_loc"] = str(tmp_path / "bad.jpg")
    name = damaged.id_str.iloc[11]
    with pytest.warns(UserWarning, match=name):
        folder = predict_to_parquet(model, damaged, tmp_path / "run", max_unreadable=0.2, **OPTIONS)
    assert (folder / "part-000001.unreadable.txt").read_text() == f"{name}\n"
    kept = uninterrupted[uninterrupted.id_str != name]
    assert_same(gz.Predictions.from_parquet(folder), kept)
    predict_to_parquet(
        model, damaged, folder, max_unreadable=0.2, **OPTIONS
    )  # nothing left to do: no warning


def test_a_folder_of_another_run_is_refused(model, catalog, tmp_path):
    predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match=r"of another run \(samples=2 then, 3 now\)"):
        predict_to_parquet(model, catalog, tmp_path, **(OPTIONS | {"samples": 3}))
    with pytest.raises(ValueError, match=r"\(other catalog; other images\)"):
        predict_to_parquet(model, catalog[::-1], tmp_path, **OPTIONS)
    other = gz.TreeModel(model.schema, encoder="test_convnext", pretrained=False, image_size=32, seed=1)
    torch.nn.init.normal_(other.head.weight)
    with pytest.raises(ValueError, match=r"\(other weights\)"):
        predict_to_parquet(other, catalog, tmp_path, **OPTIONS)
    (tmp_path / "run.json").unlink()
    with pytest.raises(ValueError, match="holds other parquet files"):
        predict_to_parquet(model, catalog, tmp_path, **OPTIONS)


def test_parts_of_one_result_come_from_one_model_and_the_same_images(model, catalog, tmp_path):
    folder = predict_to_parquet(model, catalog, tmp_path / "run", **OPTIONS)
    (folder / "part-000001.parquet").unlink()
    alike = {"image_size": 32, "dropout": model.dropout, "crop": model.crop}
    alike["concentration_bounds"] = model.concentration_bounds
    changes = {"image_size": 64, "dropout": 0.1, "crop": 0.5, "concentration_bounds": (0.5, 50)}
    for name, value in changes.items():
        other = gz.TreeModel(model.schema, "test_convnext", pretrained=False, **(alike | {name: value}))
        other.load_state_dict(model.state_dict())
        with pytest.raises(ValueError, match=rf"\({name}=.* then, .* now"):
            predict_to_parquet(other, catalog, folder, **OPTIONS)
    other = gz.TreeModel(model.schema, "test_convnext", pretrained=False, **alike)
    other.load_state_dict(model.state_dict())
    other.normalise_by([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="other model"):
        predict_to_parquet(other, catalog, folder, **OPTIONS)
    (tmp_path / "images").mkdir()
    copies = [shutil.copy(file, tmp_path / "images") for file in catalog["file_loc"]]
    with pytest.raises(ValueError, match=r"\(other images\)"):
        predict_to_parquet(model, catalog.assign(file_loc=copies), folder, **OPTIONS)
    assert not (folder / "part-000001.parquet").exists()


def test_a_folder_that_another_run_writes_to_is_refused(model, catalog, tmp_path):
    with alone_in(tmp_path), pytest.raises(BlockingIOError, match="in use by another run"):
        predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    assert not any(path.name.startswith(".") for path in tmp_path.iterdir())


def test_a_galaxy_twice_is_refused_before_anything_is_written(model, catalog, tmp_path):
    with pytest.raises(ValueError, match="predicted 2 times"):
        predict_to_parquet(model, [catalog, catalog[:1]], tmp_path / "run", **OPTIONS)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_two_processes_write_what_one_writes(uninterrupted, tmp_path):
    process = start(tmp_path / "run", "-m", "torch.distributed.run", "--nproc_per_node", "2")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    assert_same(gz.Predictions.from_parquet(tmp_path / "run"), uninterrupted)


@pytest.mark.slow
def test_killed_half_way_and_continued_is_the_same_table(uninterrupted, model, catalog, tmp_path):
    folder = tmp_path / "run"
    process = start(folder)
    while process.poll() is None and len(list(folder.glob("part-*.parquet"))) < 3:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert json.loads((folder / "run.json").read_text())["galaxies"] == GALAXIES
    predict_to_parquet(model, catalog, folder, **OPTIONS)
    assert_same(gz.Predictions.from_parquet(folder), uninterrupted)


def test_the_command_predicts_several_tables_into_a_folder_or_a_release_table(
    model, catalog, tmp_path, capsys
):
    from gzkit.cli.main import main

    model.save(tmp_path / "model")
    for name, part in (("a", catalog[:6]), ("b", catalog[6:9])):
        part[["id_str", "file_loc"]].to_csv(tmp_path / f"{name}.csv", index=False)
    command = [
        "predict",
        str(tmp_path / "model"),
        str(tmp_path / "a.csv"),
        "--also",
        str(tmp_path / "b.csv"),
        "--quiet",
    ]
    assert main([*command, "--out", str(tmp_path / "parts")]) == 0
    found = gz.Predictions.from_parquet(tmp_path / "parts")
    assert found.id_str.tolist() == catalog.id_str[:9].tolist()
    assert main([*command, "--out", str(tmp_path / "t.parquet"), "--style", "advanced"]) == 0
    table = gz.Predictions.from_parquet(tmp_path / "t.parquet")
    np.testing.assert_allclose(table.vote_fractions(), found.vote_fractions(), rtol=1e-5)
    assert main([*command, "--out", str(tmp_path / "parts"), "--style", "advanced"]) == 2
    assert "--style advanced is for a single file" in capsys.readouterr().err


def test_a_parquet_file_is_predicted_row_group_by_row_group(uninterrupted, model, catalog, tmp_path):
    table = tmp_path / "catalog.parquet"
    relative = catalog.assign(file_loc=[os.path.relpath(file, tmp_path) for file in catalog["file_loc"]])
    relative.to_parquet(table, row_group_size=7)
    folder = predict_to_parquet(model, table, tmp_path / "run", **OPTIONS)
    assert_same(gz.Predictions.from_parquet(folder), uninterrupted)


def test_a_parquet_file_may_hold_the_images_itself(uninterrupted, model, catalog, tmp_path):
    table = tmp_path / "catalog.parquet"
    images = [{"bytes": Path(file).read_bytes(), "path": file} for file in catalog["file_loc"]]
    pd.DataFrame({"id_str": catalog["id_str"], "image": images}).to_parquet(table, row_group_size=10)
    folder = predict_to_parquet(model, str(table), tmp_path / "run", **OPTIONS)
    assert_same(gz.Predictions.from_parquet(folder), uninterrupted)


def test_a_slice_of_a_long_catalogue_is_that_of_its_tables(catalog, tmp_path):
    whole = pd.concat([catalog[:30], catalog[30:]], ignore_index=True)[["id_str", "file_loc"]]
    catalog[30:].to_parquet(tmp_path / "end.parquet", row_group_size=4)
    table = LongCatalog([catalog[:9], catalog[9:9], catalog[9:30], tmp_path / "end.parquet"])
    assert len(table) == GALAXIES
    for rows in (slice(0, 44), slice(8, 10), slice(29, 35), slice(38, 100), slice(9, 10)):
        pd.testing.assert_frame_equal(
            table[rows].astype(object), whole[rows].reset_index(drop=True).astype(object)
        )
    assert (table.ids, table.images) == (LongCatalog(catalog).ids, LongCatalog(catalog).images)
    assert table.ids != LongCatalog(catalog[::-1]).ids


def test_a_long_catalogue_that_cannot_be_predicted_is_refused(catalog, tmp_path):
    with pytest.raises(ValueError, match=f"galaxy '{catalog['id_str'].iloc[3]}' is predicted 2 times"):
        LongCatalog([catalog[:5], catalog[3:4]])
    with pytest.raises(ValueError, match="predict_to_parquet: no column 'file_loc'"):
        LongCatalog(catalog[["id_str"]])
    with pytest.raises(ValueError, match="no galaxies"):
        LongCatalog([])
    catalog[["file_loc"]].to_parquet(tmp_path / "nameless.parquet")
    with pytest.raises(ValueError, match=r"nameless.parquet: no column 'id_str'"):
        LongCatalog(tmp_path / "nameless.parquet")
    pd.DataFrame({"id_str": [1.5, 2], "file_loc": "a.jpg"}).to_parquet(tmp_path / "numbers.parquet")
    with pytest.raises(ValueError, match=r"numbers.parquet.*\n.*a decimal number has lost digits of an id"):
        LongCatalog(tmp_path / "numbers.parquet")


def test_whole_numbers_are_ids_of_a_long_catalogue_with_all_their_digits(tmp_path):
    ids = [587722981742084096, 587722981742084097]
    table = pd.DataFrame({"id_str": ids, "file_loc": "a.jpg"})
    table.to_parquet(tmp_path / "numbers.parquet")
    for source in (table, tmp_path / "numbers.parquet"):
        assert LongCatalog(source)[0:2]["id_str"].tolist() == [str(galaxy) for galaxy in ids]


def test_a_part_costs_what_it_holds(model, catalog, tmp_path, monkeypatch):
    given, batches = [], runs.predict_batches

    def note(model, asked, **options):
        given.append(len(asked))
        return batches(model, asked, **options)

    monkeypatch.setattr(runs, "predict_batches", note)
    predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    assert given == [8, 8, 8, 8, 8, 4]
