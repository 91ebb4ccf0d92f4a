"""Every control of every explorer in a real browser: moved by mouse and by keyboard, the picture seen to change."""

import json
import os
from pathlib import Path

import pytest
from driving import changes, choose, control, drag, notebook, open_notebook, press, run_all, wait_until_idle

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
CELLS = [
    SETUP,
    "loss = gz.explore_loss()\nloss",
    "walk = gz.explore_schema(schema, catalog)\nwalk",
    "page = gz.explore_predictions(models, catalog)\npage",
    "gz.explore_loss(answers=[hostile, 'no'])",
    "gz.explore_schema(nasty, table)",
    "gz.explore_predictions(gz.Predictions([[3.0, 1.0], [1.0, 3.0]], table['id_str'], nasty), table)",
]
NAMES = ("loss", "walk", "page", "hostile loss", "hostile walk", "hostile page")
LOSS_SLIDERS = ["Total concentration", "Concentration: smooth", "Concentration: featured", "Votes: smooth"]


@pytest.fixture(scope="module")
def lab_page(chromium, lab):
    address, token, folder = lab
    (folder / "explorers.ipynb").write_text(json.dumps(notebook(CELLS)))
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    open_notebook(page, address, token, "explorers.ipynb")
    run_all(page)
    yield page
    page.close()


@pytest.fixture(scope="module")
def outputs(lab_page):
    """Each explorer's output by name."""
    areas = lab_page.locator(".jp-Notebook .jp-Cell .jp-OutputArea")
    return {name: areas.nth(i) for i, name in enumerate(NAMES, start=1)}


def point_at(output, label, number):
    """Choose from a list as the mouse does; the list itself is drawn outside the page, so its click is not."""
    control(output, label).locator("select").select_option(index=number)


def button(output, text):
    return output.get_by_role("button", name=text, exact=True)


@pytest.mark.parametrize("label", LOSS_SLIDERS)
def test_loss_follows_each_slider(outputs, label):
    output = outputs["loss"]
    assert changes(output, lambda: drag(output, label, 0.2))
    assert changes(output, lambda: press(output, label, "ArrowRight"))


def test_loss_follows_its_buttons_and_lists(outputs):
    output = outputs["loss"]
    assert changes(output, lambda: point_at(output, "Example", 2))
    assert changes(output, lambda: choose(output, "Example"))
    assert changes(output, lambda: button(output, "Draw votes").click())
    assert changes(output, lambda: button(output, "Draw votes").press("Enter"))
    assert changes(output, lambda: button(output, "Training step").click())
    assert changes(output, lambda: button(output, "Training step").press("Enter"))
    assert changes(output, lambda: button(output, "3").click())
    assert changes(output, lambda: drag(output, "Votes: artifact", 0.2))
    assert changes(output, lambda: press(output, "Concentration: artifact", "ArrowRight"))
    assert changes(output, lambda: button(output, "2").press("Enter"))


def test_walk_follows_answers_and_lists(outputs):
    output = outputs["walk"]
    assert changes(output, lambda: output.locator("button:has-text('featured-or-disk')").first.click())
    assert changes(output, lambda: output.locator("button:has-text('no (')").first.press("Enter"))
    assert changes(output, lambda: drag(output, "Least fraction", 0.3))
    assert changes(output, lambda: press(output, "Least fraction", "Home"))
    assert changes(output, lambda: drag(output, "Least votes", 0.3))
    assert changes(output, lambda: press(output, "Least votes", "Home"))
    assert changes(output, lambda: button(output, "Back").click())
    assert changes(output, lambda: button(output, "Back").press("Enter"))
    assert changes(output, lambda: point_at(output, "Walk to", 4))
    assert changes(output, lambda: choose(output, "Walk to"))
    assert changes(output, lambda: button(output, "Start again").click())
    thumbnail = output.locator("button[title^='Open galaxy']").first
    assert changes(output, lambda: thumbnail.click())
    assert changes(output, lambda: thumbnail.press("Enter"))


def test_predictions_follow_each_list(outputs):
    output = outputs["page"]
    for label in ("Sort by", "Question", "Sample", "Tree shows"):
        assert changes(output, lambda label=label: point_at(output, label, 1)), label
        assert changes(output, lambda label=label: choose(output, label)), label
    cuts = control(output, "Cuts").locator("input")
    cuts.fill("bar_strong > 0.9")  # one vote of one is observed, never predicted
    assert changes(output, lambda: cuts.press("Enter"))
    for label in ("Cut on", "Model"):
        assert changes(output, lambda label=label: point_at(output, label, 1)), label
        assert changes(output, lambda label=label: choose(output, label, "ArrowUp")), label
    cuts.fill("")
    assert changes(output, lambda: cuts.blur())


def test_predictions_follow_sliders_and_boxes(outputs):
    output = outputs["page"]
    for label in ("Number", "If asked"):
        assert changes(output, lambda label=label: drag(output, label, 0.25))
        assert changes(output, lambda label=label: press(output, label, "ArrowRight"))
    box = output.get_by_role("checkbox", name="as many as were asked")
    assert changes(output, lambda: box.click())
    box.press("Space")  # off again: nothing to see
    wait_until_idle(output.page)
    press(output, "If asked", "ArrowRight")
    wait_until_idle(output.page)
    assert changes(output, lambda: box.press("Space"))
    largest = output.get_by_role("checkbox", name="largest first")
    assert changes(output, lambda: largest.click())
    assert changes(output, lambda: largest.press("Space"))


def test_predictions_follow_buttons_and_search(outputs):
    output = outputs["page"]
    assert changes(output, lambda: button(output, "Next").click())
    assert changes(output, lambda: button(output, "Next").press("Enter"))
    assert changes(output, lambda: button(output, "Previous").click())
    assert changes(output, lambda: button(output, "Previous").press("Enter"))
    assert changes(output, lambda: button(output, "Random").click())
    assert changes(output, lambda: button(output, "Random").press("Enter"))
    search = control(output, "Search id").locator("input")
    search.fill("sim-00123")
    assert changes(output, lambda: search.press("Enter"))
    assert output.get_by_alt_text("Image of galaxy sim-00123").count() == 1
    search.fill("00124")
    assert changes(output, lambda: search.blur())
    thumbnails = output.locator("button[title^='Open galaxy']:visible")
    assert changes(output, lambda: thumbnails.nth(3).click())
    assert changes(output, lambda: thumbnails.nth(5).press("Enter"))


def test_moves_do_not_pile_up(lab_page, outputs):
    """While a slider moves its pictures follow, and the last comes soon after the last move."""
    output = outputs["page"]
    wait_until_idle(lab_page)
    for i in range(60):
        press(output, "If asked", "ArrowLeft" if i % 20 < 10 else "ArrowRight")
    start = lab_page.evaluate("performance.now()")
    wait_until_idle(lab_page)
    assert lab_page.evaluate("performance.now()") - start < 3_000


def test_saved_notebook_and_its_export_show_the_pictures(lab_page, lab):
    from nbconvert import HTMLExporter

    lab_page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    wait_until_idle(lab_page)
    path = lab[2] / "explorers.ipynb"
    cells = json.loads(path.read_text())["cells"]
    outputs = [output for cell in cells[1:4] for output in cell["outputs"] if "data" in output]
    assert [output["data"]["image/png"][:8] for output in outputs] == ["iVBORw0K"] * 3
    for output in outputs:
        del output["data"]["application/vnd.jupyter.widget-view+json"]  # as readers without a kernel see it
        alt = output["metadata"]["image/png"]["alt"]
        assert len(alt) > 40
    page, _ = HTMLExporter().from_filename(str(path))
    assert page.count("data:image/png;base64,") >= 3


def test_hostile_names_are_shown_and_run_nothing(lab_page, outputs):
    for name in ("hostile loss", "hostile walk", "hostile page"):
        output = outputs[name]
        assert output.locator("text=/onerror/").count() > 0 or output.locator("[title*=onerror]").count() > 0
        assert output.locator("img[src=x]").count() == 0
        assert output.locator("script").count() == 0
    output = outputs["hostile page"]
    assert changes(output, lambda: button(output, "Next").click())
    assert changes(output, lambda: button(output, "Next").click())
    assert lab_page.evaluate("window.hacked") is None


def test_a_control_without_its_wire_is_noticed(lab_page, outputs):
    """What the other tests see is the wiring: cut, the same move changes nothing."""
    wire = "page.controls['total_votes'].unobserve_all('value')"
    lab_page.evaluate(f"window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
                      f".requestExecute({{code: {wire!r}}}).done")  # fmt: skip
    output = outputs["page"]
    assert not changes(output, lambda: press(output, "If asked", "ArrowRight"), seconds=2)


def test_pictures_for_looking_at(lab_page, outputs):
    folder = os.environ.get("GZKIT_SCREENSHOTS")
    if not folder:
        pytest.skip("GZKIT_SCREENSHOTS names no folder")
    for width in (1366, 683):
        lab_page.set_viewport_size({"width": width, "height": 2600})
        lab_page.wait_for_timeout(500)
        for name in NAMES[:3] + NAMES[5:]:
            outputs[name].scroll_into_view_if_needed()
            outputs[name].screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-{width}.png")
