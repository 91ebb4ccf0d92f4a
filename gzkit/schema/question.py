"""One question of a survey, its answers, and how each points to the other."""

from dataclasses import dataclass


@dataclass(slots=True, eq=False, repr=False)
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
    wording : str
        What volunteers read, where that is known; else ``""``.
    next_questions : tuple of Question
        Questions asked after this answer; empty where the tree ends.
    """

    text: str
    label: str
    index: int
    question: "Question"
    wording: str = ""
    next_questions: "tuple[Question, ...]" = ()

    def __repr__(self):
        return f"Answer({self.label!r}, index={self.index})"


@dataclass(slots=True, eq=False, repr=False)
class Question:
    """One question of a survey.

    Attributes
    ----------
    text : str
        Its name, ``"disk-edge-on"``.
    index : int
        Its place in ``schema.questions``.
    wording : str
        What volunteers read, where that is known; else ``""``.
    answers : tuple of Answer
        In the order of their columns.
    asked_after : tuple of Answer
        Any of these answers leads here; ``()`` if everybody is asked.
    """

    text: str
    index: int
    wording: str = ""
    answers: tuple[Answer, ...] = ()
    asked_after: tuple[Answer, ...] = ()

    @property
    def labels(self) -> list[str]:
        """Columns of the answers, in order."""
        return [answer.label for answer in self.answers]

    @property
    def columns(self) -> slice:
        """Slice of the answers in an array with an answer axis."""
        return slice(self.answers[0].index, self.answers[-1].index + 1)

    def __repr__(self):
        return f"Question({self.text!r}, answers={[answer.text for answer in self.answers]})"
