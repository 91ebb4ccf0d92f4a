import json
import sys

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import gzkit as gz
from gzkit.model import tree_model
from gzkit.model.encoder import create_encoder, memory_layout
from gzkit.model.zoobot import load_zoobot


def tiny(schema, **options):
    return gz.TreeModel(
        schema, **({"encoder": "test_convnext", "pretrained": False, "image_size": 32} | options)
    )


class OwnEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, images):
        return self.second(self.first(images).mean(dim=(2, 3)))


def write_encoder(folder, **changes):
    """An encoder in timm's layout for ``local-dir:``."""
    import timm
    from safetensors.torch import save_file

    folder.mkdir()
    config = {"architecture": "test_resnet", "num_classes": 0, "num_features": 64}
    config["pretrained_cfg"] = {
        "input_size": [3, 48, 48],
        "mean": [0.1, 0.2, 0.3],
        "std": [0.5] * 3,
        "crop_pct": 0.8,
    }
    config["pretrained_cfg"] |= changes
    (folder / "config.json").write_text(json.dumps(config))
    channels = config["pretrained_cfg"]["input_size"][0]
    encoder = timm.create_model("test_resnet", num_classes=0, in_chans=channels)
    save_file(encoder.state_dict(), folder / "model.safetensors")
    return encoder


def test_concentrations_lie_in_the_published_bounds(tiny_survey):
    schema, _ = tiny_survey
    model = tiny(schema).eval()
    with torch.no_grad():
        model.head.weight.mul_(1e4)
        found = model(torch.rand(8, 3, 32, 32))
    assert found.shape == (8, 4)
    assert found.min() >= 1
    assert found.max() <= 101
    assert found.dtype == torch.float32


@pytest.mark.parametrize(("bounds", "lowest", "highest"), [((0.05, 500), 0.05, 500), ("published", 1, 101)])
def test_bounds_are_kept_by_the_head_and_by_the_file(bounds, lowest, highest, tiny_survey, tmp_path):
    schema, _ = tiny_survey
    model = gz.TreeModel(
        schema, encoder="test_resnet", pretrained=False, image_size=32, concentration_bounds=bounds
    )
    luck = torch.Generator().manual_seed(0)  # of some luck all four answers lie on one side
    with torch.no_grad():
        torch.nn.init.normal_(model.head.weight, std=1e4, generator=luck)
        model.save(tmp_path)
        pixels = torch.rand(8, 3, 32, 32, generator=luck)
        found, again = model.eval()(pixels), gz.TreeModel.load(tmp_path)(pixels)
    assert torch.equal(found, again)
    assert lowest <= found.min() < 1.2 * lowest and 0.99 * highest < found.max() <= highest


def test_a_model_saved_without_bounds_has_the_published_ones(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    tiny(schema).save(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    assert content.pop("concentration_bounds") == [0.05, 500]
    (tmp_path / "config.json").write_text(json.dumps(content))
    assert gz.TreeModel.load(tmp_path).concentration_bounds == (1, 101)


@pytest.mark.parametrize(
    "bounds", [(0, 101), (101, 1), (5, 5), (1, float("inf")), (1,), 7, "ab", (1, float("nan"))]
)
def test_bounds_that_make_no_sense_are_refused(bounds, tiny_survey, tmp_path):
    schema, _ = tiny_survey
    with pytest.raises(ValueError, match=r"concentration_bounds=") as error:
        gz.TreeModel(schema, encoder="test_resnet", pretrained=False, concentration_bounds=bounds)
    assert repr(bounds) in str(error.value)


def test_bounds_in_a_file_that_make_no_sense_are_refused(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    tiny(schema).save(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text()) | {"concentration_bounds": [-1, 3]}
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"config\.json: TreeModel: concentration_bounds=\[-1, 3\]"):
        gz.TreeModel.load(tmp_path)


def test_a_saved_model_comes_back_the_same(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    model = tiny(schema, dropout=0.3, crop=0.7).eval()
    model.save(tmp_path / "model")
    copy = gz.TreeModel.load(tmp_path / "model", schema=schema)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(copy(images), model(images))
    assert (copy.schema, copy.dropout, copy.crop, copy.image_size) == (schema, 0.3, 0.7, 32)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]


@pytest.mark.parametrize("encoder", ["test_vit", "test_efficientnet", "test_resnet"])
def test_encoders_of_every_kind_can_be_built_again(encoder, tiny_survey, tmp_path):
    schema, _ = tiny_survey
    model = tiny(schema, encoder=encoder, in_chans=1).eval()
    model.save(tmp_path)
    images = torch.rand(1, 1, 32, 32)
    assert torch.equal(gz.TreeModel.load(tmp_path)(images), model(images))


def test_the_seed_decides_the_random_weights_and_touches_no_others(tiny_survey):
    schema, _ = tiny_survey
    before = torch.random.get_rng_state()
    first, second, other = (next(tiny(schema, seed=seed).encoder.parameters()) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_encoders_own_configuration_is_followed(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    published = write_encoder(tmp_path / "encoder")
    model = gz.TreeModel(schema, f"local-dir:{tmp_path / 'encoder'}").eval()
    assert (model.image_size, model.in_chans, model.crop) == (48, 3, 0.8)
    images = torch.rand(2, 3, 48, 48)
    with torch.no_grad():
        normalised = (images - torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3, 1, 1)) / 0.5
        torch.testing.assert_close(model.encoder(normalised), published.eval()(normalised))
        expected = 0.05 + 499.95 * torch.sigmoid(model.head(published(normalised)))
        torch.testing.assert_close(model(images), expected)


def test_a_greyscale_encoder_keeps_its_one_channel(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    write_encoder(tmp_path / "encoder", input_size=[1, 48, 48])
    model = gz.TreeModel(schema, f"local-dir:{tmp_path / 'encoder'}").eval()
    assert model.in_chans == 1
    assert model(torch.rand(1, 1, 48, 48)).shape == (1, 4)
    assert model.config["mean"] == pytest.approx([0.2])
    assert model.offset.flatten().tolist() == pytest.approx([-0.2 / 0.5])


def test_the_bundled_encoder_gives_features():
    encoder, config = create_encoder("gzkit-tiny")
    assert config["image_size"] == 128
    assert encoder.eval()(torch.zeros(1, 3, 128, 128)).ndim == 2


def test_any_module_can_be_the_encoder(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    model = gz.TreeModel(schema, OwnEncoder(), image_size=16).eval()
    model.save(tmp_path)
    with pytest.raises(ValueError, match="give one like it with encoder="):
        gz.TreeModel.load(tmp_path)
    copy = gz.TreeModel.load(tmp_path, encoder=OwnEncoder())
    images = torch.rand(1, 3, 16, 16)
    assert torch.equal(copy(images), model(images))


def test_an_encoder_that_gives_maps_is_refused(tiny_survey):
    with pytest.raises(ValueError, match=r"gives \(1, 4, 14, 14\) for one image; expected \(1, feature\)"):
        gz.TreeModel(tiny_survey[0], nn.Conv2d(3, 4, 3), image_size=16)


def test_given_features_to_keep_dropout_leaves_out_the_others(tiny_survey):
    schema, _ = tiny_survey
    model = tiny(schema, dropout=0.75)
    images, keep = torch.rand(1, 3, 32, 32), torch.zeros(1, model.width, dtype=torch.bool)
    torch.testing.assert_close(model(images, keep)[0], 0.05 + 499.95 * torch.sigmoid(model.head.bias))
    keep[0, 3] = True
    features = model.eval().encoder(images * model.scale + model.offset)
    expected = 0.05 + 499.95 * torch.sigmoid(model.head.weight[:, 3] * 4 * features[0, 3] + model.head.bias)
    torch.testing.assert_close(model(images, keep)[0], expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "convnext_nanoo"}, "no encoder 'convnext_nanoo'; did you mean 'convnext_nano'"),
        ({"encoder": "local-dir:/nowhere"}, "no config.json in '/nowhere'"),
        ({"dropout": 1.0}, r"dropout=1.0 is not in \[0, 1\)"),
        ({"in_chans": 2}, "in_chans=2: give stretch="),
        ({"in_chans": 11}, "in_chans=11 is not a number of bands, up to 10"),
        ({"image_size": 0}, "image_size=0"),
        ({"crop": 1.5}, "crop=1.5"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, message, tiny_survey):
    with pytest.raises(ValueError, match=message):
        tiny(tiny_survey[0], **options)


def test_without_a_network_a_sentence_says_what_to_do(tiny_survey, monkeypatch, tmp_path):
    def no_network(*args):
        raise OSError("Name or service not known")

    monkeypatch.setattr("gzkit.model.encoder.socket.getaddrinfo", no_network)
    monkeypatch.setattr("gzkit.model.encoder.urllib.request.getproxies", dict)
    for encoder in ("hf-hub:mwalmsley/zoobot-encoder-convnext_nano", "convnext_nano"):
        with pytest.raises(ValueError, match=r"cannot be reached. .* encoder='local-dir:FOLDER'"):
            gz.TreeModel(tiny_survey[0], encoder)


def test_a_cached_hub_encoder_needs_no_network(tiny_survey, monkeypatch, tmp_path):
    published = write_encoder(tmp_path / "cached")
    asked = []

    def snapshot(repository, **options):
        asked.append((repository, options["local_files_only"]))
        return str(tmp_path / "cached")

    monkeypatch.setattr("gzkit.model.encoder.huggingface_hub.snapshot_download", snapshot)
    model = gz.TreeModel(tiny_survey[0], "hf-hub:survey/encoder")
    assert asked == [("survey/encoder", True)]
    assert model.config["name"] == "hf-hub:survey/encoder"
    for name, value in published.state_dict().items():
        assert torch.equal(model.encoder.state_dict()[name], value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("no config", "is not the folder of a model"),
        ("foreign config", "not the configuration of a gzkit model"),
        ("cut short", "missing or cut short"),
        ("no weights", "missing or cut short"),
        ("other weights", "do not fit"),
    ],
)
def test_a_damaged_model_is_refused_with_a_sentence(damage, message, tiny_survey, tmp_path):
    schema, _ = tiny_survey
    tiny(schema).save(tmp_path)
    config, weights = tmp_path / "config.json", tmp_path / "model.safetensors"
    if damage == "no config":
        config.unlink()
    elif damage == "foreign config":
        config.write_text("{}")
    elif damage == "cut short":
        weights.write_bytes(weights.read_bytes()[:-500])
    elif damage == "no weights":
        weights.unlink()
    else:
        config.write_text(config.read_text().replace("test_convnext", "test_resnet"))
    with pytest.raises(ValueError, match=message):
        gz.TreeModel.load(tmp_path)


def test_a_schema_that_does_not_fit_is_refused(tiny_survey, tmp_path):
    tiny(tiny_survey[0]).save(tmp_path)
    with pytest.raises(ValueError, match=r"only the model has \['light_bright'"):
        gz.TreeModel.load(tmp_path, schema=gz.Schema.from_classes("bar", ["yes", "no"]))


# --- Zoobot's checkpoints


class ForeignSchema:
    """Pickled by reference to this module, as Zoobot's checkpoints hold their schema."""

    def __init__(self, pairs, dependencies):
        self.question_answer_pairs, self.dependencies = pairs, dependencies

    def __setstate__(self, state):
        raise RuntimeError("code of the file was executed")


EXECUTED = []


class Trap:
    """Pickled as a call of a function, which a careless reader makes."""

    def __init__(self, function):
        self.function = function

    def __reduce__(self):
        return (self.function, ("code of the file was executed",))


def spring(what):
    EXECUTED.append(what)


def write_checkpoint(path, schema, **extra):
    import timm

    encoder, head = timm.create_model("test_convnext", num_classes=0), nn.Linear(64, len(schema.answers))
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    weights |= {f"head.1.0.{name}": value for name, value in head.state_dict().items()}
    told = {"schema": ForeignSchema(schema.pairs, schema.dependencies)} | extra
    torch.save({"state_dict": weights, "hyper_parameters": told, "epoch": 3}, path)
    return nn.Sequential(encoder, head).eval()


def test_a_zoobot_checkpoint_predicts_as_it_did_and_executes_nothing(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    original = write_checkpoint(
        tmp_path / "a.ckpt", schema, architecture_name="test_convnext", trap=Trap(spring)
    )
    model = load_zoobot(tmp_path / "a.ckpt", image_size=32)
    assert EXECUTED == []
    assert model.schema == schema
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(model(images), 1 + 100 * torch.sigmoid(original(images)))
    model.save(tmp_path / "model")
    assert torch.equal(gz.TreeModel.load(tmp_path / "model")(images), model(images))


def test_of_a_checkpoint_with_other_answers_the_shared_ones_are_kept(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    original = write_checkpoint(tmp_path / "a.ckpt", schema)
    other = gz.Schema({"round": ["_no", "_yes", "_odd"]}, {"round": None})
    with pytest.warns(UserWarning, match=r"1 of 3 answers begin at random \(round_odd"):
        model = load_zoobot(tmp_path / "a.ckpt", other, architecture="test_convnext", image_size=32)
    assert torch.equal(model.head.weight[:2], original[1].weight[[3, 2]])


def test_what_is_no_zoobot_checkpoint_is_refused(tiny_survey, tmp_path):
    (tmp_path / "text.ckpt").write_text("no")
    torch.save({"state_dict": {}, "trap": Trap(sys.exit)}, tmp_path / "trap.ckpt")
    torch.save({"weights": torch.ones(2)}, tmp_path / "other.ckpt")
    write_checkpoint(tmp_path / "a.ckpt", tiny_survey[0])
    for name, options, message in [
        ("text.ckpt", {}, "cannot be read as a checkpoint"),
        ("other.ckpt", {}, "no 'state_dict'"),
        ("trap.ckpt", {}, "refused, since it holds 'sys.exit', which would be executed"),
        ("a.ckpt", {}, "does not tell its encoder"),
        ("a.ckpt", {"architecture": "resnet10t"}, "its encoder is no 'resnet10t'"),
        ("a.ckpt", {"architecture": "resnet10tt"}, "did you mean 'resnet10t'"),
    ]:
        with pytest.raises(ValueError, match=message):
            load_zoobot(tmp_path / name, image_size=32, **options)


@pytest.mark.parametrize(
    ("encoder", "size", "works"),
    [
        ("test_vit", 100, "96, 128"),
        ("levit_128s", 100, "224"),
        ("test_convnext", 3, "32, 224"),
        ("test_efficientnet", 100, None),
    ],
)
def test_an_image_size_that_an_encoder_does_not_take_is_refused_with_some_that_it_takes(encoder, size, works):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    if works is None:
        assert tiny(schema, encoder=encoder, image_size=size).image_size == size
        return
    with pytest.raises(
        ValueError, match=f"takes no images of 3 x {size} x {size} pixels .*image_size={works}"
    ):
        tiny(schema, encoder=encoder, image_size=size)


def test_a_module_that_cannot_take_its_images_is_refused():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    for encoder in (OwnEncoder().double(), nn.Conv2d(5, 4, 3), nn.Bilinear(3, 3, 3)):
        with pytest.raises(ValueError, match="the encoder takes no images of 3 x 16 x 16 pixels"):
            gz.TreeModel(schema, encoder=encoder, image_size=16)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], None),
        (["encoder"], 3.5),
        (["dropout"], "x"),
        (["encoder", "architecture"], ...),
        (["encoder", "std"], ...),
        (["encoder", "mean"], [0.5]),
        (["encoder", "image_size"], -1),
        (["encoder", "arguments"], {"no_such_argument": 1}),
    ],
)
def test_a_model_whose_settings_were_changed_is_refused_by_name(path, value, tmp_path):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    tiny(schema).save(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    *way, last = path
    holder = content[way[0]] if way else content
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"config\.json: "):
        gz.TreeModel.load(tmp_path)


def test_one_image_alone_trains_with_kept_batch_statistics():
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    model = tiny(schema, encoder="test_efficientnet").train()
    before = {name: value.clone() for name, value in model.named_buffers()}
    model(torch.rand(1, 3, 32, 32)).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
    model(torch.rand(2, 3, 32, 32))
    assert any(not torch.equal(value, before[name]) for name, value in model.named_buffers())


@pytest.mark.parametrize("moment", ["weights written", "both written"])
def test_a_save_that_is_killed_leaves_one_model_and_not_a_mixture(moment, tmp_path, monkeypatch):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    turned = gz.Schema.from_classes("bar", ["no", "yes"])
    first, second = (
        gz.TreeModel(
            schema, "test_convnext", pretrained=False, image_size=32, seed=seed, concentration_bounds=bounds
        )
        for schema, seed, bounds in ((schema, 1, (1.0, 101.0)), (turned, 2, (0.05, 500.0)))
    )
    first.save(tmp_path)

    def kill(*args):
        raise KeyboardInterrupt

    if moment == "weights written":
        monkeypatch.setattr(tree_model, "write_text", kill)
        with pytest.raises(KeyboardInterrupt):
            second.save(tmp_path)
        monkeypatch.undo()
        with pytest.warns(UserWarning, match="the weights' own configuration is used"):
            found = gz.TreeModel.load(tmp_path)
    else:
        second.save(tmp_path)
        found = gz.TreeModel.load(tmp_path)
    assert found.schema == turned and found.concentration_bounds == (0.05, 500.0)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(found(images), second.eval()(images))
    found.save(tmp_path)
    gz.TreeModel.load(tmp_path)  # without a warning
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]


def flip_a_bit(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def exchange_weights_without_a_configuration(folder):
    path = folder / "model.safetensors"
    save_file({name: value + 1 for name, value in load_file(path).items()}, path)


@pytest.mark.parametrize("damage", [flip_a_bit, exchange_weights_without_a_configuration])
def test_weights_that_the_configuration_was_not_written_for_are_refused(damage, tmp_path):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32).save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match="written for other weights, or model"):
        gz.TreeModel.load(tmp_path)


def test_a_model_saved_before_configurations_knew_their_weights_is_read(tmp_path):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)
    model.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["weights"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    weights = load_file(tmp_path / "model.safetensors")
    save_file(weights, tmp_path / "model.safetensors")
    assert torch.equal(gz.TreeModel.load(tmp_path).head.weight, model.head.weight)


def test_a_configuration_edited_by_hand_counts(tmp_path):
    schema = gz.Schema.from_classes("bar", ["yes", "no"])
    gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32).save(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(path.read_text().replace('"dropout": 0.5', '"dropout": 0.25'))
    assert gz.TreeModel.load(tmp_path).dropout == 0.25


@pytest.mark.parametrize(
    ("encoder", "layout"),
    [
        ("resnet10t", torch.channels_last),
        ("test_convnext", torch.channels_last),
        ("test_vit", torch.contiguous_format),
    ],
)
def test_the_layout_follows_from_the_encoders_layers(encoder, layout):
    assert memory_layout(timm.create_model(encoder, num_classes=0)) == layout


def test_another_persons_module_keeps_the_usual_layout():
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    assert memory_layout(encoder) == torch.contiguous_format


def test_in_the_fast_layout_a_model_says_the_same_and_is_saved_the_same(tiny_survey, tmp_path):
    schema, _ = tiny_survey
    model = gz.TreeModel(schema, "resnet10t", pretrained=False, image_size=64).eval()
    nn.init.normal_(model.head.weight, std=0.1)
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = model(images)
    model.save(tmp_path / "before")
    model.go_to(torch.device("cpu"))
    assert model.encoder.conv1[0].weight.is_contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        torch.testing.assert_close(model(images), before, rtol=1e-4, atol=1e-5)
    model.save(tmp_path / "after")
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("before", "after")]
    assert files[0] == files[1]
