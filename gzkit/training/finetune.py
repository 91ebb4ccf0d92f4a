"""Finetuning: one loop, plain PyTorch on Hugging Face accelerate."""

import contextlib
import math
import time
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from timm.layers import convert_sync_batchnorm

from gzkit.catalog.taken import take_catalog
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import evaluation_batches, open_galaxies, training_batches
from gzkit.loss.loss import DirichletMultinomialLoss
from gzkit.model.engine import start_engine
from gzkit.model.head import begin_at_constant, is_untrained
from gzkit.model.tree_model import TreeModel
from gzkit.training.checkpoints import average_into
from gzkit.training.guards import check_options, finite, left_in_order, warn_of_shared_galaxies
from gzkit.training.optimization import LEARNING_RATE, build_optimizer, freeze_blocks, rate_at, take_step
from gzkit.training.state import FinetuneRun, TrainingState, fingerprint
from gzkit.training.watch import Watch

DEFAULT_AUGMENTATION = Augmentation()
EVALUATION_BATCH = 256  # images at a time without gradients, over all processes


def finetune(
    model: TreeModel,
    train: pd.DataFrame,
    val: pd.DataFrame | None = None,
    *,
    epochs: int = 20,
    batch_size: int = 64,
    learning_rate: float = LEARNING_RATE,
    blocks: int | str = "all",
    layer_decay: float = 0.75,
    weight_decay: float = 0.05,
    warmup: float = 0.1,
    clip: float | None = 1.0,
    ema_decay: float | None = None,
    accumulate: int = 1,
    augment: Augmentation | None = DEFAULT_AUGMENTATION,
    precision: str = "auto",
    patience: int | None = 10,
    seed: int = 0,
    save_dir: str | Path | None = None,
    resume: bool = False,
    cache: str | Path | None = None,
    max_unreadable: float = 0.05,
    progress: bool = True,
    live_plot: bool = False,
    log_with: str | None = None,
) -> FinetuneRun:
    """Finetune a model on volunteers' votes.

    Parameters
    ----------
    model : TreeModel
        Is trained in place.
    train, val : DataFrame
        Catalogues with ``id_str``, ``file_loc`` and the schema's columns of votes, as `gz.read_catalog` gives them.
        Without `val` the training loss decides which epoch is best.
    epochs : int
        At most.
    batch_size : int
        Galaxies in a step, over all processes.
    learning_rate : float
        Of the head and the encoder's last layer, at its highest.
    blocks : int or "all"
        How many of the encoder's last blocks are trained, as timm groups them; 0 for the head alone.
    layer_decay : float
        Factor of the learning rate from each layer to the one before it.
    weight_decay : float
    warmup : float
        Share of all steps in which the rate climbs; after it, half a cosine down to nothing.
    clip : float or None
        Largest norm of a step's gradient.
    ema_decay : float, optional
        Validate, and keep, an exponential moving average of the weights with this decay a step (0.99, say).
    accumulate : int
        Parts in which each step's galaxies are gone through, for less memory.
    augment : Augmentation or None
        Random views of the training images.
    precision : {"auto", "no", "bf16", "fp16"}
        Of the encoder; "auto" is bf16 on a GPU that has it, else float32. The loss is always exact.
    patience : int or None
        Epochs without a better validation loss after which training ends.
    seed : int
        Of the order, the views and the dropout. Two runs on a CPU are equal to the last bit, also if one of them was
        interrupted and resumed.
    save_dir : str or Path, optional
        Where the whole state is kept after each epoch, and at the end ``model/`` (best weights), ``last/`` and
        ``history.csv``.
    resume : bool
        Go on from what an interrupted run left in `save_dir`; from the start where there is nothing yet.
    cache : None, "stream", str or Path
        Decoded images are kept in memory (None), in this folder, or are not kept (``"stream"``).
    max_unreadable : float
        Share of the images that may be left out since they cannot be decoded.
    progress : bool
    live_plot : bool
        Draw the history after each epoch, in a notebook.
    log_with : str, optional
        ``"tensorboard"``, ``"wandb"`` or another of accelerate's trackers.

    Returns
    -------
    FinetuneRun

    Raises
    ------
    ValueError
        If an option or a catalogue makes no sense, or what is to be resumed was begun with other settings.
    TrainingStopped
        If the loss is no longer a number, or memory runs out. The model then has its best weights so far.

    Notes
    -----
    How the defaults were chosen: on the simulated sample (300 galaxies to train, 180 to validate, 64 px, 20 epochs of 5
    steps), one setting changed at a time, mean difference of the lowest validation loss [nat / galaxy] over four splits
    and seeds, with its standard error; above zero is worse (``tests/benchmarks/finetune_defaults.py``).

    ===========================  =====================  ==========================
    setting                      gzkit-tiny, finetuned  test_convnext from scratch
    ===========================  =====================  ==========================
    loss with the defaults       35.90                  43.85
    learning_rate=5e-4           +3.57 ± 0.10           +0.46 ± 0.14
    learning_rate=1e-3           +1.48 ± 0.06           +0.35 ± 0.13
    learning_rate=2e-3           +0.39 ± 0.07           +0.16 ± 0.06
    learning_rate=1e-2           +0.13 ± 0.14           +0.06 ± 0.04
    blocks=0                     +3.16 ± 0.09           +0.25 ± 0.14
    blocks=0, at a rate of 1e-2  +1.22 ± 0.10           +0.16 ± 0.14
    blocks=2                     +0.24 ± 0.06           +0.05 ± 0.05
    layer_decay=0.5              +0.08 ± 0.04           +0.23 ± 0.12
    layer_decay=1                -0.02 ± 0.06           +0.16 ± 0.07
    weight_decay=0               +0.02 ± 0.02           +0.01 ± 0.01
    weight_decay=0.2             +0.03 ± 0.04           +0.02 ± 0.02
    dropout=0 (of the model)     +0.05 ± 0.11           -0.27 ± 0.12
    ===========================  =====================  ==========================

    A rate of 4e-3 is best or not worse than any other; training all blocks pays at this size of picture; weight decay
    and the factor between layers hardly matter here. Longer runs and larger encoders were not tried. At the 128 px
    that gzkit-tiny was pretrained on, its head alone, at a rate of 1e-2, does better than all blocks (by 0.2,
    three splits). In 100 steps from scratch the small encoder learns little, and less with a dropout of a half.

    References
    ----------
    Walmsley et al. 2023, JOSS 8, 5312: finetuning on Galaxy Zoo votes.

    Examples
    --------
    >>> import gzkit as gz
    >>> catalog = gz.sample_catalog()  # doctest: +SKIP
    >>> train, val, test = gz.split(catalog, (0.7, 0.1, 0.2))  # doctest: +SKIP
    >>> model = gz.TreeModel(gz.load_schema("gz-decals-dr5"))  # doctest: +SKIP
    >>> run = gz.finetune(model, train, val, epochs=10)  # doctest: +SKIP
    >>> run.history  # doctest: +SKIP
    """
    folder = None if save_dir is None else Path(save_dir)
    loop = {"epochs": epochs, "patience": patience, "seed": seed}
    step = {"learning_rate": learning_rate, "clip": clip, "ema_decay": ema_decay}
    groups = {"learning_rate": learning_rate, "layer_decay": layer_decay, "weight_decay": weight_decay}
    share = {"batch_size": batch_size, "accumulate": accumulate}
    check_options(**loop, **step, **share, warmup=warmup, augment=augment, save_dir=folder, resume=resume)
    settings = loop | step | groups | share | {"warmup": warmup, "blocks": blocks, "augment": repr(augment)}

    accelerator = start_engine(precision=precision, log_with=log_with, project_dir=folder)
    progress = progress and accelerator.is_main_process
    images = {"cache": cache, "max_unreadable": max_unreadable, "progress": progress}
    train, val = (
        table
        if table is None
        else take_catalog(table, model.schema, name=name, columns=["id_str", "file_loc"])
        for name, table in (("train", train), ("val", val))
    )
    train_set, val_set = _open_both(accelerator, model, train, val, **images)
    freeze_blocks(model, blocks)
    if is_untrained(model):
        begin_at_constant(model, train_set.votes[train_set.rows])
    if model.learn_batch_norm and accelerator.num_processes > 1 and accelerator.device.type == "cuda":
        model.encoder = convert_sync_batchnorm(model.encoder)  # statistics of the whole step, not of a share
    optimizer = build_optimizer(model.to(accelerator.device), **groups)
    settings["galaxies"] = fingerprint(model, train, val)
    state = TrainingState(model, optimizer, settings, folder, averaged=ema_decay is not None)
    if resume:
        state.load()
    steps = math.ceil(len(train_set) / batch_size)  # an epoch
    schedule = {"steps": epochs * steps, "warmup": round(warmup * epochs * steps)}
    watch = Watch(accelerator, state, epochs, len(train_set), progress, live_plot, log_with)
    batches = partial(training_batches, train_set, model, augment, **share, seed=seed)
    with left_in_order(accelerator, state, **share), watch:
        _train(accelerator, state, watch, batches, val_set, augment, schedule, **loop, **step)
    return state.finish(accelerator)


def _train(
    accelerator,
    state,
    watch,
    batches,
    val,
    augment,
    schedule,
    *,
    epochs,
    patience,
    seed,
    learning_rate,
    clip,
    ema_decay,
):
    """The loop. Every process goes through its own share of each step's galaxies."""
    model, optimizer = accelerator.prepare(state.model, state.optimizer)
    loss_fn = DirichletMultinomialLoss(state.model.schema, check_votes=False)  # checked as they were read
    share = {"process": accelerator.process_index, "processes": accelerator.num_processes}
    step = len(state.history) * (schedule["steps"] // epochs)
    for epoch in range(len(state.history), epochs):
        if state.stalled(patience):
            break
        model.train()
        torch.manual_seed(seed + epoch)  # for encoders with a dropout of their own
        began, epoch_loss = time.perf_counter(), 0.0
        for batch in batches(epoch=epoch, **share):
            batch = batch.to(accelerator.device)
            images = augment(batch.images, batch.draws) if augment else to_unit(batch.images)
            with contextlib.nullcontext() if batch.ends_step else accelerator.no_sync(model):
                nll = loss_fn(batch.votes, model(images, batch.keep))  # (batch, question)
                loss = (nll.sum(dim=-1) * batch.weight).sum()
                mean = loss / batch.galaxies  # over the step's galaxies, whoever has them
                accelerator.backward(mean * accelerator.num_processes)
            epoch_loss += loss.detach()
            if batch.ends_step:
                rate = learning_rate * rate_at(step, **schedule)
                take_step(accelerator, model, optimizer, rate, clip)
                if ema_decay is not None:
                    average_into(state.average, state.model, ema_decay)
                step += 1
                if watch.step(batch.galaxies):
                    watch.show(finite(accelerator, epoch_loss, epoch, step, rate))
        train_loss = finite(accelerator, epoch_loss, epoch, step, rate) / watch.galaxies
        images_per_second = watch.galaxies / (time.perf_counter() - began)
        val_loss = math.nan if val is None else _mean_loss(accelerator, state.judged, loss_fn, val)
        seconds = time.perf_counter() - began
        state.end_epoch(epoch + 1, train_loss, val_loss, rate, seconds, images_per_second)
        if accelerator.is_main_process:
            state.save()
        watch.end_epoch()


def _mean_loss(accelerator, model, loss_fn, galaxies):
    """Loss a galaxy, over all processes, without dropout or random views."""
    model.eval()
    total = torch.zeros((), device=accelerator.device)
    share = {"process": accelerator.process_index, "processes": accelerator.num_processes}
    with torch.no_grad(), accelerator.autocast():
        at_a_time = max(1, EVALUATION_BATCH // accelerator.num_processes)
        for batch in evaluation_batches(galaxies, at_a_time, accelerator.device, **share):
            batch = batch.to(accelerator.device)
            total += loss_fn(batch.votes, model(to_unit(batch.images))).sum()
    return accelerator.reduce(total, reduction="sum").item() / len(galaxies)


def _open_both(accelerator, model, train, val, **options):
    """Training and validation galaxies; the first process of each machine fills the cache, the others find it full."""
    options["processes"] = accelerator.num_processes
    with accelerator.local_main_process_first():
        train_set = open_galaxies(train, model, **options)
        if val is None:
            return train_set, None
        warn_of_shared_galaxies(train, val)
        return train_set, open_galaxies(val, model, **options)
