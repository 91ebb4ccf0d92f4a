"""The picture at the head of the README: one galaxy, its votes, and the prediction of a model that has not seen it.

    python .github/site/picture.py            # writes .github/galaxy.png

The galaxy is simulated, and so are its volunteers; the model is that of the README's ten lines.
"""

from pathlib import Path

import gallery
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import gzkit as gz
from gzkit.palette import LIGHT
from gzkit.plots.galaxy import plot_answers

GALAXY = "sim-00413"
QUESTIONS = {
    "smooth-or-featured": "Smooth or featured?",
    "bar": "Is there a bar?",
    "has-spiral-arms": "Spiral arms?",
}
WIDTH, HEIGHT = 5.2, 3.3  # [inches]: 9 points are 19 pixels where the page is 800 wide, 8 on a telephone


def draw(predictions, catalog):
    """The galaxy at the left, three questions at the right."""
    schema, row = predictions.schema, catalog.set_index("id_str").loc[GALAXY]
    figure = plt.figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    heights = [len(schema.get_question(name).answers) + 2 for name in QUESTIONS]
    grid = figure.add_gridspec(len(QUESTIONS), 2, width_ratios=[1, 1.1], height_ratios=heights)
    image = figure.add_subplot(grid[:, 0], anchor="C")
    image.imshow(gz.read_image(row["file_loc"]))
    image.set_axis_off()
    for place, (name, words) in enumerate(QUESTIONS.items()):
        labels = schema.get_question(name).labels
        ax = figure.add_subplot(grid[place, 1])
        plot_answers(predictions, GALAXY, name, votes=row[labels].to_numpy(int), ax=ax)
        ax.set_title(f"{words}  {row[labels].sum()} votes", loc="left", fontsize=9, fontweight="bold")
        ax.set_xticks(
            [0, 0.5, 1], ["0", "50 %", "100 %"] if place == len(QUESTIONS) - 1 else [""] * 3, fontsize=9
        )
    handles = [
        Line2D([], [], color=LIGHT.truth, marker="D", linestyle="none"),
        Line2D(
            [], [], color=LIGHT.prediction, marker="|", markersize=12, markeredgewidth=2.5, linestyle="none"
        ),
        Patch(color=LIGHT.prediction, alpha=0.35),
    ]
    labels = ["votes of volunteers", "predicted", "90 % of predicted votes"]
    figure.legend(
        handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9, columnspacing=1
    )
    return figure


if __name__ == "__main__":
    names = {}
    exec(gallery.PREPARE, names)
    path = Path(__file__).parents[1] / "galaxy.png"
    draw(names["predictions"], names["test"]).savefig(path, dpi=1600 / WIDTH)
