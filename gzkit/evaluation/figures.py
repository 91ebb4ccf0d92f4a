"""What figures of merit add up, galaxy by galaxy, and the figures with their intervals from the sums."""

import numpy as np
from scipy.special import ndtr, stdtrit

from gzkit import distributions
from gzkit.evaluation import calibration, intervals, skill
from gzkit.votes import proportion_asked, vote_fractions

BINS = 10  # of predicted fraction, for the expected calibration error
COUNTS = ("galaxies", "votes", "galaxies_well_asked", "galaxies_confident")
BY_ANSWER = ("hits", "leading", "predicted", "bins", "bins_variance")  # of the sums
REPLICATES_AT_ONCE = 50


def likelihoods(votes, concentration, constant, truth, seed):
    """Per galaxy: of the prediction, of the constant Dirichlet, and with the true probabilities known."""
    if truth is None:
        ceiling = skill.estimated_ceiling(votes, constant, seed=seed)
    else:
        ceiling = skill.multinomial_nll(votes, truth)
    nll = distributions.nll(votes, concentration, sample_axis=-1)
    of_constant = distributions.nll(votes, constant)
    tells = truth is not None or skill.tells_galaxies_apart(constant)
    return {
        "nll": nll,
        "nll_constant": of_constant,
        "gain": tells * (of_constant - nll),
        "room": tells * (of_constant - ceiling),
    }


def misses(votes, fraction, well, confident):
    """Per galaxy, how far the predicted fractions are off, and whether the leading answer is found.

    The values have shape (galaxy,) or (galaxy, k), and are zero where nobody was asked.
    """
    total = votes.sum(axis=-1)
    asked = total > 0
    observed = votes / np.maximum(total, 1)[:, np.newaxis]
    error = np.abs(observed - fraction).mean(axis=1)
    answers, well = np.arange(votes.shape[1]), well & asked
    sure = well & (observed.max(axis=1) >= confident)
    leading = observed.argmax(axis=1)[:, np.newaxis] == answers
    predicted = fraction.argmax(axis=1)[:, np.newaxis] == answers
    right = asked & (votes[predicted] == votes.max(axis=1))
    return {
        "asked": asked,
        "votes": total,
        "votes_error": total * error,
        "well": well,
        "well_error": well * error,
        "right": right,
        "sure": sure,
        "sure_right": sure & right,
        "hits": sure[:, np.newaxis] & leading & predicted,
        "leading": sure[:, np.newaxis] & leading,
        "predicted": sure[:, np.newaxis] & predicted,
        "bins": _bin_sums(votes, total, fraction) / votes.shape[1],  # a question's answers weigh the same
    }


def spread(votes, concentration):
    """Per galaxy, where the votes lie in their predicted distributions; zero where nobody was asked."""
    lower, upper = calibration.pit_bounds(votes, concentration)
    covered = [calibration.coverage(lower, upper, level).mean(axis=1) for level in calibration.LEVELS]
    asked = votes.sum(axis=-1) > 0
    return {
        "covered": np.stack(covered, axis=1) * asked[:, np.newaxis],
        "spread": calibration.dispersion(lower, upper).mean(axis=1) * asked,
    }


def well_asked(votes, schema, least):
    """Where at least this proportion of the volunteers was asked: (galaxy, question)."""
    asked = proportion_asked(vote_fractions(votes, schema), schema)
    return np.nan_to_num(asked) >= least  # unknown is not well asked


def _bin_sums(votes, total, fraction):
    """Votes given minus votes expected, by answer and bin of its predicted fraction: shape (galaxy, answer * bin)."""
    excess = votes - total[:, np.newaxis] * fraction
    bin_of = np.minimum((fraction * BINS).astype(int), BINS - 1)
    own = bin_of[..., np.newaxis] == np.arange(BINS)
    return np.where(own, excess[..., np.newaxis], 0).reshape(len(votes), -1)


def added(of_galaxies, weights):
    """What the figures of a question are made of: `resampled`, with the variance of each bin's sum.

    What was resampled scatters as the sums of other galaxies would.
    """
    sums, bins = resampled(of_galaxies, weights), of_galaxies["bins"]
    asked = np.count_nonzero(bins.any(axis=1))
    # of an answer's bins: each takes a freedom
    filled = np.count_nonzero(bins.any(axis=0)) * BINS / bins.shape[1]
    wider = asked / max(asked - filled, 1)
    one, several = sums["bins"][:1], sums["bins"]
    variance = (bins**2).sum(axis=0) - one**2 / len(bins)
    return sums | {"bins": one + np.sqrt(wider) * (several - one), "bins_variance": wider * variance}


def bootstrap_weights(galaxies, replicates, seed):
    """How often each galaxy is drawn: once in the first row, at random in the others; (1 + replicates, galaxy)."""
    rng = np.random.default_rng(seed)
    weights = np.ones((1 + replicates, galaxies), dtype=np.float32)
    for row in weights[1:]:
        row[:] = np.bincount(rng.integers(galaxies, size=galaxies), minlength=galaxies)
    return weights


def resampled(statistics, weights):
    """Sums over galaxies, for each resampling: shape (replicate, k)."""
    columns = [np.asarray(v, dtype=float).reshape(weights.shape[1], -1) for v in statistics.values()]
    ends = np.cumsum([column.shape[1] for column in columns])
    table = np.concatenate(columns, axis=1)
    starts = range(0, len(weights), REPLICATES_AT_ONCE)
    sums = np.concatenate([weights[i : i + REPLICATES_AT_ONCE].astype(float) @ table for i in starts])
    return dict(zip(statistics, np.split(sums, ends[:-1], axis=1), strict=True))


def over_questions(sums, votes, weights):
    """The sums of all questions together; a galaxy counts once."""
    answers = {key: np.concatenate([each[key] for each in sums], axis=1) for key in BY_ANSWER}
    total = {key: sum(each[key] for each in sums) for key in sums[0] if key not in answers}
    return total | answers | resampled({"galaxies": votes.sum(axis=1) > 0}, weights)


def _figures(sums):
    """Figures of merit from the sums; each of shape (replicate,)."""
    one = {key: value[:, 0] for key, value in sums.items() if value.shape[1] == 1}
    galaxies, room = one.get("galaxies", one["asked"]), one["room"]
    hits, leading, predicted = sums["hits"], sums["leading"], sums["predicted"]
    led = leading > 0  # only answers that lead somewhere can be found
    figures = {
        "galaxies": galaxies,
        "votes": one["votes"],
        "nll": _ratio(one["nll"], galaxies),
        "skill": _ratio(one["gain"], room),
        "fraction_mae": _ratio(one["votes_error"], one["votes"]),
        "accuracy_confident": _ratio(one["sure_right"], one["sure"]),
    }
    for i, level in enumerate(calibration.LEVELS):
        figures[f"coverage_{100 * level:.0f}"] = _ratio(sums["covered"][:, i], one["asked"])
    return figures | {
        "dispersion": _ratio(one["spread"], one["asked"]),
        "calibration_error": _calibration_error(sums),
        "fraction_mae_well_asked": _ratio(one["well_error"], one["well"]),
        "galaxies_well_asked": one["well"],
        "galaxies_confident": one["sure"],
        "accuracy": _ratio(one["right"], one["asked"]),
        "precision": _mean_where(_ratio(hits, predicted), led),
        "recall": _mean_where(_ratio(hits, leading), led),
        "f1": _mean_where(_ratio(2 * hits, predicted + leading), led),
        "nll_constant": _ratio(one["nll_constant"], galaxies),
        "nll_ceiling": np.where(room == 0, np.nan, _ratio(one["nll_constant"] - room, galaxies)),
    }


def _calibration_error(sums):
    """Of the galaxies as they are: (1,). Resampled ones would have their errors twice."""
    if not sums["votes"][0]:
        return np.array([np.nan])
    distances = intervals.sum_of_distances(sums["bins"][0], sums["bins_variance"][0])
    return np.atleast_1d(distances / sums["votes"][0])


def summary(sums, level):
    """The value on the galaxies as they are, then the interval of all that is not a count."""
    figures = _figures(sums)
    row = {name: round(values[0]) if name in COUNTS else values[0] for name, values in figures.items()}
    if len(sums["votes"]) == 1:
        return row
    special = _special_intervals(sums, level)
    for name, values in figures.items():
        if name not in COUNTS:
            count = row["galaxies_well_asked" if name == "fraction_mae_well_asked" else "galaxies"]
            of_kind = _share_interval if name.startswith("coverage") else _bootstrap_interval
            lower, upper = special[name] if name in special else of_kind(values, count, level)
            row |= {f"{name}_lower": lower, f"{name}_upper": upper}
    return row


def _bootstrap_interval(values, count, level):
    """Quantiles of the resamplings, as much further out as Student's distribution is than the normal one."""
    values = values[1:][np.isfinite(values[1:])]  # a resampling may hold no confident galaxy
    if not len(values) or count < 2:
        return np.nan, np.nan
    reach = ndtr(stdtrit(count - 1, (1 + level) / 2) * np.sqrt(count / (count - 1)))
    return np.quantile(values, [1 - reach, reach])


def _share_interval(values, count, level):
    """Of a mean of shares near 1, whose scatter is lopsided: that of a proportion which scatters as much."""
    share, variance = values[0], np.var(values[1:][np.isfinite(values[1:])]) if count > 1 else np.nan
    if not np.isfinite(share + variance):
        return np.nan, np.nan
    trials = share * (1 - share) / variance * (1 - 1 / count) if variance > 0 else count
    return intervals.jeffreys(share * trials, trials, level)


def _special_intervals(sums, level):
    """Of the figures whose bootstrap interval does not hold what it should: proportions, and calibration."""
    first = {key: value[0] for key, value in sums.items()}
    led = first["leading"] > 0
    hits, leading, predicted = (first[key][led] for key in ("hits", "leading", "predicted"))
    either = leading + predicted - hits
    votes = np.maximum(sums["votes"], 1)
    errors = (sums["bins"] * (votes[:1] / votes) - sums["bins"][:1])[1:]
    distances = intervals.sum_of_distances_interval(first["bins"], errors, level)
    return {
        "accuracy_confident": intervals.jeffreys(first["sure_right"][0], first["sure"][0], level),
        "accuracy": intervals.jeffreys(first["right"][0], first["asked"][0], level),
        "precision": intervals.mean_of_proportions(hits, predicted, level),
        "recall": intervals.mean_of_proportions(hits, leading, level),
        "f1": intervals.mean_of_proportions(hits, either, level, f1=True),
        "calibration_error": np.array(distances) / votes[0],
    }


def _ratio(part, whole):
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _mean_where(values, mask):
    return _ratio(np.where(mask, np.nan_to_num(values), 0).sum(axis=1), mask.sum(axis=1))
