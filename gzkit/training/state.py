"""What training has reached: weights, optimiser, history; kept on disk so that it can go on."""

import copy
import dataclasses
import math
import os
import shutil
import warnings
from pathlib import Path

import pandas as pd
import torch

from gzkit.files.fingerprint import fingerprint
from gzkit.files.whole import write_csv
from gzkit.images.cache import versions
from gzkit.model.tree_model import TreeModel
from gzkit.training.checkpoints import CHECKPOINT, load_checkpoint, read_settings, save_checkpoint, weights_of

HISTORY_FILE, MODEL, PREVIOUS = "history.csv", "model", "previous"  # in save_dir
HISTORY = ["epoch", "train_loss", "val_loss", "learning_rate", "seconds", "images_per_second"]
LOSSES = {"train_loss": "training", "val_loss": "validation"}
KEPT = ["history", "best_epoch", "best_loss"]  # in a checkpoint, beside weights and settings


@dataclasses.dataclass
class FinetuneRun:
    """What `gz.finetune` returns.

    Attributes
    ----------
    model : TreeModel
        With the weights of the best epoch: the lowest validation loss.
    history : DataFrame
        A row an epoch: ``epoch`` (from 1), ``train_loss`` and ``val_loss`` [nat / galaxy], ``learning_rate`` (the
        head's, at the end), ``seconds``, ``images_per_second`` (training images, whole step).
    best_epoch : int or None
        None if not one epoch was finished.
    last_weights : dict of str to Tensor
        Of the last epoch, for ``model.load_state_dict``.
    interrupted : bool
        Whether it was stopped by hand.
    choices : DataFrame
        A row a setting that `finetune` chooses where nothing is said: ``setting``, ``value``, ``why``.
    """

    model: TreeModel
    history: pd.DataFrame
    best_epoch: int | None
    last_weights: dict[str, torch.Tensor]
    interrupted: bool = False
    choices: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)

    def __repr__(self):
        return f"FinetuneRun({len(self.history)} epochs, best {self.best_epoch}, {self.model!r})"

    def __str__(self):
        lines = [f"{len(self.history)} epochs{', interrupted' if self.interrupted else ''}"]
        if self.best_epoch is not None:
            row = self.history.iloc[self.best_epoch - 1]
            told = " and ".join(
                f"{row[name]:.3f} ({kind})" for name, kind in LOSSES.items() if row[name] == row[name]
            )
            lines[0] += f"; the best is {self.best_epoch}, with a loss of {told} nat a galaxy"
        lines += [f"    {setting:13} {value!s:6} {why}" for setting, value, why in self.choices.to_numpy()]
        return "\n".join(lines)


class TrainingState:
    """Weights, optimiser and history of a training, after each whole epoch.

    Parameters
    ----------
    model : TreeModel
    optimizer : torch.optim.Optimizer
    settings : dict
        What a resumed run must share with the one that it goes on with. With an ``ema_decay`` a moving average of the
        weights is kept, and judged.
    save_dir : Path or None
    """

    def __init__(self, model, optimizer, settings, save_dir):
        self.model, self.optimizer, self.settings, self.save_dir = model, optimizer, settings, save_dir
        self.average = None if settings.get("ema_decay") is None else copy.deepcopy(model).eval()
        self.history, self.best_epoch, self.best_loss, self.best_weights = [], None, math.inf, None
        self.last_weights, self.interrupted = {}, False

    @property
    def judged(self):
        """The model whose validation loss counts: the moving average, where there is one."""
        return self.model if self.average is None else self.average

    def move_average(self):
        """Move the average, where there is one, towards the present weights; buffers are copied."""
        if self.average is None:
            return
        with torch.no_grad():
            for old, new in zip(self.average.parameters(), self.model.parameters(), strict=True):
                old.lerp_(new, 1 - self.settings["ema_decay"])
            for old, new in zip(self.average.buffers(), self.model.buffers(), strict=True):
                old.copy_(new)

    def end_epoch(self, *row):
        """Add a row to the history, and keep the weights if they are the best.

        Parameters
        ----------
        *row
            In the order of `HISTORY`.
        """
        row = dict(zip(HISTORY, row, strict=True))
        self.history.append(row)
        loss = row["train_loss"] if math.isnan(row["val_loss"]) else row["val_loss"]
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, row["epoch"]
            self.best_weights = weights_of(self.judged)

    def stalled(self, patience):
        """Whether the loss has not fallen for this many epochs.

        Parameters
        ----------
        patience : int or None

        Returns
        -------
        bool
        """
        return (
            patience is not None
            and self.best_epoch is not None
            and len(self.history) - self.best_epoch >= patience
        )

    def save(self):
        """Write everything to `save_dir`, if there is one."""
        if self.save_dir is None:
            return
        weights = {"last": self.model.state_dict(), "best": self.best_weights or {}}
        if self.average is not None:
            weights["average"] = self.average.state_dict()
        state = {"settings": self.settings} | {name: getattr(self, name) for name in KEPT}
        save_checkpoint(self.save_dir, weights=weights, optimizer=self.optimizer, state=state)

    def begin(self, resume, *, retire):
        """Go on with what an interrupted run left in `save_dir`, or begin anew.

        What an earlier run left there then moves to ``previous/``: nobody takes it for this run's.

        Parameters
        ----------
        resume : bool
        retire : bool
            Whether this process is the one that moves it.

        Raises
        ------
        ValueError
            If it was begun with other settings, which the message lists, or the file is damaged.
        """
        found = load_checkpoint(self.save_dir, self.optimizer, self.settings) if resume else None
        if found is None:
            if retire and self.save_dir is not None:
                self._retire()
            return
        weights, state = found
        self.model.load_state_dict(weights["last"])
        if self.average is not None:
            self.average.load_state_dict(weights["average"])
        self.best_weights = weights.get("best")
        for name in KEPT:
            setattr(self, name, state[name])

    def stop(self):
        """Keep the last weights, and give the model the best ones, ready to predict."""
        self.last_weights = weights_of(self.model)
        if self.best_weights:
            self.model.load_state_dict(self.best_weights)
        self.model.eval()

    def finish(self, accelerator, choices) -> FinetuneRun:
        """Write the best weights and the history, and sum up; warn if the training was stopped by hand.

        Parameters
        ----------
        accelerator : accelerate.Accelerator
        choices : DataFrame

        Returns
        -------
        FinetuneRun
        """
        if self.interrupted:
            warnings.warn(self._say_interrupted(), stacklevel=3)
        history = pd.DataFrame(self.history, columns=HISTORY)
        if self.save_dir is not None and accelerator.is_main_process:
            self.model.save(self.save_dir / MODEL)
            write_csv(self.save_dir / HISTORY_FILE, history)
        return FinetuneRun(self.model, history, self.best_epoch, self.last_weights, self.interrupted, choices)

    def _retire(self):
        names = (CHECKPOINT, MODEL, HISTORY_FILE)  # first what would be resumed
        old = [self.save_dir / name for name in names if (self.save_dir / name).exists()]
        previous = self.save_dir / PREVIOUS
        if (
            self.save_dir / CHECKPOINT
        ).exists():  # else this is the rest, of a run that was killed right here
            shutil.rmtree(previous, ignore_errors=True)
        for path in old:
            shutil.rmtree(previous / path.name, ignore_errors=True)
            previous.mkdir(exist_ok=True)
            os.replace(path, previous / path.name)

    def _say_interrupted(self):
        done = f"interrupted after {len(self.history)} of {self.settings['epochs']} epochs"
        if self.best_epoch is None:
            return f"{done}: the model has the weights that it had reached"
        go_on = "; resume=True goes on" if self.save_dir is not None else ""
        return f"{done}: the model has the weights of epoch {self.best_epoch}, the best so far{go_on}"


def read_run(run):
    """The course of a training, and its settings.

    Parameters
    ----------
    run : FinetuneRun, str or Path
        Or its ``save_dir``.

    Returns
    -------
    history : DataFrame
        As in `FinetuneRun`.
    settings : DataFrame
        A row a setting: its name, its value, and perhaps why.

    Raises
    ------
    ValueError
        If there is no training in the folder.
    """
    if isinstance(run, FinetuneRun):
        return run.history, run.choices
    folder = Path(run)
    if not (folder / HISTORY_FILE).is_file():
        raise ValueError(f"run: {folder} holds no {HISTORY_FILE}, as gz.finetune writes it to its save_dir")
    return pd.read_csv(folder / HISTORY_FILE), pd.DataFrame(read_settings(folder).items())


def identity(model, *catalogs):
    """What a resumed run must share with the one before, beside the options: the model, galaxies, votes and images.

    Parameters
    ----------
    model : TreeModel
        As it begins.
    *catalogs : DataFrame or None

    Returns
    -------
    dict of str to (number or str)
    """
    tables = [catalog for catalog in catalogs if catalog is not None]
    votes = [table[model.schema.label_cols].to_numpy(dtype=float) for table in tables]
    return model.identity() | {
        "galaxies": fingerprint([table["id_str"].tolist() for table in tables]),
        "votes": fingerprint(votes),
        "images": fingerprint([versions(table["file_loc"].tolist()) for table in tables]),
    }
