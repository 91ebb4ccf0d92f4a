"""The command ``gzkit``: each sub-command reads its options and calls one Python function."""

import argparse
import os
import sys
import warnings
from pathlib import Path

import gzkit as gz
from gzkit.cli.doctor import run_doctor
from gzkit.cli.models import add_models
from gzkit.cli.options import add_keywords, chosen, command
from gzkit.cli.schema import add_schema
from gzkit.cli.zooniverse import add_votes

DESCRIPTION = "See, understand and model Galaxy Zoo votes."
QUICKSTART = "report.quickstart.quickstart"
BAD_INPUT, INTERRUPTED = 2, 130


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; by default those that the program was started with.

    Returns
    -------
    int
        Exit code: 0, or 2 for input that cannot be used, told in one message.
    """
    parser, argv = build_parser(), sys.argv[1:] if argv is None else argv
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what the tab key may add
        import argcomplete

        argcomplete.autocomplete(parser)
    if not argv:
        parser.print_help()
        return 0
    options = parser.parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            options.run(options)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough: gzkit schema list | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError, ImportError) as error:  # others, a KeyError say, are faults of gzkit
        if options.debug:
            raise
        print(f"gzkit: {str(error) or type(error).__name__}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("gzkit: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def build_parser():
    """The command's parser, with every sub-command.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = _Parser(prog="gzkit", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"gzkit {gz.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_keywords(command(commands, "quickstart", _run_quickstart), QUICKSTART, "epochs seed")
    for add in (add_schema, add_models, add_votes):
        add(commands)
    command(commands, "doctor", run_doctor)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, not the list of all options."""

    def error(self, message):
        self.exit(BAD_INPUT, f"{self.prog}: {message} ({self.prog} --help says more)\n")


def _run_quickstart(options):
    """Finetune, predict and report on the sample survey, in a few minutes.

    Finetune the bundled encoder on the simulated sample survey, predict the galaxies that it has not seen, and write
    predictions.parquet, history.csv, the model and report.html.

    for example: gzkit quickstart --out first

    Parameters
    ----------
    out : FOLDER, default quickstart
        Where to write.
    quiet : bool
        No progress bars.
    """
    settings = chosen(options, QUICKSTART)
    print(_farewell(gz.quickstart(options.out, progress=not options.quiet, **settings)))


def _farewell(folder):
    """Where things are, and what to open next."""
    notebooks = Path(gz.__file__).parent.parent / "notebooks"
    lessons = (
        f'jupyter lab "{notebooks}"'
        if any(notebooks.glob("*.ipynb"))
        else "in the folder notebooks of gzkit's source"
    )
    return (
        f"\n{folder / 'report.html'}  the report: open it in a browser\n"
        f"{folder / 'predictions.parquet'}  gz.Predictions.from_parquet reads it\n"
        f"{folder / 'evaluation.csv'}, {folder / 'history.csv'}  the tables of the report\n"
        f"{folder / 'model'}  gz.TreeModel.load reads it, gzkit predict uses it\n\n"
        f"The lessons: {lessons}"
    )


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"gzkit: warning: {message}", file=sys.stderr)
