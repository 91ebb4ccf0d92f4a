"""Find me more like this: a galaxy and its neighbours, and a ranking that learns from every mark."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import traitlets

from gzkit.catalog.taken import rows_in, take_catalog, votes_in
from gzkit.inference.marks import MarksHead
from gzkit.inference.neighbours import cosines, nearness
from gzkit.mistakes import check_arguments
from gzkit.schema.build import suggest
from gzkit.schema.surveys import as_schema, surveys_of
from gzkit.schema.tree import Schema
from gzkit.widgets.base import Panel, button, choice, grid, new_figure, row, show_if, text_html
from gzkit.widgets.pictures import VIEW, GalaxyExplorer, Images, image_files

if TYPE_CHECKING:
    from gzkit.images.stretch import Stretch
    from gzkit.inference.features import Features

GALLERY = 32  # little pictures
SIDE = 300  # of the picture [pixel]
NEIGHBOURS, LIKELY, INFORMATIVE, ODD = "most like it", "most likely", "most informative", "oddest"
AGREED, SURE = 10, 0.8  # votes, and share of them, that a mark is said to contradict


class FeaturesExplorer(GalaxyExplorer):
    """Galaxies and their neighbours, and marks that a small head learns from.

    Attributes
    ----------
    galaxy : str
        Id of the galaxy on show.
    centre : str
        Id of the galaxy whose neighbours are on show, where these are.
    first : str
        Which galaxies come first: ``"most like it"`` (neighbours), ``"most likely"`` to be like those you marked,
        ``"most informative"`` (those that the head is least sure of) or ``"oddest"``.
    answer : str
        Column of the answer whose votes the head learns from too; empty for none.
    marked, unlike : list of str
        Ids of the galaxies that you marked as like what you look for, and as not.
    schema : Schema
        Of the marks: one question.
    controls : dict of str to Widget
        Every control by name, to be linked or moved from code.
    """

    what = "gzkit explorer of features"
    centre = traitlets.Unicode()
    first = traitlets.Enum([NEIGHBOURS, LIKELY, INFORMATIVE, ODD], default_value=NEIGHBOURS)
    answer = traitlets.Unicode()
    unlike = traitlets.List(traitlets.Unicode())
    remembered = ("galaxy", "centre", "first", "answer", "marked", "unlike")

    def __init__(self, features, catalog, survey, about, stretch):
        super().__init__(features.id_str, n=partial(self.mark, False))
        self._features, self._catalog, self._survey = features, catalog, survey
        self.schema, self.images = (
            Schema.from_classes(about, ["yes", "no"]),
            Images(image_files(catalog), stretch),
        )
        self._votes = None if survey is None else votes_in(catalog, survey, name="explore_features")
        self._head, self._oddness, self._ranked = None, None, ()
        self.galaxy = self.centre = self._ids[0]
        self._reorder()
        self.panels = {name: Panel(self.images.gallery) for name in ("gallery", "like", "unlike")} | {
            "image": Panel(lambda galaxy: self.images.picture(galaxy, SIDE)),
            "view": Panel(None, value=VIEW),
            "count": Panel(text_html),
        }
        answers = [("none", ""), *((label, label) for label in (survey.label_cols if survey else ()))]
        self.controls = (
            self.tools()
            | self.finding()
            | {
                "first": choice("First", self.traits()["first"].values, 36, 168),
                "answer": choice("Learn from votes for", answers, 140, 300),
                "like": button("Like this", "Mark it as like what you look for (key m)", self.mark),
                "unlike": button("Not this", "Mark it as unlike that (key n)", partial(self.mark, False)),
            }
        )
        for name in ("first", "answer"):
            traitlets.link((self, name), (self.controls[name], "value"))
        show_if(self.controls["answer"], survey is not None)
        self.children = [*self._page(), self.touch]
        self.begin(self._changed)

    @property
    def marks(self):
        """Your marks as a catalogue of one question, a vote a galaxy, which `gz.finetune` trains on: DataFrame."""
        like = np.arange(len(self.marked) + len(self.unlike)) < len(self.marked)
        rows = [self._rows[galaxy] for galaxy in (*self.marked, *self.unlike)]
        table = self._catalog.iloc[rows][["id_str", "file_loc"]].reset_index(drop=True)
        return table.assign(**dict(zip(self.schema.label_cols, (like * 1, ~like * 1), strict=True)))

    @property
    def ranking(self):
        """The galaxies in their order: DataFrame with ``id_str`` and ``value``, by which they are ordered.

        A similarity, a chance to be like those that you marked, or a distance to the tenth neighbour.
        """
        return pd.DataFrame({"id_str": self._ids[self._order], "value": self._values[self._order]})

    def mark(self, like=True):
        """Mark the galaxy on show, or take its mark away; what comes first then follows from all marks.

        Parameters
        ----------
        like : bool
            Whether it is like what you look for.
        """
        self._changed_at = -np.inf  # each mark is taken back for itself
        kept = [[name for name in names if name != self.galaxy] for names in (self.unlike, self.marked)]
        if self.galaxy not in (self.marked if like else self.unlike):
            kept[like].append(self.galaxy)
        with self.hold_trait_notifications():
            self.unlike, self.marked = kept
            self.first = LIKELY if self.first == NEIGHBOURS else self.first
            self._open_first()

    def touched(self, kind, name):
        """A galaxy of the gallery is opened, and is the one whose neighbours are on show."""
        with self.hold_trait_notifications():
            self.galaxy = self.centre = name

    def figure(self):
        """The galaxy on show, and those that come first, as a Figure."""
        from gzkit.images.read import read_image

        figure = new_figure(7, 3.5)
        for ax, galaxy in zip(
            figure.subplots(3, 6).flat, [self.galaxy, *self._ids[self._order[:17]]], strict=False
        ):
            ax.imshow(np.asarray(read_image(self.images.files[galaxy], self.images.stretch)))
            ax.set_title(galaxy, fontsize=6, parse_math=False)
        for ax in figure.axes:
            ax.set_axis_off()
        return figure

    def describe(self):
        """What is on show in words."""
        row = self._rows[self.galaxy]
        what = {NEIGHBOURS: f"similarity to {self.centre}", ODD: "distance to the tenth neighbour"}
        what = what.get(self.first, "chance to be like the marked ones")
        text = f"Galaxy {self.galaxy}: {what} {self._values[row]:.3f}. "
        text += f"{len(self.marked)} marked as like this, {len(self.unlike)} as not."
        if self.answer and self.galaxy in (*self.marked, *self.unlike):
            given, asked = (counts[row] for counts in self._counts())
            against = given if self.galaxy in self.unlike else asked - given
            if asked >= AGREED and against >= SURE * asked:
                text += f" Your mark contradicts the votes: {given} of {asked} said {self.answer}."
        return text

    def _counts(self):
        """Votes for the answer that is learnt from, and for its question; None if there is none."""
        if not self.answer:
            return None
        answer = self._survey.get_answer(self.answer)
        return self._votes[:, answer.index], self._votes[:, answer.question.columns].sum(axis=1)

    @traitlets.validate("galaxy", "centre", "answer", "marked", "unlike")
    def _known(self, proposal):
        value, what = proposal["value"], proposal["trait"].name
        known = dict(self.controls["answer"].options).values() if what == "answer" else self._rows
        what = "galaxy" if isinstance(value, list) else what
        for name in value if isinstance(value, list) else [value]:
            if name not in known:
                raise ValueError(f"explore_features: no {what} {name!r}{suggest(name, known)}")
        return value

    def _changed(self, change):
        self._reorder()
        if change["name"] in ("first", "answer") and not self._undoing:
            self._open_first()
        self._refresh()

    def _open_first(self):
        self._reorder()
        if len(self._order):
            self.galaxy = self._ids[self._order[0]]

    def _reorder(self):
        """Rank the galaxies by the state, if it has changed; those that are marked have been seen."""
        state = self.first, self.centre, self.answer, tuple(self.marked), tuple(self.unlike)
        if state == self._ranked:
            return
        self._ranked, features, seen = state, self._features, []
        if self.first == NEIGHBOURS:
            own = self._rows[self.centre]
            best = self._values = cosines(features, features.values[own] / features.lengths[own])
        else:
            like, unlike = ([self._rows[name] for name in names] for names in (self.marked, self.unlike))
            seen = like + unlike
        if self.first == ODD:
            if self._oddness is None:
                self._oddness = 1 - nearness(features, min(10, len(features) - 1))
            best = self._values = self._oddness
        elif self.first != NEIGHBOURS:
            self._head = self._head or MarksHead(features)
            odds = self._head.log_odds(like, unlike, self._counts())
            best, self._values = odds if self.first == LIKELY else -abs(odds), 1 / (1 + np.exp(-odds))
        order = np.argsort(-best, kind="stable")
        self._order = order[~np.isin(order, seen)]

    def _refresh(self, _=None):
        for name in ("before", "next"):
            self.controls[name].disabled = len(self._order) < 2
        self.panels["image"].show(self.galaxy)
        self.panels["count"].show(self.describe())
        self._show_gallery(self.panels["gallery"], GALLERY)
        for name, marked in (("like", self.marked), ("unlike", self.unlike)):
            self.panels[name].show(tuple(marked[::-1]), self.galaxy)

    def _page(self):
        panels, named = self.panels, self.controls_row
        image = row(
            panels["image"], panels["view"], named("like", "unlike", "undo"), panels["count"], name="column"
        )
        heads = [Panel(None, value=f"<p>{words}</p>") for words in ("Like this", "Not this")]
        below = grid("marks", like=row(heads[0], panels["like"]), unlike=row(heads[1], panels["unlike"]))
        top = named("before", "next", "search", "first", "answer", "png", "svg")
        return [top, grid("alike", image=image, gallery=panels["gallery"], below=below)]


def explore_features(
    features: Features,
    catalog: pd.DataFrame,
    *,
    schema: Schema | str | None = None,
    about: str = "like-this",
    stretch: Stretch | None = None,
) -> FeaturesExplorer:
    """Find more galaxies like one: its neighbours, and after a few marks those that are most likely like it.

    A click on a picture opens it, with its neighbours around. Mark galaxies as like what you look for (key m) or not
    (key n): after each mark a small head is fitted to all of them, and the gallery is ranked anew. Arrow keys lead
    on, Ctrl+Z takes a mark back. `Learn from votes for` has the head begin with what volunteers said.

    Parameters
    ----------
    features : Features
        Of `gz.embed`, or of any encoder.
    catalog : DataFrame
        With ``id_str`` and ``file_loc`` of every galaxy of the features.
    schema : Schema or str, optional
        Whose votes the catalogue has; by default the survey that its columns are of, if they are of one.
    about : str
        Name of the question that your marks answer.
    stretch : Stretch, optional
        Of FITS images, as the model has it.

    Returns
    -------
    FeaturesExplorer
        A widget. ``explorer.marks`` is a table that ``gz.read_catalog(explorer.marks, explorer.schema)`` takes and
        `gz.finetune` trains on.

    Raises
    ------
    ImportError
        Without ipywidgets and anywidget.
    ValueError
        If there is no galaxy, one has no row or two in the catalogue, or a column is missing.

    Examples
    --------
    >>> import numpy as np
    >>> import gzkit as gz
    >>> catalog = gz.sample_catalog()[:20]
    >>> features = gz.Features(np.random.default_rng(0).normal(size=(20, 8)), catalog["id_str"])
    >>> explorer = gz.explore_features(features, catalog)
    >>> explorer.mark()
    >>> explorer.marks[explorer.schema.label_cols].to_numpy().tolist()
    [[1, 0]]
    """
    check_arguments("explore_features", features=features, catalog=catalog, stretch=stretch)
    if not len(features):
        raise ValueError("explore_features: the features are of no galaxy")
    catalog = take_catalog(catalog, name="explore_features", columns=["id_str", "file_loc"])
    catalog = catalog.iloc[rows_in(catalog, features.id_str, name="explore_features", kind="features")]
    if schema is None:
        schema = next(iter(surveys_of(catalog.columns)), None)
    survey = None if schema is None else as_schema(schema, "explore_features")
    return FeaturesExplorer(features, catalog, survey, about, stretch)
