"""Changed workflows, exports and schemas; see `mutate`."""

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

from mutate import as_json, bent, changed, fuzz

import gzkit as gz

FOLDER = Path(tempfile.mkdtemp())


def single(question, *labels, **more):
    return {"type": "single", "question": question, "answers": [{"label": each} for each in labels]} | more


SHAPE = single("T0.question", "T0.answers.0.label", "**Disk**", next="T4")
SHAPE["answers"][1]["next"] = "T1"
WORKFLOW = {
    "id": "7",
    "display_name": "w",
    "version": "3.4",
    "first_task": "T0",
    "strings": {"T0.question": "Shape?", "T0.answers.0.label": "Smooth"},
    "tasks": {
        "T0": SHAPE,
        "T1": {"type": "combo", "tasks": ["T2", "T3"], "next": "T4"},
        "T2": single("Bar?", "Yes", "No"),
        "T3": {"type": "slider", "instruction": "How big?", "next": None},
        "T4": {
            "type": "multiple",
            "question": "Odd?",
            "answers": [{"label": "Ring"}, {"label": "Lens"}],
            "next": "T5",
        },
        "T5": {
            "type": "drawing",
            "instruction": "Mark",
            "tools": [{"type": "point", "details": [single("Sure?", "Very")]}],
        },
    },
}
STEPS = WORKFLOW | {"steps": [["S0", {"taskKeys": ["T0"], "next": "S1"}], ["S1", {"taskKeys": ["T2", "T4"]}]]}
EARLIER = {
    "questions": [
        {
            "id": "a",
            "question": "Shape?",
            "answers": [{"text": "Smooth"}, {"text": "Disk", "leadsTo": "Bar?"}],
        },
        {
            "id": "b",
            "question": "Bar?",
            "leadsTo": None,
            "answers": [{"text": "Yes", "kind": "checkbox"}, {"text": "Done"}],
        },
    ]
}
ANNOTATIONS = [
    {"task": "T0", "task_label": "Shape?", "value": "Disk"},
    {"task": "T1", "value": [{"task": "T2", "value": 1}, {"error": "task cannot be exported"}, None]},
    {"task": "T4", "value": ["Ring"]},
    {"task": "T5", "value": [{"x": 1, "details": [{"task": "T5.0.0"}]}]},
    {"task": "T5.0.0", "value": 0},
]
ROW = {
    "classification_id": "1000",
    "user_name": "ada",
    "workflow_id": "7",
    "workflow_version": "3.4",
    "created_at": "2018-02-27 16:08:09 UTC",
    "gold_standard": "",
    "expert": "",
    "metadata": {"session": "s", "started_at": "a", "finished_at": "b", "live_project": True},
    "annotations": ANNOTATIONS,
    "subject_data": {"11": {"retired": None, "#name": 587722981742084096, "ra": "1.5", "dec": "-2"}},
    "subject_ids": "11",
}
OPTIONS = {
    "since": "2018-02-01",
    "min_version": "3.1",
    "weights": {"ada": 0.5},
    "subjects": ["11"],
    "metadata": "all",
}
OPTIONS |= {"aliases": {"T0": {"Blob": "smooth"}}, "boxes": "yes-no", "include": ["gold"], "reworded": ["T0"]}


def write_workflow(rng):
    """A changed workflow: a dictionary, JSON, or the workflows export."""
    content = rng.choice([WORKFLOW, WORKFLOW, STEPS, EARLIER])
    for _ in range(rng.randrange(4)):
        content = changed(content, rng)
    form = rng.randrange(4)
    if form == 0 and isinstance(content, dict):
        return content
    if form == 1 or not isinstance(content, dict):
        path = FOLDER / "workflow.json"
        path.write_bytes(as_json(content))
    else:
        path = FOLDER / "workflows.csv"
        row = {
            key: json.dumps(value) if isinstance(value, dict | list) else value
            for key, value in content.items()
        }
        path.write_bytes(as_csv([{"workflow_id": "7", "minor_version": "1"} | row] * rng.randint(1, 2)))
    if rng.random() < 0.2:
        path.write_bytes(bent(path.read_bytes(), rng))
    return path


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def schema_from_workflow(rng):
    schema = gz.schema_from_workflow(write_workflow(rng), boxes=rng.choice(["leave-out", "yes-no"]))
    schema.to_json(FOLDER / "made.json")
    if gz.Schema.from_json(FOLDER / "made.json") != schema:
        raise AssertionError("a schema that its file does not give back")


def count_votes(rng):
    rows = []
    for _ in range(rng.randint(1, 3)):
        row = dict(ROW)
        for _ in range(rng.randrange(3)):
            name = rng.choice(list(row))
            row[name] = changed(row[name], rng)
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in row.items()}
        rows.append(fields)
    data = as_csv(rows)
    data = bent(data, rng) if rng.random() < 0.2 else data
    data = gzip.compress(data) if rng.random() < 0.2 else data
    path = FOLDER / "export.csv"
    path.write_bytes(bent(data, rng) if rng.random() < 0.1 else data)
    options = {key: OPTIONS[key] for key in OPTIONS if rng.random() < 0.2}
    table = gz.count_votes(path, write_workflow(rng) if rng.random() < 0.3 else WORKFLOW, **options)
    gz.zooniverse.count_report(table)
    table.to_parquet(FOLDER / "votes.parquet")
    table.to_csv(FOLDER / "votes.csv")


def schema_from_json(rng):
    content = gz.load_schema("gz-decals-dr5").to_dict() if rng.random() < 0.3 else SMALL
    for _ in range(rng.randrange(4)):
        content = changed(content, rng)
    path = FOLDER / "schema.json"
    path.write_bytes(as_json(content) if rng.random() < 0.7 else bent(as_json(content), rng))
    schema = gz.Schema.from_json(path)
    print(schema, schema._repr_html_(), file=io.StringIO())
    schema.to_json(path)


SMALL = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]},
    {"shape": None, "bar": ["shape_disk"]},
    wording={"shape": "Shape?"},
).to_dict()

if __name__ == "__main__":
    fuzz(
        {
            "schema_from_workflow": schema_from_workflow,
            "count_votes": count_votes,
            "Schema.from_json": schema_from_json,
        }
    )
