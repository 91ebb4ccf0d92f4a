"""Predictions in the HDF5 files that Zoobot writes."""

from pathlib import Path

from gzkit.schema.tree import suggest

SMALL, MOST_PACKED = 2**20, 200  # bytes, and beyond them how many times smaller an array may be stored


def read_hdf5(path, schema):
    """Read the predictions that Zoobot writes: ``predictions`` (galaxy, answer, sample), ``id_str``, ``label_cols``.

    Parameters
    ----------
    path, schema
        As for `Predictions.from_hdf5`.

    Returns
    -------
    dict
        What `Predictions` is made of: ``concentration``, ``id_str`` and ``schema``.

    Raises
    ------
    ImportError
        If h5py is not installed.
    ValueError
        If the file is not HDF5 or not whole, lacks one of the three or an answer's column, or does not fit together.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError("HDF5 files are read with h5py: pip install 'gzkit[hdf5]'") from error
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in ("predictions", "id_str", "label_cols") if name not in file]
            if missing:
                raise ValueError(f"{path}: not a file of Zoobot's predictions: it has no {missing[0]!r}")
            for name in ("predictions", "id_str", "label_cols"):
                _check_inside(path, file, name)
            for name in ("id_str", "label_cols"):
                if h5py.check_string_dtype(file[name].dtype) is None:
                    raise ValueError(f"{path}: {name} must be text, got {file[name].dtype}")
            if file["predictions"].dtype.kind not in "iuf":
                raise ValueError(f"{path}: predictions must be numbers, got {file['predictions'].dtype}")
            concentration = file["predictions"][:]
            ids, labels = (file[name].asstr()[:].tolist() for name in ("id_str", "label_cols"))
    except (OSError, TypeError) as error:  # h5py's words for a file that is damaged, and for numbers as ids
        raise ValueError(f"{path}: cannot be read as Zoobot's predictions ({error})") from error
    if concentration.ndim not in (2, 3) or concentration.shape[:2] != (len(ids), len(labels)):
        raise ValueError(
            f"{path}: predictions of shape {concentration.shape} do not fit {len(ids)} ids and {len(labels)} label_cols"
        )
    twice = [label for label in schema.label_cols if labels.count(label) > 1]
    if twice:
        raise ValueError(f"{path}: label_cols holds {twice[0]!r} more than once: which column is meant?")
    missing = [label for label in schema.label_cols if label not in labels]
    if missing:
        raise ValueError(
            f"{path}: predictions of another schema than {schema!r}: no column {missing[0]!r} "
            f"({len(missing)} missing){suggest(missing[0], labels)}"
        )
    order = [labels.index(label) for label in schema.label_cols]
    return {"concentration": concentration[:, order], "id_str": ids, "schema": schema}


def _check_inside(path, file, name):
    """Refuse what is no array, or is not in this file, or is not stored at all but would fill the memory."""
    import h5py

    dataset = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        raise ValueError(f"{path}: {name} is not an array in this file; links to others are not followed")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > max(SMALL, MOST_PACKED * stored):
        raise ValueError(
            f"{path}: {name} claims {dataset.nbytes} bytes and holds {stored}; the file is not whole"
        )
