"""What a stretch makes of a survey's images, so that one can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt

from gzkit.catalog.taken import check_columns
from gzkit.images.pixels import read_planes
from gzkit.images.stretch import Stretch, composite
from gzkit.mistakes import check_arguments
from gzkit.plots.axes import seen_once, wrapped
from gzkit.plots.letters import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

SHOWN = (1, 50, 99, 99.9)  # percentiles


def plot_stretch(catalog: pd.DataFrame, stretch: Stretch | Sequence[Stretch], *, count: int = 6) -> Figure:
    """A few galaxies through one or several stretches, a row each, with how much of each image is black or white.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str`` and ``file_loc``.
    stretch : Stretch or sequence of Stretch
    count : int
        Galaxies, evenly spread over the catalogue.

    Returns
    -------
    Figure
        Below are percentiles of the pixels' values, band by band, from which limits can be read.

    Raises
    ------
    ImageError
        If an image cannot be decoded, or lacks a band.
    """
    check_columns(catalog, ["id_str", "file_loc"], "plot_stretch")
    stretches = [stretch] if isinstance(stretch, Stretch | str) else list(stretch)
    for one in stretches:
        check_arguments("plot_stretch", stretch=one)
    if not stretches or not len(catalog) or not count >= 1:
        raise ValueError(
            f"plot_stretch: nothing to show: {len(stretches)} stretches, {len(catalog)} galaxies, count={count}"
        )
    rows = np.unique(np.linspace(0, len(catalog) - 1, min(count, len(catalog))).astype(int))
    size = (2 * len(rows) + 1.6, 2.5 * len(stretches) + 0.4)
    figure, axes = plt.subplots(len(stretches), len(rows), figsize=size, layout="constrained", squeeze=False)
    told = []
    for line, one in zip(axes, stretches, strict=True):
        planes = [read_planes(file, one.bands, one.extension) for file in catalog["file_loc"].iloc[rows]]
        for ax, galaxy, measured in zip(line, catalog["id_str"].iloc[rows], planes, strict=True):
            pixels = one(measured)
            ax.imshow(composite(pixels))
            ax.set(xticks=[], yticks=[])
            ax.set_title(wrapped(galaxy, 24), fontsize=8, parse_math=False)
            ax.set_xlabel(f"black {(pixels == 0).mean():.0%}, white {(pixels == 255).mean():.1%}", fontsize=8)
        beside = {"rotation": 0, "ha": "right", "va": "center", "parse_math": False}
        line[0].set_ylabel(wrapped(str(one), 30), fontsize=8, **beside)
        told += [_percentiles(one, planes)]
    figure.supxlabel("\n".join(dict.fromkeys(told)), fontsize=8, parse_math=False)
    return seen_once(legible(figure))


def _percentiles(stretch, planes):
    """Percentiles of the values in some images, band by band."""
    listed = []
    for band, name in enumerate(stretch.bands):
        values = np.concatenate([image[band].ravel() for image in planes])
        found = np.percentile(values[np.isfinite(values)], SHOWN)
        listed.append(f"{name}: {', '.join(f'{value:.3g}' for value in found)}")
    at = ", ".join(f"{p:g} %" for p in SHOWN)
    return f"Values at {at} of these images' pixels. {wrapped('; '.join(listed), 110)}"
