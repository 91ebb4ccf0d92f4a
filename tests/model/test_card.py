"""The model card, and a model that went through the Hub."""

import os
import re

import numpy as np
import pytest

import gzkit as gz

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def run(tiny_survey):
    schema, catalog = tiny_survey
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)
    return gz.finetune(model, catalog[:30], catalog[30:], epochs=2, progress=False)


def test_a_card_says_what_the_model_is_was_trained_on_and_is_good_for(run, tiny_survey, tmp_path):
    schema, catalog = tiny_survey
    votes = int(catalog[:30][schema.label_cols].to_numpy().sum())
    run.model.save(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("---\nlicense: unknown  # to fill in") and "library_name: gzkit\n" in text
    told = ["# Galaxy Zoo votes of tiny, predicted", "| light | bright, dark |", "| round | yes, no |"]
    told += [
        "- galaxies: 30",
        f"- votes: {votes:,}",
        "- epochs: 2",
        "Stretch: none",
        "Not known: model.save(",
    ]
    for line in told:
        assert line in text
    test = catalog[30:].reset_index(drop=True)
    evaluation = gz.evaluate(gz.predict(run, test, progress=False), test)
    run.model.save(tmp_path, evaluation=evaluation)
    text = (tmp_path / "README.md").read_text()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    assert list(evaluation.columns) in cells
    assert [row[0] for row in cells[-3:]] == evaluation["question"].tolist()
    assert float(cells[-1][list(evaluation.columns).index("skill")]) == round(evaluation["skill"].iloc[-1], 3)


def test_what_the_model_was_trained_on_is_known_after_it_is_read_again(run, tmp_path):
    run.model.save(tmp_path / "a")
    again = gz.TreeModel.load(tmp_path / "a")
    assert again.trained == run.model.trained
    again.save(tmp_path / "b")
    assert (tmp_path / "a" / "README.md").read_text() == (tmp_path / "b" / "README.md").read_text()


def test_a_card_whose_licence_is_filled_in_is_its_authors(run, tmp_path):
    run.model.save(tmp_path)
    card = tmp_path / "README.md"
    mine = re.sub(r"license: unknown.*", "license: bsd-3-clause", card.read_text()) + "\nMine.\n"
    card.write_text(mine)
    run.model.save(tmp_path)
    assert card.read_text() == mine


def test_a_stretch_stands_in_the_card(tiny_survey, tmp_path):
    stretch = gz.Stretch("asinh", low=0, high=10, bands=["VIS", "Y", "J", "H"])
    model = gz.TreeModel(tiny_survey[0], "test_convnext", pretrained=False, image_size=32, stretch=stretch)
    model.save(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "Stretch: asinh from 0 to 10 (the same for all images), of VIS, Y, J, H." in text
    assert "32 px, 4 channels" in text and "Not known." in text


def test_a_snapshot_of_the_hub_is_read_through_its_links_beside_other_files(run, tmp_path):
    run.model.save(tmp_path / "uploaded")
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted((tmp_path / "uploaded").iterdir())):
        os.replace(path, blobs / f"sha{number}")  # the Hub's cache: names without endings, and links to them
        (snapshot / path.name).symlink_to(f"../../blobs/sha{number}")
    (snapshot / ".gitattributes").write_text("*.safetensors filter=lfs")
    (snapshot / "figure.png").write_bytes(b"")
    model = gz.TreeModel.load(snapshot)
    for name, value in run.model.state_dict().items():
        np.testing.assert_array_equal(model.state_dict()[name], value)
