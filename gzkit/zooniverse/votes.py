"""Votes of each subject from the classification export of a Zooniverse project."""

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from gzkit.schema.tree import Schema
from gzkit.zooniverse.answers import Answers
from gzkit.zooniverse.counting import NO_VOLUNTEER, Export, note
from gzkit.zooniverse.report import build_report
from gzkit.zooniverse.workflow import Workflow, read_workflow

DUPLICATES = ("first", "last", "all")


class CountWarning(UserWarning):
    """Some rows of an export, or some answers in it, are not counted."""


def count_votes(
    export: str | Path | Sequence[str | Path],
    workflow: str | Path | dict | Workflow,
    *,
    like: Schema | str | None = None,
    rename: Mapping[str, str] | None = None,
    boxes: str = "leave-out",
    leave_out: str | Sequence[str] = (),
    workflow_id: str | int | None = None,
    aliases: Mapping[str, Mapping[str, str | None]] | None = None,
    reworded: str | Sequence[str] = (),
    duplicates: str = "first",
    subjects: str | Path | Iterable[str | int] | None = None,
    since: str | None = None,
    min_version: str | int | None = None,
    include: Sequence[str] = (),
    min_classifications: int = 1,
    retired: bool = False,
    weights: str | Mapping[str, float] | None = None,
    metadata: str | Sequence[str] = "usual",
    progress: bool = False,
) -> pd.DataFrame:
    """Votes of each subject, from a project's classification export.

    An answer is known by its label: cleaned of images and Markdown and compared by letters and digits; or, where no
    other answer to the task has it, by what stands before a dash or bracket ("No" for "No - Something Else"); or as
    the one answer of a task that another version of the workflow words differently. Nothing is guessed beyond that:
    labels that are no answer are listed with their counts. Answers to another question, which the task asked in another
    version of the workflow, are listed too and not counted.

    The file is read one row at a time; memory grows by some 30 bytes a classification and a few hundred a subject and
    a volunteer.

    Parameters
    ----------
    export : str or Path, or sequence of them
        The export, ``.csv`` or ``.csv.gz``; or several, as of the students of a class with `gz.classify`: a volunteer
        who is in two of them is counted once a subject. Rows are numbered on from file to file.
    workflow : str, Path, dict or Workflow
        As for `schema_from_workflow`; of a workflows export (CSV), the wordings of all versions are known.
    like, rename, boxes, leave_out, workflow_id
        As for `schema_from_workflow`.
    aliases : dict of str to dict of str to (str or None), optional
        By task or question and label, the answer for which an older or odd label stands:
        ``{"bulge-size": {"Obvious": "large"}, "T11": {"Neither": None}}``. None leaves its votes out on purpose.
    reworded : sequence of str, optional
        Tasks or questions that some version only words anew: their votes count whatever was asked.
    duplicates : {"first", "last", "all"}, optional
        Which classification to count when a volunteer classified a subject more than once. A volunteer is a user name
        or, without one, an address (as Zooniverse has hashed it) and session.
    subjects : str, Path or sequence, optional
        Subjects to count, those of a list of images for instance: ids, or a CSV file with a column ``id_str`` or
        ``subject_id``.
    since : str, optional
        Count classifications from this date on (``"2018-02-27"``, UTC). Dates as spreadsheets write them are read;
        rows where day and month may be either, and it matters, are not counted.
    min_version : str or int, optional
        Count classifications made with this version of the workflow or a later one.
    include : sequence of {"gold", "expert", "pre-launch"}, optional
        Count what is left out otherwise: classifications of gold standard mode (gold), by the project's experts
        (expert), and from before its launch (pre-launch).
    min_classifications : int, optional
        Leave out subjects with fewer.
    retired : bool, optional
        Leave out subjects that are not retired.
    weights : str or dict of str to float, optional
        A column of the export, or a weight for each user name (1 for all others, who are told); votes are then sums of
        weights.
    metadata : "usual", "all", or sequence of str, optional
        Which of the subjects' metadata to carry along, by name in lower case without Zooniverse's ``#``, ``!`` or
        ``//``. Usual are name, iauname, ra, dec and file names.
    progress : bool, optional
        Whether to show a bar.

    Returns
    -------
    DataFrame
        A row a subject, by id: ``id_str``, metadata, ``classifications`` counted, and votes [votes] in the columns of
        the schema: a catalog for `read_catalog`, unless they are sums of weights, which are not whole. `count_report`
        tells what was counted, what was not, and where questions' totals differ from the votes that led to them.

    Raises
    ------
    ValueError
        If the file is no classification export, or has no row of this workflow.

    Warns
    -----
    CountWarning
        If rows are not counted, or labels are no answer.

    Examples
    --------
    >>> import csv
    >>> import json
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gzkit as gz
    >>> answers = [{"label": "![a bar](bar.png) Yes"}, {"label": "No"}]
    >>> workflow = {"first_task": "T0", "tasks": {"T0": {"type": "single", "question": "Bar?", "answers": answers}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "classifications.csv"
    ...     with open(path, "w", newline="") as file:
    ...         rows = csv.writer(file)
    ...         _ = rows.writerow(["user_name", "subject_ids", "annotations"])
    ...         for user, label in [("ada", "Yes"), ("bo", "**No**"), ("cy", "yes")]:
    ...             _ = rows.writerow([user, 7, json.dumps([{"task": "T0", "value": label}])])
    ...     gz.count_votes(path, workflow)
      id_str  classifications  bar_yes  bar_no
    0      7                3        2       1
    """
    exports = _paths(export)
    if duplicates not in DUPLICATES:
        raise ValueError(f"duplicates must be one of {DUPLICATES}, not {duplicates!r}")
    workflow = read_workflow(
        workflow, workflow_id=workflow_id, like=like, rename=rename, boxes=boxes, leave_out=leave_out
    )
    answers = Answers(workflow, aliases, reworded)
    found = Export(exports[0], workflow, answers, weights, metadata, subjects, since, min_version, include)
    for each in exports:
        found.read(each, progress)
    keep = _without_duplicates(found, duplicates)
    votes = _sum_votes(found, keep)
    classifications = np.bincount(np.asarray(found.subject)[keep], minlength=len(found.subjects))
    wanted = classifications >= min_classifications
    if retired:
        wanted &= np.asarray(found.retired, bool)
    order = sorted(np.flatnonzero(wanted), key=_by_number([*found.subjects]))
    table = _table(found, votes[order], classifications[order], order)
    report = build_report(found, keep, votes[order], left_out=len(wanted) - len(order))
    table.attrs["count_votes"] = report
    if report["told"]:
        warnings.warn(f"{found.path.name}: {'; '.join(report['told'])}", CountWarning, stacklevel=2)
    return table


def _paths(export):
    """One export, or several, as a list of paths."""
    exports = list(export) if isinstance(export, list | tuple) else [export]
    for each in exports:
        if not isinstance(each, str | Path):
            kind = type(each).__name__
            raise TypeError(f"export must be the path of a classification export, not a {kind}")
    if not exports:
        raise ValueError("export is an empty list; name at least one classification export")
    return exports


def _without_duplicates(found, choice):
    """Which classifications to count: one a volunteer and subject, unless all are wanted."""
    if choice == "all":
        return np.ones(len(found.subject), bool)
    kinds = ("subject", "volunteer", "order")
    made = pd.DataFrame({kind: np.asarray(getattr(found, kind)) for kind in kinds})
    made = made.sort_values("order", kind="stable")
    again = made.duplicated(["subject", "volunteer"], keep=choice) & (made["volunteer"] != NO_VOLUNTEER)
    again = again.sort_index().to_numpy()
    for row in np.sort(np.asarray(found.row)[again]).tolist():
        note(found.skipped, "by a volunteer who classified the same subject before", row)
    return ~again


def _sum_votes(found, keep):
    """Votes, or weights, of each subject for each answer: (subject, answer)."""
    columns = np.zeros((len(found.answers.patterns), len(found.workflow.schema.answers)), int)
    for pattern, (places, _) in enumerate(found.answers.patterns):
        columns[pattern, list(places)] = 1
    weight = np.ones(keep.sum(), int) if found.weights is None else np.asarray(found.weight)[keep]
    places = np.asarray(found.subject)[keep], np.asarray(found.pattern)[keep]
    times = coo_array((weight, places), shape=(len(found.subjects), len(columns)))  # (subject, pattern)
    return times @ columns


def _by_number(ids):
    """Sorts places of ids that are numbers by the number, before all others."""
    number = [id_.lstrip("0") if id_.isdecimal() else "" for id_ in ids]
    return lambda place: (not ids[place].isdecimal(), len(number[place]), number[place], ids[place])


def _table(found, votes, classifications, order):
    ids = pd.Series([*found.subjects], name="id_str", dtype=str).iloc[order].reset_index(drop=True)
    described = pd.DataFrame([found.described[place] for place in order], dtype=object)
    described = described.apply(_settle, axis=0)
    taken = {"id_str", "classifications", *found.workflow.schema.label_cols}
    names = []
    for name in map(_as_text, described.columns):
        while name in {*taken, *names}:
            name = f"subject_{name}"
        names.append(name)
    described.columns = names
    counts = pd.DataFrame(votes, columns=found.workflow.schema.label_cols)
    counts.insert(0, "classifications", classifications)
    return pd.concat([ids, described, counts], axis=1)


def _settle(column):
    """Metadata in one type: whole numbers exactly, decimal ones, positions in degrees, or else texts."""
    kinds = {type(value) for value in column.dropna()}
    if kinds in ({int}, {float}) and column.dropna().abs().max() < 2**63:
        return column.astype({int: "Int64", float: float}[kinds.pop()] if column.hasnans else kinds.pop())
    texts = column.map(_as_text, na_action="ignore")
    numbers = pd.to_numeric(texts.replace("", None), errors="coerce").astype(float)
    places = column.name in ("ra", "dec") and not (numbers.isna() & texts.fillna("").ne("")).any()
    return numbers if places else texts


def _as_text(value):
    """A value of JSON as text; half a surrogate pair, which no file can hold, as Python writes it."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "backslashreplace").decode()
