"""Rows of a classification export, one at a time, into arrays of numbers: who voted for what, on which subject."""

import json
import math
import re
from array import array
from datetime import UTC, datetime
from functools import lru_cache
from numbers import Real
from pathlib import Path

from dateutil.parser import parse

from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import read_rows
from gzkit.zooniverse.versions import LONGEST_NUMBER, version_number

NEEDED = ("annotations", "subject_ids")
USUAL_METADATA = ("name", "iauname", "ra", "dec", "file_name", "filename", "file", "image")
NO_VOLUNTEER = -1
ROWS_NAMED = 10

OTHER_WORKFLOW = "of workflow "
ASKED_FOR = EARLIER_DATE, EARLIER_VERSION = "from before the date", "of earlier versions of the workflow"
TEAM = {  # rows that are not volunteers', by what `include` calls them
    "gold": "of gold standard mode",
    "expert": "by an expert of the project",
    "pre-launch": "from before the project's launch",
}

# the field "metadata" repeats much that is not needed, so these are looked for in its text
SESSION = re.compile(r'"session"\s*:\s*"([^"]*)"')
STARTED = re.compile(r'"started_at"\s*:\s*"')
FINISHED = re.compile(r'"finished_at"\s*:\s*"')
BEFORE_LAUNCH = re.compile(r'"live_project"\s*:\s*false')
RETIRED = re.compile(r'"retired"\s*:\s*[^\sn]')  # anything but null
DECIMAL = re.compile(r"\d+\.\d*|\d+(?:[.,]\d+)?[eE]\+?\d+")
RESTS = datetime(1, 1, 1), datetime(9999, 12, 31)  # what a date leaves out, a day say, may be either


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
    subjects, since, min_version, include : optional
        Which rows to count, as in `count_votes`.

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

    def __init__(self, path, workflow, answers, weights, metadata, subjects, since, min_version, include):
        self.path, self.workflow, self.answers = Path(path), workflow, answers
        self.weights = weights if isinstance(weights, str | None) else dict(weights)
        self.subject, self.volunteer, self.pattern = array("i"), array("i"), array("i")
        self.version, self.order, self.row, self.weight = array("i"), array("q"), array("q"), array("d")
        self.subjects, self.volunteers, self.described, self.retired = {}, {}, [], bytearray()
        self.skipped, self.remarks = {}, {}
        self.versions, self.without_weight, self.rows, self._lines = {}, set(), 0, 0
        self._wanted = workflow.id
        one = isinstance(metadata, str) and metadata not in ("usual", "all")
        self._wanted_metadata = [metadata] if one else metadata
        self._only = None if subjects is None else _subject_ids(subjects)
        self._since = "" if since is None else _utc(since)
        self._min_version = version_number(min_version)
        if min_version is not None and (not self._min_version or isinstance(min_version, float)):
            raise ValueError(f"min_version must be a version such as '46' or '46.73', not {min_version!r}")
        if not isinstance(include, list | tuple | set) or not set(include) <= set(TEAM):
            raise ValueError(f"include must be a list of {list(TEAM)}, not {include!r}")
        self._left_out = [kind for kind in TEAM if kind not in include]
        for who, weight in self.weights.items() if isinstance(self.weights, dict) else ():
            if not isinstance(weight, Real) or not 0 <= weight < math.inf:
                raise ValueError(f"the weight of {who!r} must be a number from 0 on, not {weight}")

    def read(self, path, progress=False):
        """Read every row of a file."""
        self.path = Path(path)
        rows = read_rows(self.path, progress=progress)
        heading = next(rows, [])
        self._check(heading)
        for number, fields in enumerate(rows, start=self._lines):
            self._lines = number + 1
            if not fields:
                continue
            self.rows += 1
            if len(fields) == len(heading):
                reason = self._take(dict(zip(heading, fields, strict=True)), number)
            else:
                reason = f"with {len(fields)} of {len(heading)} fields (is the file cut off?)"
            if reason:
                note(self.skipped, reason, number)
        others = {why: rows for why, (rows, *_) in self.skipped.items() if why.startswith(OTHER_WORKFLOW)}
        if others and sum(others.values()) == self.rows:
            most_first = sorted(others.items(), key=lambda item: -item[1])
            there = ", ".join(f"{why.removeprefix(OTHER_WORKFLOW)} ({rows} rows)" for why, rows in most_first)
            raise ValueError(f"{self.path.name}: no row of workflow {self.workflow.id}; it has {there}")

    def _check(self, heading):
        """Refuse a file without the columns that are needed, or with two of one name."""
        twice = sorted({name for name in heading if heading.count(name) > 1})
        if twice:
            raise ValueError(f"{self.path.name}: two columns are called {twice[0]!r}")
        missing = [name for name in NEEDED if name not in heading]
        if missing:
            hint = suggest(missing[0], heading)
            raise ValueError(f"{self.path.name}: not a classification export: no column {missing[0]!r}{hint}")
        if isinstance(self.weights, str) and self.weights not in heading:
            hint = suggest(self.weights, heading)
            raise ValueError(f"{self.path.name}: no column {self.weights!r} of weights{hint}")
        for name, wanted in (("workflow_version", self._min_version), ("created_at", self._since)):
            if wanted and name not in heading:
                raise ValueError(f"{self.path.name}: no column {name!r} to choose classifications by")

    def _take(self, row, number):
        """Count one row, or say why not."""
        about = row.get("metadata", "")
        reason = self._another_workflow(row) or self._too_early(row) or self._by_the_team(row, about)
        if reason:
            return reason
        if STARTED.search(about) and not FINISHED.search(about):
            return "not finished"
        subject = row["subject_ids"].strip()
        if not subject or ";" in subject or "," in subject:
            return "with several subjects or none"
        if not subject.isdecimal() and DECIMAL.fullmatch(subject):
            return "whose subject a spreadsheet has made a decimal number"
        if self._only is not None and subject not in self._only:
            return "of subjects that are not in the list"
        weight = self._weight_of(row)
        if weight is None:
            return "whose weight is no number"
        try:
            pattern = self.answers.read(row["annotations"], row.get("workflow_version", ""))
        except (ValueError, RecursionError):
            return "whose annotations are not JSON of annotations"
        self._count(row, number, subject, pattern, weight)
        return None

    def _count(self, row, number, subject, pattern, weight):
        place = self.subjects.setdefault(subject, len(self.subjects))
        if place == len(self.described):
            self.described.append(self._describe(row, subject, number))
            self.retired.append(0)
        if RETIRED.search(row.get("subject_data", "")):
            self.retired[place] = 1
        self.subject.append(place)
        self.volunteer.append(self._volunteer_of(row))
        self.pattern.append(pattern)
        made = row.get("classification_id", "")
        self.order.append(int(made) if made.isdecimal() and len(made) < LONGEST_NUMBER else number)
        self.row.append(number)
        if self.weights is not None:
            self.weight.append(weight)
        version = row.get("workflow_version", "")
        self.version.append(self.versions.setdefault(version, len(self.versions)))

    def _another_workflow(self, row):
        its = row.get("workflow_id", self._wanted)
        self._wanted = self._wanted or its  # of a workflow that does not know its id
        if its != self._wanted:
            return f"{OTHER_WORKFLOW}{its} {row.get('workflow_name', '')!r}"
        return None

    def _by_the_team(self, row, about):
        """Why a row is not a volunteer's, where such rows are left out."""
        gold, expert, early = row.get("gold_standard"), row.get("expert"), BEFORE_LAUNCH.search(about)
        if not (gold or expert or early):
            return None
        is_gold = gold and gold.strip().lower() in ("true", "t", "1", "1.0", "yes")
        is_of = {"gold": is_gold, "expert": expert and expert.strip(), "pre-launch": early}
        return next((TEAM[kind] for kind in self._left_out if is_of[kind]), None)

    def _too_early(self, row):
        if self._min_version:
            version = version_number(row["workflow_version"])
            if version < self._min_version:
                return EARLIER_VERSION if version else "whose version cannot be read"
        if not self._since:
            return None
        earlier = {date < self._since for date in _dates(row["created_at"].strip())}
        if len(earlier) == 1:
            return EARLIER_DATE if True in earlier else None
        return "whose date cannot be read, or in two ways"

    def _volunteer_of(self, row):
        """Number of the volunteer: by user name; without one by address and session; -1 if the row says neither."""
        who = row.get("user_name", "")
        if not who or who.startswith("not-logged-in"):
            address, session = who or row.get("user_ip", ""), SESSION.search(row.get("metadata", ""))
            if not address and not session:
                return NO_VOLUNTEER
            who = (address, session and session[1])
        return self.volunteers.setdefault(who, len(self.volunteers))

    def _weight_of(self, row):
        """Weight of a classification, 1 without weights; None if it is no number."""
        if self.weights is None:
            return 1.0
        if isinstance(self.weights, str):
            try:
                weight = float(row[self.weights])
            except ValueError:
                return None
            return weight if 0 <= weight < float("inf") else None
        who = row.get("user_name", "")
        if who not in self.weights:
            self.without_weight.add(who)
        return float(self.weights.get(who, 1.0))

    def _describe(self, row, subject, number):
        """A subject's metadata, by cleaned name."""
        wanted = USUAL_METADATA if self._wanted_metadata == "usual" else self._wanted_metadata
        if "subject_data" not in row or not wanted:
            return {}
        try:
            content = json.loads(row["subject_data"]).get(subject, {}).items()
        except (ValueError, AttributeError, RecursionError):
            note(self.remarks, "without the subject's metadata, which are not JSON", number)
            return {}
        named = {}
        for key, value in content:
            name = key.lstrip("#!/@&%").strip().lower()
            if name in named and named[name] != value:
                note(self.remarks, f"with two metadata called {name!r}, the first taken", number)
            if key != "retired" and value is not None:
                named.setdefault(name, value)
        if wanted == "all":
            return named
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
        return str((moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"since must be a date such as '2018-02-27', not {date!r}") from error


@lru_cache(maxsize=4096)
def _dates(text):
    """What a date may mean, each in the form of the export; none if it is no date."""
    try:
        if re.match(r"\d{4}-", text):
            return {_utc(text.removesuffix(" UTC"))}
        return {_utc(parse(text, dayfirst=first, default=rest)) for first in (True, False) for rest in RESTS}
    except (ValueError, OverflowError):
        return set()


def _subject_ids(subjects):
    """Ids as a set of str, from a sequence or a CSV file."""
    if isinstance(subjects, str | Path):
        rows = read_rows(subjects)
        heading = next(rows, [])
        named = [name for name in ("id_str", "subject_id") if name in heading]
        if not named:
            raise ValueError(f"{subjects}: no column 'id_str' or 'subject_id' (it has {heading})")
        place = heading.index(named[0])
        subjects = [row[place] for row in rows if len(row) > place]
    ids = {str(subject).strip() for subject in subjects}
    wrong = next((each for each in ids if not each.isdecimal() and DECIMAL.fullmatch(each)), None)
    if wrong:
        raise ValueError(f"subjects: {wrong} is a decimal number, which has lost digits of an id")
    return ids
