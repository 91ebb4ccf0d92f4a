import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gzkit as gz

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk", "_artifact"], "bar": ["_yes", "_no"]},
    {"shape": None, "bar": "shape_disk"},
    name="toy",
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def survey(tmp_path):
    rng = np.random.default_rng(0)
    concentration = rng.uniform(1, 20, (60, 5))
    predictions = gz.Predictions(concentration, [f"J{i}" for i in range(60)], SCHEMA)
    shape = np.array([rng.multinomial(40, p) for p in predictions.vote_fractions()[:, :3]])
    bar = rng.binomial(shape[:, 1], 0.3)
    votes = np.column_stack([shape, bar, shape[:, 1] - bar])
    catalog = pd.DataFrame(votes, columns=SCHEMA.label_cols).assign(id_str=predictions.id_str)
    Image.new("RGB", (16, 12), (10, 20, 30)).save(tmp_path / "a.png")
    return predictions, catalog.assign(file_loc=str(tmp_path / "a.png"))


def test_predicted_votes_are_bars_that_add_to_one_with_the_observed_count_marked(survey):
    predictions, catalog = survey
    figure = gz.plot_predicted_votes(predictions, "J3", "shape", catalog=catalog)
    assert [ax.get_title() for ax in figure.axes] == ["smooth", "disk", "artifact"]
    pmf = predictions["J3"].predicted_votes("shape", 40)[0]
    for ax, probability, votes in zip(figure.axes, pmf, catalog.loc[3, SCHEMA.label_cols[:3]], strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], probability)
        assert ax.lines[0].get_xdata()[0] == votes


def test_pale_bars_hold_at_most_what_the_level_leaves(survey):
    predictions, _ = survey
    for ax in gz.plot_predicted_votes(predictions, "J3", "shape", level=0.8, total_votes=25).axes:
        pale = sum(bar.get_height() for bar in ax.patches if bar.get_alpha() < 0.5)
        assert len(ax.patches) == 26 and 0 < pale <= 0.2


def test_an_observed_count_is_not_marked_for_other_totals_or_where_nobody_was_asked(survey):
    predictions, catalog = survey
    assert (
        not gz.plot_predicted_votes(predictions, "J3", "shape", catalog=catalog, total_votes=10).axes[0].lines
    )
    catalog.loc[3, ["bar_yes", "bar_no"]] = 0
    figure = gz.plot_predicted_votes(predictions, "J3", "bar", catalog=catalog)
    assert not figure.axes[0].lines and len(figure.axes[0].patches) == 41


def test_axes_given_are_used_and_counted(survey):
    predictions, _ = survey
    figure, axes = plt.subplots(1, 3)
    assert gz.plot_predicted_votes(predictions, "J0", "shape", axes=axes) is figure
    with pytest.raises(ValueError, match="axes: need 2, one an answer, got 3"):
        gz.plot_predicted_votes(predictions, "J0", "bar", axes=axes)


def test_pit_bars_average_to_one_and_coverage_is_drawn_for_each_question(survey):
    predictions, catalog = survey
    coverage, pit = gz.plot_calibration(predictions, catalog).axes
    assert np.mean([bar.get_height() for bar in pit.patches]) == pytest.approx(1)
    assert len(coverage.lines) == len(SCHEMA.questions) + 2
    held = coverage.lines[-1].get_ydata()
    assert (np.diff(held) > 0).all() and 0 < held[0] < held[-1] <= 1
    coverage, _ = gz.plot_calibration(predictions, catalog, question="bar").axes
    assert len(coverage.lines) == 2


def test_too_confident_is_drawn_below_the_diagonal(survey):
    predictions, catalog = survey
    confident = gz.Predictions(predictions.concentration * 50, predictions.id_str, SCHEMA)
    line = gz.plot_calibration(confident, catalog, question="bar").axes[0].lines[-1]
    assert (line.get_ydata()[5:-1] < line.get_xdata()[5:-1]).all()


def test_fractions_are_those_of_galaxies_with_enough_votes(survey):
    predictions, catalog = survey
    enough = catalog[["bar_yes", "bar_no"]].sum(axis=1) >= 15
    figure = gz.plot_fractions(predictions, catalog, "bar", min_votes=15)
    drawn = figure.axes[0].collections[-1].get_offsets()
    observed = (catalog.bar_yes / (catalog.bar_yes + catalog.bar_no))[enough]
    np.testing.assert_allclose(drawn, np.column_stack([predictions.vote_fractions()[enough, 3], observed]))
    with pytest.raises(ValueError, match="no galaxy has 500 votes for 'bar'"):
        gz.plot_fractions(predictions, catalog, "bar", min_votes=500)


def test_confusion_counts_agree_with_evaluate(survey):
    predictions, catalog = survey
    ax = gz.plot_confusion(predictions, catalog, "shape", confident=0.5)
    counts = np.zeros((3, 3), dtype=int)
    for text in ax.texts:
        column, row = text.get_position()
        counts[row, column] = int(text.get_text().split()[0])
    galaxies = [int(label.get_text().split()[-2]) for label in ax.get_yticklabels()]
    assert galaxies == counts.sum(axis=1).tolist()
    for text in ax.texts:  # of fewer than ten galaxies there is no percentage
        total = galaxies[text.get_position()[1]]
        assert text.get_text().endswith(" %") if total >= 10 else text.get_text().endswith(f" of {total}")
    tints = {cell.get_xy(): cell.get_facecolor()[:3] for cell in ax.patches}
    empty = [tints[column - 0.5, row - 0.5] for row, column in np.argwhere(counts == 0)]
    assert set(empty) <= {(1.0, 1.0, 1.0)}
    row = gz.evaluate(predictions, catalog, confident=0.5, full=True, bootstrap=0).iloc[0]
    assert counts.sum() == row.galaxies_confident
    assert np.trace(counts) / counts.sum() == pytest.approx(row.accuracy_confident)
    with pytest.raises(ValueError, match="no confident galaxy for 'shape'"):
        gz.plot_confusion(predictions, catalog, "shape", confident=1.1)


def test_gallery_is_in_the_order_asked_for(survey):
    predictions, catalog = survey
    order = np.argsort(-predictions.vote_fractions()[:, 1])
    figure = gz.plot_gallery(predictions, catalog, order_by="disk", count=5)
    assert [ax.get_title() for ax in figure.axes] == [f"J{i}" for i in order[:5]]
    first = order[0]
    assert f"disk {predictions.vote_fractions()[first, 1]:.2f}" in figure.axes[0].get_xlabel()
    assert f"{catalog.shape_disk[first]} of 40 votes" in figure.axes[0].get_xlabel()
    figure = gz.plot_gallery(predictions, catalog, order_by=np.arange(60), descending=False, count=2)
    assert [ax.get_title() for ax in figure.axes] == ["J0", "J1"]
    with pytest.raises(ValueError, match="need one value for each of 60 galaxies"):
        gz.plot_gallery(predictions, catalog, order_by=[1, 2])


def test_a_page_has_the_image_and_the_questions_in_the_order_of_the_tree(survey):
    predictions, catalog = survey
    figure = gz.plot_galaxy(predictions, "J3", catalog=catalog)
    assert figure.get_size_inches() == pytest.approx((13.333, 7.5))
    image, shape, bar = figure.axes
    assert image.images[0].get_array().shape == (12, 16, 3) and image.get_title() == "J3"
    votes = catalog.loc[3, SCHEMA.label_cols[:3]]
    np.testing.assert_allclose([patch.get_width() for patch in shape.patches], votes.to_numpy(float) / 40)
    predicted = shape.lines[0].get_xdata()
    np.testing.assert_allclose(predicted, predictions["J3"].vote_fractions()[0, :3])
    written = [text.get_text() for text in shape.texts]
    assert {"shape", "40 votes", *votes.astype(str)} == set(written)
    asked = predictions["J3"].proportion_asked()[0, 1]
    assert f"{catalog.shape_disk[3]} votes ({100 * asked:.0f} %)" in [text.get_text() for text in bar.texts]
    _, *panels = gz.plot_galaxy(predictions, "J3").axes
    assert all(
        not ax.patches and len(ax.lines) == 1 for ax in panels
    )  # nothing observed is drawn without votes


def test_long_names_are_written_in_several_lines():
    schema = gz.Schema.from_classes(
        "odd", ["an-extremely-long-answer-name-$x_1$", "a-second-rather-long-name"]
    )
    galaxy = "a galaxy with a very long name J123456.78-012345.6"
    figure = gz.plot_galaxy(gz.Predictions([[3.0, 2.0]], [galaxy], schema), galaxy)
    image, panel = figure.axes
    names = [image.get_title(), *(label.get_text() for label in panel.get_yticklabels())]
    places = [label.get_position()[1] for label in panel.get_yticklabels()]
    assert places[1] - places[0] == max(name.count("\n") + 1 for name in names[1:])
    assert all(len(line) <= 26 for name in names for line in name.split("\n"))
    assert names[1].replace("\n", "") == schema.answers[0].text


@pytest.mark.parametrize("survey_name", ["gz2", "gz-decals-dr5", "gz-hubble-all-tasks", "gz-rings"])
def test_texts_of_a_page_follow_the_tree_and_nothing_meets_or_is_cut(survey_name):
    schema = gz.load_schema(survey_name)
    concentration = np.random.default_rng(0).gamma(2, 5, (1, len(schema.answers))) + 1
    catalog = pd.DataFrame(np.full((1, len(schema.answers)), 7), columns=schema.label_cols).assign(
        id_str="J1"
    )
    figure = gz.plot_galaxy(gz.Predictions(concentration, ["J1"], schema), "J1", catalog=catalog)
    figure.canvas.draw()
    _, *panels = figure.axes
    names = [
        text.get_text().replace("\n", "") for ax in panels for text in ax.texts if text.get_weight() == "bold"
    ]
    assert names == [question.text for question in schema.walk_order]
    texts = [text for ax in panels for text in (*ax.texts, *ax.get_yticklabels())]
    boxes = [text.get_window_extent() for text in texts]
    pairs = itertools.combinations(zip(texts, boxes, strict=True), 2)
    met = [(one.get_text(), other.get_text()) for (one, a), (other, b) in pairs if a.overlaps(b)]
    assert not met
    page = figure.bbox
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= page.x1 and box.y1 <= page.y1 for box in boxes)
