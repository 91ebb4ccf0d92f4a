"""Prediction of catalogues of any size, by any number of processes, into a folder that survives interruptions."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from gzkit.inference.predict import model_info, predict_batches
from gzkit.model.engine import start_engine
from gzkit.predictions.files import RUN_FILE, part_name, table_of
from gzkit.predictions.ids import check_ids
from gzkit.predictions.predictions import Predictions

FORMAT = "gzkit-prediction-run-1"


def predict_to_parquet(
    model,
    catalog,
    folder,
    *,
    samples=1,
    batch_size=64,
    precision="auto",
    seed=0,
    max_unreadable=0.05,
    galaxies_per_part=4096,
    progress=True,
):
    """Predict a catalogue into a folder of parquet files, part by part.

    The catalogue is cut into parts once and for all, and each is one file, which is there whole or not at all.
    Memory does not grow with the catalogue. A run that is interrupted at any moment goes on, when it is called again,
    with the parts that are missing; several processes (``torchrun``, ``accelerate launch``), on machines that
    share the folder, take parts in turn. However it is divided, the result is the same.

    Parameters
    ----------
    model : TreeModel
    catalog : DataFrame or sequence of DataFrame
        With ``id_str`` and ``file_loc``; several are taken one after the other.
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
        If the folder holds something else, or predictions of another model, catalogue or with other settings; if a
        galaxy appears twice; or if too many images cannot be decoded.

    Examples
    --------
    >>> import gzkit as gz
    >>> model = gz.TreeModel.load("quickstart/model")  # doctest: +SKIP
    >>> folder = gz.predict_to_parquet(model, gz.sample_catalog(), "predictions/")  # doctest: +SKIP
    >>> predictions = gz.Predictions.from_parquet(folder)  # doctest: +SKIP
    """
    accelerator, folder, catalog = start_engine(precision=precision), Path(folder), _joined(catalog)
    settings = {
        "format": FORMAT,
        "galaxies": len(catalog),
        "galaxies_per_part": galaxies_per_part,
        "samples": samples,
        "seed": seed,
        "precision": accelerator.mixed_precision,
        "catalog": _digest("\n".join(catalog["id_str"]).encode()),
        "model": _digest(*(value.cpu().numpy().tobytes() for value in model.state_dict().values())),
        "schema": model.schema.to_dict(),
    }
    if accelerator.is_main_process:
        _begin(folder, settings)
    accelerator.wait_for_everyone()
    parts = np.split(np.arange(len(catalog)), range(galaxies_per_part, len(catalog), galaxies_per_part))
    mine = range(accelerator.process_index, len(parts), accelerator.num_processes)
    missing = [part for part in mine if not _is_whole(folder, part, len(parts[part]))]
    options = {
        "samples": samples,
        "batch_size": batch_size,
        "seed": seed,
        "max_unreadable": max_unreadable,
        "accelerator": accelerator,
    }
    total = sum(len(parts[part]) for part in mine)
    done = total - sum(len(parts[part]) for part in missing)
    hidden = not (progress and accelerator.is_main_process)
    with tqdm(total=total, initial=done, desc="predicting", unit="image", disable=hidden) as bar:
        for part in missing:
            _predict_part(model, catalog, folder, part, rows=parts[part], bar=bar, **options)
    accelerator.wait_for_everyone()
    return folder


def _joined(catalog):
    import pandas as pd

    catalogs = [catalog] if isinstance(catalog, pd.DataFrame) else list(catalog)
    for table in catalogs:
        missing = [column for column in ("id_str", "file_loc") if column not in table]
        if missing:
            raise ValueError(f"predict_to_parquet: the catalogue has no column {missing[0]!r}")
    joined = pd.concat([table[["id_str", "file_loc"]] for table in catalogs], ignore_index=True)
    if joined.empty:
        raise ValueError("predict_to_parquet: the catalogue has no galaxies")
    check_ids(joined["id_str"].to_numpy(dtype=object))
    return joined


def _begin(folder, settings):
    """Write down what this run is, or check that it is the one that was begun here."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / RUN_FILE
    if not file.exists():
        if any(folder.glob("*.parquet")):
            raise ValueError(f"{folder}: holds other parquet files; choose an empty folder")
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        os.replace(partial, file)
    found = json.loads(file.read_text(encoding="utf-8"))
    for key, value in settings.items():
        if found.get(key) != value:
            values = f" ({found.get(key)}, now {value})" if isinstance(value, int) else ""
            raise ValueError(
                f"{folder}: holds predictions of a run with another {key}{values}; "
                "go on with the same, or choose another folder"
            )


def _predict_part(model, catalog, folder, part, *, rows, bar, samples, **options):
    names, values = [], [np.empty((0, len(model.schema.answers), samples), dtype=np.float32)]
    for ids, concentration in predict_batches(model, catalog, rows=rows, samples=samples, **options):
        names += ids
        values.append(concentration)
        bar.update(len(ids))
    unreadable = sorted(set(catalog["id_str"].iloc[rows]) - set(names))
    bar.update(len(unreadable))
    predictions = Predictions(np.concatenate(values), names, model.schema, info=model_info(model))
    file = folder / part_name(part)
    _unreadable_file(folder, part).unlink(missing_ok=True)
    if unreadable:
        _unreadable_file(folder, part).write_text("\n".join(unreadable) + "\n", encoding="utf-8")
    partial = file.with_suffix(".partial")
    pq.write_table(table_of(predictions), partial)
    os.replace(partial, file)  # so that a part is whole or not there


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


def _digest(*contents):
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()
