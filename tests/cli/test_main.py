import inspect
import os
import subprocess
import sys

import pandas as pd
import pytest

import gzkit as gz
from gzkit.cli import doctor
from gzkit.cli.main import build_parser, main


def parsers(parser, path=()):
    """Every sub-command's parser with the words that lead to it."""
    yield path, parser
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for name, child in action.choices.items():
                yield from parsers(child, (*path, name))


def test_every_command_and_every_option_is_explained(capsys):
    for path, parser in parsers(build_parser()):
        with pytest.raises(SystemExit) as stop:
            main([*path, "--help"])
        assert stop.value.code == 0
        assert capsys.readouterr().out.startswith("usage: " + " ".join(["gzkit", *path]))
        assert all(action.help or action.metavar == "COMMAND" for action in parser._actions), path
        runs = "run" in parser._defaults  # not a group of commands
        assert (f"for example: gzkit {' '.join(path)}" in " ".join((parser.epilog or "").split())) == runs, (
            path
        )


def test_the_command_alone_says_what_it_can_do(capsys):
    assert main([]) == 0
    assert "quickstart" in capsys.readouterr().out


def test_the_module_runs_as_a_program():
    result = subprocess.run(
        [sys.executable, "-m", "gzkit", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == f"gzkit {gz.__version__}"


def test_doctor_says_what_is_there_and_what_is_missing_for_what(capsys, monkeypatch):
    have = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "h5py" else have(name))
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert f"gzkit {gz.__version__}" in told and "torch " in told
    assert "for Zoobot's prediction files: \n    missing: pip install h5py\n" in told
    for line in ("device: ", "memory: ", "font: ", "caches: "):
        assert f"\n{line}" in told
    assert "DejaVuSans" in told and "GB free" in told


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("gzkit sch", {"schema"}),
        ("gzkit schema show gz2", {"gz2", "gz2-all-tasks"}),
        ("gzkit predict --im", {"--images"}),
    ],
)
def test_the_tab_key_completes(typed, offered, tmp_path):
    pytest.importorskip("argcomplete", reason="argcomplete is not installed")
    asked = {
        "_ARGCOMPLETE": "1",
        "COMP_LINE": typed,
        "COMP_POINT": str(len(typed)),
        "COMP_TYPE": "9",
        "IFS": " ",
    }
    asked |= {"_ARGCOMPLETE_IFS": " ", "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "said")}
    subprocess.run([sys.executable, "-m", "gzkit"], env=os.environ | asked, timeout=60)
    assert {each.strip() for each in (tmp_path / "said").read_text().split()} == offered


@pytest.mark.parametrize(("name", "function"), [("finetune", "finetune"), ("predict", "predict")])
def test_commands_offer_what_the_functions_offer(name, function):
    offered = {action.dest for action in dict(parsers(build_parser()))[(name,)]._actions}
    wanted = set(inspect.signature(getattr(gz, function)).parameters)
    elsewhere = {
        "model",
        "train",
        "val",
        "progress",
        "save_dir",
        "augment",
        "live_plot",
    }  # as catalog, --quiet, --no-augment
    assert wanted - offered - elsewhere == set()


def test_a_table_that_fits_no_survey_needs_a_schema(tmp_path, capsys):
    pd.DataFrame({"id_str": ["a"], "merger_yes": [1], "merger_no": [2]}).to_csv(
        tmp_path / "v.csv", index=False
    )
    assert main(["finetune", str(tmp_path / "v.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "say with --schema what was asked" in capsys.readouterr().err


def test_schema_list_names_every_survey(capsys):
    assert main(["schema", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(gz.schema_names())


def test_schema_show_writes_a_schema_that_can_be_shown_again(tmp_path, capsys):
    path = str(tmp_path / "gz2.json")
    assert main(["schema", "show", "gz2", "--json", path, "--campaign-suffix"]) == 0
    assert gz.Schema.from_json(path) == gz.load_schema("gz2", campaign_suffix=True)
    first = capsys.readouterr().out
    assert main(["schema", "show", path]) == 0
    tree = capsys.readouterr().out
    assert first.startswith(tree) and "arXiv:1308.3496" in first.removeprefix(tree)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "votes.csv"
    pd.DataFrame({"id_str": ["a", "a"], "merger_yes": [1, -1], "merger_no": [0, 1]}).to_csv(path, index=False)
    gz.Schema.from_classes("merger", ["yes", "no"]).to_json(tmp_path / "merger.json")
    return path


def test_bad_input_ends_with_code_2_and_a_message_without_a_traceback(table, tmp_path, capsys):
    finetune = ["finetune", str(table), "--out", str(tmp_path / "out"), "--schema"]
    cases = {
        "no survey 'gz3'; did you mean 'gz2'": ["schema", "show", "gz3"],
        "no.json": ["schema", "show", "no.json"],
        "negative vote: -1 at row 1": [*finetune, str(tmp_path / "merger.json")],
        "none.csv: no such file": ["finetune", "none.csv", "--schema", "gz2", "--out", str(tmp_path)],
    }
    for message, argv in cases.items():
        assert main(argv) == 2, argv
        error = capsys.readouterr().err
        assert error.startswith("gzkit: ") and "Traceback" not in error
        assert message.split(";")[-1].strip() in error
    assert not (tmp_path / "out").exists()
    with pytest.raises(gz.CatalogError):
        main([*finetune, str(tmp_path / "merger.json"), "--debug"])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["finetune"],
            "gzkit finetune: the following arguments are required: CATALOG (gzkit finetune --help says more)",
        ),
        (["finetun"], "invalid choice"),
        (
            ["finetune", "x.csv", "--out", "o", "--schema", "gz2", "--epochs", "0"],
            "'0' is not a whole number above 0",
        ),
        (
            ["finetune", "x.csv", "--out", "o", "--schema", "gz2", "--blocks", "some"],
            "neither a number nor 'all'",
        ),
        (["finetune", "x.csv", "--out", "o", "--schema", "gz2", "--columns", "a=b,c"], "not of the form"),
    ],
)
def test_bad_options_end_with_code_2(argv, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_report_compares_predictions_with_votes(tmp_path, capsys):
    schema = gz.Schema.from_classes("merger", ["yes", "no"])
    gz.Predictions([[1.0, 3.0], [4.0, 2.0]], ["a", "b"], schema).to_parquet(tmp_path / "p.parquet")
    votes = pd.DataFrame({"id_str": ["a", "b"], "merger_yes": [1, 3], "merger_no": [9, 1]})
    votes.to_csv(tmp_path / "votes.csv", index=False)
    argv = [
        "report",
        str(tmp_path / "p.parquet"),
        str(tmp_path / "votes.csv"),
        "--out",
        str(tmp_path / "r.html"),
    ]
    assert main([*argv, "--title", "Mergers & more"]) == 0
    assert "<h1>Mergers &amp; more</h1>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    votes[:1].to_csv(tmp_path / "votes.csv", index=False)
    assert main(argv) == 2
    assert "'b'" in capsys.readouterr().err


def test_columns_are_pairs_or_the_name_of_a_published_table():
    parse = build_parser().parse_args
    required = ["finetune", "x.csv", "--out", "o", "--schema", "gz2", "--columns"]
    assert parse([*required, "gz2"]).columns == "gz2"
    assert parse([*required, "gz2,OBJID=id_str"]).columns == ["gz2", {"OBJID": "id_str"}]
    assert parse([*required, "iauname=id_str,path=file_loc"]).columns == {
        "iauname": "id_str",
        "path": "file_loc",
    }


def test_a_card_tells_how_good_the_model_is_on_the_validation_galaxies(tiny_survey, tmp_path):
    schema, catalog = tiny_survey
    schema.to_json(tmp_path / "schema.json")
    catalog.to_csv(tmp_path / "votes.csv", index=False)
    command = [
        "finetune",
        str(tmp_path / "votes.csv"),
        "--schema",
        str(tmp_path / "schema.json"),
        "--epochs",
        "1",
    ]
    command += ["--encoder", "test_convnext", "--from-scratch", "--image-size", "32", "--quiet", "--card"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 0
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "| question | galaxies | " in card and "| light | 10 | " in card
