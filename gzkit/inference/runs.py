"""Prediction of catalogues of any size, by any number of processes, into a folder that survives interruptions."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.catalog.sky import sky_of
from gzkit.files.fingerprint import differences
from gzkit.files.lock import alone_in
from gzkit.files.whole import write_text
from gzkit.inference.catalogs import LongCatalog
from gzkit.inference.predict import joined, model_to_predict, predict_batches, progress_bar
from gzkit.model.engine import start_engine
from gzkit.model.given import Trained
from gzkit.model.tree_model import TreeModel
from gzkit.predictions.files import RUN_FILE, part_name, read_run

FORMAT = "gzkit-prediction-run-1"


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
        If the folder holds something else, or predictions of another model, catalogue, of other image files (by name,
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
    trained = model_to_predict(model, "predict_to_parquet")
    accelerator, folder, catalog = start_engine(precision=precision), Path(folder), LongCatalog(catalog)
    settings = {
        "format": FORMAT,
        "galaxies": len(catalog),
        "galaxies_per_part": galaxies_per_part,
        "samples": samples,
        "seed": seed,
        "precision": accelerator.mixed_precision,
        "catalog": catalog.ids,
        "images": catalog.images,
        **trained.identity(),
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
        options = {"samples": samples, "batch_size": batch_size, "seed": seed}
        nobody: tuple = ([], np.empty((0, len(trained.schema.answers), samples), dtype=np.float32))
        with progress_bar(total, progress, accelerator, initial=total - left) as bar:
            for part in missing:
                asked = catalog[starts[part] : starts[part] + galaxies_per_part]
                more = {"first": starts[part], "accelerator": accelerator, "bar": bar}
                batches = predict_batches(trained, asked, max_unreadable=max_unreadable, **options, **more)
                predictions = joined([nobody, *batches], trained)
                predictions.sky = sky_of(asked, predictions.id_str)
                _write_part(folder, part, predictions, asked["id_str"])
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
            f"{folder}: holds predictions of another run ({changed}); go on with the same, or choose another folder"
        )


def _write_part(folder, part, predictions, asked):
    """The list of those that could not be read, then the part, as its file says that the part is done."""
    unreadable, file = sorted(set(asked) - set(predictions.id_str)), _unreadable_file(folder, part)
    file.unlink(missing_ok=True)
    if unreadable:
        write_text(file, "\n".join(unreadable) + "\n")
    predictions.to_parquet(folder / part_name(part))


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
