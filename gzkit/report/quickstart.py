"""The whole job once, on the sample survey: finetune, predict, report."""

import os
from pathlib import Path

from gzkit.files.lock import alone_in
from gzkit.files.whole import write_csv

PARTS = (0.7, 0.1, 0.2)  # of the galaxies: trained on, validated on, predicted
TITLE = "First run: the simulated sample survey"


def quickstart(
    out: str | os.PathLike = "quickstart", *, epochs: int | None = None, seed: int = 0, progress: bool = True
) -> Path:
    """Finetune the bundled encoder on the sample survey, predict galaxies that it has not seen, and write a report.

    Parameters
    ----------
    out : str or Path
        Folder to write to; it is made if need be, and files of an earlier run in it are replaced.
    epochs : int, optional
        As of `finetune`.
    seed : int
        Of the division into parts and of the training.
    progress : bool
        Whether to show progress bars.

    Returns
    -------
    Path
        The folder: ``predictions.parquet``, ``history.csv``, ``evaluation.csv``, ``model/`` and ``report.html``.

    Raises
    ------
    FileExistsError, NotADirectoryError
        If ``out`` is a file.

    Examples
    --------
    >>> import gzkit as gz
    >>> folder = gz.quickstart(out="first")  # doctest: +SKIP
    """
    import gzkit as gz
    from gzkit.report.page import write_report

    out = Path(out)
    with alone_in(out):
        schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
        train, val, test = gz.split(catalog, PARTS, seed=seed)
        model = gz.TreeModel(schema, encoder="gzkit-tiny")
        run = gz.finetune(model, train, val, epochs=epochs, seed=seed, progress=progress)
        predictions = gz.predict(run, test, progress=progress)
        run.model.save(out / "model")
        write_csv(out / "history.csv", run.history)
        predictions.to_parquet(out / "predictions.parquet")
        about = f"Simulated galaxies and volunteers. gzkit-tiny, finetuned on {len(train)}, validated on {len(val)}."
        evaluation = write_report(
            out / "report.html", predictions, test, run=run, train=train, title=TITLE, about=about
        )
        write_csv(out / "evaluation.csv", evaluation)
    return out
