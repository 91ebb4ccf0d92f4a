"""What prediction costs beside the bare encoder, and beside what encoder and decoding allow together.

Images a second of `gz.predict` over those of a bare timm forward on a ready tensor, in its better memory layout and its
better batch size; from images that need no decoding, and from JPEGs, where forward and decoding together allow
``1 / (1 / forward + decode / cores)``. In one process, in turns; medians of the ratios of neighbours.

    python tests/benchmarks/predict_overhead.py --encoder test_convnext --image-size 128

On a machine that others use too, ``--threads 1`` and processor times are steadier than clock times.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import torch
from finetune_overhead import make_catalog

import gzkit as gz
from gzkit.images import gather
from gzkit.images.read import load_image


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="test_convnext")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    gather.WORKERS = options.threads
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Path(folder))


def compare(options, folder):
    schema = gz.load_schema("gz-decals-dr5")
    catalog = make_catalog(folder, schema, options.images, options.image_size)
    model = gz.TreeModel(schema, options.encoder, pretrained=False, image_size=options.image_size, crop=1.0)
    torch.nn.init.normal_(model.head.weight, std=0.1)  # as if it were trained
    settings = {"size": options.image_size, "in_chans": 3, "crop": 1.0}
    files = catalog["file_loc"].tolist()
    ready = {file: load_image(file, **settings) for file in set(files)}
    forward, layout = best_forward(options, len(schema.answers))

    def decode():
        for file in files[:128]:
            load_image(file, **settings)

    def from_memory():
        gather.load_image = lambda file, **_: ready[file]
        gz.predict(model, catalog, progress=False)
        gather.load_image = load_image

    def from_jpeg():
        gz.predict(model, catalog, progress=False)

    work = {"forward": forward, "decode": decode, "from memory": from_memory, "from JPEG": from_jpeg}
    images = {"decode": 128}
    rows = []
    for turn in range(options.turns + 1):
        times = {name: measure(step) / images.get(name, options.images) for name, step in work.items()}
        if turn:  # the first warms up
            rows.append([times[name] for name in work])
    report(options, np.array(rows), layout)


def best_forward(options, answers):
    """A function that looks at all images in the memory layout and batch size in which that is fastest."""
    encoder = timm.create_model(options.encoder, num_classes=answers).eval()
    ready = torch.rand(64, 3, options.image_size, options.image_size)

    @torch.inference_mode()
    def look(parts, times=1):
        for part in parts * times:
            encoder(part)

    def seconds(choice):
        layout, batch = choice
        encoder.to(memory_format=layout)
        parts = ready.contiguous(memory_format=layout).split(batch)
        return min(measure(lambda: look(parts))[1] for _ in range(4))

    layouts = (torch.contiguous_format, torch.channels_last)
    layout, batch = min(itertools.product(layouts, (8 * options.threads, 64)), key=seconds)
    encoder.to(memory_format=layout)
    parts = ready.contiguous(memory_format=layout).split(batch)
    return lambda: look(parts, options.images // 64), f"{str(layout)[6:]}, batches of {batch}"


def measure(work):
    """Seconds by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return np.array([time.perf_counter() - clock, time.process_time() - processor])


def report(options, times, layout):
    """``times`` (turn, kind of work, kind of time): seconds an image."""
    print(f"{options.encoder}, {options.image_size} px, {options.threads} threads; bare forward: {layout}")
    for kind, name in enumerate(("clock", "processor")):
        forward, decode, memory, jpeg = times[:, :, kind].T
        cores = options.threads if kind == 0 else 1  # processor time adds up over the cores
        ratios = {"from memory": forward / memory, "from JPEG": (forward + decode / cores) / jpeg}
        rates = ", ".join(f"{1 / np.median(column):.0f}" for column in times[:, :, kind].T)
        shown = "; ".join(
            f"{what} {np.median(ratio):.3f} ({ratio.min():.3f} to {ratio.max():.3f})"
            for what, ratio in ratios.items()
        )
        print(f"  {name} time: images/s forward, decode (one core), from memory, from JPEG: {rates}")
        print(f"    of what is possible: {shown}", flush=True)


if __name__ == "__main__":
    main()
