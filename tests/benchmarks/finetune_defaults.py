"""What `gz.finetune` should do when nothing is said, measured on simulated tables of 50 to 10,000 galaxies.

    python tests/benchmarks/finetune_defaults.py                           # all that the rule was made from: hours
    python tests/benchmarks/finetune_defaults.py head                      # of gzkit-tiny: every rate, length and batch
    python tests/benchmarks/finetune_defaults.py head --foreign            # on pictures unlike those it was trained on
    python tests/benchmarks/finetune_defaults.py run --sizes 420 --set blocks=0 learning_rate=1e-2 --set blocks=all
    python tests/benchmarks/finetune_defaults.py run --sizes 1500 --encoder resnet10t --from-scratch --image-size 64

A line a setting and size: the loss of 1,000 other galaxies [nat / galaxy], mean over the seeds with its standard
error, and the loss of the best constant and of the truth beside it. A seventh as many galaxies validate as train, as
in ``gz.split(catalog, (0.7, 0.1, 0.2))``. ``run`` trains with `gz.finetune` itself; ``head`` computes the features of
a frozen encoder once, for several random views, and trains the head on them by the same steps, a hundred times
quicker. Pictures are simulated once and kept in ``--folder``. ``--foreign`` makes them grey, white sky and black
galaxies, and noisy: an encoder's features then say less.
"""

import argparse
import ast
import itertools
import math
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from simulated import simulate_survey

import gzkit as gz
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.cache import open_images
from gzkit.loss.loss import DirichletMultinomialLoss
from gzkit.model.head import begin_at_constant
from gzkit.simulate.volunteers import best_concentration
from gzkit.training.optimization import build_optimizer, rate_at

SIZES = (50, 150, 420, 1500, 5000, 10_000)
SEED, VALIDATE, TEST = 9301, 1_429, 1_000  # neither the sample's seed nor those of the pretraining
BOUNDS = (0.05, 500.0)
VIEWS = 6  # random ones of each training galaxy whose features are kept
RATES, STEPS, BATCHES = (2e-3, 5e-3, 1e-2, 2e-2, 5e-2), (100, 300, 1000, 3000, 10_000), (16, 32, 64, 128)

SETTINGS = [  # of runs, beside those of the rule
    [],
    ["blocks=0", "learning_rate=1e-2"],
    ["blocks='all'", "learning_rate=4e-3"],
    ["blocks='all'", "learning_rate=1e-3"],
    ["blocks='all'", "learning_rate=1e-2"],
    ["blocks='all'", "batch_size=64"],
    ["blocks='all'", "epochs=80"],
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=["all", "head", "run"], nargs="?", default="all")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--encoder", default="gzkit-tiny")
    parser.add_argument("--from-scratch", action="store_true")
    parser.add_argument("--foreign", action="store_true")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--set", nargs="*", action="append", help="settings of gz.finetune, name=value")
    parser.add_argument("--rates", type=float, nargs="*", default=RATES)
    parser.add_argument("--steps", type=int, nargs="*", default=STEPS)
    parser.add_argument("--batches", type=int, nargs="*", default=[32])
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "gzkit-finetune-defaults"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    catalog, ideal = survey_catalog(options)
    schema = gz.load_schema("gz-decals-dr5")
    loss_fn = DirichletMultinomialLoss(schema)
    test = torch.tensor(catalog[schema.label_cols].to_numpy()[-TEST:])
    truth = loss_fn(test, torch.from_numpy(ideal[-TEST:])).sum(dim=1).mean().item()
    print(f"{vars(options)}\ntruth {truth:.2f}", flush=True)
    constant = torch.from_numpy(gz.fit_dirichlet(catalog[schema.label_cols].to_numpy()[:-TEST], schema))
    print(f"constant {loss_fn(test, constant.expand(len(test), -1)).sum(dim=1).mean():.2f}", flush=True)
    if options.study in ("all", "head"):
        study_head(options, schema, catalog)
    if options.study in ("all", "run"):
        study_runs(options, schema, catalog)
    if options.study == "all":
        options.from_scratch, options.image_size = True, 64
        for options.encoder in ("test_byobnet", "resnet10t"):
            study_runs(options, schema, catalog)


def survey_catalog(options):
    """Catalogue of the simulated survey (train, validate, test), and the concentrations of the truth."""
    folder = options.folder / ("foreign" if options.foreign else "survey")
    survey = simulate_survey(max(SIZES) + VALIDATE + TEST, seed=SEED, images=not folder.exists())
    names = [f"sim-{row:05d}" for row in range(len(survey.votes))]
    if survey.images is not None:
        (folder / "images").mkdir(parents=True)
        rng = np.random.default_rng(SEED)
        for name, image in zip(names, survey.images, strict=True):
            picture = Image.fromarray(foreign(image, rng) if options.foreign else image)
            picture.save(folder / "images" / f"{name}.jpg", quality=92)
    table = pd.DataFrame(survey.votes, columns=survey.schema.label_cols)
    table.insert(0, "id_str", names)
    table.insert(1, "file_loc", [str(folder / "images" / f"{name}.jpg") for name in names])
    return table, best_concentration(survey.expected, survey.schema)


def foreign(image, rng):
    """A grey negative, with noise."""
    grey = 255 - image.astype(float).mean(axis=2) + rng.normal(0, 8, image.shape[:2])
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def parts(catalog, size, seed):
    """Training and validation galaxies of a seed, as rows."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(max(SIZES))[:size]
    return rows, max(SIZES) + rng.permutation(VALIDATE)[: math.ceil(size / 7)]


def study_head(options, schema, catalog):
    """The head alone, on features that are computed once."""
    model = gz.TreeModel(schema, options.encoder, dropout=options.dropout, concentration_bounds=BOUNDS)
    votes = torch.tensor(catalog[schema.label_cols].to_numpy()).float()
    features = kept_features(options, model, catalog)
    for size in options.sizes:
        drawn = [parts(catalog, size, seed) for seed in range(options.seeds)]
        for steps, rate, batch in itertools.product(options.steps, options.rates, options.batches):
            if steps * batch > 400 * size or steps * batch < size:
                continue
            began = time.perf_counter()
            losses = np.array(
                [train_head(model, features, votes, *rows, steps, rate, batch) for rows in drawn]
            )
            epochs = steps * batch / size
            tell(
                f"{size:6} head rate={rate:g} steps={steps} batch={batch} epochs={epochs:.0f}", losses, began
            )


def kept_features(options, model, catalog):
    """Features of every galaxy as it is (view 0) and of random views, shape (view, galaxy, feature)."""
    path = options.folder / f"features-{options.encoder}-{'foreign' if options.foreign else 'survey'}.npy"
    if not path.exists():
        images = open_images(catalog["file_loc"], size=model.image_size, cache=options.folder / "cache")
        generator, augment, views = torch.Generator().manual_seed(0), Augmentation(), []
        encoder = model.eval().encoder.to(memory_format=torch.channels_last)
        for view in range(VIEWS + 1):
            found = []
            for start in range(0, len(catalog) if view == 0 else max(SIZES), 100):
                batch = torch.from_numpy(images.gather(range(start, min(start + 100, len(catalog)))))
                batch = augment(batch, augment.draw(len(batch), generator)) if view else to_unit(batch)
                pixels = torch.addcmul(model.offset, batch, model.scale)
                with torch.no_grad():
                    found.append(encoder(pixels.contiguous(memory_format=torch.channels_last)))
            views.append(torch.cat(found)[: len(catalog)])
        shape = (VIEWS + 1, len(catalog), views[0].shape[1])
        kept = np.zeros(shape, dtype=np.float32)
        for view, rows in enumerate(views):
            kept[view, : len(rows)] = rows
        np.save(path, kept)
    return torch.from_numpy(np.load(path))


def train_head(model, features, votes, train, val, steps, rate, batch):
    """Test loss of the best of the epochs, at the last one, and how long validation took to be best."""
    loss_fn = DirichletMultinomialLoss(model.schema, check_votes=False)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.constant_(model.head.bias, -5.0)
    torch.manual_seed(0)
    begin_at_constant(model, votes[train])
    for parameter in model.encoder.parameters():
        parameter.requires_grad_(False)
    optimizer = build_optimizer(model, learning_rate=rate, layer_decay=0.75, weight_decay=0.05)
    an_epoch, best, longest = max(1, math.ceil(len(train) / batch)), (math.inf, math.inf, 0), 0.0
    order = iter(())

    def loss(rows, view=0, keep=1.0):
        bounded = model.head(features[view, rows] * keep)
        concentration = BOUNDS[0] + (BOUNDS[1] - BOUNDS[0]) * torch.sigmoid(bounded)
        return loss_fn(votes[rows], concentration).sum(dim=1).mean()

    for step in range(steps):
        rows = next(order, None)
        if rows is None:
            order = iter(torch.from_numpy(train[torch.randperm(len(train)).numpy()]).split(batch))
            rows = next(order)
        for group in optimizer.param_groups:
            group["lr"] = rate * rate_at(step, steps=steps, warmup=round(0.1 * steps))
        keep = (torch.rand(len(rows), model.width) >= model.dropout) / (1 - model.dropout)
        optimizer.zero_grad()
        loss(rows, torch.randint(1, VIEWS + 1, (len(rows),)), keep).backward()
        torch.nn.utils.clip_grad_norm_(model.head.parameters(), 1.0)
        optimizer.step()
        ends_epoch = (step + 1) % an_epoch == 0 and (step + 1) % max(an_epoch, steps // 40) < an_epoch
        if ends_epoch or step == steps - 1:
            with torch.no_grad():
                now = loss(torch.from_numpy(val)).item()
                if now < best[0]:
                    test = loss(torch.arange(len(votes) - TEST, len(votes))).item()
                    longest, best = max(longest, (step - best[2]) / steps), (now, test, step)
    with torch.no_grad():
        last = loss(torch.arange(len(votes) - TEST, len(votes))).item()
    return best[1], last, (best[2] + 1) / steps, longest


def study_runs(options, schema, catalog):
    """`gz.finetune` itself."""
    test = catalog.iloc[-TEST:]
    votes = torch.tensor(test[schema.label_cols].to_numpy())
    loss_fn, cache = DirichletMultinomialLoss(schema), options.folder / "cache"
    for size in options.sizes:
        for setting in options.set or SETTINGS:
            began, losses = time.perf_counter(), []
            for seed in range(options.seeds):
                train, val = (catalog.iloc[rows] for rows in parts(catalog, size, seed))
                model = gz.TreeModel(
                    schema,
                    options.encoder,
                    pretrained=not options.from_scratch,
                    image_size=options.image_size,
                    dropout=options.dropout,
                    concentration_bounds=BOUNDS,
                    seed=seed,
                )
                values = dict(pair.split("=") for pair in setting)
                values = {
                    k: value if value == "all" else ast.literal_eval(value) for k, value in values.items()
                }
                values = {"patience": math.inf} | values
                run = gz.finetune(model, train, val, seed=seed, cache=cache, progress=False, **values)
                concentration = gz.predict(run.model, test, progress=False).concentration
                loss = (
                    loss_fn(votes, torch.from_numpy(concentration[..., 0]).double()).sum(dim=1).mean().item()
                )
                epochs = len(run.history)
                losses.append((loss, math.nan, run.best_epoch / epochs, math.nan))
            words = " ".join(setting)
            tell(f"{size:6} {options.encoder} {words} epochs={epochs}", np.array(losses), began)


def tell(words, losses, began):
    """A line of the table."""
    mean = losses.mean(axis=0)
    error = losses[:, 0].std(ddof=1) / len(losses) ** 0.5 if len(losses) > 1 else math.nan
    print(
        f"{words:70} {mean[0]:7.3f} ± {error:.3f}  last {mean[1]:7.3f}  best at {mean[2]:.2f}  "
        f"waited {mean[3]:.2f}   {time.perf_counter() - began:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
