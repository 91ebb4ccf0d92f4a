"""What the predictions page asks of what it is given: the same galaxies everywhere, and names that exist."""

from gzkit.schema.tree import suggest


def same_galaxies(models):
    """The models' predictions, all in the order of the first.

    Parameters
    ----------
    models : dict of str to Predictions

    Returns
    -------
    dict of str to Predictions

    Raises
    ------
    ValueError
        If there is no model or no galaxy, or the models differ in schema or galaxies.
    """
    if not models:
        raise ValueError("explore_predictions: no predictions")
    first = next(iter(models.values()))
    if not len(first):
        raise ValueError("explore_predictions: the predictions hold no galaxy")
    for name, other in models.items():
        if other.schema != first.schema:
            raise ValueError(f"explore_predictions: {name!r} has another schema, {other.schema!r}")
        strangers = set(first.id_str) ^ set(other.id_str)
        if strangers:
            raise ValueError(f"explore_predictions: {name!r} has other galaxies, such as {min(strangers)!r}")
    return {name: other if other is first else other[first.id_str] for name, other in models.items()}


def check_rows(catalog, predictions):
    """Check that every galaxy has a row in the catalogue.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str``.
    predictions : Predictions

    Raises
    ------
    ValueError
        If one has none, or the catalogue has no ids.
    """
    if "id_str" not in catalog:
        raise ValueError("explore_predictions: the catalogue has no column 'id_str'")
    missing = set(predictions.id_str) - set(catalog["id_str"])
    if missing:
        raise ValueError(
            f"explore_predictions: {len(missing)} predicted galaxies have no row in the catalogue, "
            f"such as {min(missing)!r}"
        )


def one_of(value, known, what):
    """A value, if it is known.

    Parameters
    ----------
    value : str
    known : collection of str
    what : str
        The kind of thing, for the message.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If it is not; the nearest known one is suggested.
    """
    if value not in known:
        raise ValueError(f"explore_predictions: no {what} {value!r}{suggest(value, known)}")
    return value
