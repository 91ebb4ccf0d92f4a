"""What can be seen of a training while it goes on: a progress bar, a live figure, accelerate's trackers."""

import pandas as pd
from tqdm.auto import tqdm

LOOK_EVERY_ON_GPU = 20  # steps between looks at the loss: each look makes the device wait for the processor


class Watch:
    """Shows training; a context.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
    state : TrainingState
    galaxies : int
        Trained on in an epoch.
    progress, live_plot : bool
    log_with : str or None
    """

    def __init__(self, accelerator, state, galaxies, progress, live_plot, log_with):
        self._accelerator, self._state = accelerator, state
        self._epochs, self.galaxies = state.settings["epochs"], galaxies
        self._logs = log_with is not None
        self._live = _live_plot() if live_plot and accelerator.is_main_process else None
        self._progress, self._bar, self._seen, self._steps = progress, None, 0, 0
        self._look_every = 1 if accelerator.device.type == "cpu" else LOOK_EVERY_ON_GPU

    def __enter__(self):
        done = len(self._state.history)
        self._bar = tqdm(
            total=self._epochs * self.galaxies,
            initial=done * self.galaxies,
            unit="image",
            disable=not self._progress,
        )
        self._say_epoch()
        if self._logs:
            settings = {name: value for name, value in self._state.settings.items() if value is not None}
            self._accelerator.init_trackers("gzkit", config=settings)
        return self

    def step(self, galaxies):
        """Count a step's galaxies.

        Parameters
        ----------
        galaxies : int

        Returns
        -------
        bool
            Whether it is time to look at the loss.
        """
        self._seen += galaxies
        self._steps += 1
        self._bar.update(galaxies)
        return self._steps % self._look_every == 0

    def show(self, epoch_loss):
        """Show the loss a galaxy.

        Parameters
        ----------
        epoch_loss : float
            Sum over the epoch's galaxies so far.
        """
        self._bar.set_postfix({"loss": f"{epoch_loss / self._seen:.3f}"} | self._last(), refresh=False)

    def end_epoch(self):
        """Show the history's last row."""
        self._seen = 0
        row = self._state.history[-1]
        self._say_epoch()
        self._bar.set_postfix({"loss": f"{row['train_loss']:.3f}"} | self._last(), refresh=False)
        if self._logs:
            self._accelerator.log(
                {key: value for key, value in row.items() if key != "epoch"}, step=row["epoch"]
            )
        if self._live is not None:
            self._live(pd.DataFrame(self._state.history))

    def __exit__(self, kind, error, trace):
        self._bar.close()
        if self._logs:
            self._accelerator.end_training()

    def _last(self):
        if not self._state.history or self._state.best_epoch is None:
            return {}
        row = self._state.history[-1]
        best = f"{self._state.best_loss:.3f} (epoch {self._state.best_epoch})"
        return {"val_loss": f"{row['val_loss']:.3f}", "best": best}

    def _say_epoch(self):
        self._bar.set_description(f"epoch {min(len(self._state.history) + 1, self._epochs)}/{self._epochs}")


def _live_plot():
    """A function that draws a history in place of the one before."""
    from IPython.display import display

    from gzkit.plots.history import history_figure
    from gzkit.plots.show import figure_bundle

    handle = display({"text/plain": ""}, raw=True, display_id=True)

    def draw(history):
        if handle is None:  # outside a notebook
            return
        row = history.iloc[-1]
        words = f"epoch {row['epoch']:.0f}: training loss {row['train_loss']:.3f}, validation {row['val_loss']:.3f}"
        bundle = figure_bundle(history_figure(history), words)
        handle.update(bundle, raw=True)

    return draw
