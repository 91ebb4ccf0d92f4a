"""What a model is made of, checked: the options of `TreeModel`, and what its config.json says."""

import math

from gzkit.schema.tree import Schema

CONCENTRATION_BOUNDS = (0.05, 500.0)  # that hold nothing back: see the notes of `TreeModel`
PUBLISHED_BOUNDS = (1.0, 101.0)  # of Zoobot's models
CONFIG = {
    "schema": dict,
    "encoder": dict,
    "dropout": (int, float),
}  # of config.json, beside what has a default
ENCODER = {"name": (str, type(None)), "architecture": (str, type(None)), "arguments": dict, "in_chans": int}
ENCODER |= {"image_size": int, "crop": (int, float), "mean": list, "std": list}


def check_options(dropout, image_size, in_chans, crop):
    """Refuse options of `TreeModel` that make no sense."""
    if not isinstance(dropout, float | int) or not 0 <= dropout < 1:
        raise ValueError(f"TreeModel: dropout={dropout} is not in [0, 1)")
    if in_chans not in (None, 1, 3):
        raise ValueError(f"TreeModel: in_chans={in_chans} is neither 1 (greyscale) nor 3 (colour)")
    if image_size is not None and (not isinstance(image_size, int) or image_size < 1):
        raise ValueError(f"TreeModel: image_size={image_size!r} is not a number of pixels")
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


def check_content(path, content):
    """Schema and bounds in a model's config.json, if all that a model is built of is there.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    content : dict

    Returns
    -------
    tuple of (Schema, pair of float)

    Raises
    ------
    ValueError
        The message names the file and the setting.
    """
    try:
        _check_kinds(content, CONFIG)
        encoder = content["encoder"]
        _check_kinds(encoder, ENCODER)
        check_options(content["dropout"], encoder["image_size"], encoder["in_chans"], encoder["crop"])
        for name in ("mean", "std"):
            numbers = [isinstance(value, float | int) for value in encoder[name]]
            if len(numbers) != encoder["in_chans"] or not all(numbers):
                raise ValueError(f"{name!r} is {encoder[name]!r:.60}, not a number a channel")
        bounds = check_bounds(content.get("concentration_bounds", PUBLISHED_BOUNDS))
        return Schema.from_dict(content["schema"]), bounds
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _check_kinds(content, kinds):
    for key, kind in kinds.items():
        value = content.get(key, ...)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"{key!r} is {value!r:.60}, not of the kind that gzkit writes")
