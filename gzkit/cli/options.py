"""Options and small functions that several sub-commands of ``gzkit`` share."""

import argparse
import os

import gzkit as gz
from gzkit.schema.surveys import surveys_of


def command(commands, name, run, summary, description=None, *, example=None):
    """A sub-command that calls ``run(options)``.

    Parameters
    ----------
    commands : argparse action of sub-parsers
    name : str
    run : callable
    summary : str
        A line, for the list of commands.
    description : str, optional
        For the command's own help; the summary if not given.
    example : str, optional
        The command as one may type it, for the end of its help.

    Returns
    -------
    argparse.ArgumentParser
    """
    description = description or summary[0].upper() + summary[1:] + "."
    epilog = example and f"for example: {example}"
    parser = commands.add_parser(name, help=summary, description=description, epilog=epilog)
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    parser.set_defaults(run=run)
    return parser


def add_option(parser, flag, metavar, what, default=None, **more):
    """An option with a value; its help ends with the default, where there is one.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    flag, metavar : str
        ``"--epochs"``, and what the help calls its value (None: its choices).
    what : str
        Its help.
    default : optional
    **more
        As for ``add_argument``: ``type``, ``choices``, ``required``.
    """
    if default is not None:
        what += " (default: %(default)s)"
    parser.add_argument(flag, metavar=metavar, help=what, default=default, **more)


def add_catalog(parser, what):
    """The table, and how to read it.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    what : str
        Help for the table.
    """
    parser.add_argument("catalog", metavar="CATALOG", help=what)
    add_option(parser, "--images", "FOLDER", "where the images are (default: beside the table)")
    names = (
        "the table's own names, as iauname=id_str,path=file_loc, or gz2 for the published Galaxy Zoo 2 tables"
    )
    add_option(parser, "--columns", "NAMES", names, type=columns_of)


def add_run_options(parser):
    """What training and prediction have in common: batches, precision, luck, images that cannot be read.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add_option(parser, "--batch-size", "N", "galaxies at a time", type=positive)
    add_option(parser, "--precision", "NAME", "auto, no, bf16 or fp16", "auto")
    unreadable = "share of the images that may be left out since they cannot be decoded"
    add_option(parser, "--max-unreadable", "X", unreadable, 0.05, type=float)
    add_option(parser, "--seed", "N", "seed", 0, type=int)
    add_quiet(parser)


def add_quiet(parser):
    """No progress bars.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def chosen(options, *names):
    """Options as arguments of the same name for a Python function; those not given are left to its defaults.

    Parameters
    ----------
    options : argparse.Namespace
    *names : str

    Returns
    -------
    dict
    """
    given = {name: getattr(options, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def catalog_of(options, schema, table=None):
    """A table that the options name, read and checked.

    Parameters
    ----------
    options : argparse.Namespace
        With what `add_catalog` adds.
    schema : Schema or None
    table : str, optional
        Another table of the same form; by default the one that `add_catalog` adds.

    Returns
    -------
    DataFrame

    Raises
    ------
    CatalogError
        Every problem of the table, with row and column.
    """
    return gz.read_catalog(table or options.catalog, schema, images=options.images, columns=options.columns)


def positive(text):
    """A whole number above 0.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    int

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def blocks(text):
    """How many blocks to train: a number, or ``"all"``.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    int or str

    Raises
    ------
    argparse.ArgumentTypeError
        If it is neither.
    """
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'")
    return text if text == "all" else int(text)


def numbers_of(text):
    """Numbers with commas between them, or a name.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    tuple of float, or str

    Raises
    ------
    argparse.ArgumentTypeError
        If it is neither.
    """
    if text.isalpha():
        return text
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0.05,500") from error


def columns_of(text):
    """Column names: a mapping, or the name of a published table.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    dict of str to str, or str

    Raises
    ------
    argparse.ArgumentTypeError
        If a pair is not of the form theirs=ours.
    """
    return pairs_of(text, "iauname=id_str,path=file_loc") if "=" in text else text


def pairs_of(text, example):
    """Old names with new ones.

    Parameters
    ----------
    text : str
        As typed.
    example : str
        What an error shows as the right form.

    Returns
    -------
    dict of str to str

    Raises
    ------
    argparse.ArgumentTypeError
        If the text is not of this form.
    """
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form {example}")
    return dict(pairs)


def add_schema_forms(parser):
    """Which of a survey's forms is meant.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--campaign-suffix",
        action="store_true",
        help="name columns as tables that join campaigns do (bar-dr5_strong)",
    )
    what = "which answers lead to a question: all that volunteers came from, or one at most"
    add_option(parser, "--parents", None, what, "volunteers", choices=["volunteers", "simplified"])


def schema_of(options):
    """The schema that the options name: a survey, a JSON file, or that whose columns the table has.

    Parameters
    ----------
    options : argparse.Namespace
        With ``schema`` and what `add_schema_forms` adds.

    Returns
    -------
    Schema

    Raises
    ------
    ValueError
        If no survey is named and none fits the table.
    """
    if options.schema is None:
        table = gz.read_catalog(options.catalog, images=False, columns=options.columns)
        names = surveys_of(table.columns)
        if not names:
            raise ValueError(
                f"{options.catalog}: say with --schema what was asked; no survey has these columns"
            )
        print(f"schema: {names[0]}, by the table's columns (--schema says another)")
        options.schema = names[0]
    if options.schema.endswith(".json"):
        return gz.Schema.from_json(options.schema)
    return gz.load_schema(options.schema, campaign_suffix=options.campaign_suffix, parents=options.parents)


def is_first_process():
    """Whether this is the process that writes and prints, of several that train together."""
    return os.environ.get("RANK", "0") == "0"  # set by accelerate launch and torchrun
