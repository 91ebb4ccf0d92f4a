"""What features are good for, measured on the simulated survey and on numbers drawn at random.

    python tests/benchmarks/features.py rare         # one galaxy in 100, ten seeds: recall among the first 100 shown
    python tests/benchmarks/features.py neighbours   # 300,000 x 512: exactness, seconds, memory
    python tests/benchmarks/features.py marks        # from a mark to the new ranking: 1,000, 30,000, 300,000 galaxies
    python tests/benchmarks/features.py head --sizes 420 5000    # finetuning a head: seconds and losses, both ways

``rare``: 3,000 galaxies of which 30 are of a kind. One of them is known. Ten are shown at a time, and the truth says
which are of that kind; ten times. Beside the ranking by the head of `gz.explore_features` stand the galaxies most
similar to the one that is known, and any order.
"""

import argparse
import math
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from simulated import simulate_survey, write_survey

import gzkit as gz
from gzkit.images.augment import Augmentation
from gzkit.inference.marks import MarksHead
from gzkit.inference.neighbours import cosines

KINDS = {
    "merger": lambda kinds, p: kinds == "merger",
    "ring": lambda kinds, p: (p["ring_strength"] > 0.5) & (p["inclination"] < 60),
    "strong bar": lambda kinds, p: (p["bar_strength"] > 0.75) & (p["inclination"] < 50),
    "satellite trail": lambda kinds, p: p["trail_strength"] > 0,
}
POOL, GALAXIES, RARE, ROUNDS, SHOWN = 12_000, 3000, 30, 10, 10


def rare(options):
    """Recall, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        catalog, survey = written(POOL, 9501, Path(folder))
        features = gz.embed(gz.TreeModel(survey.schema), catalog, progress=False)
    for name, is_rare in KINDS.items():
        found = is_rare(survey.kinds, survey.parameters)
        for how in ("random", "most similar", "likely", "informative"):
            runs = np.array([recall(features, found, how, seed) for seed in range(options.seeds)])
            mean, error = runs.mean(axis=0), runs.std(axis=0, ddof=1)[-1] / options.seeds**0.5
            print(f"{name:16} {how:13}", *(f"{x:5.2f}" for x in mean), f"± {error:.2f}", flush=True)


def recall(features, truth, how, seed):
    """Share of the rare galaxies that have been shown after each round."""
    rng = np.random.default_rng(seed)
    some = [rng.permutation(np.flatnonzero(truth))[:RARE], rng.permutation(np.flatnonzero(~truth))]
    rows = rng.permutation(np.concatenate([some[0], some[1][: GALAXIES - RARE]]))
    features, truth = features[rows], truth[rows]
    known = int(rng.choice(np.flatnonzero(truth)))
    like, unlike, shares = [known], [], []
    order, head = rng.permutation(len(rows)), MarksHead(features)
    if how == "most similar":
        order = np.argsort(-cosines(features, features.values[known]))
    for _ in range(ROUNDS):
        if how in ("likely", "informative"):
            odds = head.log_odds(like, unlike)
            order = np.argsort(-odds if how == "likely" else abs(odds))
        for row in order[~np.isin(order, like + unlike)][:SHOWN]:
            (like if truth[row] else unlike).append(int(row))
        shares.append((len(like) - 1) / (RARE - 1))
    return shares


def neighbours(options):
    """Seconds and memory of searches, and how far they are from brute force in float64."""
    rng = np.random.default_rng(0)
    middle = rng.normal(size=(300, 512)).astype(np.float32)
    values = middle[rng.integers(300, size=300_000)]
    values += rng.standard_normal(values.shape, dtype=np.float32) * rng.uniform(0.3, 1, (len(values), 1))
    values = values.astype(np.float32)
    features = gz.Features(values, [f"J{i}" for i in range(len(values))])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for what in ("first", "second"):
        began, used = time.perf_counter(), time.process_time()
        found = gz.similar(features, "J7", count=20)
        told = f"{time.perf_counter() - began:.2f} s, {time.process_time() - used:.2f} s of processor"
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
        print(f"similar, {what}: {told}, {more:.0f} MB more at most", flush=True)
    exact = np.concatenate(
        [
            part.astype(float) @ values[7].astype(float) / np.linalg.norm(part.astype(float), axis=1)
            for part in np.array_split(values, 100)
        ]
    ) / np.linalg.norm(values[7].astype(float))
    exact[7] = -1
    best = np.argsort(-exact)[:20]
    same = [f"J{row}" for row in best] == found["id_str"].tolist()
    print(
        f"the same 20: {same}; furthest off: {abs(exact[best] - found['similarity']).max():.1e}", flush=True
    )
    for galaxies in (30_000, 300_000):
        some = features[:galaxies]
        began, used = time.perf_counter(), time.process_time()
        gz.unusual(some, count=20)
        told = f"{time.perf_counter() - began:.1f} s, {time.process_time() - used:.1f} s of processor"
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
        print(f"unusual, {galaxies}: {told}; {more:.0f} MB more at most so far", flush=True)


def marks(options):
    """Seconds from a mark to the new ranking, drawn."""
    sample = gz.sample_catalog()
    for galaxies in (1000, 30_000, 300_000):
        rng = np.random.default_rng(0)
        ids = [f"J{i}" for i in range(galaxies)]
        features = gz.Features(rng.standard_normal((galaxies, 512), dtype=np.float32), ids)
        files = sample["file_loc"].to_numpy()[np.arange(galaxies) % len(sample)]
        began = time.perf_counter()
        explorer = gz.explore_features(features, pd.DataFrame({"id_str": ids, "file_loc": files}))
        opened, seconds, used = time.perf_counter() - began, [], []
        for mark in range(9):
            began, processor = time.perf_counter(), time.process_time()
            explorer.mark(like=mark % 3 == 0)
            seconds.append(time.perf_counter() - began)
            used.append(time.process_time() - processor)
        print(
            f"{galaxies:7} galaxies: opened in {opened:.2f} s; the first mark {seconds[0]:.2f} s ({used[0]:.2f} of "
            f"processor), the others {np.median(seconds[1:]):.2f} ({np.median(used[1:]):.2f})",
            flush=True,
        )


def head(options):
    """Finetuning the head of gzkit-tiny, with features once and with new views in every epoch."""
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            catalog, survey = written(size + max(60, size // 7) + 1000, 9503, Path(folder))
            train, val, test = catalog[:size], catalog[size:-1000], catalog[-1000:]
            for name, more in (("features once", {}), ("new views", {"augment": Augmentation()})):
                for seed in range(options.seeds):
                    model = gz.TreeModel(survey.schema)
                    began, used = time.perf_counter(), time.process_time()
                    settings = {"blocks": 0, "epochs": options.epochs, "patience": math.inf} | more
                    run = gz.finetune(model, train, val, **settings, seed=seed, progress=False)
                    told = (
                        f"{time.perf_counter() - began:.1f} s, {time.process_time() - used:.1f} of processor"
                    )
                    found = gz.predict(run, test, progress=False).concentration[..., 0]
                    votes = torch.tensor(test[survey.schema.label_cols].to_numpy())
                    nll = gz.DirichletMultinomialLoss(survey.schema)(votes, torch.from_numpy(found).double())
                    print(
                        f"{size:6} {name:14} seed {seed}: {told}; test loss {nll.sum(dim=1).mean():.3f}",
                        flush=True,
                    )


def written(galaxies, seed, folder):
    """A simulated survey in a folder: its catalogue, and what is known of it."""
    survey = simulate_survey(galaxies, seed=seed)
    write_survey(survey, folder)
    return gz.read_catalog(folder / "catalog.csv", survey.schema), survey


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=["rare", "neighbours", "marks", "head"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="*", default=[420, 5000])
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()
    {"rare": rare, "neighbours": neighbours, "marks": marks, "head": head}[options.study](options)


if __name__ == "__main__":
    main()
