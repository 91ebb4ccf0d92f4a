import copy
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

import gzkit as gz
from gzkit.inference import embed_to_parquet, runs

GALAXIES = 44
OPTIONS = {"galaxies_per_part": 8, "batch_size": 4, "progress": False}
SCRIPT = """
import sys, gzkit as gz, torch
torch.set_num_threads(1)
model = gz.TreeModel(gz.load_schema("gz-decals-dr5"), encoder="test_convnext", pretrained=False, image_size=32)
options = dict(galaxies_per_part=8, batch_size=4, progress=False)
gz.inference.embed_to_parquet(model, gz.sample_catalog().iloc[:44], sys.argv[1], **options)
"""


@pytest.fixture(scope="module")
def catalog():
    return gz.sample_catalog().iloc[:GALAXIES]


@pytest.fixture(scope="module")
def model():
    return gz.TreeModel("gz-decals-dr5", encoder="test_convnext", pretrained=False, image_size=32)


def as_if_trained(model):
    """A copy whose head says something."""
    model = copy.deepcopy(model)
    torch.nn.init.normal_(model.head.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return model


@pytest.fixture(scope="module")
def features(model, catalog):
    return gz.embed(model, catalog, progress=False)


def test_features_are_what_the_encoder_says_of_each_image(features, model, catalog):
    assert features.id_str.tolist() == catalog["id_str"].tolist()
    assert features.values.dtype == np.float32
    from gzkit.images.read import load_image

    for row in (0, 17):
        pixels = load_image(catalog["file_loc"].iloc[row], size=32, in_chans=3, crop=model.crop)
        image = torch.tensor(pixels).permute(2, 0, 1)[None] / 255
        mean, std = (torch.tensor(model.config[name]).reshape(1, 3, 1, 1) for name in ("mean", "std"))
        with torch.no_grad():
            expected = model.eval().encoder((image - mean) / std)[0]
        np.testing.assert_allclose(features.values[row], expected, rtol=1e-4, atol=1e-5)


def test_the_head_on_features_is_the_model(features, model, catalog):
    model = as_if_trained(model)
    predictions = gz.predict(model, catalog, progress=False)
    with torch.no_grad():
        concentration = model.eval()(torch.from_numpy(features.values))
    np.testing.assert_allclose(concentration, predictions.concentration[..., 0], rtol=1e-4)


def test_the_mean_of_several_views_hangs_on_the_seed_not_on_the_batch(model, catalog, features):
    first, second, other = (
        gz.embed(model, catalog[:9], samples=3, batch_size=size, seed=seed, progress=False).values
        for size, seed in ((2, 0), (9, 0), (9, 1))
    )
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)
    assert not np.allclose(first, other, rtol=1e-3) and not np.allclose(first, features.values[:9], rtol=1e-3)


def test_features_in_a_file_are_the_same_and_stand_in_groups_of_rows(features, tmp_path, monkeypatch):
    monkeypatch.setattr("gzkit.predictions.parts.ROWS_PER_GROUP", 10)
    features.to_parquet(tmp_path / "f.parquet")
    assert pq.ParquetFile(tmp_path / "f.parquet").num_row_groups == 5
    read = gz.Features.from_parquet(tmp_path / "f.parquet")
    np.testing.assert_array_equal(read.values, features.values)
    assert read.id_str.tolist() == features.id_str.tolist() and read.encoder == features.encoder
    with_pandas = pd.read_parquet(tmp_path / "f.parquet")
    np.testing.assert_array_equal(np.stack(with_pandas["features"]), features.values)


def test_the_parts_hold_what_embed_gives_and_an_interrupted_run_goes_on(
    features, model, catalog, tmp_path, monkeypatch
):
    batches, given = runs.predict_batches, []

    def interrupted(*args, **kwargs):
        for batch in batches(*args, **kwargs):
            if len(given) == 7:
                raise KeyboardInterrupt
            given.append(batch)
            yield batch

    monkeypatch.setattr(runs, "predict_batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embed_to_parquet(model, catalog, tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match="embedding is not finished, 3 of 6 parts are missing"):
        gz.Features.from_parquet(tmp_path)
    monkeypatch.setattr(runs, "predict_batches", batches)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    read = gz.Features.from_parquet(embed_to_parquet(model, catalog, tmp_path, **OPTIONS))
    assert all(file.stat().st_mtime_ns == then for file, then in before.items()) and len(before) == 3
    assert read.id_str.tolist() == features.id_str.tolist() and read.encoder == features.encoder
    np.testing.assert_allclose(read.values, features.values, rtol=1e-4, atol=1e-5)


def test_a_folder_of_another_model_or_of_predictions_is_refused(model, catalog, tmp_path):
    model = as_if_trained(model)
    embed_to_parquet(model, catalog, tmp_path, **OPTIONS)
    other = gz.TreeModel(model.schema, encoder="test_convnext", pretrained=False, image_size=32, seed=1)
    with pytest.raises(ValueError, match=r"of another run \(encoder='test_convnext \w+' then"):
        embed_to_parquet(other, catalog, tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match="format='gzkit-embedding-run-1' then, 'gzkit-prediction-run-1' now"):
        runs.predict_to_parquet(model, catalog, tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match=r"features, not predictions; gz.Features.from_parquet reads them"):
        gz.Predictions.from_parquet(tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").unlink()
    gz.embed(other, catalog[:8], progress=False).to_parquet(tmp_path / "part-000005.parquet")
    assert run["galaxies"] == GALAXIES
    with pytest.raises(
        ValueError, match=r"part-000005.parquet: features of 'test_convnext .*are of 'test_conv"
    ):
        gz.Features.from_parquet(tmp_path)


@pytest.mark.slow
def test_two_processes_and_one_that_was_killed_write_the_same(features, model, catalog, tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(Path(gz.__file__).parents[1]),
        "ACCELERATE_USE_CPU": "1",
        "OMP_NUM_THREADS": "1",
    }
    (tmp_path / "script.py").write_text(SCRIPT)
    two = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    subprocess.run([*two, str(tmp_path / "script.py"), str(tmp_path / "two")], env=environment, check=True)
    one = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "one")]
    process = subprocess.Popen(one, env=environment, start_new_session=True)
    while process.poll() is None and len(list((tmp_path / "one").glob("part-*.parquet"))) < 3:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    embed_to_parquet(model, catalog, tmp_path / "one", **OPTIONS)
    for folder in ("one", "two"):
        read = gz.Features.from_parquet(tmp_path / folder)
        assert read.id_str.tolist() == features.id_str.tolist()
        np.testing.assert_allclose(read.values, features.values, rtol=1e-4, atol=1e-5)


def test_the_command_embeds_into_a_file_or_a_folder(features, model, catalog, tmp_path, capsys):
    from gzkit.cli.main import main

    model.save(tmp_path / "model")
    catalog[["id_str", "file_loc"]].to_csv(tmp_path / "a.csv", index=False)
    command = ["embed", str(tmp_path / "model"), str(tmp_path / "a.csv"), "--quiet", "--out"]
    for out in ("f.parquet", "parts"):
        assert main([*command, str(tmp_path / out)]) == 0
        assert f"{out}: features of 44 galaxies" in capsys.readouterr().out
        read = gz.Features.from_parquet(tmp_path / out)
        np.testing.assert_allclose(read.values, features.values, rtol=1e-4, atol=1e-5)


def test_the_command_writes_no_other_kind_of_file(model, tmp_path, capsys):
    from gzkit.cli.main import main

    assert main(["embed", str(tmp_path), "a.csv", "--out", "f.fits"]) == 2
    assert "f.fits: features are written as parquet" in capsys.readouterr().err


def test_what_are_no_features_is_refused(features, catalog, model, tmp_path):
    values = features.values.copy()
    values[5, 3] = np.nan
    with pytest.raises(ValueError, match=f"galaxy '{features.id_str[5]}', row 5: not all are finite"):
        gz.Features(values, features.id_str)
    with pytest.raises(ValueError, match=r"2 galaxies have shape \(galaxy, feature\), got \(3, 4\)"):
        gz.Features(np.zeros((3, 4)), ["J1", "J2"])
    with pytest.raises(ValueError, match="galaxy 'J1' has features 2 times"):
        gz.Features(np.zeros((2, 4)), ["J1", "J1"])
    with pytest.raises(KeyError, match="no features of galaxy 'J7'"):
        features["J7"]
    gz.predict(as_if_trained(model), catalog[:2], progress=False).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(ValueError, match=r"p.parquet: no features; gz.embed makes them"):
        gz.Features.from_parquet(tmp_path / "p.parquet")
    with pytest.raises(FileNotFoundError, match=r"none.parquet: no such file"):
        gz.Features.from_parquet(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match="embed: no column 'file_loc'"):
        gz.embed(model, catalog.drop(columns="file_loc"), progress=False)
    with pytest.raises(ValueError, match="embed_to_parquet: no column 'file_loc'"):
        embed_to_parquet(model, catalog.drop(columns="file_loc"), tmp_path / "run")


def test_some_galaxies_and_none_are_features_too(features, tmp_path):
    some = features[features.id_str[[3, 1]]]
    np.testing.assert_array_equal(some.values, features.values[[3, 1]])
    none = features[[]]
    none.to_parquet(tmp_path / "none.parquet")
    assert gz.Features.from_parquet(tmp_path / "none.parquet").values.shape == (0, features.values.shape[1])
