import math
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz
from gzkit.plots.tree.layout import Style, tree_layout
from gzkit.plots.tree.order import Lane, order_tiers
from gzkit.plots.tree.page import Room, Tree, campaigns, make_page
from gzkit.plots.tree.place import bounded_least_squares
from gzkit.plots.tree.routes import ribbon, sample_route, tree_routes
from gzkit.plots.tree.text import balanced_text, text_width, wrap_text


@st.composite
def schemas(draw, most=7):
    """Trees in which a question may have several earlier answers as parents, of one or more questions."""
    pairs, dependencies, known = {}, {}, []
    for number in range(draw(st.integers(1, most))):
        name = f"question-{number}"
        pairs[name] = [f"_{letter}" for letter in "abcd"[: draw(st.integers(1, 4))]]
        parents = draw(st.lists(st.sampled_from(known), unique=True, min_size=1, max_size=3)) if known else []
        dependencies[name] = parents or None
        known += [name + suffix for suffix in pairs[name]]
    return gz.Schema(pairs, dependencies)


def crossings(tiers, links):
    """Pairs of links that cross between these tiers, counted one by one."""
    place = {name: (t, i) for t, tier in enumerate(tiers) for i, name in enumerate(tier)}
    count = 0
    for one, other in combinations(links, 2):
        same_gap = place[one.source][0] == place[other.source][0]
        if not same_gap or one.target == other.target:
            continue
        above = [(place[link.source][1], link.port) for link in (one, other)]
        below = [place[link.target][1] for link in (one, other)]
        count += above[0] != above[1] and (above[0] < above[1]) != (below[0] < below[1])
    return count


@given(schemas(most=6))
def test_no_order_of_the_tiers_has_fewer_crossings(schema):
    order = order_tiers(schema.walk_order, {question.text: 50.0 for question in schema.questions}, 14.0)
    assert order.exact
    if math.prod(math.factorial(len(tier)) for tier in order.tiers) > 3000:
        return
    found = crossings(order.tiers, order.links)
    every = product(*(permutations(tier) for tier in order.tiers))
    assert found == min(crossings(tiers, order.links) for tiers in every)
    assert order.crossings >= found


@pytest.mark.parametrize("name", gz.schema_names())
def test_the_search_is_exhaustive_for_every_survey(name):
    for part in campaigns(gz.load_schema(name)).values():
        layout = tree_layout(part)
        assert layout.order.exact
        assert crossings(layout.order.tiers, layout.order.links) <= layout.crossings


@pytest.mark.parametrize("name", gz.schema_names())
def test_edges_cross_in_the_drawing_as_often_as_counted(name):
    for part in campaigns(gz.load_schema(name)).values():
        layout = tree_layout(part)
        assert drawn_crossings(part, layout) == layout.crossings


def drawn_crossings(schema, layout):
    """Links whose curves pass from one side of another's to the other; edges that run together count once."""
    curves = {}
    for route in tree_routes(schema, layout):
        curves.setdefault((route.source, route.question), []).append(sample_route(route.points, down=True))
    count = 0
    for one, other in combinations(curves, 2):
        if one[1] != other[1]:
            count += max(_crosses(a, b) for a in curves[one] for b in curves[other])
    return count


def _crosses(a, b):
    low, high = max(a[0, 1], b[0, 1]), min(a[-1, 1], b[-1, 1])
    if low >= high:
        return 0
    y = np.linspace(low, high, 600)
    gap = np.interp(y, a[:, 1], a[:, 0]) - np.interp(y, b[:, 1], b[:, 0])
    sides = np.sign(gap[np.abs(gap) > 0.5])
    return int((np.diff(sides) != 0).sum())


folds = st.sets(st.integers(1, 5), max_size=3).map(lambda tiers: tuple(sorted(tiers)))


@given(schemas(), st.sampled_from(["down", "right"]), st.booleans(), st.booleans(), folds)
def test_boxes_of_any_tree_keep_apart(schema, orientation, values, compact, folds):
    numbers = "all" if values else "none"
    style = Style(orientation=orientation, numbers=numbers, ribbon=24.0, compact=compact, folds=folds)
    layout = tree_layout(schema, style)
    boxes = [*layout.questions.values(), *layout.answers.values()]
    for one, other in combinations(boxes, 2):
        apart_x = min(one.right, other.right) - max(one.x, other.x)
        apart_y = min(one.bottom, other.bottom) - max(one.y, other.y)
        assert min(apart_x, apart_y) < 1e-6
    assert all(box.x >= 0 and box.y >= 0 for box in boxes)
    assert all(box.right <= layout.width and box.bottom <= layout.height for box in boxes)


@given(schemas(), st.sampled_from(["down", "right"]), st.booleans(), folds)
def test_routes_lead_from_answer_to_question_around_all_boxes(schema, orientation, compact, folds):
    down = orientation == "down"
    layout = tree_layout(schema, Style(orientation=orientation, compact=compact, folds=folds))
    routes = tree_routes(schema, layout)
    assert {(r.answer, r.question) for r in routes} == {
        (answer.label, question.text) for question in schema.questions for answer in question.asked_after
    }
    for route in routes:
        curve = sample_route(route.points, down=down)
        answer, question = layout.answers[route.answer], layout.questions[route.question]
        start = (answer.center[0], answer.bottom) if down else (answer.right, answer.center[1])
        end = (question.center[0], question.y) if down else (question.x, question.center[1])
        assert curve[0] == pytest.approx(start) and curve[-1] == pytest.approx(end)
        assert (curve >= 0).all() and (curve <= [layout.width, layout.height]).all()
        for box in (*layout.questions.values(), *layout.answers.values()):
            inside = (curve > [box.x + 0.1, box.y + 0.1]) & (curve < [box.right - 0.1, box.bottom - 0.1])
            assert not inside.all(axis=1).any()


def test_a_folded_tree_has_a_row_for_each_fold_and_its_edges_lead_on_without_crossing():
    schema = gz.load_schema("gz-decals-dr5")
    layout = tree_layout(schema, Style(orientation="right", folds=(2, 5)))
    rows = [[layout.questions[name] for name, tier in layout.tiers.items() if first <= tier < last]
            for first, last in ((0, 2), (2, 5), (5, 8))]  # fmt: skip
    for above, below in pairwise(rows):
        assert max(box.y for box in above) < min(box.y for box in below)
    assert min(box.x for box in rows[1]) < max(box.x for box in rows[0])
    routes = {(r.source, r.question): sample_route(r.points, down=False) for r in tree_routes(schema, layout)}
    one, other = routes["how-rounded", "merging"], routes["disk-edge-on", "bar"]
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    assert apart.min() > 3


def test_a_tier_comes_after_all_that_lead_to_it():
    layout = tree_layout(gz.load_schema("gz-decals-dr5"))
    assert layout.tiers["smooth-or-featured"] == 0 and layout.tiers["merging"] == 7
    tops = {
        tier: {layout.questions[name].y for name, t in layout.tiers.items() if t == tier} for tier in range(8)
    }
    assert all(len(edges) == 1 for edges in tops.values())


def test_edges_of_one_question_run_together_and_share_a_lane():
    schema = gz.load_schema("gz-decals-dr5")
    layout = tree_layout(schema)
    lanes = [place for tier in layout.order.tiers for place in tier if isinstance(place, Lane)]
    assert {lane.target for lane in lanes} == {"merging", "bulge-size"}
    assert len({(lane.target, lane.tier) for lane in lanes}) == len(lanes)  # one lane a tier for all who pass
    routes = [r for r in tree_routes(schema, layout) if r.question == "merging"]
    assert len(routes) == 11 and len({r.points[-2:] for r in routes if r.source != "bulge-size"}) == 1


def test_widths_lie_side_by_side_in_a_lane():
    schema = gz.load_schema("gz-decals-dr5")
    layout = tree_layout(schema, Style(ribbon=24.0))
    widths = {(a.label, q.text): 2.0 for a in schema.answers for q in a.next_questions}
    ends = sorted(r.points[-1][0] for r in tree_routes(schema, layout, widths) if r.question == "merging")
    assert np.diff(ends) == pytest.approx(2.0)
    assert np.mean(ends) == pytest.approx(layout.questions["merging"].center[0])


def test_a_layout_is_worked_out_once_and_unchanged_by_where_it_is_used():
    schema, again = gz.load_schema("gz2"), gz.load_schema("gz2")
    assert tree_layout(schema) is tree_layout(again)


@pytest.mark.parametrize("orientation", ["down", "right"])
@pytest.mark.parametrize("name", ["gz-rings", "gz-decals-dr5"])
def test_the_galaxy_has_its_own_place_on_the_page(name, orientation):
    layout = tree_layout(gz.load_schema(name), Style(orientation=orientation, image=72.0))
    image = layout.image
    assert image.x >= 0 and image.y >= 0 and image.right <= layout.width and image.bottom <= layout.height
    first = min(box.y if orientation == "down" else box.x for box in layout.questions.values())
    assert (image.bottom if orientation == "down" else image.right) < first


def test_a_wording_makes_another_layout():
    pairs, parents = {"ring": ["_yes", "_no"]}, {"ring": None}
    plain = gz.Schema(pairs, parents)
    worded = gz.Schema(pairs, parents, wording={"ring": "Is there a ring around the galaxy?"})
    assert tree_layout(plain, Style(wording=True)).lines != tree_layout(worded, Style(wording=True)).lines


def test_ribbons_keep_their_width():
    curve = np.array([[0.0, 0.0], [0.0, 5.0], [0.0, 10.0]])
    outline = ribbon(curve, 4.0, down=True)
    assert sorted(set(outline[:, 0])) == [-2.0, 2.0]


@given(st.integers(0, 1000))
def test_bounded_least_squares_meets_the_conditions_of_an_optimum(seed):
    rng = np.random.default_rng(seed)
    matrix, wishes = rng.normal(size=(12, 6)), rng.normal(size=12)
    unknown = bounded_least_squares(matrix, wishes, free=[0])
    slope = matrix.T @ (matrix @ unknown - wishes)
    assert (unknown[1:] >= 0).all() and abs(slope[0]) < 1e-8
    assert (slope[1:] > -1e-8).all() and np.abs(slope * unknown).max() < 1e-8


def test_campaigns_are_told_apart_by_their_endings():
    assert list(campaigns(gz.load_schema("gz-decals"))) == ["dr12", "dr5", "dr8"]
    assert list(campaigns(gz.load_schema("gz-decals-dr5"))) == [""]
    simplified = gz.load_schema("gz-decals-dr5", parents="simplified")
    assert list(campaigns(simplified)) == [""]  # merging stands alone there, but is no campaign


def test_a_page_takes_the_orientation_with_the_larger_texts():
    schema = gz.load_schema("gz-decals-dr5")
    trees = [Tree(schema)]
    for room, orientation in ((Room(13.3, 7.5, 2), "right"), (Room(5, 10, 2), "down")):
        assert make_page(trees, Style(), room=room).panels[0].layout.style.orientation == orientation
    with pytest.raises(ValueError, match="sideways"):
        make_page(trees, Style(), orientation="sideways")


def test_text_widths_are_those_that_matplotlib_draws():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    from gzkit.plots.letters import FONT

    for text in ("smooth-or-featured", "12 · 95%", "Is there a bulge?", "{[(#@&W", "median 9 (0–36)"):
        for bold in (False, True):
            font = FontProperties(family=FONT, weight="bold" if bold else "normal")
            drawn = TextPath((0, 0), text, size=100, prop=font).get_extents().width
            assert drawn <= text_width(text, 100, bold=bold) < 1.06 * drawn + 25  # kerning is left out


def test_lines_break_after_hyphens_and_are_balanced():
    assert wrap_text("a-long-name", 1, 10) == ("a-", "long-", "name")
    assert "".join(balanced_text("clumps-embedded-larger-object", 2, 9)) == "clumps-embedded-larger-object"
    assert balanced_text("unbreakable", 3, 9) == ("unbreakable",)
