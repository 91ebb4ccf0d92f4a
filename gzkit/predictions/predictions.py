"""What a model predicts that volunteers answer, with its uncertainty."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from gzkit import distributions
from gzkit.catalog.ids import check_ids, rows_of
from gzkit.mistakes import INSTEAD_OF_PANDAS
from gzkit.predictions.checks import check_concentration, check_sky, common_info, count_of, joined_sky
from gzkit.predictions.hdf5 import read_hdf5
from gzkit.predictions.published import PublishedPredictions
from gzkit.schema.files import told_of
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema
from gzkit.votes import proportion_asked

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import Table


class Predictions:
    """A model's predictions: Dirichlet concentrations for each galaxy, with ids and the schema.

    Several samples of a galaxy (test-time augmentation, dropout, several models) are a mixture: the probabilities
    that they give are averaged, not their concentrations.

    Parameters
    ----------
    concentration : array_like, shape (galaxy, answer, sample) or (galaxy, answer)
        Dirichlet concentrations, above zero, columns in the order of ``schema.label_cols``. float32 stays float32.
    id_str : sequence of str, length galaxy
        The galaxies' ids, each once.
    schema : Schema
    info : dict, optional
        Anything worth keeping beside the numbers (the model's name, its version). It is written to files as JSON.
    sky : array_like, shape (galaxy, 2), optional
        Right ascension and declination [deg], NaN where not known; they go to every table that is written.

    Attributes
    ----------
    concentration : ndarray, shape (galaxy, answer, sample)
    id_str : ndarray of str, shape (galaxy,)
    sky : ndarray, shape (galaxy, 2), or None
    schema, info

    Raises
    ------
    ValueError
        For an array of another shape, a concentration that is not a positive number, ids that are not text, or a
        galaxy that appears twice.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[2.0, 3.0, 5.0], [9.0, 1.0, 10.0]], ["J1", "J2"], schema)
    >>> predictions
    Predictions(2 galaxies, 3 answers, 1 sample, Schema('bar', 1 questions, 3 answers))
    >>> predictions.vote_fractions()
    array([[0.2 , 0.3 , 0.5 ],
           [0.45, 0.05, 0.5 ]])
    """

    def __init__(
        self,
        concentration: ArrayLike,
        id_str: Sequence[str] | np.ndarray,
        schema: Schema | str,
        *,
        info: dict | None = None,
        sky: ArrayLike | None = None,
    ):
        schema = self.schema = as_schema(schema, "Predictions")
        self.id_str = check_ids(id_str)
        self.concentration = check_concentration(concentration, self.id_str, schema)
        self.info = dict(info or {})
        self.sky = check_sky(sky, self.id_str)

    def __len__(self) -> int:
        return len(self.id_str)

    def __repr__(self) -> str:
        galaxies, answers, samples = self.concentration.shape
        galaxies, samples = count_of(galaxies, "galaxy", "galaxies"), count_of(samples, "sample", "samples")
        return f"Predictions({galaxies}, {answers} answers, {samples}, {self.schema!r})"

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Predictions have no {name}{INSTEAD_OF_PANDAS.get(name, '')}")

    def __getitem__(self, galaxies: str | Sequence | np.ndarray | slice) -> Predictions:
        """Some of the galaxies: by id, several ids, a mask, positions, or a slice.

        Parameters
        ----------
        galaxies : str, sequence of str, ndarray of bool or int, or slice

        Returns
        -------
        Predictions
            In the order asked for.

        Raises
        ------
        KeyError
            If an id is not there; the message names it.
        ValueError
            If a mask has another length than the predictions.
        """
        if isinstance(galaxies, str) and galaxies in self.schema.label_cols:
            raise KeyError(
                f"{galaxies!r} is an answer, and predictions[...] chooses galaxies: predictions.to_frame() has "
                f"the column '{galaxies}_fraction'"
            )
        rows = rows_of(self.id_str, galaxies)
        sky = None if self.sky is None else self.sky[rows]
        return Predictions(self.concentration[rows], self.id_str[rows], self.schema, info=self.info, sky=sky)

    @classmethod
    def concatenate(cls, parts: Iterable[Predictions]) -> Predictions:
        """Predictions of several groups of galaxies as one.

        Parameters
        ----------
        parts : sequence of Predictions
            Of one schema and one number of samples, with no galaxy in common.

        Returns
        -------
        Predictions
            The galaxies of the first part, then of the second, and so on; what the parts' ``info`` agree on.

        Raises
        ------
        ValueError
            If there is no part, they differ in schema or samples, or share a galaxy.
        """
        parts = list(parts)
        info = common_info(parts)
        samples = sorted({part.concentration.shape[-1] for part in parts})
        if len(samples) > 1:
            raise ValueError(f"the parts have different numbers of samples: {samples}")
        return cls(
            np.concatenate([part.concentration for part in parts]),
            np.concatenate([part.id_str for part in parts]),
            parts[0].schema,
            info=info,
            sky=joined_sky(parts),
        )

    def vote_fractions(self) -> np.ndarray:
        """Expected share of volunteers who give each answer, among those asked.

        Returns
        -------
        ndarray, shape (galaxy, answer)
            Fractions in [0, 1]; a question's answers add to one.
        """
        return self.sample_fractions().mean(axis=1)

    def proportion_asked(self) -> np.ndarray:
        """Chance that a volunteer reaches each question.

        Returns
        -------
        ndarray, shape (galaxy, question)
            Proportions in [0, 1]: over all the answers that lead to the question, averaged over samples.
        """
        return proportion_asked(self.sample_fractions(), self.schema).mean(axis=1)

    def interval(self, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Credible interval of the probability that a volunteer who is asked gives each answer.

        Parameters
        ----------
        level : float
            Probability inside; the same is left out at either end.

        Returns
        -------
        lower, upper : ndarray, shape (galaxy, answer)
        """
        ends = [
            distributions.interval(self.concentration[:, question.columns], level, sample_axis=-1)
            for question in self.schema.questions
        ]
        lower, upper = (np.concatenate(end, axis=-1) for end in zip(*ends, strict=True))
        return lower, upper

    def predicted_votes(self, question: str, total_votes: int) -> np.ndarray:
        """Chance of each whole count of votes for each answer of a question.

        Parameters
        ----------
        question : str
        total_votes : int
            Volunteers asked [votes].

        Returns
        -------
        ndarray, shape (galaxy, answer of the question, 0..total_votes)
            Adds to one along the last axis.

        Raises
        ------
        KeyError
            If there is no such question.
        ValueError
            If ``total_votes`` is not a whole number from 0.
        """
        columns = self.schema.get_question(question).columns
        return distributions.predicted_votes(self.concentration[:, columns], total_votes, sample_axis=-1)

    def vote_interval(
        self, question: str, total_votes: int, *, level: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fewest and most votes for each answer, leaving out at most the same chance at either end.

        Parameters
        ----------
        question : str
        total_votes : int
            Volunteers asked [votes].
        level : float
            Probability inside, at least: counts are whole.

        Returns
        -------
        lower, upper : ndarray of int, shape (galaxy, answer of the question)
            [votes]

        Raises
        ------
        KeyError
            If there is no such question.
        """
        concentration = self.concentration[:, self.schema.get_question(question).columns]
        return distributions.votes_interval(concentration, total_votes, level, sample_axis=-1)

    def information_gain(self, *, about: str = "galaxy") -> np.ndarray:
        """What showing the galaxy to one more volunteer is expected to tell, question by question.

        Showing volunteers the galaxies with the largest gain first teaches most for their time.

        Parameters
        ----------
        about : {"galaxy", "samples"}
            About the galaxy's own answer probabilities, or about which of the samples (models) is right: what a
            model that is trained on the votes would learn. The second is 0 with one sample.

        Returns
        -------
        ndarray, shape (galaxy, question)
            Expected information [nat]: that of a vote, times the chance that the volunteer reaches the question. With
            several samples, those in which more volunteers reach it weigh more. The sum over questions is then what
            the volunteer's whole walk is expected to tell, exactly if one path leads to each question. Where several
            do, it is a little more than that: the path taken would tell of the samples too.

        Raises
        ------
        ValueError
            If ``about`` is neither.

        References
        ----------
        Walmsley et al. 2020, MNRAS 491, 1554, arXiv:1905.07424: which galaxies volunteers should label.
        Houlsby et al. 2011, arXiv:1112.5745: Bayesian active learning by disagreement.

        Examples
        --------
        >>> import gzkit as gz
        >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
        >>> gz.Predictions([[1.0, 1.0], [50.0, 50.0]], ["J1", "J2"], schema).information_gain().round(3)
        array([[0.193],
               [0.005]])
        """
        asked = proportion_asked(self.sample_fractions(), self.schema)  # (galaxy, sample, question)
        gains = [
            distributions.mutual_information(
                self.concentration[:, question.columns],
                about=about,
                sample_axis=-1,
                weights=np.maximum(asked[..., question.index].T, np.finfo(float).tiny),
            )
            for question in self.schema.questions
        ]
        return np.stack(gains, axis=-1) * asked.mean(axis=1)

    def sample_fractions(self) -> np.ndarray:
        """Expected vote fractions in each sample.

        Returns
        -------
        ndarray, shape (galaxy, sample, answer)
        """
        by_sample = np.moveaxis(self.concentration, -1, 1).astype(float)  # (galaxy, sample, answer)
        for question in self.schema.questions:
            by_sample[..., question.columns] /= by_sample[..., question.columns].sum(axis=-1, keepdims=True)
        return by_sample

    def to_frame(self, *, style: str = "advanced") -> pd.DataFrame:
        """The predictions as a DataFrame, with the columns of `to_parquet`.

        Parameters
        ----------
        style : {"advanced", "friendly", "concentration"}

        Returns
        -------
        DataFrame
        """
        from gzkit.predictions.files import table_of

        return table_of(self, style=style).to_pandas()

    def to_table(self, *, style: str = "advanced") -> Table:
        """The predictions as a table of astropy, whose ``write`` knows FITS, VOTable, ECSV and more.

        Parameters
        ----------
        style : {"advanced", "friendly", "concentration"}
            As for `to_parquet`.

        Returns
        -------
        astropy.table.Table
            Schema and `info` stand in its ``meta``, which FITS and ECSV keep.
        """
        from gzkit.predictions.astronomical import astropy_table

        return astropy_table(self, style=style)

    @classmethod
    def from_table(
        cls,
        table: Table | str | os.PathLike,
        *,
        schema: Schema | str | None = None,
        id_column: str = "id_str",
    ) -> Predictions | PublishedPredictions:
        """Read what `to_table` gave, or a published release, as a table of astropy or from a file that this reads.

        Parameters
        ----------
        table : astropy.table.Table, str or Path
        schema, id_column
            As for `from_parquet`.

        Returns
        -------
        Predictions or PublishedPredictions
        """
        from gzkit.predictions.astronomical import read_astropy_table

        schema = None if schema is None else as_schema(schema, "Predictions.from_table")
        content = read_astropy_table(table, schema=schema, id_column=id_column)
        return (PublishedPredictions if "fraction" in content else cls)(**content)

    def to_parquet(self, path: str | os.PathLike, *, style: str = "concentration") -> None:
        """Write a parquet table, with schema, `info` and gzkit's version in its metadata.

        Parameters
        ----------
        path : str or Path
        style : {"concentration", "advanced", "friendly"}
            ``"concentration"`` keeps everything: ``<answer>_concentration``, a number, or a list where there are
            several samples. The others are those of the GZ DESI release. ``"advanced"``: ``<answer>_fraction``,
            ``_90pc-lower`` and ``_90pc-upper`` (`interval`, with the probability outside right to 0.001),
            ``_proportion-asked`` (of its question). ``"friendly"``: ``<answer>_fraction`` only, NaN where fewer than
            half of the volunteers would be asked.

        Raises
        ------
        ValueError
            If there is no such style.

        References
        ----------
        Walmsley et al. 2023, MNRAS 526, 4768, arXiv:2309.11425: the release's tables.
        """
        from gzkit.predictions.files import write_parquet

        write_parquet(self, path, style=style)

    @classmethod
    def from_parquet(
        cls, path: str | os.PathLike, *, schema: Schema | str | None = None, id_column: str = "id_str"
    ) -> Predictions | PublishedPredictions:
        """Read predictions that `to_parquet` or `gz.predict(..., save_to=...)` wrote, or a published release table.

        Parameters
        ----------
        path : str or Path
            A file, or a folder of parts.
        schema : Schema or str, optional
            The schema that the file is expected to have, or a survey's name; needed for tables that gzkit did not
            write.
        id_column : str
            Column of the ids, such as ``"dr8_id"`` in a published table.

        Returns
        -------
        Predictions or PublishedPredictions
            The second for release tables ("advanced", "friendly"), which hold no concentrations.

        Raises
        ------
        ValueError
            If the file is not parquet or not whole, lacks a column, or is of another schema.
        """
        from gzkit.predictions.files import read_parquet

        schema = None if schema is None else as_schema(schema, "Predictions.from_parquet")
        content = read_parquet(path, schema=schema, id_column=id_column)
        with told_of(path):
            return (PublishedPredictions if "fraction" in content else cls)(**content)

    @classmethod
    def from_hdf5(cls, path: str | os.PathLike, schema: Schema | str) -> Predictions:
        """Read the HDF5 file that Zoobot's predictions are kept in.

        Parameters
        ----------
        path : str or Path
            With ``predictions`` (galaxy, answer, sample), ``id_str`` and ``label_cols``.
        schema : Schema or str
            Or a survey's name. Its columns are taken by name; the file may hold those of other surveys besides.

        Returns
        -------
        Predictions

        Raises
        ------
        ImportError
            If h5py is not installed.
        ValueError
            If the file is not whole, or lacks an answer's column.
        """
        schema = as_schema(schema, "Predictions.from_hdf5")
        content = read_hdf5(path, schema)
        with told_of(path):
            return cls(**content)
