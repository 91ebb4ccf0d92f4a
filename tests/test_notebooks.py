"""What nbval does not see: that the stored lessons were run from top to bottom, and are fit to be read."""

import html
import importlib.util
import itertools
import json
import math
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
NOT_COMPARED = {"raises-exception", "nbval-ignore-output", "nbval-skip"}
EXPLORER = re.compile("gzkit (explorer of [a-z ]+|classifier): run this cell to use it")
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
    assert [int(path.stem[:2]) for path in LESSONS] == list(range(1, 13))


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
    assert all(len(cell["metadata"].get("why", "")) > 20 for cell in left_out)


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
def test_a_lesson_opens_on_a_question_and_a_picture_and_then_tells_what_to_expect(path):
    opening, picture, promises = read_cells(path)[:3]
    assert text(opening).startswith(f"# {int(path.stem[:2])} · ")
    assert "?" in text(opening) and len(text(opening).split()) < 90
    assert "gz.show(" in text(picture) and PICTURE.search(json.dumps(picture["outputs"]))
    assert text(promises).count("\n- ") == 3
    for promised in ("**You will learn**", "**Needs** ", "**Time** "):
        assert promised in text(promises)


def test_the_readme_lists_the_lessons_with_their_minutes():
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d\d_\w+)\]\(notebooks/\1\.ipynb\) \| .* \| (\d+) \|$", readme, re.MULTILINE)
    promised = [
        re.search(r"\*\*Time\*\* (\d+) minutes to read", text(read_cells(path)[2])) for path in LESSONS
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
    assert asked == [str(number) for number in range(1, len(asked) + 1)]
    assert 3 <= len(asked) <= 5
    assert len(re.findall(r"^\d\. \(Hard\.\) ", exercises, re.MULTILINE)) == 2
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


@every_lesson
def test_installation_is_one_folded_line(path):
    first = read_cells(path, "code")[0]
    told = [line for line in text(first).splitlines() if "%pip install" in line]
    assert told == [text(first).splitlines()[0]]
    assert told == [text(read_cells(LESSONS[0], "code")[0]).splitlines()[0]]
    assert "fold" in tags(first)


@every_lesson
def test_checks_stand_apart_and_print_nothing(path):
    """Readers get numbers; what the tests demand is folded, in one cell at the lesson's end or in an answer."""
    demanding = [
        cell for cell in read_cells(path, "code") if re.search(r"^\s*assert ", text(cell), re.MULTILINE)
    ]
    checks = [cell for cell in demanding if "answer" not in tags(cell)]
    assert len(checks) == 1
    assert text(checks[0]).startswith("# Checks: ")
    assert "fold" in tags(checks[0]) and not checks[0]["outputs"]
    printed = [output["text"] for output in outputs(path) if "text" in output]
    assert not [lines for lines in printed if re.search(r"\b(True|False)\b", "".join(lines))]


@every_lesson
def test_a_lesson_lets_finetune_choose(path):
    code = "".join(text(cell) for cell in read_cells(path, "code"))
    settings = [call for call in re.findall(r"gz\.finetune\((.*)\)", code)]
    assert all(call.endswith("train, val, progress=False") for call in settings)
    assert "concentration_bounds" not in code


@every_lesson
def test_folded_cells_are_folded_in_jupyter_and_on_the_page(path):
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    page, _ = exporters.HTMLExporter(template_name=str(FOLDER / "page")).from_filename(str(path))
    cells = [cell for cell in read_cells(path, "code") if "fold" in tags(cell)]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in cells)
    titles = [
        html.unescape(title) for title in re.findall('<details class="fold">\\s*<summary>([^<]*)<', page)
    ]
    assert titles == [text(cell).splitlines()[0].removeprefix("# ") for cell in cells]


@every_lesson
def test_a_page_needs_no_network_for_its_formulas(path):
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    page, _ = exporters.HTMLExporter(template_name=str(FOLDER / "page")).from_filename(str(path))
    prose = "".join(text(cell) for cell in read_cells(path, "markdown"))
    formulas = re.findall(r"[$][$].*?[$][$]|[$][^$\n]+[$]", prose, re.DOTALL)
    assert page.count("<math") == len(formulas)
    assert not re.search(r"[$]\\?\w", re.sub("<(style|pre).*?</\\1>", "", page, flags=re.DOTALL))
    assert not re.findall("<(?:script|link|img)[^>]* (?:src|href)=[\"']?(?:https?:|//)", page)


def load_script(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@every_lesson
def test_every_exercise_answers_back_and_its_solution_is_right(path):
    number = int(path.stem[:2])
    code = read_cells(path, "code")
    answers = [cell for cell in code if "answer" in tags(cell)]
    asked = [f"{number}.{i}" for i in range(1, len(answers) + 1)]
    known = [exercise for exercise in load_script("exercises").EXERCISES if exercise.startswith(f"{number}.")]
    assert asked == known
    (tried,) = [cell for cell in code if text(cell).startswith("from exercises import check")]
    assert "".join(tried["outputs"][0]["text"]) == "".join(f"{name}: still open\n" for name in asked)
    for name, cell in zip(asked, answers, strict=True):
        said = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        assert said.endswith(f"{name}: right\n")


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        ("2.1", 26, "2.1: right\n"),
        ("2.1", 20, "2.1: not yet. It is too small. Look for the first number"),
        ("2.2", 0.6, "2.2: right\n"),
        ("5.1", math.inf, "5.1: right\n"),
        ("5.1", 1e6, "5.1: not yet. It is too small. Try 10"),
        ("11.1", 3e-5, "11.1: right\n"),
        ("12.3", lambda a, b: 0.193147, "12.3: not yet. Right 1 of 3 times; try 50, 50. digamma"),
        ("12.3", 0.193147, "12.3: not yet. Give the function itself"),
        ("5.2", lambda k, a: [0.0], "5.2: not yet. Right 0 of 3 times; try [3, 9], [6.0, 6.0]."),
        ("4.3", {"no: 4", "yes: 2"}, "4.3: not yet. 1 of 2 found, 1 that do not belong. What if"),
        ("4.3", None, "4.3: still open\n"),
    ],
)
def test_an_exercise_says_how_far_an_answer_is_off_and_hints(number, answer, said, capsys):
    load_script("exercises").check(number, answer)
    assert capsys.readouterr().out.startswith(said)


@every_lesson
def test_quick_questions_explain_every_choice(path):
    (quiz,) = [text(cell) for cell in read_cells(path, "markdown") if "## Quick questions" in text(cell)]
    questions = re.split(r"^\*\*\d\.\*\* ", quiz, flags=re.MULTILINE)[1:]
    assert len(questions) == 3
    choice = re.compile("<details><summary>.+</summary>.{4,}</details>")
    assert all(len(choice.findall(question)) == 3 for question in questions)


def test_the_students_edition_has_no_answers_and_the_solutions_have_all(tmp_path):
    load_script("edition").write_edition(tmp_path)
    for path in LESSONS:
        lesson, solutions = tmp_path / "lessons" / path.name, tmp_path / "solutions" / path.name
        answers = [text(cell) for cell in read_cells(path, "code") if "answer" in tags(cell)]
        assert [text(cell) for cell in read_cells(solutions, "code")] == answers
        left = [text(cell) for cell in read_cells(path) if "answer" not in tags(cell)]
        assert len(read_cells(lesson)) == len(left)
        assert not [cell for cell in read_cells(lesson) if "answer" in tags(cell)]
        assert "answers\nare below" not in "".join(text(cell) for cell in read_cells(lesson, "markdown"))


@pytest.mark.slow
def test_the_students_edition_runs(tmp_path):
    client = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    load_script("edition").write_edition(tmp_path)
    lesson = nbformat.read(tmp_path / "lessons" / "04_dirichlet_multinomial.ipynb", as_version=4)
    resources = {"metadata": {"path": tmp_path / "lessons"}}
    client.NotebookClient(lesson, timeout=300, resources=resources).execute()


@pytest.mark.slow
def test_figures_of_a_lesson_become_files_with_their_words(tmp_path):
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    load_script("edition").write_figures(tmp_path, "04_*")
    place = tmp_path / "figures" / "04_dirichlet_multinomial"
    pictures = sorted(path.name for path in place.glob("*.png"))
    shown = read_pictures(FOLDER / "04_dirichlet_multinomial.ipynb")
    assert len(pictures) == len(shown)
    listed = re.findall(r"!\[([^]]*)\]\(([^)]*)\)", (place / "words.md").read_text(encoding="utf-8"))
    assert listed == [(plain, name) for (_, plain), name in zip(shown, pictures, strict=True)]


def test_lessons_and_solutions_as_pages_lead_to_each_other_and_to_the_glossary(tmp_path):
    pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    edition = load_script("edition")
    edition.write_edition(tmp_path)
    for folder in ("lessons", "solutions"):
        for path in list((tmp_path / folder).glob("*.ipynb")):
            if not path.name.startswith(("01_", "04_")):
                path.unlink()
    edition.write_pages(tmp_path)
    for page in tmp_path.glob("*/*.html"):
        shown = page.read_text(encoding="utf-8")
        assert ".ipynb" not in shown.replace("../lessons", "")
        for target, place in re.findall('href="([^":#]+[.]html)(?:#([^"]*))?"', shown):
            lesson = page.parent / target
            assert (FOLDER / f"{lesson.stem}.ipynb").exists() or lesson.exists(), target
            assert not place or f'id="{place}"' in lesson.read_text(encoding="utf-8"), place
    assert "1.3: right" in (tmp_path / "solutions" / "01_decision_tree.html").read_text(encoding="utf-8")


def test_the_glossary_has_twenty_words_that_lessons_link_to():
    glossary = (FOLDER / "glossary.md").read_text(encoding="utf-8")
    words = [word.lower().replace(" ", "-") for word in re.findall(r"^## (.*)$", glossary, re.MULTILINE)]
    assert len(words) == 20
    assert words == sorted(words)
    linked = {
        word
        for path in LESSONS
        for word in re.findall(r"\(glossary[.]md#([\w-]+)\)", path.read_text(encoding="utf-8"))
    }
    assert linked <= set(words)
    assert not set(words) - linked
    for target in re.findall(r"\]\(([\w-]+[.]ipynb)\)", glossary):
        assert (FOLDER / target).exists(), target


def test_the_page_for_the_lecturer_names_every_lesson_by_its_title():
    page = (FOLDER / "lecturer.md").read_text(encoding="utf-8")
    titles = [text(read_cells(path)[0]).splitlines()[0].removeprefix("# ").split(" · ") for path in LESSONS]
    listed = re.findall(r"^\| (\d+) ([^|]*) \| [^|]* \| (\d+)\.\d, (\d+)\.\d \|$", page, re.MULTILINE)
    assert [(row[0], row[1]) for row in listed] == [
        (n, title.split(", from a coin")[0]) for n, title in titles
    ]
    assert all(row[0] == row[2] == row[3] for row in listed)
