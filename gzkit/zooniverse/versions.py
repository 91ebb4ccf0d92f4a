"""Workflows as files hold them, in every version, and the choice of one."""

import json
import os

from gzkit.schema.files import expect, read_json
from gzkit.schema.tree import suggest
from gzkit.zooniverse.files import read_rows

LONGEST_NUMBER = 19  # digits; as many fit into 64 bits


def load_workflows(source):
    """Every workflow, in every version, that a file holds.

    Parameters
    ----------
    source : str, Path or dict
        Workflow as JSON (or as the dictionary that it holds), the workflows export as CSV, or a tree in the earlier
        Galaxy Zoo format.

    Returns
    -------
    list of dict
        With ``id``, ``version`` (``"66.425"``), ``display_name``, ``first_task`` and ``tasks``, or ``questions``.

    Raises
    ------
    ValueError
        If the file holds none.
    """
    if not isinstance(source, str | os.PathLike | dict):
        raise TypeError(
            f"a workflow must be the path of a file or a dictionary, not a {type(source).__name__}"
        )
    name = "workflow" if isinstance(source, dict) else str(source)
    if name.lower().endswith((".csv", ".csv.gz")):
        found = _load_export(source)
    else:
        found = source if isinstance(source, dict) else read_json(source)
        found = found.get("workflows", [found]) if isinstance(found, dict) else found
    whole = [one for one in found if _is_workflow(one)] if isinstance(found, list) else []
    if not whole:  # the first version of a workflow in an export has no tasks yet
        raise ValueError(
            f"{name}: not a workflow: expected 'tasks' and 'first_task' (Panoptes) or 'questions' with 'leadsTo'"
        )
    try:
        return [
            _with_strings(one, expect(one.get("strings") or {}, dict, f"{name}: 'strings'")) for one in whole
        ]
    except RecursionError as error:
        raise ValueError(f"{name}: nested too deeply to be a workflow") from error


def choose_workflow(found, *, workflow_id=None, version=None):
    """One of several workflows: this id and version, or the newest version of the only id.

    Parameters
    ----------
    found : list of dict
        As `load_workflows` gives them.
    workflow_id, version : str or int, optional
        A version ``"66"`` stands for the newest of ``"66.1"``, ``"66.425"``, ...

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If there is no such workflow, or there are several and no id is given.
    """
    if isinstance(version, float):
        raise ValueError(f"version must be text: {version} may stand for '{version}' or '{version}0'")
    ids = list(dict.fromkeys(str(content.get("id") or "") for content in found))
    if workflow_id is None and len(ids) > 1:
        raise ValueError(f"the file holds workflows {', '.join(ids)}: choose one with workflow_id=")
    wanted = str(workflow_id) if workflow_id is not None else ids[0]
    chosen = [content for content in found if str(content.get("id") or "") in (wanted, "")]
    if not chosen:
        raise ValueError(
            f"no workflow {wanted} in the file{suggest(wanted, ids)} (there are {', '.join(ids)})"
        )
    versions = [str(content.get("version") or "") for content in chosen]
    if version is not None:
        exact = str(version)
        chosen = [c for c, v in zip(chosen, versions, strict=True) if v == exact or v.split(".")[0] == exact]
        if not chosen:
            raise ValueError(
                f"workflow {wanted} has no version {exact} in the file (there are {', '.join(versions)})"
            )
    return max(chosen, key=lambda content: version_number(content.get("version")))


def version_number(text):
    """A workflow's version as numbers that sort: ``"55.121"`` is (55, 121), after 55.13.

    Parameters
    ----------
    text : str, float or None

    Returns
    -------
    tuple of int
        Empty if it is no version.

    Examples
    --------
    >>> version_number("55.121") > version_number("55.13")
    True
    """
    parts = str(text or "").split(".")
    whole = all(part.isdecimal() and len(part) < LONGEST_NUMBER for part in parts)
    return tuple(int(part) for part in parts) if whole else ()


def _is_workflow(content):
    found = content if isinstance(content, dict) else {}
    tasks, questions = found.get("tasks"), found.get("questions")
    return bool((tasks and isinstance(tasks, dict)) or (questions and isinstance(questions, list)))


def _load_export(path):
    rows = enumerate(read_rows(path), start=-1)
    _, heading = next(rows, (0, []))
    return [_from_export_row(heading, row, f"{path}, row {number}") for number, row in rows if row]


def _from_export_row(heading, fields, place):
    """A row of the workflows export in the shape of a workflow as JSON."""
    if len(fields) != len(heading):
        raise ValueError(f"{place}: {len(fields)} of {len(heading)} fields (is the file cut off?)")
    row = dict(zip(heading, fields, strict=True))
    try:
        stored = {name: json.loads(row.get(name) or "null") for name in ("tasks", "strings", "steps")}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place}: not JSON: {error}") from error
    return {
        "id": row.get("workflow_id", ""),
        "display_name": row.get("display_name", ""),
        "version": ".".join(filter(None, (row.get("version"), row.get("minor_version")))),
        "first_task": row.get("first_task", ""),
    } | stored


def _with_strings(value, strings):
    """A workflow with texts in place of their keys (``"T0.answers.0.label"``), as newer exports keep them apart."""
    if isinstance(value, dict):
        return {key: _with_strings(item, strings) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_strings(item, strings) for item in value]
    return strings.get(value, value) if isinstance(value, str) else value
