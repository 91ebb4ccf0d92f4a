import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

import gzkit as gz
from gzkit import palette
from gzkit.plots.tree import icons
from gzkit.plots.tree.figure import Bands, Boxes

DR5 = gz.load_schema("gz-decals-dr5")
VOTES = np.random.default_rng(3).integers(1, 30, len(DR5.answers))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def colors(ax, kind):
    (collection,) = [c for c in ax.collections if isinstance(c, kind)]
    return {
        key: to_hex(c).upper() for key, c in zip(collection.keys, collection.get_facecolors(), strict=True)
    }


def test_plot_tree_returns_the_axes_it_was_given():
    _, (left, right) = pyplot.subplots(1, 2)
    assert gz.plot_tree(gz.load_schema("gz2"), None, left) is left
    assert not right.texts and not right.collections


@pytest.mark.parametrize("name", ["gz-rings", "gz-hubble-all-tasks", "gz-evo"])
def test_every_question_and_answer_is_written(name):
    schema = gz.load_schema(name)
    written = {text.inside for text in gz.plot_tree(schema).texts}
    assert written - {""} == {*schema.label_cols, *(question.text for question in schema.questions)}


def test_bands_are_as_wide_as_the_votes_along_them():
    ax = gz.plot_tree(DR5, VOTES, orientation="down")
    (bands,) = [c for c in ax.collections if isinstance(c, Bands)]
    width = {}
    for key, path in zip(bands.keys, bands.get_paths(), strict=True):
        half = (len(path.vertices) - 1) // 2
        left, right = path.vertices[half - 1], path.vertices[half]  # where the band ends: square to the tree
        assert left[1] == pytest.approx(right[1])
        width[key] = abs(right[0] - left[0])
    totals = gz.total_votes(VOTES, DR5)
    into = {
        q.text: sum(width[a.label, q.text] for a in q.asked_after) for q in DR5.questions if q.asked_after
    }
    expected = {name: totals[DR5.get_question(name).index] for name in into}
    scale = into["bar"] / expected["bar"]
    assert into == pytest.approx({name: scale * total for name, total in expected.items()})


def test_counts_and_fractions_are_written_and_unasked_questions_fade():
    votes = {label: 0 for label in DR5.label_cols}
    votes |= {"smooth-or-featured_smooth": 30, "smooth-or-featured_artifact": 10, "how-rounded_round": 30}
    ax = gz.plot_tree(DR5, votes)
    assert {"30 · 75%", "10 · 25%", "40 votes", "nobody asked"} <= set(texts(ax))
    fill = colors(ax, Boxes)
    assert palette.contrast(fill["bar"], "#FFFFFF") < 2 < palette.contrast(fill["how-rounded"], "#FFFFFF")


def test_a_catalogue_shows_its_mean_and_range():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(np.tile(VOTES, (3, 1)) + [[0], [1], [5]], columns=DR5.label_cols)
    ax = gz.plot_tree(DR5, table)
    total = int(VOTES[:3].sum())
    assert f"median {total + 3} ({total}–{total + 15})" in texts(ax)
    assert any("mean of 3 galaxies" in text for text in texts(ax))
    one = gz.plot_tree(DR5, table.iloc[[0]])  # a table of one galaxy is that galaxy
    assert texts(one) == texts(gz.plot_tree(DR5, VOTES))


def test_truth_and_prediction_stand_side_by_side_or_as_a_difference():
    fractions = gz.vote_fractions(VOTES, DR5)
    both = gz.plot_tree(DR5, VOTES, predictions=fractions)
    places = {text.get_text(): text.get_position() for text in both.texts if not text.inside}
    (left, y), (right, same_y) = (places[f"gz-decals-dr5 · {who}"] for who in ("volunteers", "prediction"))
    assert left < right and y == same_y
    other = fractions.copy()
    other[:3] = [0.5, 0.25, 0.25]
    change = gz.plot_tree(DR5, VOTES, predictions=other, compare="difference")
    points = round(100 * (0.5 - fractions[0]))
    assert f"{'▲' if points > 0 else '▼'} {abs(points)}" in texts(change)
    shown = {
        key: color for key, color in colors(change, Bands).items() if key[0].startswith("smooth-or-featured")
    }
    assert set(shown.values()) <= {palette.LIGHT.truth, palette.LIGHT.prediction}


def test_a_highlighted_path_stands_out_and_its_product_is_written():
    ax = gz.plot_tree(DR5, VOTES, highlight="bar_weak")
    fractions = gz.vote_fractions(VOTES, DR5)
    asked = gz.proportion_asked(fractions, DR5)[DR5.get_question("bar").index]
    chance = asked * fractions[DR5.get_answer("bar_weak").index]
    written = " ".join(texts(ax)).partition(" smooth-or-featured ")[0]
    assert (
        written.endswith(f"= {chance:.2f}" if chance >= 0.1 else f"= {chance:.3f}")
        or f"{chance:.2f}" in written
    )
    bands = colors(ax, Bands)
    marked = {key for key, color in bands.items() if color == palette.LIGHT.highlight}
    assert marked == {
        ("smooth-or-featured_featured-or-disk", "disk-edge-on"),
        ("disk-edge-on_no", "bar"),
    }


def test_a_highlight_that_is_no_answer_suggests_the_nearest():
    with pytest.raises(KeyError, match="'bar_weak'"):
        gz.plot_tree(DR5, highlight="bar_week")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_legible_on_what_lies_behind_it(theme):
    for options in ({}, {"votes": VOTES}, {"highlight": "bulge-size_large"}):
        ax = gz.plot_tree(DR5, theme=theme, **options)
        fills = colors(ax, Boxes)
        for text in ax.texts:
            behind = fills.get(f"{text.inside} inside") or fills.get(text.inside, palette.THEMES[theme].paper)
            assert palette.contrast(text.get_color(), behind) >= 4.5, (text.get_text(), text.inside)


def test_a_dark_figure_gets_the_dark_theme_by_itself():
    figure = pyplot.figure(facecolor="#202020")
    ax = gz.plot_tree(gz.load_schema("gz-rings"), None, figure.add_subplot())
    assert ax.texts[0].get_color() == palette.DARK.ink


def test_the_galaxy_stands_at_the_root_and_pictures_of_ones_own_at_answers():
    own = np.full((5, 5, 3), 7, np.uint8)
    ax = gz.plot_tree(
        DR5, VOTES, image=np.zeros((8, 8, 3), np.uint8), icons={"bar_weak": own}, orientation="down"
    )
    assert len(ax.images) == 1 + len(DR5.answers)
    top = min(ax.images, key=lambda picture: min(picture.get_extent()[2:]))
    assert top.get_array().shape == (8, 8, 3)
    assert any(np.array_equal(picture.get_array(), own) for picture in ax.images)


def test_a_catalogue_gives_the_galaxy_that_shows_each_answer_best(tmp_path):
    pandas = pytest.importorskip("pandas")
    from PIL import Image

    schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    votes = np.array([[3, 0, 0], [38, 2, 0], [39, 1, 0], [0, 0, 0], [20, 20, 0], [0, 1, 3], [20, 1, 19]])
    table = pandas.DataFrame(votes, columns=schema.label_cols)
    for row in range(len(table)):
        Image.new("RGB", (30 + row, 20), (40 * row, 0, 0)).save(tmp_path / f"{row}.png")
    table["file_loc"] = [str(tmp_path / f"{row}.png") for row in range(len(table))]
    assert icons.typical_galaxies(schema, table) == {"bar_strong": 2, "bar_weak": 4}  # too few said no
    once = table.assign(bar_strong=[1, 0, 0, 0, 0, 0, 0], bar_weak=0, bar_no=[0, 1, 0, 0, 0, 0, 0])
    assert icons.typical_galaxies(schema, once) == {"bar_strong": 0, "bar_no": 1}
    *own, drawn = [picture.get_array() for picture in gz.plot_tree(schema, icons=table).images]
    assert [picture[0, 0, 0] for picture in own] == [80, 160]
    assert all(picture.shape == (icons.PIXELS, icons.PIXELS, 3) for picture in own)
    np.testing.assert_array_equal(drawn, icons.answer_icons(schema)["bar_no"])
    with pytest.raises(ValueError, match="icons=catalog"):
        gz.plot_tree(schema, icons="catalog")
    with pytest.raises(ValueError, match="file_loc"):
        gz.plot_tree(schema, icons=table.drop(columns="file_loc"))


def test_every_answer_on_shapes_has_a_picture_in_every_survey():
    labels = {label for name in gz.schema_names() for label in gz.load_schema(name).label_cols}
    without = {label for label in labels if icons.look(label) is None}
    stems = {label.partition("_")[0].rpartition("-")[0] or label.partition("_")[0] for label in without}
    shapes = {"bar", "bulge-size", "disk-edge", "edge-on-bulge", "how", "merging", "spiral-arm", "spiral"}
    assert not stems & shapes


def test_icons_differ_between_the_answers_of_a_question():
    rendered = icons.answer_icons(DR5)
    for question in DR5.questions:
        pictures = [rendered[label].astype(float) for label in question.labels]
        for i, one in enumerate(pictures):
            assert all(np.abs(one - other).mean() > 1 for other in pictures[:i]), question.text


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"bar_week": np.zeros((2, 2, 3), np.uint8)}, "bar_weak"),
        ({"bar_weak": np.zeros((2, 2))}, "uint8.*float64"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(own, message):
    with pytest.raises(ValueError, match=message):
        gz.plot_tree(DR5, icons=own)


def test_sizes_are_checked_and_a_slide_is_filled():
    width, height = gz.plot_tree(DR5, size="slide").get_figure().get_size_inches()
    assert (width, height) == pytest.approx((13.333, 7.5))
    assert gz.plot_tree(DR5, size=(6, 4)).get_figure().get_size_inches() == pytest.approx((6, 4))
    with pytest.raises(ValueError, match="notebook"):
        gz.plot_tree(DR5, size="poster")


def test_texts_grow_with_the_figure():
    ax = gz.plot_tree(DR5, size=(8, 5))
    figure = ax.get_figure()
    figure.draw_without_rendering()
    small = ax.texts[5].get_fontsize()
    figure.set_size_inches(16, 10)
    figure.draw_without_rendering()
    assert ax.texts[5].get_fontsize() == pytest.approx(2 * small, rel=0.02)


def test_nothing_global_is_changed():
    before = dict(pyplot.rcParams)
    gz.plot_tree(DR5, VOTES, theme="dark")
    assert dict(pyplot.rcParams) == before


def test_dollar_signs_are_written_as_they_are():
    schema = gz.Schema.from_classes("cost$", ["$1", "2$"])
    ax = gz.plot_tree(schema)
    ax.get_figure().draw_without_rendering()
    assert {"cost$", "$1", "2$"} <= set(texts(ax))
