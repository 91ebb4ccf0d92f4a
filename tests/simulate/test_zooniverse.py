import json
import warnings

import numpy as np
import pytest

import gzkit as gz
from gzkit.plots.tree.page import campaigns
from gzkit.simulate.zooniverse import build_workflow, write_export

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "edge-on": ["_yes", "_no"], "odd": ["_yes", "_no"]},
    {"shape": None, "edge-on": "shape_disk", "odd": ["shape_smooth", "edge-on_yes", "edge-on_no"]},
)
VOTES = np.array([[4, 6, 1, 5, 3, 7], [0, 3, 3, 0, 0, 3], [5, 0, 0, 0, 5, 0]])


def test_the_workflow_gives_the_schema_back(tmp_path):
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(build_workflow(SCHEMA)))
    read = gz.schema_from_workflow(path, like=SCHEMA)
    assert read.pairs == SCHEMA.pairs
    assert read.dependencies == SCHEMA.dependencies


def test_counting_an_export_gives_the_votes_that_were_dealt_out(tmp_path):
    workflow = build_workflow(SCHEMA)
    rows = write_export(tmp_path / "export.csv", VOTES, SCHEMA, ["101", "102", "103"], twice=5)
    assert rows == 18 + 4  # 18 volunteers; classifications 0, 5, 10 and 15 came twice
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # tells of the duplicates
        table = gz.count_votes(tmp_path / "export.csv", workflow=workflow, like=SCHEMA)
    assert table["id_str"].tolist() == ["101", "102", "103"]
    np.testing.assert_array_equal(table[SCHEMA.label_cols], VOTES)


def test_votes_that_no_walk_gives_are_refused(tmp_path):
    with pytest.raises(ValueError, match="galaxy '7': 'edge-on' has 5 votes, but 6 lead to it"):
        write_export(tmp_path / "export.csv", [[4, 6, 1, 4, 3, 7]], SCHEMA, ["7"])


@pytest.mark.parametrize("name", gz.schema_names())
def test_the_workflow_of_every_named_survey_gives_its_schema_back(name):
    """Questions that are asked together too, as combinations; of joined campaigns each has its own workflow."""
    for part in campaigns(gz.load_schema(name)).values():
        read = gz.schema_from_workflow(build_workflow(part), like=part)
        assert (read.pairs, read.dependencies) == (part.pairs, part.dependencies)


def test_votes_on_two_first_questions_are_dealt_out_and_counted(tmp_path):
    schema = gz.Schema(
        {"a": ["_yes", "_no"], "b": ["_yes"], "c": ["_1"]}, {"a": None, "b": "a_no", "c": None}
    )
    workflow, votes = build_workflow(schema), [[3, 2, 2, 5]]
    assert write_export(tmp_path / "export.csv", votes, schema, ["7"], twice=0) == 5
    table = gz.count_votes(tmp_path / "export.csv", workflow=workflow, like=schema)
    assert table[schema.label_cols].to_numpy().tolist() == votes


def test_two_questions_that_both_lead_on_are_no_workflow():
    schema = gz.Schema(
        {"a": ["_yes"], "b": ["_yes"], "c": ["_yes"], "d": ["_yes"]},
        {"a": None, "b": None, "c": "a_yes", "d": "b_yes"},
    )
    with pytest.raises(ValueError, match=r"after the beginning there are \['a', 'b'\]"):
        build_workflow(schema)
