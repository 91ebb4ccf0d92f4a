"""The tasks of a Zooniverse workflow, and which leads to which, from the files in which they come."""

import json
import os
import re
from dataclasses import dataclass, replace

from gzkit.schema.files import read_json
from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import read_rows
from gzkit.zooniverse.labels import clean_label, squash

CHECK_BOXES = "multiple"
SINGLE = "single"
STEP = "step"
LONGEST_NUMBER = 19  # digits; as many fit into 64 bits
# what stands in place of a text that newer exports keep apart
TEXT_KEY = re.compile(r"\w+\.(question|instruction|answers\.\d+\.label)")


@dataclass(frozen=True)
class Task:
    """One task of a workflow.

    Attributes
    ----------
    key : str
        ``"T0"``.
    kind : str
        ``"single"`` (one answer), ``"multiple"`` (check boxes), ``"combo"`` (several tasks at once), or any other type
        that Zooniverse has.
    text : str
        What volunteers read, cleaned.
    labels : tuple of str
        Its answers or boxes, as the workflow has them.
    answer_next : tuple of (str or None)
        The task after each answer; None where the tree ends.
    next : str or None
        The task after this one, whatever the answer.
    members : tuple of str
        The tasks of a combination.
    """

    key: str
    kind: str
    text: str = ""
    labels: tuple = ()
    answer_next: tuple = ()
    next: str | None = None
    members: tuple = ()

    @property
    def leads_to(self):
        """Every task to which this one may lead, in order, its members first."""
        after = [*self.members, *self.answer_next, self.next]
        return list(dict.fromkeys(target for target in after if target))


def load_workflows(source):
    """Every workflow, in every version, that a file holds.

    Parameters
    ----------
    source : str, Path or dict
        Workflow as JSON (or as the dictionary that it holds), the workflows export as CSV, or a tree in the earlier
        Galaxy Zoo format.

    Returns
    -------
    list of dict
        With ``id``, ``version`` (``"66.425"``), ``display_name``, ``first_task`` and ``tasks``, or ``questions``.

    Raises
    ------
    ValueError
        If the file holds none.
    """
    if not isinstance(source, str | os.PathLike | dict):
        kind = type(source).__name__
        raise TypeError(f"a workflow must be a file's path or a dictionary as Panoptes has it, not a {kind}")
    name = "workflow" if isinstance(source, dict) else str(source)
    if name.lower().endswith((".csv", ".csv.gz")):
        found = _load_export(source)
    else:
        found = source if isinstance(source, dict) else read_json(source)
        found = found.get("workflows", [found]) if isinstance(found, dict) else found
    found = found if isinstance(found, list) else []
    forms = (("tasks", dict), ("questions", list))
    whole = [
        one
        for one in found
        if isinstance(one, dict) and any(one.get(key) and isinstance(one[key], form) for key, form in forms)
    ]
    if not whole:  # the first version of a workflow in an export has no tasks yet
        raise ValueError(
            f"{name}: not a workflow: expected 'tasks' and 'first_task' (Panoptes) or 'questions' with 'leadsTo'"
        )
    try:
        return [
            _with_strings(one, one["strings"]) if isinstance(one.get("strings"), dict) else one
            for one in whole
        ]
    except RecursionError as error:
        raise ValueError(f"{name}: nested too deeply to be a workflow") from error


def choose_workflow(found, *, workflow_id=None, version=None):
    """One of several workflows: this id and version, or the newest version of the only id.

    Parameters
    ----------
    found : list of dict
        As `load_workflows` gives them.
    workflow_id, version : str or int, optional
        A version ``"66"`` stands for the newest of ``"66.1"``, ``"66.425"``, ...

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If there is no such workflow, or there are several and no id is given.
    """
    if isinstance(version, float):
        raise ValueError(
            f"version must be text: the number {version} may stand for '{version}' or '{version}0'"
        )
    ids = list(dict.fromkeys(str(content.get("id") or "") for content in found))
    if workflow_id is None and len(ids) > 1:
        raise ValueError(f"the file holds workflows {', '.join(ids)}: choose one with workflow_id=")
    wanted = str(workflow_id) if workflow_id is not None else ids[0]
    chosen = [content for content in found if str(content.get("id") or "") in (wanted, "")]
    if not chosen:
        raise ValueError(
            f"no workflow {wanted} in the file{suggest(wanted, ids)} (there are {', '.join(ids)})"
        )
    versions = [str(content.get("version") or "") for content in chosen]
    if version is not None:
        exact = str(version)
        chosen = [c for c, v in zip(chosen, versions, strict=True) if v == exact or v.split(".")[0] == exact]
        if not chosen:
            raise ValueError(
                f"workflow {wanted} has no version {exact} in the file (there are {', '.join(versions)})"
            )
    return max(chosen, key=lambda content: version_number(content.get("version")))


def version_number(text):
    """A workflow's version as numbers that sort: ``"55.121"`` is (55, 121), after 55.13.

    Parameters
    ----------
    text : str, float or None

    Returns
    -------
    tuple of int
        Empty if it is no version.

    Examples
    --------
    >>> version_number("55.121") > version_number("55.13")
    True
    """
    parts = str(text or "").split(".")
    whole = all(part.isdecimal() and len(part) < LONGEST_NUMBER for part in parts)
    return tuple(int(part) for part in parts) if whole else ()


def read_tasks(content, title="workflow"):
    """The tasks of a workflow that volunteers can reach, each before those it leads to.

    Parameters
    ----------
    content : dict
        One of `load_workflows`.
    title : str, optional
        What error messages call it.

    Returns
    -------
    reached : dict of str to Task
        In the order in which volunteers meet them.
    unreachable : list of str
        Keys of the tasks to which nothing leads.
    told : list of str
        What is not as it should be, but does not stop volunteers: a next task that was deleted, a task or answer that
        is null.

    Raises
    ------
    ValueError
        If tasks lead back to themselves, a question has no answers, the first task is not there, a text of the earlier
        format names no question, or anything is of another form; the message says where.
    """
    told = []
    if content.get("tasks"):
        tasks, first = _panoptes_tasks(content, title, told)
    else:
        tasks, first = _galaxy_zoo_tasks(content, title)
    if not first:
        first = _only_beginning(tasks, told)
    if first not in tasks:
        raise ValueError(f"{title}: its first task {first!r} is not among its tasks {list(tasks)}")
    for key, task in tasks.items():
        for target in task.leads_to:
            if target not in tasks:
                told.append(f"{key} leads to {target}, which is not there: the tree ends")
        tasks[key] = replace(
            task,
            members=tuple(each for each in task.members if each in tasks),
            answer_next=tuple(each if each in tasks else None for each in task.answer_next),
            next=task.next if task.next in tasks else None,
        )
    tasks = _settle_combinations(tasks, title)
    order = _order_of_meeting(tasks, first, title)
    for key in order:
        if tasks[key].kind in (SINGLE, CHECK_BOXES) and not tasks[key].labels:
            raise ValueError(f"{title}: task {key} ({tasks[key].text!r}) has no answers")
        for text in (tasks[key].text, *tasks[key].labels):
            if TEXT_KEY.fullmatch(text):
                raise ValueError(
                    f"{title}: its texts are missing: {text!r} stands for one that 'strings' should hold"
                )
    return {key: tasks[key] for key in order}, [key for key in tasks if key not in order], told


def labels_of(task):
    """Labels of a task's answers.

    Parameters
    ----------
    task : dict
        As Panoptes has it.

    Returns
    -------
    list of str
        Empty for an answer that is null; no labels if the task has answers of another form, or keys for texts.
    """
    labels = [
        _text(answer.get("label")) if isinstance(answer, dict) else _text(answer) for answer in _answers(task)
    ]
    return [] if any(map(TEXT_KEY.fullmatch, labels)) else labels


def _answers(task):
    answers = task.get("answers")
    return answers if isinstance(answers, list) else []


def text_of(task):
    """What a task asks, cleaned.

    Parameters
    ----------
    task : dict
        As Panoptes has it.

    Returns
    -------
    str
    """
    return clean_label(_text(task.get("question")) or _text(task.get("instruction")))


def _text(value):
    return "" if value is None else str(value)


def _load_export(path):
    rows = enumerate(read_rows(path), start=-1)
    _, heading = next(rows, (0, []))
    return [_from_export_row(heading, row, f"{path}, row {number}") for number, row in rows if row]


def _from_export_row(heading, fields, place):
    """A row of the workflows export in the shape of a workflow as JSON."""
    if len(fields) != len(heading):
        raise ValueError(f"{place}: {len(fields)} of {len(heading)} fields (is the file cut off?)")
    row = dict(zip(heading, fields, strict=True))
    try:
        tasks, strings, steps = (
            json.loads(row.get(name) or "null") for name in ("tasks", "strings", "steps")
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place}: not JSON: {error}") from error
    return {
        "id": row.get("workflow_id", ""),
        "display_name": row.get("display_name", ""),
        "version": ".".join(filter(None, (row.get("version"), row.get("minor_version")))),
        "first_task": row.get("first_task", ""),
        "tasks": tasks,
        "strings": strings,
        "steps": steps,
    }


def _with_strings(value, strings):
    """A workflow with texts in place of their keys (``"T0.answers.0.label"``), as newer exports keep them apart."""
    if isinstance(value, dict):
        return {key: _with_strings(item, strings) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_strings(item, strings) for item in value]
    return strings.get(value, value) if isinstance(value, str) else value


def _panoptes_tasks(content, title, told):
    tasks = {}
    for key, task in content["tasks"].items():
        if isinstance(task, dict):
            tasks[key] = _panoptes_task(key, task, title, told)
        elif task is None:
            told.append(f"{key} is null")
        else:
            raise ValueError(f"{title}: task {key} must be a JSON object, not {task!r:.60}")
    steps = content.get("steps") or []
    try:
        steps = [
            (str(key), [str(task) for task in step["taskKeys"]], _target(step.get("next")))
            for key, step in steps
        ]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{title}: 'steps' must hold pairs of a key and an object with 'taskKeys'"
        ) from error
    home = {task: key for key, members, _ in steps for task in members}  # where steps are, they lead to steps
    for key, task in tasks.items():
        after = tuple(home.get(target, target) for target in task.answer_next)
        tasks[key] = replace(task, answer_next=after, next=home.get(task.next, task.next))
    for key, members, after in steps:
        tasks[key] = Task(key, STEP, members=tuple(members), next=home.get(after, after))
    return tasks, steps[0][0] if steps else _text(content.get("first_task"))


def _panoptes_task(key, task, title, told):
    kind, after = _text(task.get("type")) or "unknown", _target(task.get("next"))
    answers = _answers(task) if kind in (SINGLE, CHECK_BOXES) else []
    for place, answer in enumerate(answers):
        if answer is None:
            told.append(f"answer {place} of {key} is null")
        elif not isinstance(answer, dict):
            raise ValueError(
                f"{title}: answer {place} of task {key} must be a JSON object, not {answer!r:.60}"
            )
    answers = [answer for answer in answers if answer is not None]
    members = task.get("tasks") if kind == "combo" else []
    return Task(
        key,
        kind,
        text_of(task),
        tuple(_text(answer.get("label")) for answer in answers),
        tuple(_target(answer.get("next")) or after for answer in answers) if kind == SINGLE else (),
        after,
        tuple(map(str, members)) if isinstance(members, list) else (),
    )


def _target(value):
    """Key of the next task; None where there is none."""
    return str(value) if value or value == 0 else None


def _only_beginning(tasks, told):
    """The one task to which no other leads, where a workflow names no first task."""
    led_to = {target for task in tasks.values() for target in task.leads_to}
    beginnings = [key for key in tasks if key not in led_to]
    if len(beginnings) != 1:
        return ""
    told.append(f"it names no first task: taken is {beginnings[0]}, to which no other leads")
    return beginnings[0]


def _settle_combinations(tasks, title):
    """Combinations lead on by their own ``next``, or else by the answers to one of their tasks; steps the other way."""
    settled = dict(tasks)
    for key, task in tasks.items():
        leading = [m for m in task.members if tasks[m].next or any(tasks[m].answer_next)]
        if task.next:
            leading = [m for m in leading if task.kind == STEP and len(set(tasks[m].answer_next)) > 1]
        if len(leading) > 1:
            raise ValueError(
                f"{title}: combination {key} leads on by the answers to several of its tasks: {leading}"
            )
        for m in task.members:
            own = m in leading
            after = tuple((target or task.next) if own else None for target in settled[m].answer_next)
            settled[m] = replace(settled[m], answer_next=after, next=settled[m].next if own else None)
        if leading:
            settled[key] = replace(settled[key], next=None)
    return settled


def _galaxy_zoo_tasks(content, title):
    """Tasks of the earlier Galaxy Zoo format, in which ``leadsTo`` names a question by its text."""
    questions = content["questions"]
    for place, question in enumerate(questions):
        _check_question(question, f"{title}: question {place}")
    key_of = {squash(question["question"]): question["id"] for question in questions}
    texts = [question["question"] for question in questions]
    ids = [question["id"] for question in questions]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{title}: two questions share an id, of {ids}")

    def target(text, of):
        if text and squash(text) not in key_of:
            raise ValueError(f"{title}: {of} leads to {text!r}, which it does not have{suggest(text, texts)}")
        if text and [squash(each) for each in texts].count(squash(text)) > 1:
            raise ValueError(f"{title}: {of} leads to {text!r}, which two of its questions ask")
        return key_of[squash(text)] if text else None

    tasks = {}
    for question in questions:
        key, answers = question["id"], question["answers"]
        boxes = [answer["text"] for answer in answers if answer.get("kind") == "checkbox"]
        done = [target(answer.get("leadsTo"), key) for answer in answers]
        after = target(question.get("leadsTo"), key)
        if boxes:  # the one answer beside the boxes is the button "Done"
            after = next(filter(None, [*done, after]), None)
            tasks[key] = Task(key, CHECK_BOXES, clean_label(question["question"]), tuple(boxes), (), after)
        else:
            labels = tuple(answer["text"] for answer in answers)
            tasks[key] = Task(key, SINGLE, clean_label(question["question"]), labels, tuple(done), after)
    return tasks, questions[0]["id"]


def _check_question(question, place):
    """Refuse a question of another form than the earlier Galaxy Zoo format has."""
    fields = question if isinstance(question, dict) else {}
    answers = fields.get("answers")
    for name in ("id", "question"):
        if not isinstance(fields.get(name), str):
            raise ValueError(f"{place} has no text {name!r}: {question!r:.60}")
    if not isinstance(answers, list) or not all(
        isinstance(answer, dict) and isinstance(answer.get("text"), str) for answer in answers
    ):
        raise ValueError(f"{place} must have 'answers', a list of objects with 'text': {answers!r:.60}")


def _order_of_meeting(tasks, first, title):
    """Tasks from the first on, each before all to which it leads: depth first, with the answers in their order."""
    order, path = [], []

    def visit(key):
        if key in path:
            circle = " -> ".join([*path[path.index(key) :], key])
            raise ValueError(f"{title}: its tasks lead in a circle: {circle}")
        if key not in order:
            path.append(key)
            for target in reversed(tasks[key].leads_to):
                visit(target)
            path.pop()
            order.append(key)

    visit(first)
    return order[::-1]
