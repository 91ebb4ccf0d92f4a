"""A model of measured pixels, from its stretch to its predictions and what people see of them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gzkit as gz
from gzkit.images import load_image
from gzkit.images.batches import channel_statistics, open_galaxies
from gzkit.plots.tree.icons import typical_galaxies
from gzkit.widgets.pictures import Images

pytest.importorskip("torch")
SIDE = 40


@pytest.fixture(scope="module", params=[3, 5])
def survey(request, tmp_path_factory):
    """Schema, catalogue and stretch: the brighter, the more volunteers say "bright"; a border has no values."""
    bands = request.param
    schema = gz.Schema.from_classes("light", ["bright", "dark"])
    folder, rng, rows = tmp_path_factory.mktemp("measured"), np.random.default_rng(bands), []
    for number in range(40):
        level = rng.uniform(1, 9)
        planes = rng.normal(level, 0.5, (bands, SIDE, SIDE)).astype(np.float32)
        planes[:, :4] = np.nan
        np.save(folder / f"J{number:02}.npy", planes)
        bright = rng.binomial(20, level / 10)
        rows.append((f"J{number:02}", bright, 20 - bright))
    table = pd.DataFrame(rows, columns=["id_str", *schema.label_cols])
    return (
        schema,
        gz.read_catalog(table, schema, images=folder),
        gz.Stretch("linear", low=0, high=10, bands=bands),
    )


def tiny(schema, stretch, **options):
    return gz.TreeModel(
        schema, "test_convnext", pretrained=False, image_size=32, crop=1.0, stretch=stretch, **options
    )


def test_finetune_save_load_and_predict_look_through_the_models_stretch(survey, tmp_path):
    schema, catalog, stretch = survey
    train, test = gz.split(catalog, (0.7, 0.3))
    run = gz.finetune(tiny(schema, stretch), train, epochs=2, save_dir=tmp_path / "run", progress=False)
    assert run.model.in_chans == stretch.channels
    loaded = gz.TreeModel.load(tmp_path / "run" / "model", stretch=stretch)
    assert loaded.stretch == stretch
    config = json.loads((tmp_path / "run" / "model" / "config.json").read_text())
    assert config["stretch"]["bands"] == list(range(stretch.channels))
    first, again = (gz.predict(model, test, progress=False) for model in (run, tmp_path / "run" / "model"))
    np.testing.assert_array_equal(first.concentration, again.concentration)
    # what it sees is what is declared: the file through the stretch, written out here
    planes = np.load(test["file_loc"][0])
    from PIL import Image

    small = np.stack(
        [np.asarray(Image.fromarray(np.nan_to_num(x)).resize((32, 32), 2)) for x in planes], axis=-1
    )
    expected = np.rint(255 * np.clip(small / 10, 0, 1)).astype(np.uint8)
    np.testing.assert_array_equal(load_image(test["file_loc"][0], **loaded.decoding), expected)
    first.to_parquet(tmp_path / "predictions.parquet")
    kept = gz.Predictions.from_parquet(tmp_path / "predictions.parquet")
    assert gz.Stretch.from_dict(kept.info["stretch"]) == stretch


def test_another_number_of_channels_is_normalised_by_the_images_that_are_trained_on(survey):
    schema, catalog, stretch = survey
    model = tiny(schema, stretch)
    before = model.config["mean"], model.config["std"]
    run = gz.finetune(model, catalog, epochs=1, progress=False)
    pixels = np.stack([load_image(file, **model.decoding) for file in catalog["file_loc"]]) / 255
    mean, std = pixels.mean(axis=(0, 1, 2)), pixels.std(axis=(0, 1, 2))
    found = channel_statistics(open_galaxies(catalog, model, max_unreadable=0))
    np.testing.assert_allclose(found, [mean, std], rtol=1e-9)
    if stretch.channels == 3:  # the encoder's own, as for pictures
        assert (run.model.config["mean"], run.model.config["std"]) == before
    else:
        np.testing.assert_allclose(
            [run.model.config["mean"], run.model.config["std"]], [mean, std], rtol=1e-9
        )


def test_a_stretch_that_differs_is_refused(survey, tmp_path):
    schema, catalog, stretch = survey
    other = gz.Stretch("asinh", low=0, high=10, bands=stretch.channels)
    tiny(schema, stretch).save(tmp_path / "model")
    with pytest.raises(
        ValueError, match=r"another stretch \(linear from 0 to 10 .*\), not asinh from 0 to 10"
    ):
        gz.TreeModel.load(tmp_path / "model", stretch=other)
    save = {"epochs": 1, "save_dir": tmp_path / "run", "progress": False}
    gz.finetune(tiny(schema, stretch), catalog, **save)
    with pytest.raises(ValueError, match=r"stretch='linear.* then, 'asinh.* now"):
        gz.finetune(tiny(schema, other), catalog, resume=True, **save)
    with pytest.raises(ValueError, match=f"in_chans=7, but the stretch has {stretch.channels} bands"):
        tiny(schema, stretch, in_chans=7)


def test_an_interrupted_run_goes_on_to_the_same_end(survey, tmp_path, monkeypatch):
    schema, catalog, stretch = survey
    whole = gz.finetune(tiny(schema, stretch), catalog, epochs=3, progress=False)
    from gzkit.training import state

    class Stop(Exception):
        pass

    save = state.TrainingState.save

    def stop_after_one(self):
        save(self)
        if len(self.history) == 1:
            raise Stop

    monkeypatch.setattr(state.TrainingState, "save", stop_after_one)
    with pytest.raises(Stop):
        gz.finetune(tiny(schema, stretch), catalog, epochs=3, save_dir=tmp_path, progress=False)
    monkeypatch.undo()
    rest = gz.finetune(
        tiny(schema, stretch), catalog, epochs=3, save_dir=tmp_path, resume=True, progress=False
    )
    np.testing.assert_array_equal(whole.history["train_loss"], rest.history["train_loss"])
    assert rest.model.config["mean"] == whole.model.config["mean"]


def test_images_decoded_through_another_stretch_are_not_taken_from_the_cache(survey, tmp_path):
    schema, catalog, stretch = survey
    found = []
    for one in (stretch, gz.Stretch("linear", low=0, high=20, bands=stretch.channels), stretch):
        galaxies = open_galaxies(catalog, tiny(schema, one), max_unreadable=0, cache=tmp_path / "cache")
        found.append(galaxies.images.gather([0, 1]).numpy())
    np.testing.assert_array_equal(found[0], found[2])
    assert (found[0] != found[1]).mean() > 0.5
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_measured_pixels_without_a_stretch_are_an_error_that_says_what_to_declare(survey):
    schema, catalog, _ = survey
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)
    with pytest.raises(
        ValueError, match=r"J00 \(.*J00.npy: its pixels are measured values .*gz.Stretch\('asinh'"
    ):
        gz.finetune(model, catalog, epochs=1, progress=False)


def test_a_bundled_encoder_takes_any_number_of_bands(survey):
    schema, catalog, stretch = survey
    run = gz.finetune(gz.TreeModel(schema, stretch=stretch), catalog, epochs=1, progress=False)
    assert run.model.pretrained and len(gz.predict(run, catalog, progress=False)) == 40


def test_people_see_a_composite_in_figures_pages_and_instruments(survey, tmp_path):
    schema, catalog, stretch = survey
    run = gz.finetune(tiny(schema, stretch), catalog, epochs=1, progress=False)
    predictions = gz.predict(run, catalog, progress=False)
    expected = gz.read_image(catalog["file_loc"][3], stretch)
    assert expected.shape == (SIDE, SIDE, 3)
    figure = gz.plot_galaxy(predictions, "J03", catalog=catalog)
    shown = [image.get_array() for ax in figure.axes for image in ax.get_images()]
    np.testing.assert_array_equal(shown[0], expected)
    gz.plot_gallery(predictions, catalog, count=2)
    gz.write_report(tmp_path / "report.html", predictions, catalog, galaxies=2)
    pictures = 2 + len(typical_galaxies(schema, catalog))  # two galaxies, and one of each answer in the tree
    assert Path(tmp_path / "report.html").read_text().count("data:image/jpeg") == pictures
    assert "data:image/jpeg" in gz.explore_predictions(predictions, catalog).panels["image"].value
    assert "data:image/jpeg" in Images({"J03": catalog["file_loc"][3]}, stretch).picture("J03", SIDE)
    session = gz.classify(catalog[:2], schema, save=tmp_path / "mine.csv", stretch=stretch)
    assert "data:image/jpeg" in session.panels["image"].value and session.figure() is not None


def test_plot_stretch_shows_what_each_makes_of_a_few_galaxies(survey):
    _, catalog, stretch = survey
    other = gz.Stretch("asinh", low="1%", high="99%", bands=stretch.channels)
    figure = gz.plot_stretch(catalog, [stretch, other], count=3)
    assert len(figure.axes) == 6
    np.testing.assert_array_equal(
        figure.axes[0].get_images()[0].get_array(), gz.read_image(catalog["file_loc"][0], stretch)
    )
    assert figure.axes[0].get_xlabel().startswith("black 10%")  # four rows of 40 without values
    assert "brightness cannot be compared" in figure.axes[3].get_ylabel().replace("\n", " ")
    assert figure.get_supxlabel().count("0:") == 1
