"""What volunteers are asked: questions, their answers, and which answers lead to which question."""

import difflib
import json
from pathlib import Path

JSON_FORMAT = "gzkit-schema-1"


class Answer:
    """One answer to one question, and one column of a votes table.

    Attributes
    ----------
    text : str
        The answer's own name, ``"featured-or-disk"``.
    label : str
        Its column, ``"smooth-or-featured_featured-or-disk"``.
    index : int
        Its place in ``schema.label_cols``.
    question : Question
        The question that it answers.
    next_questions : tuple of Question
        Questions asked after this answer; empty where the tree ends.
    wording : str
        What volunteers read, where that is known; else ``""``.
    """

    __slots__ = ("index", "label", "next_questions", "question", "text", "wording")

    def __init__(self, text, label, index, question, wording=""):
        self.text, self.label, self.index, self.question, self.wording = text, label, index, question, wording
        self.next_questions = ()

    def __repr__(self):
        return f"Answer({self.label!r}, index={self.index})"


class Question:
    """One question of a survey.

    Attributes
    ----------
    text : str
        Its name, ``"disk-edge-on"``.
    answers : tuple of Answer
        In the order of their columns.
    asked_after : tuple of Answer
        Any of these answers leads here; ``()`` if everybody is asked.
    index : int
        Its place in ``schema.questions``.
    wording : str
        What volunteers read, where that is known; else ``""``.
    """

    __slots__ = ("answers", "asked_after", "index", "text", "wording")

    def __init__(self, text, index, wording=""):
        self.text, self.index, self.wording = text, index, wording
        self.answers, self.asked_after = (), ()

    @property
    def labels(self):
        """Columns of the answers, in order."""
        return [answer.label for answer in self.answers]

    @property
    def columns(self):
        """Slice of the answers in an array with an answer axis."""
        return slice(self.answers[0].index, self.answers[-1].index + 1)

    def __repr__(self):
        return f"Question({self.text!r}, answers={[answer.text for answer in self.answers]})"


class Schema:
    """A survey's questions and answers, and the decision tree that joins them.

    Parameters
    ----------
    pairs : dict of str to sequence of str
        Each question's name with the suffixes of its answers: ``{"bar": ["_strong", "_weak", "_no"]}``.
        The order is the order of the columns.
    dependencies : dict of str to (None, str or sequence of str)
        For each question the answer, or the several answers, after any of which it is asked (as columns,
        ``"disk-edge-on_no"``), or None if every volunteer is asked. Where there are several they must exclude each
        other, as the answers along different paths of a tree do.
    name : str, optional
        Used in messages and pictures.
    wording : dict of str to str, optional
        What volunteers read, by question name or by answer column.

    Raises
    ------
    ValueError
        For a question without answers, a repeated answer, a question missing in one of the two dictionaries, a
        parent that is no answer, or a question that leads back to itself.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema(
    ...     {"smooth-or-featured": ["_smooth", "_featured-or-disk"], "disk-edge-on": ["_yes", "_no"]},
    ...     {"smooth-or-featured": None, "disk-edge-on": "smooth-or-featured_featured-or-disk"},
    ... )
    >>> schema.label_cols
    ['smooth-or-featured_smooth', 'smooth-or-featured_featured-or-disk', 'disk-edge-on_yes', 'disk-edge-on_no']
    >>> schema.get_question("disk-edge-on").asked_after
    (Answer('smooth-or-featured_featured-or-disk', index=1),)
    """

    def __init__(self, pairs, dependencies, *, name="", wording=None):
        self.name = name
        wording = dict(wording or {})
        self._check_pairs(pairs, dependencies)
        self.questions = _build_questions(pairs, wording)
        self.answers = tuple(answer for question in self.questions for answer in question.answers)
        self._question_by_text = {question.text: question for question in self.questions}
        self._answer_by_label = {answer.label: answer for answer in self.answers}
        self._check_columns(wording)
        for question in self.questions:
            self._connect(question, dependencies[question.text])
        self.walk_order = self._order_parents_first()

    @classmethod
    def from_classes(cls, question, classes, *, name=""):
        """Classification as a schema: one question, of which each galaxy has one vote.

        Parameters
        ----------
        question : str
            Name of the question, ``"merger"``.
        classes : sequence of str
            Names of the classes, ``["yes", "no"]``; the columns are ``merger_yes`` and ``merger_no``.
        name : str, optional

        Returns
        -------
        Schema
        """
        return cls({question: [f"_{text}" for text in classes]}, {question: None}, name=name or question)

    @property
    def label_cols(self):
        """Column of every answer, in order: list of str."""
        return [answer.label for answer in self.answers]

    @property
    def question_index_groups(self):
        """First and last column of each question, both inclusive: list of (int, int)."""
        return [(question.answers[0].index, question.answers[-1].index) for question in self.questions]

    @property
    def pairs(self):
        """Answer suffixes by question, as given to `Schema`."""
        return {
            question.text: [f"_{answer.text}" for answer in question.answers] for question in self.questions
        }

    @property
    def dependencies(self):
        """Parent columns by question: None, one column, or a list of them."""
        return {
            question.text: _shortest([a.label for a in question.asked_after]) for question in self.questions
        }

    @property
    def wording(self):
        """What volunteers read, by question name or answer column, where that is known."""
        texts = {question.text: question.wording for question in self.questions}
        texts |= {answer.label: answer.wording for answer in self.answers}
        return {key: text for key, text in texts.items() if text}

    def get_question(self, text):
        """The question of this name.

        Parameters
        ----------
        text : str

        Returns
        -------
        Question

        Raises
        ------
        KeyError
            If there is none; the nearest name is suggested.
        """
        return self._get(self._question_by_text, text, "question")

    def get_answer(self, label):
        """The answer with this column.

        Parameters
        ----------
        label : str
            ``"bar_strong"``.

        Returns
        -------
        Answer

        Raises
        ------
        KeyError
            If there is none; the nearest column is suggested.
        """
        return self._get(self._answer_by_label, label, "answer")

    def to_dict(self):
        """The schema as plain dictionaries and lists, ready for JSON."""
        return {
            "format": JSON_FORMAT,
            "name": self.name,
            "pairs": self.pairs,
            "dependencies": self.dependencies,
            "wording": self.wording,
        }

    @classmethod
    def from_dict(cls, content):
        """The schema that `to_dict` described.

        Parameters
        ----------
        content : dict

        Returns
        -------
        Schema

        Raises
        ------
        ValueError
            If this is not the description of a schema.
        """
        if not isinstance(content, dict) or not {"pairs", "dependencies"} <= content.keys():
            raise ValueError("not a schema: expected a JSON object with 'pairs' and 'dependencies'")
        return cls(
            content["pairs"],
            content["dependencies"],
            name=content.get("name", ""),
            wording=content.get("wording"),
        )

    def to_json(self, path):
        """Write the schema to a JSON file.

        Parameters
        ----------
        path : str or Path
        """
        Path(path).write_text(
            json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )

    @classmethod
    def from_json(cls, path):
        """Read a schema from a JSON file.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Schema

        Raises
        ------
        ValueError
            If the file is not JSON, or not a schema; the message names it.
        """
        try:
            return cls.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
        except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
            raise ValueError(f"{path}: {error}") from error

    def __eq__(self, other):
        if not isinstance(other, Schema):
            return NotImplemented
        return (
            list(self.pairs.items()) == list(other.pairs.items()) and self.dependencies == other.dependencies
        )

    def __hash__(self):
        return hash(tuple(self.label_cols))

    def __reduce__(self):
        return (Schema.from_dict, (self.to_dict(),))

    def __str__(self):
        from gzkit.schema.text import schema_to_text

        return schema_to_text(self)

    def _repr_html_(self):
        from gzkit.schema.text import schema_to_html

        return schema_to_html(self)

    def __repr__(self):
        return f"Schema({self.name!r}, {len(self.questions)} questions, {len(self.answers)} answers)"

    def _error(self, problem):
        return ValueError(f"{self.name or 'schema'}: {problem}")

    def _get(self, table, key, kind):
        if key not in table:
            raise KeyError(f"{self.name or 'schema'}: no {kind} {key!r}{suggest(key, table)}")
        return table[key]

    def _check_pairs(self, pairs, dependencies):
        if not pairs:
            raise self._error("no questions")
        for text, suffixes in pairs.items():
            if isinstance(suffixes, str) or not len(suffixes):
                raise self._error(f"question {text!r} needs a list of answers, got {suffixes!r}")
            for suffix in suffixes:
                if not isinstance(suffix, str) or not suffix.startswith("_") or len(suffix) < 2:
                    raise self._error(
                        f"question {text!r}: answer {suffix!r} must be text that starts with '_'"
                    )
                if suffixes.count(suffix) > 1:
                    raise self._error(f"question {text!r} repeats the answer {suffix!r}")
        for text in pairs:
            if text not in dependencies:
                raise self._error(
                    f"question {text!r} has no entry in dependencies (None if everybody is asked)"
                )
        for text in dependencies:
            if text not in pairs:
                raise self._error(
                    f"dependencies name a question {text!r} that does not exist{suggest(text, pairs)}"
                )

    def _check_columns(self, wording):
        if len(self._answer_by_label) < len(self.answers):
            labels = self.label_cols
            twice = sorted({label for label in labels if labels.count(label) > 1})
            raise self._error(f"two answers share the column {twice}")
        known = self._question_by_text | self._answer_by_label
        for key in wording:
            if key not in known:
                raise self._error(f"wording for {key!r}, which is no question or answer{suggest(key, known)}")

    def _connect(self, question, parents):
        labels = [] if parents is None else [parents] if isinstance(parents, str) else list(parents)
        for label in labels:
            if label not in self._answer_by_label:
                hint = suggest(label, self._answer_by_label)
                raise self._error(
                    f"question {question.text!r} is asked after {label!r}, which no question offers{hint}"
                )
            if labels.count(label) > 1:
                raise self._error(f"question {question.text!r} is asked after {label!r} twice")
        question.asked_after = tuple(self._answer_by_label[label] for label in labels)
        for answer in question.asked_after:
            answer.next_questions += (question,)

    def _order_parents_first(self):
        """Questions with every parent before its children, otherwise in column order."""
        ordered, waiting = [], list(self.questions)
        while waiting:
            ready = [q for q in waiting if all(a.question in ordered for a in q.asked_after)]
            if not ready:
                raise self._error(f"these questions lead in a circle: {[q.text for q in waiting]}")
            ordered.append(ready[0])
            waiting.remove(ready[0])
        return tuple(ordered)


def suggest(name, known):
    """The end of an error message: the nearest known name, if any is near.

    Parameters
    ----------
    name : str
    known : iterable of str

    Returns
    -------
    str
        ``"; did you mean 'bar_strong'?"``, or ``""``.
    """
    nearest = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _build_questions(pairs, wording):
    questions, index = [], 0
    for text, suffixes in pairs.items():
        question = Question(text, len(questions), wording.get(text, ""))
        labels = [text + suffix for suffix in suffixes]
        question.answers = tuple(
            Answer(suffix[1:], label, index + i, question, wording.get(label, ""))
            for i, (suffix, label) in enumerate(zip(suffixes, labels, strict=True))
        )
        index += len(suffixes)
        questions.append(question)
    return tuple(questions)


def _shortest(labels):
    return None if not labels else labels[0] if len(labels) == 1 else labels
