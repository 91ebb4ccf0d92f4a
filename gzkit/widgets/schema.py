"""Walk down a survey's decision tree as a volunteer does, with the galaxies that go along."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import traitlets

from gzkit.palette import LIGHT
from gzkit.plots.tree.figure import plot_tree
from gzkit.plots.tree.page import campaigns
from gzkit.schema.surveys import as_schema
from gzkit.votes import check_votes
from gzkit.widgets.base import Explorer, Panel, new_figure, row, text_html, tree_html
from gzkit.widgets.thumbnails import Images, Thumbnails, image_files
from gzkit.widgets.walk import check_walk, questions_ahead, remaining, shortest_walk

if TYPE_CHECKING:
    import pandas as pd

    from gzkit.schema.tree import Schema

THUMBNAILS = 10
ANSWER_STYLE = {"button_color": "#E8EEF4", "text_color": LIGHT.ink}  # both, as dark themes write in white


class SchemaExplorer(Explorer):
    """A walk down the tree.

    Attributes
    ----------
    path : list of str
        Columns of the answers given so far.
    question : str
        The question that is asked now; empty where the tree ends.
    least_fraction : float
        A galaxy goes along if at least this share of the volunteers asked gave the answer.
    least_votes : int
        And at least so many [votes].
    galaxy : str
        Id of the galaxy whose own votes the tree shows; empty for the mean of those that remain.
    controls : dict of str to Widget
        Every control by name, to be linked or moved from code.
    """

    what = "gzkit explorer of a decision tree"
    path = traitlets.List(traitlets.Unicode())
    question = traitlets.Unicode()
    least_fraction = traitlets.Float(0.5, min=0, max=1)
    least_votes = traitlets.Int(1, min=0)
    galaxy = traitlets.Unicode()

    def __init__(self, schema, catalog=None):
        super().__init__()
        self.schema, self._catalog = schema, catalog
        self._votes = None if catalog is None else _votes_of(catalog, schema)
        self._parts = {q.text: part for part in campaigns(schema).values() for q in part.questions}
        self.images = Images(image_files(catalog))
        self.tree, self.words, self.steps = Panel(self._draw_tree), Panel(text_html), Panel(_steps_html)
        self.thumbnails = Thumbnails(self.images, self._open, count=THUMBNAILS)
        self.controls = self._make_controls()
        self.answer_buttons = [
            ipywidgets.Button(layout={"width": "auto"}, style=ANSWER_STYLE)
            for _ in range(max(len(question.answers) for question in schema.questions))
        ]
        for button in self.answer_buttons:
            button.on_click(lambda button: self.answer(self._button_answers[button]))
        self._button_answers = {}
        self.children = self._page()
        self.observe(self._refresh, names=["path", "question", "least_fraction", "least_votes", "galaxy"])
        self._refresh()

    @property
    def selection(self):
        """Rows of the catalogue that remain: DataFrame, or None without a catalogue."""
        return None if self._catalog is None else self._catalog[self._remaining()[0]]

    def answer(self, label):
        """Give an answer, and go on to the next question.

        Parameters
        ----------
        label : str
            Its column.
        """
        self._go([*self.path, label])

    def back(self):
        """Take the last answer back."""
        if self.path:
            last = self.schema.get_answer(self.path[-1]).question.text
            self._go(self.path[:-1], last)

    def figure(self):
        """`gz.plot_tree` of the present state, as a Figure."""
        figure = new_figure(10, 7)
        part, options = self._tree_options()
        plot_tree(part, ax=figure.add_axes((0, 0, 1, 1)), **options)
        return figure

    def describe(self):
        """The walk in words: the answers, the question, and the galaxies and votes that are left."""
        walked = " → ".join(
            f"{answer.question.text}: {answer.text}" for answer in check_walk(self.schema, self.path)
        )
        asked = f"Asked now: {self.question}." if self.question else "Here the tree ends."
        return f"{walked or 'The first question'}. {asked}{self._galaxies_in_words()}"

    @traitlets.validate("path")
    def _walkable(self, proposal):
        check_walk(self.schema, proposal["value"])
        return list(proposal["value"])

    @traitlets.validate("galaxy")
    def _known(self, proposal):
        galaxy = proposal["value"]
        if galaxy and (self._catalog is None or galaxy not in set(self._catalog["id_str"])):
            raise ValueError(f"explore_schema: no galaxy {galaxy!r} in the catalogue")
        return galaxy

    def _open(self, galaxy):
        """A thumbnail was used: show its galaxy, or the mean again if it is on show."""
        self.galaxy = "" if galaxy == self.galaxy else galaxy

    def _go(self, path, question=None):
        check_walk(self.schema, path)
        with self.hold_trait_notifications():
            self.path = path
            ahead = [question.text for question in questions_ahead(self.schema, path)]
            self.question = question if question in ahead else ahead[0] if ahead else ""

    def _make_controls(self):
        common = {"style": {"description_width": "110px"}, "layout": {"width": "330px"}}
        walk_to = [("choose a question", "")] + [(q.text, q.text) for q in self.schema.questions]
        controls = {
            "back": ipywidgets.Button(description="Back", tooltip="Take the last answer back"),
            "start": ipywidgets.Button(description="Start again", tooltip="Back to the first question"),
            "question": ipywidgets.Dropdown(description="Asked now", **common),
            "go_to": ipywidgets.Dropdown(options=walk_to, description="Walk to", **common),
            "least_fraction": ipywidgets.FloatSlider(
                min=0, max=1, step=0.01, description="Least fraction", readout_format=".2f", **common
            ),
            "least_votes": ipywidgets.IntSlider(min=0, max=40, description="Least votes", **common),
        }
        controls["back"].on_click(lambda _: self.back())
        controls["start"].on_click(lambda _: self._go([]))
        controls["go_to"].observe(self._walk_to, names="value")
        controls["question"].observe(self._ask, names="value")
        traitlets.link((self, "least_fraction"), (controls["least_fraction"], "value"))
        traitlets.link((self, "least_votes"), (controls["least_votes"], "value"))
        return controls

    def _page(self):
        controls = self.controls
        self._answers = row(*self.answer_buttons)
        page = [
            row(controls["go_to"], controls["question"], row(controls["back"], controls["start"])),
            self._answers,
        ]
        if self._catalog is not None:
            page.append(row(controls["least_fraction"], controls["least_votes"]))
        page += [self.words, self.tree]
        if self._catalog is not None:
            page[-1:] = [self.tree, row(self.steps, self.thumbnails, align_items="flex-start")]
            self.thumbnails.layout.flex = "1 1 320px"
        return page

    def _walk_to(self, change):
        if change["new"]:
            self._go(
                shortest_walk(self.schema, self.schema.get_question(change["new"])), question=change["new"]
            )

    def _ask(self, change):
        if not self._following and change["new"]:
            self.question = change["new"]

    def _refresh(self, _=None):
        ahead = [question.text for question in questions_ahead(self.schema, self.path)]
        if self.question not in ahead:
            self.question = ahead[0] if ahead else ""  # comes back here
            if ahead:
                return
        self._show_in_controls(ahead)
        self.words.show(self.describe())
        mask, steps = self._remaining()
        shown = self.galaxy or (None if mask is None else mask.tobytes())
        self.tree.show(tuple(self.path), self.question, shown)
        if mask is not None:
            self.steps.show(len(mask), tuple(steps))
            self.thumbnails.show(self._catalog["id_str"][mask][:THUMBNAILS], self.galaxy)

    def _show_in_controls(self, ahead):
        with self.following():
            control = self.controls["question"]
            if list(control.options) != (ahead or ["(the end)"]):
                control.options = ahead or ["(the end)"]
            control.value = self.question or "(the end)"
            if self.controls["go_to"].value != self.question:
                self.controls["go_to"].value = ""
            self.controls["back"].disabled = self.controls["start"].disabled = not self.path
        answers = self.schema.get_question(self.question).answers if self.question else ()
        self._button_answers = dict(
            zip(self.answer_buttons, (answer.label for answer in answers), strict=False)
        )
        for i, button in enumerate(self.answer_buttons):
            shown = i < len(answers)
            button.layout.display = None if shown else "none"
            button.description = self._answer_text(answers[i]) if shown else ""
            button.tooltip = f"Answer {answers[i].wording or answers[i].text}" if shown else ""

    def _answer_text(self, answer):
        if self._votes is None:
            return answer.text
        galaxies = remaining(self._votes, self.schema, [*self.path, answer.label], **self._cuts())[1][
            -1
        ].galaxies
        return f"{answer.text} ({galaxies:,})"

    def _remaining(self):
        if self._votes is None:
            return None, []
        return remaining(self._votes, self.schema, self.path, **self._cuts())

    def _cuts(self):
        return {"least_fraction": self.least_fraction, "least_votes": self.least_votes}

    def _galaxies_in_words(self):
        mask, _ = self._remaining()
        if mask is None:
            return ""
        text = f" {mask.sum():,} of {len(mask):,} galaxies remain"
        if not self.question or not mask.any():
            return f"{text}."
        asked = self._votes[mask, self.schema.get_question(self.question).columns].sum(axis=1)
        return f"{text}; the median one has {np.median(asked):g} votes left here ({asked.min()} to {asked.max()})."

    def _tree_options(self):
        """The tree to draw (one campaign's, where a schema joins several) and how."""
        first = self.question or self.schema.get_answer(self.path[-1]).question.text
        part = self._parts[first]
        options = {"highlight": [label for label in self.path if label in part.label_cols] or None}
        options["title"] = part.name
        if self._votes is None:
            return part, options
        columns = [self.schema.get_answer(label).index for label in part.label_cols]
        mask, _ = self._remaining()
        if self.galaxy:
            mask = (self._catalog["id_str"] == self.galaxy).to_numpy()
            options["title"] = f"{part.name}: votes for {self.galaxy}"
        elif mask.any():
            options["title"] = f"{part.name}: mean votes of the galaxies that remain"
        options["votes"] = self._votes[:, columns][mask] if mask.any() else np.zeros(len(columns), int)
        return part, options

    def _draw_tree(self, *_):
        part, options = self._tree_options()
        return tree_html(part, label=self.describe(), **options)


def explore_schema(schema: Schema | str, catalog: pd.DataFrame | None = None) -> SchemaExplorer:
    """Walk down a decision tree answer by answer, with the galaxies of a catalogue that go along.

    Parameters
    ----------
    schema : Schema or str
    catalog : DataFrame, optional
        With ``id_str``, a column of votes for each answer [votes], and ``file_loc`` if images are to be shown. A galaxy
        remains as long as enough of the volunteers who were asked gave the answer: the share and the number are set by
        two sliders.

    Returns
    -------
    SchemaExplorer
        A widget. ``explorer.path`` holds the answers, ``explorer.selection`` the rows of the catalogue that remain.

    Raises
    ------
    ImportError
        Without ipywidgets.
    ValueError
        If the catalogue lacks a column, or a vote is no count.

    Examples
    --------
    >>> import gzkit as gz
    >>> explorer = explore_schema(gz.load_schema("gz-decals-dr5"))
    >>> explorer.answer("smooth-or-featured_smooth")
    >>> explorer.question
    'how-rounded'
    """
    return SchemaExplorer(as_schema(schema, "explore_schema"), catalog)


def _steps_html(galaxies, steps):
    """The walk as a table: what was answered, galaxies left, and votes for it in the median one."""
    rows = [("everybody", f"{galaxies:,}", "")] + [
        (f"{step.answer.question.text}: {step.answer.text}", f"{step.galaxies:,}", f"{step.votes:g}")
        for step in steps
    ]
    cell = '<td style="padding:1px 12px 1px 0;text-align:{}">{}</td>'
    body = "".join(
        f"<tr>{cell.format('left', html.escape(name))}{cell.format('right', left)}{cell.format('right', votes)}</tr>"
        for name, left, votes in rows
    )
    head = "".join(
        f'<th scope="col" style="padding-right:12px;text-align:{side}">{name}</th>'
        for name, side in (("Answer", "left"), ("Galaxies left", "right"), ("Votes for it (median)", "right"))
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _votes_of(catalog, schema):
    missing = [label for label in ["id_str", *schema.label_cols] if label not in catalog]
    if missing:
        raise ValueError(
            f"explore_schema: the catalogue has no column {missing[0]!r} ({len(missing)} missing)"
        )
    return check_votes(catalog[schema.label_cols].to_numpy(), schema).astype(int)
