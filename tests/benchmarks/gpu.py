"""What a GPU makes of gzkit: first whether it is right, then how fast it is and where the time goes.

    PYTHONPATH=. python tests/benchmarks/gpu.py --out folder

Five minutes on a machine with a GPU, torch, timm and this repository; no network. Images are simulated and written as
JPEGs while it runs. Without a GPU everything runs small, so that the script itself is known to work. In the folder:
``gpu.json`` (every number), ``gpu.md`` (tables), ``gpu.png`` (where the time goes). Status 1 means a check failed.
"""

import argparse
import dataclasses
import functools
import json
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gpu_checks
import numpy as np
import pandas as pd
import timm
import torch
from finetune_overhead import Bare, Meter, finetuning, swapped
from PIL import Image
from simulated import simulate_survey

import gzkit as gz
from gzkit.images import gather
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.read import load_image

SCHEMA = gz.load_schema("gz-decals-dr5")


@dataclasses.dataclass
class Setting:
    """What is measured with: large on a GPU, small without one."""

    encoder: str
    image_size: int
    batch_size: int
    images: int  # that are predicted
    steps: int  # of an epoch
    seconds: float  # that one measurement takes, about


ON_GPU = Setting("convnext_nano", 224, 256, images=20_480, steps=40, seconds=2.0)
ON_CPU = Setting("test_convnext", 96, 16, images=256, steps=4, seconds=0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for gpu.json, gpu.md and gpu.png")
    parser.add_argument(
        "--minutes", type=float, default=5, help="figures that would begin later are left out"
    )
    parser.add_argument("--images", type=int, help="that are predicted")
    parser.add_argument("--encoder", help="of the figures")
    parser.add_argument("--reference", type=Path, help=argparse.SUPPRESS)  # the CPU's side of the checks
    options = parser.parse_args()
    if options.reference:
        return gpu_checks.write_reference(options.reference)
    given = {name: getattr(options, name) for name in ("images", "encoder") if getattr(options, name)}
    setting = dataclasses.replace(ON_GPU if torch.cuda.is_available() else ON_CPU, **given)
    options.out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * options.minutes
    results = {"machine": machine(), "setting": dataclasses.asdict(setting), "checks": [], "seconds": {}}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with gpu_checks.cpu_at_work(folder / "reference"):
            timed(results, "catalogue", lambda: write_catalog(folder, setting))
            catalog = pd.read_parquet(folder / "catalog.parquet")
        timed(results, "checks", lambda: gpu_checks.run_checks(folder / "reference"))
        for figure in (bare_rates, prediction, epoch_over_bare, parts_of_a_step, compiled):
            if time.monotonic() < end:
                timed(results, figure.__name__, functools.partial(figure, setting, catalog))
            write_results(options.out, results)
    print((options.out / "gpu.md").read_text(encoding="utf-8"))
    return 0 if all(check["right"] for check in results["checks"]) else 1


def timed(results, name, work):
    """Do some work, add what it returns to the results, and how long it took."""
    began, found = time.perf_counter(), None
    try:
        found = work()
    except Exception:  # the next figure is worth having all the same
        traceback.print_exc()
        results["checks"].append({"name": f"{name} ran", "found": 0, "allowed": 1, "right": False})
    results["seconds"][name] = round(time.perf_counter() - began, 1)
    for key, value in (found or {}).items():
        results[key] = results[key] + value if key == "checks" else value
    print(f"{name}: {results['seconds'][name]} s", flush=True)


def machine():
    return {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "timm": timm.__version__,
        "gzkit": gz.__version__,
    }


def write_catalog(folder, setting):
    """A catalogue of JPEGs of 1 to 1.9 times the encoder's side: some simulated galaxies, each many times varied."""
    drawn = min(128, setting.images)
    survey = simulate_survey(drawn, seed=0, size=setting.image_size, schema=SCHEMA)
    rng = np.random.default_rng(0)
    sides = rng.integers(setting.image_size, int(1.9 * setting.image_size), setting.images)
    bright = rng.uniform(0.8, 1.2, setting.images)

    def write(row):
        image = np.rot90(survey.images[row % drawn], row // drawn % 4)[:: 1 - 2 * (row // drawn // 4 % 2)]
        image = Image.fromarray(np.ascontiguousarray(image)).resize((sides[row], sides[row]))
        image = image.point(lambda value: min(255, value * bright[row]))
        image.save(folder / f"{row}.jpg", quality=92)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(setting.images)))
    catalog = pd.DataFrame(survey.votes[np.arange(setting.images) % drawn], columns=SCHEMA.label_cols)
    catalog.insert(0, "file_loc", [str(folder / f"{row}.jpg") for row in range(setting.images)])
    catalog.insert(0, "id_str", [f"J{row}" for row in range(setting.images)])
    catalog.to_parquet(folder / "catalog.parquet")
    size = sum(path.stat().st_size for path in folder.glob("*.jpg"))
    return {"kilobytes a JPEG": size / setting.images / 1e3}


def rate(work, images, seconds):
    """Images a second, the median over repetitions in about so many seconds; the first is left out."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - began)
    return images / float(np.median(times[1:]))


def wait():
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def autocast():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda")


def bare_rates(setting, _):
    """Bare timm in both memory layouts: forward without gradients, and a training step."""
    layouts, forward, step = (torch.contiguous_format, torch.channels_last), {}, {}
    for layout in layouts:
        bare = Bare(setting, len(SCHEMA.answers), layout)
        step[str(layout)] = rate(bare.step, setting.batch_size, setting.seconds)
        bare.encoder.eval()

        @torch.inference_mode()
        def look(bare=bare):
            with autocast():
                bare.encoder(bare.images)

        forward[str(layout)] = rate(look, setting.batch_size, setting.seconds)
    return {"bare forward": forward, "bare step": step}


def prediction(setting, catalog):
    """Images a second of `gz.predict`: from JPEGs, and from images that are already decoded."""
    model = new_model(setting)
    torch.nn.init.normal_(model.head.weight, std=0.1)  # as if it were trained
    predict = functools.partial(gz.predict, model, progress=False)
    predict(catalog.iloc[: 4 * setting.batch_size])  # warms up
    settings = {"size": model.image_size, "in_chans": model.in_chans, "crop": model.crop}
    files = catalog["file_loc"].tolist()

    def decode_all():
        for start in range(0, len(files), setting.batch_size):
            gather.decoded(range(start, min(start + setting.batch_size, len(files))), files, settings)

    began = time.perf_counter()
    images = np.stack([load_image(file, **settings) for file in files[: setting.batch_size]])
    one_core = setting.batch_size / (time.perf_counter() - began)
    decoding, enough = rate(decode_all, len(files), 0), gather.PROCESSES_FROM
    gather.PROCESSES_FROM = np.inf
    by_threads = rate(decode_all, len(files), 0)
    gather.PROCESSES_FROM = enough
    ready = dict(zip(files, np.resize(images, (len(files), *images.shape[1:])), strict=True))
    found = {"decoding on one core": one_core, "decoding by threads": by_threads}
    found["decoding on all cores"] = decoding
    found["predict from JPEG"] = rate(lambda: predict(catalog), len(catalog), 0)
    before, gather.load_image = gather.load_image, lambda file, **_: ready[file]
    gather.PROCESSES_FROM = np.inf
    try:
        found["predict without decoding"] = rate(lambda: predict(catalog), len(catalog), 0)
    finally:
        gather.load_image, gather.PROCESSES_FROM = before, enough
    if hasattr(gz, "embed"):
        found["embed from JPEG"] = rate(lambda: gz.embed(model, catalog), len(catalog), 0)
    return {"prediction": found}


def epoch_over_bare(setting, catalog):
    """Images a second of whole training epochs, in turns with the bare step in its better layout."""
    catalog = catalog.iloc[np.arange(setting.steps * setting.batch_size) % len(catalog)].reset_index(
        drop=True
    )
    catalog["id_str"] = [f"J{row}" for row in range(len(catalog))]
    bare = Bare(setting, len(SCHEMA.answers))
    meter = Meter(bare, setting.steps)
    with swapped(finetuning.TrainingState, "save", meter.turn):
        gz.finetune(
            new_model(setting),
            catalog,
            epochs=5,
            batch_size=setting.batch_size,
            blocks="all",
            patience=None,
            progress=False,
        )
    whole, alone = np.array(meter.rows)[:, :, 0].T  # (turn,): seconds by the clock
    images = setting.steps * setting.batch_size
    ratio = alone / whole
    return {
        "training": {
            "epoch": images / np.median(whole),
            "bare step": images / np.median(alone),
            "epoch over bare": np.median(ratio),
            "turns": ratio.round(3).tolist(),
        }
    }


def parts_of_a_step(setting, catalog):
    """Milliseconds of each part of a training step and of a prediction, each waited for."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, count = new_model(setting).to(device), setting.batch_size
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    loss_fn = gz.DirichletMultinomialLoss(SCHEMA, check_votes=False)
    votes = torch.tensor(catalog[SCHEMA.label_cols].iloc[:count].to_numpy(), dtype=torch.float32)
    images = torch.randint(0, 255, (count, setting.image_size, setting.image_size, 3), dtype=torch.uint8)
    images, augment = images.pin_memory() if device.type == "cuda" else images, Augmentation()
    draws = augment.draw(count, torch.Generator().manual_seed(0)).to(device)
    milliseconds = {}

    def part(name, work, *given):
        began = time.perf_counter()
        found = work(*given)
        wait()
        milliseconds.setdefault(name, []).append(1e3 * (time.perf_counter() - began))
        return found

    def forward(pixels):
        with autocast():
            return model(pixels)

    def lose(concentration):
        loss_fn(votes.to(device), concentration).sum(dim=-1).mean().backward()

    def copy_in(images):
        return images.to(device, non_blocking=True)

    for _ in range(12):
        model.train()
        there = part("copy to the device", copy_in, images)
        pixels = part("augmentation", augment, there, draws)
        concentration = part("forward", forward, pixels)
        found = concentration.detach().requires_grad_()
        part("loss and its gradient", lose, found)
        part("backward", concentration.backward, found.grad)
        part("clipping", torch.nn.utils.clip_grad_norm_, list(model.parameters()), 1.0)
        part("AdamW", optimizer.step)
        optimizer.zero_grad()
        model.eval()
        with torch.inference_mode():
            pixels = part("prediction: to float", to_unit, there)
            found = part("prediction: forward", forward, pixels)
            part("prediction: copy back", found.cpu)
    medians = {name: float(np.median(times[2:])) for name, times in milliseconds.items()}
    step = sum(value for name, value in medians.items() if not name.startswith("prediction"))
    return {"parts [ms]": medians, "loss share of a step": medians["loss and its gradient"] / step}


def compiled(setting, _):
    """Whether `torch.compile` pays for itself in prediction: seconds it takes, and images a second after it."""
    if not torch.cuda.is_available():
        return {}
    bare = Bare(setting, len(SCHEMA.answers))
    encoder = torch.compile(bare.encoder.eval())

    @torch.inference_mode()
    def look(encoder):
        with autocast():
            encoder(bare.images)

    began = time.perf_counter()
    look(encoder)
    wait()
    seconds = time.perf_counter() - began
    plain = rate(lambda: look(bare.encoder), setting.batch_size, setting.seconds)
    quick = rate(lambda: look(encoder), setting.batch_size, setting.seconds)
    gained = 1 / plain - 1 / quick  # seconds an image
    pays = seconds / gained if gained > 0 else float("inf")
    return {"compile": {"seconds": seconds, "plain": plain, "compiled": quick, "images until it pays": pays}}


def new_model(setting):
    return gz.TreeModel(
        SCHEMA, setting.encoder, pretrained=False, image_size=setting.image_size, crop=1.0, dropout=0.5
    )


def write_results(out, results):
    (out / "gpu.json").write_text(json.dumps(results, indent=1, default=float) + "\n", encoding="utf-8")
    lines = ["# gzkit on a GPU", "", *(f"- {name}: {value}" for name, value in results["machine"].items())]
    lines += [f"- {name}: {value}" for name, value in results["setting"].items()]
    lines += ["", "| check | found | allowed | |", "|---|---|---|---|"]
    for check in results["checks"]:
        verdict = "right" if check["right"] else "WRONG"
        lines.append(f"| {check['name']} | {check['found']:.2g} | {check['allowed']:.2g} | {verdict} |")
    lines += ["", "| figure | |", "|---|---|"]
    for name, values in results.items():
        if name in ("machine", "setting", "checks"):
            continue
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            shown = value if isinstance(value, list) else f"{value:.4g}"
            lines.append(f"| {name}{': ' if key else ''}{key} | {shown} |")
    (out / "gpu.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if "parts [ms]" in results:
        draw(out / "gpu.png", results)


def draw(path, results):
    """Where the time of a step and of a prediction goes, and images a second."""
    import matplotlib.pyplot as plt

    parts, setting = results["parts [ms]"], results["setting"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    left.barh(list(parts), list(parts.values()), color="#0072B2")
    for name, value in parts.items():
        left.text(value, name, f" {value:.2g}", va="center")
    left.invert_yaxis()
    left.margins(x=0.15)
    left.set_xlabel(f"time [ms / batch of {setting['batch_size']}], each part waited for")
    left.set_title(f"{setting['encoder']}, {setting['image_size']} px, {results['machine']['device']}")
    rates = {f"bare forward ({name[6:]})": value for name, value in results["bare forward"].items()}
    rates |= {f"bare step ({name[6:]})": value for name, value in results["bare step"].items()}
    rates |= results.get("prediction", {})
    rates |= {name: value for name, value in results.get("training", {}).items() if name == "epoch"}
    right.barh(list(rates), list(rates.values()), color="#E69F00")
    for name, value in rates.items():
        right.text(value, name, f" {value:,.0f}", va="center")
    right.invert_yaxis()
    right.margins(x=0.2)
    right.set_xlabel("speed [images / s]")
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
