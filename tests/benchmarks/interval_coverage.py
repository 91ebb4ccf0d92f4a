"""How often the 90 % intervals that gzkit prints hold the true value, over simulated surveys.

    python tests/benchmarks/interval_coverage.py [--surveys 200] [--galaxies 150]

Votes are simulated down a small tree, once as predicted and once by galaxies that differ more than predicted. The truth
of a figure of `gz.evaluate` is its value over 100,000 galaxies; of `gz.select` the number whose true fractions pass; of
`interval` and `vote_interval` the true fractions and votes. An interval that is right prints 0.85 to 0.95 where the
numbers are not small (those of votes are whole, and hold at least as much as they say).
"""

import argparse

import numpy as np
import pandas as pd

import gzkit as gz
from gzkit.evaluation.cuts import parse_cuts
from gzkit.evaluation.evaluate import leading_answers, matched_votes

SCHEMA = gz.Schema(
    {
        "shape": ["_smooth", "_disk", "_artifact"],
        "edge-on": ["_yes", "_no"],
        "bar": ["_strong", "_weak", "_no"],
    },
    {"shape": None, "edge-on": "shape_disk", "bar": "edge-on_no"},
    name="toy",
)
COUNTS = ("question", "galaxies", "votes", "galaxies_well_asked", "galaxies_confident")
BY_ANSWER = ("precision", "recall", "f1")
CUTS = ("smooth > 0.5", "disk > 0.4 and edge-on_no > 0.6", "strong > 0.3 and weak < 0.5", "artifact > 0.8")
POPULATION = 100_000


def simulate(galaxies, rng, *, too_sure=1.0):
    """Predictions, a catalogue of votes, and the true fractions: (galaxy, answer)."""
    concentration = rng.uniform(0.4, 6, (galaxies, len(SCHEMA.answers))) ** 1.6
    truth, votes = np.empty(concentration.shape), np.zeros(concentration.shape, int)
    for question in SCHEMA.walk_order:
        gamma = rng.standard_gamma(concentration[:, question.columns] / too_sure)
        truth[:, question.columns] = gamma / gamma.sum(axis=1, keepdims=True)
        parents = [answer.index for answer in question.asked_after]
        asked = votes[:, parents].sum(axis=1) if parents else np.full(galaxies, 40)
        votes[:, question.columns] = rng.multinomial(asked, truth[:, question.columns])
    ids = [f"J{i}" for i in range(galaxies)]
    catalog = pd.DataFrame({"id_str": ids} | dict(zip(SCHEMA.label_cols, votes.T, strict=True)))
    return gz.Predictions(concentration, ids, SCHEMA), catalog, truth


def by_answer(predictions, catalog):
    """Precision, recall and F1 of each answer, and whether it leads anywhere: a row a question."""
    votes = matched_votes(predictions, catalog)
    rows = []
    for question in SCHEMA.questions:
        observed, predicted = leading_answers(votes, predictions, question)
        answers = np.arange(len(question.answers))[:, np.newaxis]
        hits = ((observed == answers) & (predicted == answers)).sum(axis=1)
        led, said = (observed == answers).sum(axis=1), (predicted == answers).sum(axis=1)
        with np.errstate(invalid="ignore"):
            rows.append(([hits / said, hits / led, 2 * hits / (led + said)], led > 0))
    return rows


def truth_here(name, population, figures, rows):
    """The true value of a figure for each question; an average over answers is over those that lead in this survey."""
    if name not in BY_ANSWER:
        return population[name].to_numpy()
    kind = BY_ANSWER.index(name)
    of_answers = [values[kind][led] for (values, _), (_, led) in zip(figures, rows, strict=True)]
    of_answers.append(np.concatenate(of_answers))
    return np.array([np.mean(values) if len(values) else np.nan for values in of_answers])


def evaluation(surveys, galaxies, too_sure):
    """Coverage of each figure's interval: DataFrame, a row a figure, a column a question."""
    rng = np.random.default_rng(1)
    predictions, catalog, _ = simulate(POPULATION, rng, too_sure=too_sure)
    train = simulate(20_000, rng, too_sure=too_sure)[1]
    population = gz.evaluate(predictions, catalog, train=train, full=True, bootstrap=0)
    figures = by_answer(predictions, catalog)
    names = [name for name in population.columns if name not in COUNTS]
    inside = {name: [] for name in names}
    for seed in range(surveys):
        predictions, catalog, _ = simulate(galaxies, rng, too_sure=too_sure)
        table = gz.evaluate(predictions, catalog, train=train, full=True, seed=seed)
        rows = by_answer(predictions, catalog)
        for name in names:
            true = truth_here(name, population, figures, rows)
            lower, upper = (table[f"{name}_{end}"].to_numpy() for end in ("lower", "upper"))
            known = np.isfinite(lower) & np.isfinite(true)
            held = (lower <= true + 1e-9) & (true - 1e-9 <= upper)
            inside[name].append(np.where(known, held, np.nan))
    return pd.DataFrame(
        {name: np.nanmean(held, axis=0) for name, held in inside.items()}, index=population["question"]
    ).T


def selection(surveys, galaxies, too_sure):
    """Coverage of the number that truly pass, without and with as many galaxies with votes: DataFrame."""
    rng, rows = np.random.default_rng(2), []
    for _ in range(surveys):
        predictions, _, truth = simulate(galaxies, rng, too_sure=too_sure)
        known = simulate(galaxies, rng, too_sure=too_sure)[:2]
        for cuts in CUTS:
            passes = np.logical_and.reduce([cut.passes(truth) for cut in parse_cuts(cuts, SCHEMA)])
            for name, calibration in (("plain", None), ("calibrated", known)):
                last = gz.select(predictions, cuts, calibration=calibration).steps.iloc[-1]
                rows.append((cuts, name, last.expected_lower <= passes.sum() <= last.expected_upper))
    return pd.DataFrame(rows, columns=["cuts", "kind", "held"]).pivot_table("held", "cuts", "kind")


def prediction(galaxies=20_000):
    """Coverage of the true fractions and of the votes, and what the latter's intervals claim to hold: Series."""
    predictions, catalog, truth = simulate(galaxies, np.random.default_rng(3))
    lower, upper = predictions.interval(0.9)
    votes = matched_votes(predictions, catalog)[:, :3]
    fewest, most = predictions.vote_interval("shape", 40)
    chance = predictions.predicted_votes("shape", 40)
    count = np.arange(41)
    claimed = (chance * ((count >= fewest[..., None]) & (count <= most[..., None]))).sum(axis=-1)
    return pd.Series(
        {
            "interval of a fraction": ((lower <= truth) & (truth <= upper)).mean(),
            "interval of votes": ((fewest <= votes) & (votes <= most)).mean(),
            "interval of votes, as claimed": claimed.mean(),
        }
    )


def main():
    """Print the coverages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--surveys", type=int, default=200)
    parser.add_argument("--galaxies", type=int, default=150)
    options = parser.parse_args()
    print(prediction().round(3).to_string(), "\n")
    for name, too_sure in (("as predicted", 1.0), ("predictions 2.5 times too sure", 2.5)):
        print(f"{name}: gz.select of {options.galaxies} galaxies, {options.surveys} surveys")
        print(selection(options.surveys, options.galaxies, too_sure).round(2).to_string(), "\n")
        print(f"{name}: gz.evaluate of {options.galaxies} galaxies, {options.surveys} surveys")
        print(evaluation(options.surveys, options.galaxies, too_sure).round(2).to_string(), "\n")


if __name__ == "__main__":
    main()
