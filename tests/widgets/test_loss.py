import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

import gzkit as gz
from gzkit.plots.loss.figure import plot_loss
from gzkit.plots.loss.svg import TITLES, loss_svg
from gzkit.plots.loss.values import (
    dirichlet_density,
    draw_votes,
    loss_values,
    split_probabilities,
    training_step,
    vote_splits,
)
from gzkit.plots.loss.words import describe_loss
from gzkit.plots.svg_frame import BOTTOM, LEFT, RIGHT
from gzkit.widgets.loss import EXAMPLES, OWN

HOSTILE = "<img src=x onerror=\"window.hacked=1\"> $\\frac{$ & 'q'"


def alt(panel):
    return re.search(r'aria-label="([^"]*)"', panel.value).group(1)


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


def test_training_steps_lower_the_loss():
    votes, concentration = [8, 30, 2], np.array([150.0, 40.0, 10.0])
    losses = []
    for _ in range(40):
        losses.append(loss_values(votes, concentration).dirichlet_multinomial)
        concentration = training_step(votes, concentration, rate=0.05)
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


def test_drawn_votes_are_as_dispersed_as_the_dirichlet_multinomial():
    rng = np.random.default_rng(1)
    first = [draw_votes([2.0, 2.0], 40, seed=rng)[0] for _ in range(4000)]
    assert np.var(first) == pytest.approx(stats.betabinom.var(40, 2, 2), rel=0.08)


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


def numbers(data):
    return np.array(re.findall(r"-?[\d.]+", data), dtype=float)


def test_drawn_bars_are_as_high_as_their_probabilities():
    text = loss_svg("votes", [8, 2], [3.0, 4.0], answers=["a", "b"], label="")
    bars = re.search(r'<path d="(M[^"]*Z)"', text)[1].split("Z")[:-1]
    heights = [numbers(bar)[1] - numbers(bar)[2] for bar in bars]
    expected = stats.betabinom.pmf(np.arange(11), 10, 3, 4)
    assert np.array(heights) / heights[0] == pytest.approx(expected / expected[0], rel=0.03)


def test_drawn_density_is_that_of_the_beta_distribution():
    text = loss_svg("belief", [8, 2], [3.0, 4.0], answers=["a", "b"], label="")
    x, y = numbers(re.findall(r'<path d="(M[^"]*)"', text)[1]).reshape(-1, 2).T
    density = (BOTTOM - y) / (BOTTOM - y).max()
    share = np.linspace(0.0005, 0.9995, 500)
    expected = stats.beta.pdf(share, 3, 4)
    assert density == pytest.approx(expected / expected.max(), abs=0.002)
    assert np.ptp(x) == pytest.approx(0.999 * (RIGHT - LEFT), abs=0.2)


@pytest.mark.parametrize("votes", [[8, 2], [0, 0], [60, 60, 60], [0, 0, 0], [1, 0, 0]])
@pytest.mark.parametrize("size", [0.1, 5.0, 1000.0])
def test_every_drawing_is_well_formed_and_finite(votes, size):
    from xml.etree import ElementTree

    concentration = [size, 0.1, 1000.0][: len(votes)]
    for key in TITLES:
        text = loss_svg(key, votes, concentration, answers=[HOSTILE] * len(votes), label=HOSTILE)
        picture = ElementTree.fromstring(text)
        assert picture.get("aria-label") == HOSTILE
        assert not picture.findall(".//img") and not re.search(r"\bnan\b|\binf\b", text)


def test_names_may_hold_anything():
    figure = plot_loss([3, 1], [2.0, 2.0], answers=[HOSTILE, "$x"])
    figure.canvas.draw()
    plt.close(figure)
    assert HOSTILE in describe_loss([3, 1], [2.0, 2.0], answers=[HOSTILE, "b"])["belief"]
    page = gz.explore_loss(answers=[HOSTILE, "b"])
    for panel in (*page.panels.values(), page.words):
        assert "<img src=x" not in panel.value
    assert page.controls["votes_0"].description_allow_html is False


def test_moving_a_slider_changes_the_state_and_the_pictures():
    explorer = gz.explore_loss()
    before = {key: panel.value for key, panel in explorer.panels.items()}
    explorer.controls["concentration_0"].value = 100.0
    assert explorer.concentration[0] == 100.0
    assert all(panel.value != before[key] for key, panel in explorer.panels.items())
    assert "total concentration 102;" in alt(explorer.panels["belief"])


def test_setting_the_state_moves_the_sliders_and_redraws_once():
    explorer = gz.explore_loss(votes=[3, 1], concentration=[2.0, 2.0])
    redraws = {key: panel.redraws for key, panel in explorer.panels.items()}
    explorer.set_state(["a", "b", "c"], [4, 5, 6], [1.0, 2.0, 3.0])
    assert [explorer.controls[f"votes_{i}"].value for i in range(3)] == [4, 5, 6]
    assert explorer.controls["answer_count"].value == 3
    assert explorer.controls["total"].value == pytest.approx(6, rel=0.06)
    assert all(panel.redraws == redraws[key] + 1 for key, panel in explorer.panels.items())
    explorer.votes = [4, 5, 6]
    assert all(panel.redraws == redraws[key] + 1 for key, panel in explorer.panels.items())


def test_picture_is_the_one_that_the_static_panel_gives():
    explorer = gz.explore_loss(votes=[3, 1], concentration=[2.0, 2.0])
    other = gz.explore_loss()
    other.controls["answer_count"].value = 3
    other.controls["example"].value = "Sure and wrong"
    other.set_state(
        ["smooth", "featured"], [3, 1], [2.0, 2.0]
    )  # nothing of the earlier pictures is left over
    assert {k: p.value for k, p in other.panels.items()} == {k: p.value for k, p in explorer.panels.items()}
    words = describe_loss([3, 1], [2.0, 2.0], answers=["smooth", "featured"])
    assert {key: alt(panel) for key, panel in explorer.panels.items()} == words


def test_total_keeps_the_mean():
    explorer = gz.explore_loss(concentration=[6.0, 2.0])
    explorer.controls["total"].value = 100.0
    assert explorer.concentration == pytest.approx([75, 25])


def test_moving_one_slider_leaves_numbers_between_the_steps_of_others():
    explorer = gz.explore_loss(votes=[3, 1], concentration=[2.03, 7.7])
    explorer.controls["votes_0"].value = 9
    assert explorer.concentration == [2.03, 7.7]
    explorer.controls["concentration_0"].value = 10.0
    assert explorer.concentration == [10.0, 7.7]


def test_every_example_can_be_chosen_with_two_and_three_answers():
    explorer = gz.explore_loss()
    for count in (3, 2):
        explorer.controls["answer_count"].value = count
        for name, (votes, _) in EXAMPLES.items():
            explorer.controls["example"].value = name
            assert explorer.votes == list(votes[:count])
    explorer.controls["votes_0"].value = 59
    assert explorer.controls["example"].value == OWN


def test_buttons_step_and_draw():
    explorer = gz.explore_loss(votes=[30, 10], concentration=[2.0, 2.0])
    explorer.controls["step"].click()
    assert explorer.concentration[0] > 2.0
    explorer.controls["draw"].click()
    assert sum(explorer.votes) == 40
    assert explorer.controls["votes_0"].value == explorer.votes[0]


def test_state_can_be_linked():
    import ipywidgets

    explorer, slider = gz.explore_loss(), ipywidgets.IntSlider(max=60)
    ipywidgets.link((explorer.controls["votes_0"], "value"), (slider, "value"))
    slider.value = 11
    assert explorer.votes[0] == 11
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), names="votes")
    explorer.votes = [1, 2]
    assert seen == [[1, 2]]


def test_votes_beyond_the_sliders_are_refused():
    with pytest.raises(ValueError, match="70"):
        gz.explore_loss(votes=[70, 1])
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


def test_every_control_has_a_label():
    for control in gz.explore_loss().controls.values():
        assert control.description


def test_without_ipywidgets_the_call_says_what_to_install():
    code = "import sys; sys.modules['ipywidgets'] = None; import gzkit as gz; gz.explore_loss()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "pip install ipywidgets" in result.stderr.splitlines()[-1]


def drag(explorer, name, x, y):
    """What the browser says of a pointer: where it is in the picture, from 0 to 1."""
    explorer.touch.drag = {"name": name, "x": x, "y": y, "moving": True}


def test_mean_of_the_curve_and_votes_on_the_axis_are_dragged():
    explorer = gz.explore_loss(votes=[12, 8], concentration=[3.0, 7.0])
    drag(explorer, "belief", (LEFT + 0.8 * (RIGHT - LEFT)) / 390, 0.5)
    assert explorer.concentration == pytest.approx([8.0, 2.0])
    drag(explorer, "votes", (LEFT + 0.25 * (RIGHT - LEFT)) / 390, 0.5)
    assert explorer.votes == [5, 15]
    drag(explorer, "votes", 5.0, -3.0)
    assert explorer.votes == [20, 0]


def test_cross_and_marker_in_the_triangle_are_dragged():
    from gzkit.plots.loss.svg import _place

    explorer = gz.explore_loss(votes=[12, 5, 3], concentration=[4.0, 3.0, 3.0])
    shares = np.array([0.2, 0.5, 0.3])
    x, y = _place(shares)
    drag(explorer, "belief", x / 390, y / 290)
    assert explorer.concentration == pytest.approx(10 * shares)
    drag(explorer, "votes", x / 390, y / 290)
    assert explorer.votes == [4, 10, 6]
    drag(explorer, "belief", -1.0, 2.0)
    assert min(explorer.concentration) > 0


def test_undo_and_dark():
    explorer = gz.explore_loss(votes=[3, 1], concentration=[2.0, 2.0])
    explorer.votes = [9, 9]
    explorer.undo()
    assert explorer.votes == [3, 1]
    explorer.touch.dark = True
    assert all("#121417" in panel.value for panel in explorer.panels.values())
