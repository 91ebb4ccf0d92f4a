"""Rows of a classification export, one at a time, into arrays of numbers: who voted for what, on which subject."""

import csv
import json
import re
from array import array
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import read_rows
from gzkit.zooniverse.tasks import version_number

NEEDED = ("annotations", "subject_ids")
USUAL_METADATA = ("name", "iauname", "ra", "dec", "file_name", "filename", "file", "image")
NO_VOLUNTEER = -1
ROWS_NAMED = 10

# why a row is not counted
BROKEN = "whose annotations are not JSON of annotations"
DUPLICATE = "by a volunteer who classified the same subject before"
EARLIER_DATE = "from before the date"
EARLIER_VERSION = "of earlier versions of the workflow"
NOT_LISTED = "of subjects that are not in the list"
NOT_ONE_SUBJECT = "with several subjects or none"
NO_WEIGHT = "whose weight is no number"
UNFINISHED = "not finished"
ASKED_FOR = (EARLIER_DATE, EARLIER_VERSION)

# the field "metadata" repeats much that is not needed, so these are looked for in its text
SESSION = re.compile(r'"session"\s*:\s*"([^"]*)"')
STARTED = re.compile(r'"started_at"\s*:\s*"')
FINISHED = re.compile(r'"finished_at"\s*:\s*"')
RETIRED = re.compile(r'"retired"\s*:\s*[^\sn]')  # anything but null


class Export:
    """A classification export on its way to a table of votes.

    Parameters
    ----------
    path : Path
    workflow : Workflow
    answers : Answers
    weights : str or dict of str to float, optional
        A column of the export, or a weight for each user name.
    metadata : "usual", "all" or sequence of str
        Which of the subjects' metadata to keep.

    Attributes
    ----------
    subject, volunteer, pattern, version, order, row : array of int
        Of each classification: places of its subject, volunteer, set of columns and version, what it is sorted by in
        time, and its row in the file.
    weight : array of float
        Empty without weights.
    subjects : dict of str to int
        Place of each subject id.
    described : list of dict
        Metadata of each subject.
    retired : bytearray
        1 for each subject that some row shows as retired.
    skipped : dict of str to list
        Rows not counted, by reason: how many, and the first rows.
    remarks : dict of str to list
        Rows that are counted although something is wrong, in the same form.
    versions : dict of str to int
        Place of each version of the workflow.
    """

    def __init__(self, path, workflow, answers, weights=None, metadata="usual"):
        self.path, self.workflow, self.answers, self.weights = Path(path), workflow, answers, weights
        self.wanted_metadata = metadata
        self.subject, self.volunteer, self.pattern = array("i"), array("i"), array("i")
        self.version, self.order, self.row, self.weight = array("i"), array("q"), array("q"), array("d")
        self.subjects, self.volunteers, self.described, self.retired = {}, {}, [], bytearray()
        self.skipped, self.remarks = {}, {}
        self.versions, self.other_workflows = {}, Counter()
        self.rows, self.without_weight = 0, set()
        self._wanted = workflow.id
        self.only, self.since, self.min_version = None, "", ()

    def limit(self, subjects, since, min_version):
        """Count only these subjects, or classifications from a date or a version on."""
        self.only = None if subjects is None else _subject_ids(subjects)
        if since is not None:
            self.since = _utc(since)
        if min_version is not None:
            self.min_version = version_number(min_version)
            if not self.min_version:
                raise ValueError(
                    f"min_version must be a version such as '46' or '46.73', not {min_version!r}"
                )

    def read(self, progress=False):
        """Read every row."""
        rows = read_rows(self.path, progress=progress)
        heading = next(rows, [])
        self._find(heading)
        for number, fields in enumerate(rows):
            if fields:
                self.rows += 1
                reason = self._take(fields, number)
                if reason:
                    note(self.skipped, reason, number)
        if not self.subject and self.other_workflows and self.other_workflows.total() == self.rows:
            there = ", ".join(f"{name} ({count} rows)" for name, count in self.other_workflows.most_common())
            raise ValueError(f"{self.path.name}: no row of workflow {self.workflow.id}; it has {there}")

    def _find(self, heading):
        """Places of the columns that are needed, or may help."""
        missing = [name for name in NEEDED if name not in heading]
        if missing:
            hint = suggest(missing[0], heading)
            raise ValueError(f"{self.path.name}: not a classification export: no column {missing[0]!r}{hint}")
        if isinstance(self.weights, str) and self.weights not in heading:
            raise ValueError(
                f"{self.path.name}: no column {self.weights!r} of weights{suggest(self.weights, heading)}"
            )
        for name, wanted in (("workflow_version", self.min_version), ("created_at", self.since)):
            if wanted and name not in heading:
                raise ValueError(f"{self.path.name}: no column {name!r} to choose classifications by")
        self._width = len(heading)
        known = (
            "annotations",
            "subject_ids",
            "workflow_id",
            "workflow_name",
            "workflow_version",
            "created_at",
        )
        known += ("metadata", "subject_data", "user_name", "user_ip", "classification_id")
        for name in known:
            setattr(self, f"_{name}", heading.index(name) if name in heading else None)
        self._weight_column = heading.index(self.weights) if isinstance(self.weights, str) else None

    def _take(self, fields, number):
        """Count one row, or say why not."""
        if len(fields) != self._width:
            return f"with {len(fields)} of {self._width} fields (is the file cut off?)"
        reason = self._another_workflow(fields) or self._too_early(fields)
        if reason:
            return reason
        about = fields[self._metadata] if self._metadata is not None else ""
        if STARTED.search(about) and not FINISHED.search(about):
            return UNFINISHED
        subject = fields[self._subject_ids].strip()
        if not subject or ";" in subject or "," in subject:
            return NOT_ONE_SUBJECT
        if self.only is not None and subject not in self.only:
            return NOT_LISTED
        weight = self._weight_of(fields) if self.weights is not None else 1.0
        if weight is None:
            return NO_WEIGHT
        version = "" if self._workflow_version is None else fields[self._workflow_version]
        try:
            pattern = self.answers.read(fields[self._annotations], version)
        except ValueError:
            return BROKEN
        self._count(fields, number, subject, about, pattern, weight)
        return None

    def _count(self, fields, number, subject, about, pattern, weight):
        place = self.subjects.get(subject)
        if place is None:
            place = self.subjects[subject] = len(self.subjects)
            self.described.append(self._describe(fields, subject, number))
            self.retired.append(0)
        if self._subject_data is not None and RETIRED.search(fields[self._subject_data]):
            self.retired[place] = 1
        self.subject.append(place)
        self.volunteer.append(self._volunteer_of(fields, about))
        self.pattern.append(pattern)
        made = fields[self._classification_id] if self._classification_id is not None else ""
        self.order.append(int(made) if made.isdecimal() else number)
        self.row.append(number)
        if self.weights is not None:
            self.weight.append(weight)
        version = "" if self._workflow_version is None else fields[self._workflow_version]
        self.version.append(self.versions.setdefault(version, len(self.versions)))

    def _another_workflow(self, fields):
        if self._workflow_id is None:
            return None
        self._wanted = self._wanted or fields[self._workflow_id]  # of a workflow that does not know its id
        if fields[self._workflow_id] == self._wanted:
            return None
        name = fields[self._workflow_name] if self._workflow_name is not None else ""
        title = f"{fields[self._workflow_id]} {name!r}".strip()
        self.other_workflows[title] += 1
        return f"of workflow {title}"

    def _too_early(self, fields):
        version = "" if self._workflow_version is None else fields[self._workflow_version]
        if self.min_version and version_number(version) < self.min_version:
            return EARLIER_VERSION
        created = "" if self._created_at is None else fields[self._created_at].replace("T", " ")
        return EARLIER_DATE if self.since and created[:19] < self.since else None

    def _volunteer_of(self, fields, about):
        """Number of the volunteer: by user name; without one by address and session; -1 if the row says neither."""
        who = fields[self._user_name] if self._user_name is not None else ""
        if not who or who.startswith("not-logged-in"):
            address = who or (fields[self._user_ip] if self._user_ip is not None else "")
            session = SESSION.search(about)
            if not address and not session:
                return NO_VOLUNTEER
            who = (address, session and session[1])
        return self.volunteers.setdefault(who, len(self.volunteers))

    def _weight_of(self, fields):
        if self._weight_column is not None:
            try:
                weight = float(fields[self._weight_column])
            except ValueError:
                return None
            return weight if 0 <= weight < float("inf") else None
        who = fields[self._user_name] if self._user_name is not None else ""
        if who not in self.weights:
            self.without_weight.add(who)
        return float(self.weights.get(who, 1.0))

    def _describe(self, fields, subject, number):
        """A subject's metadata, by cleaned name."""
        if self._subject_data is None or not self.wanted_metadata:
            return {}
        try:
            content = json.loads(fields[self._subject_data])
            content = content.get(subject, {})
        except (ValueError, AttributeError):
            note(self.remarks, "without the subject's metadata, which are not JSON", number)
            return {}
        named = {
            key.lstrip("#!/@&").strip().lower(): value for key, value in content.items() if key != "retired"
        }
        if self.wanted_metadata == "all":
            return {key: value for key, value in named.items() if isinstance(value, str | int | float)}
        wanted = USUAL_METADATA if self.wanted_metadata == "usual" else self.wanted_metadata
        return {key: named[key] for key in map(str.lower, wanted) if key in named}


def note(rows, reason, row):
    """Count a row under a reason, and keep the first rows.

    Parameters
    ----------
    rows : dict of str to list
        How many, and the first rows, by reason.
    reason : str
    row : int
    """
    entry = rows.setdefault(reason, [0])
    entry[0] += 1
    if len(entry) <= ROWS_NAMED:
        entry.append(row)


def _utc(date):
    """A date and time in the form of the export, "2018-02-27 16:08:09"."""
    try:
        moment = datetime.fromisoformat(str(date))
    except ValueError as error:
        raise ValueError(f"since must be a date such as '2018-02-27', not {date!r}") from error
    return str((moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None))


def _subject_ids(subjects):
    """Ids as a set of str, from a sequence or a CSV file."""
    if not isinstance(subjects, str | Path):
        return {str(subject) for subject in subjects}
    with open(subjects, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        named = [name for name in ("id_str", "subject_id") if name in (table.fieldnames or [])]
        if not named:
            raise ValueError(f"{subjects}: no column 'id_str' or 'subject_id' (it has {table.fieldnames})")
        return {row[named[0]].strip() for row in table}
