import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gzkit as gz
from gzkit.plots.votes_svg import central_interval, votes_svg
from gzkit.widgets import browse

HOSTILE = '<img src=x onerror="window.hacked=1"> $\\frac{$'


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    schema = gz.Schema(
        {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "bar": ["_strong", "_weak", "_no"]},
        {"shape": None, "edge-on": "shape_disk", "bar": "edge-on_no"},
        name="small",
    )
    rng = np.random.default_rng(0)
    concentration = rng.uniform(1, 20, (40, 7, 3))
    ids = [f"J{i:02}" for i in range(40)]
    folder = tmp_path_factory.mktemp("images")
    for name in ids:
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    shape = rng.binomial(40, 0.5, 40)
    edge = rng.binomial(shape, 0.4)
    bar = np.array([rng.multinomial(n, [0.2, 0.3, 0.5]) for n in shape - edge])
    votes = np.column_stack([40 - shape, shape, edge, shape - edge, bar])
    catalog = pd.DataFrame(votes, columns=schema.label_cols)
    catalog.insert(0, "id_str", ids)
    catalog.insert(1, "file_loc", [str(folder / f"{name}.png") for name in ids])
    return gz.Predictions(concentration, ids, schema), catalog


@pytest.fixture
def explorer(survey):
    return gz.explore_predictions(*survey)


def pictures(explorer):
    return {name: panel.value for name, panel in explorer.panels.items()}


def test_drawing_says_what_plot_predicted_votes_shows(survey):
    predictions = survey[0]
    question = predictions.schema.get_question("bar")
    probability = predictions[["J00"]].predicted_votes("bar", 12)[0]
    text = votes_svg(question, probability, votes=[2, 4, 6])
    assert text.count("<svg ") == 3 and "volunteers gave 4 of 12" in text
    for i, answer in enumerate(question.answers):
        lower, upper = central_interval(probability[i], 0.9)
        assert probability[i][:lower].sum() <= 0.05 >= probability[i][upper + 1 :].sum() - 1e-9
        mean = np.arange(13) @ probability[i]
        assert f"{answer.text}: on average {mean:.1f} of 12 votes" in text
    with pytest.raises(ValueError, match="3 answers"):
        votes_svg(question, probability[:2])


def test_selection_is_that_of_select(survey, explorer):
    predictions, catalog = survey
    for cut_on in ("predicted", "observed"):
        explorer.cut_on = cut_on
        for cuts in ("disk > 0.5", "disk > 0.3 and edge-on_no >= 0.5 and bar_proportion-asked > 0.2"):
            explorer.cuts = cuts
            expected = gz.select(predictions, cuts, catalog=catalog if cut_on == "observed" else None)
            assert set(explorer.selection["id_str"]) == set(expected.id_str)
            assert f"{len(expected)} of 40 galaxies pass" in explorer.panels["count"].value


def test_the_question_that_surprises_most_is_named_under_the_picture(survey, explorer):
    predictions, catalog = survey
    assert "surprises" not in explorer.panels["image"].value
    explorer.sort_by = browse.SURPRISE_TREE
    odd = gz.surprise(predictions, catalog).set_index("id_str")
    assert explorer.galaxy == odd["surprise"].idxmax()
    assert f"surprises most at {odd.loc[explorer.galaxy, 'question']}" in explorer.panels["image"].value


def test_uncertainty_is_the_spread_of_drawn_probabilities():
    concentration = np.array([[[3.0, 1.0], [1.0, 1.0], [2.0, 9.0]]])
    rng = np.random.default_rng(0)
    drawn = np.concatenate([rng.dirichlet(concentration[0, :, s], 40_000) for s in range(2)])
    assert browse.uncertainty(concentration)[0] == pytest.approx(np.sqrt(drawn.var(axis=0).sum()), rel=0.01)


def test_every_order_sorts_the_selection(explorer):
    for choice in explorer.controls["sort_by"].options:
        explorer.sort_by = choice
        table = explorer.selection
        column = f"{choice}_fraction" if choice in explorer.schema.label_cols else choice
        if choice != browse.CATALOG_ORDER:
            assert table[column].is_monotonic_decreasing
        assert explorer.galaxy == table["id_str"][0]
    explorer.descending = False
    assert explorer.selection[column].is_monotonic_increasing


def test_each_control_changes_what_it_should_and_nothing_else(explorer):
    moves = {
        "question": ("bar", {"votes", "words"}),
        "total_votes": (7, {"votes", "words"}),
        "sample": (2, {"votes", "words", "tree"}),
        "tree_shows": ("difference", {"tree"}),
        "number": (5, {"votes", "words", "tree", "image", "count"}),
        "cuts": ("disk > 0.5", {"votes", "words", "tree", "image", "count"}),
    }
    for name, (value, expected) in moves.items():
        before = pictures(explorer)
        explorer.controls[name].value = value
        after = pictures(explorer)
        assert {key for key in after if after[key] != before[key]} == expected, name


def test_number_of_volunteers_follows_those_asked_until_it_is_moved(survey, explorer):
    catalog = survey[1]
    assert explorer.total_votes == 40
    explorer.question = "bar"
    asked = int(catalog.loc[0, ["bar_strong", "bar_weak", "bar_no"]].sum())
    assert explorer.total_votes == asked == explorer.controls["total_votes"].value
    explorer.controls["total_votes"].value = 33
    assert explorer.as_asked is False and explorer.controls["as_asked"].value is False
    explorer.next()
    assert explorer.total_votes == 33


def test_browsing_by_buttons_search_and_thumbnails(explorer):
    explorer.controls["next"].click()
    assert explorer.galaxy == "J01" and explorer.controls["number"].value == 2
    explorer.controls["before"].click()
    explorer.controls["before"].click()
    assert explorer.galaxy == "J39"
    explorer.controls["search"].value = "j2"
    assert explorer.galaxy == "J20"
    explorer.thumbnails.buttons[3].click()
    assert explorer.galaxy == "J23"
    explorer.controls["search"].value = "K23"
    assert explorer.galaxy == "J23" and "No id holds" in explorer.panels["count"].value
    explorer.cuts = "disk > 0.5"
    explorer.random()
    assert explorer.galaxy in set(explorer.selection["id_str"])
    assert "data:image/jpeg" in explorer.panels["image"].value


def test_cut_that_cannot_be_read_is_told_and_that_leaves_nothing_too(explorer):
    explorer.cuts = "shap_disk > 0.5"
    assert "no answer" in explorer.panels["count"].value and len(explorer.selection) == 40
    explorer.cuts = "disk > 1"
    assert len(explorer.selection) == 0 and "0 of 40" in explorer.panels["count"].value
    explorer.next()
    explorer.random()
    explorer.cuts = ""
    assert len(explorer.selection) == 40


def test_models_can_be_switched(survey):
    predictions, catalog = survey
    other = gz.Predictions(
        predictions.concentration[::-1, :, :1] * 2, predictions.id_str[::-1], predictions.schema
    )
    explorer = gz.explore_predictions({"three": predictions, "one": other}, catalog)
    explorer.sample = 3
    before = pictures(explorer)
    explorer.controls["model"].value = "one"
    assert explorer.sample == 0 and len(explorer.controls["sample"].options) == 2
    assert pictures(explorer)["votes"] != before["votes"]
    with pytest.raises(ValueError, match="sample 2 of 1"):
        explorer.sample = 2
    with pytest.raises(ValueError, match="other galaxies"):
        gz.explore_predictions({"a": predictions, "b": predictions[:5]})


def test_works_without_catalogue_images_or_votes_and_with_one_galaxy(survey):
    predictions, catalog = survey
    for given in (
        {},
        {"catalog": catalog[["id_str", "file_loc"]]},
        {"catalog": catalog.drop(columns="file_loc")},
        {"catalog": catalog, "images": False},
    ):
        for chosen in (predictions, predictions[["J07"]]):
            explorer = gz.explore_predictions(chosen, **given)
            explorer.next()
            explorer.random()
            explorer.sort_by = browse.UNCERTAIN
            has_votes = "shape_disk" in given.get("catalog", ())
            assert ("volunteers gave" in explorer.describe()) == has_votes
            assert len(explorer.selection) == len(chosen)
            if not has_votes:
                with pytest.raises(ValueError, match="no votes"):
                    explorer.tree_shows = "volunteers"
            assert explorer.controls["sample"].layout.display is None
    with pytest.raises(ValueError, match="no row in the catalogue"):
        gz.explore_predictions(predictions, catalog[:5])


def test_a_hundred_thousand_galaxies():
    import time

    schema = gz.load_schema("gz-decals-dr5")
    rng = np.random.default_rng(0)
    many = gz.Predictions(
        rng.uniform(1, 50, (100_000, 34)).astype(np.float32), [f"J{i:06}" for i in range(100_000)], schema
    )
    explorer = gz.explore_predictions(many)
    start = time.process_time()
    explorer.sort_by, explorer.cuts = browse.UNCERTAIN, "featured > 0.6 and bar_strong > 0.3"
    explorer.controls["search"].value = "J099999"
    assert explorer.galaxy == "J099999"
    assert not explorer.controls["search"].options
    assert time.process_time() - start < 20


def test_unknown_names_are_refused_with_the_nearest(explorer):
    for name, value, message in (
        ("galaxy", "J1", "no galaxy 'J1'"),
        ("question", "bars", "did you mean 'bar'"),
        ("sort_by", "bar_stronger", "did you mean 'bar_strong'"),
    ):
        with pytest.raises(ValueError, match=message):
            setattr(explorer, name, value)


def test_names_are_escaped():
    schema = gz.Schema({HOSTILE: ["_" + HOSTILE, "_no"]}, {HOSTILE: None}, name=HOSTILE)
    table = pd.DataFrame([[HOSTILE, 3, 1], ["b", 1, 1]], columns=["id_str", *schema.label_cols])
    explorer = gz.explore_predictions(
        gz.Predictions([[3.0, 1.0], [1.0, 1.0]], table["id_str"], schema), table
    )
    for panel in (*explorer.panels.values(), explorer.thumbnails._style):
        assert "<img" not in panel.value
    assert "&lt;img" in explorer.panels["votes"].value
    assert explorer._repr_mimebundle_()[0]["image/png"]
    assert not plt.get_fignums()


def test_pictures_say_what_they_show(explorer):
    assert 'alt="Image of galaxy J00"' in explorer.panels["image"].value
    labels = re.findall(r'aria-label="([^"]*)"', explorer.panels["votes"].value)
    assert len(labels) == 2 and all("votes predicted" in label for label in labels)
    assert all(control.description for control in explorer.controls.values())


def test_state_can_be_watched_and_linked(survey, explorer):
    import ipywidgets

    other, slider, seen = gz.explore_predictions(*survey), ipywidgets.IntSlider(), []
    ipywidgets.link((explorer, "galaxy"), (other, "galaxy"))
    ipywidgets.link((explorer, "total_votes"), (slider, "value"))
    explorer.observe(lambda change: seen.append(change["new"]), names="galaxy")
    other.next()
    assert seen == ["J01"] == [explorer.galaxy]
    assert 'alt="Image of galaxy J01"' in explorer.panels["image"].value
    explorer.as_asked = False
    slider.value = 17
    assert explorer.total_votes == 17 and "of 17 votes" in explorer.panels["votes"].value
    ipywidgets.jslink((explorer.controls["total_votes"], "value"), (slider, "value"))


def test_catalogue_without_ids_is_refused(survey):
    predictions, catalog = survey
    with pytest.raises(ValueError, match="no column 'id_str'"):
        gz.explore_predictions(predictions, catalog.drop(columns="id_str"))


def test_hundreds_of_redraws_open_no_figure_and_keep_no_memory(explorer):
    import gc

    def redraw():
        explorer.next()
        explorer.total_votes = 10 + explorer.total_votes % 60

    for _ in range(20):
        redraw()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(100):
        redraw()
    gc.collect()
    assert len(gc.get_objects()) - before < 2_000
    assert not plt.get_fignums()
