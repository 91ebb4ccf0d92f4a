"""The picture at the head of the README: one galaxy, its votes, and the prediction of a model that has not seen it.

    python .github/site/picture.py            # writes .github/galaxy.png

The galaxy is simulated, and so are its volunteers; the model is that of the README's ten lines.
"""

from pathlib import Path

import gallery
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import gzkit as gz
from gzkit.palette import LIGHT

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
    one = predictions[GALAXY]
    for place, (name, words) in enumerate(QUESTIONS.items()):
        ax, question = figure.add_subplot(grid[place, 1]), schema.get_question(name)
        votes, y = row[question.labels].to_numpy(int), np.arange(len(question.answers))
        lower, upper = (edge[0] / votes.sum() for edge in one.vote_interval(name, votes.sum(), level=0.9))
        ax.barh(y, upper - lower, left=lower, height=0.5, color=LIGHT.prediction, alpha=0.35)
        ax.plot(one.vote_fractions()[0, question.columns], y, "|", color=LIGHT.prediction, ms=13, mew=2.5)
        ax.plot(votes / votes.sum(), y, "D", color=LIGHT.truth, ms=5.5, clip_on=False, zorder=3)
        ax.set_yticks(y, [answer.text for answer in question.answers], fontsize=9)
        ax.set(xlim=(0, 1), ylim=(len(y) - 0.4, -0.6))
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_title(f"{words}  {votes.sum()} votes", loc="left", fontsize=9, fontweight="bold")
        last = place == len(QUESTIONS) - 1
        ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"] if last else [""] * 3, fontsize=9)
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
