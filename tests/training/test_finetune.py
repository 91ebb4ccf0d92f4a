import importlib
import os
import shutil

import IPython.display
import numpy as np
import pandas as pd
import pytest
import torch
from accelerate.utils import LoggerType
from PIL import Image

import gzkit as gz
from gzkit.files.lock import alone_in
from gzkit.files.whole import HOST, NAMESPACE
from gzkit.images.batches import training_batches
from gzkit.model import engine
from gzkit.training.checkpoints import CHECKPOINT
from gzkit.training.guards import TrainingStopped
from gzkit.training.optimization import build_optimizer, encoder_blocks, freeze_blocks, rate_at

finetuning = importlib.import_module("gzkit.training.finetune")  # the module, not the function of its name
QUICK = {"epochs": 2, "batch_size": 16, "progress": False, "learning_rate": 3e-3}


def tiny(schema, encoder="test_efficientnet", **options):
    return gz.TreeModel(schema, encoder, pretrained=False, image_size=32, **options)


@pytest.fixture
def survey(tiny_survey):
    schema, catalog = tiny_survey
    return schema, catalog[:32], catalog[32:]


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_the_loss_falls_and_the_history_tells_it(survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema, "test_convnext"), train, val, **(QUICK | {"epochs": 8}))
    assert list(run.history) == [
        "epoch",
        "train_loss",
        "val_loss",
        "learning_rate",
        "seconds",
        "images_per_second",
    ]
    assert run.history["epoch"].tolist() == list(range(1, 9))
    assert run.history["train_loss"].iloc[-1] < run.history["train_loss"].iloc[0]
    assert run.history["val_loss"].iloc[-1] < run.history["val_loss"].iloc[0]
    assert run.best_epoch == run.history["epoch"][run.history["val_loss"].idxmin()]
    assert not run.model.training


def test_the_history_is_the_loss_of_the_best_weights(survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema), train, val, **QUICK)
    votes = torch.tensor(val[schema.label_cols].to_numpy())
    concentration = torch.tensor(gz.predict(run.model, val, progress=False).concentration[..., 0])
    nll = gz.DirichletMultinomialLoss(schema)(votes, concentration).sum(dim=-1).mean().item()
    assert nll == pytest.approx(run.history["val_loss"].min(), rel=1e-5)


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(survey):
    schema, train, val = survey
    first, second, other = (gz.finetune(tiny(schema), train, val, **QUICK, seed=seed) for seed in (5, 5, 6))
    assert same(first.last_weights, second.last_weights)
    assert not same(first.last_weights, other.last_weights)
    columns = ["train_loss", "val_loss"]
    pd.testing.assert_frame_equal(first.history[columns], second.history[columns])


def test_finetuning_leaves_the_callers_random_numbers_alone(survey):
    schema, train, val = survey
    model = tiny(schema)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    gz.finetune(model, train, val, **QUICK)
    assert torch.equal(torch.rand(2), expected)


def test_frozen_blocks_do_not_change_batch_statistics_included(survey):
    schema, train, val = survey
    model = tiny(schema, learn_batch_norm=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    blocks = encoder_blocks(model.encoder)
    run = gz.finetune(model, train, val, **QUICK, blocks=1)
    trained = tuple(f"encoder.{name}" for name in blocks[-1])
    modules = {name.rpartition(".")[0] for name in trained}
    for name, value in run.last_weights.items():
        may_change = name.startswith("head.") or name.rpartition(".")[0] in modules
        assert may_change or torch.equal(value, before[name]), name
    assert not torch.equal(run.last_weights[trained[0]], before[trained[0]])


def test_training_the_head_alone_leaves_the_whole_encoder(survey):
    schema, train, val = survey
    model = tiny(schema)
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    run = gz.finetune(model, train, val, **QUICK, blocks=0)
    assert same(before, run.model.encoder.state_dict())


@pytest.mark.parametrize("encoder", ["test_convnext", "test_efficientnet", "test_resnet", "test_vit"])
def test_blocks_hold_every_parameter_once_whatever_the_architecture(encoder, survey):
    model = tiny(survey[0], encoder)
    blocks = encoder_blocks(model.encoder)
    names = [name for block in blocks for name in block]
    assert sorted(names) == sorted(name for name, _ in model.encoder.named_parameters())
    for trained in range(len(blocks) + 1):
        freeze_blocks(model, trained)
        free = {name for name, value in model.encoder.named_parameters() if value.requires_grad}
        assert free == {name for block in blocks[len(blocks) - trained :] for name in block}
    with pytest.raises(ValueError, match=f"this encoder has {len(blocks)} blocks"):
        freeze_blocks(model, len(blocks) + 1)


def test_rates_fall_from_the_head_to_the_first_layer_and_norms_do_not_decay(survey):
    model = tiny(survey[0], "test_convnext")
    optimizer = build_optimizer(model, learning_rate=1.0, layer_decay=0.5, weight_decay=0.1)
    group_of = {id(value): group for group in optimizer.param_groups for value in group["params"]}
    rate = {name: group_of[id(value)]["lr"] for name, value in model.named_parameters()}
    assert rate["head.weight"] == rate["encoder.head.norm.weight"] == 1.0
    assert rate["encoder.stages.3.blocks.1.mlp.fc1.weight"] == 0.5
    assert rate["encoder.stem.0.weight"] == 0.5**10
    for name, value in model.named_parameters():
        assert group_of[id(value)]["weight_decay"] == (0.1 if value.ndim > 1 else 0.0), name


def test_the_rate_climbs_then_falls_along_a_cosine():
    rates = [rate_at(step, steps=110, warmup=10) for step in range(110)]
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose(rates[10:], 0.5 + 0.5 * np.cos(np.pi * (np.arange(100) + 0.5) / 100))


def test_early_stopping_keeps_the_best_weights(survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema), train, val, **(QUICK | {"epochs": 30, "learning_rate": 0.5}), patience=2)
    assert len(run.history) == run.best_epoch + 2 < 30
    assert run.history["val_loss"].idxmin() == run.best_epoch - 1


def test_parts_of_a_step_add_up_to_the_step(survey):
    schema, train, val = survey
    options = QUICK | {"epochs": 1}
    whole, parts = (
        gz.finetune(tiny(schema, "test_convnext"), train, val, **options, accumulate=n) for n in (1, 3)
    )
    assert parts.history["train_loss"][0] == pytest.approx(whole.history["train_loss"][0], rel=1e-5)
    assert parts.history["val_loss"][0] == pytest.approx(whole.history["val_loss"][0], rel=1e-4)


def test_images_decoded_in_every_epoch_train_the_same_weights(survey, tmp_path):
    schema, train, val = survey
    runs = [gz.finetune(tiny(schema), train, val, **QUICK, cache=c) for c in (None, "stream", tmp_path)]
    assert same(runs[0].last_weights, runs[1].last_weights)
    assert same(runs[0].last_weights, runs[2].last_weights)


@pytest.mark.parametrize("galaxies", [10, 9, 8, 3])
def test_processes_share_every_galaxy_once_with_the_same_luck(galaxies, survey):
    schema, train, _ = survey
    model = tiny(schema)
    data = finetuning.open_galaxies(train[:galaxies], model, max_unreadable=0)

    def epoch(**share):
        batches = training_batches(data, model, finetuning.DEFAULT_AUGMENTATION, 4, seed=1, epoch=2, **share)
        return [batch for batch in batches]

    alone = epoch()
    for processes, accumulate in [(2, 1), (3, 1), (2, 2)]:
        shares = [epoch(process=p, processes=processes, accumulate=accumulate) for p in range(processes)]
        assert {len(share) for share in shares} == {
            len(alone) * accumulate
        }  # nobody waits for a step that never comes
        for name in ("images", "votes", "draws", "keep"):
            every = torch.cat([getattr(b, name)[b.weight > 0] for share in shares for b in share])
            expected = torch.cat([getattr(b, name) for b in alone])
            assert sorted(every.flatten(1).tolist()) == sorted(expected.flatten(1).tolist())


def test_an_interrupted_run_goes_on_to_the_same_weights(survey, tmp_path, monkeypatch):
    schema, train, val = survey
    options = QUICK | {"epochs": 4, "ema_decay": 0.9}
    whole = gz.finetune(tiny(schema), train, val, **options)
    rate, calls = finetuning.rate_at, []

    def interrupt(*args, **kwargs):
        calls.append(1)
        if len(calls) == 6:  # in the third epoch
            raise KeyboardInterrupt
        return rate(*args, **kwargs)

    monkeypatch.setattr(finetuning, "rate_at", interrupt)
    with pytest.warns(UserWarning, match=r"interrupted after 2 of 4 epochs: .* resume=True goes on"):
        cut = gz.finetune(tiny(schema), train, val, **options, save_dir=tmp_path, resume=True)
    assert cut.interrupted
    assert len(cut.history) == 2
    monkeypatch.undo()
    killed = f".{CHECKPOINT}.{HOST}-{NAMESPACE}-{2**22 + 1}-01234567.unfinished"  # no process has this number
    (tmp_path / killed).write_bytes(b"of a run that was killed as it wrote")
    model = tiny(schema)
    run = gz.finetune(model, train, val, **options, save_dir=tmp_path, resume=True)
    assert same(run.last_weights, whole.last_weights)
    assert same(run.model.state_dict(), whole.model.state_dict())
    columns = ["epoch", "train_loss", "val_loss", "learning_rate"]
    pd.testing.assert_frame_equal(run.history[columns], whole.history[columns])
    done = gz.finetune(model, train, val, **options, save_dir=tmp_path, resume=True)
    pd.testing.assert_frame_equal(done.history, run.history)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, "history.csv", "model"]
    written = gz.TreeModel.load(tmp_path / "model")
    assert same(written.state_dict(), run.model.state_dict())


def test_a_run_is_not_resumed_with_other_settings_or_galaxies(survey, tmp_path):
    schema, train, val = survey
    gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path)
    with pytest.raises(ValueError, match=r"other settings \(seed=0 then, 1 now\)"):
        gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path, resume=True, seed=1)
    with pytest.raises(ValueError, match="other galaxies; other votes"):
        gz.finetune(tiny(schema), train[1:], val, **QUICK, save_dir=tmp_path, resume=True)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="not a whole checkpoint"):
        gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path, resume=True)


def renormalised(schema):
    model = tiny(schema)
    model.normalise_by([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    return model


CHANGES = {
    "crop=": lambda schema: {"model": tiny(schema, crop=0.5)},
    "image_size=32 then, 64 now": lambda schema: {
        "model": gz.TreeModel(schema, "test_efficientnet", pretrained=False, image_size=64)
    },
    "concentration_bounds=": lambda schema: {"model": tiny(schema, concentration_bounds=(0.5, 50))},
    "dropout=0.5 then, 0.1 now": lambda schema: {"model": tiny(schema, dropout=0.1)},
    "other weights": lambda schema: {"model": tiny(schema, seed=1)},
    "other model": renormalised,
    "precision='no' then, 'bf16' now": lambda schema: {"precision": "bf16"},
    "weight_decay": lambda schema: {"weight_decay": 0.3},
}


@pytest.mark.parametrize("told", CHANGES)
def test_a_run_is_not_resumed_with_anything_else_that_decides_its_result(told, survey, tmp_path):
    schema, train, val = survey
    gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path)
    change = CHANGES[told](schema)
    change = change if isinstance(change, dict) else {"model": change}
    options = {"model": tiny(schema)} | QUICK | change
    with pytest.raises(ValueError, match=told):
        gz.finetune(options.pop("model"), train, val, **options, save_dir=tmp_path, resume=True)


def test_a_run_is_not_resumed_with_other_images_but_with_the_same_ones_elsewhere(survey, tmp_path):
    schema, train, val = survey
    (tmp_path / "staged").mkdir()
    staged = [shutil.copy2(file, tmp_path / "staged") for file in train["file_loc"]]
    run = gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path / "run")
    again = {"save_dir": tmp_path / "run", "resume": True}
    moved = gz.finetune(tiny(schema), train.assign(file_loc=staged), val, **QUICK, **again)
    assert same(moved.last_weights, run.last_weights)
    os.utime(staged[3])  # as if it had been written anew
    with pytest.raises(ValueError, match=r"\(other images\)"):
        gz.finetune(tiny(schema), train.assign(file_loc=staged), val, **QUICK, **again)


def test_the_model_of_an_interrupted_run_goes_on_too(survey, tmp_path):
    schema, train, val = survey
    options = QUICK | {"save_dir": tmp_path, "resume": True}
    run = gz.finetune(tiny(schema), train, val, **options)
    again = gz.finetune(run.model, train, val, **options)  # best weights
    assert same(again.last_weights, run.last_weights)
    run.model.load_state_dict(run.last_weights)
    assert same(gz.finetune(run.model, train, val, **options).last_weights, run.last_weights)
    assert same(gz.finetune(tiny(schema), train, val, **options).last_weights, run.last_weights)


def test_a_fresh_run_retires_what_it_replaces_before_it_can_be_killed(survey, tmp_path, monkeypatch):
    schema, train, val = survey
    old = gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path)

    def kill(*args, **kwargs):
        raise MemoryError  # in the first epoch

    monkeypatch.setattr(finetuning, "rate_at", kill)
    with pytest.raises(MemoryError):
        gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path, weight_decay=0.3)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["previous"]
    for rest in ("model", "history.csv"):  # as if it had been killed while it moved them
        os.replace(tmp_path / "previous" / rest, tmp_path / rest)
        finetuning.TrainingState(None, None, {}, tmp_path).begin(False, retire=True)
        assert [path.name for path in tmp_path.iterdir()] == ["previous"]
        assert len(list((tmp_path / "previous").iterdir())) == 3
    kept = gz.TreeModel.load(tmp_path / "previous" / "model")
    assert same(kept.state_dict(), old.model.state_dict())
    run = gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path, weight_decay=0.3, resume=True)
    assert not same(run.last_weights, old.last_weights)


def test_a_save_dir_in_use_is_refused_before_anything_is_decoded(survey, tmp_path):
    schema, train, val = survey
    with (
        alone_in(tmp_path / "run"),
        pytest.raises(BlockingIOError, match=f"run: in use by another run .process {os.getpid()} on"),
    ):
        gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path / "run", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    gz.finetune(tiny(schema), train, val, **QUICK, save_dir=tmp_path / "run")


def test_a_diverging_loss_stops_with_advice_and_a_usable_model(survey):
    schema, train, val = survey
    model = tiny(schema, "test_convnext")
    with pytest.raises(TrainingStopped, match=r"the loss is nan. .* try learning_rate=0\.004"):
        gz.finetune(
            model, train, val, **(QUICK | {"learning_rate": 1e38, "epochs": 4}), warmup=0.5, clip=None
        )
    assert not model.training


def test_half_precision_trains_with_an_exact_loss(survey):
    schema, train, val = survey
    exact, half = (
        gz.finetune(tiny(schema, "test_convnext"), train, val, **QUICK, precision=precision)
        for precision in ("no", "bf16")
    )
    assert half.history["val_loss"].iloc[-1] == pytest.approx(exact.history["val_loss"].iloc[-1], rel=0.01)
    assert not same(half.last_weights, exact.last_weights)
    assert {value.dtype for value in half.model.parameters()} == {torch.float32}
    votes, images = torch.tensor([[3, 4, 1, 2]]), torch.rand(1, 3, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        concentration = half.model(images)
        nll = gz.DirichletMultinomialLoss(schema)(votes, concentration)
    assert concentration.dtype == nll.dtype == torch.float32
    assert torch.equal(nll, gz.DirichletMultinomialLoss(schema)(votes, concentration))


def test_a_tracker_that_is_not_installed_is_refused_before_any_work(survey, monkeypatch):
    schema, train, val = survey
    monkeypatch.setattr(engine, "get_available_trackers", list)
    with pytest.raises(ValueError, match="log_with='tensorboard': not installed; pip install tensorboard"):
        gz.finetune(tiny(schema), train, val, **QUICK, log_with="tensorboard")
    monkeypatch.setattr(engine, "get_available_trackers", lambda: [LoggerType.TENSORBOARD])
    with pytest.raises(ValueError, match="writes files: give save_dir="):
        gz.finetune(tiny(schema), train, val, **QUICK, log_with="tensorboard")


def test_running_out_of_memory_names_a_batch_size(survey, monkeypatch):
    schema, train, val = survey

    def allocate(*args):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(finetuning, "to_unit", allocate)
    monkeypatch.setattr(finetuning.Augmentation, "__call__", allocate)
    with pytest.raises(TrainingStopped, match=r"batch_size=16: try batch_size=8, or accumulate=2"):
        gz.finetune(tiny(schema), train, val, **QUICK)


def test_an_image_that_cannot_be_decoded_is_named_and_left_out(survey, tmp_path):
    schema, train, val = survey
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    bad = train.copy()
    bad.loc[bad.index[4], "file_loc"] = str(tmp_path / "bad.jpg")
    with pytest.warns(UserWarning, match=r"1 of 32 images cannot be decoded: J04 \(.*bad.jpg"):
        run = gz.finetune(tiny(schema), bad, val, **QUICK)
    without = gz.finetune(tiny(schema), train.drop(train.index[4]), val, **QUICK)
    assert len(run.history) == len(without.history) == 2
    with pytest.raises(ValueError, match=r"more than max_unreadable=0\.01"):
        gz.finetune(tiny(schema), bad, val, **QUICK, max_unreadable=0.01)


def test_classes_are_learnt_as_one_vote_a_galaxy(tmp_path):
    schema, rows, rng = gz.Schema.from_classes("light", ["bright", "dark"]), [], np.random.default_rng(1)
    for number in range(40):
        bright = number % 2
        pixels = rng.integers(150 * bright, 150 * bright + 60, (32, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append((f"J{number}", str(tmp_path / f"{number}.png"), bright, 1 - bright))
    catalog = pd.DataFrame(rows, columns=["id_str", "file_loc", *schema.label_cols])
    run = gz.finetune(tiny(schema, "test_convnext"), catalog[:30], catalog[30:], **(QUICK | {"epochs": 10}))
    found = gz.predict(run.model, catalog[30:], progress=False).vote_fractions().argmax(axis=1)
    np.testing.assert_array_equal(found, catalog[30:][schema.label_cols].to_numpy().argmax(axis=1))


def test_without_validation_the_training_loss_decides(survey):
    schema, train, _ = survey
    run = gz.finetune(tiny(schema), train, **QUICK)
    assert run.history["val_loss"].isna().all()
    assert run.best_epoch == run.history["epoch"][run.history["train_loss"].idxmin()]


def test_galaxies_on_both_sides_are_a_warning(survey):
    schema, train, val = survey
    with pytest.warns(UserWarning, match="1 galaxies are both trained and validated on"):
        gz.finetune(tiny(schema), train, pd.concat([val, train[:1]]), **QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs=0 is not a whole number from 1 on"),
        ({"warmup": 1.0}, "warmup=1.0"),
        ({"ema_decay": 1.0}, "ema_decay=1.0"),
        ({"resume": True}, "needs the save_dir"),
        ({"augment": True}, "neither an Augmentation"),
        ({"precision": "fp8"}, "none of auto, no, bf16, fp16"),
        ({"log_with": "tensorbord"}, "log_with='tensorbord' is none of accelerate's trackers: .*tensorboard"),
        ({"blocks": 99}, "blocks=99"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, message, survey):
    schema, train, val = survey
    with pytest.raises(ValueError, match=message):
        gz.finetune(tiny(schema), train, val, **(QUICK | options))


@pytest.mark.parametrize(("galaxies", "batch_size"), [(5, 4), (3, 1), (1, 16)])
def test_a_last_batch_of_one_galaxy_trains(galaxies, batch_size, survey):
    schema, train, _ = survey
    options = QUICK | {"batch_size": batch_size, "epochs": 1}
    assert np.isfinite(gz.finetune(tiny(schema), train[:galaxies], **options).history["train_loss"]).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.convert_dtypes(),
        lambda table: table.assign(id_str=range(len(table))),
        lambda table: table.assign(id_str=[galaxy.encode() for galaxy in table["id_str"]]),
        lambda table: table[::-1],
    ],
)
def test_catalogues_made_by_hand_train_and_are_predicted(change, survey):
    schema, train, val = survey
    run = gz.finetune(tiny(schema), change(train), **(QUICK | {"epochs": 1}))
    assert len(gz.predict(run.model, change(val), progress=False)) == len(val)


def test_a_catalogue_without_votes_or_with_bad_ones_is_refused(survey):
    schema, train, val = survey
    with pytest.raises(
        ValueError, match=r"train: no column 'light_dark' \(1 missing\); did you mean 'light_bright'"
    ):
        gz.finetune(tiny(schema), train.drop(columns="light_dark"), val, **QUICK)
    bad = train.astype({"light_dark": float})
    bad.iloc[3, bad.columns.get_loc("light_dark")] = 2.5
    with pytest.raises(ValueError, match=r"train: .*\n- column 'light_dark': fractional vote: 2\.5 at row 3"):
        gz.finetune(tiny(schema), bad, val, **QUICK)


def test_the_progress_bar_counts_images_and_shows_the_loss(survey, capsys):
    schema, train, val = survey
    gz.finetune(tiny(schema), train, val, **(QUICK | {"progress": True}))
    shown = capsys.readouterr().err
    assert "64/64" in shown
    assert "val_loss=" in shown
    assert "image/s" in shown


def test_the_live_plot_is_a_picture_whatever_the_notebook_has_set_up(survey, monkeypatch):
    updates = []

    class Handle:
        def update(self, bundle, raw):
            updates.append(bundle)

    monkeypatch.setattr(IPython.display, "display", lambda *args, **options: Handle())
    schema, train, val = survey
    run = gz.finetune(tiny(schema), train, val, **QUICK, live_plot=True)
    assert [bundle["text/html"].count("data:image/png;base64,iVBORw0K") for bundle in updates] == [1, 1]
    assert f"validation {run.history['val_loss'][1]:.3f}" in updates[1]["text/plain"]


def test_history_is_drawn_with_its_best_epoch(survey):
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_loss": [3.0, 2.0, 1.5],
            "val_loss": [2.5, 2.0, 2.2],
            "learning_rate": [1e-3] * 3,
        }
    )
    ax = gz.plot_history(history)
    lines = {line.get_label(): line for line in ax.get_lines()}
    np.testing.assert_array_equal(lines["validation"].get_ydata(), history["val_loss"])
    assert lines["best: 2.00 (epoch 2)"].get_xydata().tolist() == [[2, 2.0]]
    assert ax.get_ylabel() == "loss [nat / galaxy]"
    assert gz.plot_history(history, ax=ax) is ax
    with pytest.raises(ValueError, match=r"lacks \['val_loss'\]"):
        gz.plot_history(history.drop(columns="val_loss"))
