"""The README's pictures of the instruments: where GZKIT_SCREENSHOTS names a folder, they are made anew in it."""

import io
import json
import os
import re
from pathlib import Path

import pytest
from driving import in_kernel, notebook, open_notebook, run_all, wait_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
INSTRUMENTS = {
    "classify": (
        "gz.classify(test[test['id_str'] == 'sim-00413'], schema)",
        "shown.path = ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no']",
    ),
    "explore_schema": (
        "gz.explore_schema(schema, catalog)",
        "shown.path = ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no', 'bar_strong']",
    ),
    "explore_predictions": (
        "gz.explore_predictions(predictions, test)",
        "shown.galaxy, shown.question = 'sim-00413', 'bar'",
    ),
}
HALF_A_LAPTOP = {"width": 683, "height": 800}


def test_the_instruments_of_the_readme_open_on_what_its_ten_lines_made(chromium, lab):
    from gzkit.plots.show import in_few_colours

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"<!-- ten lines -->\n```python\n(.*?)```", readme, re.DOTALL)[1]
    cells = [lines.replace("(model, train, val)", "(model, train, val, progress=False)")]
    cells += [f"{name} = {code}\n{name}" for name, (code, _) in INSTRUMENTS.items()]
    address, token, folder = lab
    (folder / "readme.ipynb").write_text(json.dumps(notebook(cells)))
    page = chromium.new_page(viewport=HALF_A_LAPTOP, device_scale_factor=1.5)
    try:
        open_notebook(page, address, token, "readme.ipynb")
        run_all(page)
        for place, (name, (_, state)) in enumerate(INSTRUMENTS.items(), start=1):
            in_kernel(page, state.replace("shown", name))
            instrument = (
                page.locator(".jp-Notebook .jp-Cell").nth(place).locator(".jp-OutputArea .gzkit").first
            )
            instrument.scroll_into_view_if_needed()
            wait_until_idle(page)
            page.wait_for_timeout(500)
            picture = in_few_colours(io.BytesIO(instrument.screenshot()))
            if folder := os.environ.get("GZKIT_SCREENSHOTS"):
                (Path(folder) / f"{name}.png").write_bytes(picture)
            assert (ROOT / f".github/{name}.png").exists()
    finally:
        page.close()
