"""The tasks of a Zooniverse workflow, and which leads to which, from the files in which they come."""

import json
from dataclasses import dataclass, replace

from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import read_json, read_rows
from gzkit.zooniverse.labels import clean_label, squash

CHECK_BOXES = "multiple"
SINGLE = "single"


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
        The task after each answer.
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
        after = [*self.members, *(target or self.next for target in self.answer_next), self.next]
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
    name = "workflow" if isinstance(source, dict) else str(source)
    if name.lower().endswith((".csv", ".csv.gz")):
        found = _load_export(source)
    else:
        found = source if isinstance(source, dict) else read_json(source)
        found = found.get("workflows", [found]) if isinstance(found, dict) else found
    found = found if isinstance(found, list) else []
    whole = [one for one in found if isinstance(one, dict) and (one.get("tasks") or one.get("questions"))]
    if not whole:  # the first version of a workflow in an export has no tasks yet
        raise ValueError(
            f"{name}: not a workflow: expected 'tasks' and 'first_task' (Panoptes) or 'questions' with 'leadsTo'"
        )
    return [_with_strings(one, one.get("strings") or {}) for one in whole]


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
    ids = list(dict.fromkeys(str(content.get("id", "")) for content in found))
    if workflow_id is None and len(ids) > 1:
        raise ValueError(f"the file holds workflows {', '.join(ids)}: choose one with workflow_id=")
    wanted = str(workflow_id) if workflow_id is not None else ids[0]
    chosen = [content for content in found if str(content.get("id", "")) in (wanted, "")]
    if not chosen:
        raise ValueError(
            f"no workflow {wanted} in the file{suggest(wanted, ids)} (there are {', '.join(ids)})"
        )
    versions = [str(content.get("version", "")) for content in chosen]
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
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


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

    Raises
    ------
    ValueError
        If a task leads to one that is not there or back to itself, or a question has no answers.
    """
    tasks, first = _panoptes_tasks(content) if content.get("tasks") else _galaxy_zoo_tasks(content, title)
    if first not in tasks:
        raise ValueError(f"{title}: its first task {first!r} is not among its tasks {list(tasks)}")
    tasks = _settle_combinations(tasks, title)
    for task in tasks.values():
        for target in task.leads_to:
            if target not in tasks:
                raise ValueError(
                    f"{title}: task {task.key} leads to {target!r}, which it does not have{suggest(target, tasks)}"
                )
    order = _order_of_meeting(tasks, first, title)
    for key in order:
        if tasks[key].kind in (SINGLE, CHECK_BOXES) and not tasks[key].labels:
            raise ValueError(f"{title}: task {key} ({tasks[key].text!r}) has no answers")
    return {key: tasks[key] for key in order}, [key for key in tasks if key not in order]


def labels_of(task):
    """Labels of a task's answers.

    Parameters
    ----------
    task : dict
        As Panoptes has it.

    Returns
    -------
    list of str
    """
    return [str(answer.get("label", "")) for answer in _answers(task)]


def _answers(task):
    answers = task.get("answers") if isinstance(task, dict) else None
    return answers if isinstance(answers, list) else []


def _load_export(path):
    rows = read_rows(path)
    heading = next(rows, [])
    return [_from_export_row(dict(zip(heading, row, strict=False)), i) for i, row in enumerate(rows)]


def _from_export_row(row, number):
    """A row of the workflows export in the shape of a workflow as JSON."""
    try:
        tasks, strings = (json.loads(row.get(name) or "{}") for name in ("tasks", "strings"))
    except ValueError as error:
        raise ValueError(f"workflows export, row {number}: not JSON: {error}") from error
    return {
        "id": row.get("workflow_id", ""),
        "display_name": row.get("display_name", ""),
        "version": ".".join(filter(None, (row.get("version"), row.get("minor_version")))),
        "first_task": row.get("first_task", ""),
        "tasks": tasks,
        "strings": strings,
    }


def _with_strings(value, strings):
    """A workflow with texts in place of their keys (``"T0.answers.0.label"``), as newer exports keep them apart."""
    if isinstance(value, dict):
        return {key: _with_strings(item, strings) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_strings(item, strings) for item in value]
    return strings.get(value, value) if isinstance(value, str) else value


def _panoptes_tasks(content):
    tasks = {key: _panoptes_task(key, task) for key, task in content["tasks"].items()}
    for key, step in content.get("steps") or []:
        tasks[key] = Task(key, "step", members=tuple(step.get("taskKeys", ())), next=step.get("next") or None)
    first = content.get("first_task") or (content["steps"][0][0] if content.get("steps") else "")
    return tasks, first


def _panoptes_task(key, task):
    single, combination = task.get("type") == SINGLE, task.get("type") == "combo"
    return Task(
        key,
        task.get("type", "unknown"),
        clean_label(task.get("question") or task.get("instruction") or ""),
        tuple(labels_of(task)),
        tuple(answer.get("next") or None for answer in _answers(task)) if single else (),
        task.get("next") or None,
        tuple(task.get("tasks") or ()) if combination else (),
    )


def _settle_combinations(tasks, title):
    """Combinations lead on by their own ``next``; without one, by the answers to one of their tasks."""
    settled = dict(tasks)
    for key, task in tasks.items():
        branching = [m for m in task.members if m in tasks and tasks[m].leads_to]
        if task.next:
            settled |= {
                m: replace(tasks[m], answer_next=(None,) * len(tasks[m].answer_next), next=None)
                for m in branching
            }
        elif len(branching) > 1:
            raise ValueError(
                f"{title}: combination {key} leads on by the answers to several of its tasks: {branching}"
            )
    return settled


def _galaxy_zoo_tasks(content, title):
    """Tasks of the earlier Galaxy Zoo format, in which ``leadsTo`` names a question by its text."""
    questions = content["questions"]
    key_of = {squash(question["question"]): question["id"] for question in questions}
    texts = [question["question"] for question in questions]

    def target(text, of):
        if text and squash(text) not in key_of:
            raise ValueError(f"{title}: {of} leads to {text!r}, which it does not have{suggest(text, texts)}")
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
