"""What the finetune loop costs beside the bare encoder.

Images a second of whole training epochs (fetching, augmentation, encoder, exact loss, clipping, AdamW) over those of a
bare timm forward, backward and AdamW step on a ready tensor of the same shape, in the memory layout in which they are
faster; in one process, alternating epoch by epoch, the median of the ratios of neighbours.

    python tests/benchmarks/finetune_overhead.py --encoder test_convnext --image-size 128
    python tests/benchmarks/finetune_overhead.py --encoder resnet10t --image-size 128
    python tests/benchmarks/finetune_overhead.py --encoder convnext_nano --image-size 224 --batch-size 256 \\
        --images 20000 --steps 60 --threads 0 --profile profile.json          # on a GPU: bf16

On a machine that others use too, the ratio of processor times (--threads 1) is steadier than that of clock times.
"""

import argparse
import contextlib
import importlib
import math
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image

import gzkit as gz

finetuning = importlib.import_module("gzkit.training.finetune")  # the module, not the function of its name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="test_convnext")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4, help="of each kind before the other kind's turn")
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--images", type=int, default=None, help="in the cache (default: steps x batch size)")
    parser.add_argument("--threads", type=int, default=2, help="0: torch's own choice")
    parser.add_argument("--no-augment", action="store_true")
    parser.add_argument("--profile", help="write a Chrome trace of one more epoch to this file")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Path(folder))


def compare(options, folder):
    schema = gz.load_schema("gz-decals-dr5")
    images = options.images or options.steps * options.batch_size
    catalog = make_catalog(folder, schema, images, options.image_size)
    model = gz.TreeModel(schema, options.encoder, pretrained=False, image_size=options.image_size, crop=1.0)
    bare = Bare(options, len(schema.answers))
    meter = Meter(bare, options.steps)
    augment = None if options.no_augment else finetuning.DEFAULT_AUGMENTATION
    with swapped(finetuning.TrainingState, "save", meter.turn):
        run = gz.finetune(
            model,
            catalog,
            epochs=options.turns + 1,
            batch_size=options.batch_size,
            augment=augment,
            patience=math.inf,
            cache=folder / "cache",
            progress=False,
        )
    meter.report(options, images, run.history["images_per_second"].iloc[1:])
    if options.profile:
        profile(model, catalog, options, folder)


class Bare:
    """timm's encoder on a ready tensor, and nothing else; if no memory layout is given, in the faster one."""

    def __init__(self, options, answers, layout=None):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.encoder = timm.create_model(options.encoder, num_classes=answers).to(self.device).train()
        self.optimizer = torch.optim.AdamW(self.encoder.parameters(), lr=1e-4, fused=True)
        self.images = torch.rand(
            options.batch_size, 3, options.image_size, options.image_size, device=self.device
        )
        self.bf16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        layouts = (torch.contiguous_format, torch.channels_last)
        self.use(layout or min(layouts, key=self.seconds))

    def use(self, layout):
        self.layout = layout
        self.encoder.to(memory_format=layout)
        self.optimizer.state.clear()  # it has the layout of the weights
        self.images = self.images.contiguous(memory_format=layout)

    def seconds(self, layout):
        """Processor time of a step in this layout, or clock time of a GPU; the best of three."""
        self.use(layout)
        clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        times = []
        for _ in range(4):
            began = clock()
            self.step()
            self.wait()
            times.append(clock() - began)
        return min(times[1:])

    def step(self):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss = self.encoder(self.images).float().square().mean()
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class Meter:
    """Lets the bare encoder run between two epochs, and notes what each took."""

    def __init__(self, bare, steps):
        self.bare, self.steps, self.began, self.rows = bare, steps, None, []

    def turn(self, state):
        self.bare.wait()
        now = time.perf_counter(), time.process_time()
        whole = None if self.began is None else np.subtract(now, self.began)
        for _ in range(1 if self.began is None else self.steps):
            self.bare.step()
        self.bare.wait()
        then = time.perf_counter(), time.process_time()
        if whole is not None:  # the first epoch warms up
            self.rows.append((whole, np.subtract(then, now)))
        self.began = time.perf_counter(), time.process_time()

    def report(self, options, images, rates):
        whole, bare = np.array(self.rows).transpose(1, 0, 2)  # (turn, kind of time)
        per_image = whole / images, bare / (self.steps * options.batch_size)
        ratio = per_image[1] / per_image[0]
        layout = str(self.bare.layout).removeprefix("torch.")
        what = f"{options.encoder}, {options.image_size} px, batch {options.batch_size}"
        print(f"{what}, {len(ratio)} turns, bare step in {layout}")
        for kind, name in enumerate(("clock", "processor")):
            quartiles = np.percentile(ratio[:, kind], [25, 50, 75])
            rate = 1 / np.median(per_image[0][:, kind]), 1 / np.median(per_image[1][:, kind])
            print(
                f"  {name:9} time: {rate[0]:.0f} images/s against {rate[1]:.0f} bare, ratio {quartiles[1]:.3f} "
                f"(quartiles {quartiles[0]:.3f} to {quartiles[2]:.3f})"
            )
        print(f"  in the history: {statistics.median(rates):.0f} images/s")


def profile(model, catalog, options, folder):
    """One more epoch under torch's profiler: shares by kind of work, and a trace to look at."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profiler:
        gz.finetune(
            model, catalog, epochs=1, batch_size=options.batch_size, cache=folder / "cache", progress=False
        )
    profiler.export_chrome_trace(options.profile)
    order = "cuda_time_total" if torch.cuda.is_available() else "cpu_time_total"
    print(profiler.key_averages().table(sort_by=order, row_limit=15))


def make_catalog(folder, schema, images, size):
    """Noise, as large as the encoder takes it: 64 files, each of them many times under names of its own."""
    import pandas as pd

    rng = np.random.default_rng(0)
    files = []
    for number in range(min(64, images)):
        Image.fromarray(rng.integers(0, 255, (size, size, 3), dtype=np.uint8)).save(folder / f"{number}.jpg")
        files.append(str(folder / f"{number}.jpg"))
    votes = rng.multinomial(40, np.full(len(schema.answers), 1 / len(schema.answers)), size=images)
    catalog = pd.DataFrame(votes, columns=schema.label_cols)
    catalog.insert(0, "file_loc", [files[i % len(files)] for i in range(images)])
    catalog.insert(0, "id_str", [f"J{i}" for i in range(images)])
    return catalog


@contextlib.contextmanager
def swapped(owner, name, function):
    before = getattr(owner, name)
    setattr(owner, name, lambda state: function(state))
    try:
        yield
    finally:
        setattr(owner, name, before)


if __name__ == "__main__":
    main()
