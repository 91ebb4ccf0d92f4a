"""What nbval does not see: that the stored lessons were run from top to bottom, and are fit to be read."""

import itertools
import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
NOT_COMPARED = {"raises-exception", "nbval-ignore-output", "nbval-skip"}
EXPLORER = "gzkit explorer of predictions: run this cell to use it"
PATH_OR_TIME = re.compile(
    r"(?:/(?:home|root|tmp|work|Users|usr|content)/|[A-Z]:\\\\)[\w.-]+|\b\d\d:\d\d:\d\d\b"
)

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read_cells(path, cell_type=None):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell_type in (None, cell["cell_type"])]


def text(cell):
    return "".join(cell["source"])


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def outputs(path):
    return [output for cell in read_cells(path, "code") for output in cell["outputs"]]


def test_the_course_is_numbered_without_gaps():
    assert [int(path.stem[:2]) for path in LESSONS] == list(range(1, 11))


@every_lesson
def test_every_code_cell_was_run_in_order(path):
    counts = [cell["execution_count"] for cell in read_cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_lesson
def test_no_output_holds_an_error_or_a_warning(path):
    for cell in read_cells(path, "code"):
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        assert bool(errors) == ("raises-exception" in tags(cell)), text(cell)
        assert not [output for output in cell["outputs"] if output.get("name") == "stderr"], text(cell)


@every_lesson
def test_no_output_holds_a_path_or_a_time(path):
    for output in outputs(path):
        readable = {key: value for key, value in output.get("data", {}).items() if key != "image/png"}
        shown = json.dumps([output.get("text"), readable, output.get("evalue")])
        assert not PATH_OR_TIME.search(shown), PATH_OR_TIME.search(shown)


@every_lesson
def test_a_lesson_is_short(path):
    code = read_cells(path, "code")
    assert path.stat().st_size < 400_000
    assert len(code) <= 25
    assert max(text(cell).count("\n") + 1 for cell in code) <= 20
    assert sum(bool(tags(cell) & NOT_COMPARED) for cell in code) <= 2


@every_lesson
def test_every_picture_says_in_words_what_it_shows(path):
    for output in outputs(path):
        if "image/png" in output.get("data", {}):
            alt = output["metadata"]["image/png"]["alt"]
            assert len(alt.split()) >= 5
            assert "".join(output["data"]["text/plain"]) in (alt, EXPLORER)


@every_lesson
def test_headings_come_in_order_and_the_first_cell_tells_what_to_expect(path):
    prose = read_cells(path, "markdown")
    levels = [len(mark) for cell in prose for mark in re.findall(r"^(#+) ", text(cell), re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for promised in ("You will learn", "**Needs**", "**Time**"):
        assert promised in text(prose[0])
    assert text(prose[0]).count("\n- ") == 3


@every_lesson
def test_exercises_have_hidden_answers_that_are_run(path):
    answers = [cell for cell in read_cells(path, "code") if "answer" in tags(cell)]
    exercises = next(text(cell) for cell in read_cells(path, "markdown") if "## Exercises" in text(cell))
    assert len(answers) == len(re.findall(r"^\d\. ", exercises, re.MULTILINE)) >= 2
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in answers)


@every_lesson
def test_links_between_lessons_lead_somewhere(path):
    for target in re.findall(
        r"\]\(([\w./-]+\.ipynb)\)", "".join(text(cell) for cell in read_cells(path, "markdown"))
    ):
        assert (FOLDER / target).exists(), target
    number = LESSONS.index(path)
    if number + 1 < len(LESSONS):
        assert LESSONS[number + 1].name in text(read_cells(path, "markdown")[-1])
