import os
import resource
import signal
import stat
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sample
import torch
from simulated_survey import simulate_survey

import gzkit as gz
from gzkit.files import whole
from gzkit.files.whole import HOST, NAMESPACE, UNFINISHED, sweep, whole_file, write_text
from gzkit.model.files import write_weights
from gzkit.report.page import write_report

LOTS = 40_000  # numbers that are more than `ROOM` in every format
ROOM = 50_000  # [bytes]


def large_schema():
    questions = {f"question-{i:03}": [f"_{'x' * 40}", f"_{'y' * 40}"] for i in range(400)}
    return gz.Schema(questions, dict.fromkeys(questions))


def large_csv(path):
    with whole_file(path) as file:
        pd.DataFrame({"id_str": np.arange(LOTS)}).to_csv(file)


def large_parquet(path):
    values = np.random.default_rng(0).uniform(1, 50, (LOTS, 2)).astype("float32")
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    gz.Predictions(values, [f"J{i}" for i in range(LOTS)], schema).to_parquet(path)


WRITERS = {
    "text": lambda path: write_text(path, "x" * 2 * ROOM),
    "csv": large_csv,
    "parquet": large_parquet,
    "json": lambda path: large_schema().to_json(path),
    "weights": lambda path: write_weights(path, {"a": torch.zeros(LOTS)}),
}


def in_a_process(function, *, kill=False):
    """Exit code of a forked process that runs it, and raises nothing."""
    child = os.fork()
    if child == 0:
        try:
            function()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.__stderr__)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("kind", WRITERS)
def test_where_there_is_no_room_the_older_file_stays_and_the_message_names_it(kind, tmp_path):
    path, said = tmp_path / "file.out", tmp_path / "said"
    path.write_text("older")

    def write():
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))
        try:
            WRITERS[kind](path)
        except OSError as error:
            said.write_text(str(error))

    assert in_a_process(write) == 0
    assert said.read_text().startswith(f"{path}: cannot be written (")
    assert "File too large" in said.read_text() and said.read_text().endswith("B are free)")
    assert path.read_text() == "older"
    assert sorted(os.listdir(tmp_path)) == ["file.out", "said"]


@pytest.mark.parametrize("kind", WRITERS)
def test_permissions_follow_the_umask(kind, tmp_path):
    old = os.umask(0o027)
    try:
        WRITERS[kind](tmp_path / "file.out")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file.out").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_whatever_interrupts_the_writing_nothing_is_left(error, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("older")
    with pytest.raises(error), whole_file(path) as unfinished:
        unfinished.write_text("half")
        raise error
    assert path.read_text() == "older"
    assert os.listdir(tmp_path) == ["file.csv"]


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none/file.csv: cannot be written \(No such file"):
        write_text(tmp_path / "none" / "file.csv", "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path / "folder", "text")


def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "there" / "file.csv")
    write_text(tmp_path / "link.csv", "text")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "there" / "file.csv").read_text() == "text"
    code = "from gzkit.files.whole import write_text; write_text('/dev/stdout', 'text')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "text"
    with open(tmp_path / "redirected", "w") as file:
        subprocess.run([sys.executable, "-c", f"{code}; print(' and more')"], stdout=file)
    assert "more" in (tmp_path / "redirected").read_text()


def test_long_names_can_be_written(tmp_path):
    for name in ("n" * 250, "é" * 120):
        write_text(tmp_path / name, "text")
        assert (tmp_path / name).read_text() == "text"


def test_what_a_killed_process_had_begun_is_removed_and_nothing_else(tmp_path):
    def killed():
        with whole_file(tmp_path / "file.csv"):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_process(killed) == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert UNFINISHED.fullmatch(left.name)
    mine = (
        tmp_path / f".file.csv.{HOST}-{NAMESPACE}-{os.getppid()}-01234567.unfinished"
    )  # a process that runs
    elsewhere = tmp_path / ".file.csv.another-machine-1-17-01234567.unfinished"
    foreign = tmp_path / ".notes.unfinished"  # not ours
    for path in (mine, elsewhere, foreign):
        path.touch()
    with whole_file(tmp_path / "other.csv") as unfinished:
        unfinished.touch()
        write_text(tmp_path / "file.csv", "text")  # of one process: neither sweeps the other's
    assert {path.name for path in tmp_path.iterdir()} == {
        "file.csv",
        "other.csv",
        mine.name,
        elsewhere.name,
        foreign.name,
    }
    os.utime(elsewhere, (0, 0))  # given up after a day
    sweep(tmp_path)
    assert not elsewhere.exists() and mine.exists() and foreign.exists()


@pytest.mark.parametrize("processes", [4])
def test_processes_that_write_one_file_at_once_leave_one_of_theirs(processes, tmp_path):
    path, children = tmp_path / "file.txt", []
    for process in range(processes):
        child = os.fork()
        if child == 0:
            code = 0
            try:
                for _ in range(20):
                    write_text(path, str(process) * 10_000)
            except BaseException:
                code = 1
            os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * processes
    text = path.read_text()
    assert len(text) == 10_000 and len(set(text)) == 1
    assert os.listdir(tmp_path) == ["file.txt"]


def test_everything_that_is_written_is_written_whole(tmp_path, tiny_survey):
    """A file that is opened for writing, in any library, has the name of an unfinished one."""
    schema, catalog = tiny_survey
    opened = []

    def audit(event, arguments):
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path, flags = os.fsdecode(arguments[0]), arguments[2]
            if path.startswith(str(tmp_path)) and flags & (os.O_WRONLY | os.O_RDWR):
                opened.append(path)

    sys.addaudithook(audit)  # stays until the process ends, and sees no other folder
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)
    options = {"epochs": 1, "batch_size": 16, "progress": False}
    run = gz.finetune(model, catalog, **options, save_dir=tmp_path / "run", cache=tmp_path / "cache")
    predictions = gz.predict(run.model, catalog, progress=False)
    predictions.to_parquet(tmp_path / "predictions.parquet")
    schema.to_json(tmp_path / "schema.json")
    write_report(tmp_path / "report.html", predictions, catalog, galaxies=2)
    sample.write_survey(simulate_survey(2, seed=0, size=16), tmp_path / "survey")
    wrong = [path for path in opened if not path.endswith((".unfinished", ".in-use"))]
    assert wrong == []
    names = {os.path.basename(path).split(".")[1] for path in opened if path.endswith(".unfinished")}
    assert names >= {"checkpoint", "model", "config", "history", "schema", "report", "catalog", "truth"}


def test_a_file_that_its_owner_protects_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "file.csv"
    path.write_text("older")
    monkeypatch.setattr(os, "access", lambda name, mode: mode != os.W_OK)  # root may write everything
    with pytest.raises(PermissionError, match=r"file.csv: cannot be written \(Permission denied\)"):
        write_text(path, "text")
    assert path.read_text() == "older"


def test_many_files_in_one_folder_do_not_look_through_it_each_time(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(whole, "sweep", lambda folder: looked.append(folder))
    for number in range(20):
        write_text(tmp_path / f"{number}.txt", "text")
    assert len(looked) == 20  # this sweep does not note that it was
    monkeypatch.undo()
    sweep(tmp_path)
    monkeypatch.setattr(whole, "sweep", looked.append)
    write_text(tmp_path / "more.txt", "text")
    assert len(looked) == 20
