"""Simulated galaxies, volunteers and the sample survey."""

import csv
from pathlib import Path

import numpy as np
import pytest
import sample
import simulated_survey as simulate
from scipy.optimize import minimize
from scipy.special import gammaln

import gzkit as gz
from gzkit.simulate.images import complete
from gzkit.simulate.looks import EXAMPLES, render
from gzkit.simulate.volunteers import OPINIONS, cast_votes

SAMPLE = Path(__file__).parents[2] / "data_samples"
SAMPLE_SEED = 2021


@pytest.fixture(scope="module")
def survey():
    return simulate.simulate_survey(3000, seed=1, images=False)


def read_rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_remade_sample_has_the_committed_tables():
    remade = simulate.simulate_survey(600, seed=SAMPLE_SEED, images=False)
    catalog, truth = sample.tables(remade, [f"sim-{row:05d}" for row in range(600)])
    assert [[str(value) for value in row] for row in catalog] == read_rows(SAMPLE / "catalog.csv")
    assert [[str(value) for value in row] for row in truth] == read_rows(SAMPLE / "truth.csv")


def test_the_sample_is_small_and_complete():
    files = list(SAMPLE.rglob("*"))
    assert sum(file.stat().st_size for file in files if file.is_file()) < 6_000_000
    pictures = {f"images/{file.name}" for file in (SAMPLE / "images").iterdir()}
    assert {row[1] for row in read_rows(SAMPLE / "catalog.csv")[1:]} == pictures


def test_total_votes_are_the_votes_for_the_answers_before(survey):
    totals = gz.total_votes(survey.votes, survey.schema)
    for question in survey.schema.questions:
        parents = [answer.index for answer in question.asked_after]
        if parents:
            assert (totals[:, question.index] == survey.votes[:, parents].sum(axis=1)).all()
        else:
            assert ((totals[:, question.index] >= 36) & (totals[:, question.index] <= 44)).all()


def test_votes_follow_the_chances_down_any_tree():
    schema = gz.Schema(
        {"a": ["_x", "_y", "_z"], "b": ["_x", "_y"], "c": ["_x", "_y"]},
        {"a": None, "b": "a_x", "c": ["a_y", "b_y"]},
    )
    chances = np.array([[0.5, 0.3, 0.2, 0.4, 0.6, 0.1, 0.9]])
    votes = cast_votes(chances, schema, 1_000_000, np.random.default_rng(0))[0]
    asked = gz.proportion_asked(chances, schema)[0]
    expected = chances[0] * asked[[0, 0, 0, 1, 1, 2, 2]] * 1e6
    np.testing.assert_allclose(votes, expected, atol=5 * 500)
    assert votes[5:].sum() == votes[1] + votes[4]


def test_chances_that_do_not_sum_to_one_are_refused():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    with pytest.raises(ValueError, match=r"row 1, question 'bar': \[0.6 0.6\]"):
        cast_votes([[0.5, 0.5], [0.6, 0.6]], schema, 40, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"expected shape \(galaxy, 2\).* got \(1, 3\)"):
        cast_votes([[0.2, 0.3, 0.5]], schema, 40, np.random.default_rng(0))


def test_probabilities_of_a_question_sum_to_one(survey):
    for probabilities in (survey.expected, survey.probabilities):
        assert (probabilities > 0).all()
        for question in survey.schema.questions:
            np.testing.assert_allclose(probabilities[:, question.columns].sum(axis=1), 1, atol=1e-12)


def test_volunteers_see_what_was_drawn():
    schema = gz.load_schema("gz-decals-dr5")
    for label, parameters in EXAMPLES.items():
        expected = simulate.answer_probabilities(complete(parameters), schema)[0]
        question = schema.get_answer(label).question
        assert question.labels[int(np.argmax(expected[question.columns]))] == label


def test_a_faint_galaxy_hides_its_arms():
    schema = gz.load_schema("gz-decals-dr5")
    spiral = EXAMPLES["has-spiral-arms_yes"] | {"brightness": [2.0, 5.0, 20.0, 60.0]}
    expected = simulate.answer_probabilities(complete(spiral), schema)
    assert (np.diff(expected[:, schema.get_answer("has-spiral-arms_yes").index]) > 0).all()
    assert (np.diff(expected[:, schema.get_answer("smooth-or-featured_featured-or-disk").index]) > 0).all()


def test_a_schema_of_other_questions_is_refused():
    schema = gz.Schema.from_classes("lens", ["yes", "no"])
    with pytest.raises(ValueError, match="cannot answer Question\\('lens'"):
        simulate.answer_probabilities(complete({}), schema)


def test_the_same_seed_gives_the_same_survey():
    first, again = (simulate.simulate_survey(20, seed=3, size=32) for _ in range(2))
    assert (first.images == again.images).all() and (first.votes == again.votes).all()
    other = simulate.simulate_survey(20, seed=4, size=32)
    assert (first.votes != other.votes).any()


def test_an_unknown_parameter_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"no parameter 'bar_lenght'.*did you mean 'bar_length'"):
        render(bar_lenght=0.5)
    with pytest.raises(ValueError, match="'radius' must be finite"):
        render(radius=np.nan)
    with pytest.raises(ValueError, match=r"'seeing' must be positive, got 0"):
        render(seeing=[0.02, 0.0])


def test_an_edge_on_disc_is_flat_and_a_face_on_disc_is_round():
    face_on, edge_on = (render(inclination=i, size=64)[..., 1].astype(float) for i in (0, 90))
    coordinate = np.arange(64) - 31.5

    def axis_ratio(image):
        light = image - image.min()
        return np.sqrt((light.sum(axis=1) * coordinate**2).sum() / (light.sum(axis=0) * coordinate**2).sum())

    assert axis_ratio(face_on) == pytest.approx(1, abs=0.02)
    assert axis_ratio(edge_on) < 0.5


def test_arms_repeat_with_their_number():
    for count in (2, 3, 4):
        image = render(arm_count=count, arm_strength=1, bulge_fraction=0, size=129).astype(float)
        angle = np.arange(720) * np.pi / 360
        column, row = (np.rint(64 + 20 * f(angle)).astype(int) for f in (np.cos, np.sin))
        power = np.abs(np.fft.rfft(image[row, column].mean(axis=1)))[1:12]
        assert int(np.argmax(power)) + 1 == count


def test_bulges_are_redder_than_discs():
    red, green, blue = np.moveaxis(render(bulge_fraction=1, bulge_radius=1)[40:88, 40:88], -1, 0)
    assert red.mean() > green.mean() > blue.mean()
    red, _, blue = np.moveaxis(render(bulge_fraction=0, redness=0)[40:88, 40:88], -1, 0)
    assert blue.mean() > red.mean()


def test_the_script_writes_the_files_it_names(tmp_path):
    sample.main(["--out", str(tmp_path / "s"), "--seed", "1", "--galaxies", "3", "--size", "32"])
    catalog = gz.read_catalog(tmp_path / "s" / "catalog.csv", gz.load_schema("gz-decals-dr5"))
    assert len(catalog) == 3 and Path(catalog["file_loc"][0]).exists()
    assert len(read_rows(tmp_path / "s" / "truth.csv")) == 4


def overdispersion(votes):
    """Maximum likelihood by one general optimiser over scipy's density: no code of gzkit."""

    def nll(log_concentration):
        a = np.exp(log_concentration)
        terms = gammaln(votes + a).sum(axis=1) - gammaln(a).sum() + gammaln(a.sum())
        return -(terms - gammaln(votes.sum(axis=1) + a.sum())).sum()

    return 1 / (1 + np.exp(minimize(nll, np.zeros(votes.shape[1])).x).sum())


def test_volunteers_differ_between_galaxies_as_measured():
    survey = simulate.simulate_survey(12_000, seed=1, images=False)
    for question in survey.schema.questions:
        votes, names = survey.votes[:, question.columns], [answer.text for answer in question.answers]
        if question.text == "merging":  # the real galaxies had the first months' answers
            votes = np.column_stack([votes[:, 0], votes[:, 1] + votes[:, 2], votes[:, 3]])
            names = ["none", "disturbed", "merger"]
        votes = votes[votes.sum(axis=1) >= 5]
        measured = OPINIONS[question.text]
        assert overdispersion(votes) == pytest.approx(measured["overdispersion"], rel=0.1), question.text
        means = (votes / votes.sum(axis=1, keepdims=True)).mean(axis=0)
        assert means == pytest.approx([measured["fractions"][name] for name in names], abs=0.07), (
            question.text
        )


def test_a_large_disc_with_strong_arms_is_never_called_smooth_by_most():
    votes = np.array(read_rows(SAMPLE / "catalog.csv")[1:])[:, 2:5].astype(int)
    header, *rows = read_rows(SAMPLE / "truth.csv")
    truth = {name: np.array(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)}
    large = (truth["kind"] == "disc") & (truth["radius"].astype(float) > 0.12)
    large &= truth["arm_strength"].astype(float) > 0.5
    assert large.sum() > 100
    assert (votes[large, 0] < votes[large].sum(axis=1) / 2).all()


def test_arms_are_seen_where_the_tilted_disc_is_wide_beside_the_seeing():
    schema = gz.load_schema("gz-decals-dr5")
    column = schema.get_answer("has-spiral-arms_yes").index
    spiral = EXAMPLES["has-spiral-arms_yes"]
    sizes = simulate.answer_probabilities(
        complete(spiral | {"radius": [0.05, 0.08, 0.12], "inclination": 60.0}), schema
    )
    tilts = simulate.answer_probabilities(
        complete(spiral | {"radius": 0.08, "inclination": [0.0, 50.0, 65.0, 75.0]}), schema
    )
    assert (np.diff(sizes[:, column]) > 0).all() and (np.diff(tilts[:, column]) < 0).all()
