import json
import os
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.schema.surveys import survey_facts

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

JOINED_QUESTIONS_AND_ANSWERS = {
    "gz-decals": (30, 98),
    "gz-evo": (76, 239),
    "gz-evo-public": (63, 194),
    "gz-evo-v2": (86, 279),
    "gz-evo-v2-public": (60, 188),
}

# the field's tables of columns, and the survey, suffix and dependencies that they stand for
FIELD_TABLES = [
    ("gz2", True, "gz2_ortho"),
    ("gz-decals-dr12", True, "decals_dr12_ortho"),
    ("gz-decals-dr5", True, "decals_dr5_ortho"),
    ("gz-decals-dr8", True, "decals_dr8_ortho"),
    ("gz-decals", True, "decals_all_campaigns_ortho"),
    ("gz-desi", False, "desi"),
    ("gz-rings", False, "rings"),
    ("gz-hubble", False, "hubble"),
    ("gz-hubble", True, "hubble_ortho"),
    ("gz-hubble-no-clumps", False, "hubble_v2"),
    ("gz-hubble-no-clumps", True, "hubble_v2_ortho"),
    ("gz-candels", False, "candels"),
    ("gz-candels", True, "candels_ortho"),
    ("gz-cosmic-dawn", False, "cosmic_dawn"),
    ("gz-cosmic-dawn", True, "cosmic_dawn_ortho"),
    ("gz-jwst-ceers", True, "jwst_ortho"),
    ("gz-jwst-cosmos", True, "jwst_cosmos_ortho"),
    ("gz-ukidss", True, "ukidss_ortho"),
    ("gz-euclid", False, "euclid"),
    ("gz-euclid", True, "euclid_ortho"),
    ("gz-evo", True, "gz_evo_v1"),
    ("gz-evo-public", True, "gz_evo_v1_public"),
    ("gz-evo-v2", True, "gz_evo_v2"),
    ("gz-evo-v2-public", True, "gz_evo_v2_public"),
]


def parents_of(name, question, **options):
    return [answer.label for answer in gz.load_schema(name, **options).get_question(question).asked_after]


def walk_down_the_tree(schema, walkers, rng):
    """Votes of volunteers who each follow the tree, how many met each question, and the most parents met at once."""
    chosen = np.zeros((walkers, len(schema.answers)), dtype=bool)
    met = np.zeros((walkers, len(schema.questions)), dtype=int)
    for question in schema.walk_order:
        parents = [answer.index for answer in question.asked_after]
        met[:, question.index] = chosen[:, parents].sum(axis=1) if parents else 1
        who = np.flatnonzero(met[:, question.index])
        chosen[who, rng.integers(question.columns.start, question.columns.stop, len(who))] = True
    return chosen.sum(axis=0), (met > 0).sum(axis=0), met.max()


def test_every_promised_survey_is_there():
    assert set(NAMES) <= set(gz.schema_names())


@pytest.mark.parametrize("name", gz.schema_names())
def test_a_volunteer_meets_each_question_once_and_proportion_asked_is_the_share_who_met_it(name):
    schema = gz.load_schema(name)
    votes, met, parents_at_once = walk_down_the_tree(schema, 300, np.random.default_rng(0))
    assert parents_at_once == 1
    assert (gz.total_votes(votes, schema) == met).all()
    asked = gz.proportion_asked(gz.vote_fractions(votes, schema), schema)
    np.testing.assert_allclose(asked, met / 300, rtol=1e-12)


@pytest.mark.parametrize("name", gz.schema_names())
def test_the_simplified_form_has_the_same_columns_and_at_most_one_parent(name):
    schema, simplified = gz.load_schema(name), gz.load_schema(name, parents="simplified")
    assert schema.label_cols == simplified.label_cols
    assert schema.name == name
    assert all(len(question.asked_after) <= 1 for question in simplified.questions)


@pytest.mark.parametrize("name", gz.schema_names())
def test_a_data_file_names_itself_its_source_and_what_to_know(name):
    facts = survey_facts(name)
    assert facts["name"] == name
    assert facts["title"]
    assert facts["source"]
    assert all(len(note) > 20 for note in facts["notes"])


def test_data_files_are_text_a_person_can_read():
    for entry in resources.files("gzkit.schema.surveys").iterdir():
        if entry.name.endswith(".json"):
            assert max(len(line) for line in entry.read_text(encoding="utf-8").splitlines()) < 600


def test_decals_dr5_columns_stand_in_the_published_order():
    assert gz.load_schema("gz-decals-dr5").label_cols == [
        *("smooth-or-featured_smooth", "smooth-or-featured_featured-or-disk", "smooth-or-featured_artifact"),
        *("disk-edge-on_yes", "disk-edge-on_no", "has-spiral-arms_yes", "has-spiral-arms_no"),
        *("bar_strong", "bar_weak", "bar_no"),
        *(
            "bulge-size_dominant",
            "bulge-size_large",
            "bulge-size_moderate",
            "bulge-size_small",
            "bulge-size_none",
        ),
        *("how-rounded_round", "how-rounded_in-between", "how-rounded_cigar-shaped"),
        *("edge-on-bulge_boxy", "edge-on-bulge_none", "edge-on-bulge_rounded"),
        *("spiral-winding_tight", "spiral-winding_medium", "spiral-winding_loose"),
        *("spiral-arm-count_1", "spiral-arm-count_2", "spiral-arm-count_3", "spiral-arm-count_4"),
        *("spiral-arm-count_more-than-4", "spiral-arm-count_cant-tell"),
        *("merging_none", "merging_minor-disturbance", "merging_major-disturbance", "merging_merger"),
    ]


def test_decals_volunteers_met_merging_at_the_end_of_every_branch_but_artifact():
    parents = parents_of("gz-decals-dr5", "merging")
    assert {label.split("_")[0] for label in parents} == {"how-rounded", "edge-on-bulge", "bulge-size"}
    assert len(parents) == 3 + 3 + 5
    assert parents_of("gz-decals-dr5", "merging", parents="simplified") == []


def test_bulge_size_comes_after_the_number_of_arms_or_after_no_spiral():
    counts = [f"spiral-arm-count_{n}" for n in ("1", "2", "3", "4", "more-than-4", "cant-tell")]
    for name in ("gz2", "gz-decals-dr5", "gz-ukidss", "gz-cosmic-dawn", "gz-jwst-ceers", "gz-euclid"):
        assert parents_of(name, "bulge-size") == ["has-spiral-arms_no", *counts]
    assert parents_of("gz-decals-dr5", "bulge-size", parents="simplified") == ["disk-edge-on_no"]
    assert parents_of("gz2", "bulge-size", parents="simplified") == ["smooth-or-featured_featured-or-disk"]


def test_gz2_asked_for_bars_and_arms_only_after_edge_on_no():
    assert parents_of("gz2", "bar") == ["disk-edge-on_no"]
    assert parents_of("gz2", "has-spiral-arms") == ["bar_yes", "bar_no"]
    assert parents_of("gz2", "bar", parents="simplified") == ["smooth-or-featured_featured-or-disk"]


def test_an_edge_on_disk_was_hardly_asked_about_arms():
    schema = gz.load_schema("gz2")
    votes = np.zeros(len(schema.answers), dtype=int)
    for label, count in {
        "smooth-or-featured_featured-or-disk": 100,
        "disk-edge-on_yes": 90,
        "disk-edge-on_no": 10,
    }.items():
        votes[schema.get_answer(label).index] = count
    votes[schema.get_question("bar").columns] = 1, 9
    asked = gz.proportion_asked(gz.vote_fractions(votes, schema), schema)
    assert asked[schema.get_question("has-spiral-arms").index] == pytest.approx(0.1)


def test_gz2_asked_for_oddities_at_the_end_of_every_branch_but_artifact():
    parents = parents_of("gz2", "something-odd")
    assert {label.split("_")[0] for label in parents} == {"how-rounded", "bulge-shape", "bulge-size"}
    assert len(parents) == 3 + 3 + 4
    complete = gz.load_schema("gz2-all-tasks")
    assert (len(complete.questions), len(complete.answers)) == (11, 37)
    assert parents_of("gz2-all-tasks", "odd-feature") == ["something-odd_yes"]


def test_hubble_has_its_clump_branch_unless_asked_otherwise():
    schema, without = gz.load_schema("gz-hubble"), gz.load_schema("gz-hubble", clumps=False)
    assert (len(schema.questions), len(without.questions)) == (12, 9)
    assert parents_of("gz-hubble", "disk-edge-on") == ["clumpy-appearance_no"]
    assert parents_of("gz-hubble", "galaxy-symmetrical") == ["clumpy-appearance_yes"]
    embedded = parents_of("gz-hubble", "clumps-embedded-larger-object")
    assert embedded == ["galaxy-symmetrical_yes", "galaxy-symmetrical_no"]
    assert without == gz.load_schema("gz-hubble-no-clumps")
    assert without.get_question("disk-edge-on").asked_after[0].label == "smooth-or-featured_features"


def test_hubble_winding_comes_after_spiral_yes_and_the_simplified_form_says_edge_on_no():
    for name in ("gz-hubble", "gz-candels"):
        assert parents_of(name, "spiral-winding") == ["has-spiral-arms_yes"]
        assert parents_of(name, "spiral-winding", parents="simplified") == ["disk-edge-on_no"]


def test_hubble_clumps_in_a_spiral_pattern_lead_to_the_bar_question():
    assert parents_of("gz-hubble-all-tasks", "bar") == ["disk-edge-on_no", "clump-configuration_spiral"]
    assert len(gz.load_schema("gz-hubble-all-tasks").questions) == 18


def test_candels_asked_for_merging_after_clumps_too():
    assert "clumpy-appearance_yes" in parents_of("gz-candels", "merging")
    complete = parents_of("gz-candels-all-tasks", "merging")
    assert "brightest-clump-central_no" in complete
    assert "clumpy-appearance_yes" not in complete


@pytest.mark.parametrize("name, size", JOINED_QUESTIONS_AND_ANSWERS.items())
def test_joined_campaigns_always_have_suffixed_columns(name, size):
    schema = gz.load_schema(name)
    assert (len(schema.questions), len(schema.answers)) == size
    assert schema == gz.load_schema(name, campaign_suffix=True)
    assert "bar-dr5_strong" in schema.label_cols
    roots = [question.text for question in schema.questions if not question.asked_after]
    assert roots == [
        question.text for question in schema.questions if question.text.startswith("smooth-or-featured")
    ]


def test_the_suffix_goes_between_question_and_answer_of_columns_and_parents():
    schema = gz.load_schema("gz-decals-dr5", campaign_suffix=True)
    assert schema.get_question("bar-dr5").labels == ["bar-dr5_strong", "bar-dr5_weak", "bar-dr5_no"]
    assert schema.get_question("bar-dr5").asked_after[0].label == "disk-edge-on-dr5_no"
    assert (
        "smooth-or-featured-jwst_star-artifact-zoom"
        in gz.load_schema("gz-jwst-ceers", campaign_suffix=True).label_cols
    )


def test_volunteers_wording_is_kept():
    question = gz.load_schema("gz-decals-dr5").get_question("merging")
    assert question.wording == "Is the galaxy merging or disturbed?"
    assert question.answers[3].wording == "Merging"


def test_a_wrong_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="no survey 'gz-decals-d5'; did you mean 'gz-decals-dr5'"):
        gz.load_schema("gz-decals-d5")


def test_a_form_that_a_survey_does_not_have_is_refused():
    with pytest.raises(ValueError, match="gz-rings: no table that joins campaigns"):
        gz.load_schema("gz-rings", campaign_suffix=True)
    with pytest.raises(ValueError, match="gz2: clumps=False is for gz-hubble"):
        gz.load_schema("gz2", clumps=False)
    with pytest.raises(ValueError, match=r"parents must be one of .* not 'simple'"):
        gz.load_schema("gz2", parents="simple")


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
@pytest.mark.parametrize("name, suffix, table", FIELD_TABLES)
def test_columns_and_simplified_parents_are_those_in_use_in_the_field(name, suffix, table):
    path = Path(os.environ["GZKIT_REALDATA"]) / "trees" / "campaign_questions_and_answers.json"
    field = json.loads(path.read_text(encoding="utf-8"))
    schema = gz.load_schema(name, campaign_suffix=suffix, parents="simplified")
    assert list(schema.pairs.items()) == list(field[f"{table}_pairs"].items())
    shared = "decals_ortho" if table.startswith("decals") else table
    dependencies = field.get(f"{shared}_dependencies") or _without_suffix(
        field[f"{table}_ortho_dependencies"]
    )
    assert schema.dependencies == {
        question.text: dependencies[question.text] for question in schema.questions
    }


def _without_suffix(dependencies):
    suffix = "-" + next(iter(dependencies)).split("-")[-1]
    return {
        text.replace(suffix, ""): label and label.replace(suffix, "") for text, label in dependencies.items()
    }


def share_that_adds_up(table, schema):
    """For each question, the share of galaxies whose total is the votes for the answers that lead to it."""
    votes = table[schema.label_cols].to_numpy()
    totals, shares = gz.total_votes(votes, schema), {}
    for question in schema.questions:
        if question.asked_after:
            led_here = votes[:, [answer.index for answer in question.asked_after]].sum(axis=1)
            shares[question.text] = (totals[:, question.index] == led_here).mean()
    return shares


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
@pytest.mark.filterwarnings("ignore:gz2_stripe82coadd_counts.csv. total votes differ:UserWarning")
def test_real_votes_of_gz2_add_up_along_the_parents_that_volunteers_had():
    path = Path(os.environ["GZKIT_REALDATA"]) / "catalogs" / "gz2_stripe82coadd_counts.csv"
    schema = gz.load_schema("gz2-all-tasks")
    table = gz.read_catalog(path, schema, columns="gz2", images=False)
    assert min(share_that_adds_up(table, schema).values()) > 0.96
    simplified = share_that_adds_up(table, gz.load_schema("gz2-all-tasks", parents="simplified"))
    assert simplified["bar"] < 0.7


@pytest.mark.skipif(
    "GZKIT_REALDATA" not in os.environ, reason="GZKIT_REALDATA names no folder of real tables"
)
def test_real_votes_of_decals_dr5_add_up_along_the_parents_that_volunteers_had():
    table = pd.read_csv(Path(os.environ["GZKIT_REALDATA"]) / "catalogs" / "gz_decals_dr5_fulltree_counts.csv")
    schema = gz.load_schema("gz-decals-dr5")
    old_answers = [f"merging_{old}-v1" for old in ("tidal-debris", "both", "neither")]  # asked at first
    table = table[[*schema.label_cols, *old_answers]].fillna(0)
    table["merging_none"] += table[old_answers].sum(axis=1)
    assert min(share_that_adds_up(table, schema).values()) > 0.99
