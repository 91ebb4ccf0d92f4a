"""Which columns of a votes table a Zooniverse classification is a vote for."""

import difflib
import json

from gzkit.schema.tree import suggest
from gzkit.zooniverse.labels import answer_name, clean_label, squash

LIKE_ENOUGH_TO_NAME = 0.6
TEXTS_REMEMBERED = 20_000  # some 40 MB; volunteers who answered alike left the same text
NOT_KNOWN = object()
BY_VERSION = -1  # in place of a pattern's number


class Answers:
    """Reads the annotations of classifications as votes.

    Parameters
    ----------
    workflow : Workflow
    aliases : dict of str to dict of str to (str or None), optional
        By task or question and label, the answer for which that label stands; None to leave its votes out.

    Attributes
    ----------
    patterns : list of tuple of int
        Every set of columns for which some classification is a vote.
    reworded : dict of (str, str) to str
        Column, by task and label, of labels of other versions that differ from the workflow's in wording alone.
    strange : list of tuple of (str, str)
        The tasks and labels beside each of them that are no answer.

    Raises
    ------
    ValueError
        If an alias is of a task, or for an answer, that the workflow does not have.
    """

    def __init__(self, workflow, aliases=None):
        self.workflow = workflow
        places = {label: index for index, label in enumerate(workflow.schema.label_cols)}
        self._places = {key: [places[c] for c in columns] for key, columns in workflow.columns.items()}
        self._known = {key: self._wordings(key) for key in workflow.columns}
        self.reworded = {}
        for content in workflow.versions:
            self._add_version(content)
        for task, labels in (aliases or {}).items():
            self._add_aliases(task, labels)
        self._read, self._numbers = {}, {}
        self.patterns, self.strange = [], []

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
        """
        number = self._read.get(text)
        if number == BY_VERSION:
            number = self._read.get((version, text))
        if number is None:
            if len(self._read) >= TEXTS_REMEMBERED:
                self._read.clear()
            values = _values(json.loads(text))
            key = text
            if any(map(_is_number, _flat(values))):
                self._read[text], key = BY_VERSION, (version, text)
            number = self._read[key] = self._number(values, version)
        return number

    def nearest(self, task, label):
        """Column of the task's answer whose wording is nearest to a label; empty if none is near."""
        labels = [squash(known) for known in self.workflow.labels.get(task, [])]
        near = difflib.get_close_matches(squash(label), labels, n=1, cutoff=LIKE_ENOUGH_TO_NAME)
        return self.workflow.columns[task][labels.index(near[0])] if near else ""

    def _wordings(self, task):
        """Place of each answer by every wording that is its alone, from the whole label to its short name."""
        labels, places, known = self.workflow.labels[task], self._places[task], {}
        for wordings in reversed([[form(label) for label in labels] for form in FORMS]):
            known |= {w: place for w, place in zip(wordings, places, strict=True) if wordings.count(w) == 1}
        return known

    def _add_version(self, content):
        """Take over the one label of a task that another version words differently, all others being the same."""
        for task, raw in (content.get("tasks") or {}).items():
            labels = [clean_label(label) for label in labels_of(raw)]
            if len(labels) != len(self._places.get(task, [])):
                continue
            ours = [squash(label) for label in self.workflow.labels[task]]
            other = [place for place, label in enumerate(labels) if squash(label) != ours[place]]
            if len(other) == 1 and len(labels) > 1 and self._find(task, labels[other[0]]) is NOT_KNOWN:
                self._known[task][_letters(labels[other[0]])] = self._places[task][other[0]]
                self.reworded[task, labels[other[0]]] = self.workflow.columns[task][other[0]]

    def _add_aliases(self, name, labels):
        tasks = [key for key, question in self.workflow.questions.items() if name in (key, question)]
        if not tasks:
            known = [*self.workflow.questions, *self.workflow.questions.values()]
            raise ValueError(f"aliases: no task or question {name!r}{suggest(name, known)}")
        columns = self.workflow.columns[tasks[0]]
        places = dict(zip(columns, self._places[tasks[0]], strict=True))
        places |= {column.partition("_")[2]: place for column, place in list(places.items())}
        for label, answer in labels.items():
            if answer is not None and answer not in places:
                raise ValueError(f"aliases: {name!r} has no answer {answer!r}{suggest(answer, places)}")
            self._known[tasks[0]][_alias(label)] = None if answer is None else places[answer]

    def _number(self, values, version):
        columns, strange = set(), []
        for task, value in values.items():
            if task in self.workflow.left_out:
                continue
            if task not in self._known:
                if value not in (None, "", []):
                    strange.append((task, "(a task that the workflow does not have)"))
            elif task in self.workflow.boxes:
                self._read_boxes(task, self._worded(task, value, version), columns, strange)
            else:
                self._read_answer(task, self._worded(task, value, version), columns, strange)
        pattern = (tuple(sorted(columns)), tuple(strange))
        if pattern not in self._numbers:
            self._numbers[pattern] = len(self.patterns)
            self.patterns.append(pattern[0])
            self.strange.append(pattern[1])
        return self._numbers[pattern]

    def _worded(self, task, value, version):
        """The values of a task as a list, with labels in place of the numbers of answers."""
        values = value if isinstance(value, list) else [value]
        labels = self._labels(version).get(task, [])
        return [
            labels[each] if _is_number(each) and 0 <= each < len(labels) else each
            for each in values
            if each is not None
        ]

    def _labels(self, version):
        """Labels by task of a version of the workflow; none if it is not known."""
        major, ours = version.split(".")[0], self.workflow.version.split(".")[0]
        for content in self.workflow.versions:
            if version and str(content.get("version", "")) == version:
                return {key: labels_of(task) for key, task in (content.get("tasks") or {}).items()}
        return self.workflow.labels if major == ours or not (major and ours) else {}

    def _read_answer(self, task, values, columns, strange):
        if len(values) > 1:  # the task was check boxes for a while
            strange.append((task, " + ".join(map(_shown, values))))
        elif values:
            self._vote(task, values[0], columns, strange)

    def _read_boxes(self, task, values, columns, strange):
        """Every box is a yes or a no; the column of "no" stands after that of "yes"."""
        yes = set()
        for value in values:
            self._vote(task, value, yes, strange)
        columns |= yes | {place + 1 for place in self._places[task] if place not in yes}

    def _vote(self, task, value, columns, strange):
        place = self._find(task, value)
        if place is NOT_KNOWN:
            strange.append((task, _shown(value)))
        elif place is not None:
            columns.add(place)

    def _find(self, task, label):
        """Place of the answer with this label, None if its votes are left out on purpose."""
        if _is_number(label):
            return NOT_KNOWN
        for form in (_alias, *FORMS):
            if form(label) in self._known[task]:
                return self._known[task][form(label)]
        return NOT_KNOWN


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
    answers = task.get("answers") if isinstance(task, dict) else None
    return [str(answer.get("label", "")) for answer in answers] if isinstance(answers, list) else []


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _flat(values):
    for value in values.values():
        yield from value if isinstance(value, list) else [value]


def _shown(value):
    return f"(answer number {value})" if _is_number(value) else clean_label(value)


def _alias(label):
    return ("alias", squash(label))


def _whole(label):
    return ("whole", str(label))


def _plain(label):
    return ("plain", clean_label(label).casefold())


def _letters(label):
    return ("letters", squash(label))


def _short(label):
    return ("short", squash(answer_name(label)))


FORMS = (_whole, _plain, _letters, _short)  # by which a label is compared, one after the other


def _values(annotations):
    """Value by task, those inside combinations too; of a task answered twice, the last."""
    if not isinstance(annotations, list):
        raise ValueError("not a list of annotations")
    found = {}
    for annotation in annotations:
        if not isinstance(annotation, dict) or "task" not in annotation:
            raise ValueError("not a list of annotations")
        value = annotation.get("value")
        if isinstance(value, list) and value and all(isinstance(v, dict) and "task" in v for v in value):
            found |= _values(value)
        else:
            found[annotation["task"]] = value
    return found
