"""A model card: what a model is, was trained on and is good for, as the Hugging Face Hub shows it."""

from importlib.resources import files
from string import Template

from gzkit.files.whole import write_text

LICENCE = "license: unknown  # to fill in: under which licence others may use it"
NOT_EVALUATED = "Not known: model.save(folder, evaluation=gz.evaluate(predictions, catalog)) tells it."


def write_card(model, path, evaluation=None):
    """Write a model card, unless there is one whose licence is filled in: then it is its author's.

    Parameters
    ----------
    model : TreeModel
    path : Path
    evaluation : DataFrame, optional
        As `gz.evaluate` gives it, of galaxies that the model was not trained on.
    """
    if path.exists() and LICENCE not in path.read_text(encoding="utf-8", errors="replace"):
        return
    schema = model.schema
    tree = [
        (question.text, ", ".join(answer.text for answer in question.answers))
        for question in schema.questions
    ]
    told = NOT_EVALUATED
    if evaluation is not None:
        told = _rows([evaluation, ["---"] * len(evaluation.columns), *evaluation.round(3).to_numpy()])
    text = Template(files("gzkit").joinpath("model/card.md").read_text(encoding="utf-8")).substitute(
        licence=LICENCE,
        title=f"Galaxy Zoo votes of {schema.name or 'a survey'}, predicted",
        answers=len(schema.answers),
        questions=len(schema.questions),
        encoder=model.config["name"] or type(model.encoder).__name__,
        size=model.image_size,
        channels=model.in_chans,
        tree=_rows(tree),
        stretch=model.stretch or "none, for pictures of 8 bits",
        trained="\n".join(f"- {name}: {value:,}" for name, value in model.trained.items()) or "Not known.",
        evaluation=told,
    )
    write_text(path, text)


def _rows(table):
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in table)
