import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gzkit as gz
from gzkit.inference.marks import MarksHead
from gzkit.widgets import features as page

HOSTILE = '<img src=x onerror="window.hacked=1"> $\\frac{$'
GALAXIES = 60


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Features in which each fifth galaxy stands apart, as its votes say."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("images")
    odd = np.arange(GALAXIES) % 5 == 0
    values = rng.normal(size=(GALAXIES, 6)) + 3 * odd[:, None] * np.eye(6)[2] + 2
    ids = [f"J{i:02}" for i in range(GALAXIES)]
    for name in ids:
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    schema = gz.Schema.from_classes("ring", ["yes", "no"])
    yes = np.where(odd, 18, 1)
    catalog = pd.DataFrame({"id_str": ids, "file_loc": [str(folder / f"{name}.png") for name in ids]})
    catalog[schema.label_cols] = np.stack([yes, 20 - yes], axis=1)
    return gz.Features(values, ids, "mine"), catalog, schema


@pytest.fixture
def explorer(survey):
    features, catalog, schema = survey
    return gz.explore_features(features, catalog, schema=schema)


def hand(explorer, **message):
    """What the browser sends."""
    explorer.touch._receive(explorer.touch, message, [])


def gallery(explorer):
    return [part.split('"')[0] for part in explorer.panels["gallery"].value.split('data-touch="galaxy:')[1:]]


def test_a_galaxy_and_its_neighbours_in_their_order_and_a_click_walks_on(survey, explorer):
    features = survey[0]
    for galaxy in ("J00", "J17", "J42"):
        hand(explorer, touch=f"galaxy:{galaxy}")
        expected = gz.similar(features, galaxy, count=page.GALLERY - 1)
        assert gallery(explorer) == [galaxy, *expected["id_str"]]
        np.testing.assert_allclose(explorer.ranking["value"][1 : page.GALLERY], expected["similarity"])
        assert f'alt="Image of galaxy {galaxy}"' in explorer.panels["image"].value
    hand(explorer, key="ArrowRight")
    assert explorer.galaxy == expected["id_str"][0] and explorer.centre == "J42"
    assert f"similarity to J42 {expected['similarity'][0]:.3f}" in explorer.describe()
    explorer.controls["search"].value = "j3"
    assert explorer.galaxy == explorer.centre == "J30"
    explorer.controls["search"].value = "K9"
    assert "No id holds" in explorer.panels["count"].value


def test_marks_rank_what_is_like_them_first_and_lead_on(survey, explorer):
    hand(explorer, key="m")
    assert explorer.first == page.LIKELY == explorer.controls["first"].value
    assert explorer.galaxy != "J00" and "J00" not in gallery(explorer)
    for _ in range(12):
        hand(explorer, key="m" if int(explorer.galaxy[1:]) % 5 == 0 else "n")
    assert len(explorer.marked) + len(explorer.unlike) == 13
    left = {f"J{i:02}" for i in range(0, GALAXIES, 5)} - set(explorer.marked)
    assert len(left) <= 3 and left <= set(gallery(explorer)[:5])
    assert explorer.ranking["value"].is_monotonic_decreasing
    explorer.first = page.INFORMATIVE
    assert abs(explorer.ranking["value"] - 0.5).is_monotonic_increasing
    assert "chance to be like the marked ones" in explorer.describe()


def test_the_oddest_are_the_unusual_ones(survey, explorer):
    explorer.first = page.ODD
    odd = gz.unusual(survey[0], count=GALAXIES)
    assert explorer.ranking["id_str"].tolist() == odd["id_str"].tolist()
    np.testing.assert_allclose(explorer.ranking["value"], odd["distance"], rtol=1e-4)
    assert explorer.galaxy == odd["id_str"][0]
    assert f"distance to the tenth neighbour {odd['distance'][0]:.3f}" in explorer.describe()


def test_a_mark_is_taken_back_alone_with_what_it_led_to(explorer):
    states = []
    for key in ("m", "n", "m"):
        states.append(explorer._state())
        hand(explorer, key=key)
    for state in states[::-1]:
        explorer.controls["undo"].click()
        assert explorer._state() == state
    assert explorer.controls["undo"].disabled and explorer.marked == explorer.unlike == []


def test_a_mark_is_changed_and_taken_away(explorer):
    explorer.mark()
    hand(explorer, touch="galaxy:J00")
    assert 'data-touch="galaxy:J00"' in explorer.panels["like"].value
    explorer.mark(like=False)
    assert (explorer.marked, explorer.unlike) == ([], ["J00"])
    hand(explorer, touch="galaxy:J00")
    explorer.mark(like=False)
    assert (explorer.marked, explorer.unlike) == ([], [])


def test_votes_alone_rank_what_volunteers_see_and_marks_correct_them(survey, explorer):
    explorer.first, explorer.answer = page.LIKELY, "ring_yes"
    rings = {f"J{i:02}" for i in range(0, GALAXIES, 5)}
    assert len(set(explorer.ranking["id_str"][: len(rings)]) & rings) >= len(rings) - 2
    before = explorer.ranking.set_index("id_str")["value"]["J00"]
    for other in ("J05", "J10", "J15"):
        explorer.galaxy = other
        explorer.mark(like=False)
    assert explorer.ranking.set_index("id_str")["value"]["J00"] < before / 2


def test_a_mark_that_contradicts_the_votes_is_told(explorer):
    explorer.answer = "ring_yes"
    for galaxy, like, given in (("J05", False, 18), ("J07", True, 1)):
        explorer.galaxy = galaxy
        explorer.mark(like=like)
        explorer.galaxy = galaxy
        words = f"Your mark contradicts the votes: {given} of 20 said ring_yes."
        assert words in explorer.describe() and words in explorer.panels["count"].value
    explorer.galaxy = "J10"
    explorer.mark()
    explorer.galaxy = "J10"
    assert "contradicts" not in explorer.describe()


def test_marks_are_a_catalogue_that_trains(explorer):
    assert len(explorer.marks) == 0
    for _ in range(8):
        hand(explorer, key="m" if int(explorer.galaxy[1:]) % 5 == 0 else "n")
    table = gz.read_catalog(explorer.marks, explorer.schema)
    yes = dict(zip(table["id_str"], table["like-this_yes"], strict=True))
    assert yes == {galaxy: int(galaxy in explorer.marked) for galaxy in (*explorer.marked, *explorer.unlike)}
    model = gz.TreeModel(explorer.schema, "test_convnext", pretrained=False, image_size=32)
    run = gz.finetune(model, table, epochs=1, progress=False)
    assert np.isfinite(run.history["train_loss"]).all()


def test_one_galaxy_and_no_votes_are_enough(survey):
    features, catalog, _ = survey
    alone = gz.explore_features(features[:1], catalog[["id_str", "file_loc"]])
    assert alone.controls["answer"].layout.display == "none" and alone.controls["next"].disabled
    for first in (page.LIKELY, page.INFORMATIVE, page.ODD, page.NEIGHBOURS):
        alone.first = first
        assert alone.describe() and alone.galaxy == "J00"
    alone.mark()
    alone.mark()
    assert gz.explore_features(
        features[:2], catalog.drop(columns="ring_no")[["id_str", "file_loc"]]
    ).ranking.shape == (2, 2)


def test_a_survey_is_known_by_its_columns(survey):
    features = survey[0]
    sample = gz.sample_catalog()[:20]
    some = gz.Features(features.values[:20], sample["id_str"])
    assert "bar_strong" in dict(gz.explore_features(some, sample).controls["answer"].options).values()
    with pytest.raises(ValueError, match="no answer 'bar_stron'; did you mean 'bar_strong'"):
        gz.explore_features(some, sample).answer = "bar_stron"


def test_what_cannot_be_explored_meets_a_sentence(survey):
    features, catalog, schema = survey
    cases = [
        (TypeError, "features is what gz.embed returns", (gz.Predictions([[1.0, 1]], ["J1"], schema), catalog), {}),
        (TypeError, "stand in each other's place", (catalog, features), {}),
        (ValueError, "explore_features: no column 'file_loc'", (features, catalog.drop(columns="file_loc")), {}),
        (ValueError, r"such as 'J10'; choose the galaxies with features\[catalog", (features, catalog[:10]), {}),
        (ValueError, "galaxy 'J03' has more than one row", (features, pd.concat([catalog, catalog[3:4]])), {}),
        (ValueError, "no column 'smooth-or-featured_smooth'", (features, catalog), {"schema": "gz-decals-dr5"}),
        (ValueError, "the features are of no galaxy", (features[[]], catalog), {}),
    ]  # fmt: skip
    for kind, sentence, given, more in cases:
        with pytest.raises(kind, match=sentence):
            gz.explore_features(*given, **more)
    with pytest.raises(ValueError, match="no galaxy 'J99'"):
        gz.explore_features(features, catalog).marked = ["J00", "J99"]
    with pytest.raises(TypeError, match=r"explore_features: stretch is a gz.Stretch"):
        gz.explore_features(features, catalog, stretch="asinh")


def test_hostile_ids_stay_text(survey):
    features, catalog, _ = survey
    table = catalog.assign(id_str=[HOSTILE, *catalog["id_str"][1:]])
    explorer = gz.explore_features(
        gz.Features(features.values, table["id_str"], HOSTILE), table, about=HOSTILE
    )
    for _ in range(3):
        for panel in explorer.panels.values():
            assert "<img src=x" not in panel.value
        hand(explorer, touch=f"galaxy:{HOSTILE}")
        explorer.mark()
        hand(explorer, touch=f"galaxy:{HOSTILE}")
    assert explorer._repr_mimebundle_()[0]["image/png"] and len(explorer.marks) in (0, 1)
    assert not plt.get_fignums()


def test_the_head_is_that_of_a_logistic_regression():
    """Its weights are where the gradient of the penalised likelihood, written out here, is nothing."""
    rng = np.random.default_rng(1)
    head = MarksHead(gz.Features(rng.normal(size=(300, 5)), [f"J{i}" for i in range(300)]))
    odds = head.log_odds([3, 4], [7])
    seen, background = head._seen.astype(float), np.setdiff1d(head._some[:1000], [3, 4, 7])
    weights = np.linalg.lstsq(seen, odds, rcond=None)[0]
    chance = 1 / (1 + np.exp(-odds))
    pull = seen[[3, 4]].T @ (chance[[3, 4]] - 1) + seen[7] * chance[7]
    pull += seen[background].T @ chance[background] * 3 / len(background)
    pull += weights * [*[0.5] * 5, 1e-3]
    np.testing.assert_allclose(pull, 0, atol=2e-3)
    assert np.std(head._seen[:, :5], axis=0) == pytest.approx(np.ones(5), rel=0.02)


def test_thirty_thousand_galaxies_are_ranked_anew_in_a_second(survey):
    _, catalog, _ = survey
    rng = np.random.default_rng(0)
    ids = [f"J{i}" for i in range(30_000)]
    many = gz.Features(rng.normal(size=(30_000, 64)), ids)
    files = pd.DataFrame({"id_str": ids, "file_loc": catalog["file_loc"][0]})
    explorer = gz.explore_features(many, files)
    explorer.mark()
    start = time.process_time()
    explorer.mark()
    assert time.process_time() - start < 1
