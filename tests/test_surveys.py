import pytest

import gzkit as gz

NAMES = [
    "gz2",
    "gz-decals-dr12",
    "gz-decals-dr5",
    "gz-decals-dr8",
    "gz-desi",
    "gz-hubble",
    "gz-candels",
    "gz-ukidss",
]
NAMES += ["gz-cosmic-dawn", "gz-jwst-ceers", "gz-jwst-cosmos", "gz-euclid", "gz-rings", "gz-decals", "gz-evo"]


def test_every_promised_survey_is_there():
    assert set(NAMES) <= set(gz.schema_names())


@pytest.mark.parametrize("name", gz.schema_names())
@pytest.mark.parametrize("parents", ["volunteers", "simplified"])
def test_every_survey_loads(name, parents):
    schema = gz.load_schema(name, parents=parents)
    assert schema.name == name
    if parents == "simplified":
        assert all(len(question.asked_after) <= 1 for question in schema.questions)


def test_a_wrong_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="no survey 'gz-decals-d5'; did you mean 'gz-decals-dr5'"):
        gz.load_schema("gz-decals-d5")
