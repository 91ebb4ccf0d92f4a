"""A survey's schema from the workflow with which its team asked volunteers on Zooniverse."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gzkit.schema.files import expect
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema, suggest
from gzkit.zooniverse.labels import answer_names, clean_label, distinct, match_wording, question_name
from gzkit.zooniverse.tasks import CHECK_BOXES, SINGLE, read_tasks
from gzkit.zooniverse.versions import choose_workflow, load_workflows

BOXES = ("leave-out", "yes-no")


class WorkflowWarning(UserWarning):
    """Something of a workflow is not in the schema, or no volunteer can reach it."""


@dataclass(frozen=True)
class Workflow:
    """A Zooniverse workflow as a schema, and what became of each of its tasks.

    Attributes
    ----------
    schema : Schema
    id, name, version : str
        Of the workflow; empty where the file does not say.
    title : str
        Its id and version, for messages.
    questions : dict of str to str
        Name of the question that each task became, by task key.
    columns : dict of str to list of str
        Columns of each task's answers, in the workflow's order; for check boxes those of "yes".
    labels : dict of str to list of str
        The answers' labels as the workflow has them, in the same order.
    texts : dict of str to str
        What each of these tasks asks.
    boxes : list of str
        Tasks of check boxes that are taken as questions.
    combinations : list of str
        Tasks that hold others.
    left_out : dict of str to str
        Kind and text of each task that is not votes, by task key.
    unreachable : list of str
        Tasks to which no answer leads.
    told : list of str
        What is not as it should be, but does not stop volunteers (see `read_tasks`).
    versions : list of dict
        Every version of the workflow that the file held.
    """

    schema: Schema
    id: str
    name: str
    version: str
    title: str
    questions: dict[str, str]
    columns: dict[str, list[str]]
    labels: dict[str, list[str]]
    texts: dict[str, str]
    boxes: list[str]
    combinations: list[str]
    left_out: dict[str, str]
    unreachable: list[str]
    told: list[str]
    versions: list[dict]

    def report(self) -> str:
        """What became of each task, a line each.

        Returns
        -------
        str
        """
        lines = [f"{key}: {name}" for key, name in self.questions.items()]
        lines += [f"{key}: not votes, {what}" for key, what in self.left_out.items()]
        lines += [f"{key}: no answer leads here" for key in self.unreachable]
        lines += self.told
        lines.append(f"the tree ends after {', '.join(_ends(self.schema))}")
        return "\n".join(lines)


def schema_from_workflow(
    workflow: str | Path | dict,
    *,
    workflow_id: str | int | None = None,
    version: str | int | None = None,
    like: Schema | str | None = None,
    rename: Mapping[str, str] | None = None,
    boxes: str = "leave-out",
    leave_out: str | Sequence[str] = (),
) -> Schema:
    """The schema of a survey, from the Zooniverse workflow with which volunteers were asked.

    Tasks with one answer become questions. A question is asked after the answers whose ``next`` leads to it (or whose
    task's ``next`` does, where the answer has none), straight or through tasks that are not votes: drawings, texts,
    check boxes, combinations. Those are named in a `WorkflowWarning`.

    Parameters
    ----------
    workflow : str, Path or dict
        A Panoptes workflow as JSON, the workflows export (CSV), or a tree in the earlier Galaxy Zoo format
        (``questions`` with ``leadsTo``).
    workflow_id, version : str or int, optional
        Which row of a workflows export; without a version, the newest.
    like : str or Schema, optional
        A survey (or its name). Questions and answers whose wording is the same, or nearly, take its names and order.
    rename : dict of str to str, optional
        New names by task key (``"T1"``), question (``"rounded"``) or column (``"rounded_completely-round"``).
    boxes : {"leave-out", "yes-no"}, optional
        Whether check boxes are left out, or taken as one yes/no question for each box.
    leave_out : sequence of str, optional
        Tasks (keys or names) to leave out although they are votes; volunteers pass through them.

    Returns
    -------
    Schema
        Its questions in the order in which volunteers meet them, unless ``like`` gives one.

    Raises
    ------
    ValueError
        If the file is no workflow, tasks lead in a circle, a question has no answers, or texts are missing.

    Examples
    --------
    >>> import gzkit as gz
    >>> bar = {"label": "![a bar](bar.png) **Yes**", "next": "T1"}
    >>> workflow = {"first_task": "T0", "tasks": {
    ...     "T0": {"type": "single", "question": "Is there a bar?", "answers": [bar, {"label": "No"}]},
    ...     "T1": {"type": "single", "question": "How long is it?", "answers": [{"label": "Short"}, {"label": "Long"}]},
    ... }}
    >>> schema = gz.schema_from_workflow(workflow, rename={"T1": "bar-length"})
    >>> schema.label_cols
    ['bar_yes', 'bar_no', 'bar-length_short', 'bar-length_long']
    >>> schema.get_question("bar-length").asked_after
    (Answer('bar_yes', index=0),)
    """
    result = read_workflow(
        workflow,
        workflow_id=workflow_id,
        version=version,
        like=like,
        rename=rename,
        boxes=boxes,
        leave_out=leave_out,
    )
    missing = [f"{key} is {what}" for key, what in result.left_out.items()]
    missing += [f"no answer leads to {key}" for key in result.unreachable]
    told = [*result.told, *([f"not in the schema: {'; '.join(missing)}"] if missing else [])]
    if told:
        warnings.warn(f"{result.title}: {'; '.join(told)}", WorkflowWarning, stacklevel=2)
    return result.schema


def read_workflow(
    workflow: str | Path | dict | Workflow,
    *,
    workflow_id: str | int | None = None,
    version: str | int | None = None,
    like: Schema | str | None = None,
    rename: Mapping[str, str] | None = None,
    boxes: str = "leave-out",
    leave_out: str | Sequence[str] = (),
) -> Workflow:
    """As `schema_from_workflow`, with the task and the label behind each question and answer.

    Parameters
    ----------
    workflow : str, Path, dict or Workflow
        As for `schema_from_workflow`; a `Workflow` is returned as it is.
    workflow_id, version, like, rename, boxes, leave_out
        As for `schema_from_workflow`.

    Returns
    -------
    Workflow

    Raises
    ------
    ValueError
        As `schema_from_workflow`; or for a name in ``rename`` or ``leave_out`` that the workflow does not have.

    Examples
    --------
    >>> import gzkit as gz
    >>> task = {"type": "single", "question": "Is there a bar?", "answers": [{"label": "Yes"}, {"label": "No"}]}
    >>> drawing = {"type": "drawing", "instruction": "Mark the centre", "next": "T1"}
    >>> print(read_workflow({"first_task": "T0", "tasks": {"T0": drawing, "T1": task}}).report())
    T1: bar
    T0: not votes, drawing 'Mark the centre'
    the tree ends after bar (any answer)
    """
    if isinstance(workflow, Workflow):
        if like or rename or leave_out:
            raise ValueError("like, rename and leave_out were chosen when this workflow was read")
        return workflow
    if boxes not in BOXES:
        raise ValueError(f"boxes must be one of {BOXES}, not {boxes!r}")
    if not isinstance(like, str | Schema | None):
        raise TypeError(f"like must be a Schema or the name of a survey, not a {type(like).__name__}")
    versions = load_workflows(workflow)
    content = choose_workflow(versions, workflow_id=workflow_id, version=version)
    number, name, chosen = (clean_label(content.get(key) or "") for key in ("id", "display_name", "version"))
    title = " ".join(filter(None, ("workflow", number, chosen and f"version {chosen}")))
    tasks, unreachable, told = read_tasks(content, title)
    draft = _Draft(tasks, title, boxes, like and as_schema(like, "schema_from_workflow"))
    draft.rename(dict(expect(rename or {}, Mapping, "rename")))
    draft.leave_out([leave_out] if isinstance(leave_out, str) else leave_out)
    schema = draft.schema(name)
    _check_exclusive(schema, title)
    return Workflow(
        schema=schema,
        id=number,
        name=name,
        version=chosen,
        title=title,
        questions=draft.names,
        columns=draft.columns(),
        labels={key: list(tasks[key].labels) for key in draft.names},
        texts={key: tasks[key].text for key in draft.names},
        boxes=draft.boxes,
        combinations=[key for key, task in tasks.items() if task.members],
        left_out={key: f"{task.kind} {task.text!r}".strip() for key, task in draft.not_votes()},
        unreachable=unreachable,
        told=told,
        versions=[each for each in versions if str(each.get("id") or "") == number],
    )


class _Draft:
    """Names and parents of a workflow's questions, before they are a schema."""

    def __init__(self, tasks, title, boxes, like):
        self.tasks, self.title = tasks, title
        self.like = {question.text: question for question in like.questions} if like else {}
        self.boxes = [key for key, task in tasks.items() if task.kind == CHECK_BOXES and boxes == "yes-no"]
        keys = [key for key, task in tasks.items() if task.kind == SINGLE or key in self.boxes]
        texts = [tasks[key].text for key in keys]
        names = distinct([question_name(text) for text in texts], [key.lower() for key in keys])
        names = match_wording(texts, names, _wording(self.like.values()))
        self.names = dict(zip(keys, names, strict=True))
        self.answers = {key: self._answers(key) for key in keys}

    def _answers(self, key):
        labels, like = self.tasks[key].labels, self.like.get(self.names[key])
        return match_wording(labels, answer_names(labels), _wording(like.answers if like else ()))

    def rename(self, rename):
        """Give questions and answers the names that the caller wants."""
        automatic = dict(self.names)
        for old, new in rename.items():
            if not isinstance(new, str) or not new:
                raise ValueError(f"{self.title}: rename has {new!r} for {old!r}, which is no name")
        for key in self.names:
            for old in (key, automatic[key]):
                self.names[key] = rename.pop(old, self.names[key])
        columns = []
        for key, answers in self.answers.items():
            for i, answer in enumerate(answers):
                for old in (f"{automatic[key]}_{answer}", f"{self.names[key]}_{answer}"):
                    columns.append(old)
                    answers[i] = rename.pop(old, answers[i])
        if rename:
            unknown = next(iter(rename))
            hint = suggest(unknown, [*self.names, *automatic.values(), *columns])
            raise ValueError(
                f"{self.title}: rename has {unknown!r}, which is no task, question or column{hint}"
            )
        for names in (list(self.names.values()), *self.answers.values()):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(
                    f"{self.title}: two questions, or two answers to one, would be called {twice}"
                )

    def leave_out(self, wanted):
        """Leave out questions by key or name."""
        for name in wanted:
            keys = [key for key, text in self.names.items() if name in (key, text)]
            if not keys:
                hint = suggest(name, [*self.names, *self.names.values()])
                raise ValueError(f"{self.title}: leave_out has {name!r}, which is no task or question{hint}")
            del self.names[keys[0]], self.answers[keys[0]]

    def not_votes(self):
        """Tasks that are not in the schema, but for the containers of others."""
        return [(k, task) for k, task in self.tasks.items() if k not in self.names and not task.members]

    def columns(self):
        """Columns of each task's answers, in the workflow's order."""
        return {
            key: [f"{name}-{box}_yes" if key in self.boxes else f"{name}_{box}" for box in self.answers[key]]
            for key, name in self.names.items()
        }

    def schema(self, name):
        """The schema, its questions in order of meeting, or in that of the survey that it is like."""
        suffixes, parents, after, wording = {}, {}, self._parents(), {}
        for key, text in self.names.items():
            task, answers = self.tasks[key], self.answers[key]
            labels = [clean_label(label) for label in task.labels]
            if key in self.boxes:
                for answer, label in zip(answers, labels, strict=True):
                    box = f"{text}-{answer}"
                    suffixes[box], parents[box] = ["_yes", "_no"], after[key]
                    wording[box] = f"{task.text} {label}"
            else:
                suffixes[text], parents[text] = [f"_{answer}" for answer in answers], after[key]
                wording[text] = task.text
                wording |= {f"{text}_{a}": label for a, label in zip(answers, labels, strict=True)}
        known = {text: [f"_{answer.text}" for answer in q.answers] for text, q in self.like.items()}
        pairs = {text: _in_order(suffixes[text], known.get(text, ())) for text in _in_order(suffixes, known)}
        columns = [text + suffix for text, ordered in pairs.items() for suffix in ordered]
        dependencies = {text: sorted(parents[text], key=columns.index) or None for text in pairs}
        return Schema(pairs, dependencies, name=name, wording=wording)

    def _parents(self):
        """Columns after which volunteers meet each task; empty if everybody does."""
        parents = {key: {} for key in self.tasks}  # dictionaries, as sets that keep their order
        first, *_ = self.tasks
        everybody = {first}
        for key, task in self.tasks.items():
            if key in self.names and key not in self.boxes:
                for answer, target in zip(self.answers[key], task.answer_next, strict=True):
                    if target:
                        parents[target][f"{self.names[key]}_{answer}"] = None
                continue
            for target in task.leads_to:  # volunteers pass through, whatever they did here
                parents[target] |= parents[key]
                if key in everybody:
                    everybody.add(target)
        return {key: [] if key in everybody else list(after) for key, after in parents.items()}


def _ends(schema):
    """Answers after which nothing is asked; a question's name where that is all of them."""
    ends = []
    for question in schema.questions:
        last = [answer.label for answer in question.answers if not answer.next_questions]
        ends += [f"{question.text} (any answer)"] if len(last) == len(question.answers) else last
    return ends


def _wording(named):
    """What volunteers read, by the name of a question or answer."""
    return {each.text: each.wording or each.text for each in named}


def _in_order(names, known):
    """Names in the order of another survey, those that it does not have last."""
    place = {name: index for index, name in enumerate(known)}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def _check_exclusive(schema, title):
    """Refuse questions that one volunteer could meet along two ways at once, after a task was left out."""
    for question in schema.questions:
        parents = question.asked_after if len(question.asked_after) > 1 else ()
        for answer in parents:
            later = _questions_after(answer)
            for other in parents:
                if other.question in later:
                    raise ValueError(
                        f"{title}: question {question.text!r} would be asked after {answer.label!r} and, by the "
                        f"same volunteer, after {other.label!r}: leave out {other.question.text!r} too, or neither"
                    )


def _questions_after(answer):
    """Every question that a volunteer who gave this answer may meet later."""
    found, waiting = set(), list(answer.next_questions)
    while waiting:
        question = waiting.pop()
        if question not in found:
            found.add(question)
            waiting += [following for each in question.answers for following in each.next_questions]
    return found
