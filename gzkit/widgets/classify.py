"""You are the volunteer: classify galaxies as on Galaxy Zoo, see what the others said, and keep your votes."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import traitlets

from gzkit.catalog.taken import take_catalog, votes_in
from gzkit.mistakes import check_arguments
from gzkit.plots.show import pixels_address
from gzkit.plots.tree.figure import plot_tree
from gzkit.plots.tree.icons import answer_icons
from gzkit.plots.tree.page import campaigns
from gzkit.plots.tree.svg import tree_svg
from gzkit.schema.surveys import as_schema
from gzkit.simulate.zooniverse import asks
from gzkit.widgets.base import Explorer, Panel, grid, new_figure, row, show_if, text_html
from gzkit.widgets.classifications import Classifications, said
from gzkit.widgets.pictures import VIEW, Images, image_files
from gzkit.widgets.walk import check_walk, questions_ahead

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gzkit.images.stretch import Stretch
    from gzkit.schema.tree import Schema

IMAGE_SIDE = 600  # largest side of the picture [pixel]
KEYS = (
    '<p class="gzkit-keys">Keys<span>, once you clicked the picture</span>: <kbd>1</kbd>–<kbd>9</kbd> answer, '
    "<kbd>Backspace</kbd> takes back, <kbd>Enter</kbd> goes on, <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom</p>"
)  # elsewhere in a notebook the same keys change its cells
TREE_ROOM = (290 / 72, 540 / 72)  # beside it [inches]


class Classifier(Explorer):
    """One volunteer at work.

    Attributes
    ----------
    galaxy : str
        Id of the galaxy on show; empty when all are done.
    path : list of str
        Columns of the answers given to it so far.
    """

    what = "gzkit classifier"
    galaxy = traitlets.Unicode()
    path = traitlets.List(traitlets.Unicode())

    def __init__(self, schema, catalog, classifications, label_cols, stretch=None):
        numbers = {str(i): lambda i=i: self._answer_number(i) for i in range(1, 10)}
        super().__init__(Backspace=self.back, Enter=self.go_on, **numbers)
        self.schema, self.classifications = schema, classifications
        self._catalog, self._ids, self._label_cols = catalog, catalog["id_str"].tolist(), label_cols
        self._rows = {galaxy: i for i, galaxy in enumerate(self._ids)}
        known = set(schema.label_cols) <= set(catalog.columns)
        self._votes = votes_in(catalog, schema, name="classify") if known else None
        self._started = datetime.now(UTC)
        self.images, self._icons = Images(image_files(catalog), stretch), _icons(schema)
        self.panels = {
            "progress": Panel(self._progress_html),
            "image": Panel(lambda galaxy: self.images.picture(galaxy, IMAGE_SIDE) if galaxy else ""),
            "view": Panel(None, value=VIEW + KEYS),
            "asked": Panel(self._asked_html),
            "tree": Panel(self._tree_html),
        }
        progress, image, view, asked, tree = self.panels.values()
        image = row(image, view, flex_flow="column", align_items="stretch")
        self.children = [progress, grid("classify", image=image, asked=asked, tree=tree), self.touch]
        self.next()
        self.observe(self._refresh, names=["galaxy", "path"])
        self._refresh()

    @property
    def votes(self):
        """Your votes so far, as `gz.count_votes` counts them, with each galaxy's ``file_loc``: DataFrame."""
        from gzkit.zooniverse.votes import count_votes

        if not self.classifications.answers:
            return self._catalog.iloc[:0].reindex(columns=["id_str", "file_loc", *self._label_cols])
        counted = count_votes(
            self.classifications.path, self.classifications.workflow, like=self.schema, subjects=self._ids
        )
        files = self._catalog[[name for name in ("id_str", "file_loc") if name in self._catalog]]
        counted = counted.reindex(columns=["id_str", "classifications", *self._label_cols], fill_value=0)
        return files.merge(counted, on="id_str", validate="one_to_one")

    @property
    def question(self):
        """The question that is asked now; None at the end of the tree."""
        ahead = questions_ahead(self.schema, self.path)
        return ahead[0] if ahead else None

    @property
    def saved(self):
        """Whether the galaxy on show is done, and what the others said is shown."""
        return self.galaxy in self.classifications.answers

    def answer(self, label):
        """Give an answer, and go on to the next question.

        Parameters
        ----------
        label : str
            Its column.

        Raises
        ------
        ValueError
            If its question is not asked now.
        """
        if self.saved or not self.galaxy:
            raise ValueError(f"classify: nothing is asked now, so {label!r} is no answer")
        check_walk(self.schema, [*self.path, label])
        self.path = [*self.path, label]

    def back(self):
        """Take the last answer back, as long as the galaxy is not done."""
        if self.path and not self.saved:
            self.path = self.path[:-1]

    def go_on(self):
        """At the end of the tree: save this galaxy, and see what the others said. After that: the next galaxy."""
        if self.saved:
            self.next()
        elif self.galaxy and self.question is None:
            self.classifications.add(self.galaxy, self.path, self._started)
            self._refresh()

    def next(self):
        """Go to the first galaxy that is not done."""
        left = [galaxy for galaxy in self._ids if galaxy not in self.classifications.answers]
        self._started = datetime.now(UTC)
        with self.hold_trait_notifications():
            self.galaxy, self.path = (left[0] if left else ""), []

    def touched(self, kind, name):
        """An answer is given, or one of the buttons below was used."""
        if kind == "answer":
            if self.question and self.schema.get_answer(name).question is self.question:  # else clicked twice
                self.answer(name)
        elif kind == "go":
            {"back": self.back, "on": self.go_on}[name]()

    def figure(self):
        """The galaxy, and your walk on the tree, as a Figure."""
        figure = new_figure(10, 5)
        if self.galaxy in self.images.files:
            from gzkit.images.read import read_image

            ax = figure.add_axes((0, 0, 0.5, 1))
            ax.imshow(np.asarray(read_image(self.images.files[self.galaxy], self.images.stretch)))
            ax.set_axis_off()
        plot_tree(self.schema, ax=figure.add_axes((0.52, 0, 0.48, 1)), highlight=self.path or None, title="")
        return figure

    def describe(self):
        """What is asked, or what the others said, in words."""
        if not self.galaxy:
            where = f"Your votes are in {self.classifications.path}; the attribute votes is a table of them."
            return f"All {len(self._ids):,} galaxies are done. {where}{self._with_most()}"
        where = f"Galaxy {self.galaxy}, {self._done()} of {len(self._ids):,} done."
        if self.saved:
            return f"{where} {' '.join(words for words, _ in self._agreement())}"
        if self.question is None:
            return f"{where} That was the last question."
        answers = ", ".join(f"{i} {said(answer)}" for i, answer in enumerate(self.question.answers, start=1))
        return f"{where} {asks(self.question)} {answers}."

    def _with_most(self):
        """To how many first questions you gave the answer that most gave."""
        if self._votes is None or not self._ids:
            return ""
        told = [self._others(galaxy, self.classifications.answers[galaxy][0]) for galaxy in self._ids]
        agreed = sum(votes == others.max() > 0 for _, votes, others in told)
        return f" {agreed} times you said of the first question what most said."

    def _others(self, galaxy, label):
        """One of your answers, the others' votes for it, and theirs for each answer of its question."""
        answer = self.schema.get_answer(label)
        votes = self._votes[self._rows[galaxy]]
        return answer, votes[answer.index], votes[answer.question.columns]

    def _done(self):
        return len(self.classifications.answers.keys() & self._rows.keys())

    def _answer_number(self, number):
        answers = self.question.answers if self.question and self.galaxy else ()
        if number <= len(answers):
            self.answer(answers[number - 1].label)

    def _refresh(self, _=None):
        panels, state = self.panels, (self.galaxy, tuple(self.path), self.saved)
        panels["progress"].show(self._done(), self.galaxy)
        panels["image"].show(self.galaxy)
        show_if(panels["view"], self.galaxy)
        panels["asked"].show(*state)
        panels["tree"].show(*state, self.touch.dark)

    def _progress_html(self, done, galaxy):
        name = f"Galaxy {html.escape(galaxy)} · " if galaxy else ""
        bar = f'<progress max="{len(self._ids)}" value="{done}" aria-label="galaxies done"></progress>'
        return f"<p>{bar} {name}{done} of {len(self._ids):,} done</p>"

    def _asked_html(self, galaxy, path, saved):
        """What is asked, or what you answered: a head, what stands below it, and the buttons."""
        if not galaxy:
            return f'<p class="gzkit-question">Thank you!</p>{text_html(self.describe())}'
        back = _button("back", "Back (Backspace)", disabled=not path)
        if saved:
            head = "Saved. The others:" if self._votes is not None else "Saved."
            above, below = _button("on", "Next galaxy (Enter)", main=True), self._walk_html()
        elif self.question is None:
            head = "Your answers"  # "Next galaxy" comes where "Done" was
            above, below = _button("on", "Done (Enter)", main=True) + back, self._walk_html()
        else:
            head, above, below = html.escape(asks(self.question)), self._answers_html(), back
        return f'<p class="gzkit-question">{head}</p>{above}{below}{text_html(self.describe(), spoken=True)}'

    def _answers_html(self):
        """A button for each answer to the question that is asked."""
        buttons = []
        for i, answer in enumerate(self.question.answers, start=1):
            icon = self._icons.get(answer.label, "")
            image = f'<img alt="" src="{icon}">' if icon else ""
            buttons.append(
                f'<button type="button" data-touch="answer:{html.escape(answer.label)}">{image}'
                f"<span>{html.escape(said(answer))}</span>{f'<kbd>{i}</kbd>' if i < 10 else ''}</button>"
            )
        return f'<div class="gzkit-answers">{"".join(buttons)}</div>'

    def _walk_html(self):
        """Each question that you were asked, your answer, and once it is saved what the others said."""
        rows = []
        for label, (words, share) in zip(self.path, self._agreement(), strict=True):
            answer = self.schema.get_answer(label)
            asked, given = html.escape(asks(answer.question)), html.escape(said(answer))
            meter = "" if share is None else f'<meter min="0" max="1" value="{share:.3f}"></meter>'
            rows.append(f"<li><span>{asked}</span> <b>{given}</b><div>{meter}{html.escape(words)}</div></li>")
        return f'<ul class="gzkit-said">{"".join(rows)}</ul>'

    def _agreement(self):
        """In words, and as a share, how many agreed with each of your answers; None where nobody else was asked."""
        if self._votes is None or not self.saved:
            return [("", None)] * len(self.path)
        told = []
        for answer, agreed, votes in (self._others(self.galaxy, label) for label in self.path):
            asked, most = votes.sum(), answer.question.answers[int(votes.argmax())]
            words = f"{agreed:g} of {asked:g} agreed." if asked else "Nobody else was asked this."
            if agreed < votes.max():
                words += f" Most said: {said(most)} ({votes.max():g})."
            told.append((words, float(agreed / asked) if asked else None))
        return told

    def _tree_html(self, galaxy, path, saved, *_):
        votes = self._votes[self._rows[galaxy]] if saved and self._votes is not None else None
        label = "Your walk on the tree" + (", with the votes of the others" if votes is not None else "")
        svg = tree_svg(
            self.schema, votes, highlight=list(path) or None, theme=self.theme, title="", numbers="none",
            orientation="auto", room=TREE_ROOM, label=label,
        )  # fmt: skip
        return f'<div class="gzkit-tree">{svg}</div>'


def _button(name, words, *, main=False, disabled=False):
    kind = "gzkit-go gzkit-main" if main else "gzkit-go"
    return f'<button type="button" class="{kind}" data-touch="go:{name}"{" disabled" * disabled}>{words}</button>'


def _icons(schema):
    """The little picture of each answer whose look is known, as an address, by column."""
    return {label: pixels_address(pixels) for label, pixels in answer_icons(schema).items()}


def classify(
    catalog: pd.DataFrame,
    schema: Schema | str,
    *,
    save: str | Path = "my-votes.csv",
    volunteer: str | None = None,
    campaign: str | None = None,
    stretch: Stretch | None = None,
) -> Classifier:
    """Be the volunteer: the galaxy, the question as volunteers read it, and your answers, saved galaxy by galaxy.

    An answer is given by a click or its number, taken back with Backspace; Enter ends a galaxy, and goes on. When a
    galaxy is done you see how many others agreed. Zoom and brightness are below the picture (keys ``+``, ``-``, ``0``).

    The file is a classification export as Zooniverse writes it, with its workflow beside: `gz.count_votes` counts it,
    and those of a whole class. Run the cell again, today or next week, and you go on where you stopped.

    Parameters
    ----------
    catalog : DataFrame
        With ``id_str`` and ``file_loc``; with a column of votes for each answer, you are told what the others said.
    schema : Schema or str
    save : str or Path, optional
        The CSV file.
    volunteer : str, optional
        A user name, under which your votes count once a galaxy. Without one, the file's own anonymous name.
    campaign : str, optional
        Where the schema joins campaigns (``"gz-decals"``, ``"gz-evo"``): whose questions you answer, ``"dr5"``. Its own
        schema is ``session.schema``; ``session.votes`` has the columns of all.
    stretch : Stretch, optional
        Of images of measured pixels.

    Returns
    -------
    Classifier
        A widget. ``session.votes`` is your votes table, ready for `gz.finetune`.

    Raises
    ------
    ImportError
        Without ipywidgets and anywidget.
    ValueError
        If the catalogue lacks a column or a galaxy's id cannot stand in an export, the file is another one or was made
        with another schema, the schema joins campaigns and none is chosen, or an answer leads on to two questions that
        both lead further.

    References
    ----------
    Zooniverse, https://www.zooniverse.org: the classifier that this follows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import gzkit as gz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     session = gz.classify(gz.sample_catalog()[:2], "gz-decals-dr5", save=Path(folder) / "my-votes.csv")
    ...     for label in ("smooth-or-featured_smooth", "how-rounded_round", "merging_none"):
    ...         session.answer(label)
    ...     session.go_on()
    ...     int(session.votes["how-rounded_round"].sum())
    1
    """
    schema = as_schema(schema, "classify", catalog=catalog)
    check_arguments("classify", stretch=stretch)
    catalog = take_catalog(catalog, name="classify", columns=["id_str", "file_loc"])
    for galaxy in catalog["id_str"]:
        if not galaxy or galaxy != galaxy.strip() or "," in galaxy or ";" in galaxy:
            raise ValueError(
                f"classify: {galaxy!r} cannot be a subject of an export: ids hold no comma or semicolon"
            )
    asked = campaigns(schema).get(campaign or "")
    if asked is None:
        joined = ", ".join(filter(None, campaigns(schema))) or "no campaigns"
        raise ValueError(
            f"classify: {schema.name or 'the schema'} joins {joined}, and a volunteer answers the questions of one: "
            f"campaign is its name, not {campaign!r}"
        )
    return Classifier(asked, catalog, Classifications(save, asked, volunteer), schema.label_cols, stretch)
