import html
import json
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

import gzkit as gz
from gzkit.plots.loss.figure import plot_loss
from gzkit.plots.loss.values import (
    dirichlet_density,
    loss_values,
    split_probabilities,
    vote_splits,
)
from gzkit.plots.loss.words import describe_loss
from gzkit.widgets.loss import EXAMPLES

HOSTILE = "<img src=x onerror=\"window.hacked=1\"> $\\frac{$ & 'q'"


def test_values_are_those_of_scipy():
    votes, concentration = np.array([7, 2, 1]), np.array([3.0, 2.0, 0.5])
    values = loss_values(votes, concentration)
    expected = -stats.dirichlet_multinomial.logpmf(votes, concentration, 10)
    assert values.dirichlet_multinomial == pytest.approx(expected)
    mean = concentration / concentration.sum()
    assert values.multinomial == pytest.approx(-stats.multinomial.logpmf(votes, 10, mean))
    assert values.cross_entropy == pytest.approx(-(votes / 10 * np.log(mean)).sum())


def test_push_is_minus_the_derivative_by_the_logarithm():
    votes, concentration, step = [7, 2, 1], np.array([3.0, 2.0, 0.5]), 1e-5
    values = loss_values(votes, concentration)
    for i, factor in enumerate(np.exp(step * np.eye(3))):
        higher, lower = (loss_values(votes, concentration * factor**sign) for sign in (1, -1))
        slope = (higher.dirichlet_multinomial - lower.dirichlet_multinomial) / (2 * step)
        assert values.push[i] == pytest.approx(-slope, abs=1e-5)
        slope = (higher.multinomial - lower.multinomial) / (2 * step)
        assert values.multinomial_push[i] == pytest.approx(-slope, abs=1e-5)


def test_multinomial_does_not_know_the_total_concentration():
    sure, unsure = loss_values([5, 3], [200, 100]), loss_values([5, 3], [2, 1])
    assert sure.multinomial == unsure.multinomial
    assert sure.cross_entropy == unsure.cross_entropy
    assert sure.dirichlet_multinomial != unsure.dirichlet_multinomial
    assert sure.multinomial_push.sum() == pytest.approx(0)


def test_steps_along_the_push_lower_the_loss():
    votes, concentration = [8, 30, 2], np.array([150.0, 40.0, 10.0])
    losses = []
    for _ in range(40):
        values = loss_values(votes, concentration)
        losses.append(values.dirichlet_multinomial)
        concentration = concentration * np.exp(np.clip(0.05 * values.push, -1, 1))
    assert (np.diff(losses) < 1e-9).all()


@pytest.mark.parametrize("answers", [2, 3])
def test_probabilities_of_all_splits_add_to_one(answers):
    splits = vote_splits(9, answers)
    assert (splits.sum(axis=1) == 9).all()
    for probabilities in split_probabilities(splits, np.array([2.0, 0.4, 7.0][:answers])):
        assert probabilities.sum() == pytest.approx(1)


def test_density_is_that_of_scipy():
    shares, concentration = np.array([0.2, 0.3, 0.5]), np.array([2.0, 0.4, 7.0])
    assert dirichlet_density(shares, concentration) == pytest.approx(
        stats.dirichlet.pdf(shares, concentration)
    )


@pytest.mark.parametrize(
    "votes, concentration, message",
    [
        ([1, 2], [1.0, 1.0, 1.0], "shapes"),
        ([1, 2, 3, 4], [1.0] * 4, "two or three answers"),
        ([1.5, 2], [1.0, 1.0], "whole counts"),
        ([1, -2], [1.0, 1.0], "-2"),
        ([1, 2], [0.0, 1.0], "positive"),
        ([1, 2], [np.nan, 1.0], "positive"),
    ],
)
def test_what_is_no_question_is_refused(votes, concentration, message):
    with pytest.raises(ValueError, match=message):
        plot_loss(votes, concentration)
    assert not plt.get_fignums()


@pytest.mark.parametrize("votes", [[8, 2], [0, 0], [9, 3, 1], [0, 0, 0]])
def test_all_panels_are_drawn_in_the_axes_given(votes):
    figure, axes = plt.subplots(2, 2)
    assert plot_loss(votes, [3.0, 0.5, 40.0][: len(votes)], axes=axes) is figure
    assert all(ax.get_title() for ax in figure.axes)
    figure.canvas.draw()
    plt.close(figure)


def test_expected_votes_are_bars_over_whole_counts():
    ax = plot_loss([8, 2], [3.0, 4.0]).axes[1]
    bars = [patch for patch in ax.patches if hasattr(patch, "get_height")]
    expected = stats.betabinom.pmf(np.arange(11), 10, 3, 4)
    assert [bar.get_height() for bar in bars] == pytest.approx(expected)
    plt.close(ax.figure)


def test_names_may_hold_anything():
    figure = plot_loss([3, 1], [2.0, 2.0], answers=[HOSTILE, "$x"])
    figure.canvas.draw()
    plt.close(figure)
    assert HOSTILE in describe_loss([3, 1], [2.0, 2.0], answers=[HOSTILE, "b"])["belief"]
    page = gz.explore_loss(answers=[HOSTILE, "b"])._repr_mimebundle_()[0]["text/html"]
    assert "<img src=x" not in page
    assert json.loads(html.unescape(re.search('data-state="([^"]*)"', page)[1]))["answers"] == [HOSTILE, "b"]


def test_setting_the_state_is_one_change():
    explorer, seen = gz.explore_loss(votes=[3, 1], concentration=[2.0, 2.0]), []
    explorer.observe(lambda change: seen.append(change["name"]), names=["answers", "votes", "concentration"])
    explorer.set_question(["a", "b", "c"], [4, 5, 6], [1.0, 2.0, 3.0])
    assert explorer.votes == [4, 5, 6]
    assert explorer.concentration == [1.0, 2.0, 3.0]
    assert sorted(seen) == ["answers", "concentration", "votes"]


@pytest.mark.parametrize("name, value", [("votes", [1, 2, 3]), ("concentration", [1.0]), ("answers", ["a"])])
def test_another_number_of_answers_is_refused_for_one_trait_alone(name, value):
    explorer = gz.explore_loss()
    before = getattr(explorer, name)
    with pytest.raises(ValueError, match="set_question"):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


def test_words_follow_the_state():
    explorer = gz.explore_loss(votes=[3, 1], concentration=[2.0, 2.0])
    explorer.concentration = [100.0, 1.5]
    assert "total concentration 101.5;" in explorer.describe()


def test_numbers_beside_a_total_add_up():
    explorer = gz.explore_loss(concentration=[1.505, 1.505, 0.333])
    assert "total concentration 3.33;" in explorer.describe()  # 1.5, 1.5 and .33, as they stand beside it


def test_examples_have_numbers_that_are_in_range():
    for votes, concentration in EXAMPLES.values():
        for count in (2, 3):
            explorer = gz.explore_loss(votes=votes[:count], concentration=concentration[:count])
            assert explorer.votes == list(votes[:count])


def test_state_can_be_linked():
    import traitlets

    explorer, other = gz.explore_loss(), gz.explore_loss()
    traitlets.link((explorer, "votes"), (other, "votes"))
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), names="votes")
    other.votes = [1, 2]
    assert explorer.votes == [1, 2]
    assert seen == [[1, 2]]


def test_page_holds_everything_that_it_needs(tmp_path):
    gz.explore_loss(answers=["</script>", "b"]).to_html(tmp_path / "loss.html")
    page = (tmp_path / "loss.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 1
    assert not re.search(r"""(src|href)=["']?(http|/)|@import|import\(|url\(""", page)
    assert len(page) < 120_000


@pytest.mark.parametrize(
    "votes, concentration", [([30, 8], [0.1, 1000.0]), ([60, 60], [0.1, 0.1]), ([8, 2], [1.5, 1.5])]
)
def test_nothing_runs_off_the_top_of_its_axes(votes, concentration):
    figure = plot_loss(votes, concentration)
    _, predicted, _, price = figure.axes
    chances = split_probabilities(vote_splits(sum(votes), 2), np.array(concentration))
    assert predicted.get_ylim()[1] > max(chance.max() for chance in chances)
    assert price.get_ylim()[1] > loss_values(votes, concentration).multinomial
    plt.close(figure)


def test_axis_of_losses_per_galaxy_has_none_per_vote():
    price = plot_loss([8, 2], [3.0, 4.0]).axes[3]
    assert not [line for line in price.get_lines() if "cross" in line.get_label()]
    assert "nat a vote" in describe_loss([8, 2], [3.0, 4.0])["price"]
    plt.close(price.figure)


def test_votes_beyond_the_sliders_are_refused():
    with pytest.raises(ValueError, match="70"):
        gz.explore_loss(votes=[70, 1])
    for count in (2.5, float("nan")):
        with pytest.raises(ValueError, match=f"vote count {count} is not a whole number"):
            gz.explore_loss(votes=[count, 1])
    with pytest.raises(ValueError, match="2 votes and 3"):
        gz.explore_loss(answers=["a", "b"], concentration=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="two or three"):
        gz.explore_loss(answers=["a"])


def test_shown_without_a_kernel_as_a_picture_with_words():
    explorer = gz.explore_loss()
    bundle, metadata = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == "gzkit explorer of the loss: run this cell to use it"
    assert bundle["image/png"].startswith("iVBORw0KGgo")
    assert metadata["image/png"]["alt"] == explorer.describe()
    assert f'<img alt="{explorer.describe()}"' in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert not plt.get_fignums()


def test_without_ipywidgets_the_call_says_what_to_install():
    code = "import sys; sys.modules['ipywidgets'] = None; import gzkit as gz; gz.explore_loss()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "pip install ipywidgets" in result.stderr.splitlines()[-1]
