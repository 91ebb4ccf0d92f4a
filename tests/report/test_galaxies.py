import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.report.galaxies import hold

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
)


def survey(galaxies, samples=1, seed=0):
    rng = np.random.default_rng(seed)
    concentration = rng.uniform(0.5, 20, (galaxies, 4, samples))
    votes = np.zeros((galaxies, 4), int)
    votes[:, 0] = rng.binomial(40, 0.5, galaxies)
    votes[:, 1] = 40 - votes[:, 0]
    votes[:, 2] = rng.binomial(votes[:, 1], 0.3)
    votes[:, 3] = votes[:, 1] - votes[:, 2]
    ids = [f"J{i}" for i in range(galaxies)]
    catalog = pd.DataFrame({"id_str": ids, **dict(zip(SCHEMA.label_cols, votes.T, strict=True))})
    return gz.Predictions(concentration, ids, SCHEMA), catalog


def test_a_small_survey_is_held_whole_in_its_order():
    predictions, catalog = survey(50, samples=3)
    held = hold(catalog, SCHEMA, predictions)
    assert held["ids"] == list(catalog["id_str"])
    assert held["votes"] == catalog[SCHEMA.label_cols].to_numpy().tolist()
    np.testing.assert_allclose(
        np.reshape(held["concentration"], (50, 4, 3)), predictions.concentration, rtol=5e-4
    )
    surprise = gz.surprise(predictions, catalog)[["surprise", "shape", "bar"]].to_numpy()
    np.testing.assert_allclose(np.array(held["surprise"], dtype=float), surprise, atol=0.0051)
    assert held["pictures"] == [None] * 50


def test_of_a_large_survey_those_are_held_that_lead_an_order_and_some_of_all_ranks():
    predictions, catalog = survey(60_000, seed=1)
    held = hold(catalog, SCHEMA, predictions)
    assert len(set(held["ids"])) == 25_000  # 100,000 concentrations
    kept = catalog["id_str"].isin(held["ids"]).to_numpy()
    odd = gz.surprise(predictions, catalog)
    for order in [odd["surprise"], odd["bar"], *predictions.vote_fractions().T]:
        assert kept[np.argsort(-np.asarray(order))[:1000]].all()
    ranks = np.sort(odd["surprise"].rank().to_numpy()[kept])
    assert np.diff(ranks).max() < 20


def test_nobody_asked_has_no_surprise():
    predictions, catalog = survey(3)
    catalog.loc[1, SCHEMA.label_cols] = 0
    assert hold(catalog, SCHEMA, predictions)["surprise"][1] == [None, None, None]


@pytest.mark.parametrize("count", [0, 5])
def test_so_many_images_are_held_as_were_asked_for(count):
    catalog = gz.sample_catalog()[:20]
    held = hold(catalog, gz.load_schema("gz-decals-dr5"), pictures=count)
    pictures = [picture for picture in held["pictures"] if picture]
    assert len(pictures) == count
    assert all(picture.startswith("data:image/jpeg;base64,") for picture in pictures)
