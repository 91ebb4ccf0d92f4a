"""Exported lessons, opened from their files without a network."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LESSONS = ["01_decision_tree", "04_dirichlet_multinomial", "05_the_loss"]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_as_a_page_is_whole_without_a_network(chromium, tmp_path, name):
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    exporter = exporters.HTMLExporter(template_name=str(ROOT / "notebooks/page"))
    page_file = tmp_path / f"{name}.html"
    page_file.write_text(exporter.from_filename(str(ROOT / f"notebooks/{name}.ipynb"))[0], encoding="utf-8")
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
