"""A schema as text for the terminal, and as a collapsible list for notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING

from gzkit.palette import MUTED
from gzkit.schema.question import Answer, Question

if TYPE_CHECKING:
    from gzkit.schema.tree import Schema


@dataclass
class Block:
    """A question where it is written: its answers, each with what only they lead to, and what comes after it all.

    A question that several answers lead to is written once, at the end of the smallest part of the tree that holds all
    those answers.
    """

    question: Question
    under: dict[str, list[Block]]  # by answer's label
    after: list[Block] = field(default_factory=list)


def schema_blocks(schema: Schema) -> list[Block]:
    """The tree as nested blocks, every question once.

    Parameters
    ----------
    schema : Schema

    Returns
    -------
    list of Block
        The questions with which the tree begins.

    Examples
    --------
    >>> import gzkit as gz
    >>> [block.question.text for block in schema_blocks(gz.load_schema("gz-decals-dr5"))]
    ['smooth-or-featured']
    """
    blocks: dict[str, Block] = {}
    homes: dict[str, tuple] = {}
    top = []
    for question in schema.walk_order:
        block = blocks[question.text] = Block(question, {answer.label: [] for answer in question.answers})
        home = _common_home([(*homes[a.question.text], a.question, a) for a in question.asked_after])
        homes[question.text] = home
        if not home:
            top.append(block)
        elif isinstance(home[-1], Answer):
            blocks[home[-1].question.text].under[home[-1].label].append(block)
        else:
            blocks[home[-1].text].after.append(block)
    return top


def schema_to_text(schema: Schema) -> str:
    """The tree in characters: ``print(schema)``.

    Parameters
    ----------
    schema : Schema

    Returns
    -------
    str

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema(
    ...     {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "odd": ["_yes", "_no"]},
    ...     {"shape": None, "edge-on": "shape_disk", "odd": ["edge-on_yes", "edge-on_no"]},
    ... )
    >>> print(schema_to_text(schema))
    schema: 3 questions, 6 answers
    <BLANKLINE>
    shape
    ├─ smooth
    └─ disk
         edge-on
         ├─ yes ─┐
         └─ no ──┴→ odd
         odd
         ├─ yes
         └─ no
    """
    lines = _unfolded(_block_lines, [(block, "") for block in schema_blocks(schema)])
    return "\n".join([_heading(schema), "", *lines])


def schema_to_html(schema: Schema) -> str:
    """The tree as nested lists that fold: what a notebook shows of a schema.

    They are plain ``<details>`` elements: they open and close from the keyboard and are read by screen readers. Texts
    are escaped; colours come from the notebook's own theme.

    Parameters
    ----------
    schema : Schema

    Returns
    -------
    str
    """
    style = (
        ".gzkit-tree details{margin:0 0 0 .4em}.gzkit-tree ul{list-style:none;margin:0;padding:0 0 .2em 1em;"
        f"border-left:2px solid {MUTED}}}.gzkit-tree li{{margin:.1em 0}}.gzkit-tree summary{{cursor:pointer}}"
        ".gzkit-tree small{opacity:.75}"
    )
    body = "".join(_unfolded(_block_html, [(block,) for block in schema_blocks(schema)]))
    return (
        f'<div class="gzkit-tree" role="group" aria-label="{escape("Decision tree: " + _heading(schema))}">'
        f"<style>{style}</style><p><b>{escape(_heading(schema))}</b></p>{body}</div>"
    )


def _heading(schema):
    return f"{schema.name or 'schema'}: {_count(schema.questions, 'question')}, {_count(schema.answers, 'answer')}"


def _count(things, word):
    return f"{len(things)} {word}{'s' * (len(things) != 1)}"


def _common_home(ways):
    """The part of the tree that all of these ways go through, as questions and answers from the top."""
    shared = takewhile(lambda places: len(set(places)) == 1, zip(*ways, strict=False))
    return tuple(places[0] for places in shared)


def _unfolded(write, waiting):
    """Texts in order: ``write`` gives texts, and arguments of itself. Without recursion, so however deep."""
    waiting = waiting[::-1]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            yield piece
        else:
            waiting += list(write(*piece))[::-1]


def _block_lines(block, indent):
    question = block.question
    yield indent + question.text
    longest = max(len(answer.text) for answer in question.answers)
    pointers = [_pointer(block, answer) for answer in question.answers]
    for i, answer in enumerate(question.answers):
        last = i == len(question.answers) - 1
        before = i > 0 and pointers[i] and pointers[i - 1] == pointers[i]
        beyond = not last and pointers[i] and pointers[i + 1] == pointers[i] and not block.under[answer.label]
        before = before and not block.under[question.answers[i - 1].label]
        line = f"{indent}{'└' if last else '├'}─ {answer.text}"
        if before or beyond:
            corner = "┐" if not before else "┤" if beyond else f"┴→ {pointers[i]}"
            line += f" {'─' * (longest - len(answer.text) + 1)}{corner}"
        elif pointers[i]:
            line += f" → {pointers[i]}"
        yield line
        for inner in block.under[answer.label]:
            yield inner, indent + ("     " if last else "│    ")
    for following in block.after:
        yield following, indent


def _pointer(block, answer):
    """Names of the next questions that are not written right under the answer."""
    here = [inner.question for inner in block.under[answer.label]]
    return ", ".join(question.text for question in answer.next_questions if question not in here)


def _block_html(block):
    question = block.question
    parents = list(dict.fromkeys(answer.question.text for answer in question.asked_after))
    after = (
        f" <small>asked after {escape(', '.join(parents))}</small>" if len(question.asked_after) > 1 else ""
    )
    yield f"<details open><summary><b>{escape(question.text)}</b>{_wording_html(question)}{after}</summary><ul>"
    for answer in question.answers:
        pointer = _pointer(block, answer)
        text = escape(answer.text) + _wording_html(answer)
        text += f" <small>then {escape(pointer)}</small>" if pointer else ""
        text += "" if answer.next_questions else " <small>end</small>"
        yield f"<li>{text}"
        for nested in block.under[answer.label]:
            yield (nested,)
        yield "</li>"
    yield "</ul></details>"
    for following in block.after:
        yield (following,)


def _wording_html(item):
    return f" <small>“{escape(item.wording)}”</small>" if item.wording else ""
