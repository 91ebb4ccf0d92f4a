"""``gzkit doctor``: what this machine has, and what is missing for what."""

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import gzkit as gz
from gzkit.mistakes import PARTS

EXTRAS = {  # packages that gzkit does not bring along
    "JupyterLab and the lessons": "jupyterlab",
    "astronomers' own files": "astropy",
    "Zoobot's prediction files": "h5py",
    "the tab key in a shell": "argcomplete",
}
FONT = "DejaVu Sans"


def run_doctor(_):
    """Say what this machine has for gzkit, and what is missing for what.

    Versions, device, memory, fonts and caches: to read, or to send along with a question. Nothing is fetched.

    for example: gzkit doctor
    """
    print(f"gzkit {gz.__version__}, {Path(gz.__file__).parent}")
    print(f"Python {platform.python_version()}, {platform.platform()}")
    for part, packages in (PARTS | EXTRAS).items():
        found = {name: _version(name) for name in packages.split()}
        there = ", ".join(f"{name} {version}" for name, version in found.items() if version)
        print(f"\nfor {part}: {there}")
        missing = [name for name, version in found.items() if not version]
        if missing:
            print(f"    missing: pip install {' '.join(missing)}")
    print()
    for what, look in {"device": _device, "memory": _memory, "font": _font, "caches": _caches}.items():
        try:
            print(f"{what}: {look()}")
        except ImportError as error:
            print(f"{what}: cannot tell ({error})")


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _device():
    import torch

    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        names = {torch.cuda.get_device_name(place) for place in range(count)}
        return f"{count} GPU ({', '.join(sorted(names))}), {os.cpu_count()} processor cores"
    if torch.backends.mps.is_available():
        return f"Apple GPU, {os.cpu_count()} processor cores"
    return f"no GPU; {os.cpu_count()} processor cores, of which torch uses {torch.get_num_threads()}"


def _memory():
    import psutil

    free, disk = psutil.virtual_memory().available, shutil.disk_usage(Path.cwd()).free
    return f"{free / 1e9:.1f} GB free; {disk / 1e9:.1f} GB free on this disk"


def _font():
    from matplotlib import font_manager

    return font_manager.findfont(FONT, fallback_to_default=False)


def _caches():
    from huggingface_hub import constants

    hub = Path(constants.HF_HUB_CACHE)
    encoders = sorted(path.name.removeprefix("models--").replace("--", "/") for path in hub.glob("models--*"))
    return f"{hub} has {', '.join(encoders) or 'no encoders'}; decoded images are kept where cache= says"
