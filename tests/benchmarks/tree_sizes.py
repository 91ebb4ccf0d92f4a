"""Smallest text, overlaps and blank share of tree drawings, at three sizes and with what flows: run by hand.

``python tests/benchmarks/tree_sizes.py [folder for the pictures]``
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg

import gzkit as gz
from gzkit.plots import tree

SURVEYS = ("gz-decals-dr5", "gz2", "gz-candels", "gz-hubble", "gz-evo")
SIZES = ("notebook", "slide", "column")
SHOWN = ("bare", "votes", "prediction", "catalogue")
CELLS = 40  # across the page, to tell what is blank
TOUCH = 1.0  # two things may come this near each other's edge [pixel]


def some_survey(schema, galaxies=200, volunteers=40, seed=0):
    """Votes of volunteers who walk down the tree, galaxy by galaxy, shape (galaxy, answer); and their probabilities."""
    rng = np.random.default_rng(seed)
    chances = np.concatenate(
        [rng.dirichlet(np.full(len(q.answers), 0.4), galaxies) for q in schema.questions], axis=1
    )
    votes = np.zeros(chances.shape, dtype=int)
    for question in schema.walk_order:
        before = [answer.index for answer in question.asked_after]
        asked = votes[:, before].sum(axis=1) if before else np.full(galaxies, volunteers)
        votes[:, question.columns] = rng.multinomial(asked, chances[:, question.columns])
    return votes, chances


def what_flows(schema, shown):
    """Options of `plot_tree` for one of `SHOWN`."""
    votes, chances = some_survey(schema)
    asked = [(votes[:, question.columns].sum(axis=1) > 0) for question in schema.questions]
    galaxy = int(np.argsort(np.sum(asked, axis=0), kind="stable")[-20])  # of 200, one that was asked much
    return {
        "bare": {},
        "votes": {"votes": votes[galaxy]},
        "prediction": {"predictions": chances[galaxy]},
        "catalogue": {"votes": votes},
    }[shown]


def draw(schema, size, shown):
    """The tree on one page, or on as many as it needs: a list of Axes."""
    flows = what_flows(schema, shown)
    if hasattr(tree, "tree_pages"):
        return tree.tree_pages(schema, size=size, **flows)
    return [gz.plot_tree(schema, size=(3.5, 9.0) if size == "column" else size, **flows)]


def overlaps(boxes, others):
    """Pairs of boxes (left, bottom, right, top) that share more than an edge."""
    a, b = boxes[:, None], others[None]
    across = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    along = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return (across > TOUCH) & (along > TOUCH)


def measured(ax):
    """Smallest text [pt], largest, pairs of texts that overlap, and the share of the page that is blank."""
    figure = ax.get_figure()
    figure.set_dpi(150)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = np.array([text.get_window_extent().extents for text in ax.texts])
    sizes = [text.get_fontsize() for text in ax.texts]
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    inked = (pixels != pixels[0, 0]).any(axis=-1)
    cell = inked.shape[1] // CELLS
    rows, columns = (length // cell for length in inked.shape)
    cells = inked[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).any(axis=(1, 3))
    return min(sizes), max(sizes), int(np.triu(overlaps(boxes, boxes), k=1).sum()), 1 - cells.mean()


def main(folder=None):
    pyplot.switch_backend("agg")
    print(f"{'survey':14}{'shown':11}{'size':10}pages  text [pt]    overlaps  blank  page [inch]")
    for name, shown, size in product(SURVEYS, SHOWN, SIZES):
        axes = draw(gz.load_schema(name), size, shown)
        least, most, pairs, blank = zip(*map(measured, axes), strict=True)
        width, height = axes[0].get_figure().get_size_inches()
        print(
            f"{name:14}{shown:11}{size:10}{len(axes):5}  {min(least):4.1f}–{max(most):4.1f}  {sum(pairs):8}"
            f"  {np.mean(blank):5.0%}  {width:.1f} x {height:.1f}",
            flush=True,
        )
        if folder:
            for i, ax in enumerate(axes, start=1):
                ax.get_figure().savefig(Path(folder) / f"{name}-{shown}-{size}-{i}.png", dpi=100)
        pyplot.close("all")


if __name__ == "__main__":
    main(*sys.argv[1:])
