"""Options and small functions that several sub-commands of ``gzkit`` share."""

import argparse
import os

import gzkit as gz


def command(commands, name, run, summary, description=None):
    """A sub-command that calls ``run(options)``."""
    parser = commands.add_parser(
        name, help=summary, description=description or summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    parser.set_defaults(run=run)
    return parser


def add_catalog(parser, what):
    """The table, and how to read it."""
    parser.add_argument("catalog", metavar="CATALOG", help=what)
    parser.add_argument("--images", metavar="FOLDER", help="where the images are (default: beside the table)")
    parser.add_argument(
        "--columns",
        type=columns_of,
        metavar="NAMES",
        help="the table's own names, as iauname=id_str,path=file_loc, or gz2 for the published Galaxy Zoo 2 tables",
    )


def add_out(parser, metavar, what):
    """Where to write; required."""
    parser.add_argument("--out", required=True, metavar=metavar, help=what)


def add_quiet(parser):
    """No progress bars."""
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def catalog_of(options, schema):
    """The table that the options name, read and checked."""
    return gz.read_catalog(options.catalog, schema, images=options.images, columns=options.columns)


def positive(text):
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def blocks(text):
    """How many blocks to train: a number, or ``"all"``."""
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'")
    return text if text == "all" else int(text)


def columns_of(text):
    """Column names: a mapping, or the name of a published table."""
    if "=" not in text:
        return text
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form iauname=id_str,path=file_loc")
    return dict(pairs)


def add_schema_forms(parser):
    """Which of a survey's forms is meant."""
    parser.add_argument(
        "--campaign-suffix",
        action="store_true",
        help="name columns as tables that join campaigns do (bar-dr5_strong)",
    )
    parser.add_argument(
        "--parents",
        choices=["volunteers", "simplified"],
        default="volunteers",
        help="which answers lead to a question: all that volunteers came from, or one at most (default: %(default)s)",
    )


def schema_of(options):
    """The schema that the options name: a survey, or a JSON file."""
    if options.schema.endswith(".json"):
        return gz.Schema.from_json(options.schema)
    return gz.load_schema(options.schema, campaign_suffix=options.campaign_suffix, parents=options.parents)


def is_first_process():
    """Whether this is the process that writes and prints, of several that train together."""
    return os.environ.get("RANK", "0") == "0"  # set by accelerate launch and torchrun
