"""``gzkit finetune``, ``gzkit predict``, ``gzkit embed`` and ``gzkit report``."""

from pathlib import Path

import gzkit as gz
from gzkit.catalog.astronomical import ENDINGS, write_astropy
from gzkit.cli.options import (
    LOAD_SCHEMA,
    READ_CATALOG,
    add_keywords,
    catalog_of,
    chosen,
    command,
    is_first_process,
    schema_of,
)
from gzkit.files.whole import write_csv

FINETUNE, MODEL = "training.finetune.finetune", "model.tree_model.TreeModel"
PREDICT, PREDICT_PARTS = "inference.predict.predict", "inference.runs.predict_to_parquet"
EMBED, EMBED_PARTS = "inference.embed.embed", "inference.runs.embed_to_parquet"
REPORT = "report.page.write_report"


def add_models(commands):
    """``gzkit finetune``, ``gzkit predict``, ``gzkit embed`` and ``gzkit report``."""
    parser = command(commands, "finetune", _run_finetune)
    add_keywords(parser, READ_CATALOG, "images columns")
    add_keywords(parser, LOAD_SCHEMA, "campaign_suffix parents")
    card = "evaluate the model on the validation galaxies, for its card (model/README.md)"
    parser.add_argument("--card", action="store_true", help=card)
    add_keywords(parser, FINETUNE, "batch_size precision max_unreadable seed")
    model, training = (parser.add_argument_group(name) for name in ("the model", "the training"))
    add_keywords(model, MODEL, "image_size in_chans crop dropout concentration_bounds")
    add_keywords(training, FINETUNE, "epochs patience learning_rate blocks layer_decay weight_decay warmup")
    add_keywords(training, FINETUNE, "clip ema_decay accumulate cache log_with")

    for name, run, function in (("predict", _run_predict, PREDICT), ("embed", _run_embed, EMBED)):
        parser = command(commands, name, run)
        parser.add_argument("--also", nargs="+", default=[], metavar="CATALOG", help="more catalogues")
        add_keywords(parser, READ_CATALOG, "images columns")
        add_keywords(parser, function, "samples")
        add_keywords(parser, PREDICT, "batch_size precision max_unreadable seed")
        add_keywords(parser, PREDICT_PARTS, "galaxies_per_part")

    parser = command(commands, "report", _run_report)
    add_keywords(parser, READ_CATALOG, "images columns")
    add_keywords(parser, REPORT, "title about galaxies")


def _run_finetune(options):
    """Finetune an encoder on a catalog of votes and images.

    Finetune an encoder on volunteers' votes; write the model, its history, and who was trained and validated on. What
    is not said follows from the data, and is told. On several GPUs or machines: accelerate launch -m gzkit finetune ...

    for example: gzkit finetune votes.csv --images cutouts/ --out first

    Parameters
    ----------
    catalog : CATALOG
        Table of votes and images (.csv, .parquet, .fits, ...).
    schema : NAME, optional
        A survey, or a schema in a .json file (default: the survey whose columns the table has).
    out : FOLDER, default finetuned
        Where to write model/, history.csv, train.csv and val.csv.
    validation : TABLE, optional
        A second table to validate on (default: a share of the first).
    validation_share : float, default 0.2
        That share.
    resume : bool
        Go on from what an interrupted run left in --out.
    encoder : NAME, default gzkit-tiny
        The bundled one, any timm name, hf-hub:OWNER/NAME (fetches it) or local-dir:FOLDER.
    from_scratch : bool
        Begin with random weights.
    no_augment : bool
        Images as they are, not turned and mirrored.
    quiet : bool
        No progress bars.
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
        if options.card:
            predictions = gz.predict(run, val, progress=not options.quiet)
            run.model.save(out / "model", evaluation=gz.evaluate(predictions, val, train=train))
            print(f"{out / 'model' / 'README.md'}: the model card; fill its licence in")
        print(f"\n{out / 'model'}: gzkit predict {out / 'model'} {out / 'val.csv'}")


def _run_predict(options):
    """Predict the votes of galaxies with a finetuned model.

    Predict the votes of a table's galaxies, or of every image in a folder. Into a folder (--out without .parquet) a
    catalogue of any size is predicted part by part: called again after an interruption it goes on, and several
    processes (torchrun) share the parts.

    for example: gzkit predict finetuned/model new_cutouts/

    Parameters
    ----------
    model : MODEL
        Folder that gzkit finetune wrote.
    catalog : CATALOG
        Table of images (.csv, .parquet, .fits, ...; votes are not needed), or a folder of images.
    out : FILE, default predictions.parquet
        Where to write the predictions (.parquet, .fits, .vot, ...), or a folder for their parts.
    style : {"concentration", "advanced", "friendly"}, default concentration
        Of a single file: everything, or the tables of the GZ DESI release.
    quiet : bool
        No progress bars.
    """
    from gzkit.inference import predict_to_parquet

    out, style = Path(options.out), options.style
    one_file = out.name.lower().endswith((".parquet", *ENDINGS))
    if not one_file and style != "concentration":
        raise ValueError(f"--style {style} is for a single file: name it --out {out}.parquet")
    galaxies = _look(options, gz.predict, predict_to_parquet, PREDICT_PARTS, style=style)
    more = f"; gzkit report {out} TABLE compares them with votes" if one_file else ", in parts"
    if is_first_process():
        print(f"{out}: {galaxies} galaxies predicted{more}")


def _run_embed(options):
    """Compute what a model's encoder says of each image.

    Compute features of a table's galaxies, or of every image in a folder: for neighbours (gz.similar), odd ones
    (gz.unusual) and gz.explore_features. Into a folder (--out without .parquet) a catalogue of any size goes part by
    part, as gzkit predict does it.

    for example: gzkit embed finetuned/model new_cutouts/

    Parameters
    ----------
    model : MODEL
        Folder that gzkit finetune wrote.
    catalog : CATALOG
        Table of images (.csv, .parquet, .fits, ...; votes are not needed), or a folder of images.
    out : FILE, default features.parquet
        Where to write the features (.parquet), or a folder for their parts.
    quiet : bool
        No progress bars.
    """
    from gzkit.inference import embed_to_parquet

    if options.out.lower().endswith(ENDINGS):
        raise ValueError(f"--out {options.out}: features are written as parquet, or into a folder")
    galaxies = _look(options, gz.embed, embed_to_parquet, EMBED_PARTS)
    if is_first_process():
        print(f"{options.out}: features of {galaxies} galaxies; gz.Features.from_parquet reads them")


def _look(options, in_memory, in_parts, function, **style):
    """Have a model look through the catalogues, into a file or a folder of parts; the number of galaxies."""
    import pandas as pd

    model, out, settings = gz.TreeModel.load(options.model), Path(options.out), chosen(options, function)
    catalogs = [catalog_of(options, None, table) for table in (options.catalog, *options.also)]
    settings["progress"] = not options.quiet
    table = bool(style) and out.name.lower().endswith(ENDINGS)
    if out.suffix != ".parquet" and not table:
        in_parts(model, catalogs, out, **settings)
        return sum(map(len, catalogs))
    settings.pop("galaxies_per_part", None)
    found = in_memory(model, pd.concat(catalogs, ignore_index=True), **settings)
    if is_first_process():
        out.parent.mkdir(parents=True, exist_ok=True)
        if table:
            write_astropy(found.to_table(**style), out)
        else:
            found.to_parquet(out, **style)
    return len(found)


def _run_report(options):
    """Compare predictions with votes, as a page to open in a browser.

    Compare predictions with the votes of a table, question by question and galaxy by galaxy, and write one HTML file
    that needs nothing beside it.

    for example: gzkit report predictions.parquet finetuned/val.csv --train finetuned/train.csv

    Parameters
    ----------
    predictions : PREDICTIONS
        What gzkit predict wrote (.parquet).
    catalog : CATALOG
        Table of votes and images (.csv, .parquet, .fits, ...).
    out : FILE, default report.html
        Where to write the report.
    training : FOLDER, optional
        Where gzkit finetune wrote: the training's course and settings (default: the table's own folder, if it did).
    train : TABLE, optional
        The train.csv that gzkit finetune wrote: votes for the constant to beat.
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
