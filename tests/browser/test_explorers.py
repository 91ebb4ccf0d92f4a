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
from moves import MOVES, START, button

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
nasty = gz.Schema({{hostile: ["_" + hostile, "_no"]}}, {{hostile: None}}, name=hostile)
table = pd.DataFrame([[hostile, 3, 1], ["J2", 1, 3]], columns=["id_str", *nasty.label_cols])
"""
EXPLORERS = {
    "loss": "loss = gz.explore_loss()\nloss",
    "walk": "walk = gz.explore_schema(schema, catalog)\nwalk",
    "page": "page = gz.explore_predictions(models, catalog)\npage",
    "joined": "joined = gz.explore_schema(gz.load_schema('gz-decals'))\njoined",
    "hostile loss": "gz.explore_loss(answers=[hostile, 'no'])",
    "hostile walk": "gz.explore_schema(nasty, table)",
    "hostile page": "gz.explore_predictions(gz.Predictions([[3.0, 1.0], [1.0, 3.0]], table['id_str'], nasty), table)",
}
INSTRUMENTS = ("loss", "walk", "page")


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
    """Controls that are added later have to be added to the moves."""
    for name in INSTRUMENTS:
        controls = set(json.loads(in_kernel(lab_page, f"import json; print(json.dumps([*{name}.controls]))")))
        alike = {"walk": {"walk", "joined"}}.get(name, {name})
        assert controls == {of for explorer, of in MOVES if explorer in alike} - {
            "answer buttons",
            "thumbnails",
        }


@pytest.mark.parametrize("explorer, name", MOVES)
def test_picture_follows_control(lab_page, outputs, explorer, name):
    (by_mouse, by_keyboard), state = MOVES[explorer, name]
    for act in (by_mouse, by_keyboard):
        in_kernel(lab_page, f"{START[explorer]}\n{state}")
        assert changes(outputs[explorer], lambda act=act: act(outputs[explorer]))


def test_browser_does_not_send_back_what_it_is_shown(lab_page):
    """Sliders round what they show; the state must not follow them."""
    in_kernel(
        lab_page,
        "loss.set_state(['a', 'b'], [3, 1], [2.03, 7.7]); loss.set_state(['a', 'b'], [3, 1], [155, 42])",
    )
    in_kernel(lab_page, "walk.least_fraction, walk.least_votes = 0.33, 7")
    lab_page.wait_for_timeout(500)
    assert in_kernel(lab_page, "print(loss.concentration, walk.least_fraction, walk.least_votes)").split(
        "\n"
    )[0] == ("[155.0, 42.0] 0.33 7")


def test_search_opens_the_galaxy(lab_page, outputs):
    in_kernel(lab_page, START["page"] + "; page.controls['search'].value = ''")
    MOVES["page", "search"][0][1](outputs["page"])
    outputs["page"].get_by_alt_text("Image of galaxy sim-00123").wait_for()


def test_moves_do_not_pile_up(lab_page, outputs):
    """While a slider moves its pictures follow, and the last comes soon after the last move."""
    for explorer, label in (("page", "If asked"), ("loss", "Votes: smooth"), ("walk", "Least fraction")):
        in_kernel(lab_page, START[explorer])
        for i in range(60):
            press(outputs[explorer], label, "ArrowLeft" if i % 20 < 10 else "ArrowRight")
        start = lab_page.evaluate("performance.now()")
        wait_until_idle(lab_page)
        assert lab_page.evaluate("performance.now()") - start < 3_000, label


@pytest.mark.parametrize("width", [1366, 683])
def test_everything_is_seen_whole(lab_page, outputs, width):
    """At a laptop's width and half of it, nothing is cut or beyond the edge; a folder named gets screenshots."""
    for name in INSTRUMENTS:
        in_kernel(lab_page, START[name])
    try:
        lab_page.set_viewport_size({"width": width, "height": 1800})
        lab_page.wait_for_timeout(500)
        folder = os.environ.get("GZKIT_SCREENSHOTS")
        for name in INSTRUMENTS:
            outputs[name].scroll_into_view_if_needed()
            if folder:
                outputs[name].screenshot(path=Path(folder) / f"{name}-{width}.png")
            assert outputs[name].evaluate(FAULTS_OF_LAYOUT) == [], name
    finally:
        lab_page.set_viewport_size({"width": 1366, "height": 900})


def test_fault_of_layout_is_noticed(lab_page, outputs):
    """What the test above asks can be answered no."""
    widen = "(output) => output.querySelector('.jupyter-button').style.cssText += '; {}'"
    outputs["page"].evaluate(widen.format("min-width: 4000px"))
    wide = outputs["page"].evaluate(FAULTS_OF_LAYOUT)
    outputs["page"].evaluate(widen.format("min-width: 0; width: 10px"))
    narrow = outputs["page"].evaluate(FAULTS_OF_LAYOUT)
    outputs["page"].evaluate(widen.format("width: 92px"))
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
        picture = page.locator(f"img[alt*='{words}']").first
        picture.wait_for(timeout=60_000)
        assert picture.evaluate("(img) => img.complete && img.naturalWidth > 500 && img.alt.length > 40")


def test_hostile_names_are_shown_and_run_nothing(lab_page, outputs):
    for name in ("hostile loss", "hostile walk", "hostile page"):
        output = outputs[name]
        assert output.locator("text=/onerror/").count() > 0 or output.locator("[title*=onerror]").count() > 0
        assert output.locator("img[src=x]").count() == 0
        assert output.locator("script").count() == 0
    for _ in range(2):
        assert changes(outputs["hostile page"], lambda: button("Next")[0](outputs["hostile page"]))
    assert lab_page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "explorer, name", [("loss", "total"), ("walk", "least_fraction"), ("page", "total_votes")]
)
def test_a_control_without_its_wire_is_noticed(lab_page, outputs, explorer, name):
    """What the other tests see is the wiring: cut, the same move changes nothing."""
    (_, by_keyboard), _ = MOVES[explorer, name]
    in_kernel(lab_page, f"{START[explorer]}\n{explorer}.controls[{name!r}].unobserve_all('value')")
    assert not changes(outputs[explorer], lambda: by_keyboard(outputs[explorer]), seconds=2)
