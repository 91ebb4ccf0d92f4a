"""Walk down a survey's decision tree as a volunteer does, with the galaxies that go along."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import traitlets

from gzkit.catalog.taken import take_catalog
from gzkit.plots.tree.figure import plot_tree
from gzkit.plots.tree.icons import catalog_pictures
from gzkit.plots.tree.page import campaigns
from gzkit.schema.surveys import as_schema
from gzkit.widgets.base import Panel, button, grid, new_figure, text_html, tree_html
from gzkit.widgets.pictures import GalaxyExplorer, Images, image_files
from gzkit.widgets.walk import check_walk, questions_ahead, remaining, shortest_walk

if TYPE_CHECKING:
    import pandas as pd

    from gzkit.schema.tree import Schema

GALLERY = 10  # little pictures
ICON_PIXELS = 56  # of a picture in the tree


class SchemaExplorer(GalaxyExplorer):
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
    remembered = ("path", "question", "least_fraction", "least_votes", "galaxy", "marked")

    def __init__(self, schema, catalog=None, icons=False):
        if catalog is not None:
            catalog = take_catalog(catalog, schema, name="explore_schema")
        numbers = {str(i): lambda i=i: self._answer_number(i) for i in range(1, 10)}
        super().__init__([] if catalog is None else catalog["id_str"], Backspace=self.back, **numbers)
        self.schema, self._catalog = schema, catalog
        self._votes = None if catalog is None else catalog[schema.label_cols].to_numpy()
        self._parts = {q.text: part for part in campaigns(schema).values() for q in part.questions}
        self._icons = catalog_pictures(schema, catalog, side=ICON_PIXELS) if icons else None
        self.images = Images(image_files(catalog))
        self.tree, self.words, self.steps = Panel(self._draw_tree), Panel(text_html), Panel(_steps_html)
        self.gallery = Panel(self.images.gallery)
        self.controls = self._make_controls()
        self.children = self._page()
        self.begin(self._refresh)

    @property
    def selection(self):
        """Rows of the catalogue that remain, and which are ``marked``: DataFrame, or None without a catalogue."""
        if self._catalog is None:
            return None
        rows = self._catalog.iloc[self._order]
        return rows.assign(marked=rows["id_str"].isin(self.marked))

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

    def touched(self, kind, name):
        """An answer is given, a question walked to, or a galaxy opened."""
        if kind == "galaxy":
            self.galaxy = "" if name == self.galaxy else name  # once more: the mean again
        elif kind == "question":
            self._walk_to(self.schema.get_question(name))
        elif kind == "answer":
            self._walk_to(self.schema.get_answer(name).question)
            self.answer(name)

    def _walk_to(self, question):
        """Ask this question: at once if the walk leads there, else by the shortest way; if answered, go back to it."""
        answered = [self.schema.get_answer(label).question for label in self.path]
        if question in answered:
            self._go(self.path[: answered.index(question)], question.text)
        elif question in questions_ahead(self.schema, self.path):
            self.question = question.text
        else:
            self._go(shortest_walk(self.schema, question), question.text)

    def _answer_number(self, number):
        answers = self.schema.get_question(self.question).answers if self.question else ()
        if number <= len(answers):
            self.answer(answers[number - 1].label)

    def figure(self):
        """`gz.plot_tree` of the present state, as a Figure."""
        figure = new_figure(10, 7)
        part, _, options = self._tree_options()
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
        if galaxy and galaxy not in self._rows:
            raise ValueError(f"explore_schema: no galaxy {galaxy!r} in the catalogue")
        return galaxy

    def _go(self, path, question=None):
        check_walk(self.schema, path)
        with self.hold_trait_notifications():
            self.path = path
            ahead = [question.text for question in questions_ahead(self.schema, path)]
            self.question = question if question in ahead else ahead[0] if ahead else ""

    def _make_controls(self):
        wide = {"style": {"description_width": "150px"}, "layout": {"width": "auto", "max_width": "400px"}}
        share = {"max": 1, "step": 0.01, "readout_format": ".0%"}
        controls = {
            "back": button("Back", "Take the last answer back (Backspace)", self.back),
            "start": button("Start again", "Back to the first question", lambda: self._go([])),
            "least_fraction": ipywidgets.FloatSlider(description="Share of votes at least", **share, **wide),
            "least_votes": ipywidgets.IntSlider(description="Votes at least", max=40, **wide),
            "mark": self._mark_button("Mark the galaxy that is open (key m)"),
        }
        for name in ("least_fraction", "least_votes"):
            traitlets.link((self, name), (controls[name], "value"))
        return controls | self.tools()

    def _page(self):
        mark, beside = [], {}
        if self._catalog is not None:
            cuts = self.controls["least_fraction"], self.controls["least_votes"]
            mark, beside = ["mark"], {"steps": ipywidgets.VBox([*cuts, self.steps]), "gallery": self.gallery}
        buttons = self.controls_row("back", "start", *mark, "undo", "png", "svg")
        return [buttons, self.words, grid("walk", below=self.tree, **beside), self.touch]

    def _refresh(self, _=None):
        ahead = [question.text for question in questions_ahead(self.schema, self.path)]
        if self.question not in ahead:
            self.question = ahead[0] if ahead else ""  # comes back here
            if ahead:
                return
        with self.following():
            self.controls["back"].disabled = self.controls["start"].disabled = not self.path
            self.controls["mark"].disabled = not self.galaxy
            self.controls["mark"].value = self.galaxy in self.marked
        if self._votes is not None:
            cuts = {"least_fraction": self.least_fraction, "least_votes": self.least_votes}
            mask, steps = remaining(self._votes, self.schema, self.path, **cuts)
            self._order = np.flatnonzero(mask)
            self.steps.show(len(mask), tuple(steps))
            self._show_gallery(self.gallery, GALLERY)
        self.words.show(self.describe())
        shown = self.galaxy or self._order.tobytes()
        self.tree.show(tuple(self.path), self.question, shown, self.touch.dark)

    def _galaxies_in_words(self):
        if self._votes is None:
            return ""
        text = f" {len(self._order):,} of {len(self._votes):,} galaxies remain"
        if not self.question or not len(self._order):
            return f"{text}."
        asked = self._votes[self._order, self.schema.get_question(self.question).columns].sum(axis=1)
        return f"{text}; the median one has {np.median(asked):g} votes left here ({asked.min()} to {asked.max()})."

    def _tree_options(self):
        """The tree to draw (one campaign's, where a schema joins several), what it shows in words, and how."""
        part = self._parts[self.question or self.schema.get_answer(self.path[-1]).question.text]
        options = {"highlight": [label for label in self.path if label in part.label_cols] or None}
        if self._icons is not None:
            options["icons"] = {
                label: self._icons[label] for label in part.label_cols if label in self._icons
            }
        rows, words = self._order, "the galaxies that remain"
        if self.galaxy:
            rows, words = [self._rows[self.galaxy]], f"votes for {self.galaxy}"
        if self._votes is not None:
            columns = [self.schema.get_answer(label).index for label in part.label_cols]
            options["votes"] = self._votes[rows][:, columns] if len(rows) else np.zeros(len(columns), int)
        words = words if len(rows) else ""
        options["title"] = f"{part.name}: {words}" if words else part.name
        return part, words, options

    def _draw_tree(self, *_):
        part, words, options = self._tree_options()
        if part is self.schema:  # its name stands in the code that opened it
            options["title"] = words[:1].upper() + words[1:]
        touch = self.question or part.questions[0].text
        return tree_html(part, label=self.describe(), touch=touch, theme=self.theme, **options)


def explore_schema(
    schema: Schema | str, catalog: pd.DataFrame | None = None, *, icons: bool = False
) -> SchemaExplorer:
    """Walk down a decision tree answer by answer, with the galaxies of a catalogue that go along.

    Parameters
    ----------
    schema : Schema or str
    catalog : DataFrame, optional
        With ``id_str``, a column of votes for each answer [votes], and ``file_loc`` if images are to be shown. A galaxy
        remains as long as enough of the volunteers who were asked gave the answer: the share and the number are set by
        two sliders.
    icons : bool
        Show in the tree, for each answer, the galaxy of the catalogue that shows it best.

    Returns
    -------
    SchemaExplorer
        A widget. ``explorer.path`` holds the answers, ``explorer.selection`` the rows of the catalogue that remain. An
        answer in the tree is given by a click (or its number), a question walked to, a galaxy opened. Keys: Backspace
        for back, arrows for the next galaxy, m to mark it, Ctrl+Z to undo.

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
    return SchemaExplorer(as_schema(schema, "explore_schema"), catalog, icons)


def _steps_html(galaxies, steps):
    """The walk as a table: what was answered, galaxies left, and votes for it in the median one."""
    rows = [("everybody", galaxies, "")]
    rows += [(f"{s.answer.question.text}: {s.answer.text}", s.galaxies, f"{s.votes:g}") for s in steps]
    body = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{left:,}</td><td>{votes}</td></tr>"
        for name, left, votes in rows
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Answer", "Galaxies left", "Median votes"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
