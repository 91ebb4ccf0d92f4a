import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.plots.tree.compose import path_keys
from gzkit.widgets.walk import check_walk, questions_ahead, remaining, shortest_walk

FEATURED, FACE_ON = "smooth-or-featured_featured-or-disk", "disk-edge-on_no"
HOSTILE = '<img src=x onerror="window.hacked=1"> $\\frac{$'


@pytest.fixture(scope="module")
def schema():
    return gz.load_schema("gz-decals-dr5")


@pytest.fixture(scope="module")
def catalog(schema):
    rng = np.random.default_rng(0)
    votes = np.zeros((50, len(schema.answers)), int)
    for galaxy in votes:
        asked = {question: 40 if not question.asked_after else 0 for question in schema.questions}
        for question in schema.walk_order:
            total = asked[question] or sum(int(galaxy[answer.index]) for answer in question.asked_after)
            galaxy[question.columns] = rng.multinomial(total, rng.dirichlet(np.ones(len(question.answers))))
    table = pd.DataFrame(votes, columns=schema.label_cols)
    table.insert(0, "id_str", [f"J{i}" for i in range(50)])
    return table


@pytest.mark.parametrize("name", ["gz2", "gz-hubble", "gz-cosmic-dawn", "gz-decals", "gz-rings"])
def test_every_question_can_be_walked_to(name):
    schema = gz.load_schema(name)
    for question in schema.questions:
        walk = shortest_walk(schema, question)
        check_walk(schema, walk)
        assert question in questions_ahead(schema, walk)


def test_walk_meets_shared_questions_once(schema):
    path = []
    while ahead := questions_ahead(schema, path):
        path.append(ahead[0].answers[0].label)
    asked = [schema.get_answer(label).question.text for label in path]
    assert len(set(asked)) == len(asked)
    assert asked[0] == "smooth-or-featured" and asked[-1] == "merging"


def test_impossible_walk_is_refused(schema):
    with pytest.raises(ValueError, match="'bar' is not asked"):
        check_walk(schema, ["bar_strong"])
    explorer = gz.explore_schema(schema)
    with pytest.raises(ValueError, match="not asked"):
        explorer.answer("bar_strong")
    assert explorer.path == []
    with pytest.raises(KeyError, match="did you mean"):
        explorer.answer("smooth-or-featured_smoth")


def test_remaining_galaxies_pass_every_answer(schema, catalog):
    votes = catalog[schema.label_cols].to_numpy()
    mask, steps = remaining(votes, schema, [FEATURED, FACE_ON], least_fraction=0.4, least_votes=5)
    first, second = schema.get_answer(FEATURED), schema.get_answer(FACE_ON)
    for row, stays in zip(votes, mask, strict=True):
        expected = all(
            row[a.index] >= 5 and row[a.index] >= 0.4 * row[a.question.columns].sum() for a in (first, second)
        )
        assert stays == expected
    assert steps[-1].galaxies == mask.sum() <= steps[0].galaxies
    assert steps[-1].votes == np.median(votes[mask, second.index])


def test_one_walk_alone_is_highlighted(schema):
    keys = path_keys(schema, [FEATURED, FACE_ON])
    assert {FEATURED, FACE_ON, "smooth-or-featured", "disk-edge-on", "bar"} <= keys
    assert "how-rounded" not in keys


def hand(explorer, **message):
    """What the browser sends."""
    explorer.touch._receive(explorer.touch, message, [])


def test_answers_walk_on_and_back(schema, catalog):
    explorer = gz.explore_schema(schema, catalog)
    pictures = [explorer.tree.value]
    hand(explorer, touch=f"answer:{FEATURED}")
    assert explorer.path == [FEATURED] and explorer.question == "disk-edge-on"
    pictures.append(explorer.tree.value)
    explorer.controls["back"].click()
    assert explorer.path == [] and explorer.tree.value == pictures[0] != pictures[1]
    hand(explorer, touch="question:bar")
    assert explorer.path == [FEATURED, FACE_ON] and explorer.question == "bar"
    hand(explorer, key="2")
    assert explorer.path == [FEATURED, FACE_ON, "bar_weak"]
    hand(explorer, touch="question:disk-edge-on")
    assert explorer.path == [FEATURED] and explorer.question == "disk-edge-on"
    explorer.controls["start"].click()
    assert explorer.path == [] and explorer.controls["back"].disabled
    hand(explorer, key="Backspace")
    assert explorer.path == []


@pytest.mark.parametrize("name", ["gz2", "gz-euclid", "gz-jwst-ceers", "gz-hubble"])
def test_every_answer_can_be_given_by_a_click(name):
    explorer = gz.explore_schema(name)
    for answer in explorer.schema.answers:
        hand(explorer, touch=f"answer:{answer.label}")
        assert explorer.path[-1] == answer.label


def test_end_of_the_tree_is_told(schema, catalog):
    explorer = gz.explore_schema(schema, catalog)
    while explorer.question:
        explorer.answer(schema.get_question(explorer.question).answers[0].label)
    assert "Here the tree ends" in explorer.describe()
    explorer.back()
    assert explorer.question


def test_selection_and_words_follow_the_cuts(schema, catalog):
    explorer = gz.explore_schema(schema, catalog)
    explorer.path = [FEATURED]
    assert len(explorer.selection) == int(re.search(r"([\d,]+) of 50 galaxies", explorer.describe())[1])
    before = len(explorer.selection)
    explorer.controls["least_fraction"].value = 0.9
    assert explorer.least_fraction == 0.9
    assert len(explorer.selection) < before
    explorer.least_votes = 40
    assert len(explorer.selection) <= before and explorer.controls["least_votes"].value == 40


def test_one_galaxy_can_be_opened(schema, catalog):
    explorer = gz.explore_schema(schema, catalog)
    mean = explorer.tree.value
    hand(explorer, touch="galaxy:J2")
    assert explorer.galaxy == "J2" and "Votes for J2" in explorer.tree.value
    hand(explorer, key="m")
    hand(explorer, key="ArrowRight")
    assert explorer.galaxy == "J3"
    assert explorer.selection.loc[explorer.selection["marked"], "id_str"].tolist() == ["J2"]
    hand(explorer, touch="galaxy:J3")
    assert explorer.galaxy == "" and explorer.tree.value == mean
    with pytest.raises(ValueError, match="no galaxy 'J99'"):
        explorer.galaxy = "J99"


def test_joined_campaigns_show_the_one_that_is_walked():
    explorer = gz.explore_schema(gz.load_schema("gz-decals"))
    explorer.question = "smooth-or-featured-dr8"
    hand(explorer, touch="question:bar-dr8")
    assert explorer.question == "bar-dr8"
    assert "bar-dr12" not in explorer.tree.value.replace("bar-dr12_", "")
    explorer.figure()
    assert not plt.get_fignums()


def test_catalogue_without_votes_is_refused(schema, catalog):
    with pytest.raises(ValueError, match="no column 'bar_strong'"):
        gz.explore_schema(schema, catalog.drop(columns="bar_strong"))


def test_names_are_escaped():
    schema = gz.Schema({HOSTILE: ["_" + HOSTILE, "_no"]}, {HOSTILE: None}, name=HOSTILE)
    table = pd.DataFrame([[HOSTILE, 3, 1]], columns=["id_str", *schema.label_cols])
    explorer = gz.explore_schema(schema, table)
    explorer.answer(schema.label_cols[0])
    for panel in (explorer.tree, explorer.words, explorer.steps):
        assert "<img" not in panel.value
        assert "&lt;img" in panel.value
    bundle, metadata = explorer._repr_mimebundle_()
    assert "<img src=x" not in bundle["text/html"] and "&lt;img" in bundle["text/html"]
    assert bundle["image/png"] and HOSTILE in metadata["image/png"]["alt"]


def test_state_can_be_watched_and_linked(schema, catalog):
    import ipywidgets

    explorer, other, seen = gz.explore_schema(schema, catalog), gz.explore_schema(schema), []
    ipywidgets.link((explorer, "path"), (other, "path"))
    explorer.observe(lambda change: seen.append(change["new"]), names="path")
    other.answer(FEATURED)
    assert seen == [[FEATURED]] and explorer.question == "disk-edge-on"


@pytest.mark.parametrize("galaxies", [0, 1, 100_000])
def test_few_and_many_galaxies(schema, catalog, galaxies):
    import time

    rows = np.arange(galaxies) % len(catalog)
    table = catalog.iloc[rows].assign(id_str=[f"J{i}" for i in range(galaxies)])
    explorer = gz.explore_schema(schema, table)
    start = time.process_time()
    explorer.answer(FEATURED)
    explorer.least_fraction = 0.7
    assert time.process_time() - start < 10
    votes = table[schema.label_cols].to_numpy()
    assert len(explorer.selection) == remaining(votes, schema, [FEATURED], least_fraction=0.7)[0].sum()


def test_every_control_has_a_label(schema, catalog):
    explorer = gz.explore_schema(schema, catalog)
    assert all(control.description for control in explorer.controls.values())


def test_a_closed_explorer_leaves_no_widget_behind():
    from ipywidgets.widgets import widget

    before = set(widget._instances)
    gz.explore_schema(gz.load_schema("gz2")).close()
    assert set(widget._instances) == before


def test_the_tree_can_show_the_survey_s_own_galaxies():
    catalog = gz.sample_catalog().head(60)
    plain, shown = (gz.explore_schema("gz-decals-dr5", catalog, icons=icons) for icons in (False, True))
    assert "<image" not in plain.tree.value and shown.tree.value.count("<image") >= 30
