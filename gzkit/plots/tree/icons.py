"""Pictures for a tree drawing: a little simulated galaxy for each answer, and the galaxy at the root."""

from functools import lru_cache

import numpy as np

from gzkit.catalog.taken import check_columns, votes_in
from gzkit.images.read import load_image, read_image
from gzkit.images.stretch import composite
from gzkit.schema.tree import suggest

PIXELS = 120  # of a picture before it is cut to its middle
_MIDDLE = slice(21, 99)
CROP = 0.66  # of a survey's picture: galaxies stand in its middle
LEAST = 5  # volunteers asked of a galaxy that shows an answer, where any galaxy has so many [votes]


def answer_icons(schema, own=None):
    """A little galaxy for each answer whose look is known, simulated with what the answer describes.

    Parameters
    ----------
    schema : Schema
    own : dict of str to ndarray, optional
        Pictures to use in place of these, by column: uint8, shape (height, width, 3) or (height, width, 4).

    Returns
    -------
    dict of str to ndarray
        By column; answers without a known look are left out.

    Raises
    ------
    ValueError
        If one's own picture is for no answer, or is not uint8 pixels.

    Examples
    --------
    >>> import gzkit as gz
    >>> sorted(answer_icons(gz.load_schema("gz-rings")))
    ['ring_no', 'ring_yes']
    """
    own = own or {}
    for label, picture in own.items():
        if label not in schema.label_cols:
            raise ValueError(
                f"a picture for {label!r}, which is no answer{suggest(label, schema.label_cols)}"
            )
        _check_picture(picture, label)
    looks = {label: look(label) for label in schema.label_cols if label not in own}
    wanted = tuple(sorted({name for name in looks.values() if name}))
    rendered = dict(zip(wanted, _render(wanted), strict=True))
    return {label: rendered[name] for label, name in looks.items() if name} | own


def typical_galaxies(schema, catalog):
    """The galaxy of a catalogue that shows each answer best: of those whose volunteers agree, one with many of them.

    Galaxies are compared by the mean of the answer's probability given its votes (one vote more than were given, of two
    more than were asked), so that 38 of 40 votes come before 3 of 3; each is taken once. At least half of those asked
    gave the answer, and they are at least five, or as many as any galaxy has where that is fewer.

    Parameters
    ----------
    schema : Schema
    catalog : DataFrame
        With a column of votes for each answer [votes].

    Returns
    -------
    dict of str to int
        Row of the catalogue, by the answer's column; answers that no galaxy shows so well are left out.

    Examples
    --------
    >>> import gzkit as gz, pandas as pd
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> votes = pd.DataFrame({"bar_yes": [3, 38, 5], "bar_no": [0, 2, 35]})
    >>> typical_galaxies(schema, votes)
    {'bar_yes': 1, 'bar_no': 2}
    """
    votes, taken = votes_in(catalog, schema), {}
    asked = {question: votes[:, question.columns].sum(axis=1) for question in schema.questions}
    least = min(LEAST, max(total.max(initial=0) for total in asked.values()))
    for question, total in asked.items():
        given = votes[:, question.columns]
        sure = (given + 1) / (total[:, np.newaxis] + 2)
        for answer, count, probability in zip(question.answers, given.T, sure.T, strict=True):
            enough = (total >= max(least, 1)) & (2 * count >= total)
            order = np.argsort(np.where(enough, -probability, 0), kind="stable")
            for row in order[: len(schema.answers)].tolist():
                if enough[row] and row not in taken.values():
                    taken[answer.label] = row
                    break
    return taken


def catalog_pictures(schema, catalog, *, side=PIXELS, stretch=None):
    """A picture of each answer from one's own survey: of its `typical_galaxies`.

    Parameters
    ----------
    schema : Schema
    catalog : DataFrame
        With votes and ``file_loc``.
    side : int
        Of the pictures, each the middle of a galaxy's image [pixels].
    stretch : Stretch, optional
        For deep images.

    Returns
    -------
    dict of str to ndarray
        By the answer's column.

    Raises
    ------
    ValueError
        If a column is missing, or an image cannot be read.
    """
    check_columns(catalog, ["file_loc", *schema.label_cols], "icons")
    files, look = catalog["file_loc"], {"size": side, "crop": CROP, "stretch": stretch}
    return {
        label: composite(load_image(files.iloc[row], **look))
        for label, row in typical_galaxies(schema, catalog).items()
    }


def look(label):
    """The look that an answer of any survey describes.

    Parameters
    ----------
    label : str
        The answer's column; a campaign's ending is passed over.

    Returns
    -------
    str or None
        The name under which its parameters are kept; None if its look is not known.

    Examples
    --------
    >>> look("how-rounded-dr12_completely")
    'how-rounded_round'
    """
    question, _, answer = label.partition("_")
    while question:
        name = f"{question}_{answer}"
        if name in _known()[1]:
            return _known()[1][name]
        question = question.rpartition("-")[0]
    return None


def read_pictures(schema, icons, image):
    """Pictures of a tree drawing.

    Parameters
    ----------
    schema : Schema
    icons : bool, DataFrame or dict of str to ndarray
    image : ndarray, str or None
        As in `plot_tree`.

    Returns
    -------
    dict of str to ndarray
        By answer column, and the galaxy's own under ``""``; uint8, shape (height, width, channel).

    Raises
    ------
    ValueError
        If a picture is not uint8 pixels, or is for no answer.
    """
    if isinstance(icons, str):
        raise ValueError(
            f"icons={icons!r}: give the catalogue itself, icons=catalog, for galaxies of your own survey"
        )
    if hasattr(icons, "columns"):
        icons = catalog_pictures(schema, icons)
    own = isinstance(icons, dict)
    pictures = answer_icons(schema, icons if own else None) if own or icons else {}
    if image is not None:
        if not isinstance(image, np.ndarray):
            image = read_image(image)
        pictures[""] = _check_picture(image, "the galaxy")
    return pictures


def _check_picture(picture, whose):
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3:
        kind = (
            f"{picture.dtype} of shape {picture.shape}"
            if isinstance(picture, np.ndarray)
            else type(picture).__name__
        )
        raise ValueError(
            f"the picture of {whose} must be uint8 of shape (height, width, channel), got {kind}"
        )
    return picture


@lru_cache(maxsize=1)
def _known():
    """Parameters of every look that is known, and the look that each answer of other surveys shares."""
    from gzkit.simulate.looks import EXAMPLES, read_looks

    own, content = read_looks("plots/tree/icons.json")
    meanings = {label: look for look, labels in content["same"].items() for label in labels}
    looks = EXAMPLES | own
    return looks, dict(zip(looks, looks, strict=True)) | meanings


@lru_cache(maxsize=16)
def _render(looks):
    """Pictures of several looks, all drawn in one go."""
    from gzkit.simulate.images import PARAMETERS
    from gzkit.simulate.looks import render

    if not looks:
        return ()
    parameters = [_known()[0][look] for look in looks]
    columns = {
        name: [one.get(name, default) for one in parameters] for name, (default, _) in PARAMETERS.items()
    }
    pictures = render(columns, size=PIXELS)[:, _MIDDLE, _MIDDLE]
    return tuple(np.ascontiguousarray(picture) for picture in pictures)
