"""Pictures of predictions: against votes, and how far to trust them."""

import math

import numpy as np

from gzkit import calibration, distributions
from gzkit.metrics import matched_votes
from gzkit.plots.palette import theme_on

DEFAULT_TOTAL_VOTES = 40  # volunteers a galaxy had in most campaigns


def plot_predicted_votes(predictions, galaxy, question, *, catalog=None, total_votes=None, level=0.9, axes=None):
    """How many of the volunteers asked are predicted to give each answer, as bars over whole vote counts.

    Parameters
    ----------
    predictions : Predictions
    galaxy : str
        Its id.
    question : str
    catalog : DataFrame, optional
        With ``id_str`` and votes; the observed count is then marked.
    total_votes : int, optional
        Volunteers asked [votes]: by default those who were, or 40 without a catalogue.
    level : float
        Probability of the interval that is drawn in full colour; the bars outside are pale.
    axes : sequence of Axes, optional
        One an answer.

    Returns
    -------
    Figure
        With one panel an answer.

    Raises
    ------
    KeyError
        If there is no such galaxy or question.
    ValueError
        If there is not one Axes an answer, or ``total_votes`` is not what the catalogue has.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[2.0, 3.0, 5.0]], ["J1"], schema)
    >>> figure = plot_predicted_votes(predictions, "J1", "bar")
    >>> [round(sum(bar.get_height() for bar in ax.patches), 6) for ax in figure.axes]
    [1.0, 1.0, 1.0]
    """
    question = predictions.schema.get_question(question)
    one = predictions[galaxy]
    votes = None if catalog is None else matched_votes(one, catalog)[0, question.columns]
    total_votes = _total_votes(votes, total_votes, question)
    probability = one.predicted_votes(question.text, total_votes)[0]  # (answer, 0..total)
    axes = _panels(len(question.answers), axes, "answer")
    top = 1.15 * probability.max()
    for i, (ax, answer) in enumerate(zip(axes, question.answers, strict=True)):
        observed = None if votes is None else votes[i]
        plot_vote_distribution(probability[i], observed=observed, level=level, ax=ax)
        ax.set(title=answer.text, ylim=(0, top))
        ax.set_ylabel("probability" if i % _columns(len(axes)) == 0 else "")
    figure = axes[0].figure
    return figure


def plot_vote_distribution(probability, *, observed=None, level=0.9, ax=None):
    """One answer's predicted votes as bars, with the observed count marked.

    Parameters
    ----------
    probability : array_like, shape (0..total,)
        Chance of each whole count.
    observed : int, optional
        The count that was given [votes].
    level : float
        Probability of the central interval that is drawn in full colour.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_vote_distribution([0.2, 0.5, 0.3], observed=1)
    >>> [bar.get_height() for bar in ax.patches]
    [0.2, 0.5, 0.3]
    """
    ax = _axes(ax)
    theme = theme_on(ax)
    probability = np.asarray(probability)
    counts = np.arange(len(probability))
    lower, upper = central_counts(probability, level)
    inside = (counts >= lower) & (counts <= upper)
    bars = ax.bar(counts, probability, width=0.86, color=theme.prediction, edgecolor=theme.prediction, linewidth=0)
    for bar, full in zip(bars, inside, strict=True):
        bar.set_alpha(0.9 if full else 0.3)
    if observed is not None:
        ax.plot(
            [observed], [probability[observed]], marker="v", markersize=9, color=theme.truth, clip_on=False,
            markeredgecolor=theme.paper, linestyle="none", zorder=4,
        )
        ax.axvline(observed, color=theme.truth, linewidth=1.2, linestyle="--", zorder=3)
    ax.set(xlim=(-0.6, len(probability) - 0.4), xlabel=f"votes of {len(probability) - 1}")
    _quiet(ax)
    return ax
