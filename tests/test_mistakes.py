"""Mistakes that newcomers make: each works after all, or meets one sentence that says what to do."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit import mistakes
from gzkit.mistakes import tracebacks

SURVEY = "gz-decals-dr5"


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """What the mistakes are made with."""
    schema = gz.load_schema(SURVEY)
    train, val, test = gz.split(gz.sample_catalog().head(40), (0.6, 0.2, 0.2))
    folder = tmp_path_factory.mktemp("mistakes")

    def new_model(schema=schema):
        return gz.TreeModel(schema, encoder="test_convnext", pretrained=False, image_size=32)

    run = gz.finetune(new_model(), train, val, epochs=1, progress=False)
    run.model.save(folder / "model")
    votes = test[schema.label_cols].to_numpy()
    fractions = gz.vote_fractions(votes, schema)
    return {
        "gz": gz,
        "pd": pd,
        "schema": schema,
        "gz2": gz.load_schema("gz2"),
        "train": train,
        "val": val,
        "test": test,
        "run": run,
        "new_model": new_model,
        "folder": folder,
        "predictions": gz.predict(run, test, progress=False),
        "votes": votes,
        "fractions": fractions,
        "table_of_fractions": test.assign(**dict(zip(schema.label_cols, fractions.T, strict=True))),
    }


WORKS = [
    "gz.predict(run, test, progress=False)",
    "gz.predict(folder / 'model', test, progress=False)",
    "gz.predict(str(folder / 'model'), test, progress=False)",
    "gz.embed(run, test, progress=False)",
    "gz.TreeModel('gz-decals-dr5', encoder='test_convnext', pretrained=False, image_size=32)",
    "gz.read_catalog(test, 'gz-decals-dr5')",
    "gz.plot_tree('gz-decals-dr5')",
    "gz.plot_tree('gz-decals-dr5', votes[0])",
    "gz.plot_votes(votes[0], 'gz-decals-dr5')",
    "gz.plot_votes(votes[0], 'gz-decals-dr5', questions='bar')",
    "gz.total_votes(votes, 'gz-decals-dr5')",
    "gz.vote_fractions(votes, 'gz-decals-dr5')",
    "gz.proportion_asked(fractions, 'gz-decals-dr5')",
    "gz.fit_dirichlet(votes, 'gz-decals-dr5')",
    "gz.explore_schema('gz-decals-dr5')",
    "gz.DirichletMultinomialLoss('gz-decals-dr5')",
    "gz.Predictions(predictions.concentration, predictions.id_str, 'gz-decals-dr5')",
    "gz.TreeModel.load(folder / 'model', schema='gz-decals-dr5')",
]


@pytest.mark.parametrize("code", WORKS)
def test_a_survey_name_a_run_and_a_folder_stand_for_what_they_name(things, code):
    eval(code, things)


MISTAKES = [
    # arguments in each other's place
    (
        "gz.predict(test, run.model)",
        TypeError,
        "model and catalog stand in each other's place: gz.predict(model, catalog)",
    ),
    ("gz.evaluate(test, predictions)", TypeError, "predictions and catalog stand in each other's place"),
    (
        "gz.evaluate(test, run.model)",
        TypeError,
        "predictions is what gz.predict returns, got a table of 8 galaxies",
    ),
    ("gz.evaluate(run.model, test)", TypeError, "gz.predict(model, catalog) makes them"),
    ("gz.finetune(train, run.model)", TypeError, "model and train stand in each other's place"),
    ("gz.finetune(schema, train, val)", TypeError, "gz.TreeModel(schema) makes one"),
    ("gz.plot_tree(test, schema)", TypeError, "schema and votes stand in each other's place"),
    ("gz.plot_votes(schema, votes[0])", TypeError, "votes and schema stand in each other's place"),
    ("gz.vote_fractions(schema, votes)", TypeError, "votes and schema stand in each other's place"),
    ("gz.predict(run, 'catalog.csv')", TypeError, "gz.read_catalog(path, schema) reads it"),
    ("gz.plot_tree(3)", TypeError, "schema is a Schema or a survey's name"),
    (
        "gz.write_report(folder / 'r.html', test, predictions)",
        TypeError,
        "predictions and catalog stand in each other's place",
    ),
    ("gz.write_report(predictions, test, folder / 'r.html')", TypeError, "predictions is what gz.predict"),
    ("gz.write_report(folder / 'r.html', predictions, test, galaxies=-1)", ValueError, "galaxies=-1"),
    ("gz.plot_confusion(test, predictions, 'bar')", TypeError, "gz.plot_confusion(predictions, catalog)"),
    ("gz.plot_fractions(test, predictions, 'bar')", TypeError, "gz.plot_fractions(predictions, catalog)"),
    ("gz.plot_history(run)", TypeError, "history is a table (DataFrame): run.history, or"),
    ("schema.to_html(folder / 't.html', votes=predictions)", TypeError, "votes is an array or a table"),
    # a figure's size
    ("gz.plot_tree(schema, size='Slide')", ValueError, "'slide', 'column' or (width, height) [inch], got"),
    ("gz.plot_tree(schema, size=13)", ValueError, "(width, height) [inch], got 13"),
    ("gz.plot_tree(schema, size=(0, 7))", ValueError, "(width, height) [inch], got (0, 7)"),
    ("gz.plot_tree(schema, size=(13, float('nan')))", ValueError, "(width, height) [inch], got (13, nan)"),
    # names
    ("gz.plot_tree('gz-decal-dr5')", ValueError, "did you mean 'gz-decals-dr5'?"),
    ("gz.predict(folder / 'modle', test)", ValueError, "is not the folder of a model"),
    ("gz.load_catalog('x.csv')", AttributeError, "gz has no load_catalog; did you mean gz.read_catalog?"),
    ("gz.train(run.model, train)", AttributeError, "did you mean gz.finetune?"),
    ("gz.plot_trees(schema)", AttributeError, "did you mean gz.plot_tree?"),
    ("gz.predict_to_parquet", AttributeError, "gz.inference.predict_to_parquet"),
    ("gz.embed_to_parquet", AttributeError, "gz.inference.embed_to_parquet"),
    # what is no features
    ("gz.similar(run, 'sim-00000')", TypeError, "features = gz.embed(model, catalog) makes them"),
    ("gz.similar('f.parquet', 'sim-00000')", TypeError, "gz.Features.from_parquet(path) reads them"),
    (
        "gz.unusual(predictions)",
        TypeError,
        "features is what gz.embed returns, got predictions of 8 galaxies",
    ),
    (
        "gz.embed(test, run)",
        TypeError,
        "model and catalog stand in each other's place: gz.embed(model, catalog)",
    ),
    # a table of another survey
    ("gz.read_catalog(test, gz2)", gz.CatalogError, "looks like gz-decals-dr5"),
    ("gz.finetune(new_model(gz2), train, val)", ValueError, "looks like gz-decals-dr5"),
    ("gz.evaluate(gz.Predictions([[1.0] * 30] * 8, test.id_str, gz2), test)", ValueError, "looks like gz-"),
    # an index for an id
    ("gz.plot_galaxy(predictions, 0)", KeyError, "predictions.id_str[0]"),
    ("gz.plot_galaxy(predictions, test.iloc[0])", KeyError, "a galaxy is named by its id"),
    # fractions for votes
    ("gz.read_catalog(table_of_fractions, schema)", gz.CatalogError, "^catalog: 1 problem"),
    ("gz.finetune(new_model(), table_of_fractions)", ValueError, "fractions"),
    ("gz.plot_tree(schema, fractions[0])", ValueError, "fractions="),
    ("gz.plot_votes(fractions[0], schema)", ValueError, "fractions"),
    # numbers
    ("gz.finetune(run.model, train, val, epochs=0)", ValueError, "epochs=0"),
    ("gz.finetune(run.model, train, val, epochs=2.5)", ValueError, "epochs=2.5"),
    ("gz.finetune(run.model, train, val, learning_rate='1e-3')", ValueError, "learning_rate='1e-3'"),
    ("gz.split(train, 0.8)", ValueError, "(0.8, 0.2)"),
    ("gz.split(train, (70, 30))", ValueError, "(0.7, 0.3)"),
    # images
    (
        "gz.read_catalog(test.assign(file_loc='a.jpg'), schema, images=folder)",
        gz.CatalogError,
        "^catalog: 1 problem",
    ),
    ("gz.predict(run, test.drop(columns='file_loc'))", ValueError, "'file_loc'"),
    # what pandas can do
    ("predictions.head()", AttributeError, "predictions.to_frame() makes a table"),
    ("predictions.iloc[0]", AttributeError, "predictions[0]"),
    ("predictions['bar_strong']", KeyError, "bar_strong"),
]


@pytest.mark.parametrize(("code", "kind", "sentence"), MISTAKES)
def test_a_mistake_meets_a_sentence(things, code, kind, sentence):
    with pytest.raises(kind) as error:
        eval(code, things)
    told = str(error.value.args[0])
    if sentence.startswith("^"):
        assert told.startswith(sentence[1:])
    else:
        assert sentence in told
    assert "sim-0" not in told or "such as" in told  # never a table, one id at most
    assert len(told) < 1200


def test_a_table_never_stands_in_a_message(things):
    for value in (things["test"], things["votes"], things["predictions"], things["schema"], things["run"]):
        words = mistakes.described(value)
        assert len(words) < 60 and "\n" not in words


@pytest.mark.parametrize("value", [float("nan"), -1.5, 3, True, "gz2"])
def test_a_number_of_numpy_is_told_as_a_number(value):
    told = mistakes.described(np.array(value)[()])
    assert told == mistakes.described(value) == repr(value)
    with pytest.raises(ValueError, match=re.escape(f"f: x={value!r} is wrong")):
        mistakes.check_ranges("f", {"x": ("wrong", lambda _: False)}, {"x": np.array(value)[()]})


def test_a_model_that_was_never_trained_warns_when_it_predicts(things):
    with pytest.warns(UserWarning, match="never trained.*run = gz.finetune"):
        gz.predict(things["new_model"](), things["test"], progress=False)


def test_an_image_folder_that_is_one_off_is_named(tmp_path):
    catalog = gz.sample_catalog().head(3)
    catalog["file_loc"] = [f"images/{galaxy}.jpg" for galaxy in catalog["id_str"]]
    folder = gz.sample_folder()
    with pytest.raises(gz.CatalogError, match=re.escape(f"but images={str(folder)!r} has it")):
        gz.read_catalog(catalog, SURVEY, images=folder / "images")
    with pytest.raises(gz.CatalogError, match="is there: take the folders off the names"):
        gz.read_catalog(
            catalog.assign(file_loc="cut/" + catalog["id_str"] + ".jpg"), SURVEY, images=folder / "images"
        )


@pytest.fixture
def shell(monkeypatch):
    """An IPython of its own, where gzkit's errors are short."""
    from IPython.core import interactiveshell

    shell = interactiveshell.InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    tracebacks.shorten_tracebacks()
    shell.run_cell("import gzkit as gz")
    yield shell
    shell.set_custom_exc((), None)


def shown(shell, capsys, code):
    """What a cell writes, without colours."""
    capsys.readouterr()
    assert not shell.run_cell(code).success
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)


def test_errors_in_a_notebook_show_the_users_lines_and_the_sentence(shell, capsys, monkeypatch):
    told = shown(shell, capsys, "def mine(name):\n    return gz.load_schema(name)\nmine('gz2x')")
    assert "mine('gz2x')" in told and "return gz.load_schema(name)" in told and "did you mean 'gz2'" in told
    assert "survey_facts" not in told and len(told.splitlines()) < 15
    told = shown(shell, capsys, "gz.TreeModel('gz2', encoder='gzkit_tiny')")  # raised from another error
    assert "Traceback" in told and "direct cause" not in told and len(told.splitlines()) < 8
    monkeypatch.setenv("GZKIT_TRACEBACK", "full")
    assert "survey_facts" in shown(shell, capsys, "gz.load_schema('gz2x')")


def test_errors_that_gzkit_did_not_raise_are_shown_whole(shell, capsys):
    shell.run_cell("import gzkit.votes")
    told = shown(shell, capsys, "gzkit.votes._spread_to_answers(None, None)")
    assert "in _spread_to_answers" in told
    assert "ZeroDivisionError" in shown(shell, capsys, "1 / 0")
    assert "SyntaxError" in shown(shell, capsys, "x = )")


def test_another_handler_of_errors_stays(shell):
    shell.set_custom_exc((ValueError,), lambda *_: None)
    mine = shell.custom_exceptions
    tracebacks.shorten_tracebacks()
    assert shell.custom_exceptions is mine


def test_what_few_need_has_its_folders_name():
    code = "import gzkit as gz; gz.inference.predict_to_parquet; gz.zooniverse.count_report; gz.training.finetune"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_completion_loads_nothing():
    code = (
        "import sys, gzkit as gz\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell(); shell.push({'gz': gz})\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "with provisionalcompleter():\n"
        "    for _ in range(2):\n"
        "        names = {c.text for c in shell.Completer.completions('gz.', 3)}\n"
        "assert {'finetune', 'predict', 'show', 'plot_tree'} <= names, names\n"
        "assert not {'torch', 'pandas', 'matplotlib.pyplot'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_is_a_map_and_the_names_fit_a_screen():
    assert len(gz.__all__) <= 59
    assert [name for name in gz.__all__ if name not in gz.__doc__ and name not in UNLISTED] == []


UNLISTED = {
    "Answer",
    "Question",
    "proportion_asked",
    "CatalogError",
    "plot_gallery",
    "plots",
    "sample_folder",
}
