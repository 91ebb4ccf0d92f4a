"""Batches of images and votes: who gets which galaxy, and every random number that a step needs."""

import dataclasses

import numpy as np
import torch

from gzkit.images.ahead import ahead
from gzkit.images.cache import open_images, report_problems
from gzkit.images.gather import CachedImages


@dataclasses.dataclass
class Batch:
    """What one process goes through at a time.

    Attributes
    ----------
    images : Tensor of uint8, shape (batch, height, width, channel)
    votes : Tensor, shape (batch, answer)
        [votes]
    weight : Tensor, shape (batch,)
        1 for a galaxy; 0 for the stand-in of a process that has none left.
    galaxies : int
        In the whole step, over all processes.
    draws : Tensor, shape (batch, 10), optional
        Random numbers of the augmentation.
    keep : Tensor of bool, shape (batch, feature), optional
        The features that dropout keeps.
    ends_step : bool
    """

    images: torch.Tensor
    votes: torch.Tensor
    weight: torch.Tensor
    galaxies: int
    draws: torch.Tensor = None
    keep: torch.Tensor = None
    ends_step: bool = True

    def to(self, device):
        """The batch on another device.

        Parameters
        ----------
        device : torch.device

        Returns
        -------
        Batch
        """
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin(self):
        """The batch in memory from which a GPU can fetch it while it works."""
        return self._each(lambda tensor: tensor.pin_memory() if tensor.device.type == "cpu" else tensor)

    def _each(self, change):
        """The batch with every tensor changed."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return dataclasses.replace(self, **{name: change(tensor) for name, tensor in tensors.items()})


@dataclasses.dataclass
class Galaxies:
    """Images and votes of the galaxies of a catalogue that can be read.

    Attributes
    ----------
    images : CachedImages, ResidentImages or StreamedImages
    votes : Tensor, shape (row, answer)
        [votes], of every row of the catalogue.
    rows : ndarray of int, shape (galaxy,)
        Those whose image can be decoded.
    """

    images: object
    votes: torch.Tensor
    rows: np.ndarray

    def __len__(self):
        return len(self.rows)

    def go_to(self, device):
        """Keep decoded images in the memory of a GPU, where there is room for them.

        Parameters
        ----------
        device : torch.device
        """
        if isinstance(self.images, CachedImages):
            self.images = self.images.resident(device)


def open_galaxies(catalog, model, *, max_unreadable, **where):
    """Decode a catalogue's images, or find them decoded.

    Parameters
    ----------
    catalog : DataFrame
        As `gzkit.catalog.taken.take_catalog` gives it.
    model : TreeModel
        Says of which size and how many channels the images are.
    max_unreadable : float
        Share of the images that may be left out since they cannot be decoded.
    **where
        ``cache``, ``processes``, ``progress`` of `gzkit.images.cache.open_images`.

    Returns
    -------
    Galaxies

    Raises
    ------
    ValueError
        If too many images cannot be decoded.
    """
    votes = catalog[model.schema.label_cols].to_numpy()
    names, files = catalog["id_str"].tolist(), catalog["file_loc"].tolist()
    images = open_images(files, **model.decoding, **where)
    report_problems(images.problems, names, files, images=len(files), max_unreadable=max_unreadable)
    rows = np.array([row for row in range(len(files)) if row not in images.problems], dtype=int)
    return Galaxies(images, torch.tensor(votes, dtype=torch.float32), rows)


def channel_statistics(galaxies, most=1024):
    """What the images of a training have in each channel, for those channels that no encoder has met.

    Parameters
    ----------
    galaxies : Galaxies
    most : int
        Images that are looked at, evenly spread.

    Returns
    -------
    mean, std : list of float, length channel
        In [0, 1].
    """
    rows = galaxies.rows[np.linspace(0, len(galaxies) - 1, min(most, len(galaxies))).astype(int)]
    parts = [
        galaxies.images.gather(part).cpu().double() / 255
        for part in np.array_split(rows, -(-len(rows) // 64))
    ]
    means, squares = (
        sum((part**power).mean(dim=(1, 2)).sum(dim=0) for part in parts) / len(rows) for power in (1, 2)
    )
    return means.tolist(), (squares - means**2).clamp(min=1e-4).sqrt().tolist()


def seeded(*numbers):
    """A source of random numbers for one place in the training, the same in every process and after a restart.

    Parameters
    ----------
    *numbers : int
        Seed, epoch, step.

    Returns
    -------
    torch.Generator
    """
    word = np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(word >> np.uint64(1)))


def training_batches(
    galaxies, model, augment, batch_size, *, seed, epoch, process=0, processes=1, accumulate=1
):
    """One epoch's batches for one process.

    Every random number of a step is drawn for all its galaxies, from the seed, the epoch and the step alone; each
    process takes its own galaxies' share. So one process or eight, and a run that was interrupted, see the same.

    Parameters
    ----------
    galaxies : Galaxies
    model : TreeModel
    augment : Augmentation or None
    batch_size : int
        Galaxies in a step over all processes.
    seed, epoch : int
    process, processes : int
        Which of how many this is.
    accumulate : int
        Parts in which a process goes through its share of a step.

    Yields
    ------
    Batch
        ``accumulate`` of them a step.
    """
    order = galaxies.rows[torch.randperm(len(galaxies), generator=seeded(seed, epoch)).numpy()]

    def load(place):
        step, part = divmod(place, accumulate)
        rows = order[step * batch_size : (step + 1) * batch_size]
        generator = seeded(seed, epoch, step)
        keep = torch.rand(len(rows), model.width, generator=generator) >= model.dropout
        draws = augment.draw(len(rows), generator) if augment else None
        mine = np.array_split(np.arange(len(rows)), processes * accumulate)[part * processes + process]
        places, weight = (
            (mine, 1.0) if len(mine) else ([0], 0.0)
        )  # the first galaxy stands in where there is none
        return Batch(
            *_gather(galaxies, rows[places]),
            weight=torch.full((len(places),), weight),
            galaxies=len(rows),
            draws=draws[places] if augment else None,
            keep=keep[places],
            ends_step=part == accumulate - 1,
        )

    places = range(-(-len(order) // batch_size) * accumulate)
    yield from _fetched(galaxies, load, places, model.head.weight.device)


def evaluation_batches(galaxies, batch_size, device, *, process=0, processes=1):
    """The batches of one pass without training, for one process.

    Parameters
    ----------
    galaxies : Galaxies
    batch_size : int
        Of one process.
    device : torch.device
        Where they will be worked on.
    process, processes : int

    Yields
    ------
    Batch
    """
    mine = np.array_split(galaxies.rows, processes)[process]

    def load(start):
        rows = mine[start : start + batch_size]
        return Batch(*_gather(galaxies, rows), weight=torch.ones(len(rows)), galaxies=len(rows))

    yield from _fetched(galaxies, load, range(0, len(mine), batch_size), device)


def _fetched(galaxies, load, places, device):
    """Batches in order, decoded or fetched ahead of their use.

    Decoded images for a processor are fetched when their turn comes: it takes less than a hundredth of a step, and a
    thread beside those of the encoder makes each of them wait (a quarter of a small encoder's speed on two cores).
    Decoding takes all cores for itself as well.
    """
    if device.type == "cpu":
        return map(load, places)
    if device.type == "cuda":
        return ahead(lambda place: load(place).pin(), places)
    return ahead(load, places)


def _gather(galaxies, rows):
    """Images and votes of these rows."""
    return galaxies.images.gather(rows), galaxies.votes[rows]
