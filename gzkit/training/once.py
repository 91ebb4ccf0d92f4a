"""Features once: where only the head moves, the encoder looks at a few views of each image, and not in every epoch."""

import functools

import numpy as np
import psutil
import torch

from gzkit.files.whole import readable_size
from gzkit.images.batches import Galaxies
from gzkit.images.cache import MEMORY_SHARE
from gzkit.images.gather import CachedImages
from gzkit.inference.embed import view_features
from gzkit.inference.predict import whole
from gzkit.model.head import is_untrained

VIEWS = 2  # of each training image; the notes of `finetune` say why


def views_kept(model, galaxies, augment, processes):
    """How many views of each image are looked at once and for all, and why.

    Parameters
    ----------
    model : TreeModel
        With the frozen parameters frozen.
    galaxies : int
    augment : Augmentation or None
    processes : int
        On this machine; each keeps all features.

    Returns
    -------
    tuple of (int, str)
        0 if the images have to be looked at in every epoch; the reason is empty where the encoder moves.
    """
    normalised_yet = model.in_chans in (1, 3) or not is_untrained(model)
    if model.train().encoder.training or not normalised_yet:  # a frozen encoder rests
        return 0, ""
    views, room = VIEWS if augment else 1, psutil.virtual_memory().available
    needed = 2 * 4 * galaxies * model.width * views * processes  # while they are put together
    if needed > MEMORY_SHARE * room:
        sizes = f"{readable_size(needed)}, and {readable_size(room)} are free"
        return 0, f"the encoder's features of {views} views of each image would take {sizes}"
    return views, "only the head moves: the encoder looks once at so many views of each image"


def look_once(accelerator, model, catalog, views, *, augment, seed, max_unreadable, progress):
    """Features of a catalogue's galaxies, a set of `Galaxies` for each view.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
    model : TreeModel
    catalog : DataFrame
        As `gzkit.catalog.taken.take_catalog` gives it.
    views : int
    augment : Augmentation or None
        Makes the views, where there are several.
    seed : int
    max_unreadable : float
        Share of the images that may be left out since they cannot be decoded.
    progress : bool

    Returns
    -------
    list of Galaxies

    Raises
    ------
    ValueError
        If too many images cannot be decoded.
    """
    table = catalog.assign(row=np.arange(len(catalog)))
    options = {"samples": views, "seed": seed, "max_unreadable": max_unreadable, "column": "row"}
    look = functools.partial(view_features, augment=augment)
    parts = whole(model, table, accelerator, progress, look=look, name="finetune", **options)
    kept = np.zeros((views, len(catalog), model.width), dtype=np.float32)
    for rows, found in parts:
        kept[:, rows] = np.moveaxis(found, -1, 0)
    votes = torch.tensor(catalog[model.schema.label_cols].to_numpy(), dtype=torch.float32)
    rows = np.array(sorted(row for some, _ in parts for row in some), dtype=int)
    places = np.zeros(len(catalog), dtype=int), np.arange(len(catalog))
    return [Galaxies(CachedImages([values], places[0], places[1], {}), votes, rows) for values in kept]
