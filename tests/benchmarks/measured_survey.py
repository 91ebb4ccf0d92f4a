"""The same simulated galaxies as JPEGs and as FITS cutouts of three and five bands: skill, decoding speed and memory.

python tests/benchmarks/measured_survey.py --galaxies 600 --out /tmp/measured

FITS cutouts are float32, with the sky's noise and the point-spread function that the JPEGs have too, but linear; one in
three has a border without values (NaN). Five bands are mixed from three, with noise of their own.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from PIL import Image
from simulated import simulate_survey

import gzkit as gz
from gzkit.images.cache import open_images
from gzkit.simulate import images as pictures

COLOURS = ["red", "green", "blue"]
FIVE = ["u", "g", "r", "i", "z"]
MIX = np.array([[0, 0, 1], [0, 0.5, 0.5], [0, 1, 0], [0.5, 0.5, 0], [1, 0, 0]])
FAINT, BRIGHT = -2.0, 330.0  # in units of the sky's noise


def write_survey(out, galaxies, seed=1, size=128):
    """JPEGs and FITS cutouts of the same galaxies; a table of their votes."""
    found = simulate_survey(galaxies, seed=seed, images=False)
    parameters, rng = pictures.complete(found.parameters), np.random.default_rng(seed)
    ids = [f"sim-{i:05}" for i in range(galaxies)]
    for folder in ("jpeg", "three", "five"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for first in range(0, galaxies, pictures.CHUNK):
        part = {name: value[first : first + pictures.CHUNK] for name, value in parameters.items()}
        bands = pictures._bands(part, size, True, np.random.default_rng([seed, first]))
        for place, pixels in enumerate(pictures._stretch(bands)):
            name, three = ids[first + place], bands[:, place].copy()
            Image.fromarray(pixels).save(out / "jpeg" / f"{name}.jpg", quality=90)
            own = np.sqrt(1 - (MIX**2).sum(axis=1))[:, None, None]  # so that each band is as noisy
            five = np.tensordot(MIX, three, 1) + own * rng.standard_normal((5, size, size))
            if (first + place) % 3 == 0:
                three[:, :, :12], five[:, :9] = np.nan, np.nan
            for folder, planes, names in (("three", three, COLOURS), ("five", five, FIVE)):
                hdus = [
                    fits.ImageHDU(x.astype(np.float32), name=n) for x, n in zip(planes, names, strict=True)
                ]
                fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(
                    out / folder / f"{name}.fits", overwrite=True
                )
    table = pd.DataFrame(found.votes, columns=found.schema.label_cols)
    table.insert(0, "id_str", ids)
    table.to_csv(out / "votes.csv", index=False)


def skill(out, folder, stretch, seed):
    """Skill over the whole tree, of galaxies not trained on."""
    catalog = gz.read_catalog(out / "votes.csv", "gz-decals-dr5", images=out / folder)
    train, val, test = gz.split(catalog, (0.6, 0.1, 0.3), seed=seed)
    model = gz.TreeModel("gz-decals-dr5", stretch=stretch, seed=seed)
    run = gz.finetune(model, train, val, seed=seed, progress=False)
    return gz.evaluate(gz.predict(run, test, progress=False), test, train=train)["skill"].iloc[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--galaxies", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if not (options.out / "votes.csv").exists():
        write_survey(options.out, options.galaxies)
    limits = {"low": FAINT, "high": BRIGHT}
    ways = {
        "jpeg": ("jpeg", None),
        "three bands, asinh": ("three", gz.Stretch("asinh", bands=COLOURS, softening=0.02, **limits)),
        "three bands, Lupton": ("three", gz.Stretch("lupton", low=-0.5, high=6, bands=COLOURS)),
        "three bands, linear": ("three", gz.Stretch("linear", bands=COLOURS, **limits)),
        "three bands, percentiles": ("three", gz.Stretch("asinh", low="1%", high="99.9%", bands=COLOURS)),
        "five bands, asinh": ("five", gz.Stretch("asinh", bands=FIVE, softening=0.02, **limits)),
    }
    for name, (folder, stretch) in ways.items():
        files = sorted(map(str, (options.out / folder).iterdir()))[:300]
        chans = stretch.channels if stretch else 3
        began = time.perf_counter()
        open_images(files, size=64, in_chans=chans, stretch=stretch)
        rate = len(files) / (time.perf_counter() - began)
        print(f"{name:26} {rate:6.0f} images/s decoded to 64 px", flush=True)
    for name, (folder, stretch) in ways.items():
        found = [skill(options.out, folder, stretch, seed) for seed in range(options.seeds)]
        print(f"{name:26} skill {np.mean(found):.3f} ({', '.join(f'{x:.3f}' for x in found)})", flush=True)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
