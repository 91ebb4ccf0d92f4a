"""The tasks of a Zooniverse workflow, and which leads to which."""

import re
from dataclasses import dataclass, replace

from gzkit.schema.files import expect
from gzkit.schema.tree import suggest
from gzkit.zooniverse.labels import clean_label, squash

CHECK_BOXES = "multiple"
SINGLE = "single"
STEP = "step"
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
    content = content if content.get("tasks") else _as_panoptes(content, title)
    tasks, first = _panoptes_tasks(content, title, told)
    if first not in tasks:
        raise ValueError(f"{title}: its first task {first!r} is not among its tasks {list(tasks)}")
    tasks = _settle_combinations(tasks, title)
    order = _order_of_meeting(tasks, first, title)
    for key in order:
        if tasks[key].kind in (SINGLE, CHECK_BOXES) and not tasks[key].labels:
            raise ValueError(f"{title}: task {key} ({tasks[key].text!r}) has no answers")
        for text in (tasks[key].text, *tasks[key].labels):
            if TEXT_KEY.fullmatch(text):
                raise ValueError(f"{title}: its texts are missing: 'strings' should hold that of {text!r}")
    return {key: tasks[key] for key in order}, [key for key in tasks if key not in order], told


def as_asked(key, task):
    """A task as another version of the workflow asked it; of that version not everything need be in order.

    Parameters
    ----------
    key : str
    task : dict
        As Panoptes has it.

    Returns
    -------
    Task
        With its text and labels: empty for an answer that is null; no labels if the task has answers of another form,
        or keys for texts.
    """
    answers = [answer.get("label") if isinstance(answer, dict) else answer for answer in _answers(task)]
    labels = tuple(map(_text, answers))
    return Task(key, SINGLE, _question(task), () if any(map(TEXT_KEY.fullmatch, labels)) else labels)


def _answers(task):
    answers = task.get("answers")
    return answers if isinstance(answers, list) else []


def _question(task):
    return clean_label(_text(task.get("question")) or _text(task.get("instruction")))


def _text(value):
    return "" if value is None else str(value)


def _panoptes_tasks(content, title, told):
    tasks, steps = {}, {}
    for key, task in content["tasks"].items():
        if task is None:
            told.append(f"{key} is null")
        else:
            tasks[key] = _panoptes_task(key, expect(task, dict, f"{title}: task {key}"), title, told)
    for place, pair in enumerate(expect(content.get("steps") or [], list, f"{title}: 'steps'")):
        where = f"{title}: step {place}"
        key, step = [*expect(pair, list, where), None, None][:2]
        members = expect(expect(step, dict, where).get("taskKeys"), list, f"{where}: 'taskKeys'")
        steps[str(key)] = Task(
            str(key), STEP, members=tuple(map(str, members)), next=_target(step.get("next"))
        )
    home = {member: key for key, step in steps.items() for member in step.members}
    tasks |= steps
    for key, task in tasks.items():  # where there are steps, tasks lead to steps
        there = {target: home.get(target, target) for target in task.leads_to if target in tasks}
        lost = [target for target in task.leads_to if target not in there]
        told += [f"{key} leads to {target}, which is not there: the tree ends" for target in lost]
        members = tuple(member for member in task.members if member in there)
        after = tuple(map(there.get, task.answer_next))
        tasks[key] = replace(task, members=members, answer_next=after, next=there.get(task.next))
    return tasks, next(iter(steps), _text(content.get("first_task")))


def _panoptes_task(key, task, title, told):
    kind, after, answers = _text(task.get("type")) or "unknown", _target(task.get("next")), []
    for place, answer in enumerate(_answers(task) if kind in (SINGLE, CHECK_BOXES) else ()):
        if answer is None:
            told.append(f"answer {place} of {key} is null")
        else:
            answers.append(expect(answer, dict, f"{title}: answer {place} of task {key}"))
    members = task.get("tasks") if kind == "combo" else []
    return Task(
        key,
        kind,
        _question(task),
        tuple(_text(answer.get("label")) for answer in answers),
        tuple(_target(answer.get("next")) or after for answer in answers) if kind == SINGLE else (),
        after,
        tuple(map(str, members)) if isinstance(members, list) else (),
    )


def _target(value):
    """Key of the next task; None where there is none."""
    return str(value) if value or value == 0 else None


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


def _as_panoptes(content, title):
    """A workflow of the earlier Galaxy Zoo format, whose ``leadsTo`` names a question by its text, as a newer one."""
    questions = content["questions"]
    for place, question in enumerate(questions):
        where = f"{title}: question {place}"
        for name, kind in (("id", str), ("question", str), ("answers", list)):
            expect(expect(question, dict, where).get(name), kind, f"{where}: {name!r}")
        for answer in question["answers"]:
            there = f"{where}: an answer"
            expect(expect(answer, dict, there).get("text"), str, f"{there}'s 'text'")
    key_of = {squash(question["question"]): question["id"] for question in questions}
    texts = [question["question"] for question in questions]
    if len({question["id"] for question in questions}) < len(questions):
        raise ValueError(f"{title}: two questions share an id")

    def target(text, of):
        if text and squash(text) not in key_of:
            raise ValueError(f"{title}: {of} leads to {text!r}, which it does not have{suggest(text, texts)}")
        if text and list(map(squash, texts)).count(squash(text)) > 1:
            raise ValueError(f"{title}: {of} leads to {text!r}, which two of its questions ask")
        return key_of[squash(text)] if text else None

    tasks = {}
    for question in questions:
        key, kind = question["id"], SINGLE
        answers = [{"label": a["text"], "next": target(a.get("leadsTo"), key)} for a in question["answers"]]
        after = target(question.get("leadsTo"), key)
        boxes = [a.get("kind") == "checkbox" for a in question["answers"]]
        if any(boxes):  # the one answer beside the boxes is the button "Done"
            kind, after = CHECK_BOXES, next((a["next"] for a in answers if a["next"]), after)
            answers = [answer for answer, box in zip(answers, boxes, strict=True) if box]
        tasks[key] = {"type": kind, "question": question["question"], "answers": answers, "next": after}
    return {"tasks": tasks, "first_task": questions[0]["id"]}


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
