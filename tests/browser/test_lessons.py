"""Exported lessons, opened from their files without a network."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LESSONS = ["01_decision_tree", "04_dirichlet_multinomial", "05_the_loss"]


def export(name, folder):
    """A lesson as a page of its own."""
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    exporter = exporters.HTMLExporter(template_name=str(ROOT / "notebooks/page"))
    page_file = folder / f"{name}.html"
    page_file.write_text(exporter.from_filename(str(ROOT / f"notebooks/{name}.ipynb"))[0], encoding="utf-8")
    return page_file


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_as_a_page_is_whole_without_a_network(chromium, tmp_path, name):
    page_file = export(name, tmp_path)
    context = chromium.new_context(offline=True)
    try:
        page = context.new_page()
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_file.as_uri())
        assert not errors
        assert not [url for url in asked if not url.startswith(("file:", "data:"))]
        broken = "pictures => pictures.filter(picture => !picture.naturalWidth).length"
        assert page.locator("img").evaluate_all(broken) == 0
        for formula in page.locator('math[display="block"]').all():
            box = formula.bounding_box()
            assert box["width"] > 100 and 25 < box["height"] < 120  # fractions stand on two lines
        setup = page.locator("details.fold").first
        assert not setup.locator("pre").is_visible()
        setup.locator("summary").click()
        assert setup.locator("pre").is_visible()
        choice = page.locator("summary", has_text="Answer 1")
        choice.click()
        assert page.locator("details.answer[open]").count() == 1
    finally:
        context.close()


def test_the_loss_of_an_exported_lesson_answers_to_mouse_and_keyboard(chromium, tmp_path):
    context = chromium.new_context(offline=True)
    try:
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(export("05_the_loss", tmp_path).as_uri())
        loss = page.locator(".gzkit-loss").first
        loss.locator("canvas[aria-label]").first.wait_for()
        words = lambda: loss.locator("[data-panel=price]").get_attribute("aria-label")  # noqa: E731
        for act in (
            lambda: loss.locator("[name=total]").press("ArrowRight"),
            lambda: loss.get_by_role("button", name="Draw a ball").click(),
        ):
            before = words()
            act()
            page.wait_for_timeout(300)
            assert words() != before
        assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    finally:
        context.close()
