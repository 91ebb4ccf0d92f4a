"""The picture at the head of the README: one galaxy, its votes, and the prediction of a model that has not seen it.

    python .github/site/picture.py            # writes .github/galaxy.png

The galaxy is simulated, and so are its volunteers; the model is that of the README's ten lines.
"""

from pathlib import Path

import gallery
import matplotlib.pyplot as plt

import gzkit as gz
from gzkit.plots.votes import draw_questions, vote_codes

GALAXY = "sim-00413"
QUESTIONS = {
    "smooth-or-featured": "Smooth or featured?",
    "bar": "Is there a bar?",
    "has-spiral-arms": "Spiral arms?",
}
WIDTH, HEIGHT = 5.2, 3.1  # [inches]: 9 points are 19 pixels where the page is 800 wide, 8 on a telephone


def draw(predictions, catalog):
    """The galaxy at the left, three questions at the right."""
    schema, row = predictions.schema, catalog.set_index("id_str").loc[GALAXY]
    figure, (image, ax) = plt.subplots(
        1, 2, figsize=(WIDTH, HEIGHT), layout="constrained", width_ratios=[1, 1.05]
    )
    image.imshow(gz.read_image(row["file_loc"]))
    image.set_axis_off()
    questions = [schema.get_question(name) for name in QUESTIONS]
    votes = row[schema.label_cols].to_numpy(int)
    draw_questions(ax, questions, votes=votes, prediction=predictions[GALAXY], left=-0.62)
    for text in ax.texts:
        text.set_text(QUESTIONS.get(text.get_text(), text.get_text().partition(" (")[0]))
    ax.set(xlabel="", xticks=[0, 0.5, 1], xticklabels=["0", "50 %", "100 %"])
    marks = vote_codes(ax, 0.9, predicted=True)[0][:3]
    words = ["votes of volunteers", "predicted", "90 % of predicted votes"]
    look = {"ncols": 3, "frameon": False, "fontsize": 9, "columnspacing": 1, "handlelength": 1.4}
    figure.legend(marks, words, loc="outside lower center", **look)
    return figure


if __name__ == "__main__":
    names = {}
    exec(gallery.PREPARE, names)
    path = Path(__file__).parents[1] / "galaxy.png"
    draw(names["predictions"], names["test"]).savefig(path, dpi=1600 / WIDTH)
