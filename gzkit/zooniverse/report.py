"""What was counted of a classification export, what was not, and what does not add up."""

from typing import TYPE_CHECKING

import numpy as np

from gzkit.votes import total_votes
from gzkit.zooniverse.counting import ASKED_FOR, note

if TYPE_CHECKING:
    import pandas as pd

ROWS_IN_A_SENTENCE, LABELS_IN_A_SENTENCE = 3, 5


def count_report(table: "pd.DataFrame") -> str:
    """What `count_votes` counted, what it did not, and what does not add up.

    Parameters
    ----------
    table : DataFrame
        From `count_votes`.

    Returns
    -------
    str
        Lines to print.

    Raises
    ------
    ValueError
        If the table is another.
    """
    report = table.attrs.get("count_votes")
    if report is None:
        raise ValueError("this table does not come from count_votes")
    lines = [
        f"{report['workflow']}: {report['counted']} of {report['rows']} classifications counted, "
        f"{report['subjects']} subjects, {report['volunteers'] or 'no named'} volunteers"
    ]
    if report["left_out"]:
        lines.append(f"{report['left_out']} subjects left out (not retired, or too few classifications)")
    lines += [f"not counted: {_rows(entry)} {reason}" for reason, entry in report["skipped"].items()]
    lines += [f"counted: {_rows(entry)} {reason}" for reason, entry in report["remarks"].items()]
    if report["reworded"]:
        lines.append("labels that another version words differently, counted:")
        lines += [f"  {task} {label!r} as {column}" for task, label, column in report["reworded"]]
    if report["unmatched"]:
        lines.append(
            "labels that are no answer of this workflow, not counted (aliases= says what they stand for, "
            "reworded= which questions are only worded anew):"
        )
        lines += [f"  {_label(entry)}" for entry in report["unmatched"]]
    lines.append("versions: " + ", ".join(f"{v or 'none'} ({n})" for v, n in report["versions"].items()))
    lines += ["question, subjects whose total is not the votes that led there, largest difference [votes]:"]
    lines += [
        f"  {entry['question']}: {entry['subjects']} of {report['subjects']}, {entry['largest']:+g}"
        for entry in report["totals"]
    ]
    return "\n".join(lines)


def build_report(found, keep, votes, *, left_out=0):
    """The report of an export that has been read, as plain values.

    Parameters
    ----------
    found : Export
    keep : ndarray of bool, shape (classification,)
        Which classifications are counted.
    votes : ndarray, shape (subject, answer)
    left_out : int, optional
        Subjects that are not among them.

    Returns
    -------
    dict
    """
    versions = np.bincount(np.asarray(found.version, int)[keep], minlength=len(found.versions))
    by_number = sorted(zip(found.versions, versions, strict=True), key=lambda pair: -pair[1])
    unmatched = _unmatched(found, keep)
    return {
        "workflow": found.workflow.title,
        "rows": found.rows,
        "counted": int(keep.sum()),
        "subjects": len(votes),
        "left_out": left_out,
        "volunteers": len(found.volunteers),
        "skipped": found.skipped,
        "remarks": found.remarks,
        "unmatched": unmatched,
        "reworded": [[task, label, column] for (task, label), column in found.answers.reworded.items()],
        "versions": {version: int(count) for version, count in by_number},
        "totals": _totals(found.workflow.schema, votes),
        "told": _told(found, unmatched),
    }


def _unmatched(found, keep):
    """Labels that are no answer, most frequent first, with their votes and first rows."""
    strange = [labels for _, labels in found.answers.patterns]
    odd, pattern, counted = np.array([*map(bool, strange)], bool), np.asarray(found.pattern), {}
    for place in np.flatnonzero(keep & odd[pattern]):
        for label in strange[pattern[place]]:
            note(counted, label, found.row[place])
    return [
        dict(task=task, label=label, votes=count, rows=rows, nearest=found.answers.nearest(task, label))
        for (task, label), (count, *rows) in sorted(counted.items(), key=lambda item: -item[1][0])
    ]


def _totals(schema, votes):
    """Where the total of a question is not the votes for the answers that lead to it."""
    totals, found = total_votes(votes, schema), []
    for question in schema.questions:
        if question.asked_after:
            led_here = votes[:, [answer.index for answer in question.asked_after]].sum(axis=1)
            off = totals[:, question.index] - led_here
            largest = float(off[np.argmax(np.abs(off))]) if len(off) else 0.0
            subjects = int((np.abs(off) > 1e-9).sum())
            found.append({"question": question.text, "subjects": subjects, "largest": largest})
    return found


def _told(found, unmatched):
    """What the caller did not ask for, in a few words each."""
    told = [f"{_rows(entry)} {reason}" for reason, entry in found.skipped.items() if reason not in ASKED_FOR]
    told += [f"{_rows(entry)} {reason}" for reason, entry in found.remarks.items()]
    if found.without_weight:
        told.append(f"{len(found.without_weight)} volunteers without a weight count 1")
    if unmatched:
        shown = "; ".join(_label(entry) for entry in unmatched[:LABELS_IN_A_SENTENCE])
        more = len(unmatched) - LABELS_IN_A_SENTENCE
        shown += f" and {more} more" if more > 0 else ""
        told.append(f"{len(unmatched)} labels that are no answer of this workflow: {shown}")
    return told


def _rows(entry):
    count, *rows = entry
    named = ", ".join(map(str, rows[:ROWS_IN_A_SENTENCE]))
    more = ", ..." if count > ROWS_IN_A_SENTENCE else ""
    return f"{count} {'row' if count == 1 else 'rows'} ({named}{more})"


def _label(entry):
    nearest = f", nearest {entry['nearest']!r}" if entry["nearest"] else ""
    rows = _rows([entry["votes"], *entry["rows"]])
    return f"{entry['task']} {entry['label']!r}: {rows}{nearest}"
