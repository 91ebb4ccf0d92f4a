"""Finetuning: one loop, plain PyTorch on Hugging Face accelerate."""

import contextlib
import math
import time
from pathlib import Path

import pandas as pd
import torch
from timm.layers import convert_sync_batchnorm

from gzkit.catalog.taken import take_catalog
from gzkit.files.lock import alone_in
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.batches import channel_statistics, evaluation_batches, open_galaxies, training_batches
from gzkit.loss.loss import DirichletMultinomialLoss
from gzkit.model.engine import images_at_a_time, start_engine
from gzkit.model.given import as_model
from gzkit.model.head import begin_at_constant, is_untrained
from gzkit.model.tree_model import TreeModel
from gzkit.training.choices import choose
from gzkit.training.guards import check_options, finite, left_in_order, plain, warn_of_shared_galaxies
from gzkit.training.once import look_once, looks_once
from gzkit.training.optimization import build_optimizer, freeze_blocks, rate_at, take_step
from gzkit.training.state import FinetuneRun, TrainingState, identity
from gzkit.training.watch import Watch

DEFAULT_AUGMENTATION = Augmentation()


def finetune(
    model: TreeModel | FinetuneRun | str | Path,
    train: pd.DataFrame,
    val: pd.DataFrame | None = None,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    blocks: int | str | None = None,
    layer_decay: float = 0.75,
    weight_decay: float = 0.05,
    warmup: float = 0.1,
    clip: float | None = 1.0,
    ema_decay: float | None = None,
    accumulate: int = 1,
    augment: Augmentation | None = DEFAULT_AUGMENTATION,
    precision: str = "auto",
    patience: float | None = None,
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

    What is not said of epochs, batches, rate, blocks and patience follows from the number of galaxies and from whether
    the encoder has learnt before; ``print(run)`` tells it, and the notes say why.

    Parameters
    ----------
    model : TreeModel
        Is trained in place. Or what `finetune` returned, or the folder of a model, to train that further.
    train, val : DataFrame
        Catalogues with ``id_str``, ``file_loc`` and the schema's columns of votes, as `gz.read_catalog` gives them.
        Without `val` the training loss decides which epoch is best.
    epochs : int, optional
        At most.
    batch_size : int, optional
        Galaxies in a step, over all processes.
    learning_rate : float, optional
        Of the head and the encoder's last layer, at its highest.
    blocks : int or "all", optional
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
        Random views of the training images, new ones in every epoch. By default images are left as they are where
        only the head moves, and the encoder looks at each once; see the notes.
    precision : {"auto", "no", "bf16", "fp16"}
        Of the encoder; "auto" is bf16 on a GPU that has it, else float32. The loss is always exact.
    patience : int, optional
        Epochs without a better validation loss after which training ends. With ``math.inf`` it never does.
    seed : int
        Of the order, the views and the dropout. Two runs on a CPU with as many threads (``torch.get_num_threads()``)
        are equal to the last bit, also if one of them was interrupted and resumed; one thread and two add up in another
        order, and their losses differ by rounding, which training makes larger.
    save_dir : str or Path, optional
        Where the whole state is kept after each epoch, and at the end ``model/`` (best weights), ``last/`` and
        ``history.csv``. One run at a time has it. What an earlier run left there is moved to ``previous/`` as a new
        one begins.
    resume : bool
        Go on from what an interrupted run left in `save_dir`; from the start where there is nothing yet. Images are
        known by their files' names, sizes and times of change.
    cache : str or Path, optional
        Folder in which decoded images are kept, or ``"stream"`` to keep none; by default they are kept in memory.
        Where the encoder looks once, features are kept, and no images.
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
        If an option or a catalogue makes no sense, or what is to be resumed was begun with other settings,
        galaxies, votes, images, or another model.
    BlockingIOError
        If another run has `save_dir`; the message says which.
    TrainingStopped
        If the loss is no longer a number, or memory runs out. The model then has its best weights so far.

    Notes
    -----
    What is chosen where nothing is said (`choose`):

    - ``blocks``: 0, the head alone, if the encoder has learnt before and fewer than 2,000 galaxies are trained on,
      in one or three bands; otherwise all.
    - ``learning_rate``: 1e-2 of the head alone, 4e-3 with blocks of the encoder.
    - ``batch_size``: 32.
    - ``epochs``: 20, or as many more as make 300 steps, from scratch 1,000.
    - ``patience``: half of the epochs, at least 10.

    Where nothing below the head moves, the encoder looks at each image once, as it is, and its features are kept: the
    epochs then cost what the head costs. The head of gzkit-tiny in 20 epochs, loss of 1,000 other simulated galaxies
    [nat a galaxy]:

    ========  =====================  ===========================  ==================
    galaxies  new views every epoch  1, 2, 4 random views, kept   images as they are
    ========  =====================  ===========================  ==================
    420                       33.58         33.67, 33.61, 33.59                33.32
    5,000                     33.00                                            32.78
    ========  =====================  ===========================  ==================

    Standard errors are .03 (six seeds) and .01 (two). It takes 2.5 s of a processor in place of 19 with 420 galaxies,
    and 18 in place of some 170 with 5,000. An encoder that knows less of how galaxies are turned may gain
    from views: with `augment` given there are new ones in every epoch.

    Where it comes from (``tests/benchmarks/finetune_defaults.py``): loss of 1,000 other simulated galaxies [nat a
    galaxy] at the epoch that validates best, mean of two seeds, whose standard error is .2 at 50 and 150 galaxies, .05
    at 420 and .02 at 1,500. The truth has 29.67. The head of gzkit-tiny, batches of 32:

    ========  =====  =====  =====  =====
    galaxies  steps   5e-3   1e-2   2e-2
    ========  =====  =====  =====  =====
    50          100  36.52  36.39  36.81
    50          300  36.45  36.47  36.58
    150         100  34.50  33.75  33.69
    150         300  33.59  33.60  33.84
    150       1,000  33.66  33.78  33.89
    420         100  34.30  33.21  32.89
    420         300  32.90  32.69  32.69
    420       1,000  32.63  32.63  32.72
    1,500       300  32.67  32.43  32.37
    1,500     1,000  32.30  32.24  32.24
    ========  =====  =====  =====  =====

    Batches of 8, 16, 32, 64 and 128, at 1e-2 and 1,000 steps: 32.71, 32.72, 32.63, 32.68, 32.69 (420 galaxies); 32.41,
    32.31, 32.24, 32.21, 32.19 (1,500). More steps than 3,000 gained nothing at up to 10,000 galaxies.

    All blocks of gzkit-tiny against the head alone, one seed: 33.15 and 32.66 at 420 galaxies; 32.46 (at 4e-3; 32.48 at
    1e-3, 32.93 at 1e-2) and 32.22 at 1,500; 32.17 and 32.10 at 5,000. The head learns no more from there on, and all
    blocks still do; pictures unlike those that the encoder knows should gain sooner. So does an encoder whose first
    layer was stretched to bands that it never saw: skill .38 in place of .25 with five bands of 420 galaxies.

    From scratch at 64 px, one seed: test_byobnet at 420 galaxies 36.64 in 300 steps, 36.10 in 1,000, 36.05 in 1,000 at
    1e-2; resnet10t at 1,500 34.82 at 4e-3 and 35.19 at 1e-3. Larger encoders that learnt before were not measured: they
    cannot be fetched where this was, and for them the rule is a guess.

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
    model = as_model(model, "finetune", train=train, val=val)
    said = {"blocks": blocks, "learning_rate": learning_rate, "batch_size": batch_size}
    choices = choose(len(train), model.pretrained, model.in_chans, **said, epochs=epochs, patience=patience)
    blocks, learning_rate, batch_size, epochs, patience = choices["value"]
    settings = plain(
        dict(zip(choices["setting"], choices["value"], strict=True))
        | {"layer_decay": layer_decay, "weight_decay": weight_decay, "warmup": warmup, "clip": clip}
        | {"ema_decay": ema_decay, "accumulate": accumulate, "seed": seed}
    )
    folder = None if save_dir is None else Path(save_dir)
    check_options(settings, augment, folder, resume)

    accelerator = start_engine(precision=precision, log_with=log_with, project_dir=folder)
    settings |= {"augment": repr(augment), "precision": accelerator.mixed_precision}
    progress = progress and accelerator.is_main_process
    with alone_in(folder if accelerator.is_main_process else None):
        train, val = _take_both(model, train, val)
        freeze_blocks(model, settings["blocks"])
        images = {"cache": cache, "max_unreadable": max_unreadable, "progress": progress}
        train_set, val_set, once = _open_both(accelerator, model, train, val, augment, choices, **images)
        settings["once"] = once
        settings |= identity(model, train, val)
        if is_untrained(model):
            begin_at_constant(model, train_set.votes[train_set.rows])
            if model.in_chans not in (1, 3):
                model.normalise_by(*channel_statistics(train_set))
        if model.learn_batch_norm and accelerator.num_processes > 1 and accelerator.device.type == "cuda":
            model.encoder = convert_sync_batchnorm(model.encoder)  # statistics of the whole step
        rates = {name: settings[name] for name in ("learning_rate", "layer_decay", "weight_decay")}
        optimizer = build_optimizer(model.go_to(accelerator.device), **rates)
        state = TrainingState(model, optimizer, settings, folder)
        state.begin(resume, retire=accelerator.is_main_process)
        watch = Watch(accelerator, state, len(train_set), progress, live_plot, log_with)
        with left_in_order(accelerator, state), watch:
            _train(accelerator, state, watch, train_set, val_set, None if once else augment)
        told = {"galaxies": len(train_set), "votes": int(train_set.votes[train_set.rows].sum())}
        model.trained = told | {"epochs": len(state.history)}
        return state.finish(accelerator, choices)


def _train(accelerator, state, watch, train, val, augment):
    """The loop. Every process goes through its own share of each step's galaxies."""
    settings = state.settings
    epochs, batch_size, seed = (settings[name] for name in ("epochs", "batch_size", "seed"))
    model, optimizer = accelerator.prepare(state.model, state.optimizer)
    loss_fn = DirichletMultinomialLoss(state.model.schema, check_votes=False).to(accelerator.device)
    share = _share(accelerator) | {"accumulate": settings["accumulate"]}
    steps = math.ceil(len(train) / batch_size)  # an epoch
    schedule = {"steps": epochs * steps, "warmup": round(settings["warmup"] * epochs * steps)}
    step = len(state.history) * steps
    for epoch in range(len(state.history), epochs):
        if state.stalled(settings["patience"]):
            break
        model.train()
        torch.manual_seed(seed + epoch)  # for encoders with a dropout of their own
        began, epoch_loss = time.perf_counter(), 0.0
        for batch in training_batches(
            train, state.model, augment, batch_size, seed=seed, epoch=epoch, **share
        ):
            batch = batch.to(accelerator.device)
            images = _shown(batch, state.model, augment)
            with contextlib.nullcontext() if batch.ends_step else accelerator.no_sync(model):
                nll = loss_fn(batch.votes, model(images, batch.keep))  # (batch, question)
                loss = (nll.sum(dim=-1) * batch.weight).sum()
                mean = loss / batch.galaxies  # over the step's galaxies, whoever has them
                accelerator.backward(mean * accelerator.num_processes)
            epoch_loss += loss.detach()
            if batch.ends_step:
                rate = settings["learning_rate"] * rate_at(step, **schedule)
                take_step(accelerator, model, optimizer, rate, settings["clip"])
                state.move_average()
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


def _share(accelerator):
    """Which process of how many this is."""
    return {"process": accelerator.process_index, "processes": accelerator.num_processes}


def _mean_loss(accelerator, model, loss_fn, galaxies):
    """Loss a galaxy, over all processes, without dropout or random views."""
    model.eval()
    total = torch.zeros((), device=accelerator.device)
    with torch.no_grad(), accelerator.autocast():
        at_a_time = images_at_a_time(accelerator.device)
        for batch in evaluation_batches(galaxies, at_a_time, accelerator.device, **_share(accelerator)):
            batch = batch.to(accelerator.device)
            total += loss_fn(batch.votes, model(_shown(batch, model))).sum()
    return accelerator.reduce(total, reduction="sum").item() / len(galaxies)


def _shown(batch, model, augment=None):
    """A batch's images as the encoder takes them; its features, where it has these, as they are."""
    if batch.images.ndim == 2:
        return batch.images
    return (
        augment(batch.images, batch.draws, model.layout) if augment else to_unit(batch.images, model.layout)
    )


def _take_both(model, train, val):
    """Both tables as gzkit has them."""
    columns = ["id_str", "file_loc"]
    train = take_catalog(train, model.schema, name="train", columns=columns)
    if val is not None:
        val = take_catalog(val, model.schema, name="val", columns=columns)
        warn_of_shared_galaxies(train, val)
    return train, val


def _open_both(accelerator, model, train, val, augment, choices, *, cache, **options):
    """The galaxies of both tables; whether with features in the place of images, as the encoder looked once."""
    once = False
    if augment is None or augment is DEFAULT_AUGMENTATION:  # new views were not asked for
        galaxies = len(train) + (0 if val is None else len(val))
        once, why = looks_once(model, galaxies, accelerator.num_processes)
        if why:
            choices.loc[len(choices)] = "once", "yes" if once else "no", why
    if once:
        tables = (
            look_once(accelerator, model, table, **options) for table in (train, val) if table is not None
        )
        return next(tables), next(tables, None), True
    options |= {"cache": cache, "processes": accelerator.num_processes}
    with accelerator.local_main_process_first():  # of each machine, which fills the cache
        train = open_galaxies(train, model, **options)
        val = None if val is None else open_galaxies(val, model, **options)
    for galaxies in filter(None, (train, val)):
        galaxies.go_to(accelerator.device)
    return train, val, False
