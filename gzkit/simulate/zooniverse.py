"""Simulated volunteers' classifications in the files that a Zooniverse project has: a workflow and an export."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from gzkit.files.whole import whole_file
from gzkit.schema.tree import Answer, Schema

PICTURE = "![{}.png](https://panoptes-uploads.zooniverse.org/{:032x}.png =60x) {}"
WORKFLOW_ID, VERSION = "1", "1.1"
LOGGED_IN = 4  # three volunteers in four have a user name
COLUMNS = (
    "classification_id",
    "user_name",
    "user_id",
    "user_ip",
    "workflow_id",
    "workflow_name",
    "workflow_version",
    "created_at",
    "gold_standard",
    "expert",
    "metadata",
    "annotations",
    "subject_data",
    "subject_ids",
)


def build_workflow(schema: Schema, label: Callable[[Answer], str] | None = None) -> dict:
    """A Panoptes workflow that asks the questions of a schema, one a task, its labels with pictures.

    Where several questions follow one answer, or are asked of everybody, a combination holds their tasks.

    Parameters
    ----------
    schema : Schema
        In which of several questions that are asked together one at most leads on, as Panoptes has it.
    label : callable, optional
        Takes an answer and returns its label; by default its wording under a picture, as surveys have it.

    Returns
    -------
    dict
        As Zooniverse exports it, ready for JSON; the tasks are ``T0``, ``T1``, ... in column order.

    Raises
    ------
    ValueError
        If volunteers would have to walk on from two questions at once.
    """
    label = label or _pictured
    tasks: dict[str, dict] = {}
    for question in schema.questions:
        answers = []
        for answer in question.answers:
            answers.append({"label": label(answer)})
            if answer.next_questions:
                answers[-1]["next"] = _together(answer.next_questions, answer.label, tasks)
        tasks[_task(question)] = {"type": "single", "question": asks(question), "answers": answers}
    roots = [question for question in schema.questions if not question.asked_after]
    first = _together(roots, "the beginning", tasks)
    return {"id": WORKFLOW_ID, "version": VERSION, "first_task": first, "tasks": tasks}


def write_export(
    path: str | Path,
    votes: ArrayLike,
    schema: Schema,
    id_str: Sequence[str],
    *,
    workflow: dict | None = None,
    twice: int = 50,
    seed: int = 0,
) -> int:
    """Write a classification export whose votes are known.

    Parameters
    ----------
    path : str or Path
        Of the CSV file.
    votes : array_like of int, shape (galaxy, answer)
        Votes [votes] to deal out, one volunteer at a time; a question's total must equal the votes that lead to it.
    schema : Schema
    id_str : sequence of str
        Each galaxy's subject id on Zooniverse: digits.
    workflow : dict, optional
        Of `build_workflow`.
    twice : int
        One classification in so many is made a second time by the same volunteer, as happens; 0 for none.
    seed : int

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ValueError
        If the votes of a galaxy are not those of volunteers who walk the tree; the message names it.

    References
    ----------
    Zooniverse (Panoptes) classification exports: a row a classification, ``annotations`` as JSON.
    """
    workflow, rng = workflow or build_workflow(schema), np.random.default_rng(seed)
    texts, rows, people = {}, 0, 0
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for galaxy, (subject, counts) in enumerate(zip(id_str, np.asarray(votes), strict=True)):
            about = json.dumps({str(subject): {"retired": None, "!name": f"galaxy {galaxy}"}})
            for volunteer, answers in enumerate(_deal_answers(counts, schema, subject, rng)):
                key = answers.tobytes()
                if key not in texts:
                    texts[key] = _annotate(answers, schema, workflow)
                for _ in range(1 + bool(twice and people % twice == 0)):
                    writer.writerow(_row(rows, galaxy, volunteer, texts[key], about, subject, workflow))
                    rows += 1
                people += 1
    return rows


def _deal_answers(votes, schema, subject, rng):
    """Column of each volunteer's answer to each question, -1 where not asked, (volunteer, question)."""
    first = schema.walk_order[0]
    answers = np.full((int(votes[first.columns].sum()), len(schema.questions)), -1)
    for question in schema.walk_order:
        asked = np.isin(answers, [answer.index for answer in question.asked_after]).any(axis=1)
        asked |= not question.asked_after
        given = np.repeat(np.arange(question.columns.start, question.columns.stop), votes[question.columns])
        if len(given) != asked.sum():
            raise ValueError(
                f"galaxy {subject!r}: {question.text!r} has {len(given)} votes, but {asked.sum()} lead to it"
            )
        answers[asked, question.index] = rng.permutation(given)
    return answers


def _annotate(answers, schema, workflow):
    """The field ``annotations`` of one classification."""
    given = [answers[question.index] for question in schema.walk_order]
    told = [annotation(schema.answers[index], workflow) for index in given if index >= 0]
    return json.dumps(told, separators=(",", ":"))


def asks(question):
    """A question as volunteers read it, or its name as a question where that is not known.

    Parameters
    ----------
    question : Question

    Returns
    -------
    str
    """
    return question.wording or question.text.replace("-", " ").capitalize() + "?"


def annotation(answer, workflow):
    """One answer, as the field ``annotations`` of an export holds it.

    Parameters
    ----------
    answer : Answer
    workflow : dict
        Of `build_workflow`.

    Returns
    -------
    dict
    """
    name = _task(answer.question)
    task = workflow["tasks"][name]
    label = task["answers"][answer.index - answer.question.columns.start]["label"]
    return {"task": name, "task_label": task["question"], "value": label}


def _pictured(answer):
    words = answer.wording or answer.text.replace("-", " ").capitalize()
    return PICTURE.format(answer.text, answer.index, words)


def _row(number, galaxy, volunteer, annotations, about, subject, workflow):
    """One row of the export, in the order of `COLUMNS`."""
    logged_in = volunteer % LOGGED_IN
    user = f"volunteer-{(galaxy * 7 + volunteer * 131) % 50_000}" if logged_in else "not-logged-in-"
    metadata = {"session": f"{galaxy:08x}{volunteer:08x}", "finished_at": "2018-02-27T16:08:09.300Z"}
    user += "" if logged_in else metadata["session"]
    about_workflow = [workflow["id"], "simulated survey", workflow["version"]]
    when = ["2018-02-27 16:08:09 UTC", "", "", json.dumps(metadata)]
    who = [90_000_000 + number, user, "", "0123456789abcdef"]
    return [*who, *about_workflow, *when, annotations, about, subject]


def _task(question):
    return f"T{question.index}"


def _together(questions, place, tasks):
    """Key of the task that asks these questions; of several it is a combination, which is added to the tasks."""
    leading = [each.text for each in questions if any(answer.next_questions for answer in each.answers)]
    if len(leading) > 1:
        raise ValueError(
            f"a workflow leads on from one question at a time; after {place} there are {leading}"
        )
    if len(questions) == 1:
        return _task(questions[0])
    members = [_task(question) for question in questions]
    tasks["+".join(members)] = {"type": "combo", "tasks": members}
    return "+".join(members)
