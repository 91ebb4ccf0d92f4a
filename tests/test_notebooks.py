"""What nbval does not see: that the stored lessons were run from top to bottom, and are fit to be read."""

import html
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
NOT_COMPARED = {"raises-exception", "nbval-ignore-output", "nbval-skip"}
EXPLORER = re.compile("gzkit explorer of [a-z ]+: run this cell to use it")
PICTURE = re.compile("<img [^>]*>")
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


def read_pictures(path):
    """The ``<img>`` and the plain text of every output that is a picture."""
    shown = [output["data"] for output in outputs(path) if "data" in output]
    both = [("".join(data.get("text/html", "")), "".join(data.get("text/plain", ""))) for data in shown]
    return [(PICTURE.search(page)[0], plain) for page, plain in both if PICTURE.search(page)]


def words_of(picture):
    """The alternative text of an ``<img>``, empty if it has none."""
    words = re.search('alt="([^"]*)"', picture)
    return html.unescape(words[1]) if words else ""


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
        shown = PICTURE.sub(
            "", json.dumps([output.get("text"), output.get("data"), output.get("evalue")], ensure_ascii=False)
        )
        assert not PATH_OR_TIME.search(shown), PATH_OR_TIME.search(shown)


@every_lesson
def test_a_lesson_is_short(path):
    code = read_cells(path, "code")
    assert path.stat().st_size < 400_000
    assert len(code) <= 25
    assert max(text(cell).count("\n") + 1 for cell in code) <= 20


@every_lesson
def test_at_most_two_cells_are_not_compared_and_say_why(path):
    left_out = [cell for cell in read_cells(path, "code") if tags(cell) & NOT_COMPARED]
    assert len(left_out) <= 2
    assert all(re.match("# Not compared .*: .{20,}", text(cell)) for cell in left_out)


@every_lesson
def test_every_picture_says_in_words_what_it_shows(path):
    pictures = read_pictures(path)
    assert len(pictures) >= 2
    shown = [output["data"] for output in outputs(path) if "data" in output]
    assert not [data for data in shown if "image/png" in data and "text/html" not in data]  # it has no words
    for picture, plain in pictures:
        assert len(words_of(picture).split()) >= 5, plain
        assert plain == words_of(picture) or EXPLORER.fullmatch(plain)


@every_lesson
def test_the_exported_page_says_it_too(path):
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    page, _ = exporters.HTMLExporter().from_filename(str(path))
    exported = [words_of(picture) for picture in PICTURE.findall(page)]
    assert exported == [words_of(picture) for picture, _ in read_pictures(path)]


@every_lesson
def test_the_course_as_pages_keeps_answers_folded_and_leads_from_page_to_page(path):
    """Exported as the README says, with the template in ``notebooks/page``."""
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    page, _ = exporters.HTMLExporter(template_name=str(FOLDER / "page")).from_filename(str(path))
    folded = re.findall(
        r'<details class="answer">\s*<summary>([^<]*)</summary>(.*?)</details>', page, re.DOTALL
    )
    answers = [cell for cell in read_cells(path, "code") if "answer" in tags(cell)]
    assert [title for title, _ in folded] == [text(cell).splitlines()[0].lstrip("# ") for cell in answers]
    inside = [re.findall('id="cell-id=([^"]*)"', content) for _, content in folded]
    assert inside == [[cell["id"]] for cell in answers]
    linked = re.findall(r"\]\(([\w-]+)\.ipynb\)", text(read_cells(path, "markdown")[-1]))
    assert re.findall('href="([^":]*)[.]html"', page) == linked
    assert ".ipynb" not in page


@every_lesson
def test_headings_come_in_order(path):
    prose = read_cells(path, "markdown")
    levels = [len(mark) for cell in prose for mark in re.findall(r"^(#+) ", text(cell), re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@every_lesson
def test_the_first_cell_tells_what_to_expect(path):
    first = text(read_cells(path)[0])
    assert first.startswith(f"# {int(path.stem[:2])} · ")
    assert first.count("\n- ") == 3
    for promised in ("**You will learn**", "**Needs** ", "**Time** "):
        assert promised in first


def test_the_readme_lists_the_lessons_with_their_minutes():
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\d\d_\w+)` \| .* \| (\d+) \|$", readme, re.MULTILINE)
    promised = [
        re.search(r"\*\*Time\*\* (\d+) minutes to read", text(read_cells(path)[0])) for path in LESSONS
    ]
    assert listed == [(path.stem, time[1]) for path, time in zip(LESSONS, promised, strict=True)]


@every_lesson
def test_the_lesson_ends_with_a_summary_papers_exercises_and_the_way_on(path):
    prose = [text(cell) for cell in read_cells(path, "markdown")]
    ending = next(cell for cell in prose if "## Summary" in cell)
    assert re.search(r"\*\*Papers\*\* .*\]\(https://(arxiv|doi)\.org/", ending, re.DOTALL)
    assert ending.index("## Summary") < ending.index("**Papers**") < ending.index("## Exercises")
    assert re.search(r"\.ipynb\)\s*$", text(read_cells(path)[-1]))


@every_lesson
def test_exercises_have_hidden_answers_that_are_run(path):
    answers = [cell for cell in read_cells(path, "code") if "answer" in tags(cell)]
    exercises = next(text(cell) for cell in read_cells(path, "markdown") if "## Exercises" in text(cell))
    asked = re.findall(r"^(\d)\. ", exercises.partition("## Exercises")[2], re.MULTILINE)
    assert asked in (["1", "2"], ["1", "2", "3"])
    assert [re.match(r"# Answer (\d)\n", text(cell))[1] for cell in answers] == asked
    assert all(cell["outputs"] for cell in answers)
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in answers)


@every_lesson
def test_links_between_lessons_lead_somewhere(path):
    prose = "".join(text(cell) for cell in read_cells(path, "markdown"))
    for target in re.findall(r"\]\(([\w./-]+\.ipynb)\)", prose):
        assert (FOLDER / target).exists(), target
    following = LESSONS[(LESSONS.index(path) + 1) % len(LESSONS)]  # the last leads back to the first
    assert f"]({following.name})" in text(read_cells(path, "markdown")[-1])


def run_install_cell(path, monkeypatch, folder):
    """What the first code cell asks of pip, and the clones that it found, where gzkit cannot be imported."""
    from IPython.core.inputtransformer2 import TransformerManager

    asked = []
    shell = SimpleNamespace(run_line_magic=lambda magic, line: asked.append((magic, line)))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.chdir(folder)
    code = TransformerManager().transform_cell(text(read_cells(path, "code")[0]))
    names = {"get_ipython": lambda: shell}
    exec(code, names)
    return asked, names["clones"]


def test_lessons_begin_with_the_same_cell():
    assert len({text(read_cells(path, "code")[0]) for path in LESSONS}) == 1


@pytest.mark.parametrize("where", [".", "gzkit", "gzkit/notebooks"])
def test_gzkit_is_installed_from_a_clone_beside_or_around_the_lesson(where, tmp_path, monkeypatch):
    (tmp_path / "gzkit/notebooks").mkdir(parents=True)
    (tmp_path / "gzkit/pyproject.toml").touch()
    asked, clones = run_install_cell(LESSONS[0], monkeypatch, tmp_path / where)
    assert asked == [("pip", "install --quiet {clones[0]}")]
    assert Path(clones[0]) == (tmp_path / "gzkit").resolve()


def test_a_lesson_alone_says_how_to_get_gzkit(tmp_path, monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="git clone"):
        run_install_cell(LESSONS[0], monkeypatch, tmp_path)
