"""Options and small functions that several sub-commands of ``gzkit`` share."""

import argparse
import inspect
import os

import gzkit as gz
from gzkit.cli.keywords import add_keywords, chosen, pairs_of
from gzkit.schema.surveys import surveys_of

LOAD_SCHEMA = "schema.surveys.__init__.load_schema"


def command(commands, name, run):
    """A sub-command that calls ``run(options)``, whose docstring is the command's help.

    Parameters
    ----------
    commands : argparse action of sub-parsers
    name : str
    run : callable
        Its docstring: a line for the list of commands; the description, where that is not enough; an example.

    Returns
    -------
    argparse.ArgumentParser
    """
    summary, *more, example = inspect.getdoc(run).split("\n\n")
    line = summary[0].lower() + summary[1:].rstrip(".")
    description = "\n\n".join(more) or summary
    parser = commands.add_parser(name, help=line, description=description, epilog=example)
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
        "the table's own names, as iauname=id_str,path=file_loc; gz2 for the published Galaxy Zoo 2 tables; or both, "
        "as gz2,OBJID=id_str"
    )
    add_option(parser, "--columns", "NAMES", names, type=columns_of)


def add_quiet(parser):
    """No progress bars.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


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
    """Column names: a mapping, the name of a published table, or that and a mapping.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    dict of str to str, str, or list of both

    Raises
    ------
    argparse.ArgumentTypeError
        If a pair is not of the form theirs=ours.
    """
    name, _, more = text.partition(",")
    if "=" in name:
        return pairs_of(text)
    return [name, pairs_of(more)] if more else name


def add_schema_forms(parser):
    """Which of a survey's forms is meant.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add_keywords(parser, LOAD_SCHEMA, "campaign_suffix parents")


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
    return gz.load_schema(options.schema, **chosen(options, LOAD_SCHEMA))


def is_first_process():
    """Whether this is the process that writes and prints, of several that train together."""
    return os.environ.get("RANK", "0") == "0"  # set by accelerate launch and torchrun
