"""The loss in one's hands: move concentrations and votes, and see what is believed, predicted and learnt."""

from __future__ import annotations

import html
import json
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import anywidget
import traitlets

from gzkit.files.whole import write_text
from gzkit.palette import DARK, LIGHT, MULTINOMIAL
from gzkit.plots.loss.figure import plot_loss
from gzkit.plots.loss.words import describe_loss
from gzkit.plots.show import picture_html
from gzkit.widgets.base import figure_png, new_figure, still_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent
ANSWERS = ("smooth", "featured", "artifact")
CONCENTRATION_RANGE = (0.1, 1000.0)
MOST_VOTES = 60
LIMITS = {  # of each trait's numbers, and what those are called
    "answers": ("", 0, 0),
    "concentration": ("concentration", *CONCENTRATION_RANGE),
    "votes": ("vote count", 0, MOST_VOTES),
}
EXAMPLES = {
    "Unsure": ((30, 8, 2), (1.5, 1.5, 1.5)),
    "Sure and right": ((30, 8, 2), (150.0, 40.0, 10.0)),
    "Sure and wrong": ((8, 30, 2), (150.0, 40.0, 10.0)),
    "Two votes only": ((2, 0, 0), (15.0, 4.0, 1.0)),
    "Volunteers disagree": ((20, 20, 0), (0.5, 0.5, 0.5)),
    "Nobody was asked": ((0, 0, 0), (15.0, 4.0, 1.0)),
}
SETTINGS = {
    "markup": (FOLDER / "loss.html").read_text(encoding="utf-8"),
    "themes": {theme.name: asdict(theme) | {"multinomial": MULTINOMIAL} for theme in (LIGHT, DARK)},
    "examples": EXAMPLES,
    "range": CONCENTRATION_RANGE,
    "names": ANSWERS,
}


class LossExplorer(anywidget.AnyWidget):
    """What `gzkit.plots.plot_loss` draws, drawn by the browser while it is moved.

    Its state is three traits, to be read, set, watched with ``observe`` and tied together with ``traitlets.link``.

    Attributes
    ----------
    answers : list of str
        Names of the two or three answers.
    concentration : list of float
        Dirichlet concentration of each.
    votes : list of int
        Votes for each [votes].
    """

    _esm = FOLDER / "loss.js"
    _css = FOLDER / "loss.css"
    what = "gzkit explorer of the loss"
    answers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    concentration = traitlets.List(traitlets.Float()).tag(sync=True)
    votes = traitlets.List(traitlets.Int()).tag(sync=True)
    settings = traitlets.Dict(SETTINGS, read_only=True).tag(sync=True)

    def __init__(self, answers, votes, concentration):
        super().__init__(**_state(answers, votes, concentration))

    def set_question(self, answers, votes, concentration):
        """Change everything at once.

        Parameters
        ----------
        answers : sequence of str
            Two or three names.
        votes : sequence of int
            [votes]
        concentration : sequence of float
        """
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in _state(answers, votes, concentration).items():
                setattr(self, name, value)

    @traitlets.validate(*LIMITS)
    def _fits(self, proposal):
        name, values = proposal["trait"].name, proposal["value"]
        state = {key: getattr(self, key) for key in LIMITS} | {name: values}
        if len({len(each) for each in state.values()}) > 1:
            counts = ", ".join(f"{len(each)} {key}" for key, each in state.items())
            raise ValueError(f"explore_loss: got {counts}: change them together with set_question")
        what, lowest, highest = LIMITS[name]
        for number in values if what else ():
            if not lowest <= number <= highest:
                raise ValueError(f"explore_loss: {what} {number:g} is not from {lowest:g} to {highest:g}")
        return values

    def figure(self):
        """`gzkit.plots.plot_loss` of the present state, as a Figure."""
        figure = new_figure(9.2, 6.6)
        figure.set_layout_engine("constrained")
        axes = figure.subplots(2, 2)
        return plot_loss(self.votes, self.concentration, answers=self.answers, axes=axes)

    def describe(self):
        """All panels in words."""
        return " ".join(describe_loss(self.votes, self.concentration, answers=self.answers).values())

    def to_html(self, path):
        """Write the explorer as a page of its own, alive without a kernel or a network.

        Parameters
        ----------
        path : str or Path
        """
        content = self._alive(picture_html(figure_png(self.figure()), self.describe()))
        page = Template((FOLDER / "loss_page.html").read_text(encoding="utf-8"))
        write_text(path, page.substitute(light=LIGHT.paper, dark=DARK.paper, content=content))

    def _alive(self, picture):
        """A picture that becomes the explorer where scripts may run."""
        state = {key: getattr(self, key) for key in (*LIMITS, "settings")}
        script = (FOLDER / "loss.js").read_text(encoding="utf-8")
        style = (FOLDER / "loss.css").read_text(encoding="utf-8")
        return (
            f'<div class="gzkit-still" data-state="{html.escape(json.dumps(state))}">{picture}</div>'
            f'<style>{style}</style><script type="module">{script}\nwake();</script>'
        )

    def __repr__(self):
        return f"<{self.what}>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle, metadata = still_bundle(self, super()._repr_mimebundle_()[0])
        bundle["text/html"] = self._alive(bundle["text/html"])
        return bundle, metadata


def explore_loss(
    *,
    answers: Sequence[str] | None = None,
    votes: Sequence[int] | None = None,
    concentration: Sequence[float] | None = None,
) -> LossExplorer:
    """Feel what a concentration is: controls for concentrations and votes, over `gzkit.plots.plot_loss`.

    Shown are the density of the answers' shares, the predicted votes, the push of the gradient, and the loss beside the
    multinomial's, which does not know how sure the prediction is. "Total concentration" makes the same prediction surer
    or less sure; "Training step" goes down the gradient, and "Train 100 steps" leaves a trace; "Draw votes" asks the
    volunteers again, from an urn in which each ball drawn goes back with one more like it. The mean and the
    volunteers' votes can also be dragged in their pictures. It is drawn by the browser, so that it also works in a
    page without a kernel.

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
        Without anywidget.
    ValueError
        If there are not two or three answers, or numbers for another number of them, or a vote count is not whole.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the Dirichlet-Multinomial loss.

    Examples
    --------
    >>> explorer = explore_loss(answers=["bar", "no bar"], votes=[3, 1], concentration=[2.0, 2.0])
    >>> explorer.votes = [0, 0]
    >>> "Nobody was asked: the loss is 0" in explorer.describe()
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


def _state(answers, votes, concentration):
    for count in votes:
        if count % 1 != 0:  # nor is NaN
            raise ValueError(f"explore_loss: vote count {count} is not a whole number")
    return {
        "answers": [str(answer) for answer in answers],
        "votes": [int(count) for count in votes],
        "concentration": [float(number) for number in concentration],
    }
