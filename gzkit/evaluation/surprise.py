"""Which galaxies' votes are odd, given what was predicted of them."""

import numpy as np
import pandas as pd

from gzkit import distributions
from gzkit.evaluation.evaluate import matched_votes
from gzkit.predictions.predictions import Predictions


def surprise(predictions: Predictions, catalog: pd.DataFrame) -> pd.DataFrame:
    """How odd each galaxy's votes are, had the prediction been right.

    The loss of a galaxy grows with the number of its votes, whatever they are. Here its expectation under the
    prediction is taken off, for as many votes, and the rest is divided by its standard deviation.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and a column of votes for each answer [votes].

    Returns
    -------
    DataFrame
        In the order of the predictions: ``id_str``; ``surprise`` of all questions together [standard deviations], 0 on
        average for galaxies that are predicted as they should be; ``question``, the one that surprises most; and the
        surprise by each question, in a column of its name. NaN where nobody was asked.

    Raises
    ------
    ValueError
        If a prediction has no row in the catalogue, a column is missing, or a vote is not a whole number.

    Examples
    --------
    >>> import gzkit as gz, pandas as pd
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> predictions = gz.Predictions([[30.0, 70.0], [30.0, 70.0]], ["J1", "J2"], schema)
    >>> catalog = pd.DataFrame({"id_str": ["J1", "J2"], "bar_yes": [4, 3], "bar_no": [36, 7]})
    >>> surprise(predictions, catalog).round(1).to_string(index=False).split()
    ['id_str', 'surprise', 'question', 'bar', 'J1', '3.7', 'bar', '3.7', 'J2', '-0.7', 'bar', '-0.7']
    """
    whole, by_question = surprises(predictions, matched_votes(predictions, catalog))
    texts = [question.text for question in predictions.schema.questions]
    most = np.argmax(np.nan_to_num(by_question, nan=-np.inf), axis=1)
    question = pd.Series([texts[i] for i in most], dtype=object).where(np.isfinite(whole))
    table = {"id_str": predictions.id_str, "surprise": whole, "question": question}
    return pd.DataFrame(table | dict(zip(texts, by_question.T, strict=True)))


def surprises(predictions, votes, questions=None):
    """The same as arrays.

    Parameters
    ----------
    predictions : Predictions
    votes : ndarray of int, shape (galaxy, answer)
        Of the predicted galaxies [votes].
    questions : sequence of Question, optional
        By default all of them.

    Returns
    -------
    whole : ndarray, shape (galaxy,)
    by_question : ndarray, shape (galaxy, question)
        [standard deviations]; NaN where nobody was asked.
    """
    columns = [question.columns for question in questions or predictions.schema.questions]
    concentration = predictions.concentration
    parts = [distributions.surprise(votes[:, c], concentration[:, c], sample_axis=-1) for c in columns]
    excess, variance = (np.stack(part, axis=-1) for part in zip(*parts, strict=True))  # (galaxy, question)
    asked = np.stack([votes[:, own].any(axis=1) for own in columns], axis=-1)
    by_question = np.where(asked, _in_deviations(excess, variance), np.nan)
    whole = _in_deviations(excess.sum(axis=1), variance.sum(axis=1))
    return np.where(asked.any(axis=1), whole, np.nan), by_question


def uncertainty(concentration):
    """How far a volunteer's answer probabilities are from known: their standard deviation, over all answers together.

    Parameters
    ----------
    concentration : ndarray, shape (galaxy, answer, sample)
        Of one question.

    Returns
    -------
    ndarray, shape (galaxy,)
        Root of the summed variances, within samples and between them.

    Examples
    --------
    >>> uncertainty(np.array([[[1.0], [1.0]], [[50.0], [50.0]]])).round(3).tolist()
    [0.408, 0.07]
    """
    concentration = np.asarray(concentration, dtype=float)
    total = concentration.sum(axis=1, keepdims=True)
    mean = concentration / total
    within = (mean * (1 - mean) / (total + 1)).mean(axis=-1)
    return np.sqrt((within + mean.var(axis=-1)).sum(axis=1))


def _in_deviations(excess, variance):
    """0 where every outcome was as likely, so that none could surprise."""
    return np.divide(excess, np.sqrt(variance), out=np.zeros(excess.shape), where=variance > 1e-12)
