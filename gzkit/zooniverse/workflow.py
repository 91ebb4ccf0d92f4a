"""A survey's schema from the workflow with which its team asked volunteers on Zooniverse."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import permutations
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


class Workflow:
    """A Zooniverse workflow as a schema, and what became of each of its tasks.

    Attributes
    ----------
    schema : Schema
    id, name, version : str
        Of the workflow; empty where the file does not say.
    title : str
        Its id and version, for messages.
    tasks : dict of str to Task
        In the order in which volunteers meet them, by key.
    questions : dict of str to str
        Name of the question that each task became, by task key.
    columns : dict of str to list of str
        Columns of each task's answers, in the workflow's order; for check boxes those of "yes".
    boxes : list of str
        Tasks of check boxes that are taken as questions.
    left_out : dict of str to str
        Kind and text of each task that neither is votes nor holds other tasks, by task key.
    unreachable : list of str
        Tasks to which no answer leads.
    told : list of str
        What is not as it should be, but does not stop volunteers (see `read_tasks`).
    versions : list of dict
        Every version of the workflow that the file held.
    """

    def __init__(self, content, versions, like, rename, boxes, leave_out):
        facts = (clean_label(content.get(key) or "") for key in ("id", "display_name", "version"))
        self.id, self.name, self.version = facts
        self.title = " ".join(filter(None, ("workflow", self.id, self.version and f"version {self.version}")))
        self.versions = [each for each in versions if str(each.get("id") or "") == self.id]
        self.tasks, self.unreachable, self.told = read_tasks(content, self.title)
        self.boxes = [k for k, task in self.tasks.items() if task.kind == CHECK_BOXES and boxes == "yes-no"]
        like = {question.text: question for question in like.questions} if like else {}
        keys = [key for key, task in self.tasks.items() if task.kind == SINGLE or key in self.boxes]
        texts = [self.tasks[key].text for key in keys]
        names = distinct([question_name(text) for text in texts], [key.lower() for key in keys])
        names = match_wording(texts, names, _wording(like.values()))
        self.questions, self._answers = dict(zip(keys, names, strict=True)), {}
        for key, name in self.questions.items():
            labels, known = self.tasks[key].labels, _wording(like[name].answers if name in like else ())
            self._answers[key] = match_wording(labels, answer_names(labels), known)
        self._rename(dict(expect(rename or {}, Mapping, "rename")))
        self._leave_out([leave_out] if isinstance(leave_out, str) else leave_out)
        self.columns = {
            key: [f"{name}-{box}_yes" if key in self.boxes else f"{name}_{box}" for box in self._answers[key]]
            for key, name in self.questions.items()
        }
        not_votes = [task for key, task in self.tasks.items() if key not in self.questions]
        self.left_out = {t.key: f"{t.kind} {t.text!r}".strip() for t in not_votes if not t.members}
        self.schema = self._schema(like)
        _check_exclusive(self.schema, self.title)

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

    def key_of(self, name, problem):
        """Key of a task that is votes, from itself or the name of its question."""
        for key, question in self.questions.items():
            if name in (key, question):
                return key
        raise ValueError(f"{problem}{suggest(name, [*self.questions, *self.questions.values()])}")

    def _rename(self, rename):
        """Give questions and answers the names that the caller wants."""
        automatic = dict(self.questions)
        for old, new in rename.items():
            if not isinstance(new, str) or not new:
                raise ValueError(f"{self.title}: rename has {new!r} for {old!r}, which is no name")
        for key in self.questions:
            for old in (key, automatic[key]):
                self.questions[key] = rename.pop(old, self.questions[key])
        columns = []
        for key, answers in self._answers.items():
            for i, answer in enumerate(answers):
                for old in (f"{automatic[key]}_{answer}", f"{self.questions[key]}_{answer}"):
                    columns.append(old)
                    answers[i] = rename.pop(old, answers[i])
        if rename:
            unknown = next(iter(rename))
            hint = suggest(unknown, [*self.questions, *automatic.values(), *columns])
            raise ValueError(
                f"{self.title}: rename has {unknown!r}, which is no task, question or column{hint}"
            )
        for names in (list(self.questions.values()), *self._answers.values()):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(
                    f"{self.title}: two questions, or two answers to one, would be called {twice}"
                )

    def _leave_out(self, wanted):
        """Leave out questions by key or name."""
        for name in wanted:
            key = self.key_of(name, f"{self.title}: leave_out has {name!r}, which is no task or question")
            del self.questions[key], self._answers[key]

    def _schema(self, like):
        """The schema, its questions in order of meeting, or in that of the survey that it is like."""
        suffixes, parents, after, wording = {}, {}, self._parents(), {}
        for key, text in self.questions.items():
            task = self.tasks[key]
            labels = dict(zip(self._answers[key], map(clean_label, task.labels), strict=True))
            if key in self.boxes:
                for answer, label in labels.items():
                    box = f"{text}-{answer}"
                    suffixes[box], parents[box] = ["_yes", "_no"], after[key]
                    wording[box] = f"{task.text} {label}"
            else:
                suffixes[text], parents[text] = [f"_{answer}" for answer in labels], after[key]
                wording |= {text: task.text} | {f"{text}_{answer}": label for answer, label in labels.items()}
        known = {text: [f"_{answer.text}" for answer in q.answers] for text, q in like.items()}
        pairs = {text: _in_order(suffixes[text], known.get(text, ())) for text in _in_order(suffixes, known)}
        columns = [text + suffix for text, ordered in pairs.items() for suffix in ordered]
        dependencies = {text: sorted(parents[text], key=columns.index) or None for text in pairs}
        return Schema(pairs, dependencies, name=self.name, wording=wording)

    def _parents(self):
        """Columns after which volunteers meet each task; empty if everybody does."""
        parents = {key: {} for key in self.tasks}  # dictionaries, as sets that keep their order
        first, *_ = self.tasks
        everybody = {first}
        for key, task in self.tasks.items():
            if key in self.questions and key not in self.boxes:
                for column, target in zip(self.columns[key], task.answer_next, strict=True):
                    if target:
                        parents[target][column] = None
                continue
            for target in task.leads_to:  # volunteers pass through, whatever they did here
                parents[target] |= parents[key]
                if key in everybody:
                    everybody.add(target)
        return {key: [] if key in everybody else list(after) for key, after in parents.items()}


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
    like = like and as_schema(like, "schema_from_workflow")
    return Workflow(content, versions, like, rename, boxes, leave_out)


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

    @cache
    def later(answer):
        """Every question that a volunteer who gave this answer may meet after it."""
        further = (later(each) for question in answer.next_questions for each in question.answers)
        return set(answer.next_questions).union(*further)

    for question in schema.questions:
        for answer, other in permutations(question.asked_after, 2):
            if other.question in later(answer):
                raise ValueError(
                    f"{title}: question {question.text!r} would be asked after {answer.label!r} and, by the same "
                    f"volunteer, after {other.label!r}: leave out {other.question.text!r} too, or neither"
                )
