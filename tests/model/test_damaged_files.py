"""Files that somebody sent: whatever stands in them is refused in a sentence with its path, and nothing is run."""

import copy
import json
import os
import time

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

import gzkit as gz
from gzkit.model.encoder import rebuild_encoder
from gzkit.model.zoobot import load_zoobot

ODD = [
    None,
    True,
    -1,
    0,
    1e12,
    float("nan"),
    float("inf"),
    "",
    "/etc/passwd",
    [],
    [1],
    ["a"],
    {"a": 1},
    20_000,
]
SCHEMA = gz.Schema.from_classes("bar", ["yes", "no"])


def spots(content, way=()):
    """The way to every value of nested JSON."""
    inside = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inside:
        yield (*way, key)
        if isinstance(value, dict | list):
            yield from spots(value, (*way, key))


def changed(content, way, value):
    content = copy.deepcopy(content)
    inner = content
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return content


@pytest.fixture
def model(tmp_path):
    made = gz.TreeModel(SCHEMA, "test_convnext", pretrained=False, image_size=32)
    made.save(tmp_path / "model")
    return made


@pytest.fixture
def encoder(tmp_path):
    made = timm.create_model("test_convnext", num_classes=0)
    (tmp_path / "encoder").mkdir()
    save_file(made.state_dict(), tmp_path / "encoder/model.safetensors")
    known = {"input_size": [3, 32, 32], "mean": [0.5] * 3, "std": [0.5] * 3, "crop_pct": 0.9}
    config = {"architecture": "test_convnext", "pretrained_cfg": known, "model_args": {"drop_rate": 0.0}}
    (tmp_path / "encoder/config.json").write_text(json.dumps(config))
    return f"local-dir:{tmp_path / 'encoder'}"


def refuses_or_reads(path, content, read):
    for way in spots(content):
        for value in ODD:
            path.write_text(json.dumps(changed(content, way, value)))
            begun = time.monotonic()
            try:
                read()
            except ValueError as error:
                assert path.parent.name in str(error), (way, value)
            assert time.monotonic() - begun < 20, (way, value)


@pytest.mark.filterwarnings("ignore:.*describes another model")
def test_whatever_a_models_configuration_holds_it_is_read_or_refused_with_its_path(model, tmp_path):
    path = tmp_path / "model/config.json"
    content = json.loads(path.read_text())
    del content["schema"]["wording"], content["encoder"]["mean"][1:], content["encoder"]["std"][1:]
    refuses_or_reads(path, content, lambda: gz.TreeModel.load(tmp_path / "model"))


def test_whatever_an_encoders_folder_says_it_is_read_or_refused_with_its_path(encoder, tmp_path):
    path = tmp_path / "encoder/config.json"
    refuses_or_reads(path, json.loads(path.read_text()), lambda: gz.TreeModel(SCHEMA, encoder))


class Runs:
    """What a pickle runs when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    "arguments",
    [
        {"checkpoint_path": "optimizer.pth"},
        {"pretrained_cfg_overlay": {"file": "optimizer.pth"}},
        {"pretrained_cfg": {"file": "optimizer.pth"}},
        {"cache_dir": "/tmp"},
        {"act_layer": "../optimizer.pth"},
        {"dims": ["optimizer.pth"]},
        {"depths": [10**9]},
        {"drop_rate": {"a": 1}},
    ],
)
def test_an_encoders_arguments_are_its_shape_and_never_a_place(arguments, model, encoder, tmp_path):
    torch.save({"state_dict": Runs(tmp_path / "ran")}, tmp_path / "optimizer.pth")
    for key, value in arguments.items():
        arguments[key] = str(tmp_path / value) if value == "optimizer.pth" else value
    path = tmp_path / "model/config.json"
    content = json.loads(path.read_text())
    content["encoder"]["arguments"] = arguments
    with pytest.raises(ValueError, match=r"encoder\.arguments\."):
        rebuild_encoder(content["encoder"])
    path.write_text(json.dumps(content))
    (tmp_path / "model/model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"config\.json: encoder\.arguments\."):
        gz.TreeModel.load(tmp_path / "model")
    path = tmp_path / "encoder/config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_args": arguments}))
    with pytest.raises(ValueError, match=r"config\.json: model_args\."):
        gz.TreeModel(SCHEMA, encoder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("place", ["file", "url", "state_dict", "custom_load"])
def test_an_encoders_folder_names_no_other_place_to_read_weights_from(place, encoder, tmp_path):
    path = tmp_path / "encoder/config.json"
    content = json.loads(path.read_text())
    content["pretrained_cfg"][place] = str(tmp_path / "other.pth")
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"pretrained_cfg\.{place} names a place"):
        gz.TreeModel(SCHEMA, encoder)


def test_weights_in_a_pickle_are_not_read(encoder, tmp_path):
    (tmp_path / "encoder/model.safetensors").unlink()
    torch.save({"a": Runs(tmp_path / "ran")}, tmp_path / "encoder/pytorch_model.bin")
    with pytest.raises(ValueError, match=r"no model\.safetensors"):
        gz.TreeModel(SCHEMA, encoder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", [torch.int64, torch.float16, torch.bool])
def test_weights_of_another_kind_are_refused(kind, model, tmp_path):
    path = tmp_path / "model/model.safetensors"
    weights = load_file(path)
    weights["head.weight"] = weights["head.weight"].to(kind)
    save_file(weights, path)
    config = json.loads((tmp_path / "model/config.json").read_text())
    del config["weights"]
    (tmp_path / "model/config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"head\.weight holds torch\."):
        gz.TreeModel.load(tmp_path / "model")


def test_reading_a_model_leaves_the_callers_random_numbers_alone(model, encoder, tmp_path):
    weights = {f"encoder.{name}": value for name, value in model.encoder.state_dict().items()}
    told = {"question_answer_pairs": {"bar": ["_yes", "_no"]}, "dependencies": {"bar": None}}
    torch.save({"state_dict": weights, "hyper_parameters": told}, tmp_path / "z.ckpt")
    for read in (
        lambda: gz.TreeModel.load(tmp_path / "model"),
        lambda: gz.TreeModel(SCHEMA, encoder),
        lambda: load_zoobot(tmp_path / "z.ckpt", architecture="test_convnext", image_size=32),
    ):
        before = torch.random.get_rng_state()
        with pytest.warns() if read.__code__.co_names[0] == "load_zoobot" else pytest.MonkeyPatch.context():
            read()
        assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "options",
    [{"image_size": 20_000}, {"image_size": 32.5}, {"crop": float("nan")}, {"crop": -3}, {"dropout": 5}]
    + [{"dropout": float("nan")}, {"dropout": True}, {"dropout": "0.5"}, {"image_size": float("nan")}],
)
def test_options_that_make_no_sense_are_refused_at_once(options):
    with pytest.raises(ValueError, match=f"TreeModel: {next(iter(options))}="):
        gz.TreeModel(SCHEMA, "test_convnext", pretrained=False, **options)
