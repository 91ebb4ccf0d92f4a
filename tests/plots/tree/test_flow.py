import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz
from gzkit.plots.tree.compose import choose_flows
from gzkit.plots.tree.flow import (
    catalog_flow,
    fractions_flow,
    path_product,
    question_paths,
    read_row,
    votes_flow,
)

SURVEYS = ("gz-decals-dr5", "gz-cosmic-dawn", "gz-hubble", "gz2-all-tasks")
DR5 = gz.load_schema("gz-decals-dr5")


def arriving(flow, schema):
    """Sum of the edges into each question that has parents."""
    return {
        question.text: sum(flow.edges[answer.label, question.text] for answer in question.asked_after)
        for question in schema.questions
        if question.asked_after
    }


def check_sums(flow, schema):
    for name, amount in arriving(flow, schema).items():
        assert amount == pytest.approx(flow.questions[name], abs=1e-9)
    for question in schema.questions:
        answers = sum(flow.answers[label] for label in question.labels)
        assert answers == pytest.approx(flow.questions[question.text], abs=1e-9)


@pytest.mark.parametrize("name", SURVEYS)
@given(data=st.data())
def test_widths_add_up_at_every_question(name, data):
    schema = gz.load_schema(name)
    seed = data.draw(st.integers(0, 10_000))
    votes = np.random.default_rng(seed).integers(0, 12, (3, len(schema.answers)))
    check_sums(votes_flow(votes[0], schema), schema)
    check_sums(catalog_flow(votes, schema), schema)
    check_sums(fractions_flow(gz.vote_fractions(votes[0], schema), schema), schema)


def test_edges_carry_the_answers_own_votes_where_nobody_stops_on_the_way():
    votes = {label: 0 for label in DR5.label_cols}
    votes |= {"smooth-or-featured_smooth": 12, "smooth-or-featured_featured-or-disk": 28}
    votes |= {"how-rounded_round": 5, "how-rounded_in-between": 7, "disk-edge-on_no": 28}
    flow = votes_flow(read_row(votes, DR5), DR5)
    assert flow.edges["smooth-or-featured_smooth", "how-rounded"] == 12
    assert flow.edges["disk-edge-on_no", "bar"] == 0  # nobody was asked about bars
    assert flow.question_notes["bar"] == "nobody asked" and flow.question_notes["how-rounded"] == "12 votes"
    assert flow.answer_notes["how-rounded_round"] == "5 · 42%"
    assert "bar_weak" not in flow.answer_notes


def test_fractions_flow_is_the_proportion_asked():
    fractions = gz.vote_fractions(np.arange(1, len(DR5.answers) + 1), DR5)
    flow = fractions_flow(fractions, DR5)
    asked = gz.proportion_asked(fractions, DR5)
    assert [flow.questions[q.text] for q in DR5.questions] == pytest.approx(asked)


def test_catalogue_flow_is_the_mean_of_the_galaxies_flows_and_tells_median_and_range():
    votes = np.random.default_rng(1).integers(0, 20, (5, len(DR5.answers)))
    flow, single = catalog_flow(votes, DR5), [votes_flow(row, DR5) for row in votes]
    for edge, value in flow.edges.items():
        assert value == pytest.approx(np.mean([one.edges[edge] for one in single]))
    totals = gz.total_votes(votes, DR5)[:, DR5.get_question("bar").index]
    assert flow.question_notes["bar"] == f"median {np.median(totals):g} ({totals.min()}–{totals.max()})"
    assert not flow.few


def test_a_catalogue_tells_where_it_runs_out_of_votes():
    votes = np.full((3, len(DR5.answers)), 9)
    votes[:2, DR5.get_question("spiral-winding").columns] = 1
    flow = catalog_flow(votes, DR5)
    assert flow.few == {"spiral-winding"}
    assert flow.question_notes["spiral-winding"] == "few: median 3 (3–27)"


def test_products_along_paths_add_up_to_the_proportion_asked_times_the_fraction():
    fractions = gz.vote_fractions(np.random.default_rng(2).integers(1, 20, len(DR5.answers)), DR5)
    flow, asked = fractions_flow(fractions, DR5), gz.proportion_asked(fractions, DR5)
    for answer in DR5.answers:
        total = sum(path_product(path, flow)[1] for path in question_paths(DR5, answer.label))
        assert total == pytest.approx(asked[answer.question.index] * fractions[answer.index])


def test_a_product_is_written_out():
    schema = gz.Schema(
        {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"], "arms": ["_yes", "_no"]},
        {"shape": None, "bar": "shape_disk", "arms": ["bar_yes", "bar_no"]},
    )
    flow = fractions_flow([0.2, 0.8, 0.3, 0.7, 0.5, 0.5], schema)
    (path,) = question_paths(schema, "arms_yes")
    text, product = path_product(path, flow)
    assert (
        text == "shape: disk (0.80) × arms: yes (0.50) = 0.40"
    )  # either answer on bars leads on: a factor of 1
    assert product == pytest.approx(0.4)


def test_a_product_with_an_unknown_fraction_is_unknown_unless_nobody_gets_there():
    schema = gz.Schema(
        {"shape": ["_smooth", "_disk"], "bar": ["_yes", "_no"]}, {"shape": None, "bar": "shape_disk"}
    )
    (path,) = question_paths(schema, "bar_yes")
    text, product = path_product(path, votes_flow([2, 8, 0, 0], schema))
    assert text.endswith("bar: yes (?) = ?") and np.isnan(product)
    assert path_product(path, votes_flow([9, 0, 0, 0], schema))[1] == 0


def test_a_difference_is_prediction_minus_truth():
    truth = gz.vote_fractions(np.full(len(DR5.answers), 5), DR5)
    ((title, flow),) = choose_flows(DR5, None, truth, truth, "difference")
    assert title == "prediction minus volunteers"
    assert set(flow.edges.values()) == {0.0} and set(flow.answer_notes.values()) == {"±0"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fractions": [0.5] * 3}, "34 fractions"),
        ({"fractions": np.full(34, 0.5)}, r"add up to 1"),
        ({"votes": np.full(34, -1)}, "negative"),
        ({"votes": np.ones(34), "fractions": np.ones(34)}, "not both"),
        ({"votes": np.ones(34), "predictions": np.ones((2, 34))}, "one galaxy"),
        ({"compare": "beside"}, "side by side"),
        ({"votes": {"smooth-or-featured_smoth": 1}}, "no column 'smooth-or-featured_smooth'"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, message):
    arguments = {"votes": None, "fractions": None, "predictions": None, "compare": "side by side"} | values
    with pytest.raises(ValueError, match=message):
        choose_flows(DR5, **arguments)


def test_predictions_of_one_galaxy_are_taken_as_they_are():
    concentration = np.random.default_rng(0).uniform(1, 20, (2, len(DR5.answers)))
    predictions = gz.Predictions(concentration, ["a", "b"], DR5)
    ((_, flow),) = choose_flows(DR5, None, None, predictions["a"], "side by side")
    expected = predictions.vote_fractions()[0]
    assert [flow.fractions[label] for label in DR5.label_cols] == pytest.approx(expected)
    with pytest.raises(ValueError, match="one galaxy"):
        choose_flows(DR5, None, None, predictions, "side by side")


def test_real_votes_flow_and_add_up(realdata):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(realdata / "catalogs" / "gz_decals_dr5_fulltree_counts.csv")
    check_sums(catalog_flow(read_row(table, DR5), DR5), DR5)
    for _, row in table.head(50).iterrows():
        check_sums(votes_flow(read_row(row, DR5), DR5), DR5)
