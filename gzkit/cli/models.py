"""``gzkit finetune``, ``gzkit predict`` and ``gzkit report``."""

from pathlib import Path

import gzkit as gz
from gzkit.cli.options import (
    add_catalog,
    add_option,
    add_run_options,
    add_schema_forms,
    blocks,
    catalog_of,
    chosen,
    command,
    is_first_process,
    numbers_of,
    positive,
    schema_of,
)

STYLES = ("concentration", "advanced", "friendly")  # written here too, since --help need not load parquet
TITLE = "Galaxy Zoo votes, predicted"
MODEL = ("encoder", "image_size", "in_chans", "crop", "dropout", "concentration_bounds")
TRAINING = [
    "epochs",
    "batch_size",
    "learning_rate",
    "blocks",
    "patience",
    "layer_decay",
    "weight_decay",
    "warmup",
]
TRAINING += [
    "clip",
    "ema_decay",
    "accumulate",
    "precision",
    "cache",
    "resume",
    "max_unreadable",
    "log_with",
    "seed",
]
PREDICTION = ("samples", "batch_size", "precision", "max_unreadable", "seed")


def add_finetune(commands):
    """``gzkit finetune``."""
    parser = command(
        commands,
        "finetune",
        _run_finetune,
        "finetune an encoder on a catalog of votes and images",
        "Finetune an encoder on volunteers' votes; write the model, its history, and who was trained and validated on. "
        "What is not said follows from the data, and is told. On several GPUs or machines: "
        "accelerate launch -m gzkit finetune ...",
        example="gzkit finetune votes.csv --images cutouts/ --out first",
    )
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    what = "a survey, or a schema in a .json file (default: the survey whose columns the table has)"
    add_option(parser, "--schema", "NAME", what)
    add_schema_forms(parser)
    written = "where to write model/, history.csv, train.csv and val.csv"
    add_option(parser, "--out", "FOLDER", written, "finetuned")
    add_option(
        parser, "--validation", "TABLE", "a second table to validate on (default: a share of the first)"
    )
    add_option(parser, "--validation-share", "X", "that share", 0.2, type=float)
    again = "go on from what an interrupted run left in --out"
    parser.add_argument("--resume", action="store_true", help=again)
    add_run_options(parser)
    _add_model_options(parser.add_argument_group("the model"))
    _add_training_options(parser.add_argument_group("the training"))


def _add_model_options(parser):
    names = "gzkit-tiny (bundled), any timm name, hf-hub:... (fetches it) or local-dir:..."
    add_option(parser, "--encoder", "NAME", names, "gzkit-tiny")
    parser.add_argument("--from-scratch", action="store_true", help="begin with random weights")
    add_option(
        parser, "--image-size", "PIXELS", "side of the images (default: the encoder's own)", type=positive
    )
    add_option(
        parser, "--in-chans", "N", "1 for greyscale, 3 for colour (default: the encoder's own)", type=int
    )
    add_option(parser, "--crop", "X", "share of the image's side that is looked at", type=float)
    add_option(parser, "--dropout", "X", "share of the features left out in training", type=float)
    bounds = "lowest and highest concentration, as 0.05,500 (default), or published for Zoobot's"
    add_option(parser, "--concentration-bounds", "LOW,HIGH", bounds, type=numbers_of)


def _add_training_options(parser):
    add_option(parser, "--epochs", "N", "at most", type=positive)
    patience = "epochs without a better validation loss before stopping"
    add_option(parser, "--patience", "N", patience, type=positive)
    add_option(parser, "--learning-rate", "X", "of the head, at its highest", type=float)
    last = "how many of the encoder's last blocks to train, 0 for the head alone, or 'all'"
    add_option(parser, "--blocks", "N", last, type=blocks)
    add_option(
        parser, "--layer-decay", "X", "factor of the rate from each layer to the one before", type=float
    )
    add_option(parser, "--weight-decay", "X", "weight decay", type=float)
    add_option(parser, "--warmup", "X", "share of the steps in which the rate climbs", type=float)
    add_option(parser, "--clip", "X", "largest norm of a step's gradient", type=float)
    add_option(
        parser, "--ema-decay", "X", "keep a moving average of the weights, with this decay a step", type=float
    )
    add_option(
        parser, "--accumulate", "N", "parts that a step is gone through in, for less memory", type=positive
    )
    plain = "images as they are, not turned and mirrored"
    parser.add_argument("--no-augment", action="store_true", help=plain)
    add_option(parser, "--cache", "FOLDER", "keep decoded images here, or 'stream' (default: in memory)")
    add_option(parser, "--log-with", "NAME", "tensorboard, wandb or another of accelerate's trackers")


def _run_finetune(options):
    schema, out = schema_of(options), Path(options.out)
    train = catalog_of(options, schema)
    if options.validation:
        val = catalog_of(options, schema, options.validation)
    else:
        share = options.validation_share
        train, val = gz.split(train, (1 - share, share), seed=options.seed)
    model = gz.TreeModel(
        schema, pretrained=not options.from_scratch, seed=options.seed, **chosen(options, *MODEL)
    )
    settings = chosen(options, *TRAINING) | ({"augment": None} if options.no_augment else {})
    run = gz.finetune(model, train, val, save_dir=out, progress=not options.quiet, **settings)
    if is_first_process():
        train.to_csv(out / "train.csv", index=False)
        val.to_csv(out / "val.csv", index=False)
        print(f"{len(train)} galaxies trained on, {len(val)} validated on")
        print(run)
        print(f"\n{out / 'model'}: gzkit predict {out / 'model'} {out / 'val.csv'}")


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
        example="gzkit predict finetuned/model new_cutouts/",
    )
    parser.add_argument("model", metavar="MODEL", help="folder that gzkit finetune wrote")
    add_catalog(parser, "table of images (.csv or .parquet; votes are not needed), or a folder of images")
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="CATALOG", help="more catalogues, of the same form"
    )
    written = "where to write the predictions (.parquet), or a folder for their parts"
    add_option(parser, "--out", "FILE", written, "predictions.parquet")
    style = "of a single file: everything, or the tables of the GZ DESI release"
    add_option(parser, "--style", None, style, "concentration", choices=STYLES)
    add_option(parser, "--samples", "N", "predictions a galaxy, with dropout", 1, type=positive)
    add_option(
        parser, "--galaxies-per-part", "N", "of a folder: what an interruption loses, at most", type=positive
    )
    add_run_options(parser)


def _run_predict(options):
    import pandas as pd

    from gzkit.inference import predict_to_parquet

    model = gz.TreeModel.load(options.model)
    catalogs = [catalog_of(options, None, table) for table in (options.catalog, *options.also)]
    choices = {"progress": not options.quiet, **chosen(options, *PREDICTION)}
    out = Path(options.out)
    if out.suffix != ".parquet":
        if options.style != "concentration":
            raise ValueError(f"--style {options.style} is for a single file: name it --out {out}.parquet")
        predict_to_parquet(model, catalogs, out, **choices, **chosen(options, "galaxies_per_part"))
        if is_first_process():
            print(f"{sum(map(len, catalogs))} galaxies predicted, in parts; {out}")
        return
    predictions = gz.predict(model, pd.concat(catalogs, ignore_index=True), **choices)
    if is_first_process():
        out.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_parquet(out, style=options.style)
        print(
            f"{out}: {len(predictions)} galaxies predicted; gzkit report {out} TABLE compares them with votes"
        )


def add_report(commands):
    """``gzkit report``."""
    parser = command(
        commands,
        "report",
        _run_report,
        "compare predictions with votes, as a page to open in a browser",
        "Compare predictions with the votes of a table, question by question and galaxy by galaxy, and write one HTML "
        "file that needs nothing beside it.",
        example="gzkit report predictions.parquet finetuned/val.csv --train finetuned/train.csv",
    )
    parser.add_argument("predictions", metavar="PREDICTIONS", help="what gzkit predict wrote (.parquet)")
    add_catalog(parser, "table of votes and images (.csv or .parquet)")
    add_option(parser, "--out", "FILE", "where to write the report", "report.html")
    history = "history.csv that gzkit finetune wrote: draws the training"
    add_option(parser, "--history", "FILE", history)
    train = "train.csv that gzkit finetune wrote: votes for the constant to beat"
    add_option(parser, "--train", "TABLE", train)
    add_option(parser, "--title", "TEXT", "title of the page", TITLE)
    add_option(parser, "--about", "TEXT", "what was done, in a sentence under the title")
    add_option(
        parser, "--galaxies", "N", "galaxies shown, from the best predicted to the worst", type=positive
    )


def _run_report(options):
    import pandas as pd

    predictions = gz.Predictions.from_parquet(options.predictions)
    catalog = catalog_of(options, predictions.schema)
    history = pd.read_csv(options.history) if options.history else None
    train = gz.read_catalog(options.train, predictions.schema, images=False) if options.train else None
    Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    table, file = Path(options.catalog).name, Path(options.predictions).name
    about = options.about or f"{len(predictions)} galaxies of {table}, predicted in {file}."
    words = {"title": options.title, "about": about, **chosen(options, "galaxies")}
    evaluation = gz.write_report(options.out, predictions, catalog, train=train, history=history, **words)
    print(
        f"skill {evaluation['skill'].iloc[-1]:.2f} over the whole tree (0: no better than a constant, 1: perfect)"
    )
    print(f"{options.out}: open it in a browser")
