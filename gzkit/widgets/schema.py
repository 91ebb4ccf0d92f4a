"""Walk down a survey's decision tree as a volunteer does, with the galaxies that go along."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import traitlets

from gzkit.catalog.taken import take_catalog
from gzkit.plots.tree.figure import plot_tree
from gzkit.plots.tree.page import campaigns
from gzkit.schema.surveys import as_schema
from gzkit.widgets.base import Explorer, Panel, new_figure, place, row, text_html, tree_html
from gzkit.widgets.pictures import Images, image_files
from gzkit.widgets.walk import check_walk, questions_ahead, remaining, shortest_walk

if TYPE_CHECKING:
    import pandas as pd

    from gzkit.schema.tree import Schema

GALLERY = 10  # little pictures


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
    remembered = ("path", "question", "least_fraction", "least_votes", "galaxy", "marked")

    def __init__(self, schema, catalog=None):
        super().__init__(
            Backspace=self.back, ArrowRight=self.next, ArrowLeft=lambda: self.next(-1), m=self.mark,
            **{str(i): lambda i=i: self._answer_number(i) for i in range(1, 10)},
        )  # fmt: skip
        if catalog is not None:
            catalog = take_catalog(catalog, schema, name="explore_schema")
        self.schema, self._catalog = schema, catalog
        self._votes = None if catalog is None else catalog[schema.label_cols].to_numpy()
        self._parts = {q.text: part for part in campaigns(schema).values() for q in part.questions}
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
        rows = self._catalog[self._remaining()[0]]
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

    def next(self, step=1):
        """Open the next galaxy of those that remain.

        Parameters
        ----------
        step : int
            -1 for the one before.
        """
        if self._catalog is None or not self._remaining()[0].any():
            return
        ids = self._catalog["id_str"][self._remaining()[0]].tolist()
        here = ids.index(self.galaxy) if self.galaxy in ids else -1 if step > 0 else 0
        self.galaxy = ids[(here + step) % len(ids)]

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

    def _go(self, path, question=None):
        check_walk(self.schema, path)
        with self.hold_trait_notifications():
            self.path = path
            ahead = [question.text for question in questions_ahead(self.schema, path)]
            self.question = question if question in ahead else ahead[0] if ahead else ""

    def _make_controls(self):
        def slider(words, label, kind, **range_):
            style = {"description_width": f"{label}px"}
            return kind(
                description=words, style=style, layout={"width": "auto", "max_width": "400px"}, **range_
            )

        controls = {
            "back": ipywidgets.Button(description="Back", tooltip="Take the last answer back (Backspace)"),
            "start": ipywidgets.Button(description="Start again", tooltip="Back to the first question"),
            "least_fraction": slider(
                "Share of votes at least", 150, ipywidgets.FloatSlider, min=0, max=1, step=0.01,
                readout_format=".0%",
            ),
            "least_votes": slider("Votes at least", 150, ipywidgets.IntSlider, min=0, max=40),
            "mark": ipywidgets.ToggleButton(description="Mark", tooltip="Mark the galaxy that is open (key m)"),
        }  # fmt: skip
        controls["mark"].layout.width = "auto"
        controls["back"].on_click(lambda _: self.back())
        controls["start"].on_click(lambda _: self._go([]))
        controls["mark"].observe(lambda _: self._following or self.mark(), names="value")
        traitlets.link((self, "least_fraction"), (controls["least_fraction"], "value"))
        traitlets.link((self, "least_votes"), (controls["least_votes"], "value"))
        return controls | self.tools()

    def _page(self):
        if self._catalog is None:
            names, below = ["back", "start", "undo", "png", "svg"], []
        else:
            names = ["back", "start", "mark", "undo", "png", "svg"]
            cuts = self.controls["least_fraction"], self.controls["least_votes"]
            steps = ipywidgets.VBox([*cuts, self.steps])
            below = [place(steps, "steps"), place(self.gallery, "gallery")]
        return [
            row(*(self.controls[name] for name in names)),
            self.words,
            row(place(self.tree, "below"), *below, name="walk"),
            self.touch,
        ]

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
        self.words.show(self.describe())
        mask, steps = self._remaining()
        shown = self.galaxy or (None if mask is None else mask.tobytes())
        self.tree.show(tuple(self.path), self.question, shown, self.touch.dark)
        if mask is not None:
            self.steps.show(len(mask), tuple(steps))
            ids = self._catalog["id_str"][mask].tolist()
            start = ids.index(self.galaxy) // GALLERY * GALLERY if self.galaxy in ids else 0
            self.gallery.show(tuple(ids[start : start + GALLERY]), self.galaxy, tuple(self.marked))

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
            options["title"] = f"{part.name}: the galaxies that remain"
        options["votes"] = self._votes[:, columns][mask] if mask.any() else np.zeros(len(columns), int)
        return part, options

    def _draw_tree(self, *_):
        part, options = self._tree_options()
        options |= {"title": self._title(options["title"], part), "theme": self.theme}
        return tree_html(
            part, label=self.describe(), touch=self.question or part.questions[0].text, **options
        )

    def _title(self, title, part):
        """What the tree shows, as the line above it."""
        words = title.removeprefix(f"{part.name}: ")
        return title if part is not self.schema else "" if words == title else words[:1].upper() + words[1:]


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
        for name, side in (("Answer", "left"), ("Galaxies left", "right"), ("Median votes", "right"))
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
