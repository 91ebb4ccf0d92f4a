"""The simulated survey of ``data_samples/``, for the benchmarks beside this."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "data_samples"))

from sample import write_survey
from simulated_survey import individual_probabilities, simulate_survey

__all__ = ["individual_probabilities", "simulate_survey", "write_survey"]
