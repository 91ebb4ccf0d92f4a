"""Mistakes that newcomers make: each works after all, or meets one sentence that says what to do."""

import pandas as pd
import pytest

import gzkit as gz

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
    "gz.TreeModel('gz-decals-dr5', encoder='test_convnext', pretrained=False, image_size=32)",
    "gz.read_catalog(test, 'gz-decals-dr5')",
    "gz.plot_tree('gz-decals-dr5')",
    "gz.plot_tree('gz-decals-dr5', votes[0])",
    "gz.plot_votes(votes[0], 'gz-decals-dr5')",
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
        "predictions is what gz.predict returns, got a table of 8 rows",
    ),
    ("gz.evaluate(run.model, test)", TypeError, "gz.predict(model, catalog) makes them"),
    ("gz.finetune(train, run.model)", TypeError, "model and train stand in each other's place"),
    ("gz.finetune(schema, train, val)", TypeError, "gz.TreeModel(schema) makes one"),
    ("gz.plot_tree(test, schema)", TypeError, "schema and votes stand in each other's place"),
    ("gz.plot_votes(schema, votes[0])", TypeError, "votes and schema stand in each other's place"),
    ("gz.vote_fractions(schema, votes)", TypeError, "votes and schema stand in each other's place"),
    ("gz.predict(run, 'catalog.csv')", TypeError, "gz.read_catalog(path, schema) reads it"),
    ("gz.plot_tree(3)", TypeError, "schema is a Schema or a survey's name"),
    # names
    ("gz.plot_tree('gz-decal-dr5')", ValueError, "did you mean 'gz-decals-dr5'?"),
    ("gz.predict(folder / 'modle', test)", ValueError, "is not the folder of a model"),
    ("gz.load_catalog('x.csv')", AttributeError, "gz has no load_catalog; did you mean gz.read_catalog?"),
    ("gz.train(run.model, train)", AttributeError, "did you mean gz.finetune?"),
    ("gz.plot_trees(schema)", AttributeError, "did you mean gz.plot_tree?"),
    ("gz.predict_to_parquet", AttributeError, "gz.inference.predict_to_parquet"),
    # a table of another survey
    ("gz.read_catalog(test, gz2)", gz.CatalogError, "looks like gz-decals-dr5"),
    ("gz.finetune(new_model(gz2), train, val)", ValueError, "looks like gz-decals-dr5"),
    ("gz.evaluate(gz.predict(new_model(gz2), test), test)", ValueError, "looks like gz-decals-dr5"),
    # an index for an id
    ("gz.plot_galaxy(predictions, 0)", KeyError, "predictions.id_str[0]"),
    ("gz.plot_galaxy(predictions, test.iloc[0])", KeyError, "galaxy is an id"),
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
    ("gz.read_catalog(test, schema, images=folder)", gz.CatalogError, "no image"),
    ("gz.predict(run, test.drop(columns='file_loc'))", ValueError, "'file_loc'"),
    # what pandas can do
    ("predictions.head()", AttributeError, "predictions.to_frame().head"),
    ("predictions.iloc[0]", AttributeError, "predictions[0]"),
    ("predictions['bar_strong']", KeyError, "bar_strong"),
]
