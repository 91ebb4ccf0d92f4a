"""A survey's decision tree, and every way in and out of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gzkit.files.whole import write_text
from gzkit.schema.build import NOT_IN_TEXTS, Dependencies, Pairs, build_questions, parents_first, suggest
from gzkit.schema.files import read_json, told_of
from gzkit.schema.question import Answer, Question
from gzkit.schema.text import schema_to_html, schema_to_text

__all__ = ["Answer", "Question", "Schema", "suggest"]

JSON_FORMAT = "gzkit-schema-1"


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

    def __init__(
        self,
        pairs: Pairs,
        dependencies: Dependencies,
        *,
        name: str = "",
        wording: Mapping[str, str] | None = None,
    ):
        if not isinstance(name, str) or NOT_IN_TEXTS.search(name):
            raise ValueError(
                f"the name of a schema must be text without control characters, not {name!r:.60}"
            )
        self.name = name
        try:
            self.questions = build_questions(pairs, dependencies, {} if wording is None else wording)
            self.walk_order = parents_first(self.questions)
        except ValueError as error:
            raise ValueError(f"{name or 'schema'}: {error}") from None
        self.answers = tuple(answer for question in self.questions for answer in question.answers)
        self._question_by_text = {question.text: question for question in self.questions}
        self._answer_by_label = {answer.label: answer for answer in self.answers}

    @classmethod
    def from_classes(cls, question: str, classes: Sequence[str], *, name: str = "") -> "Schema":
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
    def label_cols(self) -> list[str]:
        """Column of every answer, in order: list of str."""
        return [answer.label for answer in self.answers]

    @property
    def question_index_groups(self) -> list[tuple[int, int]]:
        """First and last column of each question, both inclusive: list of (int, int)."""
        return [(question.answers[0].index, question.answers[-1].index) for question in self.questions]

    @property
    def pairs(self) -> dict[str, list[str]]:
        """Answer suffixes by question, as given to `Schema`."""
        return {
            question.text: [f"_{answer.text}" for answer in question.answers] for question in self.questions
        }

    @property
    def dependencies(self) -> dict[str, str | list[str] | None]:
        """Parent columns by question: None, one column, or a list of them."""
        return {
            question.text: _shortest([a.label for a in question.asked_after]) for question in self.questions
        }

    @property
    def wording(self) -> dict[str, str]:
        """What volunteers read, by question name or answer column, where that is known."""
        texts = {question.text: question.wording for question in self.questions}
        texts |= {answer.label: answer.wording for answer in self.answers}
        return {key: text for key, text in texts.items() if text}

    def get_question(self, text: str) -> Question:
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

    def get_answer(self, label: str) -> Answer:
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

    def to_dict(self) -> dict[str, Any]:
        """The schema as plain dictionaries and lists, ready for JSON."""
        return {
            "format": JSON_FORMAT,
            "name": self.name,
            "pairs": self.pairs,
            "dependencies": self.dependencies,
            "wording": self.wording,
        }

    @classmethod
    def from_dict(cls, content: Any) -> "Schema":
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
        if content.get("format", JSON_FORMAT) != JSON_FORMAT:
            raise ValueError(f"format {content['format']!r:.60}, expected {JSON_FORMAT!r}")
        return cls(
            content["pairs"],
            content["dependencies"],
            name=content.get("name") or "",
            wording=content.get("wording"),
        )

    def to_json(self, path: str | Path) -> None:
        """Write the schema to a JSON file.

        Parameters
        ----------
        path : str or Path
        """
        write_text(path, json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n")

    def to_html(self, path: str | Path, votes: Any = None) -> None:
        """Write the tree as one page of HTML that lives without a kernel or a network: zoom, fold, hover, walk.

        Parameters
        ----------
        path : str or Path
        votes : array_like, dict, Series or DataFrame, optional
            What flows through the tree, as in `gz.plot_tree` [votes]. Of a catalogue the page also holds galaxies one
            by one, with their images where it has ``file_loc``.

        Raises
        ------
        ValueError
            If the votes do not fit the schema.
        """
        from gzkit.report.tree import write_trees

        write_trees(path, [self], votes)

    @classmethod
    def from_json(cls, path: str | Path) -> "Schema":
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
        content = read_json(path)
        with told_of(path):
            return cls.from_dict(content)

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
        return schema_to_text(self)

    def _repr_html_(self):
        return schema_to_html(self)

    def __repr__(self):
        return f"Schema({self.name!r}, {len(self.questions)} questions, {len(self.answers)} answers)"

    def _get(self, table, key, kind):
        if key not in table:
            raise KeyError(f"{self.name or 'schema'}: no {kind} {key!r}{suggest(key, table)}")
        return table[key]


def _shortest(labels):
    return None if not labels else labels[0] if len(labels) == 1 else labels
