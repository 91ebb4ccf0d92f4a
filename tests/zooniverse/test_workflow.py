import copy
import csv
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz
from gzkit.zooniverse.labels import answer_names, clean_label, question_name, squash
from gzkit.zooniverse.workflow import WorkflowWarning, read_workflow


def single(question, *answers, after=None):
    """A task with one answer; each answer is a label, or a label and the task after it."""
    pairs = [answer if isinstance(answer, tuple) else (answer, None) for answer in answers]
    listed = [{"label": label} | ({"next": target} if target else {}) for label, target in pairs]
    return {"type": "single", "question": question, "answers": listed} | ({"next": after} if after else {})


def workflow(first_task="T0", **tasks):
    return {"id": "77", "display_name": "Test", "version": "3.1", "first_task": first_task, "tasks": tasks}


def parents(schema, question):
    return [answer.label for answer in schema.get_question(question).asked_after]


TREE = workflow(
    T0=single("Is it smooth?", ("![a](b.png =60x) Smooth", "T1"), ("Disk", "T2"), "Star or artifact"),
    T1=single("How rounded is it?", ("Round", "T3"), ("Cigar", "T3")),
    T2=single("Is there a bar?", "Bar", "No bar", after="T3"),
    T3=single("Is it merging?", "Yes", "No"),
)


def test_answers_of_several_questions_lead_to_the_same_question():
    schema = gz.schema_from_workflow(TREE)
    assert parents(schema, "merging") == ["rounded_round", "rounded_cigar", "bar_bar", "bar_no-bar"]
    assert parents(schema, "rounded") == ["smooth_smooth"]
    assert parents(schema, "smooth") == []
    assert schema.get_answer("smooth_star-or-artifact").next_questions == ()


def test_wording_is_kept_clean():
    schema = gz.schema_from_workflow(TREE)
    assert schema.get_question("smooth").wording == "Is it smooth?"
    assert schema.get_answer("smooth_smooth").wording == "Smooth"


def test_names_and_columns_do_not_depend_on_the_order_of_tasks_in_the_file():
    shuffled = copy.deepcopy(TREE)
    shuffled["tasks"] = dict(reversed(TREE["tasks"].items()))
    assert gz.schema_from_workflow(shuffled) == gz.schema_from_workflow(TREE)


@pytest.mark.parametrize(
    "label, plain",
    [
        ("![smooth.png](https://example.org/a_(1).png =60x) Smooth", "Smooth"),
        ("**Yes** -  _edge_ on", "Yes - edge on"),
        ("[A lens](+tab+https://example.org) &amp; <br/>an arc", "A lens & an arc"),
        ("![dust_lane.png](x.png)", "dust lane"),
        ("# Can&#39;t tell", "Can't tell"),
        ("snake_case stays", "snake_case stays"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_labels_are_read_as_volunteers_read_them(label, plain):
    assert clean_label(label) == plain


@pytest.mark.parametrize(
    "text, name",
    [
        ("How rounded is it?", "rounded"),
        ("Does the galaxy have a bulge at its centre? If so, what shape?", "bulge-centre"),
        ("How many spiral arms are there?", "number-spiral-arms"),
        ("Is the galaxy merging or disturbed?", "merging-or-disturbed"),
        ("Ist die Galaxie größer?", "ist-die-galaxie-größer"),
        ("Is it?", ""),
    ],
)
def test_question_names_follow_the_rule(text, name):
    assert question_name(text) == name


def test_answer_names_that_collide_are_made_distinct():
    assert answer_names(["No - smooth", "No - other", "Yes"]) == ["no-smooth", "no-other", "yes"]
    assert answer_names(["4", "4+"]) == ["4", "4-plus"]
    assert answer_names(["?", "!", "Yes", "YES"]) == ["1", "2", "yes-3", "yes-4"]
    assert answer_names(["a", "A", "a-2"]) == ["a-1", "a-2-2", "a-2-3"]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_any_labels_give_a_schema_with_distinct_columns(labels):
    schema = gz.schema_from_workflow(
        workflow(T0=single(labels[0], *[(label, "T1") for label in labels]), T1=single("", *labels))
    )
    assert len(set(schema.label_cols)) == 2 * len(labels)
    assert len(schema.questions[1].asked_after) == len(labels)


def test_question_names_that_collide_get_their_task():
    two = workflow(T0=single("Is there a bulge?", ("Yes", "T1"), "No"), T1=single("A bulge!", "Big", "Small"))
    assert [q.text for q in gz.schema_from_workflow(two).questions] == ["bulge-t0", "bulge-t1"]


def test_labels_are_compared_by_letters_and_digits():
    assert squash("In between") == squash("![x](y.png) Inbetween")
    assert squash("+") != squash("-")
    assert squash("> 4") == squash("More than 4") != squash("4")


def test_rename_takes_tasks_questions_and_columns():
    schema = gz.schema_from_workflow(
        TREE, rename={"T0": "shape", "bar": "barred", "bar_no-bar": "no", "shape_disk": "d"}
    )
    assert schema.label_cols[:3] == ["shape_smooth", "shape_d", "shape_star-or-artifact"]
    assert schema.get_question("barred").labels == ["barred_bar", "barred_no"]
    assert "barred_no" in parents(schema, "merging")


def test_rename_of_something_unknown_suggests_the_nearest():
    with pytest.raises(
        ValueError, match="rename has 'bra', which is no task, question or column; did you mean 'bar'"
    ):
        gz.schema_from_workflow(TREE, rename={"bra": "x"})
    with pytest.raises(ValueError, match=r"would be called \['bar'\]"):
        gz.schema_from_workflow(TREE, rename={"T0": "bar"})


def test_tasks_that_are_not_votes_are_walked_through_and_named():
    tasks = {
        "T0": single("Is it smooth?", ("Smooth", "T1"), ("Disk", "T4")),
        "T1": {"type": "drawing", "instruction": "Mark the centre", "next": "T2"},
        "T2": {"type": "text", "instruction": "Comments?", "next": "T3"},
        "T3": {
            "type": "multiple",
            "question": "Rare?",
            "answers": [{"label": "Ring"}, {"label": "Lens"}],
            "next": "T4",
        },
        "T4": single("Is it merging?", "Yes", "No"),
        "T9": single("Forgotten?", "Yes"),
    }
    with pytest.warns(
        WorkflowWarning,
        match="T1 is drawing 'Mark the centre'; T2 is text 'Comments.'.*no answer leads to T9",
    ):
        schema = gz.schema_from_workflow(workflow(**tasks))
    assert [question.text for question in schema.questions] == ["smooth", "merging"]
    assert parents(schema, "merging") == ["smooth_smooth", "smooth_disk"]


def test_check_boxes_can_be_taken_as_yes_no_questions():
    rare = {
        "type": "multiple",
        "question": "Any rare features?",
        "answers": [{"label": "Ring"}, {"label": "Lens or arc"}],
    }
    tasks = {"T0": single("Is it smooth?", ("Smooth", "T1"), "Disk"), "T1": rare}
    schema = gz.schema_from_workflow(workflow(**tasks), boxes="yes-no")
    assert schema.label_cols[2:] == [
        *("rare-features-ring_yes", "rare-features-ring_no"),
        *("rare-features-lens-or-arc_yes", "rare-features-lens-or-arc_no"),
    ]
    assert parents(schema, "rare-features-ring") == ["smooth_smooth"]


def test_a_combination_asks_its_tasks_together_and_leads_on_as_one():
    tasks = {
        "T0": single("Is it smooth?", ("Smooth", "T1"), "Disk"),
        "T1": {"type": "combo", "tasks": ["T2", "T3"], "next": "T4"},
        "T2": single("Round?", ("Yes", "T9"), "No"),
        "T3": single("Red?", "Yes", "No"),
        "T4": single("Merging?", "Yes", "No"),
        "T9": single("Never asked?", "Yes"),
    }
    result = read_workflow(workflow(**tasks))
    for question in ("round", "red", "merging"):
        assert parents(result.schema, question) == ["smooth_smooth"]
    assert result.unreachable == ["T9"]


def test_steps_of_newer_workflows_lead_on_by_their_answers():
    content = workflow(
        T0=single("Smooth?", ("Yes", "S1"), ("No", "S2")),
        T1=single("Round?", "Yes", "No"),
        T2=single("Bar?", "Yes"),
    )
    content |= {
        "first_task": "",
        "steps": [["S0", {"taskKeys": ["T0"]}], ["S1", {"taskKeys": ["T1"], "next": "S2"}]],
    }
    content["steps"].append(["S2", {"taskKeys": ["T2"]}])
    schema = read_workflow(content).schema
    assert parents(schema, "round") == ["smooth_yes"]
    assert parents(schema, "bar") == ["smooth_yes", "smooth_no"]


def test_a_circle_is_refused_with_its_path():
    looped = copy.deepcopy(TREE)
    looped["tasks"]["T3"]["answers"][0]["next"] = "T1"
    with pytest.raises(
        ValueError, match=r"workflow 77 version 3\.1: its tasks lead in a circle: T3 -> T1 -> T3"
    ):
        gz.schema_from_workflow(looped)


def test_a_first_task_that_is_missing_is_named():
    with pytest.raises(ValueError, match="its first task 'T7' is not among its tasks"):
        gz.schema_from_workflow(TREE | {"first_task": "T7"})


DELETED = {
    "an answer's": dict(
        T0=single("Shape?", ("Smooth", "T8"), ("Disk", "T1")), T1=single("Bar?", "Yes", "No")
    ),
    "a question's": dict(
        T0=single("Shape?", "Smooth", ("Disk", "T1")), T1=single("Bar?", "Yes", "No", after="T8")
    ),
    "a drawing's": dict(
        T0=single("Shape?", "Smooth", ("Disk", "T1"), after="T2"),
        T1=single("Bar?", "Yes", "No"),
        T2={"type": "drawing", "next": "T8"},
    ),
    "a combination's": dict(
        T0={"type": "combo", "tasks": ["T2", "T3"], "next": "T8"},
        T2=single("Shape?", "Smooth", ("Disk", "T1")),
        T3=single("Bar?", "Yes", "No"),
    ),
    "a combination's member": dict(
        T0={"type": "combo", "tasks": ["T2", "T8", "T3"]},
        T2=single("Shape?", "Smooth", "Disk"),
        T3=single("Bar?", "Yes", "No"),
    ),
}


@pytest.mark.parametrize("tasks", DELETED.values(), ids=DELETED)
def test_a_task_that_was_deleted_ends_the_tree_there_and_is_told(tasks):
    with pytest.warns(WorkflowWarning, match="leads to T8, which is not there: the tree ends"):
        schema = gz.schema_from_workflow(workflow(**tasks))
    assert [question.text for question in schema.questions] == ["shape", "bar"]
    ends = [answer.label for answer in schema.answers if not answer.next_questions]
    assert {"shape_smooth", "bar_yes", "bar_no"} <= set(ends)


def test_steps_beat_the_first_task_and_their_answers_beat_their_next():
    content = workflow(
        "T1",
        T0=single("Smooth?", ("Yes", "T1"), "No"),
        T1=single("Round?", "Yes", "No"),
        T2=single("Bar?", "Yes", "No"),
        T3={"type": "text", "instruction": "Odd?"},
    )
    steps = [["S0", {"taskKeys": ["T3", "T0"], "next": "S2"}], ["S1", {"taskKeys": ["T1"], "next": "S9"}]]
    content["steps"] = [*steps, ["S2", {"taskKeys": ["T2"]}]]
    result = read_workflow(content)
    assert parents(result.schema, "round") == ["smooth_yes"]
    assert parents(result.schema, "bar") == ["smooth_no"]
    assert result.told == ["S1 leads to S9, which is not there: the tree ends"]
    content["tasks"]["T0"]["answers"][1]["next"] = (
        "T1"  # all answers lead to one place: the step's next counts
    )
    assert parents(read_workflow(content).schema, "bar") == []
    with pytest.raises(ValueError, match=r"step 0 must be a JSON object, not \['T0'\]"):
        read_workflow(content | {"steps": [["S0", ["T0"]]]})


NULLS = {
    "a task": ({"T1": None}, "T1 is null"),
    "an answer": (
        {"T1": {"type": "single", "question": "Bar?", "answers": [None, {"label": "Yes"}]}},
        "answer 0 of T1",
    ),
    "a box": (
        {"T1": {"type": "multiple", "question": "Odd?", "answers": [{"label": "Ring"}, None]}},
        "answer 1 of T1",
    ),
    "a next": ({"T1": single("Bar?", "Yes", "No") | {"next": None}}, None),
    "a text": ({"T1": single(None, "Yes", "No")}, None),
    "a label": ({"T1": single("Bar?", "Yes", None)}, None),
    "a type": ({"T1": {"type": None, "instruction": None, "answers": None}}, None),
    "a combination": ({"T1": {"type": "combo", "tasks": None}}, None),
}


@pytest.mark.parametrize("tasks, told", NULLS.values(), ids=NULLS)
def test_what_is_null_is_no_text_none_and_what_is_lost_by_it_is_told(tasks, told):
    result = read_workflow(workflow(T0=single("Shape?", "Smooth", "Disk", after="T1"), **tasks))
    assert result.schema.get_question("shape").labels == ["shape_smooth", "shape_disk"]
    assert "none" not in " ".join([*result.schema.wording.values(), *result.left_out.values()]).lower()
    assert [line for line in result.told if "null" in line] == [
        line for line in result.told if told and told in line
    ]
    assert any(told in line for line in result.told) if told else True


KEYED = {
    "labels": single("Shape?", "T0.answers.0.label", "T0.answers.1.label"),
    "question": single("T0.question", "Smooth", "Disk"),
    "boxes": {"type": "multiple", "question": "Odd?", "answers": [{"label": "T0.answers.0.label"}]},
    "drawing": {"type": "drawing", "instruction": "T0.instruction"},
    "only some": single("Shape?", "Smooth", "T0.answers.1.label"),
}


@pytest.mark.parametrize("task", KEYED.values(), ids=KEYED)
def test_texts_that_are_missing_are_named_and_never_become_names(task):
    with pytest.raises(ValueError, match=r"its texts are missing: 'strings' should hold that of 'T0\.\S+'"):
        read_workflow(workflow(T0=task))
    strings = {
        "T0.question": "Q?",
        "T0.answers.0.label": "A",
        "T0.answers.1.label": "B",
        "T0.instruction": None,
    }
    first = single("First?", "A", "B", after="T0")
    assert read_workflow(workflow("T7", T7=first, T0=task) | {"strings": strings})


OTHER_SHAPES = {
    "a task that is a text": ({"tasks": {"T0": "single"}}, "task T0 must be a JSON object, not 'single'"),
    "an answer that is a text": (
        {"tasks": {"T0": {"type": "single", "question": "Bar?", "answers": ["Yes"]}}},
        "answer 0 of task T0 must be a JSON object, not 'Yes'",
    ),
    "a list of tasks": ({"tasks": [{"key": "T0"}]}, "not a workflow: expected 'tasks'"),
    "nodes and links": ({"nodes": [{"name": 0}], "links": []}, "not a workflow: expected 'tasks'"),
    "questions that are texts": ({"questions": ["Bar?"]}, "question 0 must be a JSON object, not 'Bar"),
    "questions without ids": (
        {"questions": [{"question": "Bar?"}]},
        "question 0: 'id' must be text, not None",
    ),
    "answers that are texts": (
        {"questions": [{"id": "a", "question": "Bar?", "answers": ["Yes"]}]},
        "question 0: an answer must be a JSON object, not 'Yes'",
    ),
    "a repeated id": (
        {"questions": [{"id": "a", "question": q, "answers": []} for q in "xy"]},
        "two questions share an id",
    ),
    "strings in a list": (
        TREE | {"strings": ["Bar?"]},
        r"workflow: 'strings' must be a JSON object, not \['Bar",
    ),
    "a version that is a number": (
        {"tasks": TREE["tasks"], "first_task": "T0"},
        "version must be text: 3.1 may stand for",
    ),
}


@pytest.mark.parametrize("content, message", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_a_tree_of_another_shape_is_refused_with_its_place(content, message):
    with pytest.raises(ValueError, match=message):
        read_workflow(content, version=3.1 if "version" in message else None)


def test_a_workflow_is_a_file_or_a_dictionary():
    with pytest.raises(
        TypeError, match="a workflow must be the path of a file or a dictionary, not a Schema"
    ):
        gz.schema_from_workflow(gz.load_schema("gz2"))
    with pytest.raises(TypeError, match="like must be a Schema or the name of a survey, not a dict"):
        gz.schema_from_workflow(TREE, like={"bar": ["yes"]})
    with pytest.raises(ValueError, match=r"rename must be a dictionary, not \['T0'\]"):
        gz.schema_from_workflow(TREE, rename=["T0"])


def test_a_question_without_answers_is_named():
    with pytest.raises(ValueError, match=r"task T0 \('Empty\?'\) has no answers"):
        gz.schema_from_workflow(workflow(T0=single("Empty?")))


def test_a_file_that_is_no_workflow_is_refused(tmp_path):
    path = tmp_path / "notes.json"
    path.write_text('{"tasks"', encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.json: not JSON"):
        gz.schema_from_workflow(path)
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.json: not a workflow"):
        gz.schema_from_workflow(path)


@pytest.fixture
def workflows_export(tmp_path):
    """Two versions of one workflow and another workflow, in the layout of Zooniverse's workflows export."""
    path = tmp_path / "workflows.csv"
    columns = [
        "workflow_id",
        "display_name",
        "version",
        "minor_version",
        "active",
        "first_task",
        "tasks",
        "strings",
    ]
    apart = {
        "T0": {"type": "single", "question": "T0.question", "answers": [{"label": "T0.answers.0.label"}]}
    }
    strings = {"T0.question": "Bar?", "T0.answers.0.label": "**Yes**"}
    rows = [
        ["77", "Test", "1", "1", "true", "", "{}", "{}"],
        ["77", "Test", "9", "1", "true", "T0", json.dumps({"T0": single("Old?", "Yes", "No")}), "{}"],
        ["77", "Test", "10", "2", "true", "T0", json.dumps(TREE["tasks"]), "{}"],
        ["78", "Other", "1", "1", "true", "T0", json.dumps(apart), json.dumps(strings)],
    ]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def test_a_row_of_the_workflows_export_is_chosen_by_id_and_version(workflows_export):
    assert gz.schema_from_workflow(workflows_export, workflow_id=77) == gz.schema_from_workflow(TREE)
    old = gz.schema_from_workflow(workflows_export, workflow_id=77, version=9)
    assert old.label_cols == ["old_yes", "old_no"]
    assert gz.schema_from_workflow(workflows_export, workflow_id="78").label_cols == ["bar_yes"]


def test_a_choice_that_the_workflows_export_does_not_have_is_refused(workflows_export):
    with pytest.raises(ValueError, match="holds workflows 77, 78: choose one with workflow_id="):
        gz.schema_from_workflow(workflows_export)
    with pytest.raises(ValueError, match="no workflow 79 in the file"):
        gz.schema_from_workflow(workflows_export, workflow_id=79)
    with pytest.raises(ValueError, match=r"no version 11 in the file \(there are 9.1, 10.2\)"):
        gz.schema_from_workflow(workflows_export, workflow_id=77, version=11)


OLD_TREE = {
    "survey": "test",
    "questions": [
        {
            "id": "test-0",
            "question": "Is it smooth?",
            "leadsTo": None,
            "answers": [
                {"key": "a-0", "kind": "answer", "text": "Smooth", "leadsTo": "Is there anything odd?"},
                {"key": "a-1", "kind": "answer", "text": "Star", "leadsTo": None},
            ],
        },
        {
            "id": "test-1",
            "question": "Is there anything odd?",
            "leadsTo": None,
            "answers": [
                {"key": "x-0", "kind": "checkbox", "text": "Ring", "leadsTo": None},
                {"key": "x-1", "kind": "checkbox", "text": "Lens", "leadsTo": None},
                {
                    "key": "a-0",
                    "kind": "answer",
                    "text": "Done",
                    "leadsTo": "Would you like to discuss this object?",
                },
            ],
        },
        {
            "id": "test-2",
            "question": "Would you like to discuss this object?",
            "leadsTo": None,
            "answers": [{"key": "a-0", "kind": "answer", "text": "Yes", "leadsTo": None}],
        },
    ],
}


def test_the_earlier_galaxy_zoo_format_is_read_with_its_check_boxes():
    result = read_workflow(OLD_TREE)
    assert result.questions == {"test-0": "smooth", "test-2": "discuss"}
    assert parents(result.schema, "discuss") == ["smooth_smooth"]
    assert result.left_out == {"test-1": "multiple 'Is there anything odd?'"}
    boxes = read_workflow(OLD_TREE, boxes="yes-no", leave_out="discuss").schema
    assert [question.text for question in boxes.questions] == [
        "smooth",
        "anything-odd-ring",
        "anything-odd-lens",
    ]


def test_the_earlier_format_names_a_question_that_is_not_there():
    broken = copy.deepcopy(OLD_TREE)
    broken["questions"][0]["answers"][0]["leadsTo"] = "Is there something odd?"
    with pytest.raises(
        ValueError, match=r"leads to 'Is there something odd.', .*did you mean 'Is there anything odd"
    ):
        gz.schema_from_workflow(broken)


def test_the_report_says_what_became_of_each_task_and_where_the_tree_ends():
    assert read_workflow(TREE).report().splitlines() == [
        *("T0: smooth", "T1: rounded", "T2: bar", "T3: merging"),
        "the tree ends after smooth_star-or-artifact, merging (any answer)",
    ]
    assert "test-1: not votes, multiple 'Is there anything odd?'" in read_workflow(OLD_TREE).report()


def test_names_cannot_be_chosen_anew_for_a_workflow_that_was_read():
    with pytest.raises(ValueError, match="were chosen when this workflow was read"):
        read_workflow(read_workflow(TREE), like="gz2")


def test_leaving_out_a_question_passes_volunteers_on():
    schema = read_workflow(TREE, leave_out=["T2"]).schema
    assert parents(schema, "merging") == ["smooth_disk", "rounded_round", "rounded_cigar"]
    with pytest.raises(
        ValueError, match="leave_out has 'barr', which is no task or question; did you mean 'bar'"
    ):
        read_workflow(TREE, leave_out=["barr"])


def test_leaving_out_a_question_that_others_need_is_refused():
    clumps = workflow(
        T0=single("Clumpy?", ("Yes", "T1"), "No"),
        T1=single("How many clumps?", ("1", "T3"), ("2", "T2")),
        T2=single("In a line?", ("Yes", "T3"), ("No", "T3")),
        T3=single("Symmetrical?", "Yes", "No"),
    )
    with pytest.raises(
        ValueError, match="'symmetrical' would be asked after 'clumpy_yes' and, by the same volunteer"
    ):
        read_workflow(clumps, leave_out=["T1"])
    assert parents(read_workflow(clumps, leave_out=["T1", "T2"]).schema, "symmetrical") == ["clumpy_yes"]


def test_names_and_order_are_taken_from_a_survey_with_nearly_the_same_wording():
    tasks = {
        "T0": single("Could this be a disc viewed edge-on?", "No - something else", ("Yes", "T1")),
        "T1": single("Is it blue?", "Yes", "No"),
    }
    schema = gz.schema_from_workflow(workflow(**tasks), like="gz2")
    assert schema.label_cols == ["disk-edge-on_yes", "disk-edge-on_no", "blue_yes", "blue_no"]


def realdata():
    return Path(os.environ["GZKIT_REALDATA"]) / "trees"


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
def test_the_workflow_of_decals_dr5_is_the_named_survey():
    with pytest.warns(WorkflowWarning, match="T10 is multiple"):
        schema = gz.schema_from_workflow(
            realdata() / "panoptes_workflow_6122_decals_dr5.json", like="gz-decals-dr5"
        )
    assert schema == gz.load_schema("gz-decals-dr5")
    assert schema.wording == gz.load_schema("gz-decals-dr5").wording


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
@pytest.mark.parametrize(
    "tree, name",
    [
        ("decals", "gz-decals-dr12"),
        ("ukidss", "gz-ukidss"),
        ("candels", "gz-candels-all-tasks"),
        ("sloan", "gz2"),
    ],
)
def test_the_trees_of_the_earlier_site_are_the_named_surveys(tree, name):
    result = read_workflow(realdata() / f"ouroboros_{tree}_tree.json", like=name, leave_out=["discuss"])
    assert result.schema == gz.load_schema(name)
