"""Named surveys: each a data file beside this one, with its source, and `load_schema` that reads them."""

import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

from gzkit.mistakes import check_arguments
from gzkit.schema.build import suggest
from gzkit.schema.tree import Schema

PARENTS = ("volunteers", "simplified")


def schema_names() -> list[str]:
    """Names of the surveys that `load_schema` knows.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> import gzkit as gz
    >>> "gz-decals-dr5" in gz.schema_names()
    True
    """
    files = resources.files(__name__).iterdir()
    return sorted(entry.name.removesuffix(".json") for entry in files if entry.name.endswith(".json"))


def survey_facts(name: str) -> dict[str, Any]:
    """A survey's data file: its title, source, notes, questions, answers and parents.

    Parameters
    ----------
    name : str
        One of `schema_names`.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If there is no such survey; the nearest name is suggested.

    Examples
    --------
    >>> survey_facts("gz2")["source"]
    ['Willett et al. 2013, Galaxy Zoo 2, MNRAS 435, 2835, doi:10.1093/mnras/stt1458, arXiv:1308.3496']
    """
    names = schema_names()
    if name not in names:
        raise ValueError(f"no survey {name!r}{suggest(name, names)} (there are {', '.join(names)})")
    return json.loads((resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8"))


def load_schema(
    name: str, *, campaign_suffix: bool = False, parents: str = "volunteers", clumps: bool = True
) -> Schema:
    """A named survey's questions, answers and decision tree.

    Answers and their order are those of the tables in use in the field. Three surveys have a second form with the
    questions that those tables leave out: ``gz2-all-tasks``, ``gz-hubble-all-tasks`` and ``gz-candels-all-tasks``.
    Sources, and where table and tree differ, stand in each survey's data file (`survey_facts`).

    Parameters
    ----------
    name : str
        One of `schema_names`.
    campaign_suffix : bool, optional
        Columns as tables that join campaigns have them, ``"bar-dr5_strong"``, rather than as the survey's own
        catalogue has them, ``"bar_strong"``. ``gz-decals`` and the ``gz-evo`` family, which join campaigns, always
        have them.
    parents : {"volunteers", "simplified"}, optional
        Which answers lead to a question: those after which volunteers met it, several where there were several, or
        the form in common use with one at most (Zoobot's), for comparing results.
    clumps : bool, optional
        Whether GZ Hubble has its questions on clumps; without them its table has nine questions.

    Returns
    -------
    Schema

    Raises
    ------
    ValueError
        If there is no such survey, or the survey has no such form.

    Examples
    --------
    >>> import gzkit as gz
    >>> gz.load_schema("gz-decals-dr5").get_question("bar").labels
    ['bar_strong', 'bar_weak', 'bar_no']
    >>> gz.load_schema("gz-decals-dr5", campaign_suffix=True).get_question("bar-dr5").labels
    ['bar-dr5_strong', 'bar-dr5_weak', 'bar-dr5_no']
    """
    if parents not in PARENTS:
        raise ValueError(f"parents must be one of {PARENTS}, not {parents!r}")
    facts = survey_facts(name)
    if not clumps:
        if "without_clumps" not in facts:
            raise ValueError(f"{name}: clumps=False is for gz-hubble; this survey has one form only")
        facts = survey_facts(facts["without_clumps"])
    joins = "campaigns" in facts
    campaigns = [survey_facts(campaign) for campaign in facts["campaigns"]] if joins else [facts]
    pieces = [_survey_dictionaries(campaign, joins or campaign_suffix, parents) for campaign in campaigns]
    pairs, dependencies, wording = (
        {k: v for piece in column for k, v in piece.items()} for column in zip(*pieces, strict=True)
    )
    return Schema(pairs, dependencies, name=facts["name"], wording=wording)


def as_schema(schema: Schema | str, function: str = "gzkit", **others: Any) -> Schema:
    """The schema that was given, or that of the survey whose name was given.

    Parameters
    ----------
    schema : Schema or str
        A survey's name is one of `schema_names`; a text that ends in ``.json`` is a schema's file.
    function : str
        What it was given to, for messages.
    **others : object
        What else was given, by name: the message says so if they stand in each other's place.

    Returns
    -------
    Schema

    Raises
    ------
    TypeError, ValueError
        If it is neither, or there is no such survey.
    """
    check_arguments(function, **others, schema=schema)
    if isinstance(schema, str):
        return Schema.from_json(schema) if schema.endswith(".json") else load_schema(schema)
    return schema


def surveys_of(columns: Iterable[str]) -> list[str]:
    """The named surveys that have most of their answers among these columns, and more than half.

    Parameters
    ----------
    columns : iterable of str
        Of a table.

    Returns
    -------
    list of str
        Several where the best have the same answers; none where no survey fits.

    Examples
    --------
    >>> surveys_of(["id_str", *load_schema("gz-hubble").label_cols])
    ['gz-hubble']
    """
    present = set(map(str, columns))
    fits = {}
    for name in schema_names():
        labels = load_schema(name).label_cols
        found = sum(label in present for label in labels)
        fits[name] = (found / len(labels), found)
    best = max(fits.values())
    return [name for name, fit in fits.items() if fit == best] if best[0] > 0.5 else []


def looks_like(columns: Iterable[str]) -> str:
    """The end of an error message on columns that are missing: the survey that a table seems to be of.

    Parameters
    ----------
    columns : iterable of str
        Of a table.

    Returns
    -------
    str
        ``"; this table looks like gz-hubble"``, or ``""``.
    """
    names = surveys_of(columns)
    return f"; this table looks like {' or '.join(names)}" if names else ""


def _survey_dictionaries(facts, campaign_suffix, parents):
    """Pairs, dependencies and wording of one campaign, as `Schema` takes them."""
    if campaign_suffix and not facts["campaign"]:
        raise ValueError(
            f"{facts['name']}: no table that joins campaigns has this survey, so it has no suffix"
        )
    suffix = f"-{facts['campaign']}" if campaign_suffix else ""
    while "questions_as_in" in facts:
        facts = survey_facts(facts["questions_as_in"])
    questions = facts["questions"]
    pairs, dependencies, wording = {}, {}, {}
    for text, question in questions.items():
        pairs[text + suffix] = [f"_{answer}" for answer in question["answers"]]
        wording[text + suffix] = question.get("wording", "")
        for answer, words in question["answers"].items():
            wording[f"{text}{suffix}_{answer}"] = words
        labels = question["asked_after"]
        if parents == "simplified":
            labels = question.get("simplified", labels)
        dependencies[text + suffix] = _parent_columns(labels, questions, suffix)
    return pairs, dependencies, wording


def _parent_columns(labels, questions, suffix):
    """Parent columns, in column order, with the campaign's suffix; ``"bar_*"`` is short for every answer to ``bar``."""
    wanted = [labels] if isinstance(labels, str) else labels or []
    columns = [
        f"{text}{suffix}_{answer}"
        for text, question in questions.items()
        for answer in question["answers"]
        if f"{text}_{answer}" in wanted or f"{text}_*" in wanted
    ]
    return columns or None
