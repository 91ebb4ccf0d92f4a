"""Decision trees as a page that lives without a kernel: zoom, fold, walk, and whose votes flow."""

from __future__ import annotations

import html
import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzkit import __version__
from gzkit.catalog.taken import take_catalog
from gzkit.files.whole import write_text
from gzkit.mistakes import check_arguments
from gzkit.plots.tree.flow import read_row
from gzkit.plots.tree.svg import tree_svg
from gzkit.report.galaxies import hold
from gzkit.schema.surveys import schema_names, survey_facts

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from gzkit.schema.tree import Schema


def write_trees(
    path: str | os.PathLike,
    schemas: Sequence[Schema],
    votes: ArrayLike | Mapping[str, float] | pd.DataFrame | None = None,
    *,
    title: str = "",
) -> None:
    """Write decision trees as one HTML file that needs nothing beside it: no kernel, no network.

    Each tree can be zoomed, moved, folded and walked down, answer by answer, by mouse, finger and keyboard.

    Parameters
    ----------
    path : str or Path
    schemas : sequence of Schema
    votes : array_like, dict, Series or DataFrame, optional
        What flows through the trees, as in `gz.plot_tree` [votes]. Of a catalogue (a table with ``id_str``) the page
        also holds the first galaxies, one by one; with their images where it has ``file_loc``.
    title : str

    Raises
    ------
    ValueError
        If the votes do not fit a schema.
    """
    check_arguments("to_html", votes=votes)
    sections = []
    for schema in schemas:
        held = None
        if isinstance(votes, pd.DataFrame) and "id_str" in votes:
            held = hold(take_catalog(votes, schema, name="votes"), schema)
        heading = f"<h2>{html.escape(schema.name)}</h2>\n" if len(schemas) > 1 else ""
        if schema.name in schema_names():
            facts = survey_facts(schema.name)
            heading += f"<p>{html.escape(facts['title'] + '. ' + '; '.join(facts['source']))}</p>\n"
        sections.append(
            f'<section id="{html.escape(schema.name)}">{heading}{tree_html(schema, votes, held)}</section>'
        )
    links = " ".join(f'<a href="#{html.escape(s.name)}">{html.escape(s.name)}</a>' for s in schemas)
    about = f"<nav>{links}</nav>" if len(schemas) > 1 else ""
    write_page(path, title or "The decision tree of " + schemas[0].name, about + "\n".join(sections))


def tree_html(schema, votes=None, held=None, *, icons=True):
    """A tree, and the galaxies whose votes may flow through it, as a part of a page.

    Parameters
    ----------
    schema : Schema
    votes : optional
        As for `write_trees`.
    held : dict, optional
        Galaxies, from `hold`.
    icons : optional
        As in `gz.plot_tree`.

    Returns
    -------
    str
    """
    mean = None if votes is None else np.atleast_2d(read_row(votes, schema)).mean(axis=0).round(3).tolist()
    look = {"icons": icons, "title": "", "numbers": "shares", "orientation": "right"}
    content = json.dumps({"questions": _questions(schema), "mean": mean, "galaxies": held})
    return Template(read_part("tree.html")).substitute(
        svg=tree_svg(schema, votes, touch=schema.questions[0].text, **look),
        content=content.replace("<", "\\u003c"),
        kind="gzkit-many" if held else "",
    )


def write_page(path, title, body, *, lead=""):
    """A page with what its instruments need.

    Parameters
    ----------
    path : str or Path
    title, lead : str
        Escaped here.
    body : str
        HTML.
    """
    scripts = [resources.files("gzkit").joinpath("widgets/touch.js").read_text("utf-8"), read_part("live.js")]
    styles = [
        resources.files("gzkit").joinpath("widgets/touch.css").read_text("utf-8"),
        read_part("page.css"),
    ]
    page = Template(read_part("page.html")).substitute(
        title=html.escape(title),
        lead=html.escape(lead),
        body=body,
        style="\n".join(styles),
        script="\n".join(scripts),
        version=__version__,
    )
    write_text(path, page)


def read_part(name):
    """A file beside this one."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _questions(schema):
    """What the page knows of a schema, parents first."""
    return [
        {
            "name": question.text,
            "index": question.index,
            "wording": question.wording,
            "after": [answer.index for answer in question.asked_after],
            "answers": [
                {"text": answer.text, "label": answer.label, "index": answer.index, "wording": answer.wording}
                for answer in question.answers
            ],
        }
        for question in schema.walk_order
    ]
