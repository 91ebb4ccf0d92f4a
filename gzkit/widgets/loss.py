"""The loss in one's hands: move concentrations and votes, and see what is believed, predicted and learnt."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import traitlets

from gzkit.plots.loss.figure import plot_loss
from gzkit.plots.loss.shapes import shares_at
from gzkit.plots.loss.svg import TITLES, TRIANGLE_PLACE, TRIANGLE_SIDE, loss_svg
from gzkit.plots.loss.values import draw_votes, training_step
from gzkit.plots.loss.words import describe_loss
from gzkit.plots.svg_frame import HEIGHT, LEFT, RIGHT, WIDTH
from gzkit.widgets.base import Explorer, Panel, new_figure, row, text_html

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWERS = ("smooth", "featured", "artifact")
CONCENTRATION_RANGE = (0.1, 1000.0)
MOST_VOTES = 60
STEPS = 20  # of the sliders of concentrations, in each decade
EXAMPLES = {
    "Unsure": ((30, 8, 2), (1.5, 1.5, 1.5)),
    "Sure and right": ((30, 8, 2), (150.0, 40.0, 10.0)),
    "Sure and wrong": ((8, 30, 2), (150.0, 40.0, 10.0)),
    "Two votes only": ((2, 0, 0), (15.0, 4.0, 1.0)),
    "Volunteers disagree": ((20, 20, 0), (0.5, 0.5, 0.5)),
    "Nobody was asked": ((0, 0, 0), (15.0, 4.0, 1.0)),
}
OWN = "Your own"
HINT = (
    "Drag “Total concentration”: the mean stays, the belief narrows, and the votes it predicts with it. "
    "The loss tells whether the votes bear out so much certainty; the multinomial cannot tell."
)


class LossExplorer(Explorer):
    """Controls over `gzkit.plots.plot_loss`.

    Attributes
    ----------
    answers : list of str
        Names of the two or three answers.
    concentration : list of float
        Dirichlet concentration of each.
    votes : list of int
        Votes for each [votes].
    controls : dict of str to Widget
        Every control by name, to be linked or moved from code.
    """

    what = "gzkit explorer of the loss"
    answers = traitlets.List(traitlets.Unicode())
    concentration = traitlets.List(traitlets.Float())
    votes = traitlets.List(traitlets.Int())
    remembered = ("answers", "votes", "concentration")

    def __init__(self, answers, votes, concentration):
        super().__init__()
        self._names = [*answers, *ANSWERS[len(answers) :]][:3]
        self._rng = np.random.default_rng(0)
        self.controls = self._make_controls()
        self.panels = {key: Panel(_drawing(key), layout={"min_width": "0"}) for key in TITLES}
        self.words = Panel(_words)
        self.set_state(answers, votes, concentration)
        self.children = [self._page(), self.touch]
        self.touch.observe(self._dragged, names="drag")
        self.begin(self._refresh)

    def set_state(self, answers, votes, concentration):
        """Change everything at once, with one redraw.

        Parameters
        ----------
        answers : sequence of str
            Two or three names.
        votes : sequence of int
            [votes]
        concentration : sequence of float
        """
        with self.hold_trait_notifications():
            self.answers = [str(answer) for answer in answers]
            self.votes = [int(count) for count in votes]
            self.concentration = [float(number) for number in concentration]

    @traitlets.validate("concentration")
    def _within_range(self, proposal):
        return [_between(number, *CONCENTRATION_RANGE, "concentration") for number in proposal["value"]]

    @traitlets.validate("votes")
    def _countable(self, proposal):
        return [_between(count, 0, MOST_VOTES, "vote count") for count in proposal["value"]]

    def figure(self):
        """`gzkit.plots.plot_loss` of the present state, as a Figure."""
        figure = new_figure(9.2, 6.6)
        figure.set_layout_engine("constrained")
        axes = figure.subplots(2, 2)
        return plot_loss(self.votes, self.concentration, answers=self.answers, axes=axes)

    def describe(self):
        """All panels in words."""
        return " ".join(describe_loss(self.votes, self.concentration, answers=self.answers).values())

    def _make_controls(self):
        wide = {"style": {"description_width": "162px"}, "layout": {"width": "auto"}}
        controls = {
            "answer_count": ipywidgets.ToggleButtons(options=[2, 3], description="Answers", **wide),
            "example": ipywidgets.Dropdown(options=[*EXAMPLES, OWN], value=OWN, description="Example", **wide),
            "total": _decades(-0.5, 3.5, description="Total concentration", tooltip="Total concentration", **wide),
        }  # fmt: skip
        for i in range(3):
            controls[f"concentration_{i}"] = _decades(-1, 3, **wide)
        for i in range(3):
            controls[f"votes_{i}"] = ipywidgets.IntSlider(min=0, max=MOST_VOTES, **wide)
        controls["answer_count"].style.button_width = "60px"
        controls["step"] = ipywidgets.Button(
            description="Training step", tooltip="One step down the gradient of this loss"
        )
        controls["draw"] = ipywidgets.Button(
            description="Draw votes",
            tooltip="Ask as many volunteers again, as the model expects them to answer",
        )
        controls |= self.tools()
        controls["answer_count"].observe(self._change_count, names="value")
        controls["example"].observe(self._take_example, names="value")
        controls["total"].observe(self._scale, names="value")
        for i in range(3):
            controls[f"concentration_{i}"].observe(self._read_sliders, names="value")
            controls[f"votes_{i}"].observe(self._read_sliders, names="value")
        controls["step"].on_click(self._step)
        controls["draw"].on_click(self._draw_votes)
        return controls

    def _page(self):
        actions = ("step", "draw", "undo", "png", "svg")
        buttons = row(*(self.controls[name] for name in actions))
        sliders = [control for key, control in self.controls.items() if key not in actions]
        hint = ipywidgets.HTML(text_html(HINT))
        hint.add_class("gzkit-hint")
        left = row(*sliders, buttons, hint, self.words, name="loss-controls")
        return row(left, row(*self.panels.values(), name="loss-panels"), name="loss")

    def _refresh(self, _=None):
        """Show the state: in the controls, then in the panels."""
        count = len(self.answers)
        if not len(self.votes) == len(self.concentration) == count:
            raise ValueError(
                f"{count} answers need as many votes and concentrations, got votes {self.votes} and concentration "
                f"{self.concentration}: change them together with set_state"
            )
        self._names[:count] = self.answers
        self._show_in_controls(count)
        state = (tuple(self.votes), tuple(self.concentration), tuple(self.answers))
        for panel in self.panels.values():
            panel.show(*state, self.theme)
        self.words.show(*state)

    def _show_in_controls(self, count):
        with self.following():
            self.controls["answer_count"].value = count
            self.controls["total"].index = _nearest(self.controls["total"], sum(self.concentration))
            self.controls["example"].value = self._example_on_show(count)
            for i in range(3):
                for kind, label in (("concentration", "Concentration"), ("votes", "Votes")):
                    slider = self.controls[f"{kind}_{i}"]
                    slider.layout.display = None if i < count else "none"
                    slider.description = slider.tooltip = f"{label}: {self._names[i]}"
                if i < count:
                    self.controls[f"votes_{i}"].value = self.votes[i]
                    slider = self.controls[f"concentration_{i}"]
                    slider.index = _nearest(slider, self.concentration[i])

    def _example_on_show(self, count):
        for name, (votes, concentration) in EXAMPLES.items():
            if list(votes[:count]) == self.votes and list(concentration[:count]) == self.concentration:
                return name
        return OWN

    def _read_sliders(self, _):
        if self._following:
            return
        count = len(self.answers)
        votes = [self.controls[f"votes_{i}"].value for i in range(count)]
        sliders = [self.controls[f"concentration_{i}"] for i in range(count)]
        pairs = zip(sliders, self.concentration, strict=True)
        self.set_state(self.answers, votes, [_read(slider, number) for slider, number in pairs])

    def _change_count(self, change):
        if self._following:
            return
        count = change["new"]
        self.set_state(
            self._names[:count],
            [*self.votes, 2][:count],
            [*self.concentration, self.concentration[-1]][:count],
        )

    def _take_example(self, change):
        if self._following or change["new"] == OWN:
            return
        votes, concentration = EXAMPLES[change["new"]]
        count = len(self.answers)
        self.set_state(self.answers, votes[:count], concentration[:count])

    def _scale(self, change):
        if not self._following:
            scale = change["new"] / sum(self.concentration)
            self.concentration = np.clip(scale * np.array(self.concentration), *CONCENTRATION_RANGE).tolist()

    def _dragged(self, change):
        """The mean of the belief, or the votes among so many volunteers, follow the pointer."""
        drag, volunteers = change["new"], sum(self.votes)
        x, y = drag["x"] * WIDTH, drag["y"] * HEIGHT
        if len(self.answers) == 2:
            first = (x - LEFT) / (RIGHT - LEFT)
            shares = np.array([first, 1 - first])
        else:
            shares = shares_at(
                (x - TRIANGLE_PLACE[0]) / TRIANGLE_SIDE, (TRIANGLE_PLACE[1] - y) / TRIANGLE_SIDE
            )
        shares = np.clip(shares, 0.002, 1) / np.clip(shares, 0.002, 1).sum()
        if drag["name"] == "belief":
            self.concentration = np.clip(sum(self.concentration) * shares, *CONCENTRATION_RANGE).tolist()
        else:
            up_to = np.round(volunteers * shares.cumsum())
            self.votes = np.minimum(np.diff(up_to, prepend=0), MOST_VOTES).astype(int).tolist()

    def _step(self, _):
        self.concentration = training_step(
            self.votes, self.concentration, bounds=CONCENTRATION_RANGE
        ).tolist()

    def _draw_votes(self, _):
        votes = draw_votes(self.concentration, min(sum(self.votes), MOST_VOTES), seed=self._rng)
        self.votes = votes.tolist()


def explore_loss(
    *,
    answers: Sequence[str] | None = None,
    votes: Sequence[int] | None = None,
    concentration: Sequence[float] | None = None,
) -> LossExplorer:
    """Feel what a concentration is: controls for concentrations and votes, over `gzkit.plots.plot_loss`.

    Shown are the density of the answers' shares, the predicted votes, the push of the gradient, and the loss beside the
    multinomial's and the cross-entropy's, which do not know how sure the prediction is. "Total concentration" makes the
    same prediction surer or less sure; "Training step" goes down the gradient; "Draw votes" asks the volunteers again.
    The mean and the volunteers' votes can also be dragged in their pictures.

    Parameters
    ----------
    answers : sequence of str, optional
        Two or three names.
    votes : sequence of int, optional
        Votes to begin with, at most 60 an answer [votes].
    concentration : sequence of float, optional
        Concentrations to begin with, from 0.1 to 1000.

    Returns
    -------
    LossExplorer
        A widget; its state can be read and set (``explorer.votes = [3, 1]``).

    Raises
    ------
    ImportError
        Without ipywidgets.
    ValueError
        If there are not two or three answers, or numbers for another number of them.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the Dirichlet-Multinomial loss.

    Examples
    --------
    >>> explorer = explore_loss(answers=["bar", "no bar"], votes=[3, 1], concentration=[2.0, 2.0])
    >>> explorer.votes = [0, 0]
    >>> "Nobody was asked: the loss is 0" in explorer.panels["price"].value
    True
    """
    given = next((len(x) for x in (answers, votes, concentration) if x is not None), 2)
    if given not in (2, 3):
        raise ValueError(f"explore_loss shows questions of two or three answers, got {given}")
    answers = list(ANSWERS[:given]) if answers is None else answers
    start_votes, start_concentration = EXAMPLES["Unsure"]
    votes = start_votes[:given] if votes is None else votes
    concentration = start_concentration[:given] if concentration is None else concentration
    if not len(answers) == len(votes) == len(concentration):
        raise ValueError(
            f"explore_loss: {len(answers)} answers, {len(votes)} votes and {len(concentration)} concentrations"
        )
    return LossExplorer(answers, votes, concentration)


@lru_cache(maxsize=2)
def _described(votes, concentration, answers):
    return describe_loss(votes, concentration, answers=answers)


def _drawing(key):
    """A function that draws one panel of a state."""

    def draw(votes, concentration, answers, theme):
        label = _described(votes, concentration, answers)[key]
        drawing = loss_svg(key, votes, concentration, answers=answers, label=label, theme=theme)
        return f'<div data-drag="{key}">{drawing}</div>' if key in ("belief", "votes") else drawing

    return draw


def _words(votes, concentration, answers):
    return text_html(_described(votes, concentration, answers)["price"])


def _decades(first, last, **keywords):
    """A slider over powers of ten that holds only its own steps.

    Of a number between two steps, a FloatLogSlider in a browser sends the nearest step back, perhaps when the next is
    already on show: the state would follow its own echo.
    """
    numbers = 10 ** np.linspace(first, last, round((last - first) * STEPS) + 1)
    options = [(f"{number:.3g}", float(number)) for number in numbers]
    return ipywidgets.SelectionSlider(options=options, **keywords)


def _nearest(slider, number):
    """The step of a slider of `_decades` that shows a number best."""
    steps = np.array([value for _, value in slider.options])
    return int(np.abs(np.log(steps / number)).argmin())


def _read(slider, number):
    """What a slider says of a number: the number itself, unless the slider was moved away from it."""
    return number if slider.index == _nearest(slider, number) else slider.value


def _between(number, lowest, highest, what):
    if not lowest <= number <= highest:
        raise ValueError(f"explore_loss: {what} {number:g} is not from {lowest:g} to {highest:g}")
    return number
