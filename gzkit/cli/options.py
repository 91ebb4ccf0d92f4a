"""Options of ``gzkit``'s commands, read from documentation: each stands once, with its kind, default and help.

A command is a function with a docstring, whose parameters are the command's own options. Keywords of gzkit's other
functions become options by their name alone.
"""

import argparse
import ast
import inspect
import os
import re
from functools import cache
from pathlib import Path

import gzkit as gz
from gzkit.schema.surveys import surveys_of

PACKAGE = Path(__file__).parents[1]
PARAMETER = re.compile(r"^(\w+(?:, \w+)*) : (.+)((?:\n    .+)*)", re.MULTILINE)  # as numpydoc writes it
OWN = re.compile(r"(?P<kind>.+?)(?:, (?:optional|(?P<required>required)|default (?P<default>.+)))?")
LOAD_SCHEMA, READ_CATALOG = "schema.surveys.__init__.load_schema", "catalog.read.read_catalog"


def command(commands, name, run):
    """A sub-command that calls ``run(options)``.

    Parameters
    ----------
    commands : argparse action of sub-parsers
    name : str
    run : callable
        Its docstring: a line for the list of commands; the description, where that is not enough; an example; and its
        parameters, in capitals as the help shows their value. ``catalog : TABLE`` is an argument, ``train : TABLE,
        optional``, ``out : FOLDER, default here`` and ``workflow : FILE, required`` are options.

    Returns
    -------
    argparse.ArgumentParser
    """
    about, _, parameters = inspect.getdoc(run).partition("\n\nParameters\n----------\n")
    summary, *more, example = about.split("\n\n")
    description = "\n\n".join(more) or summary
    parser = commands.add_parser(name, help=_as_help(summary), description=description, epilog=example)
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    for names, kind, text in PARAMETER.findall(parameters):
        own = OWN.fullmatch(kind)
        for each in names.split(", "):
            if own["kind"] == kind and kind != "bool":
                option = parser.add_argument(each, metavar=kind, help=_as_help(text))
            else:
                option = _add_option(parser, each, own["kind"], own["default"], _as_help(text))
                option.required, option.default = own["required"] is not None, own["default"]
            if each == "schema":
                option.completer = lambda **_: gz.schema_names()
    parser.set_defaults(run=run)
    return parser


def add_keywords(parser, function, names):
    """An option for each of these keywords of a function.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    function : str
        As for `keywords_of`.
    names : str
        With spaces between them.
    """
    for name in names.split():
        default, kind, text = keywords_of(function)[name]
        _add_option(parser, name, "bool" if default is False else kind, default, text)


def _add_option(parser, name, kind, default, text):
    if kind == "bool":
        how = {"action": "store_true"}
    elif kind.startswith("{"):
        choices = sorted(ast.literal_eval(kind[: kind.index("}") + 1]))
        how = {"choices": choices, "type": type(choices[0])}
    else:
        how = next(how for pattern, how in KINDS.items() if re.match(pattern, kind))
        how = {"metavar": kind} | how | ({"type": int} if default == 0 else {})  # a seed
    text = text.replace("%", "%%") + (f" (default: {default})" if default else "")
    return parser.add_argument("--" + name.replace("_", "-"), help=text, **how)


@cache
def keywords_of(function):
    """Keywords that a function, or a class, may be called with; its source is read, since torch takes seconds.

    Parameters
    ----------
    function : str
        Where it stands in gzkit: ``"training.finetune.finetune"``.

    Returns
    -------
    dict of str to tuple
        Default (None unless it is a plain value), kind and text of each.

    Examples
    --------
    >>> keywords_of("training.finetune.finetune")["warmup"]
    (0.1, 'float', 'share of all steps in which the rate climbs; after it, half a cosine down to nothing')
    """
    *folders, name = function.split(".")
    source = PACKAGE.joinpath(*folders).with_suffix(".py").read_text("utf-8")
    found = next(node for node in ast.parse(source).body if getattr(node, "name", None) == name)
    documented = {}
    for names, kind, text in PARAMETER.findall(ast.get_docstring(found)):
        for each in names.split(", "):
            documented.setdefault(each, (kind, _as_help(text or each.replace("_", " "))))
    if isinstance(found, ast.ClassDef):
        found = next(node for node in found.body if getattr(node, "name", None) == "__init__")
    defaults = zip(found.args.kwonlyargs, found.args.kw_defaults, strict=True)
    return {
        key.arg: (getattr(value, "value", None), *documented.get(key.arg, ("", "")))
        for key, value in defaults
    }


def chosen(options, function):
    """Keywords of a function for which there are options; those not given are left to its defaults.

    Parameters
    ----------
    options : argparse.Namespace
    function : str
        As for `keywords_of`.

    Returns
    -------
    dict
    """
    given = {name: getattr(options, name, None) for name in keywords_of(function)}
    return {name: value for name, value in given.items() if value is not None}


def catalog_of(options, schema, table=None):
    """A table that the options name, read and checked.

    Parameters
    ----------
    options : argparse.Namespace
        With ``catalog``, and keywords of `gz.read_catalog`.
    schema : Schema or None
    table : str, optional
        Another table of the same form; by default ``catalog``.

    Returns
    -------
    DataFrame

    Raises
    ------
    CatalogError
        Every problem of the table, with row and column.
    """
    return gz.read_catalog(table or options.catalog, schema, **chosen(options, READ_CATALOG))


def schema_of(options):
    """The schema that the options name: a survey, a JSON file, or that whose columns the table has.

    Parameters
    ----------
    options : argparse.Namespace
        With ``schema``, and keywords of `gz.load_schema`.

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


def _as_help(text):
    """The first sentence, without markup."""
    plain = re.split(r"\. (?=[A-Z])", " ".join(text.replace("`", "").split()))[0].rstrip(".")
    return plain[:1].lower() + plain[1:]


def _whole(text, least=1):
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above {least - 1}")
    return int(text)


def _blocks(text):
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'")
    return text if text == "all" else int(text)


def _names(text):
    """``"usual"`` and ``"all"`` stand for several."""
    return text if text in ("usual", "all") else [name for name in text.split(",") if name]


def _pairs(text):
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NAME,NAME=NAME")
    return dict(pairs)


def _columns(text):
    """A mapping, the name of a published table, or that and a mapping."""
    name, _, more = text.partition(",")
    if "=" in name:
        return _pairs(text)
    return [name, _pairs(more)] if more else name


def _bounds(text):
    try:
        return text if text.isalpha() else tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0.05,500") from error


KINDS = {  # of a value, as numpydoc names it: what the help calls it, and how it is read
    "int or": {"metavar": "N", "type": _blocks},
    "int": {"metavar": "N", "type": _whole},
    "float": {"metavar": "X", "type": float},
    "pair": {"metavar": "LOW,HIGH", "type": _bounds},
    "dict of str to str, str": {"metavar": "NAME=NAME,...", "type": _columns},
    "dict": {"metavar": "NAME=NAME,...", "type": _pairs},
    ".*sequence": {"metavar": "NAME,...", "type": _names},
    ".*Path": {"metavar": "PATH"},
    "str": {"metavar": "TEXT"},
    "": {},  # what is in capitals already
}
