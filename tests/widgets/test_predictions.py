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


def hand(explorer, **message):
    """What the browser sends."""
    explorer.touch._receive(explorer.touch, message, [])


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
    assert "surprises" not in explorer.panels["count"].value
    explorer.sort_by = browse.SURPRISE_TREE
    odd = gz.surprise(predictions, catalog).set_index("id_str")
    assert explorer.galaxy == odd["surprise"].idxmax()
    assert f"surprises most at {odd.loc[explorer.galaxy, 'question']}" in explorer.panels["count"].value


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
        "total_votes": (7, {"votes", "words"}),
        "sample": (2, {"votes", "words", "tree"}),
        "shows": ("difference", {"tree"}),
        "search": ("J05", {"votes", "words", "tree", "image", "count"}),
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


def test_browsing_by_buttons_search_and_gallery(explorer):
    explorer.controls["next"].click()
    assert explorer.galaxy == "J01" and "this is number 2" in explorer.panels["count"].value
    explorer.controls["before"].click()
    explorer.controls["before"].click()
    assert explorer.galaxy == "J39"
    explorer.controls["search"].value = "j2"
    assert explorer.galaxy == "J20"
    explorer.shows = "galaxies"
    assert 'data-touch="galaxy:J23"' in explorer.panels["gallery"].value
    hand(explorer, touch="galaxy:J23")
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
                    explorer.shows = "volunteers"
            assert explorer.controls["sample"].layout.display is None
    with pytest.raises(ValueError, match="explore_predictions: no row for 35 of 40"):
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
    explorer.shows = "galaxies"
    for panel in explorer.panels.values():
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


def test_tree_chooses_questions_and_cuts(explorer):
    hand(explorer, touch="question:bar")
    assert explorer.question == "bar" and explorer.cuts == ""
    for answer in explorer.schema.label_cols:
        assert f'data-touch="answer:{answer}"' in explorer.panels["tree"].value
    hand(explorer, touch="answer:edge-on_no")
    hand(explorer, touch="answer:bar_weak")
    assert explorer.cuts == "edge-on_no > 0.5 and bar_weak > 0.5"
    hand(explorer, touch="answer:edge-on_no")
    assert explorer.cuts == "bar_weak > 0.5" and explorer.question == "edge-on"


def test_bar_shows_the_galaxies_that_have_its_count(survey, explorer):
    catalog = survey[1]
    for count in (0, 3, 7):
        hand(explorer, touch=f"count:{count}:bar_strong")
        expected = catalog.loc[catalog["bar_strong"] == count, "id_str"]
        assert set(explorer.selection["id_str"]) == set(expected)
        assert all(f'data-touch="galaxy:{name}"' in explorer.panels["gallery"].value for name in expected)
    hand(explorer, touch="count:7:bar_strong")
    assert len(explorer.selection) == 40 and explorer.shows == "prediction"
    with pytest.raises(KeyError):
        hand(explorer, touch="count:7:bar_huge")


def test_keys_lead_on_mark_and_undo(explorer):
    hand(explorer, key="ArrowRight")
    hand(explorer, key="m")
    assert explorer.selection.loc[explorer.selection["marked"], "id_str"].tolist() == ["J01"]
    hand(explorer, key="m")
    assert not explorer.selection["marked"].any()
    hand(explorer, key="ArrowLeft")
    assert explorer.galaxy == "J00"
    hand(explorer, key="F5")


def test_undo_brings_back_what_was_changed_together(explorer, monkeypatch):
    now = iter(range(0, 10**6, 10))
    monkeypatch.setattr("gzkit.widgets.base.time.monotonic", lambda: next(now))
    assert explorer.controls["undo"].disabled
    states = []
    for act in (explorer.next, explorer.mark, lambda: hand(explorer, touch="question:bar")):
        states.append(explorer._state())
        act()
    while not explorer.controls["undo"].disabled:
        explorer.undo()
    assert explorer._state() == states[0]
    explorer.undo()
    monkeypatch.setattr("gzkit.widgets.base.time.monotonic", lambda: 1e9)
    for total in range(10, 20):  # as a slider that is drawn
        explorer.controls["total_votes"].value = total
    explorer.undo()
    assert explorer._state() == states[0]


def test_another_galaxy_or_model_stands_beside(survey):
    predictions, catalog = survey
    other = gz.Predictions(predictions.concentration * 3, predictions.id_str, predictions.schema)
    explorer = gz.explore_predictions({"one": predictions, "two": other}, catalog)
    alone = explorer.panels["votes"].value
    explorer.controls["beside"].value = "two"
    assert explorer.panels["votes"].value != alone and explorer.panels["image"].value.count("<img") == 1
    explorer.controls["compare"].click()
    explorer.controls["compare"].click()
    explorer.next()
    assert explorer.beside == "J00" and explorer.panels["image"].value.count("<img") == 2
    with pytest.raises(ValueError, match="model or galaxy 'three'"):
        explorer.beside = "three"


def test_nothing_that_does_nothing_is_enabled(survey):
    predictions, _ = survey
    alone = gz.explore_predictions(predictions[["J07"]])
    for name in ("before", "next", "random", "undo", "descending"):
        assert alone.controls[name].disabled, name
    for name in ("all", "cut_on", "as_asked", "model", "beside"):
        assert alone.controls[name].layout.display == "none", name
    assert "data-touch" not in alone.panels["votes"].value


def test_dark_page_is_drawn_dark(explorer):
    explorer.touch.dark = True
    for name in ("tree", "votes"):
        assert "#121417" in explorer.panels[name].value and "#FFFFFF" not in explorer.panels[name].value


@pytest.mark.parametrize("kind, start", [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_picture_is_sent_to_be_saved(explorer, monkeypatch, kind, start):
    sent = []
    monkeypatch.setattr(explorer.touch, "send", lambda *message, buffers: sent.append((*message, buffers[0])))
    explorer.controls[kind].click()
    assert sent[0][0]["save"].endswith(kind) and sent[0][1].startswith(start)
    assert not plt.get_fignums()


def test_six_answers_have_their_own_scales():
    schema = gz.Schema.from_classes("arms", list("abcdef"))
    probability = np.zeros((6, 11))
    probability[:, 0], probability[0] = 0.9, 0.01
    probability[1:, 1], probability[0, 5] = 0.1, 0.9
    text = votes_svg(schema.questions[0], probability * np.linspace(1, 0.1, 6)[:, None])
    heights = [max(-float(a) for a in re.findall(r"V-?([\d.]+)h", svg)) for svg in text.split("<svg ")[1:]]
    assert np.ptp(heights) == 0
