"""The panels of the loss page in words, for alternative texts."""

import numpy as np

from gzkit.plots.loss.values import answer_names, check_question, loss_values, split_probabilities


def describe_loss(votes, concentration, *, answers=None):
    """What each panel of `plot_loss` says.

    Parameters
    ----------
    votes : array_like of int, shape (answer,)
        [votes]
    concentration : array_like, shape (answer,)
    answers : sequence of str, optional

    Returns
    -------
    dict of str to str
        A sentence or two for each panel: ``"belief"``, ``"votes"``, ``"push"`` and ``"price"``.

    Examples
    --------
    >>> describe_loss([0, 0], [6.0, 3.0], answers=["bar", "no bar"])["belief"]
    'Dirichlet density with mean shares bar 0.67, no bar 0.33 and total concentration 9; nobody was asked.'
    """
    votes, concentration = check_question(votes, concentration)
    names, values = answer_names(answers, len(votes)), loss_values(votes, concentration)
    return {
        "belief": _belief(names, values, concentration),
        "votes": _votes(names, votes, concentration),
        "push": _push(names, values),
        "price": _price(values, concentration),
    }


def _belief(names, values, concentration):
    seen = f"volunteers: {_list(names, values.observed)}" if values.total_votes else "nobody was asked"
    mean = _list(names, values.mean)
    return (
        f"Dirichlet density with mean shares {mean} and total concentration {_total(concentration)}; {seen}."
    )


def _votes(names, votes, concentration):
    if not votes.sum():
        return "Nobody was asked: no votes to predict."
    uncertain, certain = split_probabilities(votes[np.newaxis], concentration)
    counts = ", ".join(f"{name} {count}" for name, count in zip(names, votes, strict=True))
    return (
        f"Chance of every split of {votes.sum()} votes. The votes given ({counts}) have chance {uncertain[0]:.2g} "
        f"under the Dirichlet-Multinomial and {certain[0]:.2g} under the multinomial of the mean."
    )


def _push(names, values):
    ours, other = (_list(names, push, "+.2f") for push in (values.push, values.multinomial_push))
    return f"Push of training on the logarithm of each concentration [nat]: {ours}; from the multinomial: {other}."


def _price(values, concentration):
    if not values.total_votes:
        return "Nobody was asked: the loss is 0 whatever the concentrations."
    best = values.best_total
    rounded = float(f"{best:.2g}")
    lowest = (
        f"near total concentration {rounded:g}" if np.isfinite(best) else "at the largest total concentration"
    )
    return (
        f"Loss {values.dirichlet_multinomial:.2f} nat at total concentration {_total(concentration)}; with the same "
        f"mean it is lowest {lowest} ({values.curve.min():.2f} nat). The multinomial stays at "
        f"{values.multinomial:.2f}, whatever the total; so does cross-entropy, counted by the vote: "
        f"{values.cross_entropy:.2f} nat a vote."
    )


def _total(concentration):
    """The sum of the concentrations as they are written: what stands beside it adds up to it."""
    places = 2 if concentration.sum() < 100 else 1
    return f"{round(sum(round(float(number), places) for number in concentration), places):g}"


def _list(names, numbers, style=".2f"):
    return ", ".join(f"{name} {number + 0.0:{style}}" for name, number in zip(names, numbers, strict=True))
