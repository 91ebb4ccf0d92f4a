import math

import numpy as np
import pytest

import gzkit as gz
from gzkit.training.choices import HEAD_BELOW, choose


def chosen(galaxies, pretrained=True, **said):
    return choose(galaxies, pretrained, **said).set_index("setting")["value"].to_dict()


def test_a_pretrained_encoder_trains_its_head_alone_on_few_galaxies_and_everything_on_many():
    few, many = chosen(HEAD_BELOW - 1), chosen(HEAD_BELOW)
    assert (few["blocks"], few["learning_rate"]) == (0, 1e-2)
    assert (many["blocks"], many["learning_rate"]) == ("all", 4e-3)
    assert chosen(50, pretrained=False)["blocks"] == "all"


def test_an_encoder_that_never_saw_so_many_bands_is_trained_as_a_whole():
    found = [choose(50, True, bands).set_index("setting").loc["blocks"] for bands in (1, 2, 3, 5)]
    assert [row["value"] for row in found] == [0, "all", 0, "all"] and "5 bands" in found[3]["why"]


@pytest.mark.parametrize("galaxies", [1, 50, 420, 1500, 100_000])
@pytest.mark.parametrize(("pretrained", "least"), [(True, 300), (False, 1000)])
def test_epochs_make_enough_steps_and_never_fewer_than_twenty(galaxies, pretrained, least):
    found = chosen(galaxies, pretrained)
    steps = found["epochs"] * galaxies / found["batch_size"]
    assert found["epochs"] == 20 or least <= steps < least + galaxies / found["batch_size"]
    assert steps >= least and found["epochs"] >= 20 and found["patience"] >= 10


def test_what_is_said_is_kept_and_the_rest_follows_from_it():
    told = choose(420, True, blocks=2, epochs=3, patience=math.inf)
    found = told.set_index("setting")
    assert found["value"].to_dict() == {
        "blocks": 2, "learning_rate": 4e-3, "batch_size": 32, "epochs": 3, "patience": math.inf,
    }  # fmt: skip
    assert (found.loc[["blocks", "epochs", "patience"], "why"] == "as you said").all()
    assert type(found.loc["batch_size", "value"]) is int  # not 32.0


def test_a_run_says_what_was_chosen_and_why(tiny_survey):
    schema, catalog = tiny_survey
    train, val = gz.split(catalog, (0.8, 0.2))
    model = gz.TreeModel(schema, encoder="test_resnet", pretrained=False, image_size=32)
    run = gz.finetune(model, train, val, epochs=2, progress=False)
    told = str(run)
    assert told.startswith("2 epochs; the best is ") and "(validation) nat a galaxy" in told
    assert f"an encoder from scratch and {len(train)} galaxies: everything is trained" in told
    assert "epochs        2      as you said" in told
    assert len(repr(run)) < 200
    assert run.choices.set_index("setting").loc["blocks", "value"] == "all"
    assert run.model.pretrained is False


def test_a_model_that_was_kept_trains_its_head_alone_and_keeps_its_bounds(tiny_survey, tmp_path):
    schema, catalog = tiny_survey
    gz.TreeModel(
        schema, encoder="test_resnet", pretrained=False, image_size=32, concentration_bounds="published"
    ).save(tmp_path)
    run = gz.finetune(tmp_path, catalog, catalog[:4].assign(id_str=list("wxyz")), epochs=1, progress=False)
    assert run.choices["value"][0] == 0
    assert run.model.concentration_bounds == (1, 101)
    again = gz.finetune(run, catalog, catalog[:4].assign(id_str=list("wxyz")), epochs=1, progress=False)
    assert again.model is run.model and np.isfinite(again.history["val_loss"]).all()
