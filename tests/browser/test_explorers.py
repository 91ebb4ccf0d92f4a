import json
import os
from pathlib import Path

import pytest
from driving import notebook, open_notebook, run_all

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np, gzkit as gz
schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
votes = catalog[schema.label_cols].to_numpy()
noise = np.random.default_rng(0).uniform(0.6, 1.6, (*votes.shape, 2))
models = {name: gz.Predictions((scale * votes[..., None] + 1.2) * noise, catalog["id_str"], schema)
          for name, scale in {"sure": 1.0, "unsure": 0.2}.items()}
"""
CELLS = [
    SETUP,
    "loss = gz.explore_loss()\nloss",
    "walk = gz.explore_schema(schema, catalog)\nwalk",
    "page = gz.explore_predictions(models, catalog)\npage",
]


@pytest.fixture(scope="module")
def outputs(chromium, lab):
    address, token, folder = lab
    (folder / "explorers.ipynb").write_text(json.dumps(notebook(CELLS)))
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    open_notebook(page, address, token, "explorers.ipynb")
    run_all(page)
    areas = page.locator(".jp-Notebook .jp-Cell .jp-OutputArea")
    yield dict(zip(("loss", "walk", "page"), [areas.nth(i) for i in range(1, 4)], strict=True)) | {"all": page}
    page.close()


def test_try(outputs):
    folder = Path(os.environ.get("GZKIT_SCREENSHOTS", "/tmp/w"))
    for width in (1366, 683):
        outputs["all"].set_viewport_size({"width": width, "height": 1000})
        outputs["all"].wait_for_timeout(500)
        for name in ("loss", "walk", "page"):
            outputs[name].scroll_into_view_if_needed()
            outputs[name].screenshot(path=folder / f"{name}-{width}.png")
