"""Time and memory of counting the votes of a large classification export, and whether they are the votes drawn.

Run by hand: ``python tests/benchmarks/count_votes.py --classifications 2000000``. Writes an export in Zooniverse's
layout (some 2.4 kB a classification) to a temporary folder, with volunteers of the simulated survey, one in fifty of
whom classified a galaxy twice, and counts it in a process of its own.
"""

import argparse
import csv
import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import gzkit as gz
from gzkit.simulate import simulate_survey

COLUMNS = [
    *(
        "classification_id",
        "user_name",
        "user_id",
        "user_ip",
        "workflow_id",
        "workflow_name",
        "workflow_version",
    ),
    *("created_at", "gold_standard", "expert", "metadata", "annotations", "subject_data", "subject_ids"),
]
PICTURE = (
    "![{}.png](https://panoptes-uploads.zooniverse.org/production/project_attached_image/{:032x}.png =60x) {}"
)
VOTES_A_GALAXY = 40
TWICE = 50  # one classification in so many is made a second time
FIRST_SUBJECT = 15_000_000


def build_workflow(schema):
    """A Panoptes workflow that asks the questions of a schema, its labels with pictures as on Zooniverse."""
    tasks = {}
    for question in schema.questions:
        answers = []
        for answer in question.answers:
            answers.append({"label": PICTURE.format(answer.text, answer.index, answer.wording)})
            if answer.next_questions:
                answers[-1]["next"] = f"T{answer.next_questions[0].index}"
        tasks[f"T{question.index}"] = {"type": "single", "question": question.wording, "answers": answers}
    return {"id": "6122", "version": "66.425", "first_task": "T0", "tasks": tasks}


def deal_answers(votes, schema, rng):
    """Answers of each volunteer to each question, -1 where not asked, whose sums are the votes of one galaxy."""
    volunteers = votes[schema.questions[0].columns].sum()
    answers = np.full((volunteers, len(schema.questions)), -1)
    for question in schema.walk_order:
        parents = [(answer.question.index, answer.index) for answer in question.asked_after]
        asked = np.zeros(volunteers, bool) if parents else np.ones(volunteers, bool)
        for parent, answer in parents:
            asked |= answers[:, parent] == answer
        columns = np.arange(question.columns.start, question.columns.stop)
        answers[asked, question.index] = rng.permutation(np.repeat(columns, votes[question.columns]))
    return answers


def annotate(answers, schema, workflow):
    """The field ``annotations`` of one classification."""
    told = []
    for question in schema.walk_order:
        if answers[question.index] >= 0:
            task = workflow["tasks"][f"T{question.index}"]
            label = task["answers"][answers[question.index] - question.columns.start]["label"]
            told.append({"task": f"T{question.index}", "task_label": task["question"], "value": label})
    return json.dumps(told, separators=(",", ":"))


def write_export(path, survey, workflow, rng):
    """Write the export, galaxies in turn as volunteers met them; returns the number of rows."""
    texts, rows = {}, 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for galaxy, votes in enumerate(survey.votes):
            subject = str(FIRST_SUBJECT + galaxy)
            about = json.dumps(
                {subject: {"retired": None, "!ra": galaxy / 300, "!dec": 0.5, "#pad": "x" * 500}}
            )
            for who, answers in enumerate(deal_answers(votes, survey.schema, rng)):
                key = answers.tobytes()
                if key not in texts:
                    texts[key] = annotate(answers, survey.schema, workflow)
                user = (
                    f"volunteer_{(galaxy * 7 + who * 131) % 50_000}_{who}"
                    if who % 4
                    else f"not-logged-in-{who:08x}"
                )
                for _ in range(1 + (rows % TWICE == 0)):
                    writer.writerow(_fields(rows, user, texts[key], about, subject, workflow))
                    rows += 1
    return rows


def _fields(number, user, annotations, about, subject, workflow):
    metadata = {"source": "api", "session": f"{user:0>64}", "viewport": {"width": 1280, "height": 713}}
    metadata |= {
        "started_at": "2018-02-27T16:07:57.062Z",
        "finished_at": "2018-02-27T16:08:09.300Z",
        "pad": "x" * 200,
    }
    left = [
        90_000_000 + number,
        user,
        "",
        "0123456789abcdef",
        workflow["id"],
        "DECaLS DR5",
        workflow["version"],
    ]
    left += ["2018-02-27 16:08:09 UTC", "", "", json.dumps(metadata)]
    return [*left, annotations, about, subject]


def count(path, workflow, schema, out):
    """Count the export and write the votes; runs in a process of its own."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the duplicates
        table = gz.count_votes(path, workflow, like=schema)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table.to_parquet(out)
    print(
        f"counted in {seconds:.0f} s; peak memory {peak / 1024:.0f} MB ({before / 1024:.0f} MB before, with pandas)"
    )
    assert isinstance(table, pd.DataFrame)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifications", type=int, default=200_000)
    parser.add_argument("--folder", help="where to write the export (default: a temporary folder)")
    options = parser.parse_args()
    schema = gz.load_schema("gz-decals-dr5")
    survey = simulate_survey(options.classifications // VOTES_A_GALAXY, seed=0, images=False)
    workflow = build_workflow(schema)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, out = Path(folder) / "classifications.csv", Path(folder) / "votes.parquet"
        start = time.perf_counter()
        rows = write_export(path, survey, workflow, np.random.default_rng(0))
        size = path.stat().st_size / 1e9
        print(f"{rows:,} classifications of {len(survey.votes):,} galaxies, {size:.1f} GB", end=" ")
        print(f"written in {time.perf_counter() - start:.0f} s", flush=True)
        process = multiprocessing.get_context("spawn").Process(
            target=count, args=(path, workflow, schema, out)
        )
        process.start()
        process.join()
        compare(out, survey)


def compare(out, survey):
    """Say whether the votes counted are the votes drawn."""
    table = pd.read_parquet(out)
    galaxies = table["id_str"].astype(int).to_numpy() - FIRST_SUBJECT
    counted = table[survey.schema.label_cols].to_numpy()
    same = len(table) == len(survey.votes) and (counted == survey.votes[galaxies]).all()
    print(f"votes counted are the votes drawn: {bool(same)} ({int(counted.sum()):,} votes)")


if __name__ == "__main__":
    main()
