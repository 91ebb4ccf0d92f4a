"""Options that are keywords of a function: their names, defaults and help stand once, where the function does."""

import argparse
import ast
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
PARAMETER = re.compile(r"^(\w+(?:, \w+)*) : (.+)((?:\n    .+)*)", re.MULTILINE)  # as numpydoc writes it


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


def _as_help(text):
    """The first sentence, without markup."""
    plain = " ".join(text.replace("`", "").split()).split(". ")[0].rstrip(".")
    return plain[0].lower() + plain[1:]


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
        text = text.replace("%", "%%") + (f" (default: {default})" if default else "")
        if default is False:
            how = {"action": "store_true"}
        elif kind.startswith("{"):
            choices = sorted(ast.literal_eval(kind[: kind.index("}") + 1]))
            how = {"choices": choices, "type": type(choices[0])}
        else:
            how = next(how for pattern, how in KINDS.items() if re.match(pattern, kind))
        parser.add_argument("--" + name.replace("_", "-"), help=text, **how)


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


def names_of(text):
    """Names with commas between them; ``"usual"`` and ``"all"`` stand for several.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    list of str, or str
    """
    return text if text in ("usual", "all") else [name for name in text.split(",") if name]


def pairs_of(text):
    """Names with what they stand for.

    Parameters
    ----------
    text : str
        As typed.

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
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NAME,NAME=NAME")
    return dict(pairs)


KINDS = {  # of a value, as numpydoc names it: what the help calls it, and how it is read
    "int or": {"metavar": "N", "type": blocks},
    "int": {"metavar": "N", "type": positive},
    "float": {"metavar": "X", "type": float},
    "dict": {"metavar": "NAME=NAME,...", "type": pairs_of},
    ".*sequence": {"metavar": "NAME,...", "type": names_of},
    ".*Path": {"metavar": "PATH"},
    "": {"metavar": "TEXT"},
}
