"""Which parameters are trained, how fast, and how the rate changes in the course of training."""

import math

import timm.optim
import torch
from timm.models import group_parameters

LEARNING_RATE = 4e-3  # of the head, at its highest; the notes of `finetune` say why
FUSED = ("cpu", "cuda")  # where AdamW goes once through a group's weights: with many groups, 4 times as fast


def freeze_blocks(model, blocks):
    """Leave only the encoder's last blocks, and the head, to be trained.

    Blocks are the stages of the encoder as timm groups its parameters, from the input to the output; a closing
    normalisation counts with the block before it.

    Parameters
    ----------
    model : TreeModel
    blocks : int or "all"
        How many of the last blocks are trained; 0 trains the head alone.

    Raises
    ------
    ValueError
        If the encoder has not as many blocks.
    """
    groups = encoder_blocks(model.encoder)
    if blocks != "all" and (isinstance(blocks, bool) or blocks not in range(len(groups) + 1)):
        raise ValueError(
            f"blocks={blocks!r}: this encoder has {len(groups)} blocks, so 0..{len(groups)} or 'all'"
        )
    trained = len(groups) if blocks == "all" else blocks
    parameters = dict(model.encoder.named_parameters())
    for place, names in enumerate(groups):
        for name in names:
            parameters[name].requires_grad_(place >= len(groups) - trained)


def encoder_blocks(encoder):
    """The parameters of each block of an encoder, from the input to the output.

    Parameters
    ----------
    encoder : Module
        From timm; or another, whose children are then its blocks.

    Returns
    -------
    list of list of str
        Names of parameters.

    Examples
    --------
    >>> import timm
    >>> len(encoder_blocks(timm.create_model("resnet10t", num_classes=0)))
    5
    """
    if hasattr(encoder, "group_matcher"):
        groups = list(group_parameters(encoder, encoder.group_matcher(coarse=True)).values())
    else:
        by_child = {}
        for name, _ in encoder.named_parameters():
            by_child.setdefault(name.split(".")[0], []).append(name)
        groups = list(by_child.values())
    parameters, blocks = dict(encoder.named_parameters()), []
    for names in groups:
        if blocks and all(parameters[name].ndim < 2 for name in names):
            blocks[-1] += names  # a normalisation between or behind the blocks
        else:
            blocks.append(list(names))
    return blocks


def build_optimizer(model, *, learning_rate, layer_decay, weight_decay):
    """AdamW, with a rate that falls from the head to the encoder's first layers.

    Weights decay; biases and normalisations do not.

    Parameters
    ----------
    model : TreeModel
        With the frozen parameters frozen.
    learning_rate : float
        Of the head and the encoder's last layer.
    layer_decay : float
        Factor of the rate from each layer to the one before; 1 for the same everywhere.
    weight_decay : float

    Returns
    -------
    torch.optim.AdamW
        Each group has its ``lr_scale``, share of the learning rate.

    References
    ----------
    Loshchilov & Hutter 2019, arXiv:1711.05101 (AdamW). Bao et al. 2022, arXiv:2106.08254 (layer-wise rates).
    """
    groups = timm.optim.param_groups_weight_decay(model.head, weight_decay)
    if any(parameter.requires_grad for parameter in model.encoder.parameters()):
        decay = timm.optim.param_groups_layer_decay
        groups += decay(model.encoder, weight_decay=weight_decay, layer_decay=layer_decay)
    for group in groups:
        group.setdefault("lr_scale", 1.0)
        group["lr"] = learning_rate * group["lr_scale"]
    fused = next(model.head.parameters()).device.type in FUSED
    return torch.optim.AdamW(groups, lr=learning_rate, fused=fused or None)


def rate_at(step, *, steps, warmup):
    """Share of the learning rate at a step: a straight climb, then half a cosine down to nothing.

    Parameters
    ----------
    step : int
        From 0.
    steps : int
        In the whole training.
    warmup : int
        Steps of the climb.

    Returns
    -------
    float
        In (0, 1].

    References
    ----------
    Loshchilov & Hutter 2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(rate_at(step, steps=6, warmup=2), 3) for step in range(6)]
    [0.5, 1.0, 0.962, 0.691, 0.309, 0.038]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 + 0.5 * math.cos(math.pi * (step - warmup + 0.5) / max(steps - warmup, 1))


def take_step(accelerator, model, optimizer, learning_rate, clip):
    """Change the weights by what the gradients say, and forget the gradients.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
    model : Module
    optimizer : torch.optim.Optimizer
        From `build_optimizer`; every group has its share of the learning rate.
    learning_rate : float
    clip : float or None
        Largest norm of the gradient.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["lr_scale"]
    if clip is not None:
        accelerator.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad()
