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
    metadata = {"retired": None} | fields.pop("subject", {})
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
    assert "1 subjects left out" in gz.count_report(table)


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
    assert "T0 'Something odd' as smooth_star-or-artifact" in gz.count_report(table)


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
        "Filename": "a.png",
        "mag": 17,
        "smooth_smooth": "x",
    }
    path = export(row(EDGE_ON, subject=1, subject_data=json.dumps({"1": about})), row(EDGE_ON, subject=2))
    table = gz.count_votes(path, WORKFLOW)
    assert table[["iauname", "ra", "dec", "filename"]].iloc[0].tolist() == ["J1", 12.5, -3.0, "a.png"]
    assert np.isnan(table["ra"].iloc[1])
    assert gz.count_votes(path, WORKFLOW, metadata=["Mag"])["mag"].iloc[0] == 17
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
    assert "rounded: 1 of 1, -1" in gz.count_report(table)
    with pytest.raises(ValueError, match="does not come from count_votes"):
        gz.count_report(pd.DataFrame({"id_str": ["1"]}))


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
