"""How overdispersed real volunteers are: the constant Dirichlet of each question of the GZ2 Stripe 82 counts.

    python tests/benchmarks/fit_dirichlet.py gz2_stripe82coadd_counts.csv

The table has columns tNN_<task>_aNN_<answer>_count, as Galaxy Zoo 2 publishes them (Willett et al. 2013, MNRAS 435,
2835, arXiv:1308.3496).
"""

import argparse
import re
import time

import numpy as np
import pandas as pd

import gzkit as gz
from gzkit import distributions


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    table = pd.read_csv(parser.parse_args().table)
    columns = [c for c in table.columns if re.fullmatch(r"t\d\d_.*_a\d\d_.*_count", c)]
    pairs = {}
    for column in columns:
        question, answer = re.fullmatch(r"(t\d\d_.*)_a(\d\d_.*)_count", column).groups()
        pairs.setdefault(question, []).append("_" + answer)
    schema = gz.Schema(pairs, dict.fromkeys(pairs))
    votes = table[columns].to_numpy()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        fitted = gz.fit_dirichlet(votes, schema)
        seconds.append(time.perf_counter() - start)
    print(f"{len(votes)} galaxies, {len(pairs)} questions: {min(seconds):.3f} s (the fastest of 5)")
    print(
        "| question | galaxies | mean votes | concentrations | correlation | variance ratio | nll | multinomial nll |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for question in schema.questions:
        own, concentration = votes[:, question.columns], fitted[question.columns]
        own = own[own.any(axis=1)]
        total, given = own.sum(axis=1), concentration > 0
        alike = 1 / (1 + concentration.sum())
        ratio = (
            1 + (total.mean() - 1) * alike
        )  # of a vote count's variance to the multinomial's, at the mean total
        nll = distributions.nll(own[:, given], concentration[given]).mean()
        multinomial = distributions.nll(own[:, given], own.sum(axis=0)[given] / own.sum() * 1e9).mean()
        text = " ".join(f"{c:.3f}" for c in concentration)
        print(
            f"| {question.text} | {len(own)} | {total.mean():.1f} | {text} | {alike:.3f} | {ratio:.2f} "
            f"| {nll:.3f} | {multinomial:.3f} |"
        )
    print(
        f"median correlation {np.median([1 / (1 + fitted[q.columns].sum()) for q in schema.questions]):.3f}"
    )


if __name__ == "__main__":
    main()
