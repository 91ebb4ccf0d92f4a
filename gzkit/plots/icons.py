"""Pictures for a tree drawing: a little galaxy for each answer, and the galaxy at the root."""

import numpy as np


def read_pictures(schema, icons, image):
    """Pictures of a tree drawing.

    Parameters
    ----------
    schema : Schema
    icons : bool or dict of str to ndarray
        As in `plot_tree`.
    image : ndarray, str or None

    Returns
    -------
    dict of str to ndarray
        By answer column, and the galaxy's own under ``""``; uint8, shape (height, width, 3).

    Raises
    ------
    ValueError
        If a picture is not uint8 pixels.
    """
    pictures = {}
    if image is not None:
        if not isinstance(image, np.ndarray):
            from gzkit.images import read_image

            image = read_image(image)
        pictures[""] = image
    return pictures
