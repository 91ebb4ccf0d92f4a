"""Prediction of catalogues of any size, by any number of processes, into a folder that survives interruptions."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzkit.inference.predict import joined, model_to_predict, predict_batches, progress_bar
from gzkit.model.engine import start_engine
from gzkit.model.tree_model import Trained, TreeModel
from gzkit.predictions.files import RUN_FILE, part_name
from gzkit.predictions.ids import check_ids

FORMAT = "gzkit-prediction-run-1"


def predict_to_parquet(
    model: TreeModel | Trained | str | Path,
    catalog: pd.DataFrame | Sequence[pd.DataFrame],
    folder: str | os.PathLike,
    *,
    samples: int = 1,
    batch_size: int = 64,
    precision: str = "auto",
    seed: int = 0,
    max_unreadable: float = 0.05,
    galaxies_per_part: int = 4096,
    progress: bool = True,
) -> Path:
    """Predict a catalogue into a folder of parquet files, part by part.

    The catalogue is cut into parts once and for all, and each is one file, which is there whole or not at all.
    Memory does not grow with the catalogue. A run that is interrupted at any moment goes on, when it is called again,
    with the parts that are missing; several processes (``torchrun``, ``accelerate launch``), on machines that
    share the folder, take parts in turn. However it is divided, the result is the same.

    Parameters
    ----------
    model : TreeModel, FinetuneRun, str or Path
        As for `predict`.
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
    >>> from gzkit.inference import predict_to_parquet
    >>> folder = predict_to_parquet("quickstart/model", gz.sample_catalog(), "predictions/")  # doctest: +SKIP
    >>> predictions = gz.Predictions.from_parquet(folder)  # doctest: +SKIP
    """
    trained = model_to_predict(model, "predict_to_parquet")
    accelerator, folder, catalog = start_engine(precision=precision), Path(folder), _one_catalog(catalog)
    settings = {
        "format": FORMAT,
        "galaxies": len(catalog),
        "galaxies_per_part": galaxies_per_part,
        "samples": samples,
        "seed": seed,
        "precision": accelerator.mixed_precision,
        "catalog": _digest("\n".join(catalog["id_str"]).encode()),
        "model": _digest(*(value.cpu().numpy().tobytes() for value in trained.state_dict().values())),
        "schema": trained.schema.to_dict(),
    }
    if accelerator.is_main_process:
        _begin(folder, settings)
    accelerator.wait_for_everyone()
    parts = np.split(np.arange(len(catalog)), range(galaxies_per_part, len(catalog), galaxies_per_part))
    mine = range(accelerator.process_index, len(parts), accelerator.num_processes)
    missing = [part for part in mine if not _is_whole(folder, part, len(parts[part]))]
    total, left = (sum(len(parts[part]) for part in some) for some in (mine, missing))
    options = {"samples": samples, "batch_size": batch_size, "seed": seed, "max_unreadable": max_unreadable}
    nobody: tuple = ([], np.empty((0, len(trained.schema.answers), samples), dtype=np.float32))
    with progress_bar(total, progress, accelerator, initial=total - left) as bar:
        for part in missing:
            more = {"accelerator": accelerator, "rows": parts[part], "bar": bar}
            batches = predict_batches(trained, catalog, **options, **more)
            asked = catalog["id_str"].iloc[parts[part]]
            _write_part(folder, part, joined([nobody, *batches], trained), asked)
    accelerator.wait_for_everyone()
    return folder


def _one_catalog(catalog):
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


def _write_part(folder, part, predictions, asked):
    """The list of those that could not be read, then the part, as its file says that the part is done."""
    unreadable, file = sorted(set(asked) - set(predictions.id_str)), _unreadable_file(folder, part)
    file.unlink(missing_ok=True)
    if unreadable:
        file.write_text("\n".join(unreadable) + "\n", encoding="utf-8")
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


def _digest(*contents):
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()
