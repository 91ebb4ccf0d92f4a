"""Predictions of several models as one."""

import math
from collections.abc import Iterable

import numpy as np

from gzkit.predictions.checks import common_info
from gzkit.predictions.predictions import Predictions


def ensemble(members: Iterable[Predictions]) -> Predictions:
    """Predictions of several models for the same galaxies as one mixture, in which each model weighs the same.

    Parameters
    ----------
    members : sequence of Predictions
        Of one schema and the same galaxies, in any order. They may differ in their number of samples: those of the
        smaller ones are then repeated.

    Returns
    -------
    Predictions
        The galaxies of the first member, with the samples of all.

    Raises
    ------
    ValueError
        If there is no member, or they differ in schema or galaxies.

    References
    ----------
    Deep ensembles for Galaxy Zoo: Walmsley et al. 2022, MNRAS 509, 3966, arXiv:2102.08414.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> a = gz.Predictions([[1.0, 3.0]], ["J1"], schema)
    >>> b = gz.Predictions([[9.0, 3.0]], ["J1"], schema)
    >>> gz.ensemble([a, b]).vote_fractions()
    array([[0.5, 0.5]])
    """
    members = list(members)
    info, first = common_info(members), members[0]
    for member in members[1:]:
        strangers = sorted(set(first.id_str) ^ set(member.id_str))
        if strangers:
            raise ValueError(
                f"the members predict different galaxies: {len(strangers)} are not in both, such as {strangers[0]!r}"
            )
    samples = math.lcm(*(member.concentration.shape[-1] for member in members))
    mixed = [
        np.repeat(member[first.id_str].concentration, samples // member.concentration.shape[-1], axis=-1)
        for member in members
    ]
    return Predictions(np.concatenate(mixed, axis=-1), first.id_str, first.schema, info=info, sky=first.sky)
