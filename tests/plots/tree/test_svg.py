import subprocess
import sys
from xml.etree import ElementTree

import pytest

import gzkit as gz
from gzkit.plots.tree.svg import tree_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_svg_is_well_formed_and_titled(theme):
    root = ElementTree.fromstring(tree_svg(gz.load_schema("gz2"), theme=theme))
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    assert "gz2" in root.get("aria-label") and root.find(f"{SVG}title").text == root.get("aria-label")


def test_svg_needs_no_matplotlib():
    code = (
        "import sys, gzkit as gz; from gzkit.plots.tree.svg import tree_svg; tree_svg(gz.load_schema('gz2'));"
        "print('matplotlib' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_texts_from_files_are_escaped():
    nasty = "<script>alert('&')</script>"
    schema = gz.Schema({nasty: ["_<b>", "_no"]}, {nasty: None}, name=nasty, wording={nasty: nasty})
    for wording in (False, True):
        text = tree_svg(schema, wording=wording)
        assert "<script" not in text and "<b>" not in text
        ElementTree.fromstring(text)


def test_svg_and_figure_write_the_same_texts():
    schema = gz.load_schema("gz-decals-dr5")
    votes = [3] * len(schema.answers)
    root = ElementTree.fromstring(tree_svg(schema, votes))
    drawn = [text.get_text() for text in gz.plot_tree(schema, votes).texts]
    assert [element.text for element in root.iter(f"{SVG}text")] == drawn


def test_bands_are_as_wide_as_votes():
    schema = gz.load_schema("gz-decals-dr5")
    votes = {label: 0 for label in schema.label_cols} | {
        "smooth-or-featured_smooth": 10,
        "how-rounded_round": 10,
    }
    root = ElementTree.fromstring(tree_svg(schema, votes))
    bands = [element for element in root.iter(f"{SVG}path") if element.get("stroke")]
    solid = [float(band.get("stroke-width")) for band in bands if band.get("stroke-dasharray") is None]
    assert solid == [24.0]  # only one edge was used, by everybody


def test_schema_show_writes_the_drawing(tmp_path, capsys):
    from gzkit.cli.main import main

    svg, png = tmp_path / "tree.svg", tmp_path / "tree.png"
    assert main(["schema", "show", "gz-rings", "--svg", str(svg), "--png", str(png)]) == 0
    assert "ring" in capsys.readouterr().out
    ElementTree.fromstring(svg.read_text(encoding="utf-8"))
    assert png.read_bytes().startswith(b"\x89PNG")
