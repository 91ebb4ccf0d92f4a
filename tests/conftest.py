import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")  # no window opens
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # the models are tiny: on a busy machine threads only wait for each other

sys.path.append(str(Path(__file__).parents[1] / "data_samples"))  # for the scripts that made the sample
collect_ignore = ["benchmarks", "fuzz"]  # run by hand, each beside the modules that it imports

# "quick" draws the same examples every time: a red test is one that everybody can repeat; "long" looks for new ones
settings.register_profile(
    "quick",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("GZKIT_HYPOTHESIS", "quick"))


@pytest.fixture(autouse=True)
def close_figures():
    """No test inherits another's figures."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def realdata():
    """Folder of real Galaxy Zoo tables and cutouts, where there is one."""
    folder = os.environ.get("GZKIT_REALDATA")
    if not folder:
        pytest.skip("GZKIT_REALDATA does not name a folder of real tables")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_survey(tmp_path_factory):
    """Schema and catalogue of 48 pictures: the brighter, the more volunteers say "bright"."""
    import numpy as np
    import pandas as pd
    from PIL import Image

    import gzkit as gz

    schema = gz.Schema(
        {"light": ["_bright", "_dark"], "round": ["_yes", "_no"]},
        {"light": None, "round": "light_bright"},
        name="tiny",
    )
    folder, rng, rows = tmp_path_factory.mktemp("tiny-survey"), np.random.default_rng(0), []
    for number in range(48):
        level = rng.uniform(0.1, 0.9)
        pixels = (200 * level + rng.uniform(0, 50, (40, 44, 3))).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        bright = rng.binomial(20, level)
        votes = (bright, 20 - bright, bright // 2, bright - bright // 2)
        rows.append((f"J{number:02}", str(folder / f"{number}.png"), *votes))
    return schema, pd.DataFrame(rows, columns=["id_str", "file_loc", *schema.label_cols])
