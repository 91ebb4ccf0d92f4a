"""The students' edition: lessons without answers, the solutions apart, and figures for slides.

``python notebooks/edition.py FOLDER`` writes ``FOLDER/lessons`` and ``FOLDER/solutions``; with
``--pages`` both as web pages too, and with ``--figures`` every figure as a file (each lesson is
run once for it).
"""

import argparse
import json
import re
import shutil
from pathlib import Path

HERE = Path(__file__).parent
BELOW = " The answers\nare below; where they are collapsed, a click opens one."
KEEP = """
import gzkit as gz

def keep(shown, folder, words=[]):
    def show(figure, text, **options):
        words.append(text)
        name = f"{len(words):02}.png"
        whole = getattr(figure, "figure", None) or figure
        whole.savefig(folder / name, dpi=200)
        with open(folder / "words.md", "a", encoding="utf-8") as file:
            file.write(f"![{text}]({name})\\n\\n{text}\\n\\n")
        return shown(figure, text, **options)
    return show

from pathlib import Path
gz.show = keep(gz.show, Path(FOLDER))
"""


def is_answer(cell):
    return "answer" in cell["metadata"].get("tags", [])


def lesson_of(notebook, link=""):
    """Everything but the answers."""
    cells = [cell for cell in notebook["cells"] if not is_answer(cell)]
    for cell in cells:
        told = "".join(cell["source"]).replace(BELOW, link)
        cell["source"] = told.splitlines(keepends=True)
    return notebook | {"cells": cells}


def solutions_of(notebook, name):
    """The exercises, and their answers with what they print, unfolded."""
    cells = [cell for cell in notebook["cells"] if is_answer(cell)]
    for cell in cells:
        cell["metadata"] = {"tags": ["answer"]}
    told = ["".join(cell["source"]) for cell in notebook["cells"]]
    title = told[0].splitlines()[0]
    asked = next(text for text in told if "## Exercises" in text).partition("## Exercises\n")[2]
    asked = asked.partition("Try first")[0]
    back = f"They go on from the end of [the lesson](../lessons/{name}.ipynb)."
    first = {"cell_type": "markdown", "id": "exercises", "metadata": {}}
    first["source"] = f"{title}: solutions\n\n{back}\n{asked}".strip().splitlines(keepends=True)
    return notebook | {"cells": [first, *cells]}


def write_edition(folder, linked=False):
    """Both, for every lesson; `linked`: lessons tell where their solutions are."""
    for kind in ("lessons", "solutions"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for path in sorted(HERE.glob("*.ipynb")):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            link = f" The\n[solutions](../solutions/{path.name}) have a page of their own."
            if kind == "lessons":
                made = lesson_of(notebook, link if linked else "")
            else:
                made = solutions_of(notebook, path.stem)
            text = json.dumps(made, indent=1, ensure_ascii=False)
            (folder / kind / path.name).write_text(f"{text}\n", encoding="utf-8")
    for name in ("exercises.py", "glossary.md", "matplotlibrc"):
        shutil.copy(HERE / name, folder / "lessons")


def write_pages(folder):
    """Lessons and solutions as pages that need no kernel and no network."""
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name=str(HERE / "page"))
    for path in sorted(folder.glob("*/*.ipynb")):
        page, _ = exporter.from_filename(str(path))
        path.with_suffix(".html").write_text(page, encoding="utf-8")
    text = (HERE / "glossary.md").read_text(encoding="utf-8")
    words = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    page, _ = exporter.from_notebook_node(words, {"metadata": {"name": "Glossary"}})
    page = re.sub('id="(Dirichlet[^"]*)"', lambda place: place[0].lower(), page)
    (folder / "lessons" / "glossary.html").write_text(page, encoding="utf-8")


def write_figures(folder, lessons="*"):
    """Every figure of the lessons as a file for slides, with its words."""
    import nbformat
    from nbclient import NotebookClient

    for path in sorted(HERE.glob(f"{lessons}.ipynb")):
        place = (folder / "figures" / path.stem).resolve()
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        notebook = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_code_cell(KEEP.replace("FOLDER", repr(str(place))))
        notebook.cells.insert(0, first)
        resources = {"metadata": {"path": str(HERE)}}
        NotebookClient(notebook, timeout=600, resources=resources).execute()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", action="store_true", help="also as web pages")
    parser.add_argument(
        "--figures", nargs="?", const="*", metavar="LESSON", help="also figures"
    )
    options = parser.parse_args()
    write_edition(options.folder)
    if options.pages:
        write_pages(options.folder)
    if options.figures:
        write_figures(options.folder, options.figures)
