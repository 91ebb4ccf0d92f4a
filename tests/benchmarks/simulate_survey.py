"""How a simulated survey compares with GZ DECaLS, and how fast it is drawn.

Prints mean vote fractions and overdispersion of every question beside those measured on the real catalogue
(`gzkit/simulate/volunteers.json`), and galaxies a second; with ``--sheet`` also writes a sheet of 100:

    python tests/benchmarks/simulate_survey.py [--galaxies 3000] [--sheet sheet.png]
"""

import argparse
import time

import numpy as np
from PIL import Image
from simulated import simulate_survey

import gzkit as gz
from gzkit.simulate.volunteers import OPINIONS

LEAST_VOTES = 5  # volunteers asked, for a galaxy to count: as in the measured figures


def question_table(survey):
    """Rows of question, galaxies, overdispersion and fractions, simulated and measured."""
    for question in survey.schema.questions:
        votes = survey.votes[:, question.columns]
        names = [answer.text for answer in question.answers]
        if question.text == "merging":  # the real galaxies had the first months' answers
            votes = np.column_stack([votes[:, 0], votes[:, 1] + votes[:, 2], votes[:, 3]])
            names = ["none", "disturbed", "merger"]
        votes = votes[votes.sum(axis=1) >= LEAST_VOTES]
        fractions = (votes / votes.sum(axis=1, keepdims=True)).mean(axis=0)
        schema = gz.Schema.from_classes(question.text, names)
        overdispersion = 1 / (1 + gz.fit_dirichlet(votes, schema).sum())
        measured = OPINIONS[question.text]
        real, galaxies, real_overdispersion = (
            measured[name] for name in ("fractions", "galaxies", "overdispersion")
        )
        shares = ", ".join(f"{n} {f:.2f} ({real[n]:.2f})" for n, f in zip(names, fractions, strict=True))
        asked = f"{len(votes) / len(survey.votes):.2f} ({galaxies / 1397:.2f})"
        yield f"{question.text:20} {asked:12} {overdispersion:.3f} ({real_overdispersion:.3f})  {shares}"


def speed(galaxies=400):
    """Galaxies a second, by the clock and by one processor's time."""
    simulate_survey(16, seed=0)
    clock, processor = time.perf_counter(), time.process_time()
    simulate_survey(galaxies, seed=0)
    return galaxies / (time.perf_counter() - clock), galaxies / (time.process_time() - processor)


def contact_sheet(galaxies=100, *, seed=2021, across=10):
    """Pictures side by side: uint8 (height, width, channel)."""
    images = np.pad(simulate_survey(galaxies, seed=seed).images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    rows = [np.concatenate(images[first : first + across], axis=1) for first in range(0, galaxies, across)]
    return np.concatenate(rows)


def main():
    """Print the table and the speed; write the sheet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--galaxies", type=int, default=3000)
    parser.add_argument("--sheet")
    options = parser.parse_args()
    print("simulated (real)     asked >= 5   overdispersion  mean vote fractions")
    for row in question_table(simulate_survey(options.galaxies, seed=1, images=False)):
        print(row)
    clock, processor = speed()
    print(f"{clock:.0f} galaxies a second by the clock, {processor:.0f} a second of one processor")
    if options.sheet:
        Image.fromarray(contact_sheet()).save(options.sheet)


if __name__ == "__main__":
    main()
