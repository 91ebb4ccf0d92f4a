"""Random views of galaxies: turned, mirrored, zoomed and shifted in one resampling, for a whole batch on its device."""

import dataclasses
import math

import torch
from torch.nn import functional

from gzkit.mistakes import check_ranges

DRAWS = 10  # random numbers an image, whatever is switched on: a setting does not change the others' luck
BLOCK = 2**17  # pixels that a processor resamples at a time: a third faster than all at once


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What is done to training images. A galaxy has no up and no left, so turning and mirroring cost no truth.

    Every image has its own angle, mirroring, zoom and shift, joined in one affine map and one bilinear resampling;
    what comes from outside the image is its mirror image. All randomness comes in through `draw`.

    Parameters
    ----------
    rotate : bool
        Turn by any angle.
    flip : bool
        Mirror half of the images.
    zoom : float
        Largest change of scale: 1.1 for a tenth larger or smaller.
    shift : float
        Largest shift along each axis, as a share of the side.
    brightness : float
        Largest change of brightness: 0.1 for factors in 0.9..1.1.
    erase : float
        Chance that a square of a quarter of the side is painted with the image's mean.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> import torch
    >>> images = torch.zeros(2, 8, 8, 3, dtype=torch.uint8)
    >>> augmentation = Augmentation(zoom=1.2)
    >>> draws = augmentation.draw(2, torch.Generator().manual_seed(0))
    >>> augmentation(images, draws).shape
    torch.Size([2, 3, 8, 8])
    """

    rotate: bool = True
    flip: bool = True
    zoom: float = 1.1
    shift: float = 0.05
    brightness: float = 0.0
    erase: float = 0.0

    def __post_init__(self):
        share = ("not in [0, 1]", lambda value: 0 <= value <= 1)
        ranges = dict.fromkeys(("shift", "brightness", "erase"), share)
        ranges["zoom"] = ("below 1 (1.1 is a tenth larger or smaller)", lambda value: value >= 1)
        check_ranges("Augmentation", ranges, vars(self))

    def draw(self, images: int, generator: torch.Generator) -> torch.Tensor:
        """The random numbers of a batch.

        Parameters
        ----------
        images : int
            How many.
        generator : torch.Generator

        Returns
        -------
        Tensor, shape (images, 10)
            Uniform in [0, 1).
        """
        return torch.rand(images, DRAWS, generator=generator)

    def __call__(
        self,
        images: torch.Tensor,
        draws: torch.Tensor,
        layout: torch.memory_format = torch.contiguous_format,
    ) -> torch.Tensor:
        """Random views of a batch.

        Parameters
        ----------
        images : Tensor of uint8, shape (batch, height, width, channel)
        draws : Tensor, shape (batch, 10)
            From `draw`, on the same device.
        layout : torch.memory_format
            Of the result: the model's own saves a pass over it.

        Returns
        -------
        Tensor, shape (batch, channel, height, width)
            In [0, 1].
        """
        if self.rotate or self.flip or self.zoom > 1 or self.shift:
            pixels = _resample(images, self.affine_map(draws), layout)
        else:
            pixels = to_unit(images, layout)
        if self.brightness:
            factor = 1 + self.brightness * (2 * draws[:, 6] - 1)  # (batch,)
            pixels = (pixels * factor[:, None, None, None]).clamp_(max=1)
        if self.erase:
            pixels = _erase(pixels, draws[:, 7:10], self.erase)
        return pixels

    def affine_map(self, draws: torch.Tensor) -> torch.Tensor:
        """Where in the image each pixel of the view comes from.

        Parameters
        ----------
        draws : Tensor, shape (batch, 10)

        Returns
        -------
        Tensor, shape (batch, 2, 3)
            Maps (x, y, 1) of the view, each axis in -1..1, to (x, y) of the image.
        """
        angle = 2 * math.pi * draws[:, 0] * self.rotate  # (batch,)
        mirror = 1 - 2 * ((draws[:, 1] < 0.5) & self.flip).float()
        scale = self.zoom ** (2 * draws[:, 2] - 1)
        move = 2 * self.shift * (2 * draws[:, 3:5] - 1)  # (batch, 2): sides are 2 long
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        rows = torch.stack([cos * mirror, -sin, sin * mirror, cos], dim=-1).reshape(-1, 2, 2)
        return torch.cat([rows, move[..., None]], dim=-1)


def to_unit(images: torch.Tensor, layout: torch.memory_format = torch.contiguous_format) -> torch.Tensor:
    """Images as the encoder takes them, unaugmented.

    Parameters
    ----------
    images : Tensor of uint8, shape (batch, height, width, channel)
    layout : torch.memory_format
        Of the result.

    Returns
    -------
    Tensor, shape (batch, channel, height, width)
        In [0, 1].
    """
    images = images.permute(0, 3, 1, 2)
    unit = torch.empty(images.shape, device=images.device, memory_format=layout)
    return unit.copy_(images).mul_(1 / 255)


def _resample(images, maps, layout):
    """Views of images (batch, height, width, channel) under affine maps (batch, 2, 3)."""
    count, height, width, channels = images.shape
    grid = functional.affine_grid(maps, (count, channels, height, width), align_corners=False)
    at_a_time = count  # but on a processor as many as its cache asks for
    if images.device.type == "cpu":
        at_a_time = max(1, BLOCK // (height * width))
    views = torch.empty((count, channels, height, width), device=images.device, memory_format=layout)
    for start in range(0, count, at_a_time):
        part = slice(start, start + at_a_time)
        views[part] = functional.grid_sample(
            to_unit(images[part]), grid[part], padding_mode="reflection", align_corners=False
        )
    return views


def _erase(pixels, draws, chance):
    """Paint a square somewhere in some of the images with their mean; ``draws`` (batch, 3)."""
    height, width = pixels.shape[-2:]
    y = torch.arange(height, device=pixels.device) / height  # (height,)
    x = torch.arange(width, device=pixels.device) / width  # (width,)
    corner = 0.75 * draws[:, 1:, None]  # (batch, 2, 1): the square's side is a quarter
    inside_y = (y >= corner[:, 0]) & (y < corner[:, 0] + 0.25)  # (batch, height)
    inside_x = (x >= corner[:, 1]) & (x < corner[:, 1] + 0.25)  # (batch, width)
    hit = (draws[:, 0] < chance)[:, None, None] & inside_y[:, :, None] & inside_x[:, None, :]
    return torch.where(hit[:, None], pixels.mean(dim=(2, 3), keepdim=True), pixels)
