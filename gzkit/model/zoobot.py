"""Zoobot's Lightning checkpoints as models of gzkit; nothing that is in the file is executed."""

import pickle
import re
import warnings
from pathlib import Path

import timm
import torch

from gzkit.mistakes import check_ranges
from gzkit.model.config import RANGES
from gzkit.model.encoder import describe_encoder, rebuild_encoder
from gzkit.model.head import PUBLISHED_BOUNDS
from gzkit.model.tree_model import TreeModel
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema, suggest

HEAD = "head.1.0."  # the linear layer of Zoobot's head for decision trees: dropout, (linear, sigmoid)


class _Inert:
    """Stands for any object in the file: it keeps what is written there, and does nothing."""

    def __init__(self, *args, **kwargs):
        self.content = kwargs

    def __setstate__(self, content):
        self.content = content if isinstance(content, dict) else {}


def load_zoobot(
    path: str | Path,
    schema: Schema | str | None = None,
    *,
    architecture: str | None = None,
    image_size: int = 224,
    dropout: float = 0.5,
) -> TreeModel:
    """Read a checkpoint (``.ckpt``) that Zoobot wrote with Lightning.

    The encoder is read, and of the head the answers whose columns are also in the schema. Images are given to it as it
    knew them: in [0, 1], not normalised further.

    Parameters
    ----------
    path : str or Path
    schema : Schema or str, optional
        The questions of the model that is wanted; by default those of the checkpoint.
    architecture : str, optional
        timm's name of the encoder, where the checkpoint does not tell it: ``"convnext_nano"``.
    image_size : int
        Side of the images [pixels]; checkpoints do not tell it, 224 is usual.
    dropout : float
        Of the head.

    Returns
    -------
    TreeModel

    Raises
    ------
    ValueError
        If the file is not such a checkpoint, the architecture is not known or does not fit, or a schema is needed.

    References
    ----------
    Walmsley et al. 2023, JOSS 8, 5312: Zoobot.
    """
    options = {"dropout": dropout, "image_size": image_size, "in_chans": None, "crop": None}
    check_ranges("load_zoobot", RANGES, options)
    content = _read_inert(path)
    weights = {name.replace("._orig_mod.", "."): value for name, value in content["state_dict"].items()}
    encoder_weights = _under("encoder.", weights)
    if not encoder_weights:
        raise ValueError(f"{path}: no weights called 'encoder...' in it; not a checkpoint of Zoobot")
    told = content.get("hyper_parameters") or {}
    own_schema = _schema_in(told)
    schema = as_schema(schema, "load_zoobot") if schema else own_schema
    if schema is None:
        raise ValueError(f"{path}: the checkpoint does not tell its questions; give schema=")
    encoder, config = _encoder(path, encoder_weights, architecture or _architecture_in(told), image_size)
    model = TreeModel.of_encoder(schema, encoder, config, float(dropout), False, PUBLISHED_BOUNDS)
    _copy_head(path, model, own_schema, _under(HEAD, weights))
    return model.eval()


def _read_inert(path):
    """What is in the file, with an inert object for everything that is neither a tensor nor plain data."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        stand_ins = [(type(name.rpartition(".")[2], (_Inert,), {}), name) for name in names]
        with torch.serialization.safe_globals(stand_ins):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL (\S+)", str(error))
        what = f"{name[1]!r}, which would be executed" if name else "what is neither tensors nor plain data"
        raise ValueError(f"{path}: refused, since it holds {what}") from error
    except (RuntimeError, ValueError, OSError, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: cannot be read as a checkpoint ({str(error).splitlines()[0]})") from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise ValueError(f"{path}: no 'state_dict' in it; not a checkpoint of Lightning")
    return content


def _schema_in(told):
    """The checkpoint's schema, if its settings have the questions as plain dictionaries; None otherwise."""
    inside = told.get("schema")
    source = inside.content if isinstance(inside, _Inert) else told
    pairs, dependencies = source.get("question_answer_pairs"), source.get("dependencies")
    if not pairs or not dependencies:
        return None
    return Schema(pairs, {question: dependencies.get(question) for question in pairs}, name="zoobot")


def _architecture_in(told):
    for name in (told.get("architecture_name"), told.get("name")):
        if isinstance(name, str):
            return name.rpartition("/")[2].removeprefix("zoobot-encoder-").removeprefix("greyscale-")
    return None


def _encoder(path, weights, architecture, image_size):
    if architecture is None:
        raise ValueError(
            f"{path}: the checkpoint does not tell its encoder; give architecture='convnext_nano', say"
        )
    if not timm.is_model(architecture):
        raise ValueError(f"timm has no encoder {architecture!r}{suggest(architecture, timm.list_models())}")
    first = next(value for value in weights.values() if value.ndim == 4)  # (filter, channel, height, width)
    named = {"architecture": architecture}
    config = describe_encoder(named, f"zoobot:{architecture}", first.shape[1], image_size)
    try:
        encoder = rebuild_encoder(config)
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()[:120]
        raise ValueError(f"{path}: its encoder is no {architecture!r} ({reason} ...)") from error
    return encoder, config


def _copy_head(path, model, own_schema, head):
    """Give the answers that the checkpoint knows its head's weights; warn of the others, whose weights are random."""
    known = {label: row for row, label in enumerate(own_schema.label_cols)} if own_schema and head else {}
    if head and len(head["weight"]) != len(known):
        known = {}
    wanted = model.schema.label_cols
    shared = [label for label in wanted if label in known]
    with torch.no_grad():
        for label in shared:
            row = model.schema.get_answer(label).index
            model.head.weight[row] = head["weight"][known[label]]
            model.head.bias[row] = head["bias"][known[label]]
    if len(shared) < len(wanted):
        new = [label for label in wanted if label not in known]
        names = ", ".join(new[:3])
        warnings.warn(
            f"{path}: the head's weights for {len(new)} of {len(wanted)} answers begin at random ({names}, ...), "
            "since the checkpoint does not know them: finetune before predicting",
            stacklevel=3,
        )


def _under(start, weights):
    return {name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)}
