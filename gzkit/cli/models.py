"""``gzkit finetune``, ``gzkit predict`` and ``gzkit report``."""

from pathlib import Path

import gzkit as gz
from gzkit.cli.keywords import add_keywords, chosen
from gzkit.cli.options import (
    add_catalog,
    add_option,
    add_quiet,
    add_schema_forms,
    catalog_of,
    command,
    is_first_process,
    numbers_of,
    schema_of,
)
from gzkit.files.whole import write_csv

STYLES = ("concentration", "advanced", "friendly")  # written here too, since --help need not load parquet
TITLE = "Galaxy Zoo votes, predicted"
FINETUNE, MODEL = "training.finetune.finetune", "model.tree_model.TreeModel"
PREDICT, PREDICT_PARTS = "inference.predict.predict", "inference.runs.predict_to_parquet"
REPORT = "report.page.write_report"


def add_finetune(commands):
    """``gzkit finetune``."""
    parser = command(commands, "finetune", _run_finetune)
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    what = "a survey, or a schema in a .json file (default: the survey whose columns the table has)"
    add_option(parser, "--schema", "NAME", what)
    add_schema_forms(parser)
    written = "where to write model/, history.csv, train.csv and val.csv"
    add_option(parser, "--out", "FOLDER", written, "finetuned")
    second = "a second table to validate on (default: a share of the first)"
    add_option(parser, "--validation", "TABLE", second)
    add_option(parser, "--validation-share", "X", "that share", 0.2, type=float)
    again = "go on from what an interrupted run left in --out"
    parser.add_argument("--resume", action="store_true", help=again)
    add_keywords(parser, FINETUNE, "batch_size precision max_unreadable")
    add_option(parser, "--seed", "N", "seed", 0, type=int)
    add_quiet(parser)
    _add_model_options(parser.add_argument_group("the model"))
    _add_training_options(parser.add_argument_group("the training"))


def _add_model_options(parser):
    names = "gzkit-tiny (bundled), any timm name, hf-hub:... (fetches it) or local-dir:..."
    add_option(parser, "--encoder", "NAME", names, "gzkit-tiny")
    parser.add_argument("--from-scratch", action="store_true", help="begin with random weights")
    add_keywords(parser, MODEL, "image_size in_chans crop dropout")
    bounds = "lowest and highest concentration, as 0.05,500 (default), or published for Zoobot's"
    add_option(parser, "--concentration-bounds", "LOW,HIGH", bounds, type=numbers_of)


def _add_training_options(parser):
    add_keywords(parser, FINETUNE, "epochs patience learning_rate blocks layer_decay weight_decay warmup")
    add_keywords(parser, FINETUNE, "clip ema_decay accumulate cache log_with")
    plain = "images as they are, not turned and mirrored"
    parser.add_argument("--no-augment", action="store_true", help=plain)


def _run_finetune(options):
    """Finetune an encoder on a catalog of votes and images.

    Finetune an encoder on volunteers' votes; write the model, its history, and who was trained and validated on. What
    is not said follows from the data, and is told. On several GPUs or machines: accelerate launch -m gzkit finetune ...

    for example: gzkit finetune votes.csv --images cutouts/ --out first
    """
    schema, out = schema_of(options), Path(options.out)
    train = catalog_of(options, schema)
    if options.validation:
        val = catalog_of(options, schema, options.validation)
    else:
        share = options.validation_share
        train, val = gz.split(train, (1 - share, share), seed=options.seed)
    settings = {"pretrained": not options.from_scratch, **chosen(options, MODEL)}
    model = gz.TreeModel(schema, options.encoder, **settings)
    settings = chosen(options, FINETUNE) | ({"augment": None} if options.no_augment else {})
    run = gz.finetune(model, train, val, save_dir=out, progress=not options.quiet, **settings)
    if is_first_process():
        write_csv(out / "train.csv", train)
        write_csv(out / "val.csv", val)
        print(f"{len(train)} galaxies trained on, {len(val)} validated on")
        print(run)
        print(f"\n{out / 'model'}: gzkit predict {out / 'model'} {out / 'val.csv'}")


def add_predict(commands):
    """``gzkit predict``."""
    parser = command(commands, "predict", _run_predict)
    parser.add_argument("model", metavar="MODEL", help="folder that gzkit finetune wrote")
    add_catalog(parser, "table of images (.csv or .parquet; votes are not needed), or a folder of images")
    more = "more catalogues, of the same form"
    parser.add_argument("--also", nargs="+", default=[], metavar="CATALOG", help=more)
    written = "where to write the predictions (.parquet), or a folder for their parts"
    add_option(parser, "--out", "FILE", written, "predictions.parquet")
    style = "of a single file: everything, or the tables of the GZ DESI release"
    add_option(parser, "--style", None, style, "concentration", choices=STYLES)
    add_keywords(parser, PREDICT, "samples batch_size precision max_unreadable")
    add_keywords(parser, PREDICT_PARTS, "galaxies_per_part")
    add_option(parser, "--seed", "N", "seed", 0, type=int)
    add_quiet(parser)


def _run_predict(options):
    """Predict the votes of galaxies with a finetuned model.

    Predict the votes of a table's galaxies, or of every image in a folder. Into a folder (--out without .parquet) a
    catalogue of any size is predicted part by part: called again after an interruption it goes on, and several
    processes (torchrun) share the parts.

    for example: gzkit predict finetuned/model new_cutouts/
    """
    import pandas as pd

    from gzkit.inference import predict_to_parquet

    model = gz.TreeModel.load(options.model)
    catalogs = [catalog_of(options, None, table) for table in (options.catalog, *options.also)]
    out, progress = Path(options.out), not options.quiet
    if out.suffix != ".parquet":
        if options.style != "concentration":
            raise ValueError(f"--style {options.style} is for a single file: name it --out {out}.parquet")
        predict_to_parquet(model, catalogs, out, progress=progress, **chosen(options, PREDICT_PARTS))
        if is_first_process():
            print(f"{sum(map(len, catalogs))} galaxies predicted, in parts; {out}")
        return
    catalog = pd.concat(catalogs, ignore_index=True)
    predictions = gz.predict(model, catalog, progress=progress, **chosen(options, PREDICT))
    if is_first_process():
        out.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_parquet(out, style=options.style)
        print(
            f"{out}: {len(predictions)} galaxies predicted; gzkit report {out} TABLE compares them with votes"
        )


def add_report(commands):
    """``gzkit report``."""
    parser = command(commands, "report", _run_report)
    parser.add_argument("predictions", metavar="PREDICTIONS", help="what gzkit predict wrote (.parquet)")
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    add_option(parser, "--out", "FILE", "where to write the report", "report.html")
    run = "folder that gzkit finetune wrote: its course and settings (default: that of the table)"
    add_option(parser, "--run", "FOLDER", run, dest="training")
    train = "train.csv that gzkit finetune wrote: votes for the constant to beat"
    add_option(parser, "--train", "TABLE", train)
    add_option(parser, "--title", "TEXT", "title of the page", TITLE)
    add_keywords(parser, REPORT, "about galaxies")


def _run_report(options):
    """Compare predictions with votes, as a page to open in a browser.

    Compare predictions with the votes of a table, question by question and galaxy by galaxy, and write one HTML file
    that needs nothing beside it.

    for example: gzkit report predictions.parquet finetuned/val.csv --train finetuned/train.csv
    """
    predictions = gz.Predictions.from_parquet(options.predictions)
    catalog = catalog_of(options, predictions.schema)
    beside = Path(options.catalog).parent  # gzkit finetune writes both
    training = options.training or (beside if (beside / "history.csv").is_file() else None)
    train = gz.read_catalog(options.train, predictions.schema, images=False) if options.train else None
    Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    table, file = Path(options.catalog).name, Path(options.predictions).name
    about = options.about or f"{len(predictions)} galaxies of {table}, predicted in {file}."
    parts = chosen(options, REPORT) | {"about": about, "train": train, "run": training}
    evaluation = gz.write_report(options.out, predictions, catalog, **parts)
    print(
        f"skill {evaluation['skill'].iloc[-1]:.2f} over the whole tree (0: no better than a constant, 1: perfect)"
    )
    print(f"{options.out}: open it in a browser")
