"""One volunteer's classifications in a file, as Zooniverse exports them: each is written the moment it is done."""

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from time import time_ns

from gzkit.simulate.zooniverse import COLUMNS, annotation, build_workflow

ANONYMOUS = "not-logged-in-"  # how Zooniverse calls those without a user name


class Classifications:
    """The file of `gz.classify`: a row a galaxy, read when a session goes on, and added to.

    Beside it stands the workflow, which `gz.count_votes` asks for: ``my-votes.workflow.json``.

    Parameters
    ----------
    path : str or Path
        Of the CSV file, which is made with the first galaxy.
    schema : Schema
    volunteer : str, optional
        User name. Without one, that of the file's last row, or a new one that nobody else has.

    Attributes
    ----------
    answers : dict of str to list of str
        Columns of the answers given, by galaxy.
    workflow : dict
        As Zooniverse exports it.
    """

    def __init__(self, path, schema, volunteer=None):
        self.path, self.schema = Path(path), schema
        self.workflow = build_workflow(schema, label=said)
        self._session, self.answers = token_hex(16), {}
        rows = self._read_rows()
        self.volunteer = volunteer or (rows[-1]["user_name"] if rows else ANONYMOUS + token_hex(10))
        for number, row in enumerate(rows, start=2):
            if row["user_name"] == self.volunteer:
                self._take(row, number)

    @property
    def workflow_path(self):
        """Where the workflow stands."""
        return self.path.with_suffix(".workflow.json")

    def add(self, galaxy, labels, started):
        """Write one classification; it is on the disk when this returns.

        Parameters
        ----------
        galaxy : str
        labels : sequence of str
            Columns of the answers given.
        started : datetime
            When the galaxy was first seen, UTC.
        """
        now = datetime.now(UTC)
        told = [annotation(self.schema.get_answer(label), self.workflow) for label in labels]
        times = {"started_at": started.isoformat(), "finished_at": now.isoformat()}
        values = dict.fromkeys(COLUMNS, "") | {
            "classification_id": time_ns() // 1000,
            "user_name": self.volunteer,
            "workflow_id": self.workflow["id"],
            "workflow_name": self.schema.name,
            "workflow_version": self.workflow["version"],
            "created_at": f"{now:%Y-%m-%d %H:%M:%S} UTC",
            "metadata": json.dumps({"session": self._session, "source": "gzkit", **times}),
            "annotations": json.dumps(told, ensure_ascii=False),
            "subject_data": json.dumps({galaxy: {"retired": None}}),
            "subject_ids": galaxy,
        }
        new = not self.path.exists() or not self.path.stat().st_size
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            if new:
                self.workflow_path.write_text(json.dumps(self.workflow, indent=1, ensure_ascii=False))
                writer.writeheader()
            writer.writerow(values)
            file.flush()
            os.fsync(file.fileno())
        self.answers[galaxy] = list(labels)

    def _read_rows(self):
        if not self.path.exists() or not self.path.stat().st_size:
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            if tuple(table.fieldnames or ()) != COLUMNS:
                raise ValueError(f"{self.path}: not a file of gz.classify; save to another one")
            rows = list(table)
        if not self.path.read_bytes().endswith(b"\n"):
            raise ValueError(f"{self.path}: the last line is cut off; delete it, and go on")
        return rows

    def _take(self, row, number):
        """Take over a row that was written before."""
        try:
            if row["workflow_name"] != self.schema.name:  # whose questions may be the same
                raise ValueError(f"but to {row['workflow_name']}")
            self._session = json.loads(row["metadata"])["session"]
            labels = [self._label(each) for each in json.loads(row["annotations"])]
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"{self.path}, row {number}: not answers to {self.schema.name or 'this schema'} ({error}); "
                "save to another file"
            ) from error
        self.answers[row["subject_ids"]] = labels

    def _label(self, annotation):
        task = self.workflow["tasks"][annotation["task"]]
        place = [answer["label"] for answer in task["answers"]].index(annotation["value"])
        return self.schema.questions[int(annotation["task"][1:])].answers[place].label


def said(answer):
    """An answer as volunteers read it.

    Parameters
    ----------
    answer : Answer

    Returns
    -------
    str
    """
    return answer.wording or answer.text
