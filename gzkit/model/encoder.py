"""Image encoders from timm: the bundled one, one by name, from the Hugging Face Hub, or from a folder."""

import socket
import urllib.request
import warnings
from pathlib import Path

import huggingface_hub
import timm
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from gzkit.model.config import check_encoder, read_config
from gzkit.schema.tree import suggest

BUNDLED = Path(__file__).parent / "encoders"
HUB, FOLDER = "hf-hub:", "local-dir:"
WEIGHTS = "model.safetensors"
# what cannot be built, images that are not taken
REFUSED = (RuntimeError, AssertionError, ValueError, TypeError, IndexError)


def create_encoder(name, *, pretrained=True, in_chans=None, image_size=None):
    """Create an encoder, with what it wants of its images.

    A copy in the Hugging Face cache is used without asking the network; only what is not there is fetched, and a
    warning says so.

    Parameters
    ----------
    name : str
        ``"gzkit-tiny"`` (bundled), any timm name (``"convnext_nano.in12k"``),
        ``"hf-hub:mwalmsley/zoobot-encoder-convnext_nano"`` or ``"local-dir:folder/"``.
    pretrained : bool
        Whether to load the published weights.
    in_chans : int, optional
        By default the encoder's own.
    image_size : int, optional
        Side of the images [pixels]; by default the encoder's own.

    Returns
    -------
    tuple of (Module, dict)
        The encoder, from images to features (batch, feature), and all that is needed to build it again, ready for
        JSON: ``name, architecture, arguments, in_chans, image_size, crop, mean, std``.

    Raises
    ------
    ValueError
        If there is no such encoder, or its weights are neither here nor to be had.
    """
    folder = _folder(name)
    content = read_config(folder) if folder else {}
    overlay = {} if folder or not pretrained else _cached_weights(name)
    if in_chans is None and folder:
        in_chans = content.get("pretrained_cfg", {}).get("input_size", [3])[0]
    if pretrained and folder and not (folder / WEIGHTS).is_file():
        raise ValueError(f"encoder {name!r}: no {WEIGHTS} in {str(folder)!r} (nothing else is read)")
    try:
        encoder = timm.create_model(
            f"{FOLDER}{folder}" if folder else name,
            pretrained=pretrained,
            num_classes=0,
            in_chans=in_chans or 3,
            **overlay,
        )
    except (*REFUSED, OSError) as error:
        raise ValueError(_explain(name, error)) from error
    config = describe_encoder(_wants(encoder), name, in_chans or 3, image_size)
    if folder:
        config |= {"architecture": content["architecture"], "arguments": content.get("model_args") or {}}
    check_encoder(config)
    _set_image_size(encoder, config)
    return encoder, config


def rebuild_encoder(config):
    """The encoder that a configuration describes, with random weights; needs neither the network nor other files.

    Parameters
    ----------
    config : dict
        As `create_encoder` returns it.

    Returns
    -------
    Module

    Raises
    ------
    ValueError
        If this version of timm does not know the architecture.
    """
    check_encoder(config)
    if not timm.is_model(config["architecture"]):
        raise ValueError(f"timm {timm.__version__} has no encoder {config['architecture']!r}")
    arguments = config["arguments"] | {"num_classes": 0, "in_chans": config["in_chans"]}
    try:
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they are
            encoder = timm.create_model(config["architecture"], pretrained=False, **arguments)
        _set_image_size(encoder, config)
    except REFUSED as error:
        raise ValueError(f"encoder {config['architecture']!r} with {arguments}: {error}") from error
    return encoder


def describe_module(encoder, *, in_chans=None, image_size=None):
    """Configuration of an encoder that is no file and has no name: a ``torch.nn.Module``.

    Parameters
    ----------
    encoder : Module
        Its ``pretrained_cfg`` says what it wants, where it has one; else images stay in [0, 1].
    in_chans : int, optional
    image_size : int, optional

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If its image size is not known.
    """
    known = _wants(encoder)
    if image_size is None and "input_size" not in known:
        raise ValueError(
            "TreeModel: give image_size=, since this encoder has no pretrained_cfg that tells it"
        )
    return describe_encoder(known, None, in_chans or known.get("input_size", [3])[0], image_size)


def _wants(encoder):
    """What an encoder says that it wants of its images, as timm's do."""
    return getattr(encoder, "pretrained_cfg", None) or {}


def feature_width(encoder, config):
    """Number of features that the encoder gives an image, found by trying it.

    Parameters
    ----------
    encoder : Module
    config : dict

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If its output is not (batch, feature).
    """
    was_training = encoder.training
    try:
        features = _try(encoder.eval(), config)
    except REFUSED as error:
        sizes = ", ".join(
            str(size) for size in _sizes_near(config) if _takes(encoder, config | {"image_size": size})
        )
        raise ValueError(
            f"TreeModel: the encoder takes no images of {config['in_chans']} x {config['image_size']} x "
            f"{config['image_size']} pixels ({error})" + (f"; it takes image_size={sizes}" if sizes else "")
        ) from error
    finally:
        encoder.train(was_training)
    shape = tuple(getattr(features, "shape", ()))
    if len(shape) != 2:
        raise ValueError(
            f"TreeModel: the encoder gives {shape or type(features).__name__} for one image; expected (1, feature)"
        )
    return shape[1]


def _try(encoder, config):
    """What an encoder gives for one black image."""
    side = config["image_size"]
    with torch.no_grad():
        return encoder(torch.zeros(1, config["in_chans"], side, side))


def _sizes_near(config):
    """Sizes that encoders often take, the two nearest first, and the one that images of the field have."""
    step, size = 32, config["image_size"]
    return sorted({max(step, size // step * step), (size // step + 1) * step, 224, 256})


def _takes(encoder, config):
    try:
        _set_image_size(encoder, config)
        _try(encoder, config)
    except REFUSED:
        return False
    return True


def memory_layout(encoder):
    """The memory layout in which an encoder's convolutions are fastest.

    Channels last, for every encoder of timm's with more convolutions than the one that cuts patches. On a processor, a
    thread at a time, a training step is then 1.25 (resnet10t), 1.64 (test_byobnet), 1.65 (efficientnet_b0), 1.03
    (test_convnext) and 1.04 times (convnext_nano) as fast, and the forward pass in small batches 1.44, 1.60, 1.56, 1.02
    and 1.01 times. Other people's encoders keep the usual layout, which they may count on.

    Parameters
    ----------
    encoder : Module

    Returns
    -------
    torch.memory_format
    """
    convolutions = sum(isinstance(module, torch.nn.Conv2d) for module in encoder.modules())
    of_timm = getattr(encoder, "pretrained_cfg", None) is not None
    return torch.channels_last if of_timm and convolutions > 1 else torch.contiguous_format


def describe_encoder(known, name, in_chans, image_size):
    """Configuration of an encoder.

    Parameters
    ----------
    known : dict
        Its ``pretrained_cfg``, or as much of it as is known; images stay in [0, 1] where it says nothing else.
    name : str or None
    in_chans : int
    image_size : int or None
        None only where ``known`` tells it.

    Returns
    -------
    dict
    """
    mean, std = known.get("mean", [0.0]), known.get("std", [1.0])
    return {
        "name": name,
        "architecture": known.get("architecture"),
        "arguments": {},
        "in_chans": in_chans,
        "image_size": image_size or known["input_size"][-1],
        "crop": known.get("crop_pct", 1.0),
        "mean": _per_channel(mean, in_chans),
        "std": _per_channel(std, in_chans),
    }


def _per_channel(values, in_chans):
    """One value a channel; colour statistics of a greyscale image are averaged."""
    if len(values) == in_chans:
        return [float(value) for value in values]
    return [sum(values) / len(values)] * in_chans


def _set_image_size(encoder, config):
    """Tell a vision transformer its image size; convolutions take any."""
    side = config["image_size"]
    if _wants(encoder).get("fixed_input_size") and hasattr(encoder, "set_input_size"):
        encoder.set_input_size(img_size=(side, side))


def _folder(name):
    """Where a named encoder's files are: Path, or None for timm's own names. Fetches a Hub encoder that is not here."""
    if name.startswith(HUB):
        return _hub_folder(name)
    folder = Path(name.removeprefix(FOLDER)) if name.startswith(FOLDER) else BUNDLED / name
    if name.startswith(FOLDER) and not (folder / "config.json").is_file():
        raise ValueError(f"encoder {name!r}: no config.json in {str(folder)!r}")
    return folder if (folder / "config.json").is_file() else None


def _hub_folder(name):
    repository, _, revision = name.removeprefix(HUB).partition("@")
    wanted = {"revision": revision or None, "allow_patterns": ["config.json", WEIGHTS]}
    try:
        folder = Path(huggingface_hub.snapshot_download(repository, local_files_only=True, **wanted))
        if (folder / WEIGHTS).exists():
            return folder
    except LocalEntryNotFoundError:
        pass
    except ValueError as error:  # not "owner/name"
        raise ValueError(f"encoder {name!r}: {error}") from error
    _announce(name, repository)
    try:
        return Path(huggingface_hub.snapshot_download(repository, **wanted))
    except OSError as error:
        raise ValueError(_no_network(name, repository)) from error


def _cached_weights(name):
    """Arguments that point timm to cached weights of one of its own names; announces what it must fetch."""
    known = timm.get_pretrained_cfg(name, allow_unregistered=True) if timm.is_model(name) else None
    if known is None or not known.hf_hub_id:
        return {}
    repository, _, revision = known.hf_hub_id.partition("@")
    if repository.endswith("/"):
        repository += f"{known.architecture}.{known.tag}"
    cached = huggingface_hub.try_to_load_from_cache(
        repository, known.hf_hub_filename or WEIGHTS, revision=revision or None
    )
    if isinstance(cached, str):
        return {"pretrained_cfg_overlay": {"file": cached}}
    _announce(name, repository)
    return {}


def _announce(name, repository):
    """Say what is going to be fetched, or that it cannot be: a name look-up is quick, the Hub's own retries are not."""
    if not urllib.request.getproxies():
        try:
            socket.getaddrinfo("huggingface.co", 443)
        except OSError as error:
            raise ValueError(_no_network(name, repository)) from error
    cache = huggingface_hub.constants.HF_HUB_CACHE
    warnings.warn(
        f"encoder {name!r}: fetching https://huggingface.co/{repository} into {cache}", stacklevel=5
    )


def _no_network(name, repository):
    return (
        f"encoder {name!r}: its weights are not on this machine, and huggingface.co/{repository} cannot be reached. "
        "Fetch it where there is a network and copy the folder (config.json, model.safetensors) here, then use "
        "encoder='local-dir:FOLDER'; or take the bundled encoder='gzkit-tiny', or pretrained=False"
    )


def _explain(name, error):
    if not timm.is_model(name) and not name.startswith((HUB, FOLDER)):
        nearest = suggest(name, [*timm.list_models(), *(path.name for path in BUNDLED.glob("*/"))])
        return f"no encoder {name!r}{nearest}"
    return f"encoder {name!r}: {error}"
