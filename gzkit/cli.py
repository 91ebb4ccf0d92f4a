"""The command ``gzkit``: each sub-command reads its options and calls one Python function."""

import argparse
import os
import sys
import warnings
from pathlib import Path

import gzkit as gz
from gzkit.surveys import survey_facts

DESCRIPTION = "See, understand and model Galaxy Zoo votes."
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
    options = build_parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            options.run(options)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough: gzkit schema list | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, KeyError, OSError, ImportError) as error:
        if options.debug:
            raise
        print(f"gzkit: {_sentence(error)}", file=sys.stderr)
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
    parser = argparse.ArgumentParser(prog="gzkit", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"gzkit {gz.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_quickstart(commands)
    _add_schema(commands)
    _add_finetune(commands)
    _add_predict(commands)
    return parser


# --- gzkit quickstart


def _add_quickstart(commands):
    parser = _command(
        commands,
        "quickstart",
        _run_quickstart,
        "finetune, predict and report on the sample survey, in a few minutes",
        "Finetune the bundled encoder on the simulated sample survey, predict the galaxies that it has not seen, and "
        "write predictions.parquet, history.csv, the model and report.html.",
    )
    parser.add_argument(
        "--out", default="quickstart", metavar="FOLDER", help="where to write (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=_positive, metavar="N", help="epochs (default: a few)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed (default: %(default)s)")
    _add_quiet(parser)


def _run_quickstart(options):
    epochs = {} if options.epochs is None else {"epochs": options.epochs}
    gz.quickstart(out=options.out, seed=options.seed, progress=not options.quiet, **epochs)


# --- gzkit schema


def _add_schema(commands):
    parser = commands.add_parser("schema", help="list and show the decision trees of surveys")
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(actions, "list", _run_schema_list, "name the surveys whose decision trees gzkit knows")
    show = _command(actions, "show", _run_schema_show, "draw a decision tree as text, or write it to a file")
    show.add_argument(
        "schema", metavar="NAME", help="a survey (see gzkit schema list), or a schema in a .json file"
    )
    _add_schema_forms(show)
    show.add_argument("--json", metavar="FILE", help="write the schema to this file too")
    show.add_argument("--svg", metavar="FILE", help="write the drawing to this file (.svg)")
    show.add_argument("--png", metavar="FILE", help="write the drawing to this file (.png)")
    show.add_argument(
        "--wording", action="store_true", help="draw what volunteers read, in place of the names"
    )
    show.add_argument("--icons", action="store_true", help="draw a little galaxy for each answer")


def _run_schema_list(options):
    for name in gz.schema_names():
        schema = gz.load_schema(name)
        counts = f"{len(schema.questions):3} questions {len(schema.answers):4} answers"
        print(f"{name:21}{counts}  {survey_facts(name)['title']}")


def _run_schema_show(options):
    schema = _schema(options)
    if options.json:
        schema.to_json(options.json)
    if options.svg:
        from gzkit.plots.tree_svg import tree_svg

        svg = tree_svg(schema, wording=options.wording, icons=options.icons)
        Path(options.svg).write_text(svg, encoding="utf-8")
    if options.png:
        ax = gz.plot_tree(schema, wording=options.wording, icons=options.icons)
        ax.get_figure().savefig(options.png, dpi=200)
    print(schema)
    if options.schema in gz.schema_names():
        for source in survey_facts(options.schema)["source"]:
            print(f"source: {source}")


def _add_schema_forms(parser):
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


def _schema(options):
    if options.schema.endswith(".json"):
        return gz.Schema.from_json(options.schema)
    return gz.load_schema(options.schema, campaign_suffix=options.campaign_suffix, parents=options.parents)


# --- gzkit finetune


def _add_finetune(commands):
    parser = _command(
        commands,
        "finetune",
        _run_finetune,
        "finetune an encoder on a catalog of votes and images",
        "Finetune an encoder on volunteers' votes and write the model and its history. On several GPUs or machines: "
        "accelerate launch -m gzkit finetune ...",
    )
    _add_catalog(parser, "table of votes and images (.csv or .parquet)")
    parser.add_argument(
        "--schema", required=True, metavar="NAME", help="a survey, or a schema in a .json file"
    )
    _add_schema_forms(parser)
    _add_out(parser, "FOLDER", "where to write model/ and history.csv")
    parser.add_argument(
        "--encoder",
        default="gzkit-tiny",
        metavar="NAME",
        help="gzkit-tiny (bundled), any timm name, hf-hub:... (fetches it) or local-dir:... (default: %(default)s)",
    )
    parser.add_argument("--image-size", type=_positive, metavar="PIXELS", help="default: the encoder's own")
    parser.add_argument(
        "--validation", metavar="TABLE", help="a second table to validate on (default: a share of the first)"
    )
    parser.add_argument(
        "--validation-share", type=float, default=0.2, metavar="X", help="that share (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs", type=_positive, default=20, metavar="N", help="at most (default: %(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=_positive,
        default=10,
        metavar="N",
        help="epochs without a better validation loss before stopping (default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size", type=_positive, default=64, metavar="N", help="images a step (default: %(default)s)"
    )
    parser.add_argument("--learning-rate", type=float, metavar="X", help="default: the loop's own")
    parser.add_argument(
        "--blocks",
        type=_blocks,
        metavar="N",
        help="how many of the encoder's last blocks to train, 0 for the head alone, or 'all'",
    )
    parser.add_argument(
        "--precision", default="auto", metavar="NAME", help="auto, no, bf16 or fp16 (default: %(default)s)"
    )
    parser.add_argument("--cache", metavar="FOLDER", help="keep decoded images here")
    parser.add_argument(
        "--resume", action="store_true", help="go on from what an interrupted run left in --out"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed (default: %(default)s)")
    _add_quiet(parser)


def _run_finetune(options):
    schema, out = _schema(options), Path(options.out)
    train = _catalog(options, schema)
    if options.validation:
        val = gz.read_catalog(options.validation, schema, images=options.images, columns=options.columns)
    else:
        train, val = gz.split(
            train, (1 - options.validation_share, options.validation_share), seed=options.seed
        )
    model = gz.TreeModel(schema, encoder=options.encoder, image_size=options.image_size)
    chosen = {"learning_rate": options.learning_rate, "blocks": options.blocks}
    run = gz.finetune(
        model,
        train,
        val,
        epochs=options.epochs,
        patience=options.patience,
        batch_size=options.batch_size,
        precision=options.precision,
        cache=options.cache,
        resume=options.resume,
        save_dir=out,
        seed=options.seed,
        progress=not options.quiet,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    if _is_first_process():
        run.model.save(out / "model")
        run.history.to_csv(out / "history.csv", index=False)
        print(f"{len(train)} galaxies trained on, {len(val)} validated on, {len(run.history)} epochs")
        print(f"best validation loss {run.history['val_loss'].min():.3f}; model in {out / 'model'}")


# --- gzkit predict


def _add_predict(commands):
    parser = _command(
        commands,
        "predict",
        _run_predict,
        "predict the votes of galaxies with a finetuned model",
        "Predict the votes of a table's galaxies, or of every image in a folder.",
    )
    parser.add_argument("model", metavar="MODEL", help="folder that gzkit finetune wrote")
    _add_catalog(parser, "table of images (.csv or .parquet; votes are not needed), or a folder of images")
    _add_out(parser, "FILE", "where to write the predictions (.parquet)")
    parser.add_argument(
        "--samples",
        type=_positive,
        default=1,
        metavar="N",
        help="predictions a galaxy, with dropout (default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size", type=_positive, default=64, metavar="N", help="images a step (default: %(default)s)"
    )
    _add_quiet(parser)


def _run_predict(options):
    model = gz.TreeModel.load(options.model)
    catalog = _catalog(options, None)
    predictions = gz.predict(
        model, catalog, samples=options.samples, batch_size=options.batch_size, progress=not options.quiet
    )
    if _is_first_process():
        Path(options.out).parent.mkdir(parents=True, exist_ok=True)
        predictions.to_parquet(options.out)
        print(f"{len(predictions.id_str)} galaxies predicted; {options.out}")


# --- shared


def _command(commands, name, run, summary, description=None):
    """A sub-command that calls ``run(options)``."""
    parser = commands.add_parser(
        name, help=summary, description=description or summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    parser.set_defaults(run=run)
    return parser


def _add_catalog(parser, what):
    parser.add_argument("catalog", metavar="CATALOG", help=what)
    parser.add_argument("--images", metavar="FOLDER", help="where the images are (default: beside the table)")
    parser.add_argument(
        "--columns",
        type=_columns,
        metavar="NAMES",
        help="the table's own names, as iauname=id_str,path=file_loc, or gz2 for the published Galaxy Zoo 2 tables",
    )


def _add_out(parser, metavar, what):
    parser.add_argument("--out", required=True, metavar=metavar, help=what)


def _add_quiet(parser):
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def _catalog(options, schema):
    return gz.read_catalog(options.catalog, schema, images=options.images, columns=options.columns)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _blocks(text):
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'")
    return text if text == "all" else int(text)


def _columns(text):
    if "=" not in text:
        return text
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form iauname=id_str,path=file_loc")
    return dict(pairs)


def _sentence(error):
    """An error's message; a KeyError would show it in quotes, an OSError without a name."""
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    return str(error) or type(error).__name__


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"gzkit: warning: {message}", file=sys.stderr)


def _is_first_process():
    return os.environ.get("RANK", "0") == "0"  # set by accelerate launch and torchrun
