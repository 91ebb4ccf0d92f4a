import csv
import gzip
import json
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.zooniverse import answers as answers_module
from gzkit.zooniverse.votes import CountWarning
from gzkit.zooniverse.workflow import read_workflow

COLUMNS = [
    "classification_id",
    "user_name",
    "user_ip",
    "workflow_id",
    "workflow_name",
    "workflow_version",
    "created_at",
]
COLUMNS += ["metadata", "annotations", "subject_data", "subject_ids"]


def single(question, *answers):
    listed = [dict(zip(("label", "next"), answer, strict=False)) for answer in answers]
    return {"type": "single", "question": question, "answers": listed}


WORKFLOW = {
    "id": "77",
    "display_name": "Test",
    "version": "3.1",
    "first_task": "T0",
    "tasks": {
        "T0": single(
            "Is it smooth?",
            ("![s](s.png =60x) Smooth", "T1"),
            ("Features or Disk", "T2"),
            ("Star or Artifact",),
        ),
        "T1": single("How rounded is it?", ("Completely round", "T3"), ("In between", "T3")),
        "T2": single("Is it edge-on?", ("Yes -  Edge On Disk", "T3"), ("No - Something Else", "T3")),
        "T3": {
            "type": "multiple",
            "question": "Rare?",
            "answers": [{"label": "**Ring**"}, {"label": "Lens"}],
        },
    },
}
SMOOTH_ROUND = {"T0": "Smooth", "T1": "Completely round", "T3": []}
SMOOTH_BETWEEN = {"T0": "![x](y.png)  smooth", "T1": "Inbetween", "T3": ["Ring"]}
EDGE_ON = {"T0": "Features or disk", "T2": "**Yes** - Edge On Disk"}
NOT_EDGE_ON = {"T0": "Features or Disk", "T2": "No"}


def row(answers, subject=1, user="ada", **fields):
    """A classification as the export has it."""
    about = {
        "session": fields.pop("session", "s1"),
        "started_at": "2018-02-27T16:07:57Z",
        "finished_at": "2018-02-27T16:08Z",
    }
    about |= fields.pop("about", {})
    annotations = [{"task": task, "task_label": "", "value": value} for task, value in answers.items()]
    metadata = {"retired": None} | fields.pop("described", {})
    usual = {
        "user_name": user,
        "workflow_id": "77",
        "workflow_name": "Test",
        "workflow_version": "3.1",
        "created_at": "2018-02-27 16:08:09 UTC",
        "metadata": json.dumps(about),
        "annotations": json.dumps(annotations),
        "subject_data": json.dumps({str(subject): metadata}),
        "subject_ids": str(subject),
    }
    return usual | fields


@pytest.fixture
def export(tmp_path):
    """Writes rows as an export and gives its path."""

    def write(*rows, name="classifications.csv", columns=COLUMNS):
        path = tmp_path / name
        opener = gzip.open if name.endswith(".gz") else open
        with opener(path, "wt", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            for number, fields in enumerate(rows):
                writer.writerow({"classification_id": 9000 + number} | fields)
        return path

    return write


def votes_of(table, place=0):
    """Votes of one subject that are not zero."""
    columns = [
        name for name in table.columns if "_" in name and not name.startswith(("id", "subject_", "file"))
    ]
    return {name: int(table[name].iloc[place]) for name in columns if table[name].iloc[place]}


def test_votes_are_counted_by_label_whatever_its_picture_case_or_spaces(export):
    path = export(
        row(SMOOTH_ROUND),
        row(SMOOTH_BETWEEN, user="bo"),
        row(EDGE_ON, user="cy"),
        row(NOT_EDGE_ON, user="di"),
    )
    table = gz.count_votes(path, WORKFLOW)
    assert table["id_str"].tolist() == ["1"]
    assert table["classifications"].tolist() == [4]
    assert votes_of(table) == {
        **{
            "smooth_smooth": 2,
            "smooth_features-or-disk": 2,
            "rounded_completely-round": 1,
            "rounded_in-between": 1,
        },
        **{"edge-on_yes": 1, "edge-on_no": 1},
    }


def test_subjects_come_in_order_of_their_numbers(export):
    path = export(*[row(EDGE_ON, subject=subject) for subject in (100, 9, 20)])
    assert gz.count_votes(path, WORKFLOW)["id_str"].tolist() == ["9", "20", "100"]


@pytest.mark.parametrize("duplicates, answer", [("first", "edge-on_yes"), ("last", "edge-on_no")])
def test_a_volunteer_counts_once_a_subject_by_the_first_or_last_in_time(export, duplicates, answer):
    later, other = row(NOT_EDGE_ON, classification_id=9500), row(EDGE_ON, subject=2)
    path = export(later, row(EDGE_ON), other, row(EDGE_ON, user="bo", subject=2))
    with pytest.warns(
        CountWarning, match=r"1 row \((0|1)\) by a volunteer who classified the same subject before"
    ):
        table = gz.count_votes(path, WORKFLOW, duplicates=duplicates)
    assert table["classifications"].tolist() == [1, 2]
    assert votes_of(table)[answer] == 1


def test_all_classifications_of_a_volunteer_count_if_wanted(export):
    table = gz.count_votes(export(row(EDGE_ON), row(NOT_EDGE_ON)), WORKFLOW, duplicates="all")
    assert table["classifications"].tolist() == [2]


def test_volunteers_without_a_name_are_told_apart_by_address_and_session(export):
    first, again = row(EDGE_ON, user="not-logged-in-a1"), row(EDGE_ON, user="not-logged-in-a1")
    neighbour = row(EDGE_ON, user="not-logged-in-a1", session="s2")
    nameless = [row(EDGE_ON, user="", user_ip="f0"), row(EDGE_ON, user="", user_ip="f1")]
    with pytest.warns(CountWarning, match=r"1 row \(1\) by a volunteer"):
        table = gz.count_votes(export(first, again, neighbour, *nameless), WORKFLOW)
    assert table["classifications"].tolist() == [4]


def test_without_any_trace_of_volunteers_every_classification_counts(export):
    columns = ["workflow_id", "annotations", "subject_ids"]
    table = gz.count_votes(export(row(EDGE_ON), row(EDGE_ON), columns=columns), WORKFLOW)
    assert table["classifications"].tolist() == [2]


def test_unfinished_classifications_are_told_and_not_counted(export):
    unfinished = row(EDGE_ON, user="bo", about={"finished_at": None})
    with pytest.warns(CountWarning, match=r"1 row \(1\) not finished"):
        table = gz.count_votes(export(row(EDGE_ON), unfinished), WORKFLOW)
    assert table["classifications"].tolist() == [1]


def test_classifications_can_be_chosen_by_version_and_date(export):
    versions = ["3.9", "3.10", "12.1"]
    rows = [
        row(EDGE_ON, user=f"u{v}", workflow_version=v, created_at=f"2018-03-0{i + 1} 00:00:00 UTC")
        for i, v in enumerate(versions)
    ]
    path = export(*rows)
    assert gz.count_votes(path, WORKFLOW, min_version="3.10")["classifications"].tolist() == [2]
    assert gz.count_votes(path, WORKFLOW, min_version=4)["classifications"].tolist() == [1]
    assert gz.count_votes(path, WORKFLOW, since="2018-03-02")["classifications"].tolist() == [2]
    late = gz.count_votes(path, WORKFLOW, since="2018-03-02T01:00:00+01:00")
    assert late["classifications"].tolist() == [2]
    with pytest.raises(ValueError, match="since must be a date such as '2018-02-27', not 'March'"):
        gz.count_votes(path, WORKFLOW, since="March")
    with pytest.raises(ValueError, match=r"min_version must be a version such as '46' or '46.73', not 'new'"):
        gz.count_votes(path, WORKFLOW, min_version="new")


def test_subjects_can_be_chosen_by_retirement_and_by_their_classifications(export):
    retired = {"retired": {"id": 1}}
    path = export(
        row(EDGE_ON, subject=1),
        row(EDGE_ON, subject=2, subject_data=json.dumps({"2": retired})),
        row(EDGE_ON, 2, "bo"),
    )
    assert gz.count_votes(path, WORKFLOW, retired=True)["id_str"].tolist() == ["2"]
    table = gz.count_votes(path, WORKFLOW, min_classifications=2)
    assert table["id_str"].tolist() == ["2"]
    assert "1 subjects left out" in gz.zooniverse.count_report(table)


def test_a_subject_in_no_list_of_images_is_told_with_its_row(export, tmp_path):
    path = export(row(EDGE_ON, subject=1), row(EDGE_ON, subject=2))
    images = tmp_path / "images.csv"
    images.write_text("file_loc,subject_id\na.jpg,1\n", encoding="utf-8")
    for subjects in ([1], images):
        with pytest.warns(CountWarning, match=r"1 row \(1\) of subjects that are not in the list"):
            table = gz.count_votes(path, WORKFLOW, subjects=subjects)
        assert table["id_str"].tolist() == ["1"]
    images.write_text("file_loc\na.jpg\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"images\.csv: no column 'id_str' or 'subject_id'"):
        gz.count_votes(path, WORKFLOW, subjects=images)


def test_bad_rows_are_told_with_their_number_and_the_rest_is_counted(export):
    whole = row(EDGE_ON)
    rows = [
        whole,
        row(EDGE_ON, user="bo", annotations=whole["annotations"][:40]),
        row(EDGE_ON, user="cy", annotations='{"task": "T0"}'),
        row(EDGE_ON, user="di", subject_ids="1;2"),
        row(EDGE_ON, user="ed", workflow_id="78", workflow_name="Other"),
        row(EDGE_ON),
        row(EDGE_ON, user="fy"),
    ]
    path = export(*rows)
    with open(path, "a", encoding="utf-8") as file:
        file.write('9999,gi,,77,Test,3.1,2018-02-27,{},"[{""task"":""T0""')  # the download broke off
    with pytest.warns(CountWarning) as told:
        table = gz.count_votes(path, WORKFLOW)
    message = str(told[0].message)
    assert "2 rows (1, 2) whose annotations are not JSON of annotations" in message
    assert "1 row (3) with several subjects or none" in message
    assert "1 row (4) of workflow 78 'Other'" in message
    assert "1 row (5) by a volunteer who classified the same subject before" in message
    assert "1 row (7) with 9 of 11 fields (is the file cut off?)" in message
    assert votes_of(table) == {"smooth_features-or-disk": 2, "edge-on_yes": 2}


def test_an_export_without_this_workflow_is_refused(export):
    with pytest.raises(ValueError, match=r"no row of workflow 77; it has 78 'Other' \(1 rows\)"):
        gz.count_votes(export(row(EDGE_ON, workflow_id="78", workflow_name="Other")), WORKFLOW)


def test_a_file_that_is_no_export_is_refused(export, tmp_path):
    with pytest.raises(
        ValueError, match="not a classification export: no column 'annotations'; did you mean 'annotation'"
    ):
        gz.count_votes(export(columns=["annotation", "subject_ids"]), WORKFLOW)
    (tmp_path / "latin.csv").write_bytes(b"annotations,subject_ids\n\xe9,1\n")
    with pytest.raises(ValueError, match=r"latin\.csv: not text in UTF-8, about row 0"):
        gz.count_votes(tmp_path / "latin.csv", WORKFLOW)


def test_labels_that_are_no_answer_are_listed_with_their_counts_and_the_nearest(export):
    strange = [row({"T0": "Star or Artefact"}, user=f"u{i}") for i in range(3)]
    path = export(*strange, row({"T0": "Banana", "T9": "x"}, user="bo"))
    with pytest.warns(
        CountWarning, match="T0 'Star or Artefact': 3 rows .*nearest 'smooth_star-or-artifact'"
    ):
        table = gz.count_votes(path, WORKFLOW)
    assert votes_of(table) == {}
    unmatched = table.attrs["count_votes"]["unmatched"]
    assert [(entry["task"], entry["label"], entry["votes"], entry["rows"]) for entry in unmatched] == [
        ("T0", "Star or Artefact", 3, [0, 1, 2]),
        ("T0", "Banana", 1, [3]),
        ("T9", "(a task that the workflow does not have)", 1, [3]),
    ]


def test_aliases_say_what_older_labels_stand_for(export):
    path = export(row({"T0": "Star or Artefact"}), row({"T0": "Banana"}, user="bo"))
    aliases = {"T0": {"star or artefact": "star-or-artifact"}, "smooth": {"Banana": None}}
    table = gz.count_votes(path, WORKFLOW, aliases=aliases)
    assert votes_of(table) == {"smooth_star-or-artifact": 1}
    with pytest.raises(ValueError, match="aliases: no task or question 'smoth'; did you mean 'smooth'"):
        gz.count_votes(path, WORKFLOW, aliases={"smoth": {}})
    with pytest.raises(ValueError, match="aliases: 'T0' has no answer 'star'"):
        gz.count_votes(path, WORKFLOW, aliases={"T0": {"x": "star"}})


def test_the_one_label_that_another_version_words_differently_is_known(export, tmp_path):
    older = json.loads(json.dumps(WORKFLOW["tasks"]).replace("Star or Artifact", "Something odd"))
    older["T1"]["answers"] = [
        {"label": "Round"},
        {"label": "Long"},
    ]  # two labels differ: not the same answers
    workflows = tmp_path / "workflows.csv"
    with open(workflows, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["workflow_id", "version", "minor_version", "first_task", "tasks"])
        writer.writerow(["77", "2", "1", "T0", json.dumps(older)])
        writer.writerow(["77", "3", "1", "T0", json.dumps(WORKFLOW["tasks"])])
    path = export(row({"T0": "Something odd"}), row({"T0": "Smooth", "T1": "Round"}, user="bo"))
    with pytest.warns(CountWarning, match="1 labels that are no answer of this workflow: T1 'Round'"):
        table = gz.count_votes(path, workflows)
    assert votes_of(table) == {"smooth_smooth": 1, "smooth_star-or-artifact": 1}
    assert "T0 'Something odd' as smooth_star-or-artifact" in gz.zooniverse.count_report(table)


def test_labels_that_differ_in_signs_or_pictures_alone_are_told_apart(export):
    arms = single("How many arms?", ("4",), ("4+",), ("![one.png](1.png) Arm",), ("![two.png](2.png) Arm",))
    workflow = {"id": "77", "first_task": "T0", "tasks": {"T0": arms}}
    labels = ["**4**", "4 +", "![one.png](1.png) Arm", "![two.png](2.png) Arm", "Arm", "> 4"]
    rows = [row({"T0": label}, user=f"u{place}") for place, label in enumerate(labels)]
    with pytest.warns(CountWarning, match=r"2 labels .*T0 'Arm': 1 row \(4\).*T0 '> 4': 1 row \(5\)"):
        table = gz.count_votes(export(*rows), workflow)
    assert table.iloc[0, -4:].tolist() == [1, 1, 1, 1]


def test_a_workflow_that_does_not_know_its_id_counts_the_first_one_of_the_file(export):
    workflow = read_workflow({"first_task": "T0", "tasks": WORKFLOW["tasks"]})
    path = export(row(EDGE_ON), row(EDGE_ON, user="bo", workflow_id="78"))
    with pytest.warns(CountWarning, match=r"1 row \(1\) of workflow 78 'Test'"):
        assert gz.count_votes(path, workflow)["classifications"].tolist() == [1]
    assert gz.count_votes(export(row(EDGE_ON, workflow_id="78")), workflow)["classifications"].tolist() == [1]


def test_a_list_of_one_is_an_answer_an_empty_list_is_none_and_a_list_of_two_is_told(export):
    rows = [row({"T0": ["Smooth"]}), row({"T0": []}, user="bo"), row({"T0": None}, user="cy")]
    path = export(*rows, row({"T0": ["Smooth", "Star or Artifact"]}, user="di"))
    with pytest.warns(CountWarning, match=r"T0 'Smooth \+ Star or Artifact': 1 row \(3\)"):
        table = gz.count_votes(path, WORKFLOW)
    assert votes_of(table) == {"smooth_smooth": 1}
    assert table["classifications"].tolist() == [4]


def test_answers_may_come_as_numbers_or_inside_a_combination(export):
    combined = {"T8": [{"task": "T0", "value": "Smooth"}, {"task": "T1", "value": 1}]}
    table = gz.count_votes(export(row(combined)), WORKFLOW)
    assert votes_of(table) == {"smooth_smooth": 1, "rounded_in-between": 1}
    with pytest.warns(CountWarning, match=r"T0 '\(answer number 7\)'"):
        gz.count_votes(export(row({"T0": 7})), WORKFLOW)


def test_numbers_of_answers_are_read_where_the_workflow_keeps_its_texts_apart(export):
    strings = {"T0.question": "Bar?", "T0.answers.0.label": "**Yes**", "T0.answers.1.label": "No"}
    apart = single("T0.question", ("T0.answers.0.label",), ("T0.answers.1.label",))
    workflow = {"id": "77", "version": "3.1", "first_task": "T0", "tasks": {"T0": apart}, "strings": strings}
    assert votes_of(gz.count_votes(export(row({"T0": 0})), workflow)) == {"bar_yes": 1}


def test_numbers_of_answers_are_read_in_the_order_of_their_own_version(export):
    turned = {"T0": single("Is it smooth?", ("Star or Artifact",), ("Features or Disk",), ("Smooth",))}
    workflow = read_workflow(WORKFLOW)
    workflow.versions.append({"id": "77", "version": "2.5", "tasks": turned})
    rows = [
        row({"T0": 0}, user=version, workflow_version=version) for version in ("3.1", "3.7", "2.5", "1.9")
    ]
    with pytest.warns(CountWarning, match=r"1 labels .*T0 '\(answer number 0\)': 1 row \(3\)"):
        table = gz.count_votes(export(*rows), workflow)
    assert votes_of(table) == {"smooth_smooth": 2, "smooth_star-or-artifact": 1}


def test_check_boxes_taken_as_questions_are_a_yes_or_a_no_each(export):
    path = export(
        row(SMOOTH_BETWEEN), row(SMOOTH_ROUND, user="bo"), row({"T0": "Star or Artifact"}, user="cy")
    )
    table = gz.count_votes(path, WORKFLOW, boxes="yes-no")
    rare = {name: count for name, count in votes_of(table).items() if name.startswith("rare")}
    assert rare == {"rare-ring_yes": 1, "rare-ring_no": 1, "rare-lens_no": 2}


def test_weights_give_expected_votes(export):
    path = export(row(EDGE_ON), row(EDGE_ON, user="bo"), row(EDGE_ON, user="cy"))
    with pytest.warns(CountWarning, match="1 volunteers without a weight count 1"):
        table = gz.count_votes(path, WORKFLOW, weights={"ada": 0.25, "bo": 0.5})
    assert table["edge-on_yes"].tolist() == [1.75]
    assert table["classifications"].tolist() == [3]


def test_weights_may_be_a_column_of_the_export(export):
    columns = [*COLUMNS, "weight"]
    path = export(row(EDGE_ON, weight=0.5), row(EDGE_ON, user="bo", weight="?"), columns=columns)
    with pytest.warns(CountWarning, match=r"1 row \(1\) whose weight is no number"):
        table = gz.count_votes(path, WORKFLOW, weights="weight")
    assert table["edge-on_yes"].tolist() == [0.5]
    with pytest.raises(ValueError, match="no column 'wieght' of weights; did you mean 'weight'"):
        gz.count_votes(path, WORKFLOW, weights="wieght")


def test_metadata_of_the_subjects_are_carried_along(export):
    about = {
        "!ra": 12.5,
        "#IAUNAME": "J1",
        "//dec": "-3",
        "%Filename": "a.png",
        "mag": 17,
        "smooth_smooth": "x",
    }
    path = export(row(EDGE_ON, subject=1, subject_data=json.dumps({"1": about})), row(EDGE_ON, subject=2))
    table = gz.count_votes(path, WORKFLOW)
    assert table[["iauname", "ra", "dec", "filename"]].iloc[0].tolist() == ["J1", 12.5, -3.0, "a.png"]
    assert np.isnan(table["ra"].iloc[1])
    assert gz.count_votes(path, WORKFLOW, metadata=["Mag"])["mag"].iloc[0] == 17
    assert gz.count_votes(path, WORKFLOW, metadata="mag")["mag"].iloc[0] == 17
    assert gz.count_votes(path, WORKFLOW, metadata=()).columns[:2].tolist() == ["id_str", "classifications"]
    everything = gz.count_votes(path, WORKFLOW, metadata="all")
    assert everything["subject_smooth_smooth"].iloc[0] == "x"
    assert everything["smooth_smooth"].tolist() == [0, 0]


def test_metadata_that_are_not_json_are_told_and_the_votes_counted(export):
    with pytest.warns(CountWarning, match=r"1 row \(0\) without the subject's metadata"):
        table = gz.count_votes(export(row(EDGE_ON, subject_data="{")), WORKFLOW)
    assert votes_of(table)["edge-on_yes"] == 1


def test_the_table_is_a_catalog(export):
    table = gz.count_votes(export(row(EDGE_ON), row(SMOOTH_ROUND, user="bo", subject=2)), WORKFLOW)
    schema = read_workflow(WORKFLOW).schema
    catalog = gz.read_catalog(table, schema, images=False)
    assert catalog["id_str"].tolist() == ["1", "2"]
    assert gz.total_votes(catalog[schema.label_cols], schema).tolist() == [[1, 0, 1], [1, 1, 0]]


def test_the_report_says_where_totals_are_not_the_votes_that_led_there(export):
    with pytest.warns(CountWarning):
        table = gz.count_votes(export(row({"T0": "Smooth", "T1": "Bent"}), row(EDGE_ON, user="bo")), WORKFLOW)
    assert table.attrs["count_votes"]["totals"] == [
        {"question": "rounded", "subjects": 1, "largest": -1.0},
        {"question": "edge-on", "subjects": 0, "largest": 0.0},
    ]
    assert "rounded: 1 of 1, -1" in gz.zooniverse.count_report(table)
    with pytest.raises(ValueError, match="does not come from count_votes"):
        gz.zooniverse.count_report(pd.DataFrame({"id_str": ["1"]}))


def test_the_table_can_be_kept_in_parquet(export, tmp_path):
    table = gz.count_votes(export(row(EDGE_ON)), WORKFLOW)
    table.to_parquet(tmp_path / "votes.parquet")
    assert (
        gz.read_catalog(tmp_path / "votes.parquet", read_workflow(WORKFLOW).schema, images=False).shape[0]
        == 1
    )


def test_a_compressed_export_is_read_and_a_cut_off_one_refused(export):
    path = export(*[row(EDGE_ON, user=f"u{i}") for i in range(50)], name="classifications.csv.gz")
    assert gz.count_votes(path, WORKFLOW)["classifications"].tolist() == [50]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"classifications\.csv\.gz: the compressed file is cut off"):
        gz.count_votes(path, WORKFLOW)


def test_an_empty_export_gives_an_empty_table(export):
    table = gz.count_votes(export(), WORKFLOW)
    assert len(table) == 0
    assert "smooth_smooth" in table.columns


@pytest.mark.parametrize("name", ["gz-decals-dr5", "gz-hubble-all-tasks"])
def test_exactly_the_votes_that_volunteers_gave_are_counted(export, monkeypatch, name):
    monkeypatch.setattr(answers_module, "TEXTS_REMEMBERED", 7)
    schema, rng = gz.load_schema(name), np.random.default_rng(0)
    tasks = {
        q.text: single(q.wording, *((a.wording, *[n.text for n in a.next_questions]) for a in q.answers))
        for q in schema.questions
    }
    workflow = {"id": "77", "first_task": schema.walk_order[0].text, "tasks": tasks}
    given, rows = np.zeros((20, len(schema.answers)), int), []
    for volunteer in range(300):
        question, answers, subject = schema.walk_order[0], {}, int(rng.integers(20))
        while question:
            answer = question.answers[rng.integers(len(question.answers))]
            answers[question.text] = answer.wording
            given[subject, answer.index] += 1
            question = answer.next_questions[0] if answer.next_questions else None
        rows.append(row(answers, subject=subject, user=f"u{volunteer}"))
    table = gz.count_votes(export(*rows), workflow, like=schema)
    assert (table[schema.label_cols].to_numpy() == given).all()
    assert all(entry["subjects"] == 0 for entry in table.attrs["count_votes"]["totals"])


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
def test_nine_real_classifications_are_counted_as_by_hand():
    folder = Path(os.environ["GZKIT_REALDATA"])
    aliases = {
        "merging": {"Neither": None, "Neither (No Merger & No Tidal Debris)": None, "Both": None},
        "bulge-size": {"Obvious": None},
        "smooth-or-featured": {"Star or Artefact": "artifact"},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = gz.count_votes(
            folder / "catalogs" / "panoptes_raw_export_sample.csv",
            folder / "trees" / "panoptes_workflow_6122_decals_dr5.json",
            like="gz-decals-dr5",
            aliases=aliases,
            reworded=["bulge-size", "merging"],  # asked in other words in the first versions
        )
    disk = ["smooth-or-featured_featured-or-disk", "disk-edge-on_no"]
    by_hand = {
        "15715511": [*disk, "bar_no", "has-spiral-arms_no", "bulge-size_dominant"],
        "15715581": ["smooth-or-featured_artifact"],
        "15715602": ["smooth-or-featured_smooth", "how-rounded_in-between"],
        "15715606": [
            *disk,
            "bar_strong",
            "has-spiral-arms_yes",
            "spiral-winding_medium",
            "spiral-arm-count_2",
        ],
        "15715673": [*disk, "bar_strong", "has-spiral-arms_no", "bulge-size_none"],
        "15715879": [
            *disk,
            "bar_no",
            "has-spiral-arms_yes",
            "spiral-winding_tight",
            "spiral-arm-count_cant-tell",
            "bulge-size_none",
        ],
        "15715895": [*disk, "bar_strong", "has-spiral-arms_no"],
        "16215392": ["smooth-or-featured_smooth", "how-rounded_round"],
        "16215400": ["smooth-or-featured_smooth", "how-rounded_cigar-shaped"],
    }
    assert {name: set(votes_of(table, place)) for place, name in enumerate(table["id_str"])} == {
        name: set(columns) for name, columns in by_hand.items()
    }


OTHER_TASKS = {
    "drawing": (
        {"type": "drawing", "instruction": "Mark", "tools": []},
        [{"x": 1, "tool": 0, "details": [{"value": 0}]}],
    ),
    "text": ({"type": "text", "instruction": "Odd?"}, "a ring"),
    "survey": ({"type": "survey", "choices": {}}, [{"choice": "RING", "answers": {"HOW": "1"}}]),
    "slider": ({"type": "slider", "instruction": "Size?"}, "0.5"),
    "dropdown": ({"type": "dropdown", "selects": []}, [{"value": "ring", "option": True}, None]),
    "dropdown-simple": ({"type": "dropdown-simple", "dropdown": {}}, {"value": 6, "option": True}),
    "crop": ({"type": "crop", "instruction": "Cut"}, {"x": 1, "y": 2}),
    "shortcut": ({"type": "shortcut", "answers": [{"label": "Nothing"}]}, ["Nothing"]),
    "highlighter": ({"type": "highlighter", "highlighterLabels": []}, [{"text": "a", "start": 1}]),
    "transcription": (
        {"type": "transcription", "tools": []},
        [{"toolIndex": 0, "details": [{"task": "T8.0.0"}]}],
    ),
    "subject group": ({"type": "subjectGroupComparison"}, [{"index": 1, "subject": "7"}]),
    "data annotation": ({"type": "dataVisAnnotation"}, [{"x": 1.5, "width": 2}]),
    "check boxes": ({"type": "multiple", "question": "Rare?", "answers": [{"label": "Ring"}]}, ["Ring"]),
    "unknown": ({"type": "hologram"}, {"task": None}),
    "without a type": ({"instruction": "?"}, 3),
}


@pytest.mark.parametrize("task, value", OTHER_TASKS.values(), ids=OTHER_TASKS)
def test_votes_are_counted_whatever_other_tasks_a_workflow_has(export, task, value):
    alone = {
        "id": "77",
        "first_task": "T0",
        "tasks": {"T0": WORKFLOW["tasks"]["T0"] | {"next": "T8"}, "T8": task},
    }
    combo = {"type": "combo", "tasks": ["T0", "T8"]}
    combined = {"id": "77", "first_task": "T9", "tasks": alone["tasks"] | {"T9": combo}}
    error, sub = {"error": "task cannot be exported"}, {"task": "T8.0.0", "markIndex": 0, "value": 0}
    answer, other = {"task": "T0", "value": "Smooth"}, {"task": "T8", "value": value}
    rows = [
        [answer],
        [answer, other, sub],
        [answer, {"task": "T8", "value": None}],
        [answer, error],
        [answer, None],
    ]
    flat = [row({}, user=f"u{i}", annotations=json.dumps(each)) for i, each in enumerate(rows)]
    held = [
        row({}, user=f"u{i}", annotations=json.dumps([{"task": "T9", "value": each}]))
        for i, each in enumerate(rows)
    ]
    for workflow, lines in ((alone, flat), (combined, held)):
        with pytest.warns(CountWarning, match=r"\(no task\) 'task cannot be exported': 1 row \(3\)$"):
            table = gz.count_votes(export(*lines), workflow)
        assert votes_of(table) == {"smooth_smooth": 5}


def test_a_combination_of_which_nothing_was_answered_or_exported_is_no_vote(export):
    tasks = {"T9": {"type": "combo", "tasks": ["T0", "T1"]}, "T0": single("Shape?", ("Smooth",), ("Disk",))}
    workflow = {"id": "77", "first_task": "T9", "tasks": tasks | {"T1": {"type": "slider"}}}
    held = [None, [], [None], [{"error": "combo tasks cannot be nested"}], [{"task": "T0", "value": None}]]
    rows = [row({"T9": value}, user=f"u{i}") for i, value in enumerate(held)]
    with pytest.warns(CountWarning, match="1 labels .* 'combo tasks cannot be nested': 1 row"):
        table = gz.count_votes(export(*rows), workflow)
    assert votes_of(table) == {}
    assert table["classifications"].tolist() == [5]


def test_boxes_of_which_nothing_is_known_are_not_taken_as_unticked(export):
    rows = [row({"T3": None}), row({"T3": []}, user="bo"), row({"T3": ["Lens"]}, user="cy")]
    votes = votes_of(gz.count_votes(export(*rows), WORKFLOW, boxes="yes-no"))
    assert votes == {"rare-ring_no": 2, "rare-lens_yes": 1, "rare-lens_no": 1}


def asked(question, value="Yes", version="2.1", **fields):
    annotations = [{"task": "T1", "task_label": question, "value": value}]
    return row({}, annotations=json.dumps(annotations), workflow_version=version, **fields)


QUESTIONS = {  # what a task asked once, where it now asks "Is the galaxy merging?"
    "Is there a bar?": False,
    "Is the galaxy barred?": False,
    "Is the galaxy a major merger, or a minor one?": False,
    "": True,
    "![m](m.png) Is the galaxy **merging**?": True,
    "is the galaxy merging": True,
    "Is the object merging with another?": False,
    "Is it merging?": True,
    "Is this galaxy mergin?": True,
    "T1.question": True,
}


@pytest.mark.parametrize("question, same", QUESTIONS.items(), ids=map(repr, QUESTIONS))
@pytest.mark.parametrize("source", ["export", "version"])
def test_answers_to_another_question_are_told_and_not_counted(export, question, same, source):
    now = {"T1": single("Is the galaxy merging?", ("Yes",), ("No",))}
    workflow = read_workflow({"id": "77", "version": "3.1", "first_task": "T1", "tasks": now})
    if source == "version":
        workflow.versions.append({"version": "2.1", "tasks": {"T1": single(question, ("Yes",), ("No",))}})
    shown = question if source == "export" else None
    rows = [
        asked(shown, "Yes"),
        asked(shown, 0, user="bo"),
        asked("Is the galaxy merging?", version="3.1", user="cy"),
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        table = gz.count_votes(export(*rows), workflow)
    number_known = same and source == "version"
    assert votes_of(table) == {"merging_yes": 1 + same + number_known}
    assert ("another question in version 2.1" in str([str(each.message) for each in told])) == (not same)
    if not same:
        assert "(0, 1)" in str(told[0].message)
        again = gz.count_votes(export(*rows[::2]), workflow, reworded="merging")
        assert votes_of(again) == {"merging_yes": 2}


def test_a_label_is_no_rewording_where_the_question_was_another(export):
    workflow = read_workflow(
        {"id": "77", "version": "3.1", "first_task": "T0", "tasks": {"T0": WORKFLOW["tasks"]["T1"]}}
    )
    other = single("How old is it?", ("Completely round",), ("Ancient",))
    workflow.versions.append({"version": "2.1", "tasks": {"T0": other}})
    with pytest.warns(CountWarning, match="T0 'Ancient'"):
        gz.count_votes(export(row({"T0": "Ancient"})), workflow)
    with pytest.raises(ValueError, match="reworded: no task or question 'rounde'; did you mean 'rounded'"):
        gz.count_votes(export(), workflow, reworded=["rounde"])


NOT_VOLUNTEERS = {
    "gold": [
        {"gold_standard": "true"},
        {"gold_standard": "True", "expert": "owner"},
        {"gold_standard": "TRUE"},
    ],
    "expert": [{"expert": "owner"}, {"expert": "expert"}],
    "pre-launch": [{"about": {"live_project": False}}],
}


@pytest.mark.parametrize("kind", NOT_VOLUNTEERS)
def test_rows_of_the_team_and_from_before_the_launch_are_left_out_and_told_unless_wanted(export, kind):
    columns = [*COLUMNS, "gold_standard", "expert"]
    rows = [row(EDGE_ON, user=f"u{i}", **fields) for i, fields in enumerate(NOT_VOLUNTEERS[kind])]
    usual = row(EDGE_ON, user="vo", gold_standard="false", about={"live_project": True})
    path = export(usual, *rows, columns=columns)
    with pytest.warns(CountWarning, match=r"1, 2|1 row \(1\)"):
        table = gz.count_votes(path, WORKFLOW)
    assert table["classifications"].tolist() == [1]
    assert "not counted:" in gz.zooniverse.count_report(table)
    wanted = gz.count_votes(path, WORKFLOW, include=[kind, "expert"])["classifications"].tolist()
    assert wanted == [1 + len(rows)]
    with pytest.raises(
        ValueError, match=r"include must be a list of \['gold', 'expert', 'pre-launch'\], not 'gold'"
    ):
        gz.count_votes(path, WORKFLOW, include="gold")


DATES = {
    "2018-02-27 00:00:00 UTC": True,
    "2018-02-26T23:59:59Z": False,
    "2018-02-27T00:30:00+01:00": False,
    "2018-02-27": True,
    "2/27/2019 16:08": True,
    "27.02.2017 16:08": False,
    "27/02/2017": False,
    "Feb 27 2017 4:08 PM": False,
    "27-Feb-19": True,
    "3/4/2019 16:08": True,
    "1/3/2018": None,
    "2/2018": None,
    "1550000000": None,
    "43523.67": None,
    "yesterday": None,
    "2018-13-01": None,
    "": None,
}


@pytest.mark.parametrize("date, later", DATES.items(), ids=map(repr, DATES))
def test_dates_are_read_as_they_come_or_told(export, date, later):
    path = export(
        row(EDGE_ON, user="bo", created_at="2019-01-01 00:00:00 UTC"), row(EDGE_ON, created_at=date)
    )
    if later is None:
        with pytest.warns(CountWarning, match=r"1 row \(1\) whose date cannot be read, or in two ways"):
            table = gz.count_votes(path, WORKFLOW, since="2018-02-27")
    else:
        table = gz.count_votes(path, WORKFLOW, since="2018-02-27")
    assert table["classifications"].tolist() == [1 + bool(later)]


def test_versions_and_weights_that_are_no_good_are_refused_or_told(export):
    path = export(row(EDGE_ON), row(EDGE_ON, user="bo", workflow_version="x"))
    with pytest.warns(CountWarning, match=r"1 row \(1\) whose version cannot be read"):
        assert gz.count_votes(path, WORKFLOW, min_version="3.1")["classifications"].tolist() == [1]
    with pytest.raises(ValueError, match=r"min_version must be a version such as '46' or '46\.73', not 1\.1"):
        gz.count_votes(path, WORKFLOW, min_version=1.10)
    with pytest.raises(ValueError, match="the weight of 'bo' must be a number from 0 on, not nan"):
        gz.count_votes(path, WORKFLOW, weights=pd.Series({"bo": float("nan")}))
    weighted = gz.count_votes(
        export(row(EDGE_ON), row(EDGE_ON, user="bo")), WORKFLOW, weights=pd.Series({"ada": 2, "bo": 3})
    )
    assert weighted["edge-on_yes"].tolist() == [5]
    for weight in (float("nan"), -1, float("inf"), None, "2"):
        with pytest.raises(ValueError, match="the weight of 'bo' must be a number from 0 on, not"):
            gz.count_votes(path, WORKFLOW, weights={"ada": 1, "bo": weight})


IDS = 587722981742084096, 587722981742084097
METADATA = {
    "long numbers": ([IDS[0], IDS[1]], [str(each) for each in IDS]),
    "one missing": ([IDS[0], None, IDS[1]], [str(IDS[0]), "", str(IDS[1])]),
    "beside texts": ([IDS[0], "J1"], [str(IDS[0]), "J1"]),
    "beside decimals": ([IDS[0], 0.5], [str(IDS[0]), "0.5"]),
    "zeros in front": (["007", "7"], ["007", "7"]),
    "past 64 bits": ([10**20, 1], [str(10**20), "1"]),
    "lists and truth": ([["a"], True], ['["a"]', "true"]),
    "half a pair": (["\ud800", "é"], ["\\ud800", "é"]),
}


@pytest.mark.parametrize("values, written", METADATA.values(), ids=METADATA)
def test_metadata_keep_every_digit_and_can_be_written(export, tmp_path, values, written):
    rows = [
        row(EDGE_ON, subject=i, described={} if value is None else {"name": value})
        for i, value in enumerate(values)
    ]
    table = gz.count_votes(export(*rows), WORKFLOW)
    table.to_csv(tmp_path / "votes.csv", index=False)
    table.to_parquet(tmp_path / "votes.parquet", index=False)
    with open(tmp_path / "votes.csv", newline="", encoding="utf-8") as file:
        assert [line["name"] for line in csv.DictReader(file)] == written
    again = pd.read_parquet(tmp_path / "votes.parquet")["name"].to_list()
    assert ["" if pd.isna(each) else str(each) for each in again] == written


def test_positions_in_degrees_are_numbers_and_others_stay_as_they_are(export):
    rows = [
        row(EDGE_ON, described={"ra": "12.5", "dec": "-12:03:44"}),
        row(EDGE_ON, 2, described={"dec": ""}),
    ]
    table = gz.count_votes(export(*rows), WORKFLOW)
    assert table["ra"].iloc[0] == 12.5
    assert table["dec"].tolist() == ["-12:03:44", ""]


def test_two_metadata_of_one_name_are_told_and_no_two_columns_share_a_name(export):
    about = {"#name": "a", "Name": "b", "id_str": "x", "subject_id_str": "y"}
    with pytest.warns(CountWarning, match=r"1 row \(0\) with two metadata called 'name', the first taken"):
        table = gz.count_votes(export(row(EDGE_ON, described=about)), WORKFLOW, metadata="all")
    assert table[["name", "subject_id_str", "subject_subject_id_str"]].iloc[0].tolist() == ["a", "x", "y"]


@pytest.mark.parametrize("subject", ["11.0", "1.5E+07", "15e6", "11."])
def test_a_subject_that_went_through_a_spreadsheet_is_told_and_not_counted(export, subject):
    path = export(row(EDGE_ON), row(EDGE_ON, user="bo", subject_ids=subject))
    with pytest.warns(
        CountWarning, match=r"1 row \(1\) whose subject a spreadsheet has made a decimal number"
    ):
        assert gz.count_votes(path, WORKFLOW)["id_str"].tolist() == ["1"]
    with pytest.raises(ValueError, match="is a decimal number, which has lost digits of an id"):
        gz.count_votes(path, WORKFLOW, subjects=[subject])


def test_short_names_in_aliases_may_hold_underscores_and_boxes(export):
    rename = {"T0": "smooth_or_not", "T3": "rare_things"}
    aliases = {"T0": {"Blob": "smooth"}, "T3": {"Donut": "ring"}}
    path = export(row({"T0": "Blob", "T3": ["Donut"]}))
    votes = votes_of(gz.count_votes(path, WORKFLOW, rename=rename, boxes="yes-no", aliases=aliases))
    assert votes == {"smooth_or_not_smooth": 1, "rare_things-ring_yes": 1, "rare_things-lens_no": 1}
    for wrong in ([1], {"T0": "smooth"}):
        with pytest.raises(ValueError, match=r"aliases( of 'T0')? must be a dictionary, not"):
            gz.count_votes(path, WORKFLOW, aliases=wrong)


DAMAGED = {
    "cut off": (lambda data: gzip.compress(data)[:-30], "the compressed file is cut off, about row"),
    "a bit turned": (
        lambda data: gzip.compress(data)[:200] + b"\xff\x0f" + gzip.compress(data)[202:],
        "the compressed file is damaged",
    ),
    "a zip archive": (lambda data: b"PK\x03\x04\xff\xfe" + data, "a zip archive: unpack it first"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "not text in UTF-8"),
    "two columns of one name": (
        lambda data: data.replace(b"user_ip", b"metadata", 1),
        "two columns are called 'metadata'",
    ),
    "semicolons": (lambda data: data.replace(b",", b";"), "no column 'annotations'"),
    "a page": (lambda data: b"<?xml version='1.0'?>\n<Error/>", "no column 'annotations'"),
    "empty": (lambda data: b"", "no column 'annotations'"),
}


@pytest.mark.parametrize("damage, message", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_export_is_refused_with_its_name(export, damage, message):
    path = export(*[row(EDGE_ON, user=f"u{i}") for i in range(50)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"classifications\.csv: .*{message}"):
        gz.count_votes(path, WORKFLOW)


def test_what_is_compressed_is_seen_in_the_file_not_in_its_name(export):
    path = export(row(EDGE_ON))
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert gz.count_votes(path, WORKFLOW)["classifications"].tolist() == [1]
    with pytest.raises(
        TypeError, match="export must be the path of a classification export, not a DataFrame"
    ):
        gz.count_votes(pd.DataFrame(), WORKFLOW)


def test_annotations_nested_without_end_are_told(export):
    path = export(
        row(EDGE_ON), row(EDGE_ON, user="bo", annotations="[" * 100_000, subject_data="[" * 100_000)
    )
    with pytest.warns(CountWarning, match=r"1 row \(1\) whose annotations are not JSON"):
        assert gz.count_votes(path, WORKFLOW)["classifications"].tolist() == [1]
