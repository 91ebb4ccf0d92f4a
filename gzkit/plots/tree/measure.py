"""Room that the questions and answers of a tree need, from their texts."""

from dataclasses import dataclass

from gzkit.plots.tree.text import LINE_HEIGHT, balanced_text, block_width, text_width

QUESTION_SIZE, ANSWER_SIZE, VALUE_SIZE = 8.5, 8.0, 8.0  # font sizes [points]
PAD = 5.0  # between a text and the edge of its box [points]
# the widest notes of an answer and of a question, by the amount of numbers written
WIDEST = {"all": ("888 · 100%", "few: median 8 (0–88)"), "shares": ("100%", "median 888"), "none": ("", "")}


@dataclass(frozen=True)
class Size:
    """One question's extent [points].

    Attributes
    ----------
    across, along : float
        Of question and answers together, across and along the tree.
    header : float
        Height of the question's bar.
    tab : float
        Height of its answers where they stand side by side, width where they stand one above another.
    tabs : tuple of float
        Extent of each answer across the tree.
    question_lines : tuple of str
    answer_lines : tuple of tuple of str
    """

    across: float
    along: float
    header: float
    tab: float
    tabs: tuple
    question_lines: tuple
    answer_lines: tuple


def measure(question, style):
    """Room that one question and its answers need.

    Parameters
    ----------
    question : Question
    style : Style

    Returns
    -------
    Size
    """
    return (_measure_down if style.orientation == "down" else _measure_right)(question, style)


def _measure_down(question, style):
    most_lines = 4 if style.wording else 3
    value = text_width(WIDEST[style.numbers][0], VALUE_SIZE)
    answer_lines = tuple(
        balanced_text(_text(a, style), most_lines, ANSWER_SIZE, least=34) for a in question.answers
    )
    tabs = [max(block_width(lines, ANSWER_SIZE), 20, value, style.icon) + 2 * PAD for lines in answer_lines]
    question_lines, width = _measure_header(question, style, sum(tabs) - 2 * PAD, 3 if style.wording else 2)
    missing = max(0.0, width - sum(tabs)) / len(tabs)
    tabs = tuple(tab + missing for tab in tabs)
    header = _header_height(question_lines, style)
    tab = max(_block_height(lines, ANSWER_SIZE) for lines in answer_lines) + 1.4 * PAD
    tab += style.values * VALUE_SIZE * LINE_HEIGHT + (style.icon + 3 if style.icon else 0)
    return Size(sum(tabs), header + tab, header, tab, tabs, question_lines, answer_lines)


def _measure_right(question, style):
    beside = text_width(WIDEST[style.numbers][0], VALUE_SIZE) + 1.6 * PAD if style.values else 0
    beside += style.icon + 3 if style.icon else 0
    answer_lines = []
    for answer in question.answers:
        text = _text(answer, style)
        lines = 4 if style.wording else 2
        answer_lines.append(balanced_text(text, lines, ANSWER_SIZE, least=90 if style.wording else 62))
    width = max(block_width(lines, ANSWER_SIZE) for lines in answer_lines) + 2 * PAD + beside
    question_lines, width = _measure_header(
        question, style, max(width, style.broad) - 2 * PAD, 4 if style.wording else 2, width
    )
    tabs = tuple(
        max(_block_height(lines, ANSWER_SIZE) + 0.9 * style.slack * PAD, style.icon + 2)
        for lines in answer_lines
    )
    header = max(_header_height(question_lines, style), 0.8 * style.ribbon)
    return Size(header + sum(tabs), width, header, width, tabs, question_lines, tuple(answer_lines))


def _measure_header(question, style, least, most_lines, width=0.0):
    note = text_width(WIDEST[style.numbers][1], VALUE_SIZE)
    lines = balanced_text(
        _text(question, style), most_lines, QUESTION_SIZE, bold=True, least=max(least, note)
    )
    return lines, max(width, block_width(lines, QUESTION_SIZE, bold=True) + 2 * PAD, note + 2 * PAD)


def _header_height(lines, style):
    return (
        _block_height(lines, QUESTION_SIZE)
        + style.values * VALUE_SIZE * LINE_HEIGHT
        + 1.5 * style.slack * PAD
    )


def _block_height(lines, size):
    return len(lines) * size * LINE_HEIGHT


def _text(item, style):
    return (item.wording if style.wording else "") or item.text.removesuffix(style.suffix)
