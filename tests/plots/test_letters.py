import io
import warnings
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import gzkit as gz
from gzkit.plots.calibration import plot_calibration
from gzkit.plots.predictions import plot_confusion, plot_fractions
from gzkit.plots.tree.svg import tree_svg

IN_STIX, IN_NONE = (
    "\ue000",
    "\uf8ff",
)  # of the letters for private use: one that a font of matplotlib's has, and one not


def survey(name):
    """A survey whose every name holds this text, with votes and predictions."""
    schema = gz.Schema({name: [f"_{name}", "_no"]}, {name: None}, name=name, wording={name: name})
    table = {"id_str": [f"{name}{i}" for i in range(9)]} | {
        column: range(1, 10) for column in schema.label_cols
    }
    table[schema.label_cols[0]] = range(40, 49)
    catalog = gz.read_catalog(pd.DataFrame(table), schema, images=False)
    predictions = gz.Predictions(np.full((9, 2), 3.0), catalog["id_str"].tolist(), schema)
    return schema, catalog, predictions


def drawn(name):
    """Every figure that shows names, with a catalogue where it takes one."""
    schema, catalog, predictions = survey(name)
    galaxy = catalog["id_str"].iloc[0]
    yield "tree", lambda: gz.plot_tree(schema, [3, 4], wording=True)
    yield "votes", lambda: gz.plot_votes([3, 4], schema, title=name)
    yield "votes of a galaxy", lambda: gz.plot_predicted_votes(predictions, galaxy, name, catalog=catalog)
    yield "galaxy", lambda: gz.plot_galaxy(predictions, galaxy, catalog=catalog)
    yield "fractions", lambda: plot_fractions(predictions, catalog, name)
    yield "confusion", lambda: plot_confusion(predictions, catalog, name)
    yield "calibration", lambda: plot_calibration(predictions, catalog, question=name)
    yield "loss", lambda: gz.plot_loss([3, 4], [2.0, 5.0], answers=[name, "no"])


FIGURES = [name for name, _ in drawn("bar")]


@pytest.mark.parametrize("name", ["$5_{-over-$", "a$b$c", "$$"])
@pytest.mark.parametrize("figure", FIGURES)
def test_dollar_signs_are_characters_in_every_figure(figure, name):
    dict(drawn(name))[figure]()
    plt.gcf().savefig(io.BytesIO())
    written = [text for text in plt.gcf().findobj(Text) if "$" in text.get_text()]
    assert written
    assert not any(text.get_parse_math() for text in written)
    plt.close("all")


@pytest.mark.parametrize("figure", FIGURES)
def test_letters_come_from_a_font_that_has_them_and_those_that_none_has_are_told_once(figure):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        dict(drawn(f"bar{IN_STIX}{IN_NONE}"))[figure]()
        plt.gcf().savefig(io.BytesIO())
    assert {str(each.message) for each in told} == {f"no installed font has {IN_NONE!r}, drawn as boxes"}
    families = [text.get_fontfamily() for text in plt.gcf().findobj(Text) if IN_STIX in text.get_text()]
    assert families
    assert all("STIXNonUnicode" in family for family in families)
    plt.close("all")


@pytest.mark.parametrize("text", ["\0", "\x1b[31m", "a\x0bb", "\ud800", "\ufffe", "<&>\"'"])
def test_svg_of_any_galaxys_name_is_well_formed(text):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    ElementTree.fromstring(tree_svg(schema, label=text, title=text).encode("utf-8"))
