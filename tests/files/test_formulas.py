import warnings

import numpy as np
import pandas as pd
import pytest

from gzkit.files.whole import write_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "-", "=", "- x"]
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_a_warning(text, tmp_path):
    table = pd.DataFrame({"id_str": ["J1", "J2"], "notes": ["plain", text], text: [1, 2]})
    with pytest.warns(UserWarning, match="2 texts begin as formulas"):
        write_csv(tmp_path / "votes.csv", table)
    with open(tmp_path / "votes.csv", newline="") as file:
        assert not any(cell.lstrip('"').startswith(text) for line in file for cell in line.split(","))
    assert table["notes"].tolist() == ["plain", text]


def test_numbers_and_other_texts_stay_as_they_are(tmp_path):
    table = pd.DataFrame(
        {
            "id_str": ["J1-2", "a=b"],
            "dec": ["-12.5", "+3e-4"],
            "ra": [-1.0, np.nan],
            "more": [None, "-inf"],
            "n": ["-.5", "1"],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_csv(tmp_path / "votes.csv", table)
    with open(tmp_path / "votes.csv") as file:
        assert [line.strip() for line in file][1:] == ["J1-2,-12.5,-1.0,,-.5", "a=b,+3e-4,,-inf,1"]
