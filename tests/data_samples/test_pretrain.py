"""Pretraining, and the bundled encoder that came of it."""

import json
from pathlib import Path

import numpy as np
import pytest

import gzkit as gz

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")

import pretrain  # noqa: E402
from simulated_survey import simulate_survey  # noqa: E402

from gzkit.simulate.looks import EXAMPLES, render  # noqa: E402

ENCODER = Path(gz.__file__).parent / "model" / "encoders" / "gzkit-tiny"


def test_augmented_pictures_stay_pictures_and_differ():
    images = torch.from_numpy(simulate_survey(4, seed=0, size=64).images)
    first, second = (
        pretrain.augment(images, torch.Generator().manual_seed(seed), size=32) for seed in (0, 1)
    )
    assert first.shape == (4, 3, 32, 32)
    assert first.min() >= 0 and first.max() <= 1
    assert (first - second).abs().amax(dim=(1, 2, 3)).min() > 0.05


def test_augmentation_leaves_the_background_dark():
    images = torch.full((8, 32, 32, 3), 14, dtype=torch.uint8)
    views = pretrain.augment(images, torch.Generator().manual_seed(0), size=32)
    assert views.mean() < 0.1


def test_without_strength_a_view_is_only_turned():
    images = torch.full((8, 32, 32, 3), 51, dtype=torch.uint8)
    views = pretrain.augment(images, torch.Generator().manual_seed(0), size=32, strength=0)
    torch.testing.assert_close(views, torch.full_like(views, 51 / 255))


def test_step_follows_the_mean_gradient_and_keeps_copies_equal():
    models = [torch.nn.Linear(2, 1, bias=False) for _ in range(3)]
    start = models[0].weight.detach().clone()
    for model, gradient in zip(models, ([0.3, 0.0], [0.0, 0.6], [0.3, 0.0]), strict=True):
        model.weight.grad = torch.tensor([gradient])
    pretrain._step(torch.optim.SGD(models[0].parameters(), lr=1.0), models)
    torch.testing.assert_close(models[0].weight.detach(), start - 0.2)
    assert all(torch.equal(model.weight, models[0].weight) for model in models)


def test_training_lowers_the_loss_and_writes_what_timm_reads(tmp_path):
    pretrain.main(["--out", str(tmp_path), "--galaxies", "64", "--epochs", "4", "--minutes", "2"])
    report = json.loads((tmp_path / "pretraining.json").read_text(encoding="utf-8"))
    assert report["history"][-1]["train_loss"] < report["history"][0]["train_loss"]
    assert report["test_loss"]["ideal"]["all"] < report["test_loss"]["constant"]["all"]
    encoder = timm.create_model(f"local-dir:{tmp_path}", pretrained=True, num_classes=0)
    assert encoder(torch.zeros(2, 3, 128, 128)).shape == (2, encoder.num_features)


def test_a_run_that_is_broken_off_leaves_weights_and_what_they_were_made_with(tmp_path, monkeypatch):
    def break_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "evaluate", break_off)
    with pytest.raises(KeyboardInterrupt):
        pretrain.main(["--out", str(tmp_path), "--galaxies", "64", "--epochs", "2", "--minutes", "2"])
    report = json.loads((tmp_path / "pretraining.json").read_text(encoding="utf-8"))
    assert report["history"] and "test_loss" not in report
    assert (tmp_path / "model.safetensors").exists()


def test_the_bundled_encoder_is_small_and_says_how_it_was_made():
    assert (ENCODER / "model.safetensors").stat().st_size < 4_000_000
    report = json.loads((ENCODER / "pretraining.json").read_text(encoding="utf-8"))
    assert 100_000 <= report["weights"] <= 1_500_000
    losses = report["test_loss"]
    assert losses["ideal"]["all"] < losses["model"]["all"] < losses["constant"]["all"]
    assert report["seeds"]["training"] != 2021  # the sample survey's


def test_the_bundled_encoder_tells_spirals_from_spheroids_without_training():
    encoder = timm.create_model(f"local-dir:{ENCODER}", pretrained=True, num_classes=0).eval()
    mean, std = (torch.tensor(encoder.pretrained_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    spiral = EXAMPLES["has-spiral-arms_yes"] | {"position_angle": np.linspace(0, 170, 8)}
    smooth = EXAMPLES["how-rounded_in-between"] | {"position_angle": np.linspace(0, 170, 8)}
    pictures = np.concatenate([render(p, noise=True, seed=5) for p in (spiral, smooth)])
    with torch.no_grad():
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
        features = encoder((pixels - mean) / std).numpy()
    between = np.linalg.norm(features[:8].mean(axis=0) - features[8:].mean(axis=0))
    within = max(
        np.linalg.norm(part - part.mean(axis=0), axis=1).mean() for part in (features[:8], features[8:])
    )
    assert between > within
