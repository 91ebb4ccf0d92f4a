"""Which columns of a votes table a Zooniverse classification is a vote for."""

import difflib
import json
from collections.abc import Mapping

from gzkit.schema.files import expect
from gzkit.schema.tree import suggest
from gzkit.zooniverse.labels import answer_name, clean_label, same_question, squash
from gzkit.zooniverse.tasks import SINGLE, TEXT_KEY, Task, as_asked

LIKE_ENOUGH_TO_NAME = 0.6
TEXTS_REMEMBERED = 20_000  # some 40 MB; volunteers who answered alike left the same text
NOT_KNOWN = object()
FORMS = {  # by which a label is compared, one after the other
    "whole": str,
    "plain": lambda label: clean_label(label).casefold(),
    "letters": squash,
    "short": lambda label: squash(answer_name(label)),
}


class Answers:
    """Reads the annotations of classifications as votes.

    Parameters
    ----------
    workflow : Workflow
    aliases : dict of str to dict of str to (str or None), optional
        By task or question and label, the answer for which that label stands; None to leave its votes out.
    reworded : sequence of str, optional
        Tasks or questions that some version only words anew: their votes count whatever was asked.

    Attributes
    ----------
    patterns : dict of (tuple of int, tuple of (str, str)) to int
        Place of every set of columns for which some classification is a vote, and of the tasks and labels beside them
        that are no answer, or an answer to another question.
    reworded : dict of (str, str) to str
        Column, by task and label, of labels of other versions that differ from the workflow's in wording alone.

    Raises
    ------
    ValueError
        If an alias or ``reworded`` is of a task, or for an answer, that the workflow does not have.
    """

    def __init__(self, workflow, aliases=None, reworded=()):
        self.workflow = workflow
        places = {label: index for index, label in enumerate(workflow.schema.label_cols)}
        self._places = {key: [places[c] for c in columns] for key, columns in workflow.columns.items()}
        self._combinations = {key for key, task in workflow.tasks.items() if task.members}
        self._known = {key: self._wordings(key) for key in workflow.columns}
        self.reworded, self._versions = {}, {}
        reworded = [reworded] if isinstance(reworded, str) else reworded
        self._trusted = {
            workflow.key_of(name, f"reworded: no task or question {name!r}") for name in reworded
        }
        for content in workflow.versions:
            self._add_version(str(content.get("version") or ""), content.get("tasks") or {})
        for task, labels in expect(aliases or {}, Mapping, "aliases").items():
            self._add_aliases(task, expect(labels, Mapping, f"aliases of {task!r}"))
        self._read, self.patterns = {}, {}

    def read(self, text, version=""):
        """The votes of one classification.

        Parameters
        ----------
        text : str
            The export's field ``annotations``, JSON.
        version : str, optional
            Of the workflow; it matters where answers are given by number, as newer classifiers do.

        Returns
        -------
        int
            Place in `patterns`.

        Raises
        ------
        ValueError
            If the text is not the JSON of annotations.
        RecursionError
            If they are nested too deeply.
        """
        number = self._read.get((version, text))
        if number is None:
            if len(self._read) >= TEXTS_REMEMBERED:
                self._read.clear()
            number = self._read[version, text] = self._number(json.loads(text), version)
        return number

    def nearest(self, task, label):
        """Column of the task's answer whose wording is nearest to a label; empty if none is near."""
        labels = [squash(known) for known in self.workflow.tasks[task].labels] if task in self._known else []
        near = difflib.get_close_matches(squash(label), labels, n=1, cutoff=LIKE_ENOUGH_TO_NAME)
        return self.workflow.columns[task][labels.index(near[0])] if near else ""

    def _wordings(self, task):
        """Place of each answer by every form of its label that is its alone, from the whole label to its short name."""
        known = {}
        for name, form in FORMS.items():
            wordings = [form(label) for label in self.workflow.tasks[task].labels]
            for wording, place in zip(wordings, self._places[task], strict=True):
                if wordings.count(wording) == 1:
                    known[name, wording] = place
        return known

    def _add_version(self, version, tasks):
        """Take over the one label of a task that another version words differently, all others being the same."""
        asked = {k: as_asked(k, tasks[k]) for k in self._places if isinstance(tasks.get(k), dict)}
        self._versions.setdefault(version, asked)
        for task, other in asked.items():
            labels = [clean_label(label) for label in other.labels]
            if len(labels) != len(self._places[task]) or not self._asks(task, other.text):
                continue
            ours = [squash(label) for label in self.workflow.tasks[task].labels]
            new = [place for place, label in enumerate(labels) if squash(label) != ours[place]]
            if len(new) == 1 and len(labels) > 1 and self._find(task, labels[new[0]]) is NOT_KNOWN:
                self._known[task]["letters", squash(labels[new[0]])] = self._places[task][new[0]]
                self.reworded[task, labels[new[0]]] = self.workflow.columns[task][new[0]]

    def _asks(self, task, text):
        """Whether this text asks the task's question; True where nothing says what was asked."""
        plain = clean_label(text)
        if not plain or TEXT_KEY.fullmatch(plain) or task in self._trusted:
            return True
        return same_question(plain, self.workflow.tasks[task].text)

    def _add_aliases(self, name, labels):
        key = self.workflow.key_of(name, f"aliases: no task or question {name!r}")
        columns = self.workflow.columns[key]
        places = dict(zip(columns, self._places[key], strict=True))
        start, end = len(self.workflow.questions[key]) + 1, "_yes" if key in self.workflow.boxes else ""
        places |= {column[start:].removesuffix(end): place for column, place in list(places.items())}
        for label, answer in labels.items():
            if answer is not None and answer not in places:
                raise ValueError(f"aliases: {name!r} has no answer {answer!r}{suggest(answer, places)}")
            self._known[key]["alias", squash(label)] = None if answer is None else places[answer]

    def _number(self, annotations, version):
        if (annotations and not _are_annotations(annotations)) or not isinstance(annotations, list):
            raise ValueError("not a list of annotations")
        found, columns, strange = {}, set(), []
        self._collect(annotations, found, strange)
        known_tasks = self._tasks_in(version)
        for task, (value, asked) in found.items():
            boxes = task in self.workflow.boxes  # an empty list says that no box is ticked
            known = known_tasks.get(task, Task(task, SINGLE))
            asked = asked if asked and isinstance(asked, str) else known.text
            if value in (None, "") or (value == [] and not boxes):
                continue
            if task not in self._known:
                strange.append((clean_label(task), "(a task that the workflow does not have)"))
            elif self._asks(task, asked):
                self._read_task(task, _worded(value, known.labels), columns, strange)
            else:
                strange.append((task, f"(another question in version {version}: {clean_label(asked)})"))
        return self.patterns.setdefault((tuple(sorted(columns)), tuple(strange)), len(self.patterns))

    def _collect(self, annotations, found, strange):
        """Value and question by task, those inside combinations too; of a task answered twice, the last."""
        for annotation in annotations:
            about = annotation if isinstance(annotation, dict) else {}
            task, value = about.get("task"), about.get("value")
            if not isinstance(task, str):
                if annotation is not None:  # a task of a combination that nobody answered
                    strange.append(("(no task)", clean_label(about.get("error", annotation))))
            elif task.split(".")[0] in self.workflow.left_out:  # "T1.0.2" is a question about a mark
                continue
            elif isinstance(value, list) and (task in self._combinations or _are_annotations(value)):
                self._collect(value, found, strange)
            else:
                found[task] = value, about.get("task_label")

    def _tasks_in(self, version):
        """Tasks as a version of the workflow has them; none if it is not known."""
        if version and version in self._versions:
            return self._versions[version]
        major, ours = version.split(".")[0], self.workflow.version.split(".")[0]
        return self.workflow.tasks if major == ours or not (major and ours) else {}

    def _read_task(self, task, values, columns, strange):
        """Add the columns of one task's values, and those values that are no answer to it."""
        boxes = task in self.workflow.boxes
        if len(values) > 1 and not boxes:  # the task was check boxes for a while
            strange.append((task, " + ".join(map(_shown, values))))
            return
        places = [self._find(task, value) for value in values]
        strange += [(task, _shown(v)) for v, place in zip(values, places, strict=True) if place is NOT_KNOWN]
        given = {place for place in places if place not in (NOT_KNOWN, None)}
        columns |= given
        if boxes:  # every box is a yes or a no; the column of "no" stands after that of "yes"
            columns |= {place + 1 for place in self._places[task] if place not in given}

    def _find(self, task, label):
        """Place of the answer with this label, None if its votes are left out on purpose."""
        known = self._known[task]
        if _is_number(label):
            return NOT_KNOWN
        if ("alias", squash(label)) in known:
            return known["alias", squash(label)]
        wordings = ((name, form(label)) for name, form in FORMS.items())
        return next((known[wording] for wording in wordings if wording in known), NOT_KNOWN)


def _worded(value, labels):
    """The values of a task as a list, with labels in place of the numbers of answers."""
    values = [each for each in (value if isinstance(value, list) else [value]) if each is not None]
    return [labels[each] if _is_number(each) and 0 <= each < len(labels) else each for each in values]


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value):
    return f"(answer number {value})" if _is_number(value) else clean_label(value)


def _are_annotations(values):
    """Whether this is a list of annotations; some may be errors of the export, or null."""
    return isinstance(values, list) and any(
        isinstance(each, dict) and ("task" in each or "error" in each) for each in values
    )
