"""What augmentation does to a galaxy: one row of pictures for each kind of change."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from matplotlib import pyplot as plt

from gzkit.palette import MUTED
from gzkit.plots.axes import seen_once

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from gzkit.images.augment import Augmentation

PLAIN = {"rotate": False, "flip": False, "zoom": 1.0, "shift": 0.0, "brightness": 0.0, "erase": 0.0}
SHOWN = {"rotate": True, "flip": True, "zoom": 1.3, "shift": 0.15, "brightness": 0.4, "erase": 1.0}


def plot_augmentation(
    image: np.ndarray, augmentation: Augmentation | None = None, *, views: int = 6, seed: int = 0
) -> Figure:
    """Draw random views of one image: every change alone, then those of an augmentation together.

    Parameters
    ----------
    image : ndarray of uint8, shape (size, size, channel)
        As `gzkit.images.read.load_image` gives it.
    augmentation : Augmentation, optional
        By default what `gz.finetune` does. A change that it does not make is shown at a strength that can be seen.
    views : int
        Pictures a row.
    seed : int

    Returns
    -------
    Figure
    """
    import torch

    from gzkit.images.augment import Augmentation
    from gzkit.images.stretch import composite

    augmentation = augmentation or Augmentation()
    settings = dataclasses.asdict(augmentation)
    rows = {}
    for name, value in settings.items():
        used = value != PLAIN[name]
        title = f"{name}={value if used else SHOWN[name]}" + ("" if used else "\n(not used)")
        rows[title] = Augmentation(**(PLAIN | {name: value if used else SHOWN[name]}))
    rows["all together"] = augmentation
    images = torch.from_numpy(image)[None].repeat(views, 1, 1, 1)  # (view, size, size, channel)
    draws = augmentation.draw(views, torch.Generator().manual_seed(seed))
    figure, axes = plt.subplots(
        len(rows), views, figsize=(1.3 * views + 1, 1.35 * len(rows)), layout="constrained", squeeze=False
    )
    for place, (title, change) in enumerate(rows.items()):
        for ax, view in zip(axes[place], change(images, draws), strict=True):
            ax.imshow(composite(view.permute(1, 2, 0).numpy()))
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        color = MUTED if "not used" in title else "black"
        axes[place, 0].set_ylabel(title, rotation=0, ha="right", va="center", color=color)
    return seen_once(figure)
