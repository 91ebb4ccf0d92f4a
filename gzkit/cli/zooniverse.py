"""``gzkit schema from-workflow`` and ``gzkit votes``: a survey that was run on Zooniverse."""

import warnings
from pathlib import Path

import gzkit as gz
from gzkit.cli.options import add_keywords, chosen, command
from gzkit.files.whole import whole_file, write_csv
from gzkit.schema.files import read_json
from gzkit.zooniverse.workflow import read_workflow

WORKFLOW, VOTES = "zooniverse.workflow.schema_from_workflow", "zooniverse.votes.count_votes"


def add_from_workflow(actions):
    """``gzkit schema from-workflow``."""
    parser = command(actions, "from-workflow", _run_from_workflow)
    add_keywords(parser, WORKFLOW, "workflow_id rename boxes leave_out")


def add_votes(commands):
    """``gzkit votes``."""
    parser = command(commands, "votes", _run_votes)
    add_keywords(parser, WORKFLOW, "workflow_id rename boxes leave_out")
    add_keywords(parser, VOTES, "reworded duplicates since min_version include")
    add_keywords(parser, VOTES, "min_classifications retired metadata")


def _workflow(options):
    naming = chosen(options, WORKFLOW)
    if naming.get("like", "").endswith(".json"):
        naming["like"] = gz.Schema.from_json(naming["like"])
    return read_workflow(options.workflow, **naming)


def _run_from_workflow(options):
    """Make a schema of the workflow with which a Zooniverse project asked.

    Read a Panoptes workflow (.json), the workflows export (.csv) or a tree in the earlier Galaxy Zoo format, say what
    became of each task, and draw the decision tree.

    for example: gzkit schema from-workflow workflow.json --out schema.json

    Parameters
    ----------
    workflow : FILE
        The workflow.
    out : FILE, optional
        Write the schema here (.json).
    like : NAME, optional
        Take names and order from this survey, or schema in a .json file, where wordings agree.
    """
    workflow = _workflow(options)
    print(workflow.report())
    print()
    print(workflow.schema)
    if options.out:
        workflow.schema.to_json(options.out)


def _run_votes(options):
    """Count the votes of a Zooniverse classification export.

    Count each subject's votes for each answer, say what was not counted, and write a table to finetune on.

    for example: gzkit votes classifications.csv --workflow workflow.json --out votes.csv

    Parameters
    ----------
    export : EXPORT
        The classification export (.csv or .csv.gz).
    workflow : FILE, required
        The workflow (.json), or the workflows export.
    out : FILE, required
        Where to write the votes (.csv or .parquet).
    schema_out : FILE, optional
        Write the schema here too (.json).
    like : NAME, optional
        Take names and order from this survey, or schema in a .json file, where wordings agree.
    aliases : FILE, optional
        What older labels stand for (.json): {"bulge-size": {"Obvious": "large", "Odd": null}}.
    subjects : FILE, optional
        Count these alone (.csv with id_str or subject_id).
    weights : COLUMN, optional
        The export's column of weights; votes are their sums.
    quiet : bool
        No progress bar and no report.
    """
    from gzkit.zooniverse.report import count_report
    from gzkit.zooniverse.votes import CountWarning, count_votes  # brings pandas, which --help does without

    out = Path(options.out)
    if out.suffix not in (".csv", ".parquet"):
        raise ValueError(f"--out {options.out}: votes are written as .csv or .parquet")
    workflow = _workflow(options)
    naming = chosen(options, WORKFLOW)  # of which the workflow has been told
    choices = {name: value for name, value in chosen(options, VOTES).items() if name not in naming}
    if options.aliases:
        choices["aliases"] = read_json(options.aliases)
    with warnings.catch_warnings():
        if not options.quiet:
            warnings.simplefilter("ignore", CountWarning)  # the report says the same
        table = count_votes(options.export, workflow, progress=not options.quiet, **choices)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        write_csv(out, table)
    else:
        with whole_file(out) as file:
            table.to_parquet(file, index=False)
    if options.schema_out:
        workflow.schema.to_json(options.schema_out)
    if not options.quiet:
        print(count_report(table))
        print(f"votes in {out}")
