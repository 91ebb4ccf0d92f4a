"""Whether gzkit computes on this device what it computes elsewhere; `gpu.py` runs it.

The loss and its gradient are compared with float64 arithmetic written out anew, finetuning and prediction with a
second process that has the processor alone. Each check has a number, how far two results are apart, and a bound that
follows from the arithmetic's rounding.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.special import digamma, gammaln
from simulated import simulate_survey

import gzkit as gz
from gzkit.images.augment import Augmentation
from gzkit.inference import predict_to_parquet

SCHEMA = gz.load_schema("gz-decals-dr5")
ENCODER, SIDE, GALAXIES, EPOCHS = "test_byobnet", 64, 48, 4
ALIKE = {"progress": False, "precision": "no"}


@contextlib.contextmanager
def cpu_at_work(folder):
    """Meanwhile a second process trains and predicts on the processor, and leaves what it finds in a folder."""
    folder.mkdir()
    command = [sys.executable, str(Path(__file__).with_name("gpu.py")), "--out", str(folder)]
    environment = os.environ | {"ACCELERATE_USE_CPU": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "2"}
    process = subprocess.Popen([*command, "--reference", str(folder)], env=environment)
    try:
        yield
        if process.wait():
            raise RuntimeError("the process on the CPU failed")
    finally:
        process.kill()


def write_reference(folder):
    """The processor's side: a catalogue, a training's history, its model, and what this predicts."""
    import pandas as pd
    from PIL import Image

    survey = simulate_survey(GALAXIES, seed=3, size=SIDE, schema=SCHEMA)
    catalog = pd.DataFrame(survey.votes, columns=SCHEMA.label_cols)
    catalog.insert(0, "file_loc", [str(folder / f"{row}.png") for row in range(GALAXIES)])
    catalog.insert(0, "id_str", [f"J{row}" for row in range(GALAXIES)])
    for file, image in zip(catalog["file_loc"], survey.images, strict=True):
        Image.fromarray(image).save(file)
    catalog.to_parquet(folder / "catalog.parquet")
    run = train(catalog)
    run.history.to_csv(folder / "history.csv", index=False)
    np.save(folder / "trained.npy", gz.predict(run.model, catalog, **ALIKE).concentration)
    model = new_model()
    torch.manual_seed(0)
    torch.nn.init.normal_(model.head.weight, std=0.3)  # so that every galaxy is predicted something else
    model.save(folder / "model")
    np.save(folder / "concentration.npy", gz.predict(model, catalog, **ALIKE).concentration)
    np.save(folder / "views.npy", gz.predict(model, catalog, samples=2, **ALIKE).concentration)
    augment, images = Augmentation(brightness=0.1, erase=0.3), torch.from_numpy(survey.images)
    np.save(folder / "augmented.npy", augment(images, draws_of(augment)).numpy())
    np.save(folder / "images.npy", survey.images)


def train(catalog, **options):
    """A short training from the same beginning; the learning rate is low, so that rounding does not grow."""
    options = {"epochs": EPOCHS, "batch_size": 16, "learning_rate": 2e-3, "blocks": "all"} | ALIKE | options
    val = catalog.iloc[:16].assign(id_str=lambda table: table["id_str"] + "v")
    return gz.finetune(new_model(), catalog, val, **options)


def new_model():
    return gz.TreeModel(SCHEMA, ENCODER, pretrained=False, image_size=SIDE, crop=1.0)


def draws_of(augment):
    return augment.draw(GALAXIES, torch.Generator().manual_seed(1))


def run_checks(folder):
    """All checks: ``{"checks": [{"name", "found", "allowed", "right"}, ...]}``."""
    import pandas as pd

    tf32, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, False
    catalog = pd.read_parquet(folder / "catalog.parquet")
    try:
        found = [*check_loss(), *check_images(folder), *check_prediction(folder, catalog)]
        found += [*check_training(folder, catalog), *check_layouts(folder)]
    finally:
        torch.backends.cudnn.allow_tf32 = tf32
    return {
        "checks": [
            {"name": name, "found": float(value), "allowed": allowed, "right": bool(value <= allowed)}
            for name, value, allowed in found
        ]
    }


def check_loss():
    """Loss and gradient on the device against SciPy's float64 on the processor."""
    rng = np.random.default_rng(0)
    index = np.array([answer.question.index for answer in SCHEMA.answers])
    questions = np.eye(len(SCHEMA.questions))[index]  # (answer, question)
    for dtype, allowed in ((torch.float32, 2e-6), (torch.float64, 1e-8)):
        for low, high in ((0.05, 500.0), (1.0, 1e5)):
            votes = rng.poisson(5, (512, len(index))) * (rng.random((512, len(index))) < 0.6)
            votes = torch.tensor(votes, dtype=torch.float32, device=device())
            concentration = torch.tensor(np.exp(rng.uniform(np.log(low), np.log(high), votes.shape)))
            concentration = concentration.to(device(), dtype).requires_grad_()
            loss = gz.DirichletMultinomialLoss(SCHEMA)(votes, concentration)
            loss.sum().backward()
            n, a = votes.cpu().numpy().astype(float), concentration.detach().cpu().numpy().astype(float)
            total, strength = n @ questions, a @ questions  # (galaxy, question)
            ways = (gammaln(a + n) - gammaln(a) - gammaln(n + 1)) @ questions
            exact = gammaln(strength + total) - gammaln(strength) - gammaln(total + 1) - ways
            slope = (
                (digamma(strength + total) - digamma(strength)) @ questions.T - digamma(a + n) + digamma(a)
            )
            name = f"loss, {str(dtype)[6:]}, concentrations {low:g} to {high:g}"
            yield name, apart(loss, exact), allowed
            yield name.replace("loss", "gradient"), apart(concentration.grad, slope), allowed


def check_images(folder):
    """Random views on the device against the processor's: in [0, 1], where a 255th is one step of grey."""
    augment, images = (
        Augmentation(brightness=0.1, erase=0.3),
        torch.from_numpy(np.load(folder / "images.npy")),
    )
    views = augment(images.to(device()), draws_of(augment).to(device())).cpu().numpy()
    difference = np.abs(views - np.load(folder / "augmented.npy"))
    yield "random views, mean difference", difference.mean(), 1e-5
    yield "random views, share more than 1/255 apart", (difference > 1 / 255).mean(), 1e-4


def check_prediction(folder, catalog):
    """The same weights predict the same here: without and with samples, in other batches, into files, in bf16."""
    model, expected = gz.TreeModel.load(folder / "model"), np.load(folder / "concentration.npy")
    yield "predict", apart(gz.predict(model, catalog, **ALIKE).concentration, expected), 1e-4
    odd = gz.predict(model, catalog, batch_size=7, **ALIKE).concentration
    yield "predict, batches of 7", apart(odd, expected), 1e-4
    views = gz.predict(model, catalog, samples=2, **ALIKE).concentration
    yield "predict, two random views", apart(views, np.load(folder / "views.npy")), 1e-3
    parts = predict_to_parquet(model, catalog, folder / "parts", galaxies_per_part=20, **ALIKE)
    yield "predict_to_parquet", apart(gz.Predictions.from_parquet(parts).concentration, expected), 1e-4
    short = gz.predict(model, catalog, precision="bf16", progress=False).concentration
    yield "predict, bf16, median", np.median(np.abs(short / expected - 1)), 0.03
    yield "predict, bf16, largest", apart(short, expected), 0.5


def check_training(folder, catalog):
    """Finetuning gives the processor's losses; going on after an interruption, those of a run that had none."""
    import pandas as pd

    expected = pd.read_csv(folder / "history.csv")[["train_loss", "val_loss"]].to_numpy()
    run = train(catalog)
    losses = run.history[["train_loss", "val_loss"]].to_numpy()
    yield "finetune, losses", apart(losses, expected), 1e-3
    predicted = gz.predict(run.model, catalog, **ALIKE).concentration
    yield (
        "finetune, what it then predicts, median",
        np.median(np.abs(predicted / np.load(folder / "trained.npy") - 1)),
        2e-2,
    )
    decoded_anew = train(catalog, cache="stream").history[["train_loss", "val_loss"]].to_numpy()
    yield "finetune, images decoded anew, not kept on the device", apart(decoded_anew, losses), 1e-3
    resumed = resumed_after_two_epochs(catalog, folder / "run").history
    yield "finetune, resumed", apart(resumed[["train_loss", "val_loss"]].to_numpy(), losses), 1e-3
    short = train(catalog, precision="bf16").history[["train_loss", "val_loss"]].to_numpy()
    yield "finetune, bf16", apart(short, losses), 1e-2


def resumed_after_two_epochs(catalog, save_dir):
    import warnings

    from finetune_overhead import finetuning, swapped

    save = finetuning.TrainingState.save

    def save_and_stop(state):
        save(state)
        if len(state.history) == 2:
            raise KeyboardInterrupt

    with warnings.catch_warnings(), swapped(finetuning.TrainingState, "save", save_and_stop):
        warnings.simplefilter("ignore")  # it says that it was interrupted
        train(catalog, save_dir=save_dir)
    return train(catalog, save_dir=save_dir, resume=True)


def check_layouts(folder):
    """An encoder gives the same features in both memory layouts."""
    images = torch.from_numpy(np.load(folder / "images.npy")).to(device()).permute(0, 3, 1, 2).float() / 255
    model = gz.TreeModel.load(folder / "model").to(device())
    found = []
    with torch.inference_mode():
        for layout in (torch.contiguous_format, torch.channels_last):
            found.append(
                model.encoder.to(memory_format=layout)(images.contiguous(memory_format=layout)).cpu()
            )
    scale = found[0].abs().max()
    yield "features in both memory layouts", (found[0] - found[1]).abs().max() / scale, 1e-4


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def apart(found, expected):
    """Largest difference, relative to the expected value, or to 1 where that is smaller."""
    found = found.detach().cpu().numpy() if isinstance(found, torch.Tensor) else found
    return float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected))))
