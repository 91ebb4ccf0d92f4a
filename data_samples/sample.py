"""Writes the sample survey, or another simulated one, to a folder.

python data_samples/sample.py --out data_samples --seed 2021
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from simulated_survey import DECIMALS, Survey, simulate_survey

from gzkit.files.whole import whole_file

JPEG_QUALITY = 92


def write_survey(survey: Survey, folder: str | Path, *, prefix: str = "sim") -> None:
    """Write a survey to a folder: ``catalog.csv``, ``truth.csv`` and ``images/``.

    Parameters
    ----------
    survey : Survey
    folder : str or Path
        Made if it does not exist.
    prefix : str
        Of the galaxies' names.

    Raises
    ------
    ValueError
        If the survey has no pictures.
    """
    if survey.images is None:
        raise ValueError("the survey has no pictures to write: simulate it with images=True")
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"{prefix}-{row:05d}" for row in range(len(survey.kinds))]
    for name, image in zip(names, survey.images, strict=True):
        with whole_file(folder / "images" / f"{name}.jpg") as file:
            Image.fromarray(image).save(file, format="JPEG", quality=JPEG_QUALITY)
    catalog, truth = tables(survey, names)
    _write_csv(folder / "catalog.csv", catalog)
    _write_csv(folder / "truth.csv", truth)


def tables(survey: Survey, names: Sequence[str]) -> tuple[list[list], list[list]]:
    """Rows of ``catalog.csv`` and ``truth.csv``, the first with the columns' names.

    Parameters
    ----------
    survey : Survey
    names : sequence of str
        An ``id_str`` for each galaxy.

    Returns
    -------
    catalog, truth : list of list
    """
    labels = survey.schema.label_cols
    catalog = [["id_str", "file_loc", *labels]]
    truth = [["id_str", "kind", *survey.parameters]]
    truth[0] += [f"{label}_expected" for label in labels] + [f"{label}_probability" for label in labels]
    for row, name in enumerate(names):
        catalog.append([name, f"images/{name}.jpg", *survey.votes[row].tolist()])
        values = [column[row] for column in survey.parameters.values()]
        values += [*survey.expected[row], *survey.probabilities[row]]
        truth.append([name, survey.kinds[row], *(f"{value:.{DECIMALS}f}" for value in values)])
    return catalog, truth


def _write_csv(path, rows):
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main(arguments: list[str] | None = None) -> None:
    """The command; `arguments` are those of the command line if not given."""
    parser = argparse.ArgumentParser(
        description="Write a simulated survey to a folder: catalog.csv, truth.csv and images/."
    )
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same tables")
    parser.add_argument("--galaxies", type=int, default=600)
    parser.add_argument("--size", type=int, default=128, help="width and height of the pictures [pixel]")
    options = parser.parse_args(arguments)
    write_survey(simulate_survey(options.galaxies, seed=options.seed, size=options.size), options.out)


if __name__ == "__main__":
    main()
