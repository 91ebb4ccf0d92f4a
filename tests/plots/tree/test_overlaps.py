"""Nothing in a drawing lies on anything else, and no text is cut: measured from what matplotlib draws."""

import numpy as np
import pytest
from matplotlib import pyplot

import gzkit as gz
from gzkit.plots import tree_pages
from gzkit.plots.tree.figure import Bands, Boxes, ScaledText
from gzkit.plots.tree.routes import sample_route

ALWAYS = ("gz-candels", "gz-cosmic-dawn", "gz-decals-dr5", "gz-rings")
SOME_ALWAYS = [
    name if name in ALWAYS else pytest.param(name, marks=pytest.mark.slow) for name in gz.schema_names()
]
TOUCH = 1.0  # two things may come this near each other's edge [pixel]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def measure(ax):
    """Texts and their boxes, in pixels."""
    figure = ax.get_figure()
    figure.set_dpi(200)  # so that rounding to pixels does not count
    figure.get_layout_engine().execute(figure)
    ax.apply_aspect()
    texts = [text for text in ax.texts if isinstance(text, ScaledText)]
    boxes = np.array([text.get_window_extent().extents for text in texts])
    return texts, boxes


def overlaps(boxes, others=None):
    """Pairs of boxes (left, bottom, right, top) that share more than an edge."""
    others = boxes if others is None else others
    a, b = boxes[:, None], others[None]
    across = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    along = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return (across > TOUCH) & (along > TOUCH)


def drawn_boxes(ax, schema):
    """Pixel boxes of questions and answers, from the paths that are drawn: a list of names and an array."""
    (collection,) = [c for c in ax.collections if isinstance(c, Boxes)]
    wanted = {*schema.label_cols, *(question.text for question in schema.questions)}
    found = [
        (key, path)
        for key, path in zip(collection.keys, collection.get_paths(), strict=True)
        if key in wanted
    ]
    names = [key for key, _ in found]
    return names, np.array([path.get_extents(ax.transData).extents for _, path in found])


def check(schema, **options):
    for ax in tree_pages(schema, **{"size": "notebook"} | options):
        check_page(ax, schema)


def check_page(ax, schema):
    texts, text_boxes = measure(ax)
    shared = np.triu(overlaps(text_boxes), k=1)
    pairs = [(texts[i].get_text(), texts[j].get_text()) for i, j in np.argwhere(shared)]
    assert not pairs, f"texts overlap: {pairs}"
    names, boxes = drawn_boxes(ax, schema)
    page = np.array([[0, 0, *ax.get_figure().bbox.size]])
    cut = []
    for text, box in zip(texts, text_boxes, strict=True):
        rooms = boxes[[name == text.inside for name in names]] if text.inside else page
        within = (box[:2] >= rooms[:, :2] - TOUCH).all(axis=1) & (box[2:] <= rooms[:, 2:] + TOUCH).all(axis=1)
        if not within.any():
            cut.append(text.get_text())
    assert not cut, f"texts stick out of their boxes: {cut}"
    assert not np.triu(overlaps(boxes), k=1).any(), "boxes overlap"
    titles = text_boxes[[not text.inside for text in texts]]
    assert not overlaps(titles, boxes).any(), "a title lies on a box"
    check_bands(ax, names, boxes)


def check_bands(ax, names, boxes):
    """No edge runs over a box; it touches only that of its own answer and question."""
    inner = boxes + [1.5, 1.5, -1.5, -1.5]
    for collection in (c for c in ax.collections if isinstance(c, Bands)):
        for edge, path in zip(collection.keys, collection.get_paths(), strict=True):
            points = ax.transData.transform(path.vertices)[:, None]
            inside = (points > inner[:, :2]).all(axis=-1) & (points < inner[:, 2:]).all(axis=-1)
            over = [name for name, hit in zip(names, inside.any(axis=0), strict=True) if hit]
            assert not over, f"the edge {edge} runs over {over}"


def some_votes(schema):
    """Votes of a galaxy of which every question was asked."""
    return np.random.default_rng(0).integers(1, 40, len(schema.answers))


@pytest.mark.parametrize("size", ["notebook", "slide", "column"])
@pytest.mark.parametrize("name", SOME_ALWAYS)
def test_nothing_overlaps_in_any_survey(name, size):
    check(gz.load_schema(name), size=size)


@pytest.mark.parametrize("orientation", ["down", "right"])
@pytest.mark.parametrize("name", SOME_ALWAYS)
def test_nothing_overlaps_with_votes(name, orientation):
    schema = gz.load_schema(name)
    check(schema, votes=some_votes(schema), orientation=orientation)


@pytest.mark.parametrize("name", SOME_ALWAYS)
def test_nothing_overlaps_with_wordings_and_icons(name):
    schema = gz.load_schema(name)
    check(schema, wording=True, orientation="down")
    check(
        schema, wording=True, orientation="right", icons={schema.label_cols[0]: np.zeros((4, 4, 3), np.uint8)}
    )


def test_nothing_overlaps_in_a_comparison_with_a_highlighted_path():
    schema = gz.load_schema("gz-decals-dr5")
    votes = some_votes(schema)
    fractions = gz.vote_fractions(votes, schema)
    for compare in ("side by side", "difference"):
        check(schema, votes=votes, predictions=fractions, compare=compare, highlight="bulge-size_large")


def test_routes_of_an_edge_meet_its_boxes():
    from gzkit.plots.tree.layout import tree_layout
    from gzkit.plots.tree.routes import tree_routes

    schema = gz.load_schema("gz-cosmic-dawn")
    layout = tree_layout(schema)
    for route in tree_routes(schema, layout):
        start, end = sample_route(route.points, down=True)[[0, -1]]
        answer, question = layout.answers[route.answer], layout.questions[route.question]
        assert start == pytest.approx((answer.center[0], answer.bottom))
        assert end == pytest.approx((question.center[0], question.y))
