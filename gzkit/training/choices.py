"""What `gz.finetune` does where nothing is said: a rule of how much there is to learn from, and with what."""

import math

import pandas as pd

from gzkit.training.optimization import LEARNING_RATE

HEAD_BELOW = 2000  # training galaxies: of a pretrained encoder the head alone, up to here
HEAD_RATE = 1e-2  # of the head alone; with blocks of the encoder the rate is `LEARNING_RATE`
BATCH_SIZE = 32
EPOCHS, PATIENCE = 20, 10  # at least
STEPS, STEPS_FROM_SCRATCH = 300, 1000  # at least
SAID = "as you said"


def choose(galaxies: int, pretrained: bool, bands: int = 3, **said) -> pd.DataFrame:
    """Every setting of a finetuning, and why it is what it is.

    Parameters
    ----------
    galaxies : int
        To train on.
    pretrained : bool
        Whether the encoder has learnt from images before.
    bands : int
        Of an image. The first layer for others than one or three is new to them, and has to learn.
    **said : optional
        ``blocks, learning_rate, batch_size, epochs, patience`` as given to `gz.finetune`; None where nothing was said.

    Returns
    -------
    DataFrame
        A row a setting: ``setting``, ``value``, ``why``.

    Examples
    --------
    >>> choose(420, True, epochs=8)[["setting", "value"]].set_index("setting")["value"].to_dict()
    {'blocks': 0, 'learning_rate': 0.01, 'batch_size': 32, 'epochs': 8, 'patience': 10}
    """
    rows = []

    def settle(setting, value, why):
        given = said.get(setting)
        rows.append((setting, value if given is None else given, why if given is None else SAID))
        return rows[-1][1]

    begun = "a pretrained encoder" if pretrained else "an encoder from scratch"
    if pretrained and bands not in (1, 3):
        blocks = settle("blocks", "all", f"{begun} that never saw {bands} bands: everything is trained")
    elif pretrained and galaxies < HEAD_BELOW:
        blocks = settle(
            "blocks", 0, f"{begun} and {galaxies} galaxies, fewer than {HEAD_BELOW}: the head alone"
        )
    else:
        blocks = settle("blocks", "all", f"{begun} and {galaxies} galaxies: everything is trained")
    head_alone = blocks == 0
    settle(
        "learning_rate",
        HEAD_RATE if head_alone else LEARNING_RATE,
        f"of {'the head alone' if head_alone else 'blocks'}",
    )
    batch_size = settle("batch_size", BATCH_SIZE, "small batches, many steps")
    steps = STEPS if pretrained else STEPS_FROM_SCRATCH
    enough = math.ceil(steps * batch_size / galaxies)
    why = f"{steps} steps at least" if enough > EPOCHS else f"{EPOCHS} at least"
    epochs = settle("epochs", max(EPOCHS, enough), why)
    settle("patience", max(PATIENCE, epochs // 2), f"half of the epochs, {PATIENCE} at least")
    settings, values, whys = zip(*rows, strict=True)
    return pd.DataFrame({"setting": settings, "value": pd.Series(values, dtype=object), "why": whys})
