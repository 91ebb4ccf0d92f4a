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
