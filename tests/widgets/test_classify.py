import csv
import json
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gzkit as gz
from gzkit.plots.tree.page import campaigns
from gzkit.widgets.walk import questions_ahead

HOSTILE = '<img src=x onerror="window.hacked=1"> $\\frac{$'
SMOOTH = ["smooth-or-featured_smooth", "how-rounded_round", "merging_none"]


@pytest.fixture(scope="module")
def catalog():
    return gz.sample_catalog()[:20]


@pytest.fixture
def session(catalog, tmp_path):
    return gz.classify(catalog, "gz-decals-dr5", save=tmp_path / "my-votes.csv")


def hand(session, **message):
    session.touch._receive(session.touch, message, [])


def classify(session, labels):
    """One galaxy, by clicks."""
    for label in labels:
        hand(session, touch=f"answer:{label}")
    hand(session, touch="go:on")


def test_each_galaxy_is_saved_when_it_is_done_and_a_closed_session_goes_on(session, catalog):
    for label in SMOOTH:
        assert not session.classifications.path.exists()
        hand(session, touch=f"answer:{label}")
    hand(session, key="Enter")
    assert len(pd.read_csv(session.classifications.path)) == 1
    again = gz.classify(catalog, "gz-decals-dr5", save=session.classifications.path)
    assert again.galaxy == catalog["id_str"][1] and "1 of 20 done" in again.panels["progress"].value
    classify(again, SMOOTH)
    rows = pd.read_csv(session.classifications.path)
    assert rows["user_name"].nunique() == 1 and rows["subject_ids"].tolist() == catalog["id_str"][:2].tolist()
    assert rows["classification_id"].is_unique


def test_votes_are_the_answers_given(session):
    given = np.zeros(len(session.schema.answers), int)
    rng = np.random.default_rng(0)
    while session.galaxy:
        while session.question:
            label = rng.choice(session.question.labels)
            given[session.schema.get_answer(label).index] += 1
            session.answer(label)
        session.go_on()
        session.go_on()
    votes = session.votes
    assert votes[session.schema.label_cols].to_numpy().sum(axis=0).tolist() == given.tolist()
    assert len(votes) == 20 and (votes["classifications"] == 1).all()
    gz.read_catalog(votes, session.schema)
    assert "Thank you" in session.panels["asked"].value and "All 20" in session.describe()


@pytest.mark.parametrize("name", gz.schema_names())
def test_every_named_survey_can_be_classified(name, catalog, tmp_path):
    """A walker who answers at random: what is asked follows from the tables of the survey alone, each question once."""
    joined = gz.load_schema(name)
    endings = [campaign for campaign in campaigns(joined) if campaign]
    for campaign in endings or [None]:
        rng, given = np.random.default_rng(0), np.zeros((6, len(joined.answers)), int)
        options = {"save": tmp_path / f"{campaign}.csv", "campaign": campaign}
        session = gz.classify(catalog[["id_str", "file_loc"]][:6], joined, **options)
        for galaxy in range(6):
            while session.question:
                session.answer(rng.choice(session.question.labels))
            answered = sorted(session.schema.get_answer(label).question.text for label in session.path)
            parents = session.schema.dependencies.items()
            after = {text: [each] if isinstance(each, str) else each for text, each in parents}
            asked = [text for text in after if after[text] is None or {*after[text]} & {*session.path}]
            assert answered == sorted(asked)
            given[galaxy, [joined.get_answer(label).index for label in session.path]] = 1
            session.go_on()
            session.go_on()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            votes = session.votes
        assert votes[joined.label_cols].to_numpy().tolist() == given.tolist()
        gz.read_catalog(votes, joined)


def test_a_question_that_waits_is_asked_where_the_branch_ends_and_is_taken_back_too(catalog, tmp_path):
    session = gz.classify(catalog, "gz-euclid", save=tmp_path / "a.csv")
    walk = ["smooth-or-featured_featured-or-disk", "disk-edge-on_no", "bar_no", "has-spiral-arms_no"]
    walk += ["bulge-size_none", "merging_none"]
    for label in walk:
        session.answer(label)
    assert session.question.text == "clumps"
    hand(session, key="1")
    assert session.question is None and 'data-touch="go:on"' in session.panels["asked"].value
    hand(session, key="Backspace")
    hand(session, key="Backspace")
    assert session.path == walk[:-1] and session.question.text == "merging"


def test_joined_campaigns_are_answered_one_at_a_time(catalog, tmp_path):
    for campaign in (None, "dr6"):
        with pytest.raises(
            ValueError, match="gz-decals joins dr12, dr5, dr8, and a volunteer answers the questions"
        ):
            gz.classify(catalog, "gz-decals", save=tmp_path / "a.csv", campaign=campaign)
    with pytest.raises(ValueError, match=r"gz2 joins no campaigns.*not 'dr5'"):
        gz.classify(catalog, "gz2", save=tmp_path / "a.csv", campaign="dr5")
    session = gz.classify(catalog[:2], "gz-decals", save=tmp_path / "a.csv", campaign="dr5")
    classify(session, ["smooth-or-featured-dr5_artifact"])
    with pytest.raises(ValueError, match=r"row 2: not answers to gz-decals dr8 \(but to gz-decals dr5"):
        gz.classify(catalog[:2], "gz-decals", save=tmp_path / "a.csv", campaign="dr8")


def test_answers_are_taken_back_until_the_galaxy_is_done(session):
    hand(session, key="2")
    assert session.path == ["smooth-or-featured_featured-or-disk"] and session.question.text == "disk-edge-on"
    hand(session, key="Backspace")
    assert session.path == []
    hand(session, key="Enter")
    hand(session, key="9")
    assert session.path == [] and not session.saved
    classify(session, SMOOTH)
    hand(session, key="Backspace")
    assert session.path == SMOOTH and session.saved
    with pytest.raises(ValueError, match="nothing is asked now"):
        session.answer(SMOOTH[0])


def test_a_second_click_on_an_answer_that_is_gone_does_nothing(session):
    hand(session, touch=f"answer:{SMOOTH[0]}")
    hand(session, touch=f"answer:{SMOOTH[0]}")
    assert session.path == SMOOTH[:1]


def test_what_the_others_said_is_told_after_and_not_before(session, catalog):
    votes = catalog.loc[0, session.schema.label_cols].astype(int)
    asked = session.schema.get_question("smooth-or-featured").labels
    words = f"{votes[SMOOTH[0]]} of {votes[asked].sum()} agreed"
    for label in SMOOTH:
        assert "agreed" not in session.panels["asked"].value
        session.answer(label)
    bare = session.panels["tree"].value
    session.go_on()
    assert words in session.panels["asked"].value and session.panels["tree"].value != bare
    assert "Most said: In between" in session.panels["asked"].value


def test_without_votes_of_others_the_answers_are_saved_all_the_same(catalog, tmp_path):
    session = gz.classify(catalog[["id_str", "file_loc"]], "gz-decals-dr5", save=tmp_path / "a.csv")
    classify(session, SMOOTH)
    assert session.saved and "agreed" not in session.panels["asked"].value
    assert session.votes["how-rounded_round"].sum() == 1


def test_nobody_agrees_about_a_galaxy_that_nobody_was_asked_about(catalog, tmp_path):
    labels = gz.load_schema("gz-decals-dr5").label_cols
    session = gz.classify(
        catalog[:1].assign(**dict.fromkeys(labels, 0)), "gz-decals-dr5", save=tmp_path / "a"
    )
    classify(session, SMOOTH)
    session.go_on()
    assert "0 times you said of the first question what most said" in session.describe()


def test_question_stands_in_the_words_of_volunteers_with_pictures_and_numbers(session):
    page = session.panels["asked"].value
    assert "Is the galaxy simply smooth and rounded, with no sign of a disk?" in page
    assert len(re.findall("<button[^>]*data-touch=.answer:[^>]*><img", page)) == 3
    assert re.findall(r"<kbd>(\d)</kbd>", page) == ["1", "2", "3"]


def test_ten_students_make_a_catalogue_that_trains(catalog, tmp_path):
    schema, files, expected = gz.load_schema("gz-decals-dr5"), [], np.zeros((20, 34), int)
    for student in range(10):
        rng = np.random.default_rng(student)
        files.append(tmp_path / f"student-{student}.csv")
        session = gz.classify(
            catalog, schema, save=files[-1], volunteer=f"ada-{student}" if student % 2 else None
        )
        for galaxy in range(20):
            seen = catalog.loc[galaxy, schema.label_cols].to_numpy(float)
            while session.question:
                part = seen[session.question.columns] + 0.1
                label = rng.choice(session.question.labels, p=part / part.sum())
                expected[galaxy, schema.get_answer(label).index] += 1
                session.answer(label)
            session.go_on()
            session.go_on()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gz.zooniverse.CountWarning)
        votes = gz.count_votes([*files, files[3]], files[0].with_suffix(".workflow.json"), like=schema)
    assert votes[schema.label_cols].to_numpy().tolist() == expected.tolist()
    assert (votes["classifications"] == 10).all()
    table = gz.read_catalog(votes.merge(catalog[["id_str", "file_loc"]], on="id_str"), schema)
    model = gz.TreeModel(schema, encoder="gzkit-tiny", image_size=32)
    run = gz.finetune(model, table[:14], table[14:], epochs=1, seed=0)
    assert np.isfinite(run.history.iloc[-1]["val_loss"])


def test_one_vote_a_person_and_galaxy_over_several_files(catalog, tmp_path):
    for name, answer in (("a.csv", "how-rounded_round"), ("b.csv", "how-rounded_cigar-shaped")):
        session = gz.classify(catalog[:1], "gz-decals-dr5", save=tmp_path / name, volunteer="ada")
        classify(session, [SMOOTH[0], answer, SMOOTH[2]])
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for order in (files, files[::-1]):
        with pytest.warns(gz.zooniverse.CountWarning, match="classified the same subject before"):
            votes = gz.count_votes(order, session.classifications.workflow, like="gz-decals-dr5")
        assert votes[["how-rounded_round", "how-rounded_cigar-shaped"]].to_numpy().tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="empty list"):
        gz.count_votes([], session.classifications.workflow)


def test_files_of_others_are_refused(catalog, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(TypeError, match=r"classify: stretch is a gz.Stretch"):
        gz.classify(catalog, "gz-decals-dr5", stretch="asinh")
    with pytest.raises(ValueError, match="not a file of"):
        gz.classify(catalog, "gz-decals-dr5", save=other)
    session = gz.classify(catalog, "gz-decals-dr5", save=tmp_path / "mine.csv")
    classify(session, SMOOTH)
    with pytest.raises(ValueError, match=r"mine.csv, row 2: not answers to gz-rings"):
        gz.classify(catalog, "gz-rings", save=tmp_path / "mine.csv")
    path = tmp_path / "mine.csv"
    path.write_text(path.read_text()[:-9])
    with pytest.raises(ValueError, match="last line is cut off"):
        gz.classify(catalog, "gz-decals-dr5", save=path)


def test_catalogues_that_cannot_be_classified_are_refused(catalog, tmp_path):
    with pytest.raises(ValueError, match="no column 'file_loc'"):
        gz.classify(catalog.drop(columns="file_loc"), "gz-decals-dr5", save=tmp_path / "a.csv")
    with pytest.raises(ValueError, match="'a;b' cannot be a subject"):
        gz.classify(catalog[:1].assign(id_str="a;b"), "gz-decals-dr5", save=tmp_path / "a.csv")


def test_row_is_that_of_a_zooniverse_export(session):
    classify(session, SMOOTH)
    with session.classifications.path.open(newline="") as file:
        row = next(csv.DictReader(file))
    told = json.loads(row["annotations"])
    assert [each["value"] for each in told] == ["Smooth", "Completely round", "None"]
    assert told[0]["task_label"].startswith("Is the galaxy simply smooth")
    about = json.loads(row["metadata"])
    assert about["started_at"] <= about["finished_at"]
    assert row["user_name"].startswith("not-logged-in-") and row["subject_ids"] == "sim-00000"


def test_hostile_texts_are_shown_and_saved_as_they_are(tmp_path):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    schema = gz.Schema({HOSTILE: ["_" + HOSTILE, "_no"]}, {HOSTILE: None}, name=HOSTILE)
    table = pd.DataFrame(
        [[HOSTILE, str(tmp_path / "a.png"), 3, 1]], columns=["id_str", "file_loc", *schema.label_cols]
    )
    session = gz.classify(table, schema, save=tmp_path / "a.csv", volunteer=HOSTILE)
    for _ in range(3):
        for panel in session.panels.values():
            assert "<img src=x" not in panel.value
        session._answer_number(1)
        session.go_on()
    assert gz.classify(table, schema, save=tmp_path / "a.csv").galaxy == ""


def test_pictures_without_a_kernel_and_in_the_dark(session):
    bundle, metadata = session._repr_mimebundle_()
    assert bundle["text/plain"] == "gzkit classifier: run this cell to use it"
    assert "1 Smooth, 2 Features or Disk" in metadata["image/png"]["alt"]
    session.touch.dark = True
    assert "#121417" in session.panels["tree"].value
    assert not plt.get_fignums()


def test_every_question_of_a_walk_is_asked_once(session):
    asked = []
    while session.question:
        asked.append(session.question.text)
        session.answer(session.question.labels[0])
    assert len(set(asked)) == len(asked) and not questions_ahead(session.schema, session.path)
