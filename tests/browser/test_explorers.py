"""Every control of every explorer in a real browser: moved by mouse and by keyboard, the picture seen to change."""

import json
import os
from pathlib import Path

import pytest
from driving import (
    FAULTS_OF_LAYOUT,
    changes,
    in_kernel,
    notebook,
    open_notebook,
    press,
    run_all,
    wait_until_idle,
)
from moves import DRAWN, MOVES, START, button, keys

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.hacked=1> $\\frac{$ </style><script>window.hacked=1</script>"
SETUP = f"""
import numpy as np, pandas as pd, gzkit as gz
hostile = {HOSTILE!r}
schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
votes = catalog[schema.label_cols].to_numpy()
noise = np.random.default_rng(0).uniform(0.6, 1.6, (*votes.shape, 2))
models = {{name: gz.Predictions((scale * votes[..., None] + 1.2) * noise, catalog["id_str"], schema)
          for name, scale in {{"sure": 1.0, "unsure": 0.2}}.items()}}
features = gz.Features(votes[:, :16] + np.random.default_rng(1).normal(size=(len(votes), 16)), catalog["id_str"])
nasty = gz.Schema({{hostile: ["_" + hostile, "_no"]}}, {{hostile: None}}, name=hostile)
table = pd.DataFrame([[hostile, 3, 1], ["J2", 1, 3]], columns=["id_str", *nasty.label_cols])
"""
EXPLORERS = {
    "loss": "loss = gz.explore_loss()\nloss",
    "walk": "walk = gz.explore_schema(schema, catalog)\nwalk",
    "page": "page = gz.explore_predictions(models, catalog)\npage",
    "session": "session = gz.classify(catalog[:3], schema)\nsession",
    "alike": "alike = gz.explore_features(features, catalog)\nalike",
    "joined": "joined = gz.explore_schema(gz.load_schema('gz-decals'))\njoined",
    "hostile loss": "gz.explore_loss(answers=[hostile, 'no'])",
    "hostile session": "gz.classify(table.assign(file_loc=catalog['file_loc'][:2]), nasty, save='hostile.csv')",
    "hostile alike": "gz.explore_features(gz.Features([[3.0, 1.0], [1.0, 3.0]], table['id_str']), "
    "table.assign(file_loc=catalog['file_loc'][:2]), about=hostile)",
    "hostile walk": "gz.explore_schema(nasty, table)",
    "hostile page": "gz.explore_predictions(gz.Predictions([[3.0, 1.0], [1.0, 3.0]], table['id_str'], nasty), table)",
}
INSTRUMENTS = ("loss", "walk", "page", "session", "alike")
SIDE_BAR_OPEN = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def lab_page(chromium, lab):
    address, token, folder = lab
    (folder / "explorers.ipynb").write_text(json.dumps(notebook([SETUP, *EXPLORERS.values()])))
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    open_notebook(page, address, token, "explorers.ipynb")
    run_all(page)
    yield page
    page.close()


@pytest.fixture(scope="module")
def outputs(lab_page):
    """Each explorer's output by name."""
    areas = lab_page.locator(".jp-Notebook .jp-Cell .jp-OutputArea")
    return {name: areas.nth(i) for i, name in enumerate(EXPLORERS, start=1)}


def test_every_control_is_moved(lab_page):
    """Controls that are added later have to be added to the moves; what saves a file has a test of its own."""
    for name in ("walk", "page", "alike"):
        controls = set(json.loads(in_kernel(lab_page, f"import json; print(json.dumps([*{name}.controls]))")))
        assert controls - {"png", "svg"} == {of for explorer, of in MOVES if explorer == name}


@pytest.mark.parametrize("explorer, name", [*MOVES, *DRAWN])
def test_picture_follows_control(lab_page, outputs, explorer, name):
    (by_mouse, by_keyboard), state = (MOVES | DRAWN)[explorer, name]
    for act in (by_mouse, by_keyboard):
        in_kernel(lab_page, f"{START[explorer]}\n{state}")
        assert changes(outputs[explorer], lambda act=act: act(outputs[explorer]))


def test_browser_does_not_send_back_what_it_is_shown(lab_page):
    """Sliders round what they show; the state must not follow them."""
    in_kernel(lab_page, "walk.least_fraction, walk.least_votes = 0.33, 7")
    lab_page.wait_for_timeout(500)
    shown = in_kernel(lab_page, "print(walk.least_fraction, walk.least_votes)")
    assert shown.split("\n")[0] == "0.33 7"


def test_search_opens_the_galaxy(lab_page, outputs):
    in_kernel(lab_page, START["page"] + "; page.controls['search'].value = ''")
    MOVES["page", "search"][0][1](outputs["page"])
    outputs["page"].get_by_alt_text("Image of galaxy sim-00123").wait_for()


def test_moves_do_not_pile_up(lab_page, outputs):
    """While a slider moves its pictures follow, and the last comes soon after the last move."""
    for explorer, label in (
        ("page", "Volunteers asked"),
        ("walk", "Share of votes at least"),
    ):
        in_kernel(lab_page, START[explorer])
        for i in range(60):
            press(outputs[explorer], label, "ArrowLeft" if i % 20 < 10 else "ArrowRight")
        start = lab_page.evaluate("performance.now()")
        wait_until_idle(lab_page)
        assert lab_page.evaluate("performance.now()") - start < 3_000, label


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_each_instrument_is_one_view(lab_page, outputs, theme):
    """A laptop with the side bar open, and half of it: nothing is cut, and all is in sight without scrolling.

    A folder named by GZKIT_SCREENSHOTS gets pictures.
    """
    in_kernel(lab_page, "page.model, page.question = 'sure', 'spiral-arm-count'; page.shows = 'difference'")
    in_kernel(
        lab_page, "walk.galaxy = ''; walk.path = ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no']"
    )
    in_kernel(lab_page, START["alike"] + "\nfor i in range(7):\n    alike.mark(i % 3 == 0)")
    change_theme(lab_page, theme)
    try:
        for width, side_bar in ((1366, "expandLeft"), (683, "collapseLeft")):
            lab_page.set_viewport_size(SIDE_BAR_OPEN | {"width": width})
            lab_page.evaluate(f"window.jupyterapp.shell.{side_bar}()")
            lab_page.wait_for_timeout(1000)
            room = lab_page.locator(".jp-WindowedPanel-outer").first.bounding_box()["height"]
            for name in INSTRUMENTS:
                instrument = outputs[name].locator(".gzkit, .gzkit-loss").first
                instrument.evaluate("(it) => it.scrollIntoView({block: 'start'})")
                lab_page.wait_for_timeout(200)
                if folder := os.environ.get("GZKIT_SCREENSHOTS"):
                    lab_page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png")
                assert outputs[name].evaluate(FAULTS_OF_LAYOUT) == [], (name, width)
                size = instrument.bounding_box()
                assert size["height"] <= (620 if width == 1366 else room), (name, width, size)
                assert size["width"] <= 1100
    finally:
        change_theme(lab_page, "Light")
        lab_page.evaluate("window.jupyterapp.shell.collapseLeft()")
        lab_page.set_viewport_size({"width": 1366, "height": 900})


def change_theme(page, name):
    page.evaluate(
        f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {name}'}})"
    )
    page.wait_for_timeout(1500)
    wait_until_idle(page)


def test_dark_pages_have_no_white_slab(lab_page, outputs):
    """The drawings' own paper follows the page, and comes back."""
    first = "[...o.querySelectorAll('svg > rect:first-of-type')].map((e) => e.getAttribute('fill'))"
    papers = f"(o) => [...new Set({first})]"
    for theme, paper in (("Dark", "#121417"), ("Light", "#FFFFFF")):
        change_theme(lab_page, theme)
        for name in set(INSTRUMENTS) - {"loss", "alike"}:
            assert outputs[name].evaluate(papers) == [paper], (theme, name)


def test_arrow_keys_lead_through_the_tree_and_the_keyboard_stays(lab_page, outputs):
    """From the question that is asked to its answers; what is drawn anew keeps the keyboard."""
    in_kernel(lab_page, START["walk"])
    output, focused = outputs["walk"], "document.activeElement.dataset.touch"
    output.locator('[data-touch="question:smooth-or-featured"]').locator("visible=true").first.focus()
    lab_page.keyboard.press("ArrowDown")
    assert lab_page.evaluate(focused) == "answer:smooth-or-featured_smooth"
    lab_page.keyboard.press("Enter")
    wait_until_idle(lab_page)
    lab_page.wait_for_timeout(300)
    assert lab_page.evaluate(focused) == "answer:smooth-or-featured_smooth"
    assert in_kernel(lab_page, "print(walk.path)").strip() == "['smooth-or-featured_smooth']"
    assert lab_page.locator(".jp-mod-editMode").count() == 0


def test_classify_says_how_keys_come_to_it_until_they_do(lab_page, outputs):
    """Elsewhere in a notebook the same keys change its cells."""
    lab_page.locator(".jp-Notebook .jp-Cell .jp-InputArea").first.click()
    hint = outputs["session"].get_by_text("once you clicked the picture")
    assert hint.is_visible()
    outputs["session"].locator(".gzkit-picture").first.click()
    assert hint.is_hidden() and outputs["session"].get_by_text("takes back").is_visible()


def test_galaxies_are_classified_by_keys_alone(lab_page, outputs):
    """Answers by number, Enter to end a galaxy and to go on; each is in the file, and the notebook is as it was."""
    in_kernel(lab_page, START["session"])
    cells = lab_page.locator(".jp-Notebook .jp-Cell").count()
    for _ in range(3):
        for key in ("1", "2", "1", "Enter"):
            assert changes(outputs["session"], lambda key=key: keys(key)[1](outputs["session"]))
        assert outputs["session"].locator("text=/\\d+ of \\d+ agreed/").count() >= 1
        lab_page.keyboard.press("Enter")
        wait_until_idle(lab_page)
    outputs["session"].locator("text=Thank you!").wait_for()
    counted = "print(len(pd.read_csv('my-votes.csv')), int(session.votes['how-rounded_in-between'].sum()))"
    assert in_kernel(lab_page, counted).strip() == "3 3"
    assert lab_page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_zoom_and_brightness_change_the_picture_and_stay(lab_page, outputs):
    """By their sliders, by keys, by dragging; the next galaxy is seen in the same way."""
    in_kernel(lab_page, START["page"])
    output = outputs["page"]
    style = "getComputedStyle(o.querySelector('.gzkit-picture img'))"
    look = f"(o) => {style}.transform + {style}.filter"
    seen = [output.evaluate(look)]

    def changed():
        seen.append(output.evaluate(look))
        return seen[-1] != seen[-2]

    for label in ("Zoom", "Brightness"):
        output.get_by_label(label).press("ArrowRight")
        assert changed(), label
    for key in ("+", "-"):
        keys(key)[1](output)
        assert changed(), key
    output.get_by_label("Zoom").fill("4")
    changed()
    box = output.locator(".gzkit-picture").first.bounding_box()
    lab_page.mouse.move(box["x"] + 60, box["y"] + 60)
    lab_page.mouse.down()
    lab_page.mouse.move(box["x"] + 100, box["y"] + 90)
    lab_page.mouse.up()
    assert changed(), "drag"
    in_kernel(lab_page, "page.next()")
    assert not changed(), "the next galaxy"
    lab_page.mouse.dblclick(box["x"] + 60, box["y"] + 60)
    assert output.evaluate(look) == seen[0]


@pytest.mark.parametrize("kind, start", [("PNG", b"\x89PNG"), ("SVG", b"<?xml")])
@pytest.mark.parametrize("explorer", ["walk", "page"])
def test_picture_is_saved_as_a_file(lab_page, outputs, explorer, kind, start):
    with lab_page.expect_download() as download:
        button(f"Save {kind}")[0](outputs[explorer])
    assert download.value.suggested_filename.endswith(kind.lower())
    assert Path(download.value.path()).read_bytes().startswith(start)


def test_fault_of_layout_is_noticed(lab_page, outputs):
    """What the test above asks can be answered no."""
    widen = "(output) => output.querySelector('.jupyter-button').style.cssText += '; {}'"
    outputs["page"].evaluate(widen.format("min-width: 4000px"))
    wide = outputs["page"].evaluate(FAULTS_OF_LAYOUT)
    outputs["page"].evaluate(widen.format("min-width: 0; width: 10px"))
    narrow = outputs["page"].evaluate(FAULTS_OF_LAYOUT)
    outputs["page"].evaluate(widen.format("width: auto"))
    assert any("beyond the edge" in fault for fault in wide)
    assert any("text cut" in fault for fault in narrow)


def test_saved_notebook_shows_the_pictures_without_a_kernel(chromium, lab_page, lab):
    """Opened again where no kernel runs, as its trusted author or any reader does; and as an exported page."""
    from nbconvert import HTMLExporter

    lab_page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    wait_until_idle(lab_page)
    address, token, folder = lab
    content = json.loads((folder / "explorers.ipynb").read_text())
    content["metadata"] = {"kernelspec": {"name": "no-kernel", "display_name": "none", "language": "python"}}
    (folder / "saved.ipynb").write_text(json.dumps(content))
    exported, _ = HTMLExporter().from_filename(str(folder / "saved.ipynb"))
    (folder / "saved.html").write_text(exported)
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    try:
        page.goto((folder / "saved.html").as_uri())
        assert_pictures(page)
        page.goto(f"{address}/lab/tree/saved.ipynb?reset&token={token}")
        page.locator(".jp-Notebook .jp-OutputArea").nth(3).wait_for(state="attached")
        assert_pictures(page)
    finally:
        page.close()


def assert_pictures(page):
    """Each explorer's picture is loaded, is seen, and has words."""
    for words in ("Dirichlet density", "The first question", "Galaxy sim-"):
        picture = page.locator(f"img[alt*='{words}'], canvas[aria-label*='{words}']").first
        picture.wait_for(timeout=60_000)
        shown = "(it) => (it.naturalWidth ?? it.width) > 350 && (it.alt ?? it.ariaLabel).length > 40"
        assert picture.evaluate(shown)


def test_hostile_names_are_shown_and_run_nothing(lab_page, outputs):
    for name in (name for name in EXPLORERS if name.startswith("hostile")):
        output = outputs[name]
        assert output.locator("text=/onerror/").count() > 0 or output.locator("[title*=onerror]").count() > 0
        assert output.locator("img[src=x]").count() == 0
        assert output.locator("script").count() == 0
    for _ in range(2):
        assert changes(outputs["hostile page"], lambda: button("Next")[0](outputs["hostile page"]))
    assert lab_page.evaluate("window.hacked") is None


def test_notebook_7_works_alike(chromium, lab):
    """There too, sliders follow arrow keys, and what is drawn is clicked and used by keys."""
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    address, token, folder = lab
    cells = [SETUP, EXPLORERS["page"], EXPLORERS["walk"]]
    (folder / "seven.ipynb").write_text(json.dumps(notebook(cells)))
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    try:
        open_notebook(page, address, token, "seven.ipynb", place="notebooks")
        run_all(page)
        areas = page.locator(".jp-Notebook .jp-Cell .jp-OutputArea")
        outputs = {"page": areas.nth(1), "walk": areas.nth(2)}
        for moves, explorer, name in (
            (MOVES, "page", "total_votes"), (MOVES, "page", "next"), (DRAWN, "page", "question"),
            (DRAWN, "page", "count"), (DRAWN, "page", "next galaxy"), (MOVES, "walk", "least_fraction"),
            (DRAWN, "walk", "answer"), (DRAWN, "walk", "number"), (DRAWN, "walk", "Backspace"),
        ):  # fmt: skip
            acts, state = moves[explorer, name]
            for act in acts:
                in_kernel(page, f"{START[explorer]}\n{state}")
                assert changes(outputs[explorer], lambda act=act, at=explorer: act(outputs[at])), (
                    explorer,
                    name,
                )
    finally:
        page.close()


@pytest.mark.parametrize("explorer, name", [("walk", "least_fraction"), ("page", "total_votes")])
def test_a_control_without_its_wire_is_noticed(lab_page, outputs, explorer, name):
    """What the other tests see is the wiring: cut, the same move changes nothing."""
    (_, by_keyboard), _ = MOVES[explorer, name]
    in_kernel(lab_page, f"{START[explorer]}\n{explorer}.controls[{name!r}].unobserve_all('value')")
    assert not changes(outputs[explorer], lambda: by_keyboard(outputs[explorer]), seconds=2)


@pytest.mark.parametrize(
    "explorer, name",
    [("walk", "answer"), ("page", "count"), ("session", "number"), ("alike", "like key")],
)
def test_what_is_drawn_without_its_wire_is_noticed(lab_page, outputs, explorer, name):
    """The same for the hand: cut, the same click, key or drag changes nothing."""
    (by_mouse, _), state = DRAWN[explorer, name]
    cut = "hand._touched, hand._pressed = (lambda *_: None), {}"
    in_kernel(lab_page, f"{START[explorer]}\n{state}\nhand = {explorer}.touch; {cut}")
    assert not changes(outputs[explorer], lambda: by_mouse(outputs[explorer]), seconds=2)
