import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")  # no window opens

settings.register_profile(
    "quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
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
