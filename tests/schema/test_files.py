import gzip
import json

import numpy as np
import pytest

import gzkit as gz
from gzkit.schema.files import Number, check_fields, read_json, refuse_bomb

FIELDS = {"size": Number(1, 64, whole=True), "mean": [Number(0, 1)], "name?": str | None, "inner": {"a": int}}
GOOD = {"size": 8, "mean": [0.5, 1], "inner": {"a": 1}}


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("size", 8.0, "'size'"),
        ("size", True, "'size'"),
        ("size", 65, "'size' is 65, not a whole number from 1 to 64"),
        ("mean", 0.5, "'mean' is 0.5, not a list"),
        ("mean", [0.5, float("nan")], r"'mean'\[1\] is nan"),
        ("name", 3, "'name' is 3"),
        ("inner", [], "'inner' is \\[\\], not a JSON object"),
        ("inner", {}, "'inner' has no field 'a'"),
        ("inner", {"a": "1"}, r"'inner'\.a is '1', not int"),
    ],
)
def test_a_field_of_another_kind_or_out_of_range_is_named(field, value, place):
    check_fields(GOOD, FIELDS)
    check_fields(GOOD | {"name": None}, FIELDS)
    with pytest.raises(ValueError, match=place):
        check_fields(GOOD | {field: value}, FIELDS)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "{", "", '{"a": 1, "a": 2}']
)
def test_json_that_is_too_deep_cut_or_says_a_thing_twice_is_refused_with_its_path(text, tmp_path):
    (tmp_path / "schema.json").write_text(text)
    for read in (read_json, gz.Schema.from_json):
        with pytest.raises(ValueError, match=r"schema\.json: not JSON"):
            read(tmp_path / "schema.json")


def test_a_schema_of_another_format_is_refused(tmp_path):
    content = gz.load_schema("gz2").to_dict() | {"format": "gzkit-schema-9"}
    (tmp_path / "schema.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"schema\.json: format 'gzkit-schema-9'"):
        gz.Schema.from_json(tmp_path / "schema.json")


def test_a_small_gzip_file_that_holds_more_than_memory_is_refused_before_it_is_read(tmp_path):
    with gzip.open(tmp_path / "bomb.csv.gz", "wb", compresslevel=1) as file:
        for _ in range(17):
            file.write(b"0" * 2**24)
    for read in (refuse_bomb, gz.read_catalog):
        with pytest.raises(ValueError, match=r"bomb\.csv\.gz: 256 MB from \d+ kB"):
            read(tmp_path / "bomb.csv.gz")
    with gzip.open(tmp_path / "table.csv.gz", "wt") as file:
        file.writelines(f"J{i},{value}\n" for i, value in enumerate(np.random.default_rng(0).random(20_000)))
    refuse_bomb(tmp_path / "table.csv.gz")
    refuse_bomb(__file__)


@pytest.mark.parametrize("questions", [3, 700])
def test_a_long_chain_of_questions_is_ordered_and_written_however_deep(questions):
    names = [f"q{i}" for i in range(questions)]
    order = np.random.default_rng(0).permutation(questions)
    pairs = {names[i]: ["_a", "_b"] for i in order}
    schema = gz.Schema(pairs, {names[i]: f"q{i - 1}_a" if i else None for i in range(questions)})
    assert [question.text for question in schema.walk_order] == names
    lines = str(schema).splitlines()
    assert [line.strip("│ ") for line in lines if line.strip("│ ").startswith("q")][:questions] == names
    assert schema._repr_html_().count("<details") == schema._repr_html_().count("</details>") == questions
