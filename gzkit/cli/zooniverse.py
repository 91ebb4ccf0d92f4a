"""``gzkit schema from-workflow`` and ``gzkit votes``: a survey that was run on Zooniverse."""

import argparse
import json
import warnings
from pathlib import Path

import gzkit as gz
from gzkit.cli.options import add_out, command, positive
from gzkit.zooniverse.workflow import read_workflow


def add_from_workflow(actions):
    """``gzkit schema from-workflow``."""
    parser = command(
        actions,
        "from-workflow",
        _run_from_workflow,
        "make a schema of the workflow with which a Zooniverse project asked",
        "Read a Panoptes workflow (.json), the workflows export (.csv) or a tree in the earlier Galaxy Zoo format, say "
        "what became of each task, and draw the decision tree.",
    )
    parser.add_argument("workflow", metavar="FILE", help="the workflow")
    parser.add_argument("--out", metavar="FILE", help="write the schema here (.json)")
    _add_workflow_options(parser)


def add_votes(commands):
    """``gzkit votes``."""
    parser = command(
        commands,
        "votes",
        _run_votes,
        "count the votes of a Zooniverse classification export",
        "Count each subject's votes for each answer, say what was not counted, and write a table to finetune on.",
    )
    parser.add_argument("export", metavar="EXPORT", help="the classification export (.csv or .csv.gz)")
    parser.add_argument(
        "--workflow", required=True, metavar="FILE", help="the workflow (.json), or the workflows export"
    )
    add_out(parser, "FILE", "where to write the votes (.csv or .parquet)")
    parser.add_argument("--schema-out", metavar="FILE", help="write the schema here too (.json)")
    _add_workflow_options(parser)
    parser.add_argument(
        "--aliases",
        metavar="FILE",
        help='what older labels stand for (.json): {"bulge-size": {"Obvious": "large", "Odd": null}}',
    )
    parser.add_argument(
        "--duplicates",
        choices=["first", "last", "all"],
        default="first",
        help="which classification to count of a volunteer who made several of a subject (default: %(default)s)",
    )
    parser.add_argument(
        "--subjects", metavar="FILE", help="count these alone (.csv with id_str or subject_id)"
    )
    parser.add_argument("--since", metavar="DATE", help="count classifications from this date on")
    parser.add_argument(
        "--min-version", metavar="V", help="count those made with this version or a later one"
    )
    parser.add_argument(
        "--min-classifications", type=positive, default=1, metavar="N", help="leave out subjects with fewer"
    )
    parser.add_argument("--retired", action="store_true", help="leave out subjects that are not retired")
    parser.add_argument(
        "--weights", metavar="COLUMN", help="the export's column of weights; votes are their sums"
    )
    parser.add_argument(
        "--metadata", type=_names, default="usual", metavar="NAMES", help="usual, all, or names: ra,dec"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def _add_workflow_options(parser):
    parser.add_argument("--workflow-id", metavar="ID", help="which workflow of a workflows export")
    parser.add_argument(
        "--like",
        metavar="NAME",
        help="take names and order from this survey, or schema in a .json file, where wordings agree",
    )
    parser.add_argument(
        "--rename",
        type=_pairs,
        metavar="NAMES",
        help="new names by task, question or column, as T1=rounded,T2=bar",
    )
    parser.add_argument(
        "--boxes",
        choices=["leave-out", "yes-no"],
        default="leave-out",
        help="whether check boxes are left out or become one question each (default: %(default)s)",
    )
    parser.add_argument(
        "--leave-out", type=_list, default=(), metavar="NAMES", help="tasks to leave out, as T9,discuss"
    )


def _workflow(options):
    like = options.like
    if like and like.endswith(".json"):
        like = gz.Schema.from_json(like)
    return read_workflow(
        options.workflow,
        workflow_id=options.workflow_id,
        like=like,
        rename=options.rename,
        boxes=options.boxes,
        leave_out=options.leave_out,
    )


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
    aliases = _aliases(options.aliases) if options.aliases else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CountWarning)  # the report says the same
        table = count_votes(
            options.export,
            workflow,
            aliases=aliases,
            duplicates=options.duplicates,
            subjects=options.subjects,
            since=options.since,
            min_version=options.min_version,
            min_classifications=options.min_classifications,
            retired=options.retired,
            weights=options.weights,
            metadata=options.metadata,
            progress=not options.quiet,
        )
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


def _aliases(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
        raise ValueError(f"{path}: not JSON: {error}") from error


def _pairs(text):
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form T1=rounded,T2=bar")
    return dict(pairs)


def _list(text):
    return tuple(text.split(","))


def _names(text):
    return text if text in ("usual", "all") else [name for name in text.split(",") if name]
