import json
import pickle

import pytest

import gzkit as gz

PAIRS = {
    "smooth-or-featured": ["_smooth", "_featured-or-disk"],
    "disk-edge-on": ["_yes", "_no"],
    "merging": ["_yes", "_no"],
}
DEPENDENCIES = {
    "smooth-or-featured": None,
    "disk-edge-on": "smooth-or-featured_featured-or-disk",
    "merging": ["smooth-or-featured_smooth", "disk-edge-on_yes", "disk-edge-on_no"],
}


@pytest.fixture
def schema():
    return gz.Schema(PAIRS, DEPENDENCIES, name="tiny", wording={"merging": "Is it merging?"})


def test_columns_stand_in_the_order_of_the_pairs(schema):
    assert schema.label_cols == [q + a for q, answers in PAIRS.items() for a in answers]
    assert schema.question_index_groups == [(0, 1), (2, 3), (4, 5)]
    assert [answer.index for answer in schema.answers] == list(range(6))
    assert schema.get_question("merging").columns == slice(4, 6)


def test_a_question_with_several_parents_knows_them_all_and_they_know_it(schema):
    merging = schema.get_question("merging")
    assert [answer.label for answer in merging.asked_after] == DEPENDENCIES["merging"]
    assert schema.get_answer("disk-edge-on_no").next_questions == (merging,)
    assert schema.get_question("smooth-or-featured").asked_after == ()


def test_walk_order_puts_parents_first_whatever_the_column_order():
    schema = gz.Schema(dict(reversed(PAIRS.items())), DEPENDENCIES)
    assert [q.text for q in schema.walk_order] == ["smooth-or-featured", "disk-edge-on", "merging"]
    assert [q.text for q in schema.questions] == ["merging", "disk-edge-on", "smooth-or-featured"]


def test_json_and_pickle_keep_everything(schema, tmp_path):
    schema.to_json(tmp_path / "schema.json")
    for copy in (gz.Schema.from_json(tmp_path / "schema.json"), pickle.loads(pickle.dumps(schema))):
        assert copy == schema
        assert (copy.name, copy.wording) == ("tiny", {"merging": "Is it merging?"})


def test_classes_are_one_question_that_everybody_is_asked():
    schema = gz.Schema.from_classes("merger", ["yes", "no"])
    assert schema.label_cols == ["merger_yes", "merger_no"]
    assert schema.dependencies == {"merger": None}


@pytest.mark.parametrize(
    ("pairs", "dependencies", "message"),
    [
        ({}, {}, "no questions"),
        ({"bar": []}, {"bar": None}, "'bar' needs a list of answers"),
        ({"bar": "_yes"}, {"bar": None}, "'bar' needs a list of answers"),
        ({"bar": ["yes"]}, {"bar": None}, "'yes' must be text that starts with '_'"),
        ({"bar": ["_yes", "_yes"]}, {"bar": None}, "'bar' repeats the answer '_yes'"),
        ({"bar": ["_yes"]}, {}, "'bar' has no entry in dependencies"),
        ({"bar": ["_yes"]}, {"bar": None, "baar": None}, "'baar' that does not exist; did you mean 'bar'"),
        ({"a": ["_b_c"], "a_b": ["_c"]}, {"a": None, "a_b": None}, r"share the column \['a_b_c'\]"),
        ({"bar": ["_yes"], "arms": ["_no"]}, {"bar": None, "arms": "bar_yess"}, "did you mean 'bar_yes'"),
        ({"bar": ["_yes"], "arms": ["_no"]}, {"bar": None, "arms": ["bar_yes"] * 2}, "'bar_yes' twice"),
        (
            {"bar": ["_yes"], "arms": ["_no"]},
            {"bar": "arms_no", "arms": "bar_yes"},
            r"circle: \['bar', 'arms'\]",
        ),
    ],
)
def test_a_schema_that_cannot_be_is_refused(pairs, dependencies, message):
    with pytest.raises(ValueError, match=message):
        gz.Schema(pairs, dependencies, name="survey")


def test_an_unknown_name_suggests_the_nearest(schema):
    with pytest.raises(KeyError, match="no question 'mergin'; did you mean 'merging'"):
        schema.get_question("mergin")
    with pytest.raises(KeyError, match="did you mean 'merging_yes'"):
        schema.get_answer("mergin_yes")


@pytest.mark.parametrize("text", ["{", "[]", '{"pairs": {}}'])
def test_a_file_that_is_no_schema_is_named(text, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"broken\.json"):
        gz.Schema.from_json(path)


GOOD = {"pairs": {"bar": ["_yes", "_no"]}, "dependencies": {"bar": None}}
OTHER_SHAPES = {
    "a list": ([], "not a schema: expected a JSON object with 'pairs' and 'dependencies'"),
    "pairs in a list": (GOOD | {"pairs": ["bar"]}, r"pairs must be a dictionary, not \['bar'\]"),
    "dependencies null": (GOOD | {"dependencies": None}, "dependencies must be a dictionary, not None"),
    "wording in a list": (GOOD | {"wording": ["Bar?"]}, r"wording must be a dictionary, not \['Bar"),
    "wording null": (
        GOOD | {"wording": {"bar": None}},
        "wording for 'bar' must be text without control characters",
    ),
    "answers in an object": (
        GOOD | {"pairs": {"bar": {"_yes": 1}}},
        "question 'bar' needs a list of answers",
    ),
    "a number of answers": (GOOD | {"pairs": {"bar": 2}}, "question 'bar' needs a list of answers, got 2"),
    "an answer null": (
        GOOD | {"pairs": {"bar": ["_yes", None]}},
        "answer None must be text that starts with '_'",
    ),
    "a parent in a list in a list": (
        GOOD | {"dependencies": {"bar": [["bar_yes"]]}},
        r"asked after \['bar_yes'\], which",
    ),
    "a parent that is a number": (
        GOOD | {"dependencies": {"bar": 3}},
        "asked after 3, which is no list of answers",
    ),
    "a name that is a number": (
        GOOD | {"name": 7},
        "the name of a schema must be text .*, not 7",
    ),
    "a question without a name": (
        {"pairs": {"": ["_yes"]}, "dependencies": {"": None}},
        "question '' must be a line of text without control characters",
    ),
    "a bell in a question": (
        {"pairs": {"ba\ar": ["_yes"]}, "dependencies": {"ba\ar": None}},
        r"question 'ba\\x07r'",
    ),
    "a line break in an answer": (GOOD | {"pairs": {"bar": ["_a\nb", "_c"]}}, r"answer '_a\\nb' has control"),
    "half a pair of surrogates": (GOOD | {"wording": {"bar": "\ud800"}}, "wording for 'bar' must be text"),
}


@pytest.mark.parametrize("content, message", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_a_schema_of_another_shape_is_refused_with_its_place(content, message, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"schema\.json: .*{message}"):
        gz.Schema.from_json(path)


JSON_FILES = {
    "a question twice": ('{"pairs": {"bar": ["_a"], "bar": ["_b"]}}', "'bar' stands twice in one object"),
    "nested without end": ("[" * 100_000, "maximum recursion depth exceeded"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), "'utf-8' codec can't decode"),
    "cut off": (json.dumps(GOOD)[:-3], "Expecting"),
    "empty": ("", "Expecting value"),
}


@pytest.mark.parametrize("text, message", JSON_FILES.values(), ids=JSON_FILES)
def test_a_file_that_is_no_json_is_refused_with_its_name(text, message, tmp_path):
    path = tmp_path / "schema.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=rf"schema\.json: not JSON: .*{message}"):
        gz.Schema.from_json(path)
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert gz.Schema.from_json(path).label_cols == ["bar_yes", "bar_no"]
