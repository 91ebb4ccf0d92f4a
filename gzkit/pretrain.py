"""Pretrains the bundled encoder ``gzkit-tiny`` on simulated galaxies.

``python -m gzkit.pretrain --out folder/`` simulates a survey in memory and trains a small timm encoder on the votes of
its simulated volunteers. What it writes is timm's own layout, so that ``local-dir:folder/`` reads it too.

Other volunteers vote on the same galaxies in every epoch: simulated ones cost nothing, and what is learnt is then the
galaxies, not the luck of forty votes.
"""

import argparse
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from tqdm.auto import tqdm

from gzkit.distributions import fit_dirichlet
from gzkit.loss import DirichletMultinomialLoss
from gzkit.model import WIDE_BOUNDS, bound_concentration
from gzkit.simulate import (
    SCHEMA,
    STRENGTH,
    VOLUNTEERS,
    cast_votes,
    individual_probabilities,
    simulate_survey,
)

ARCHITECTURE = "test_byobnet"  # of timm: a small ResNet, 0.2 million weights, fast on a CPU
MEAN, STD = (0.10, 0.10, 0.10), (0.12, 0.12, 0.12)  # of the pictures: mostly dark sky
SIZE = 128  # width and height of the pictures [pixel]
TRAIN_SEED, TEST_SEED = 7001, 7002  # not that of the sample survey
BATCH_SIZE, WARMUP, WEIGHT_DECAY, CLIP = 64, 0.05, 0.02, 5.0


class ConcentrationHead(nn.Sequential):
    """An encoder with a linear head that gives concentrations within `WIDE_BOUNDS`.

    Parameters
    ----------
    encoder : nn.Module
        From pictures to features.
    features, answers : int
        Widths.
    """

    def __init__(self, encoder, features, answers):
        linear = nn.Linear(features, answers)
        nn.init.constant_(linear.bias, -5.0)  # concentrations of about 3
        super().__init__(encoder, nn.Dropout(0.1), linear)

    def forward(self, pixels):
        """Concentrations, shape (batch, answer), of pixels in [0, 1], shape (batch, channel, height, width)."""
        mean, std = (torch.tensor(value, device=pixels.device).view(3, 1, 1) for value in (MEAN, STD))
        return bound_concentration(super().forward((pixels - mean) / std), WIDE_BOUNDS)


def augment(images, generator, *, size=SIZE):
    """Pictures turned, mirrored, zoomed, shifted, blurred, brightened and made noisy, each in its own way.

    Parameters
    ----------
    images : Tensor of uint8, shape (batch, height, width, channel)
    generator : torch.Generator
        On the same device.
    size : int
        Width and height of what comes out [pixel].

    Returns
    -------
    Tensor of float32, shape (batch, channel, height, width)
        In [0, 1].

    Examples
    --------
    >>> images = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    >>> augment(images, torch.Generator().manual_seed(0), size=32).shape
    torch.Size([2, 3, 32, 32])
    """
    count, device = len(images), images.device

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(count, *shape, generator=generator, device=device)

    pixels = images.permute(0, 3, 1, 2).float() / 255  # (batch, channel, height, width)
    angle, zoom = uniform(0, 2 * math.pi), torch.exp(uniform(-0.3, 0.4))
    mirror = torch.sign(uniform(-1, 1))
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = uniform(-0.06, 0.06, 2)
    turn = torch.stack([cosine * mirror, -sine, shift[:, 0], sine * mirror, cosine, shift[:, 1]], dim=1)
    grid = F.affine_grid(turn.view(count, 2, 3), (count, 3, size, size), align_corners=False)
    pixels = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    soft = F.avg_pool2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    pixels = torch.lerp(pixels, soft, uniform(-0.3, 1, 1, 1, 1).clamp(min=0))
    grey = pixels.mean(dim=1, keepdim=True)
    pixels = torch.lerp(grey, pixels, uniform(0.5, 1.3, 1, 1, 1))
    pixels = pixels * uniform(0.75, 1.3, 1, 1, 1) * uniform(0.92, 1.08, 3, 1, 1) + uniform(
        -0.03, 0.03, 1, 1, 1
    )
    noise = torch.randn(pixels.shape, generator=generator, device=device)
    return (pixels + noise * uniform(-0.01, 0.03, 1, 1, 1).clamp(min=0)).clamp(0, 1)


def train(
    survey,
    *,
    epochs,
    minutes=34.0,
    learning_rate=4e-3,
    seed=0,
    progress=True,
    save=None,
):
    """A new encoder trained on the pictures of a survey, and on votes that are drawn anew in every epoch.

    The learning rate falls with the epochs done or the minutes gone, whichever is further, so that training that
    runs out of time still ends at a small one.

    Parameters
    ----------
    survey : Survey
        With pictures.
    epochs, minutes : float
        When to stop, whichever is first.
    learning_rate : float
        At its highest.
    seed : int
    progress : bool
        Whether a progress bar is shown.
    save : callable, optional
        Called with the model and the history after every epoch and at the end.

    Returns
    -------
    model : ConcentrationHead
    history : list of dict
        Epoch, training loss [nat], images seen and seconds, a row an epoch.
    """
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator, rng = torch.Generator(device).manual_seed(seed), np.random.default_rng(seed)
    encoder = timm.create_model(ARCHITECTURE, pretrained=False, num_classes=0)
    model = ConcentrationHead(encoder, encoder.num_features, len(survey.schema.answers)).to(device)
    model = model.to(memory_format=torch.channels_last)  # on a CPU nearly twice as fast
    loss_fn = DirichletMultinomialLoss(survey.schema, check_votes=False)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    images, votes = torch.from_numpy(survey.images), torch.from_numpy(survey.votes)
    batches = len(images) // BATCH_SIZE
    history, began, done = [], time.monotonic(), 0.0

    def share_done():
        return max(bar.n / (epochs * batches), (time.monotonic() - began) / (60 * minutes))

    def views():
        for chosen in torch.randperm(len(images)).split(BATCH_SIZE)[:batches]:
            pixels = augment(images[chosen].to(device), generator, size=_size_at(share_done()))
            yield votes[chosen].to(device), pixels.contiguous(memory_format=torch.channels_last)

    with tqdm(total=math.ceil(epochs * batches), disable=not progress) as bar:
        while done < 1:
            model.train()
            losses = []
            for batch_votes, pixels in _one_ahead(views()):
                done = share_done()
                if done >= 1:
                    break
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate * min(1, done / WARMUP) * 0.5 * (1 + math.cos(math.pi * done))
                loss = loss_fn(batch_votes, model(pixels)).sum(dim=-1).mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), CLIP)
                optimizer.step()
                losses.append(loss.item())
                bar.n += 1
                if bar.n % 20 == 0:
                    bar.refresh()
            votes = torch.from_numpy(_vote_again(survey, rng))
            if losses:
                row = {"epoch": len(history) + 1, "train_loss": round(float(np.mean(losses)), 4)}
                history.append(
                    row | {"images": bar.n * BATCH_SIZE, "seconds": round(time.monotonic() - began, 1)}
                )
                if save:
                    save(model, history)
    return model.eval(), history


def _one_ahead(batches):
    """The same batches; while one is learnt from, the next is made on another processor."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        batch = pool.submit(next, batches, None)
        while (ready := batch.result()) is not None:
            batch = pool.submit(next, batches, None)
            yield ready


def _vote_again(survey, rng):
    """Votes of other volunteers on other galaxies of the same looks: (galaxy, answer)."""
    probabilities = individual_probabilities(survey.expected, survey.schema, STRENGTH, rng)
    return cast_votes(probabilities, survey.schema, rng.integers(*VOLUNTEERS, len(probabilities)), rng)


def _size_at(done):
    """Width and height that pictures are shrunk to at this share of the training: small is fast [pixel]."""
    return SIZE // 2 if done < 0.3 else 3 * SIZE // 4 if done < 0.6 else SIZE


def evaluate(model, survey, train_votes):
    """Test loss per galaxy by question: of the model, of the best constant, and of the probabilities drawn from.

    Parameters
    ----------
    model : ConcentrationHead
    survey : Survey
        With pictures that the model was not trained on.
    train_votes : ndarray of int, shape (galaxy, answer)
        Votes [votes] that the constant is fitted to.

    Returns
    -------
    dict of str to dict of str to float
        Loss [nat] by question, and ``"all"``; for ``"model"``, ``"constant"`` and ``"ideal"``.
    """
    schema, device = survey.schema, next(model.parameters()).device
    pixels = torch.from_numpy(survey.images).permute(0, 3, 1, 2)
    model.eval()
    with torch.no_grad():
        predicted = np.concatenate(
            [model(part.to(device).float() / 255).cpu().numpy() for part in pixels.split(100)]
        )
    strength = np.concatenate([np.full(len(q.answers), STRENGTH[q.text]) for q in schema.questions])
    constant = np.broadcast_to(fit_dirichlet(train_votes, schema), survey.votes.shape)
    ideal = survey.expected * strength
    losses, loss_fn = {}, DirichletMultinomialLoss(schema)
    for name, concentration in {"model": predicted, "constant": constant, "ideal": ideal}.items():
        nll = loss_fn(torch.from_numpy(survey.votes), torch.tensor(concentration)).mean(dim=0)
        by_question = {q.text: round(nll[q.index].item(), 4) for q in schema.questions}
        losses[name] = {"all": round(nll.sum().item(), 4)} | by_question
    return losses


def save_encoder(model, folder):
    """Write the encoder without its head in timm's layout: ``config.json`` and ``model.safetensors``.

    Parameters
    ----------
    model : ConcentrationHead
    folder : str or Path
        Made if it does not exist.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": ARCHITECTURE,
        "num_classes": 0,
        "num_features": model[0].num_features,
        "pretrained_cfg": {
            "tag": "gzkit_tiny",
            "input_size": [3, SIZE, SIZE],
            "fixed_input_size": False,
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "mean": MEAN,
            "std": STD,
            "num_classes": 0,
            "pool_size": [SIZE // 32, SIZE // 32],
            "first_conv": "stem.conv",
            "classifier": "head.fc",
            "license": "bsd-3-clause",
        },
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weights = {name: value.detach().cpu().contiguous() for name, value in model[0].state_dict().items()}
    save_file(weights, folder / "model.safetensors")


def main(arguments=None):
    """The command ``python -m gzkit.pretrain``.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the command line if not given.
    """
    parser = argparse.ArgumentParser(prog="python -m gzkit.pretrain", description="Pretrain gzkit-tiny.")
    parser.add_argument("--out", required=True, type=Path, help="folder to write the encoder to")
    parser.add_argument("--galaxies", type=int, default=40_000)
    parser.add_argument("--epochs", type=float, default=40)
    parser.add_argument("--minutes", type=float, default=34, help="of training, at most")
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    start = time.monotonic()
    survey = simulate_survey(options.galaxies, seed=TRAIN_SEED, size=SIZE)
    test = simulate_survey(min(1000, options.galaxies), seed=TEST_SEED, size=SIZE)
    simulated = round(time.monotonic() - start, 1)

    def save(model, history):
        save_encoder(model, options.out)
        report = {
            "encoder": "gzkit-tiny",
            "architecture": ARCHITECTURE,
            "weights": sum(weight.numel() for weight in model[0].parameters()),
            "trained_on": "simulated galaxies (python -m gzkit.simulate), no telescope's and no person's",
            "schema": SCHEMA,
            "seeds": {"training": TRAIN_SEED, "test": TEST_SEED, "weights and order": options.seed},
            "galaxies": options.galaxies,
            "size": SIZE,
            "votes": "drawn anew in every epoch from the galaxies' expected answer probabilities",
            "concentration_bounds": WIDE_BOUNDS,
            "optimizer": f"AdamW, learning rate falling as a cosine, weight decay {WEIGHT_DECAY}, "
            f"batches of {BATCH_SIZE}",
            "learning_rate": options.learning_rate,
            "epochs_and_minutes_at_most": [options.epochs, options.minutes],
            "threads": torch.get_num_threads(),
            "augmentation": "any angle, mirror, zoom, shift, blur, saturation, brightness, background, noise",
            "image_sizes": "64 px to 30 % of the training, 96 px to 60 %, then 128 px",
            "seconds_simulating": simulated,
            "history": history,
            "test_loss": evaluate(model, test, survey.votes),
        }
        (options.out / "pretraining.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")

    train(
        survey,
        epochs=options.epochs,
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        seed=options.seed,
        save=save,
    )


if __name__ == "__main__":
    main()
