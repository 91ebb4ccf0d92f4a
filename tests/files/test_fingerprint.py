import dataclasses

import numpy as np
import pytest
import torch

from gzkit.files.fingerprint import differences, file_version, fingerprint


@dataclasses.dataclass
class Option:
    value: float


DIFFERENT = [
    None,
    0,
    0.5,
    "0",
    "",
    [],
    ["a", "b"],
    ["a\nb"],
    [["a"], "b"],
    {"a": 1},
    {"a": [1]},
    np.zeros(2),
    np.zeros(2, dtype=np.float32),
    np.zeros((1, 2)),
    np.array([0.0, -0.0]),
    np.array([0.0, np.nan]),
    torch.ones(2),
    torch.ones(2, dtype=torch.bfloat16),
    torch.tensor(1.0),
    {"weight": torch.zeros(2)},
    {"weight": torch.zeros(2), "bias": torch.zeros(2)},
    Option(1.0),
    Option(2.0),
]


def test_what_differs_has_another_name_and_what_is_equal_the_same():
    names = [fingerprint(content) for content in DIFFERENT]
    assert len(set(names)) == len(DIFFERENT)
    again = [fingerprint(content) for content in DIFFERENT]
    assert names == again
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(np.int64(3), (1, 2)) == fingerprint(3, [1, 2])
    assert fingerprint(np.arange(6.0).reshape(2, 3).T) == fingerprint(np.arange(6.0).reshape(2, 3).T.copy())


def test_a_file_written_anew_is_another_version(tmp_path):
    path = tmp_path / "file"
    path.write_text("a")
    first = file_version(path)
    assert file_version(path) == first
    path.write_text("ab")
    assert file_version(path) != first
    with pytest.raises(FileNotFoundError):
        file_version(tmp_path / "none")


def test_differences_name_the_setting_and_spare_the_digits_of_fingerprints():
    then = {"crop": 1.0, "seed": 0, "images": fingerprint(1)}
    assert differences(then, then) == ""
    assert (
        differences(then, then | {"seed": 1, "images": fingerprint(2)}) == "seed=0 then, 1 now; other images"
    )
    assert differences({}, {"patience": None}) == "patience=None then, None now"
