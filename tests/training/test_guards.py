import math

import numpy as np
import pytest

import gzkit as gz


def small(schema):
    return gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("layer_decay", math.nan), ("layer_decay", 0), ("layer_decay", 1.5),
        ("weight_decay", -1), ("weight_decay", math.nan), ("weight_decay", math.inf),
        ("learning_rate", math.nan), ("learning_rate", math.inf), ("learning_rate", -1e-3),
        ("clip", math.nan), ("clip", 0), ("warmup", math.nan), ("ema_decay", math.nan), ("epochs", 2.5),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused_before_anything_is_decoded(option, value, tiny_survey):
    schema, catalog = tiny_survey
    catalog = catalog.assign(file_loc="nowhere.png")
    with pytest.raises(ValueError, match=f"{option}="):
        gz.finetune(small(schema), catalog, progress=False, **{option: value})


def test_numpys_numbers_are_options_like_pythons_also_where_a_checkpoint_keeps_them(tiny_survey, tmp_path):
    schema, catalog = tiny_survey
    options = {
        "epochs": 1,
        "batch_size": 16,
        "learning_rate": 0.5**8,
        "clip": 1.0,
        "weight_decay": 0.25,
        "seed": 3,
    }
    options |= {"warmup": 0.5, "patience": 2, "blocks": 1, "accumulate": 1, "layer_decay": 0.5}
    as_numpy = {name: np.array(value)[()] for name, value in options.items()}
    assert all(isinstance(value, np.generic) for value in as_numpy.values())
    runs = [
        gz.finetune(small(schema), catalog, save_dir=tmp_path / name, progress=False, **given)
        for name, given in (("python", options), ("numpy", as_numpy))
    ]
    assert runs[0].history["train_loss"].tolist() == runs[1].history["train_loss"].tolist()
    resumed = gz.finetune(
        small(schema), catalog, save_dir=tmp_path / "numpy", resume=True, progress=False, **options
    )
    assert len(resumed.history) == 1
