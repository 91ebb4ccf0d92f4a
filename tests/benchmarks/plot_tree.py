"""Processor times of the tree drawings, and each survey's crossings and least text size: run by hand.

``python tests/benchmarks/plot_tree.py``
"""

from statistics import median
from time import process_time

import numpy as np
from matplotlib import pyplot

import gzkit as gz
from gzkit.plots.tree import layout as tree_layout
from gzkit.plots.tree.page import campaigns
from gzkit.plots.tree.svg import tree_svg

REPEATS = 9


def milliseconds(run):
    times = []
    for _ in range(REPEATS):
        start = process_time()
        run()
        times.append(1000 * (process_time() - start))
        pyplot.close("all")
    return f"median {median(times):6.1f} ms, least {min(times):6.1f} ms"


def main():
    pyplot.switch_backend("agg")
    schema = gz.load_schema("gz-decals-dr5")
    votes = np.random.default_rng(0).integers(1, 40, len(schema.answers))

    def layout_anew():
        tree_layout._layout_of.cache_clear()
        tree_layout.tree_layout(schema)

    def plot_anew(**options):
        tree_layout._layout_of.cache_clear()
        gz.plot_tree(schema, **options)

    print("layout alone            ", milliseconds(layout_anew))
    print("plot_tree               ", milliseconds(plot_anew))
    print("plot_tree and its pixels", milliseconds(lambda: gz.plot_tree(schema).get_figure().canvas.draw()))
    print("plot_tree with votes    ", milliseconds(lambda: plot_anew(votes=votes)))
    print(
        "tree_svg with votes     ",
        milliseconds(lambda: tree_svg(schema, votes)),
        f"{len(tree_svg(schema, votes))} bytes",
    )
    print("plot_votes              ", milliseconds(lambda: gz.plot_votes(votes, schema)))
    print(f"{'survey':22}{'questions':>10}{'crossings':>10}  exact  text [pt]: notebook, slide")
    for name in gz.schema_names():
        schema_of = gz.load_schema(name)
        layouts = [tree_layout.tree_layout(part) for part in campaigns(schema_of).values()]
        least = []
        for size in ("notebook", "slide"):
            ax = gz.plot_tree(schema_of, size=size)
            ax.get_figure().draw_without_rendering()
            least.append(min(text.get_fontsize() for text in ax.texts))
            pyplot.close("all")
        crossings = sum(layout.crossings for layout in layouts)
        exact = all(layout.order.exact for layout in layouts)
        print(
            f"{name:22}{len(schema_of.questions):10}{crossings:10}  {exact!s:5}  {least[0]:.1f}, {least[1]:.1f}"
        )


if __name__ == "__main__":
    main()
