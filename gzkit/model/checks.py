"""Options of `TreeModel`, checked."""

import math
from numbers import Integral, Real

from gzkit.model.encoder import LARGEST_IMAGE

CONCENTRATION_BOUNDS = (0.05, 500.0)  # that hold nothing back: see the notes of `TreeModel`
PUBLISHED_BOUNDS = (1.0, 101.0)  # of Zoobot's models


def check_options(dropout, image_size, in_chans, crop):
    """Refuse options of `TreeModel` that make no sense."""
    if isinstance(dropout, bool) or not isinstance(dropout, Real) or not 0 <= dropout < 1:
        raise ValueError(f"TreeModel: dropout={dropout} is not in [0, 1)")
    if in_chans not in (None, 1, 3):
        raise ValueError(f"TreeModel: in_chans={in_chans} is neither 1 (greyscale) nor 3 (colour)")
    if image_size is not None and (
        not isinstance(image_size, Integral) or not 1 <= image_size <= LARGEST_IMAGE
    ):
        raise ValueError(
            f"TreeModel: image_size={image_size!r} is not a number of pixels from 1 to {LARGEST_IMAGE}"
        )
    if crop is not None and not 0 < crop <= 1:
        raise ValueError(f"TreeModel: crop={crop} is not in (0, 1]")


def check_bounds(bounds):
    """Bounds of concentrations as two numbers, if they are ones, or ``"published"``."""
    if isinstance(bounds, str) and bounds == "published":
        return PUBLISHED_BOUNDS
    try:
        lowest, highest = (float(bound) for bound in bounds)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"TreeModel: concentration_bounds={bounds!r} is neither a pair of numbers nor 'published'"
        ) from error
    if not 0 < lowest < highest < math.inf:
        raise ValueError(
            f"TreeModel: concentration_bounds={bounds!r}; the lowest is above 0, the highest above it and finite"
        )
    return lowest, highest
