import numpy as np
import pytest
import torch

import gzkit as gz
from gzkit.inference.predict import predict_batches


@pytest.fixture(scope="module")
def model(tiny_survey):
    model = gz.TreeModel(tiny_survey[0], "test_convnext", pretrained=False, image_size=32)
    torch.nn.init.normal_(
        model.head.weight, std=0.1, generator=torch.Generator().manual_seed(0)
    )  # as if trained
    return model


class OneOf:
    """Stands for one of several processes of `accelerate.Accelerator`."""

    is_main_process, device = False, torch.device("cpu")

    def __init__(self, process, processes):
        self.process_index, self.num_processes = process, processes

    autocast = torch.no_grad


def test_predictions_follow_the_catalogue(model, tiny_survey):
    schema, catalog = tiny_survey
    predictions = gz.predict(model, catalog[["id_str", "file_loc"]], batch_size=7, progress=False)
    assert predictions.concentration.shape == (48, 4, 1)
    assert predictions.id_str.tolist() == catalog["id_str"].tolist()
    assert predictions.schema == schema
    alone = gz.predict(model, catalog[30:31], progress=False)
    np.testing.assert_allclose(alone.concentration[0], predictions.concentration[30], rtol=1e-5)


def test_a_wrong_coordinate_is_told_before_any_image_is_looked_at(model, tiny_survey):
    catalog = tiny_survey[1].assign(file_loc="nowhere.jpg", ra="east", dec=3.0)
    with pytest.raises(ValueError, match="column 'ra': no coordinate: 'east' at row 0"):
        gz.predict(model, catalog, progress=False)


def test_samples_differ_and_hang_on_the_seed_not_on_the_batch(model, tiny_survey):
    _, catalog = tiny_survey
    first = gz.predict(model, catalog[:9], samples=3, batch_size=2, progress=False).concentration
    second = gz.predict(model, catalog[:9], samples=3, batch_size=9, progress=False).concentration
    np.testing.assert_allclose(first, second, rtol=1e-4)
    assert np.ptp(first, axis=-1).min() > 0
    other = gz.predict(model, catalog[:9], samples=3, seed=1, progress=False).concentration
    assert not np.allclose(first, other)


@pytest.mark.parametrize("processes", [2, 3, 5])
@pytest.mark.parametrize("galaxies", [1, 4, 11])
def test_processes_together_predict_every_galaxy_once_and_the_same(processes, galaxies, model, tiny_survey):
    catalog = tiny_survey[1][:galaxies]
    whole = gz.predict(model, catalog, samples=2, progress=False)
    parts = [
        part
        for process in range(processes)
        for part in predict_batches(
            model, catalog, samples=2, batch_size=3, accelerator=OneOf(process, processes)
        )
    ]
    assert [name for names, _ in parts for name in names] == whole.id_str.tolist()
    np.testing.assert_allclose(
        np.concatenate([values for _, values in parts]), whole.concentration, rtol=1e-4
    )


def test_images_that_cannot_be_decoded_are_named_and_left_out(model, tiny_survey, tmp_path):
    catalog = tiny_survey[1][:20].copy()
    catalog.iloc[5, catalog.columns.get_loc("file_loc")] = str(tmp_path / "none.png")
    with pytest.warns(UserWarning, match=r"1 of 20 images cannot be decoded: J05"):
        predictions = gz.predict(model, catalog, batch_size=4, progress=False)
    assert len(predictions) == 19
    assert "J05" not in predictions.id_str
    with pytest.raises(ValueError, match="more than max_unreadable=0"):
        gz.predict(model, catalog, max_unreadable=0, progress=False)


def test_what_cannot_be_predicted_is_refused(model, tiny_survey):
    _, catalog = tiny_survey
    with pytest.raises(ValueError, match="predict: no column 'file_loc'"):
        gz.predict(model, catalog.drop(columns="file_loc"), progress=False)
    with pytest.raises(ValueError, match="no galaxies"):
        gz.predict(model, catalog[:0], progress=False)
    with pytest.raises(ValueError, match="samples=0"):
        gz.predict(model, catalog, samples=0, progress=False)


def test_threads_take_turns_with_batches_and_change_nothing(model, tiny_survey):
    catalog = tiny_survey[1]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = gz.predict(model, catalog, batch_size=3, progress=False)
        torch.set_num_threads(3)
        together = gz.predict(model, catalog, batch_size=3, progress=False)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert together.id_str.tolist() == alone.id_str.tolist()
    np.testing.assert_allclose(together.concentration, alone.concentration, rtol=1e-5)
