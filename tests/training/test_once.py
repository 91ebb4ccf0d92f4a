import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import gzkit as gz
from gzkit.images.augment import Augmentation
from gzkit.training import once

finetuning = importlib.import_module("gzkit.training.finetune")  # the module, not the function of its name
QUICK = {"epochs": 3, "batch_size": 16, "progress": False, "blocks": 0, "learning_rate": 1e-2}
LOSSES = ["train_loss", "val_loss"]


def tiny(schema, encoder="test_efficientnet", **options):
    return gz.TreeModel(schema, encoder, pretrained=False, image_size=32, **options)


@pytest.fixture
def survey(tiny_survey):
    schema, catalog = tiny_survey
    return schema, catalog[:32], catalog[32:]


@pytest.fixture
def every_epoch(monkeypatch):
    """Images go through the encoder in every epoch, as they do where it moves."""

    def switch():
        monkeypatch.setattr(finetuning, "looks_once", lambda *_: (False, ""))

    return switch


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("encoder", ["test_efficientnet", "test_convnext", "test_vit"])
def test_without_random_views_it_is_the_same_training(encoder, survey, every_epoch):
    schema, train, val = survey
    size = {"image_size": 160} if encoder == "test_vit" else {}
    options = {"pretrained": False, "image_size": 32} | size
    runs = []
    for switch in (lambda: None, every_epoch):
        switch()
        model = gz.TreeModel(schema, encoder, **options)
        runs.append(gz.finetune(model, train, val, **QUICK, augment=None, ema_decay=0.5))
    np.testing.assert_allclose(runs[0].history[LOSSES], runs[1].history[LOSSES], rtol=1e-4)
    head = [run.model.head.weight.detach() for run in runs]
    np.testing.assert_allclose(head[0], head[1], rtol=0.02, atol=1e-4)


def test_the_encoder_looks_at_each_image_once_however_many_epochs(survey, monkeypatch):
    schema, train, val = survey
    model, looks = tiny(schema), []
    look = model.encoder.forward
    monkeypatch.setattr(model.encoder, "forward", lambda images: looks.append(len(images)) or look(images))
    gz.finetune(model, train, val, **QUICK)
    assert sum(looks) == len(train) + len(val)
    looks.clear()
    gz.finetune(
        model, train, val, **QUICK, augment=Augmentation(zoom=1.2)
    )  # who asks for views gets new ones
    assert sum(looks) == 3 * (len(train) + len(val))


def test_a_run_says_that_the_encoder_looked_once(survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema), train, val, **QUICK)
    assert "once          yes    only the head moves: the encoder looks once at each image" in str(run)
    for more in ({"blocks": 1}, {"augment": Augmentation()}):
        assert "once" not in str(gz.finetune(tiny(schema), train, val, **(QUICK | {"epochs": 1} | more)))


def test_the_losses_told_are_those_of_the_model(survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema), train, val, **QUICK)
    votes = torch.tensor(val[schema.label_cols].to_numpy())
    concentration = torch.tensor(gz.predict(run, val, progress=False).concentration[..., 0])
    nll = gz.DirichletMultinomialLoss(schema)(votes, concentration).sum(dim=-1).mean().item()
    assert nll == pytest.approx(run.history["val_loss"].min(), rel=1e-5)


class Restless(torch.nn.Module):
    """An encoder with batch statistics that have no weights, and dropout: neither moves while it is frozen."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 8, 8),
            torch.nn.BatchNorm2d(8, affine=False),
            torch.nn.Flatten(),
            torch.nn.Dropout(0.5),
        )

    def forward(self, images):
        return self.layers(images)


def test_batch_statistics_and_dropout_of_a_frozen_encoder_rest(survey):
    schema, train, val = survey
    model = gz.TreeModel(schema, Restless(), image_size=32)
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    run = gz.finetune(model, train, val, **QUICK)
    assert same(before, run.model.encoder.state_dict())
    assert not any(module.training for module in model.encoder.modules())
    assert "looks once" in str(run)


def test_an_encoder_that_draws_without_weights_is_looked_at_in_every_epoch(survey):
    schema, train, val = survey
    encoder = torch.nn.Sequential(torch.nn.AvgPool2d(8), torch.nn.Flatten(), torch.nn.Dropout(0.5))
    run = gz.finetune(gz.TreeModel(schema, encoder, image_size=32), train, val, **QUICK)
    assert "looks once" not in str(run)


def test_a_run_goes_on_to_the_same_weights_and_not_with_other_looks(survey, tmp_path, monkeypatch):
    schema, train, val = survey
    whole = gz.finetune(tiny(schema), train, val, **QUICK)
    rate, calls = finetuning.rate_at, []

    def interrupt(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:  # in the second epoch
            raise KeyboardInterrupt
        return rate(*args, **kwargs)

    monkeypatch.setattr(finetuning, "rate_at", interrupt)
    with pytest.warns(UserWarning, match="interrupted after 1 of 3 epochs"):
        gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path)
    monkeypatch.undo()
    again = {"save_dir": tmp_path, "resume": True}
    with monkeypatch.context() as patch, pytest.raises(ValueError, match="once=True then, False now"):
        patch.setattr(once, "MEMORY_SHARE", 1e-9)
        gz.finetune(tiny(schema), train, val, **QUICK, **again)
    run = gz.finetune(tiny(schema), train, val, **QUICK, **again)
    assert same(run.last_weights, whole.last_weights)
    pd.testing.assert_frame_equal(run.history[LOSSES], whole.history[LOSSES])


def test_the_seed_decides_the_order_and_the_dropout(survey):
    schema, train, val = survey
    first, second, other = (
        gz.finetune(tiny(schema), train, val, **QUICK, seed=seed).last_weights for seed in (1, 1, 2)
    )
    assert same(first, second) and not same(first, other)


def test_where_features_do_not_fit_in_memory_images_are_looked_at_in_every_epoch(survey, monkeypatch):
    schema, train, val = survey
    monkeypatch.setattr(once, "MEMORY_SHARE", 1e-9)
    run = gz.finetune(tiny(schema), train, val, **(QUICK | {"epochs": 1}))
    assert "once          no     all features take" in str(run)
    assert "are free" in str(run)


def test_images_that_cannot_be_decoded_are_named_and_their_galaxies_left_out(survey, tmp_path):
    schema, train, val = survey
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    bad = train.copy()
    bad.loc[bad.index[4], "file_loc"] = str(tmp_path / "bad.jpg")
    with pytest.warns(UserWarning, match=r"1 of 32 images cannot be decoded: J04 \(.*bad.jpg"):
        run = gz.finetune(tiny(schema), bad, val, **QUICK, augment=None)
    without = gz.finetune(tiny(schema), train.drop(train.index[4]), val, **QUICK, augment=None)
    assert len(run.history) == len(without.history) == 3
    constant = gz.finetune(tiny(schema), bad.drop(bad.index[4]), val, **QUICK, augment=None)
    np.testing.assert_allclose(constant.history[LOSSES], without.history[LOSSES], rtol=1e-5)
    with pytest.raises(ValueError, match=r"more than max_unreadable=0\.01"):
        gz.finetune(tiny(schema), bad, val, **QUICK, max_unreadable=0.01)


def test_a_galaxy_may_be_trained_on_twice(survey, every_epoch):
    schema, train, val = survey
    twice = pd.concat([train, train[:8]])
    run = gz.finetune(tiny(schema), twice, val, **QUICK, augment=None)
    every_epoch()
    other = gz.finetune(tiny(schema), twice, val, **QUICK, augment=None)
    np.testing.assert_allclose(run.history[LOSSES], other.history[LOSSES], rtol=1e-4)


SCRIPT = """
import sys, pandas as pd, gzkit as gz, torch
torch.set_num_threads(1)
schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
model = gz.TreeModel(schema, "test_efficientnet", pretrained=False, image_size=32)
options = dict(epochs=3, batch_size=16, blocks=0, learning_rate=1e-2, progress=False)
run = gz.finetune(model, catalog[:37], catalog[37:60], **options, save_dir=sys.argv[1])
"""


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(Path(gz.__file__).parents[1]),
        "ACCELERATE_USE_CPU": "1",
        "OMP_NUM_THREADS": "1",
    }
    (tmp_path / "script.py").write_text(SCRIPT)
    for name, launcher in (("one", []), ("two", ["-m", "torch.distributed.run", "--nproc_per_node", "2"])):
        command = [sys.executable, *launcher, str(tmp_path / "script.py"), str(tmp_path / name)]
        subprocess.run(command, env=environment, check=True)
    one, two = (pd.read_csv(tmp_path / name / "history.csv") for name in ("one", "two"))
    np.testing.assert_allclose(one[LOSSES], two[LOSSES], rtol=1e-4)
