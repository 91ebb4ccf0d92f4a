"""Pictures of predictions: against the votes, and how far to trust them."""

import math

import numpy as np

from gzkit import calibration
from gzkit.metrics import leading_answers, matched_votes
from gzkit.plots.palette import theme_on
from gzkit.skill import expected_error

DEFAULT_TOTAL_VOTES = 40  # volunteers a galaxy had in most campaigns
MANY_GALAXIES = 3_000  # more than this are drawn as a density
REPLICATES = 200  # resamplings of the galaxies for the bands


def plot_predicted_votes(
    predictions, galaxy, question, *, catalog=None, total_votes=None, level=0.9, axes=None
):
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
        Volunteers asked [votes]: by default those who were, or 40 without a catalogue or where nobody was.
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
        If there is not one Axes an answer.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> predictions = gz.Predictions([[2.0, 3.0, 5.0]], ["J1"], schema)
    >>> figure = plot_predicted_votes(predictions, "J1", "bar")
    >>> [round(float(sum(bar.get_height() for bar in ax.patches)), 6) for ax in figure.axes]
    [1.0, 1.0, 1.0]
    """
    question = predictions.schema.get_question(question)
    one = predictions[galaxy]
    votes = None if catalog is None else matched_votes(one, catalog)[0, question.columns]
    asked = 0 if votes is None else int(votes.sum())
    total_votes = asked or DEFAULT_TOTAL_VOTES if total_votes is None else total_votes
    observed = votes if votes is not None and asked == total_votes else [None] * len(question.answers)
    probability = one.predicted_votes(question.text, total_votes)[0]  # (answer, 0..total)
    axes = _panels(len(question.answers), axes, "an answer", height=2.6)
    for i, (ax, answer) in enumerate(zip(axes, question.answers, strict=True)):
        plot_vote_distribution(probability[i], observed=observed[i], level=level, ax=ax)
        ax.set(title=answer.text, ylim=(0, 1.12 * probability.max()))
        if i % _columns(len(axes)):
            ax.set(ylabel="")
    return axes[0].figure


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
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.2, 0.5, 0.3]
    """
    ax = new_axes(ax)
    theme = theme_on(ax)
    probability = np.asarray(probability)
    counts = np.arange(len(probability))
    cumulative = np.cumsum(probability)
    inside = (cumulative > (1 - level) / 2) & (cumulative - probability < (1 + level) / 2)
    bars = ax.bar(counts, probability, width=0.84, color=theme.prediction)
    for bar, full in zip(bars, inside, strict=True):
        bar.set_alpha(0.9 if full else 0.3)
    if observed is not None:
        ax.axvline(observed, color=theme.truth, linewidth=1.5, linestyle="--")
        ax.plot(
            observed,
            1,
            "v",
            markersize=9,
            color=theme.truth,
            transform=ax.get_xaxis_transform(),
            clip_on=False,
        )
    ax.set(
        xlim=(-0.7, len(probability) - 0.3), xlabel=f"votes of {len(probability) - 1}", ylabel="probability"
    )
    _quiet(ax)
    ax.xaxis.get_major_locator().set_params(integer=True)
    return ax


def plot_calibration(predictions, catalog, *, question=None, bins=10, level=0.9, axes=None, seed=0):
    """Do the votes fall where they were predicted to fall, as often as predicted?

    On the left how often the predictive interval of the votes held them, against the probability that it claims: on
    the diagonal if calibrated, below if too confident. On the right the randomised PIT (averaged over its random
    places): flat if calibrated, high at both ends if too confident. Bands are bootstrap intervals over galaxies.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str, optional
        By default all of them together, with a thin line for each on the left.
    bins : int
        Of the PIT.
    level : float
        Probability content of the bands.
    axes : pair of Axes, optional
    seed : int

    Returns
    -------
    Figure

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If a prediction has no row in the catalogue, or nobody was asked.

    References
    ----------
    Czado, Gneiting & Held 2009, Biometrics 65, 1254.
    """
    schema = predictions.schema
    questions = schema.questions if question is None else [schema.get_question(question)]
    votes = matched_votes(predictions, catalog)
    steps = [_pit_of_asked(votes[:, q.columns], predictions.concentration[:, q.columns]) for q in questions]
    if not any(len(lower) for lower, _, _ in steps):
        raise ValueError("plot_calibration: no predicted galaxy was asked about this")
    coverage_ax, pit_ax = _panels(2, axes, "a panel", height=4.0, width=4.6)
    _draw_coverage(coverage_ax, steps, level, seed)
    _draw_pit(pit_ax, steps, bins, level, seed)
    name = "all questions" if question is None else question
    coverage_ax.set_title(f"Coverage: {name}")
    pit_ax.set_title(f"Where the votes fell: {name}")
    return coverage_ax.figure


def plot_fractions(predictions, catalog, question, *, min_votes=10, axes=None):
    """Observed vote fractions against predicted ones, with the scatter that the volunteers' own chance alone makes.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str
    min_votes : int
        Galaxies where fewer volunteers were asked are left out [votes].
    axes : sequence of Axes, optional
        One an answer.

    Returns
    -------
    Figure
        With one panel an answer; the band holds 90 % of the galaxies if the predicted fractions were the true ones
        and as many volunteers asked as at the median galaxy. Points outside show what the model does not know.

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If no galaxy has enough votes.
    """
    question = predictions.schema.get_question(question)
    votes = matched_votes(predictions, catalog)[:, question.columns]
    total = votes.sum(axis=1)
    enough = total >= max(min_votes, 1)
    if not enough.any():
        raise ValueError(f"plot_fractions: no galaxy has {min_votes} votes for {question.text!r}")
    predicted = predictions.vote_fractions()[enough, question.columns]
    observed = votes[enough] / total[enough, np.newaxis]
    axes = _panels(len(question.answers), axes, "an answer", height=3.3)
    for i, (ax, answer) in enumerate(zip(axes, question.answers, strict=True)):
        _draw_fractions(ax, predicted[:, i], observed[:, i], total[enough])
        ax.set_title(
            f"{answer.text}\n{_error_text(predicted[:, i], observed[:, i], total[enough])}", fontsize=10
        )
        if i % _columns(len(axes)):
            ax.set(ylabel="")
    return axes[0].figure


def plot_confusion(predictions, catalog, question, *, confident=0.8, well_asked=0.5, ax=None):
    """Which answer is predicted to lead, against the one that led, for galaxies where volunteers were confident.

    Parameters
    ----------
    predictions : Predictions
    catalog : DataFrame
        With ``id_str`` and votes.
    question : str
    confident : float
        Leading vote fraction from which volunteers count as confident; 0 takes all galaxies asked.
    well_asked : float
        Proportion of the volunteers asked from which a galaxy counts.
    ax : Axes, optional

    Returns
    -------
    Axes
        Cells give galaxies and, shaded, their share of the row.

    Raises
    ------
    KeyError
        If there is no such question.
    ValueError
        If no galaxy qualifies.
    """
    question = predictions.schema.get_question(question)
    votes = matched_votes(predictions, catalog)
    observed, predicted = leading_answers(
        votes, predictions, question, confident=confident, well_asked=well_asked
    )
    if not len(observed):
        raise ValueError(f"plot_confusion: no confident galaxy for {question.text!r}")
    size = len(question.answers)
    counts = np.bincount(observed * size + predicted, minlength=size * size).reshape(size, size)
    ax = new_axes(ax, figsize=(1.6 + 0.85 * size, 1.4 + 0.7 * size))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(share, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for row in range(size):
        for column in range(size):
            text = f"{counts[row, column]}\n{100 * share[row, column]:.0f} %" if counts[row].any() else "0"
            ink = "#000000" if share[row, column] > 0.55 else "#FFFFFF"
            ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
    names = [answer.text for answer in question.answers]
    ax.set_xticks(range(size), names, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(size), names)
    right = np.trace(counts) / counts.sum()
    ax.set(xlabel="predicted to lead", ylabel="led among volunteers")
    ax.set_title(f"{question.text}: {100 * right:.0f} % of {counts.sum()} confident galaxies", fontsize=10)
    return ax


def _pit_of_asked(votes, concentration):
    """Steps of the PIT of the galaxies asked, and which these are."""
    rows = np.flatnonzero(votes.sum(axis=1))
    lower, upper = calibration.pit_bounds(votes[rows], concentration[rows])
    return lower, upper, rows


def _draw_coverage(ax, steps, level, seed):
    theme = theme_on(ax)
    claimed = np.linspace(0.02, 0.98, 25)
    held = [
        np.stack([calibration.coverage(a, b, c).mean(axis=1) for c in claimed], axis=1) for a, b, _ in steps
    ]
    if len(steps) > 1:
        for i, one in enumerate(one for one in held if len(one)):
            ax.plot(
                claimed,
                one.mean(axis=0),
                color=theme.muted,
                linewidth=0.7,
                alpha=0.7,
                label="" if i else "each question",
            )
    mean, lower, upper = _bootstrap_mean(held, [rows for _, _, rows in steps], level, seed)
    ax.plot([0, 1], [0, 1], color=theme.ink, linestyle="--", linewidth=1, label="calibrated")
    ax.fill_between(claimed, lower, upper, color=theme.prediction, alpha=0.25, linewidth=0)
    ax.plot(
        claimed, mean, color=theme.prediction, linewidth=2.2, label="together" if len(steps) > 1 else "model"
    )
    ax.text(0.97, 0.05, "too confident", ha="right", color=theme.muted, transform=ax.transAxes)
    ax.text(0.34, 0.95, "too cautious", va="top", color=theme.muted, transform=ax.transAxes)
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="probability that the interval claims",
        ylabel="share of votes inside",
    )
    ax.set_aspect("equal")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.9), fontsize=9)
    _quiet(ax)


def _draw_pit(ax, steps, bins, level, seed):
    theme = theme_on(ax)
    shares = [calibration.pit_histogram(a, b, bins=bins).mean(axis=1) * bins for a, b, _ in steps]
    mean, lower, upper = _bootstrap_mean(shares, [rows for _, _, rows in steps], level, seed)
    edges = np.linspace(0, 1, bins + 1)
    ax.bar(
        edges[:-1],
        mean,
        width=1 / bins,
        align="edge",
        color=theme.prediction,
        alpha=0.55,
        edgecolor=theme.paper,
    )
    middle = (edges[:-1] + edges[1:]) / 2
    ax.vlines(middle, lower, upper, color=theme.ink, linewidth=1.2)
    ax.axhline(1, color=theme.ink, linestyle="--", linewidth=1)
    ax.set(xlim=(0, 1), ylim=(0, max(1.6, 1.15 * upper.max())))
    ax.set(xlabel="place in the predicted distribution (PIT)", ylabel="density")
    _quiet(ax)


def _bootstrap_mean(values, rows, level, seed):
    """Mean over the galaxies of all questions, and its interval when whole galaxies are drawn again.

    `values` holds for each question an array (galaxy, k), `rows` which galaxies these are.
    """
    galaxies = 1 + max(row.max(initial=-1) for row in rows)
    total = np.zeros((galaxies, values[0].shape[1] + 1))
    for value, row in zip(values, rows, strict=True):
        total[row, :-1] += value
        total[row, -1] += 1
    rng = np.random.default_rng(seed)
    draws = [rng.integers(galaxies, size=galaxies) for _ in range(REPLICATES)]
    sums = np.stack([np.bincount(draw, minlength=galaxies) @ total for draw in draws])
    sums = sums[sums[:, -1] > 0]
    lower, upper = np.quantile(sums[:, :-1] / sums[:, -1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
    whole = total.sum(axis=0)
    return whole[:-1] / whole[-1], lower, upper


def _draw_fractions(ax, predicted, observed, total):
    from scipy.stats import binom

    theme = theme_on(ax)
    asked = int(np.median(total))
    line = np.linspace(0, 1, 201)
    lower, upper = (binom.ppf(edge, asked, line) / asked for edge in (0.05, 0.95))
    ax.fill_between(
        line, lower, upper, color=theme.truth, alpha=0.16, linewidth=0, label=f"chance of {asked} votes"
    )
    ax.plot([0, 1], [0, 1], color=theme.ink, linewidth=1, linestyle="--")
    if len(predicted) > MANY_GALAXIES:
        ax.hexbin(predicted, observed, gridsize=40, extent=(0, 1, 0, 1), mincnt=1, bins="log", cmap="cividis")
    else:
        size = np.clip(2_000 / len(predicted), 6, 26)
        ax.scatter(predicted, observed, s=size, color=theme.prediction, alpha=0.55, linewidths=0)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="predicted fraction", ylabel="observed fraction")
    ax.set_aspect("equal")
    _quiet(ax)


def _error_text(predicted, observed, total):
    error = np.abs(predicted - observed).mean()
    return f"mean error {error:.3f}, by chance {expected_error(total, predicted).mean():.3f}"


def _columns(panels):
    return panels if panels <= 4 else math.ceil(panels / 2)


def _panels(count, axes, each, *, height, width=None):
    """The Axes given, if there are `count`; else new ones in one row, or two where they are many."""
    import matplotlib.pyplot as plt

    if axes is not None:
        axes = list(np.ravel(axes))
        if len(axes) != count:
            raise ValueError(f"axes: need {count}, one {each}, got {len(axes)}")
        return axes
    columns = _columns(count)
    rows = math.ceil(count / columns)
    width = width or min(3.2, 11 / columns)
    grid = plt.subplots(
        rows, columns, figsize=(max(width * columns, 4.5), height * rows), layout="constrained", squeeze=False
    )[1]
    for unused in grid.ravel()[count:]:
        unused.remove()
    return list(grid.ravel()[:count])


def new_axes(ax, figsize=None):
    """The Axes given, or a new one."""
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained", figsize=figsize)[1] if ax is None else ax


def _quiet(ax):
    ax.spines[["top", "right"]].set_visible(False)
