"""The students' edition: lessons without answers, and the answers in notebooks of their own.

``python notebooks/edition.py FOLDER`` writes ``FOLDER/lessons`` and ``FOLDER/solutions``.
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
BELOW = " The answers\nare below; where they are collapsed, a click opens one."


def is_answer(cell):
    return "answer" in cell["metadata"].get("tags", [])


def lesson_of(notebook):
    """Everything but the answers."""
    cells = [cell for cell in notebook["cells"] if not is_answer(cell)]
    for cell in cells:
        told = "".join(cell["source"]).replace(BELOW, "")
        cell["source"] = told.splitlines(keepends=True)
    return notebook | {"cells": cells}


def solutions_of(notebook):
    """The exercises, and their answers with what they print, unfolded."""
    cells = [cell for cell in notebook["cells"] if is_answer(cell)]
    for cell in cells:
        cell["metadata"] = {"tags": ["answer"]}
    told = ["".join(cell["source"]) for cell in notebook["cells"]]
    title = told[0].splitlines()[0]
    asked = next(text for text in told if "## Exercises" in text).partition("## Exercises\n")[2]
    asked = asked.partition("Try first")[0]
    text = f"{title}: solutions\n\nThey go on from the end of the lesson.\n{asked}"
    first = {"cell_type": "markdown", "id": "exercises", "metadata": {}}
    first["source"] = text.strip().splitlines(keepends=True)
    return notebook | {"cells": [first, *cells]}


def write_edition(folder):
    """Both, for every lesson."""
    for kind, made_of in {"lessons": lesson_of, "solutions": solutions_of}.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for path in sorted(HERE.glob("*.ipynb")):
            made = made_of(json.loads(path.read_text(encoding="utf-8")))
            text = json.dumps(made, indent=1, ensure_ascii=False)
            (folder / kind / path.name).write_text(f"{text}\n", encoding="utf-8")
    shutil.copy(HERE / "exercises.py", folder / "lessons")


if __name__ == "__main__":
    write_edition(Path(sys.argv[1]))
