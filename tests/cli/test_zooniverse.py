import csv
import json

import pytest

import gzkit as gz
from gzkit.cli.main import main

ANSWERS = [{"label": "![a bar](bar.png) **Yes**"}, {"label": "No"}]
WORKFLOW = {"id": "77", "version": "3.1", "first_task": "T0"}
WORKFLOW["tasks"] = {"T0": {"type": "single", "question": "Is there a bar?", "answers": ANSWERS}}


@pytest.fixture
def files(tmp_path):
    """A workflow, an export of it with one old label, and what that label stands for."""
    (tmp_path / "workflow.json").write_text(json.dumps(WORKFLOW), encoding="utf-8")
    (tmp_path / "aliases.json").write_text('{"bar": {"Maybe": "no"}}', encoding="utf-8")
    with open(tmp_path / "classifications.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["user_name", "workflow_id", "subject_ids", "annotations"])
        for user, label in [("ada", "Yes"), ("bo", "No"), ("cy", "Maybe")]:
            rows.writerow([user, "77", 5, json.dumps([{"task": "T0", "value": label}])])
    return tmp_path


def test_schema_from_workflow_reports_and_writes_the_schema(files, capsys):
    arguments = ["schema", "from-workflow", str(files / "workflow.json"), "--out", str(files / "schema.json")]
    assert main([*arguments, "--rename", "T0=barred,barred_yes=y"]) == 0
    assert capsys.readouterr().out.startswith("T0: barred\n")
    assert gz.Schema.from_json(files / "schema.json").label_cols == ["barred_y", "barred_no"]


def test_votes_writes_a_table_that_is_a_catalog_and_says_what_was_counted(files, capsys):
    arguments = [
        "votes",
        str(files / "classifications.csv"),
        "--workflow",
        str(files / "workflow.json"),
        "--quiet",
    ]
    arguments += ["--aliases", str(files / "aliases.json"), "--schema-out", str(files / "schema.json")]
    for name in ("votes.csv", "votes.parquet"):
        assert main([*arguments, "--out", str(files / name)]) == 0
        catalog = gz.read_catalog(files / name, gz.Schema.from_json(files / "schema.json"), images=False)
        assert catalog[["id_str", "bar_yes", "bar_no"]].to_numpy().tolist() == [["5", 1, 2]]
    assert capsys.readouterr().out == ""


def test_votes_reports_labels_that_are_no_answer(files, capsys):
    arguments = ["votes", str(files / "classifications.csv"), "--workflow", str(files / "workflow.json")]
    assert main([*arguments, "--out", str(files / "votes.csv")]) == 0
    told = capsys.readouterr()
    assert "3 of 3 classifications counted, 1 subjects, 3 volunteers" in told.out
    assert "T0 'Maybe': 1 row (2)" in told.out
    assert "warning" not in told.err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["votes", "classifications.csv", "--workflow", "workflow.json", "--out", "v.xls"],
            "written as .csv or .parquet",
        ),
        (
            ["votes", "workflow.json", "--workflow", "workflow.json", "--out", "v.csv"],
            "not a classification export",
        ),
        (["schema", "from-workflow", "aliases.json"], "not a workflow"),
    ],
)
def test_input_that_cannot_be_used_is_told_in_a_sentence(files, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(files)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "fault", [KeyError("T1"), AttributeError("get"), TypeError("int"), IndexError("list")]
)
def test_a_fault_of_gzkit_shows_its_traceback_and_is_no_message(files, monkeypatch, fault):
    def broken(*args, **options):
        raise fault

    monkeypatch.setattr("gzkit.zooniverse.votes.count_votes", broken)
    arguments = ["votes", str(files / "classifications.csv"), "--workflow", str(files / "workflow.json")]
    with pytest.raises(type(fault)):
        main([*arguments, "--out", str(files / "votes.csv")])


@pytest.mark.filterwarnings("default")
def test_what_is_not_counted_is_told_on_the_error_stream_where_no_report_is_wanted(files, capsys):
    arguments = [
        "votes",
        str(files / "classifications.csv"),
        "--workflow",
        str(files / "workflow.json"),
        "--quiet",
    ]
    assert main([*arguments, "--out", str(files / "votes.csv")]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "gzkit: warning: classifications.csv: 1 labels that are no answer" in told.err


def test_rows_of_the_team_and_reworded_questions_can_be_asked_for(files, capsys):
    text = (files / "classifications.csv").read_text(encoding="utf-8")
    lines = [
        f"{line},{'true' if 'ada' in line else 'gold_standard' if 'user' in line else ''}"
        for line in text.splitlines()
    ]
    (files / "gold.csv").write_text("\n".join(lines), encoding="utf-8")
    arguments = ["votes", str(files / "gold.csv"), "--workflow", str(files / "workflow.json")]
    arguments += ["--out", str(files / "votes.csv"), "--reworded", "bar"]
    assert main(arguments) == 0
    assert "not counted: 1 row (0) of gold standard mode" in capsys.readouterr().out
    assert main([*arguments, "--include", "gold"]) == 0
    assert "3 of 3 classifications counted" in capsys.readouterr().out
    assert main([*arguments, "--include", "silver"]) == 2
    assert "include must be a list of ['gold', 'expert', 'pre-launch']" in capsys.readouterr().err
