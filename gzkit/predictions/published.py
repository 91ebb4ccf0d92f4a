"""Predictions as published tables have them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gzkit.catalog.ids import check_ids, rows_of
from gzkit.predictions.checks import check_sky, count_of
from gzkit.votes import proportion_asked


class PublishedPredictions:
    """Predictions as release tables have them: fractions, perhaps with intervals, without concentrations.

    They can be read with `Predictions.from_parquet`, and selected from with `gz.select`; the distributions of votes
    cannot be had from them.

    Parameters
    ----------
    fraction : array_like, shape (galaxy, answer)
        Predicted vote fractions; NaN where the table gives none.
    id_str : sequence of str
    schema : Schema
    interval : pair of array_like, shape (galaxy, answer), optional
        Lower and upper end of the 90 % interval.
    asked : array_like, shape (galaxy, question), optional
        Proportion of the volunteers asked.
    info : dict, optional
    sky : array_like, shape (galaxy, 2), optional
        Right ascension and declination [deg].

    Raises
    ------
    ValueError
        For an array of another shape, a fraction outside [0, 1], or a galaxy that appears twice.
    """

    def __init__(self, fraction, id_str, schema, *, interval=None, asked=None, info=None, sky=None):
        self.id_str, self.schema, self.info = check_ids(id_str), schema, dict(info or {})
        self._fraction, self._interval, self._asked = np.asarray(fraction, dtype=float), interval, asked
        self.sky, shape = check_sky(sky, self.id_str), (len(self.id_str), len(schema.answers))
        if self._fraction.shape != shape:
            raise ValueError(
                f"fractions must have shape (galaxy, answer) = {shape}, got {self._fraction.shape}"
            )
        outside = np.argwhere((self._fraction < 0) | (self._fraction > 1))
        if len(outside):
            row, column = outside[0]
            raise ValueError(
                f"fraction of galaxy {self.id_str[row]!r}, answer {schema.label_cols[column]!r} is "
                f"{self._fraction[row, column]}, outside 0 to 1"
            )

    def __len__(self) -> int:
        return len(self.id_str)

    def __getitem__(self, galaxies: str | Sequence | np.ndarray | slice) -> PublishedPredictions:
        """Some of the galaxies, as for `Predictions`."""
        rows = rows_of(self.id_str, galaxies)
        interval, asked = self._interval, self._asked
        return PublishedPredictions(
            self._fraction[rows],
            self.id_str[rows],
            self.schema,
            interval=interval and (interval[0][rows], interval[1][rows]),
            asked=None if asked is None else asked[rows],
            info=self.info,
            sky=None if self.sky is None else self.sky[rows],
        )

    def __repr__(self) -> str:
        return f"PublishedPredictions({count_of(len(self), 'galaxy', 'galaxies')}, {self.schema!r})"

    def vote_fractions(self) -> np.ndarray:
        """Predicted vote fractions, shape (galaxy, answer)."""
        return self._fraction

    def interval(self, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """The published 90 % interval: (lower, upper), each (galaxy, answer).

        Parameters
        ----------
        level : float
            Only 0.9 is published.

        Raises
        ------
        ValueError
            For another level, or if the table has none.
        """
        if self._interval is None or level != 0.9:
            raise ValueError("a release table has 90 % intervals at most (style 'advanced'), and not others")
        return self._interval

    def proportion_asked(self) -> np.ndarray:
        """Proportion of the volunteers asked, shape (galaxy, question): as published, or from the fractions."""
        return proportion_asked(self._fraction, self.schema) if self._asked is None else self._asked
