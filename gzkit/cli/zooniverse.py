"""``gzkit schema from-workflow`` and ``gzkit votes``: a survey that was run on Zooniverse."""

import warnings
from pathlib import Path

import gzkit as gz
from gzkit.cli.options import add_option, chosen, command, pairs_of, positive
from gzkit.schema.files import read_json
from gzkit.zooniverse.workflow import BOXES, read_workflow


def add_from_workflow(actions):
    """``gzkit schema from-workflow``."""
    parser = command(
        actions,
        "from-workflow",
        _run_from_workflow,
        "make a schema of the workflow with which a Zooniverse project asked",
        "Read a Panoptes workflow (.json), the workflows export (.csv) or a tree in the earlier Galaxy Zoo format, say "
        "what became of each task, and draw the decision tree.",
        example="gzkit schema from-workflow workflow.json --out schema.json",
    )
    parser.add_argument("workflow", metavar="FILE", help="the workflow")
    add_option(parser, "--out", "FILE", "write the schema here (.json)")
    _add_workflow_options(parser)


def add_votes(commands):
    """``gzkit votes``."""
    parser = command(
        commands,
        "votes",
        _run_votes,
        "count the votes of a Zooniverse classification export",
        "Count each subject's votes for each answer, say what was not counted, and write a table to finetune on.",
        example="gzkit votes classifications.csv --workflow workflow.json --out votes.csv",
    )
    parser.add_argument("export", metavar="EXPORT", help="the classification export (.csv or .csv.gz)")
    add_option(parser, "--workflow", "FILE", "the workflow (.json), or the workflows export", required=True)
    add_option(parser, "--out", "FILE", "where to write the votes (.csv or .parquet)", required=True)
    add_option(parser, "--schema-out", "FILE", "write the schema here too (.json)")
    _add_workflow_options(parser)
    older = 'what older labels stand for (.json): {"bulge-size": {"Obvious": "large", "Odd": null}}'
    add_option(parser, "--aliases", "FILE", older)
    what = "questions that other versions only word anew, as T1,bar; their votes count whatever was asked"
    add_option(parser, "--reworded", "NAMES", what, type=_names)
    which = "which classification to count of a volunteer who made several of a subject"
    add_option(parser, "--duplicates", None, which, "first", choices=["first", "last", "all"])
    add_option(parser, "--subjects", "FILE", "count these alone (.csv with id_str or subject_id)")
    add_option(parser, "--since", "DATE", "count classifications from this date on")
    add_option(parser, "--min-version", "V", "count those made with this version or a later one")
    team = "count these too, left out otherwise: gold,expert,pre-launch"
    add_option(parser, "--include", "KINDS", team, type=_names)
    add_option(parser, "--min-classifications", "N", "leave out subjects with fewer", 1, type=positive)
    parser.add_argument("--retired", action="store_true", help="leave out subjects that are not retired")
    add_option(parser, "--weights", "COLUMN", "the export's column of weights; votes are their sums")
    add_option(parser, "--metadata", "NAMES", "usual, all, or names: ra,dec", "usual", type=_names)
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def _add_workflow_options(parser):
    add_option(parser, "--workflow-id", "ID", "which workflow of a workflows export")
    like = "take names and order from this survey, or schema in a .json file, where wordings agree"
    add_option(parser, "--like", "NAME", like)
    rename = "new names by task, question or column, as T1=rounded,T2=bar"
    add_option(parser, "--rename", "NAMES", rename, type=_renamed)
    boxes = "whether check boxes are left out or become one question each"
    add_option(parser, "--boxes", None, boxes, BOXES[0], choices=BOXES)
    add_option(parser, "--leave-out", "NAMES", "tasks to leave out, as T9,discuss", type=_names)


def _workflow(options):
    naming = chosen(options, "workflow_id", "like", "rename", "boxes", "leave_out")
    if naming.get("like", "").endswith(".json"):
        naming["like"] = gz.Schema.from_json(naming["like"])
    return read_workflow(options.workflow, **naming)


def _run_from_workflow(options):
    workflow = _workflow(options)
    print(workflow.report())
    print()
    print(workflow.schema)
    if options.out:
        workflow.schema.to_json(options.out)


def _run_votes(options):
    from gzkit.zooniverse.report import count_report
    from gzkit.zooniverse.votes import CountWarning, count_votes  # brings pandas, which --help does without

    out = Path(options.out)
    if out.suffix not in (".csv", ".parquet"):
        raise ValueError(f"--out {options.out}: votes are written as .csv or .parquet")
    workflow = _workflow(options)
    choices = chosen(options, "duplicates", "subjects", "since", "min_version", "min_classifications")
    choices |= chosen(options, "retired", "weights", "metadata", "reworded", "include")
    if options.aliases:
        choices["aliases"] = read_json(options.aliases)
    with warnings.catch_warnings():
        if not options.quiet:
            warnings.simplefilter("ignore", CountWarning)  # the report says the same
        table = count_votes(options.export, workflow, progress=not options.quiet, **choices)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        table.to_csv(out, index=False)
    else:
        table.to_parquet(out, index=False)
    if options.schema_out:
        workflow.schema.to_json(options.schema_out)
    if not options.quiet:
        print(count_report(table))
        print(f"votes in {out}")


def _renamed(text):
    return pairs_of(text, "T1=rounded,T2=bar")


def _names(text):
    return text if text in ("usual", "all") else [name for name in text.split(",") if name]
