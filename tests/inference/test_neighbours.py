import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz
from gzkit.inference import neighbours


def drawn(galaxies, width, seed=0, clusters=5):
    """Galaxies in clusters, and some between them."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(clusters, width)) * 3
    values = middle[rng.integers(clusters, size=galaxies)] + rng.normal(size=(galaxies, width))
    values[:: max(1, galaxies // 7)] *= -1
    return gz.Features(values + 1, [f"J{i}" for i in range(galaxies)], "drawn")


def brute_force(features):
    """Every similarity, in float64; a galaxy has none with itself."""
    values = features.values.astype(float)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    return similarity


@given(st.integers(2, 60), st.integers(1, 9), st.integers(0, 5), st.integers(1, 70))
def test_neighbours_are_those_of_brute_force(galaxies, width, seed, count):
    features = drawn(galaxies, width, seed)
    expected = brute_force(features)[1]
    found = gz.similar(features, "J1", count=count)
    order = np.argsort(-expected)[: min(count, galaxies - 1)]
    np.testing.assert_allclose(found["similarity"], expected[order], atol=1e-7)
    assert len(set(found["id_str"])) == len(found) and "J1" not in set(found["id_str"])
    rows = [int(galaxy[1:]) for galaxy in found["id_str"]]
    np.testing.assert_allclose(found["similarity"], expected[rows], atol=1e-7)


@pytest.mark.parametrize("sample", [16, 64, 5000])
@pytest.mark.parametrize("galaxies, k, count", [(700, 1, 5), (700, 10, 30), (700, 3, 700), (40, 50, 10)])
def test_the_unusual_are_those_of_brute_force_however_few_are_compared(
    sample, galaxies, k, count, monkeypatch
):
    monkeypatch.setattr(neighbours, "SAMPLE", sample)
    monkeypatch.setattr(neighbours, "AT_A_TIME", 32)
    features = drawn(galaxies, 12)
    kept = min(k, galaxies - 1)
    expected = 1 - np.sort(brute_force(features), axis=1)[:, -kept]
    found = gz.unusual(features, count=count, neighbours=k)
    np.testing.assert_allclose(found["distance"], np.sort(expected)[::-1][:count], atol=1e-9)
    rows = [int(galaxy[1:]) for galaxy in found["id_str"]]
    np.testing.assert_allclose(found["distance"], expected[rows], atol=1e-9)
    assert len(set(rows)) == len(rows)


def test_neighbours_of_several_are_near_to_all_of_them():
    features = drawn(80, 6)
    expected = brute_force(features)[[3, 9, 11]].mean(axis=0)
    found = gz.similar(features, ["J3", "J9", "J11"], count=10)
    order = np.argsort(-expected)[:10]
    assert found["id_str"].tolist() == [f"J{i}" for i in order]
    np.testing.assert_allclose(found["similarity"], expected[order], atol=1e-7)


def test_a_galaxy_from_elsewhere_has_neighbours_if_its_encoder_is_the_same():
    features = drawn(30, 4)
    alone = gz.Features(features.values[7:8] * 5, ["K1"], "drawn")
    found = gz.similar(features, alone, count=1)
    assert found["id_str"].tolist() == ["J7"] and found["similarity"][0] == pytest.approx(1)
    with pytest.raises(ValueError, match=r"features of two encoders are not alike: .*'drawn'.*'other'"):
        gz.similar(features, gz.Features(alone.values, ["K1"], "other"))


def test_ids_may_be_numbers_and_those_that_are_not_there_are_named():
    features = gz.Features([[1.0, 0], [1, 1], [0, 1]], [587722981742084096, 7, 8])
    assert gz.similar(features, 587722981742084096)["id_str"].tolist() == ["7", "8"]
    with pytest.raises(KeyError, match="no features of galaxy '9'"):
        gz.similar(features, [7, 9])
    for wrong in ({"count": 0}, {"count": 2.5}):
        with pytest.raises(ValueError, match="count="):
            gz.similar(features, "7", **wrong)
    with pytest.raises(ValueError, match="neighbours=0 is not a whole number"):
        gz.unusual(features, neighbours=0)
    for none in ([], features[[]]):
        with pytest.raises(ValueError, match="which galaxies"):
            gz.similar(features, none)
    for wrong, sentence in (({"7"}, "a set is no id"), (["7", "7"], "galaxy '7' is asked about 2 times")):
        with pytest.raises(ValueError, match=sentence):
            gz.similar(features, wrong)
    with pytest.raises(ValueError, match="id_str: no id at row 1"):
        gz.Features([[1.0], [2.0]], ["7", None])
    with pytest.raises(ValueError, match=r"\(galaxy, feature\), got \(2, 0\)"):
        gz.Features(np.empty((2, 0)), ["7", "8"])


def test_a_galaxy_alone_has_no_neighbours_and_one_of_zeros_is_like_none():
    alone = gz.Features([[1.0, 2.0]], ["J1"])
    assert len(gz.similar(alone, "J1")) == 0
    assert gz.unusual(alone)["distance"].isna().tolist() == [True]
    zeros = gz.Features([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], ["J0", "J1", "J2"])
    assert gz.similar(zeros, "J0")["similarity"].tolist() == [0, 0]
    assert gz.unusual(zeros, count=1, neighbours=1)["id_str"].tolist() == ["J0"]


def test_copies_of_a_galaxy_are_its_nearest_neighbours():
    values = np.random.default_rng(0).normal(size=(50, 8))
    values[20] = values[3]
    found = gz.similar(gz.Features(values, [f"J{i}" for i in range(50)]), "J3", count=1)
    assert found["id_str"].tolist() == ["J20"]
