import json
import re

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.report import write_trees

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def content(path):
    text = path.read_text(encoding="utf-8")
    return [json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)</script>', text)]


def test_the_page_knows_the_schema_parents_first(tmp_path):
    schema = gz.load_schema("gz-decals-dr5")
    schema.to_html(tmp_path / "tree.html")
    ((known),) = content(tmp_path / "tree.html")
    assert known["mean"] is None and known["galaxies"] is None
    assert [question["name"] for question in known["questions"]] == [q.text for q in schema.walk_order]
    for question in known["questions"]:
        own = schema.get_question(question["name"])
        assert question["after"] == [answer.index for answer in own.asked_after]
        assert [answer["label"] for answer in question["answers"]] == own.labels


def test_votes_flow_as_their_mean_and_a_catalogue_is_held(tmp_path):
    schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()[:9]
    schema.to_html(tmp_path / "tree.html", catalog)
    ((known),) = content(tmp_path / "tree.html")
    votes = catalog[schema.label_cols].to_numpy()
    np.testing.assert_allclose(known["mean"], votes.mean(axis=0), atol=0.0006)
    assert known["galaxies"]["ids"] == list(catalog["id_str"]) and all(known["galaxies"]["pictures"])
    schema.to_html(tmp_path / "one.html", votes[0])
    ((known),) = content(tmp_path / "one.html")
    assert known["mean"] == votes[0].tolist() and known["galaxies"] is None


def test_hostile_names_stay_text(tmp_path):
    schema = gz.Schema(
        {"shape": ["_smooth", f"_{HOSTILE}</script>"]}, {"shape": None}, name=f"</script>{HOSTILE}"
    )
    catalog = pd.DataFrame({"id_str": [f"</script>{HOSTILE}"], **dict.fromkeys(schema.label_cols, 3)})
    schema.to_html(tmp_path / "tree.html", catalog)
    text = (tmp_path / "tree.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text and text.count("</script>") == 2
    ((known),) = content(tmp_path / "tree.html")
    assert known["galaxies"]["ids"] == [f"</script>{HOSTILE}"]


def test_votes_of_another_schema_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no column 'ring_yes'"):
        gz.load_schema("gz-rings").to_html(tmp_path / "tree.html", {"bar_yes": 3})
    assert not list(tmp_path.iterdir())


def test_named_surveys_stand_on_one_page_with_their_sources(tmp_path):
    names = ["gz2", "gz-rings"]
    write_trees(tmp_path / "all.html", [gz.load_schema(name) for name in names], title="Two")
    text = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert len(content(tmp_path / "all.html")) == 2
    assert re.findall(r'<section id="([^"]+)">', text) == names
    assert "MNRAS 435, 2835" in text
