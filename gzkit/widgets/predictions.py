"""A model's predictions, galaxy by galaxy: find them, and see what volunteers are expected to say."""

from __future__ import annotations

from collections import ChainMap
from functools import partial

import numpy as np
import pandas as pd
import traitlets

from gzkit.catalog.taken import rows_in, take_catalog
from gzkit.evaluation.evaluate import has_votes, matched_votes
from gzkit.images.stretch import stretch_in
from gzkit.plots.galaxy import plot_galaxy
from gzkit.plots.tree.page import campaigns
from gzkit.plots.votes_svg import describe_votes
from gzkit.predictions.predictions import Predictions
from gzkit.schema.tree import suggest
from gzkit.widgets import browse
from gzkit.widgets.base import Panel, show_if, text_html
from gzkit.widgets.pictures import VIEW, GalaxyExplorer, Images, image_files
from gzkit.widgets.predictions_controls import MOST_VOTES, make_controls, make_page, show_state
from gzkit.widgets.predictions_drawings import count_in_words, draw_images, draw_tree, draw_votes

ALL_SAMPLES = 0
USUAL_VOTES = 40
GALLERY = 40  # little pictures
ORDER = ("sort_by", "descending", "cuts", "cut_on")
CONTROLLED = (*ORDER, "total_votes", "as_asked", "model", "sample", "beside", "shows")
VIEWS = ("prediction", "volunteers", "difference", "galaxies")


class PredictionsExplorer(GalaxyExplorer):
    """Predictions of one or several models, galaxy by galaxy.

    Attributes
    ----------
    galaxy : str
        Id of the galaxy on show.
    question : str
        The question whose predicted votes are on show.
    total_votes : int
        How many volunteers are asked [votes].
    as_asked : bool
        Whether `total_votes` follows the volunteers who really were asked.
    sort_by : str
        One of ``explorer.controls["sort_by"].options``.
    descending : bool
        Whether the largest comes first.
    cuts : str
        As for `gz.select`: ``"featured > 0.6 and edge-on_no > 0.75"``.
    cut_on : str
        ``"predicted"`` or ``"observed"`` fractions.
    having : tuple of (str, int)
        Only galaxies whose volunteers gave this answer so many votes: ``("bar_strong", 12)``; ``("", 0)`` for all.
    model : str
        Name of the model on show.
    sample : int
        Its sample, from 1; 0 for all of them together.
    beside : str
        Name of another model, or id of another galaxy, that is shown beside; empty for none.
    shows : str
        Below: a tree of the ``"prediction"``, ``"volunteers"`` or ``"difference"``, or the ``"galaxies"`` that pass.
    controls : dict of str to Widget
        Every control by name, to be linked or moved from code.
    """

    what = "gzkit explorer of predictions"
    question = traitlets.Unicode()
    total_votes = traitlets.Int(USUAL_VOTES, min=1, max=MOST_VOTES)
    as_asked = traitlets.Bool(True)
    sort_by = traitlets.Unicode(browse.CATALOG_ORDER)
    descending = traitlets.Bool(True)
    cuts = traitlets.Unicode()
    cut_on = traitlets.Enum(["predicted", "observed"], default_value="predicted")
    model = traitlets.Unicode()
    sample = traitlets.Int(ALL_SAMPLES, min=0)
    beside = traitlets.Unicode()
    shows = traitlets.Enum(VIEWS, default_value="prediction")
    having = traitlets.Tuple(traitlets.Unicode(), traitlets.Int(), default_value=("", 0))
    remembered = (*CONTROLLED, "galaxy", "question", "having", "marked")

    def __init__(self, models, catalog, files):
        first = next(iter(models.values()))
        super().__init__(first.id_str)
        self.schema, self._models, self._catalog = first.schema, models, catalog
        self.sky = first if first.sky is not None or catalog is None else catalog
        self._votes = matched_votes(first, catalog) if has_votes(catalog, self.schema) else None
        self._parts = {q.text: part for part in campaigns(self.schema).values() for q in part.questions}
        self.images, self._views, self._rng = (
            Images(files, stretch_in(first.info)),
            {},
            np.random.default_rng(),
        )
        self._problem = ""
        self.model, self.question = next(iter(models)), self.schema.questions[0].text
        self.galaxy = self._ids[0]
        self.panels = {
            "image": Panel(lambda *_: draw_images(self)),
            "view": Panel(None, value=VIEW),
            "tree": Panel(lambda *_: draw_tree(self)),
            "gallery": Panel(self.images.gallery),
            "votes": Panel(lambda *_: draw_votes(self)),
            "count": Panel(text_html),
            "words": Panel(lambda text: text_html(text, spoken=True)),
        }
        self.controls = self.tools() | self.finding() | make_controls(self)
        for name in CONTROLLED:
            self.controls[name].observe(partial(self._take, name), names="value")
        self.children = [*make_page(self), self.touch]
        self.begin(self._changed)

    @property
    def selection(self):
        """The galaxies that pass the cuts, in their order: DataFrame.

        ``id_str``, ``marked``, what they are sorted by, each answer's predicted ``_fraction``, and the catalogue's own
        columns.
        """
        table = pd.DataFrame({"id_str": self._ids[self._order]})
        table["marked"] = table["id_str"].isin(self.marked)
        if self.sort_by not in (browse.CATALOG_ORDER, *self.schema.label_cols):
            table[self.sort_by] = self._values[self._order]
        if self._view().sky is not None:
            table[["ra", "dec"]] = self._view().sky[self._order]
        names = [f"{label}_fraction" for label in self.schema.label_cols]
        table[names] = self._view().vote_fractions()[self._order]
        if self._catalog is None:
            return table
        more = self._catalog.drop(columns=[name for name in table.columns[1:] if name in self._catalog])
        return table.merge(more, on="id_str", how="left", validate="one_to_one")

    def figure(self):
        """`gz.plot_galaxy` of the galaxy on show, as a Figure."""
        import matplotlib.pyplot as plt

        figure = plot_galaxy(self._view(), self.galaxy, catalog=self._catalog)
        plt.close(figure)
        figure.set_dpi(72)
        return figure

    def describe(self):
        """The galaxy and the question on show in words, with numbers."""
        votes, question = self._votes_here(), self.schema.get_question(self.question)
        parts = []
        for i, (answer, chances) in enumerate(zip(question.answers, self._predicted_votes(), strict=True)):
            observed = None if votes is None else (int(votes[i]), int(votes.sum()))
            parts.append(describe_votes(answer.text, chances, observed=observed))
        asked = self._one().proportion_asked()[0, question.index]
        reached = f"reached by {asked:.0%} of volunteers"
        return f"Galaxy {self.galaxy}, question {self.question} ({reached}). {' '.join(parts)}"

    def random(self):
        """Go to any galaxy of the selection."""
        if len(self._order):
            self.galaxy = self._ids[self._rng.choice(self._order)]

    def touched(self, kind, name):
        """A question of the tree is chosen, an answer cut on, a count of votes asked for, or a galaxy opened."""
        if kind == "question":
            self.question = name
        elif kind == "answer":
            self._cut(self.schema.get_answer(name))
        elif kind == "galaxy":
            self.galaxy = name
        elif kind == "count":
            count, label = name.split(":", 1)
            chosen = self.schema.get_answer(label).label, int(count)
            with self.hold_trait_notifications():
                self.having = ("", 0) if chosen == self.having else chosen
                self.shows = "galaxies" if self.having[0] else "prediction"

    def _cut(self, answer):
        """Keep the galaxies of which most say so; if they are kept already, take the cut away."""
        cut = f"{answer.label} > 0.5"
        cuts = [text.strip() for text in self.cuts.split(" and ") if text.strip()]
        with self.hold_trait_notifications():
            self.question = answer.question.text
            self.cuts = " and ".join([c for c in cuts if c != cut] if cut in cuts else [*cuts, cut])

    @traitlets.validate("galaxy", "question", "model", "sort_by", "beside")
    def _known(self, proposal):
        what, known = {
            "galaxy": ("galaxy", self._rows),
            "question": ("question", self._parts),
            "model": ("model", self._models),
            "sort_by": ("order", self._orders()),
            "beside": ("model or galaxy", ChainMap(self._models, self._rows, {"": None})),
        }[proposal["trait"].name]
        if (name := proposal["value"]) not in known:
            raise ValueError(f"explore_predictions: no {what} {name!r}{suggest(name, known)}")
        return name

    @traitlets.validate("sample")
    def _known_sample(self, proposal):
        if proposal["value"] > self._samples():
            raise ValueError(f"explore_predictions: sample {proposal['value']} of {self._samples()}")
        return proposal["value"]

    @traitlets.validate("cut_on", "shows", "having")
    def _needs_votes(self, proposal):
        if self._votes is None and proposal["value"] not in ("predicted", "prediction", "galaxies", ("", 0)):
            raise ValueError(f"explore_predictions: there are no votes, so no {proposal['value']!r}")
        return proposal["value"]

    def _orders(self):
        return browse.sort_choices(self.schema, self._votes)

    def _samples(self):
        return self._models[self.model].concentration.shape[-1]

    def _take(self, name, change):
        """A control was moved."""
        if not self._following:
            with self.hold_trait_notifications():
                setattr(self, name, change["new"])
                if name == "total_votes":
                    self.as_asked = False

    def _changed(self, change):
        name = change["name"]
        if name == "model" and self.sample > self._samples():
            self.sample = ALL_SAMPLES
        follows_question = name == "question" and self.sort_by in (browse.UNCERTAIN, browse.SURPRISE)
        if name in (*ORDER, "having", "model", "sample") or follows_question:
            self._reorder()
            gone = name in ("cuts", "cut_on", "having") and self._place() < 0
            if len(self._order) and (gone or name in ("sort_by", "descending")):
                self.galaxy = self._ids[self._order[0]]
        self._refresh()

    def _reorder(self):
        view = self._view()
        try:
            mask = browse.passes(view, self.cuts, self._votes if self.cut_on == "observed" else None)
            self._problem = ""
        except ValueError as error:
            mask, self._problem = np.ones(len(view), dtype=bool), str(error)
        if self.having[0]:
            label, count = self.having
            mask = mask & (self._votes[:, self.schema.get_answer(label).index] == count)
        question = self.schema.get_question(self.question)
        self._values = values = browse.sort_values(view, self._votes, self.sort_by, question)
        order = np.argsort(-values if self.descending else values, kind="stable")
        self._order = order[mask[order]]

    def _view(self):
        """Predictions of the model and sample on show."""
        key = self.model, self.sample
        if key not in self._views:
            view = self._models[self.model]
            if self.sample != ALL_SAMPLES:
                concentration = view.concentration[..., [self.sample - 1]]
                view = Predictions(concentration, view.id_str, view.schema, info=view.info, sky=view.sky)
            self._views = {key: view}
        return self._views[key]

    def _one(self):
        return self._view()[np.array([self._rows[self.galaxy]])]

    def _votes_here(self):
        if self._votes is None:
            return None
        return self._votes[self._rows[self.galaxy], self.schema.get_question(self.question).columns]

    def _predicted_votes(self):
        return self._one().predicted_votes(self.question, self.total_votes)[0]

    def _refresh(self, _=None):
        if self.as_asked:
            votes = self._votes_here()
            asked = 0 if votes is None else int(votes.sum())
            self.total_votes = min(asked, MOST_VOTES) or USUAL_VOTES
        with self.following():
            show_state(self, CONTROLLED)
        seen = (self.touch.dark, self.galaxy, self.model, self.sample)
        panels = self.panels
        panels["image"].show(self.galaxy, self.beside, tuple(self.marked))
        panels["votes"].show(*seen, self.question, self.total_votes, self.beside)
        panels["words"].show(self.describe())
        panels["count"].show(count_in_words(self))
        galaxies = self.shows == "galaxies"
        if galaxies:
            self._show_gallery(panels["gallery"], GALLERY)
        else:
            panels["tree"].show(*seen, self.shows, self.question, self.cuts)
        show_if(panels["gallery"], galaxies)
        show_if(panels["tree"], not galaxies)

    def _compare(self):
        """Keep this galaxy beside those that are opened next; if there is one already, take it away."""
        self.beside = "" if self.beside else self.galaxy

    def _show_all(self):
        with self.hold_trait_notifications():
            self.cuts, self.having = "", ("", 0)


def explore_predictions(
    predictions: Predictions | dict[str, Predictions],
    catalog: pd.DataFrame | None = None,
    *,
    images: bool | dict[str, str] | None = None,
) -> PredictionsExplorer:
    """Look at predictions galaxy by galaxy: the image, the tree with what flows through it, and the predicted votes.

    Galaxies are found by a part of their id, by their place in an order (any answer's fraction, uncertainty, surprise),
    by cuts as `gz.select` has them, or by a click: on a question or an answer of the tree, on a bar of the votes
    (for the galaxies that have that count), on a galaxy. Arrow keys lead to the next galaxy, m marks it, Ctrl+Z undoes.

    Parameters
    ----------
    predictions : Predictions or dict of str to Predictions
        Those of one model, or of several by their names, for the same galaxies and schema.
    catalog : DataFrame, optional
        With ``id_str``; the votes are marked if it has a column for each answer, and images shown if it has
        ``file_loc``.
    images : bool or dict of str to str, optional
        False for none; or each galaxy's ``file_loc`` in place of the catalogue's.

    Returns
    -------
    PredictionsExplorer
        A widget. ``explorer.galaxy`` is the id on show, ``explorer.selection`` the table of those that pass the cuts;
        everything can also be set from code: ``explorer.cuts = "bar_strong > 0.5"``.

    Raises
    ------
    ImportError
        Without ipywidgets.
    ValueError
        If there is no galaxy, the models differ in schema or galaxies, or a galaxy has no row in the catalogue.

    Examples
    --------
    >>> import gzkit as gz
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> explorer = explore_predictions(gz.Predictions([[9.0, 1.0], [2.0, 8.0]], ["J1", "J2"], schema))
    >>> explorer.cuts = "bar_no > 0.5"
    >>> explorer.galaxy, len(explorer.selection)
    ('J2', 1)
    """
    models = browse.same_galaxies(predictions if isinstance(predictions, dict) else {"model": predictions})
    if catalog is not None:
        catalog = take_catalog(catalog, name="explore_predictions")
        rows_in(catalog, next(iter(models.values())).id_str, name="explore_predictions")
    files = image_files(catalog) if images is None or images is True else dict(images or {})
    if images is False and catalog is not None:
        catalog = catalog.drop(columns="file_loc", errors="ignore")
    return PredictionsExplorer(models, catalog, files)
