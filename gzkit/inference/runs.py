"""Predictions and features of catalogues of any size, by any number of processes; what interrupts them is survived."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.files.fingerprint import differences
from gzkit.files.lock import alone_in
from gzkit.files.whole import write_text
from gzkit.inference.catalogs import LongCatalog
from gzkit.inference.embed import as_features, encoder_of, mean_features
from gzkit.inference.predict import (
    concentrations,
    joined,
    model_to_predict,
    predict_batches,
    progress_bar,
)
from gzkit.model.engine import start_engine
from gzkit.model.given import Trained, as_model
from gzkit.model.tree_model import TreeModel
from gzkit.predictions.parts import RUN_FILE, part_name, read_run

# what a run is called in its file, what it looks for in a batch and makes of batches, and what of the model decides it
PREDICTION = "gzkit-prediction-run-1", concentrations, joined, TreeModel.identity
EMBEDDING = "gzkit-embedding-run-1", mean_features, as_features, lambda model: {"encoder": encoder_of(model)}


def predict_to_parquet(
    model: TreeModel | Trained | str | Path,
    catalog: pd.DataFrame | str | os.PathLike | Sequence[pd.DataFrame | str | os.PathLike],
    folder: str | os.PathLike,
    *,
    samples: int = 1,
    batch_size: int | None = None,
    precision: str = "auto",
    seed: int = 0,
    max_unreadable: float = 0.05,
    galaxies_per_part: int = 4096,
    progress: bool = True,
) -> Path:
    """Predict a catalogue into a folder of parquet files, part by part.

    The catalogue is cut into parts once and for all, and each is one file, which is there whole or not at all.
    Time and memory for a part do not grow with the catalogue, if this is a parquet file. A run that is interrupted at
    any moment goes on, when it is called again, with the parts that are missing; several processes (``torchrun``,
    ``accelerate launch``), on machines that share the folder, take parts in turn. However it is divided, the result is
    the same.

    Parameters
    ----------
    model : TreeModel, FinetuneRun, str or Path
        As for `predict`.
    catalog : DataFrame, str, Path, or sequence of them
        With ``id_str`` and ``file_loc``; several are taken one after the other. A path is that of a parquet file, of
        which no more than a row group is in memory; in place of ``file_loc`` it may have the images themselves, in a
        struct column ``image`` with ``bytes``.
    folder : str or Path
        Made if need be. `Predictions.from_parquet` reads it; so does anything that reads parquet data sets.
    samples, batch_size, precision, seed : optional
        As for `predict`.
    max_unreadable : float
        Share of a part's images that may be left out since they cannot be decoded; a warning names them.
    galaxies_per_part : int
        What is lost by an interruption, at most, in each process.
    progress : bool

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If the folder holds something else, or what came of another model, catalogue, of other image files (by name,
        size and time of change) or with other settings; if a galaxy appears twice; or if too many images cannot be
        decoded.
    BlockingIOError
        If another run has the folder; the message says which.

    Examples
    --------
    >>> import gzkit as gz
    >>> from gzkit.inference import predict_to_parquet
    >>> folder = predict_to_parquet("quickstart/model", gz.sample_catalog(), "predictions/")  # doctest: +SKIP
    >>> predictions = gz.Predictions.from_parquet(folder)  # doctest: +SKIP
    """
    model = model_to_predict(model, "predict_to_parquet")
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    how = precision, galaxies_per_part, progress
    return _in_parts("predict_to_parquet", PREDICTION, model, catalog, folder, *how, **options)


def embed_to_parquet(
    model: TreeModel | Trained | str | Path,
    catalog: pd.DataFrame | str | os.PathLike | Sequence[pd.DataFrame | str | os.PathLike],
    folder: str | os.PathLike,
    *,
    samples: int = 1,
    batch_size: int | None = None,
    precision: str = "auto",
    seed: int = 0,
    max_unreadable: float = 0.05,
    galaxies_per_part: int = 4096,
    progress: bool = True,
) -> Path:
    """Compute features of a catalogue into a folder of parquet files, part by part, as `predict_to_parquet` predicts.

    Parameters
    ----------
    model, samples : optional
        As for `gz.embed`.
    catalog, batch_size, precision, seed, max_unreadable, galaxies_per_part, progress : optional
        As for `predict_to_parquet`.
    folder : str or Path
        Made if need be. `gz.Features.from_parquet` reads it; so does anything that reads parquet data sets.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError, BlockingIOError
        As `predict_to_parquet`.

    Examples
    --------
    >>> import gzkit as gz
    >>> from gzkit.inference import embed_to_parquet
    >>> folder = embed_to_parquet("quickstart/model", gz.sample_catalog(), "features/")  # doctest: +SKIP
    >>> features = gz.Features.from_parquet(folder)  # doctest: +SKIP
    """
    model = as_model(model, "embed_to_parquet")
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    how = precision, galaxies_per_part, progress
    return _in_parts("embed_to_parquet", EMBEDDING, model, catalog, folder, *how, **options)


def _in_parts(name, kind, model, catalog, folder, precision, galaxies_per_part, progress, **options):
    """What both do: the parts that are missing, each by one of the processes."""
    run, look, join, identity = kind
    accelerator, folder, catalog = start_engine(precision=precision), Path(folder), LongCatalog(catalog, name)
    settings = {
        "format": run,
        "galaxies": len(catalog),
        "galaxies_per_part": galaxies_per_part,
        "samples": options["samples"],
        "seed": options["seed"],
        "precision": accelerator.mixed_precision,
        "catalog": catalog.ids,
        "images": catalog.images,
        **identity(model),
    }
    with alone_in(folder if accelerator.is_main_process else None):
        if accelerator.is_main_process:
            _begin(folder, settings)
        accelerator.wait_for_everyone()
        starts = range(0, len(catalog), galaxies_per_part)
        lengths = [min(galaxies_per_part, len(catalog) - start) for start in starts]
        mine = range(accelerator.process_index, len(starts), accelerator.num_processes)
        missing = [part for part in mine if not _is_whole(folder, part, lengths[part])]
        total, left = (sum(lengths[part] for part in some) for some in (mine, missing))
        options |= {"look": look, "name": name, "accelerator": accelerator}
        with progress_bar(name, total, progress, accelerator, initial=total - left) as bar:
            for part in missing:
                asked = catalog[starts[part] : starts[part] + galaxies_per_part]
                batches = predict_batches(model, asked, first=starts[part], bar=bar, **options)
                _write_part(folder, part, join(batches, model, options["samples"], asked), asked["id_str"])
        accelerator.wait_for_everyone()
    return folder


def _begin(folder, settings):
    """Write down what this run is, or check that it is the one that was begun here."""
    file = folder / RUN_FILE
    if not file.exists():
        if any(folder.glob("*.parquet")):
            raise ValueError(f"{folder}: holds other parquet files; choose an empty folder")
        write_text(file, json.dumps(settings, indent=1))
    changed = differences(read_run(file), settings)
    if changed:
        raise ValueError(
            f"{folder}: holds what came of another run ({changed}); go on with the same, or choose another folder"
        )


def _write_part(folder, part, found, asked):
    """The list of those that could not be read, then the part, as its file says that the part is done."""
    unreadable, file = sorted(set(asked) - set(found.id_str)), _unreadable_file(folder, part)
    file.unlink(missing_ok=True)
    if unreadable:
        write_text(file, "\n".join(unreadable) + "\n")
    found.to_parquet(folder / part_name(part))


def _is_whole(folder, part, galaxies):
    """Whether a part's file is there, can be read, and accounts for all its galaxies."""
    try:
        rows = pq.read_metadata(folder / part_name(part)).num_rows
    except (OSError, pa.ArrowInvalid):
        return False
    file = _unreadable_file(folder, part)
    left_out = len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0
    return rows + left_out == galaxies


def _unreadable_file(folder, part):
    return folder / f"{Path(part_name(part)).stem}.unreadable.txt"
