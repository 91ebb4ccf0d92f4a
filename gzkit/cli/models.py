"""``gzkit finetune``, ``gzkit predict`` and ``gzkit report``."""

from pathlib import Path

import gzkit as gz
from gzkit.cli.options import (
    add_catalog,
    add_option,
    add_out,
    add_quiet,
    add_schema_forms,
    blocks,
    catalog_of,
    chosen,
    command,
    is_first_process,
    positive,
    schema_of,
)

STYLES = ("concentration", "advanced", "friendly")  # written here too, since --help need not load parquet
TITLE = "Galaxy Zoo votes, predicted"


def add_finetune(commands):
    """``gzkit finetune``."""
    parser = command(
        commands,
        "finetune",
        _run_finetune,
        "finetune an encoder on a catalog of votes and images",
        "Finetune an encoder on volunteers' votes; write the model, its history, and who was trained and validated on. "
        "On several GPUs or machines: "
        "accelerate launch -m gzkit finetune ...",
    )
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    add_option(parser, "--schema", "NAME", "a survey, or a schema in a .json file", required=True)
    add_schema_forms(parser)
    add_out(parser, "FOLDER", "where to write model/, history.csv, train.csv and val.csv")
    names = "gzkit-tiny (bundled), any timm name, hf-hub:... (fetches it) or local-dir:..."
    add_option(parser, "--encoder", "NAME", names, "gzkit-tiny")
    add_option(parser, "--image-size", "PIXELS", "default: the encoder's own", type=positive)
    second = "a second table to validate on (default: a share of the first)"
    add_option(parser, "--validation", "TABLE", second)
    add_option(parser, "--validation-share", "X", "that share", 0.2, type=float)
    add_option(parser, "--epochs", "N", "at most", 20, type=positive)
    patience = "epochs without a better validation loss before stopping"
    add_option(parser, "--patience", "N", patience, 10, type=positive)
    _add_batch_size(parser)
    add_option(parser, "--learning-rate", "X", "default: the loop's own", type=float)
    last = "how many of the encoder's last blocks to train, 0 for the head alone, or 'all'"
    add_option(parser, "--blocks", "N", last, type=blocks)
    add_option(parser, "--precision", "NAME", "auto, no, bf16 or fp16", "auto")
    add_option(parser, "--cache", "FOLDER", "keep decoded images here (default: in memory)")
    again = "go on from what an interrupted run left in --out"
    parser.add_argument("--resume", action="store_true", help=again)
    add_option(parser, "--log-with", "NAME", "tensorboard, wandb or another of accelerate's trackers")
    add_option(parser, "--seed", "N", "seed", 0, type=int)
    add_quiet(parser)


def _add_batch_size(parser):
    add_option(parser, "--batch-size", "N", "images a step", 64, type=positive)


def _run_finetune(options):
    schema, out = schema_of(options), Path(options.out)
    train = catalog_of(options, schema)
    if options.validation:
        val = catalog_of(options, schema, options.validation)
    else:
        share = options.validation_share
        train, val = gz.split(train, (1 - share, share), seed=options.seed)
    model = gz.TreeModel(schema, encoder=options.encoder, image_size=options.image_size)
    names = ("epochs", "patience", "batch_size", "learning_rate", "blocks", "precision", "cache", "resume")
    settings = chosen(options, *names, "log_with", "seed")
    run = gz.finetune(model, train, val, save_dir=out, progress=not options.quiet, **settings)
    if is_first_process():
        train.to_csv(out / "train.csv", index=False)
        val.to_csv(out / "val.csv", index=False)
        print(f"{len(train)} galaxies trained on, {len(val)} validated on, {len(run.history)} epochs")
        print(f"best validation loss {run.history['val_loss'].min():.3f}; model in {out / 'model'}")


def add_predict(commands):
    """``gzkit predict``."""
    parser = command(
        commands,
        "predict",
        _run_predict,
        "predict the votes of galaxies with a finetuned model",
        "Predict the votes of a table's galaxies, or of every image in a folder. Into a folder (--out without "
        ".parquet) a catalogue of any size is predicted part by part: called again after an interruption it goes on, "
        "and several processes (torchrun) share the parts.",
    )
    parser.add_argument("model", metavar="MODEL", help="folder that gzkit finetune wrote")
    add_catalog(parser, "table of images (.csv or .parquet; votes are not needed), or a folder of images")
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="CATALOG", help="more catalogues, of the same form"
    )
    add_out(parser, "FILE", "where to write the predictions (.parquet), or a folder for their parts")
    style = "of a single file: everything, or the tables of the GZ DESI release"
    add_option(parser, "--style", None, style, "concentration", choices=STYLES)
    add_option(parser, "--samples", "N", "predictions a galaxy, with dropout", 1, type=positive)
    _add_batch_size(parser)
    add_quiet(parser)


def _run_predict(options):
    import pandas as pd

    model = gz.TreeModel.load(options.model)
    catalogs = [catalog_of(options, None, table) for table in (options.catalog, *options.also)]
    choices = {"progress": not options.quiet, **chosen(options, "samples", "batch_size")}
    out = Path(options.out)
    if out.suffix != ".parquet":
        if options.style != "concentration":
            raise ValueError(f"--style {options.style} is for a single file: name it --out {out}.parquet")
        gz.predict_to_parquet(model, catalogs, out, **choices)
        if is_first_process():
            print(f"{sum(map(len, catalogs))} galaxies predicted, in parts; {out}")
        return
    predictions = gz.predict(model, pd.concat(catalogs, ignore_index=True), **choices)
    if is_first_process():
        out.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_parquet(out, style=options.style)
        print(f"{len(predictions)} galaxies predicted; {out}")


def add_report(commands):
    """``gzkit report``."""
    parser = command(
        commands,
        "report",
        _run_report,
        "compare predictions with votes, as a page to open in a browser",
        "Compare predictions with the votes of a table, question by question and galaxy by galaxy, and write one HTML "
        "file that needs nothing beside it.",
    )
    parser.add_argument("predictions", metavar="PREDICTIONS", help="what gzkit predict wrote (.parquet)")
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    add_out(parser, "FILE", "where to write the report (.html)")
    history = "history.csv that gzkit finetune wrote: draws the training"
    add_option(parser, "--history", "FILE", history)
    train = "train.csv that gzkit finetune wrote: votes for the constant to beat"
    add_option(parser, "--train", "TABLE", train)
    add_option(parser, "--title", "TEXT", "title of the page", TITLE)


def _run_report(options):
    import pandas as pd

    from gzkit.report.page import write_report

    predictions = gz.Predictions.from_parquet(options.predictions)
    catalog = catalog_of(options, predictions.schema)
    history = pd.read_csv(options.history) if options.history else None
    train = gz.read_catalog(options.train, predictions.schema, images=False) if options.train else None
    Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    table, file = Path(options.catalog).name, Path(options.predictions).name
    about = f"{len(predictions)} galaxies of {table}, predicted in {file}."
    write_report(
        options.out, predictions, catalog, train=train, history=history, title=options.title, about=about
    )
    print(f"{options.out}: open it in a browser")
