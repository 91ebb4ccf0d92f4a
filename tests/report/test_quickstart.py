import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """The folder of ``gzkit quickstart`` with three epochs, as the command line leaves it."""
    folder = tmp_path_factory.mktemp("first") / "made" / "on the way"
    assert main(["quickstart", "--out", str(folder), "--epochs", "3", "--quiet"]) == 0
    return folder


@pytest.mark.slow
def test_quickstart_leaves_predictions_history_model_and_report(first_run):
    assert {path.name for path in first_run.iterdir()} >= {
        "predictions.parquet",
        "history.csv",
        "evaluation.csv",
        "model",
        "report.html",
    }
    predictions = gz.Predictions.from_parquet(first_run / "predictions.parquet")
    assert len(predictions) == 120 and predictions.schema == gz.load_schema("gz-decals-dr5")
    assert len(pd.read_csv(first_run / "history.csv")) == 3
    evaluation = pd.read_csv(first_run / "evaluation.csv")
    assert list(evaluation["question"][:-1]) == [question.text for question in predictions.schema.questions]


@pytest.mark.slow
def test_quickstart_learns_more_than_a_constant(first_run):
    evaluation = pd.read_csv(first_run / "evaluation.csv").set_index("question")
    assert evaluation.loc["whole tree", "skill"] > 0.1


@pytest.mark.slow
def test_the_model_of_quickstart_gives_its_predictions_again(first_run):
    predictions = gz.Predictions.from_parquet(first_run / "predictions.parquet")
    catalog = gz.sample_catalog().set_index("id_str").loc[list(predictions.id_str)].reset_index()
    again = gz.predict(gz.TreeModel.load(first_run / "model"), catalog, progress=False)
    np.testing.assert_allclose(again.concentration, predictions.concentration, rtol=1e-5)


@pytest.mark.slow
def test_the_report_shows_tree_training_questions_and_galaxies(first_run):
    text = (first_run / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)">', text) == ["questions", "galaxies", "calibration", "training"]
    assert text.count("data:image/jpeg;base64,") == 120 + 34  # galaxies, and pictures of the answers
    assert "a pretrained encoder and 420 galaxies" in text
    assert "120</b><span>galaxies predicted, 0 of them seen in training" in text
    assert len(text) < 3_000_000


@pytest.mark.slow
def test_finetune_predict_and_report_run_from_the_command_line(first_run, tmp_path, capsys):
    sample, out = gz.sample_folder(), tmp_path / "own"
    table = pd.read_csv(sample / "catalog.csv")[:60].rename(columns={"id_str": "name"})
    table.to_csv(tmp_path / "own.csv", index=False)
    read = ["--images", str(sample), "--columns", "name=id_str", "--quiet"]
    train = ["finetune", str(tmp_path / "own.csv"), "--schema", "gz-decals-dr5", "--out", str(out), *read]
    assert main([*train, "--epochs", "1", "--blocks", "0"]) == 0
    told = capsys.readouterr().out
    assert (
        "48 galaxies trained on, 12 validated on\n1 epochs" in told
        and "blocks        0      as you said" in told
    )
    parts = [
        gz.read_catalog(out / name, gz.load_schema("gz-decals-dr5")) for name in ("train.csv", "val.csv")
    ]
    assert sorted([*parts[0]["id_str"], *parts[1]["id_str"]]) == sorted(table["name"])
    predictions, val = str(out / "p.parquet"), str(out / "val.csv")
    assert main(["predict", str(out / "model"), val, "--out", predictions, "--quiet"]) == 0
    assert list(gz.Predictions.from_parquet(predictions).id_str) == list(parts[1]["id_str"])
    report = ["report", predictions, val, "--train", str(out / "train.csv"), "--out", str(out / "r.html")]
    assert main([*report, "--training", str(out)]) == 0
    text = (out / "r.html").read_text(encoding="utf-8")
    assert "0 of them seen in training" in text and "layer_decay" in text
    assert main(["predict", str(tmp_path), str(tmp_path / "own.csv"), "--out", "p.parquet", *read]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
def test_the_readmes_ten_lines_as_pasted_beat_a_constant_by_far(tmp_path, monkeypatch):
    from matplotlib import pyplot as plt

    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"<!-- ten lines -->\n```python\n(.*?)```", text, re.DOTALL)[1], names)
    assert set(names["predictions"].id_str) == set(names["test"]["id_str"])
    table = gz.evaluate(names["predictions"], names["test"], train=names["train"]).set_index("question")
    assert table.loc["whole tree", "skill"] > 0.3
    assert plt.get_fignums()
    plt.close("all")


@pytest.mark.slow
def test_the_three_commands_without_options_beat_a_constant_by_far(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["finetune", str(gz.sample_folder() / "catalog.csv")]) == 0
    assert "schema: gz-decals-dr5, by the table's columns" in capsys.readouterr().out
    assert main(["predict", "finetuned/model", "finetuned/val.csv"]) == 0
    assert main(["report", "predictions.parquet", "finetuned/val.csv", "--train", "finetuned/train.csv"]) == 0
    told = capsys.readouterr().out
    assert float(re.search(r"skill (\S+) over the whole tree", told)[1]) > 0.3
    assert "The best validation loss" in (tmp_path / "report.html").read_text(encoding="utf-8")
