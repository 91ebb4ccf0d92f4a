"""Pretrains the bundled encoder ``gzkit-tiny`` on simulated galaxies.

``python data_samples/pretrain.py --out folder/`` simulates a survey in memory and trains a small timm encoder on the
votes of its simulated volunteers. What it writes is timm's own layout, so that ``local-dir:folder/`` reads it too.

Other volunteers vote each time that a galaxy is seen, several crowds of forty: simulated ones cost nothing, and what is
learnt is then the galaxies, not the luck of forty votes. On a processor every thread learns from a share of each batch
with a copy of the model, twice as fast as threads that share small operations.
"""

import argparse
import json
import math
import time
from functools import partial
from pathlib import Path

import numpy as np
import timm
import torch
from simulated_survey import VOLUNTEERS, individual_probabilities, simulate_survey
from timm.models import filter_pretrained_cfg
from torch import nn
from torch.nn import functional
from tqdm.auto import tqdm

from gzkit.distributions import fit_dirichlet
from gzkit.files.whole import write_text
from gzkit.images.augment import to_unit
from gzkit.loss.loss import DirichletMultinomialLoss
from gzkit.model.engine import threads_shared_out
from gzkit.model.files import write_weights
from gzkit.model.tree_model import TreeModel
from gzkit.simulate.volunteers import STRENGTH, best_concentration, cast_votes
from gzkit.training.optimization import LEARNING_RATE

ARCHITECTURE = "test_byobnet"  # of timm: a small ResNet, 0.2 million weights, fast on a CPU
SIZE = 128  # width and height of the pictures [pixel]
LOOKS = {  # of the pictures, as timm says it: they are mostly dark sky
    "mean": (0.10, 0.10, 0.10),
    "std": (0.12, 0.12, 0.12),
    "input_size": (3, SIZE, SIZE),
    "pool_size": (SIZE // 32, SIZE // 32),
    "crop_pct": 1.0,
}
LOOKS |= {"tag": "gzkit_tiny", "hf_hub_id": None, "license": "bsd-3-clause"}
# What they are shrunk to until which share of the training: small is fast.
SIZES = ((0.2, 64), (0.45, 96), (1.0, SIZE))
GENTLE = 0.6  # the share of the training after which augmentation grows gentler, towards pictures as they are
TRAIN_SEED, TEST_SEED = 7001, 7002  # not that of the sample survey
GALAXIES, EPOCHS, MINUTES = 40_000, 60, 36.0
BATCH_SIZE, CROWDS, WARMUP, WEIGHT_DECAY, CLIP = 64, 8, 0.05, 0.02, 5.0


def augment(images, generator, *, size=SIZE, strength=1.0):
    """Pictures turned, mirrored, zoomed, shifted, blurred, brightened and made noisy, each in its own way.

    Parameters
    ----------
    images : Tensor of uint8, shape (batch, height, width, channel)
    generator : torch.Generator
        On the same device.
    size : int
        Width and height of what comes out [pixel].
    strength : float
        What all ranges but those of turning and mirroring are multiplied by.

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

    def change(low, high, *shape):
        return strength * uniform(low, high, *shape)

    angle, zoom = uniform(0, 2 * math.pi), torch.exp(change(-0.3, 0.4))
    mirror = torch.sign(uniform(-1, 1))
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = change(-0.06, 0.06, 2)
    turn = torch.stack([cosine * mirror, -sine, shift[:, 0], sine * mirror, cosine, shift[:, 1]], dim=1)
    grid = functional.affine_grid(turn.view(count, 2, 3), (count, 3, size, size), align_corners=False)
    pixels = functional.grid_sample(to_unit(images), grid, padding_mode="reflection", align_corners=False)
    box = torch.full((3, 1, 3, 3), 1 / 9, device=device)  # a mean of nine, faster than avg_pool2d on a CPU
    soft = functional.conv2d(functional.pad(pixels, (1, 1, 1, 1), mode="replicate"), box, groups=3)
    pixels = torch.lerp(pixels, soft, change(-0.3, 1, 1, 1, 1).clamp(min=0))
    grey = pixels.mean(dim=1, keepdim=True)
    pixels = torch.lerp(grey, pixels, 1 + change(-0.5, 0.3, 1, 1, 1))
    brightness, tint = 1 + change(-0.25, 0.3, 1, 1, 1), 1 + change(-0.08, 0.08, 3, 1, 1)
    pixels = pixels * brightness * tint + change(-0.03, 0.03, 1, 1, 1)
    noise = torch.randn(pixels.shape, generator=generator, device=device)
    return (pixels + noise * change(-0.01, 0.03, 1, 1, 1).clamp(min=0)).clamp(0, 1)


class Worker:
    """A model that learns from its share of every batch, beside others of its kind.

    Parameters
    ----------
    survey : Survey
        With pictures.
    seed : int
        Of its views and its votes; the first weights are those of PyTorch's own generator.
    """

    def __init__(self, survey, seed):
        self.survey, self.rng = survey, np.random.default_rng(seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.generator = torch.Generator(self.device).manual_seed(seed)
        encoder = timm.create_model(ARCHITECTURE, num_classes=0, pretrained_cfg_overlay=LOOKS)
        model = TreeModel(survey.schema, encoder, dropout=0.1)
        model.head.reset_parameters()  # at random, so that the encoder learns from the first step
        nn.init.constant_(model.head.bias, -5.0)  # concentrations of about 3
        self.model = model.to(self.device, memory_format=torch.channels_last)  # on a CPU nearly twice as fast
        self.loss_fn = DirichletMultinomialLoss(survey.schema, check_votes=False)

    def learn(self, rows, size, strength):
        """Leave in the weights the gradient of the mean loss of these galaxies' views, and return that loss [nat]."""
        self.model.zero_grad()
        images = torch.from_numpy(self.survey.images[rows]).to(self.device)
        pixels = augment(images, self.generator, size=size, strength=strength)
        concentration = self.model(pixels.contiguous(memory_format=torch.channels_last))
        loss = self.loss_fn(self._votes(rows).to(self.device), concentration).sum(dim=-1).mean()
        loss.backward()
        return loss.item()

    def _votes(self, rows):
        """Votes of new volunteers on other galaxies of the same looks, shape (crowd, galaxy, answer)."""
        schema, expected = self.survey.schema, np.tile(self.survey.expected[rows], (CROWDS, 1))
        probabilities = individual_probabilities(expected, schema, STRENGTH, self.rng)
        votes = cast_votes(probabilities, schema, self.rng.integers(*VOLUNTEERS, len(expected)), self.rng)
        return torch.from_numpy(votes).view(CROWDS, len(rows), -1)


def train(
    survey, *, epochs=EPOCHS, minutes=MINUTES, learning_rate=LEARNING_RATE, seed=0, progress=True, save=None
):
    """A new encoder trained on the pictures of a survey, and on votes that are drawn anew for every view.

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
    model : TreeModel
    history : list of dict
        Epoch, training loss [nat], images seen and seconds, a row an epoch.
    """
    rng, shares = np.random.default_rng(seed), _shares()
    torch.manual_seed(seed)
    workers = [Worker(survey, shares * seed + share) for share in range(shares)]
    first = workers[0].model
    for worker in workers[1:]:
        worker.model.load_state_dict(first.state_dict())
    optimizer = torch.optim.AdamW(first.parameters(), weight_decay=WEIGHT_DECAY)
    batches = len(survey.images) // BATCH_SIZE
    history, began, done, steps = [], time.monotonic(), 0.0, 0
    bar = tqdm(total=math.ceil(epochs * batches), disable=not progress)
    with threads_shared_out(shares) as pool, bar:
        while done < 1:
            losses = []
            for rows in rng.permutation(len(survey.images))[: batches * BATCH_SIZE].reshape(batches, -1):
                done = max(steps / (epochs * batches), (time.monotonic() - began) / (60 * minutes))
                if done >= 1:
                    break
                size, strength, rate = _plan(done)
                learn = partial(Worker.learn, size=size, strength=strength)
                losses.extend(pool.map(learn, workers, np.array_split(rows, shares)))
                optimizer.param_groups[0]["lr"] = learning_rate * rate
                _step(optimizer, [worker.model for worker in workers])
                bar.update()
                steps += 1
            if losses:
                row = {"epoch": len(history) + 1, "train_loss": round(float(np.mean(losses)), 4)}
                row |= {"images": steps * BATCH_SIZE, "seconds": round(time.monotonic() - began, 1)}
                history.append(row)
                if save:
                    save(first, history)
    return first.eval(), history


def _plan(done):
    """What a step is like after this share of the training: the views' size and strength, the share of the rate."""
    size = next(size for until, size in SIZES if done < until)
    strength = min(1, (1 - done) / (1 - GENTLE))
    return size, strength, min(1, done / WARMUP) * 0.5 * (1 + math.cos(math.pi * done))


def _shares():
    """How many shares a batch is learnt in: one a thread, of 32 galaxies at least, and one on a GPU."""
    return 1 if torch.cuda.is_available() else max(1, min(torch.get_num_threads(), BATCH_SIZE // 32))


def _step(optimizer, models):
    """Give the first model the mean gradient of all, let it take a step, and copy its weights to the others."""
    first, *others = (list(model.parameters()) for model in models)
    for weights in others:
        torch._foreach_add_([weight.grad for weight in first], [weight.grad for weight in weights])
    torch._foreach_div_([weight.grad for weight in first], len(models))
    nn.utils.clip_grad_norm_(first, CLIP)
    optimizer.step()
    with torch.no_grad():
        for weights in others:
            torch._foreach_copy_(weights, first)


def evaluate(model, survey, train_votes):
    """Test loss per galaxy by question: of the model, of the best constant, and of the probabilities drawn from.

    Parameters
    ----------
    model : TreeModel
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
    images = torch.from_numpy(survey.images)
    model.eval()
    with torch.no_grad():
        parts = [model(to_unit(part.to(device))).cpu().numpy() for part in images.split(100)]
    constant = np.broadcast_to(fit_dirichlet(train_votes, schema), survey.votes.shape)
    ideal = best_concentration(survey.expected, schema)
    losses, loss_fn = {}, DirichletMultinomialLoss(schema)
    for name, concentration in {"model": np.concatenate(parts), "constant": constant, "ideal": ideal}.items():
        nll = loss_fn(torch.from_numpy(survey.votes), torch.tensor(concentration)).mean(dim=0)
        by_question = {q.text: round(nll[q.index].item(), 4) for q in schema.questions}
        losses[name] = {"all": round(nll.sum().item(), 4)} | by_question
    return losses


def save_encoder(model, folder):
    """Write the encoder without its head in timm's layout: ``config.json`` and ``model.safetensors``.

    Parameters
    ----------
    model : TreeModel
    folder : str or Path
        Made if it does not exist.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architecture": ARCHITECTURE, "num_classes": 0, "num_features": model.encoder.num_features}
    config["pretrained_cfg"] = filter_pretrained_cfg(model.encoder.pretrained_cfg, remove_source=True)
    write_text(folder / "config.json", json.dumps(config, indent=2) + "\n")
    write_weights(folder / "model.safetensors", model.encoder.state_dict())


def _settings(options, model):
    """The constants of this module as they stand, what was said, and on what it ran."""
    constants = {name.lower(): value for name, value in globals().items() if name.isupper()}
    return constants | {
        "trained_on": "simulated galaxies (gzkit.simulate), no telescope's and no person's",
        "weights": sum(weight.numel() for weight in model.encoder.parameters()),
        "said": {name: value for name, value in vars(options).items() if name != "out"},
        "device": str(model.head.weight.device),
        "threads": torch.get_num_threads(),
    }


def main(arguments=None):
    """The command; `arguments` are those of the command line if not given."""
    parser = argparse.ArgumentParser(description="Pretrain gzkit-tiny.")
    parser.add_argument("--out", required=True, type=Path, help="folder to write the encoder to")
    parser.add_argument("--galaxies", type=int, default=GALAXIES)
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of training, at most")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    start = time.monotonic()
    survey = simulate_survey(options.galaxies, seed=TRAIN_SEED, size=SIZE)
    test = simulate_survey(min(1000, options.galaxies), seed=TEST_SEED, size=SIZE)
    simulated = round(time.monotonic() - start, 1)

    def save(model, history, **results):
        save_encoder(model, options.out)
        report = _settings(options, model) | {"seconds_simulating": simulated, "history": history} | results
        write_text(options.out / "pretraining.json", json.dumps(report, indent=2) + "\n")

    model, history = train(
        survey,
        epochs=options.epochs,
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        seed=options.seed,
        save=save,
    )
    save(model, history, test_loss=evaluate(model, test, survey.votes))


if __name__ == "__main__":
    main()
