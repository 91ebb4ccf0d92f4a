"""How long the explorers take to redraw, and whether memory grows: ``python tests/benchmarks/widgets_redraw.py``.

"Before" draws the same page as a new figure each time, as ``interact`` would. All moves take turns in one process, so
that other work on the machine falls on each alike; times are this process's (processor) and the clock's. The kernel's
part: a browser adds its own 20 to 40 ms.
"""

import argparse
import io
import os
import statistics
import time
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np

import gzkit as gz
from gzkit.plots.loss.figure import plot_loss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
    votes = catalog[schema.label_cols].to_numpy()
    predictions = gz.Predictions(0.5 * votes + 1.2, catalog["id_str"], schema)
    page, walk = gz.explore_predictions(predictions, catalog), gz.explore_schema(schema, catalog)
    loss, triangle = gz.explore_loss(), gz.explore_loss(votes=[12, 5, 3], concentration=[4.0, 3.0, 2.0])
    page.question, walk.path = "bar", ["smooth-or-featured_featured-or-disk", "disk-edge-on_no"]
    counter = iter(range(10**6))
    moves = {
        "predictions: volunteers asked": lambda: setattr(page, "total_votes", 20 + next(counter) % 60),
        "predictions: next galaxy": page.next,
        "predictions: question": lambda: setattr(page, "question", schema.questions[next(counter) % 10].text),
        "schema: least fraction": lambda: setattr(walk, "least_fraction", 0.3 + 0.01 * (next(counter) % 40)),
        "before: predicted votes anew": lambda: anew(
            gz.plot_predicted_votes(predictions, page.galaxy, "bar")
        ),
        "before: whole page anew": lambda: anew(gz.plot_galaxy(predictions, page.galaxy, catalog=catalog)),
        "before: tree anew": lambda: anew(gz.plot_tree(schema, votes)),
        "before: loss anew, two answers": lambda: anew(plot_loss(loss.votes, loss.concentration)),
        "before: loss anew, three answers": lambda: anew(plot_loss(triangle.votes, triangle.concentration)),
    }
    times = {name: [] for name in moves}
    for _ in range(options.repeats + 1):
        for name, move in moves.items():
            start = time.process_time(), time.perf_counter()
            move()
            times[name].append((time.process_time() - start[0], time.perf_counter() - start[1]))
    print(f"{'median (worst) ms':34s} {'processor':>14s} {'clock':>14s}")
    for name, pairs in times.items():
        columns = zip(*pairs[1:], strict=True)  # the first reads files and fills caches
        cells = [f"{1e3 * statistics.median(column):6.0f} ({1e3 * max(column):4.0f})" for column in columns]
        print(f"{name:34s} {cells[0]:>14s} {cells[1]:>14s}")
    memory(page, walk, loss, options.redraws)


def anew(figure):
    """A figure as PNG, and gone."""
    figure = getattr(figure, "figure", figure)
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)


def memory(page, walk, loss, redraws):
    """Memory and figures before and after many redraws."""
    rng = np.random.default_rng(0)
    for explorer, move in (
        (page, lambda i: (page.next(), setattr(page, "total_votes", 20 + i % 60))),
        (walk, lambda i: setattr(walk, "least_fraction", 0.2 + 0.001 * (i % 500))),
        (loss, lambda i: setattr(loss, "votes", rng.integers(1, 50, 2).tolist())),
    ):
        for i in range(20):
            move(i)
        before = resident()
        for i in range(redraws):
            move(i)
        grown = resident() - before
        print(
            f"{explorer.what}: {grown:+.1f} MB after {redraws} redraws, {len(plt.get_fignums())} figures open"
        )


def resident():
    """Memory of this process [MB]; NaN where the system does not tell."""
    statm = Path("/proc/self/statm")
    return (
        int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
        if statm.exists()
        else float("nan")
    )


if __name__ == "__main__":
    main()
