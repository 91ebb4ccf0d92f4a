"""Features once: where only the head moves, the encoder looks at each image once, and not in every epoch."""

import numpy as np
import psutil
import torch

from gzkit.files.whole import readable_size
from gzkit.images.batches import Galaxies
from gzkit.images.cache import MEMORY_SHARE
from gzkit.images.gather import CachedImages
from gzkit.inference.embed import mean_features
from gzkit.inference.predict import whole
from gzkit.model.head import is_untrained


def looks_once(model, galaxies, processes):
    """Whether nothing below the head moves, so that the encoder need look at each image only once, and why.

    Parameters
    ----------
    model : TreeModel
        With the frozen parameters frozen.
    galaxies : int
    processes : int
        On this machine; each keeps all features.

    Returns
    -------
    tuple of (bool, str)
        The reason is empty where the encoder moves.
    """
    normalised_yet = model.in_chans in (1, 3) or not is_untrained(model)
    if model.train().encoder.training or not normalised_yet:  # a frozen encoder rests
        return False, ""
    needed, room = 2 * 4 * galaxies * model.width * processes, psutil.virtual_memory().available
    if needed > MEMORY_SHARE * room:  # twice, while they are put together
        return False, f"all features take {readable_size(needed)}, and {readable_size(room)} are free"
    return True, "only the head moves: the encoder looks once at each image, as it is"


def look_once(accelerator, model, catalog, **options):
    """Features of a catalogue's galaxies, in the place of images.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
    model : TreeModel
    catalog : DataFrame
        As `gzkit.catalog.taken.take_catalog` gives it.
    **options
        ``max_unreadable`` and ``progress`` of `gzkit.inference.predict.whole`.

    Returns
    -------
    Galaxies

    Raises
    ------
    ValueError
        If too many images cannot be decoded.
    """
    table = catalog.assign(row=np.arange(len(catalog)))
    parts = whole(model, table, accelerator, look=mean_features, name="finetune", column="row", **options)
    kept = np.zeros((len(catalog), model.width), dtype=np.float32)
    for rows, found in parts:
        kept[rows] = found
    votes = torch.tensor(catalog[model.schema.label_cols].to_numpy(), dtype=torch.float32)
    images = CachedImages([kept], np.zeros(len(kept), dtype=int), np.arange(len(kept)), {})
    return Galaxies(images, votes, np.array(sorted(row for rows, _ in parts for row in rows), dtype=int))
