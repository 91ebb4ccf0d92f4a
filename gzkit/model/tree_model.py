"""The model: an image encoder, and a head that gives Dirichlet concentrations for every answer of a schema."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gzkit.files.fingerprint import fingerprint
from gzkit.files.whole import cannot_write, write_text
from gzkit.images.stretch import Stretch
from gzkit.mistakes import check_arguments, check_ranges
from gzkit.model.card import write_card
from gzkit.model.config import RANGES
from gzkit.model.encoder import (
    create_encoder,
    describe_module,
    feature_width,
    memory_layout,
    rebuild_encoder,
)
from gzkit.model.files import MODEL_FORMAT, read_model, write_weights
from gzkit.model.head import (
    CONCENTRATION_BOUNDS,
    PUBLISHED_BOUNDS,
    bound_concentration,
    check_bounds,
    first_bias,
)
from gzkit.schema.files import told_of
from gzkit.schema.surveys import as_schema
from gzkit.schema.tree import Schema

if TYPE_CHECKING:
    import pandas as pd


class TreeModel(nn.Module):
    """An encoder with a head of dropout, a linear layer, and a sigmoid that bounds the concentrations.

    Parameters
    ----------
    schema : Schema or str
        Or the name of a survey.
    encoder : str or Module
        ``"gzkit-tiny"`` (bundled), any timm name, ``"hf-hub:mwalmsley/zoobot-encoder-convnext_nano"`` (fetched once),
        ``"local-dir:folder/"``, or a Module from images (batch, channel, height, width) to features (batch, feature).
    pretrained : bool
        Whether to load the encoder's published weights.
    dropout : float
        Share of the features that the head leaves out in training.
    image_size : int, optional
        Side of the images [pixels]; by default what the encoder was trained with.
    in_chans : int, optional
        Channels of the images; by default as many as the stretch has bands, or the encoder's own, 1 or 3. timm fits the
        weights of the first layer; other numbers than 1 and 3 are normalised by the images that are trained on.
    stretch : Stretch, optional
        How measured pixels (FITS, ``.npy``, 16 bits) become images; it is kept with the model, and used wherever that
        looks at images.
    crop : float, optional
        Side of the centred square of each image that is looked at, as a share of its shorter side; by default the
        encoder's own.
    learn_batch_norm : bool, optional
        Whether training moves the statistics of batch normalisation, and normalises by each batch's own. By default
        only where the encoder is not pretrained: kept statistics suit small batches, and make several processes train
        exactly as one does.
    concentration_bounds : pair of float, or "published"
        Lowest and highest concentration that the head can give an answer; ``"published"`` for Zoobot's, 1 and 101. See
        the notes.
    seed : int
        Of the weights that begin at random.

    Attributes
    ----------
    schema, encoder, image_size, in_chans, crop, stretch, learn_batch_norm, concentration_bounds
        As above.
    pretrained : bool
        Whether the encoder has learnt from images before; not known, and so False, of a Module.
    config : dict
        All that is needed to build the encoder again.
    layout : torch.memory_format
        In which images are given to the encoder; `go_to` chooses it.

    Raises
    ------
    ValueError
        If there is no such encoder, its weights cannot be had, or an option makes no sense.

    Notes
    -----
    A concentration of at least 1 cannot say that galaxies differ as much as they do where volunteers mostly agree. The
    best single prediction for all 19,761 galaxies of Galaxy Zoo 2's Stripe 82 counts (ten questions) costs 20.07 nat a
    galaxy with concentrations free, 21.72 with 1..101 and 20.07 with 0.05..500; of 4,000 simulated galaxies 39.44 and
    43.67 (free, 1..101). A model loses much of that too: finetuned on 420 simulated galaxies, gzkit-tiny's test loss
    is 35.46 with 1..101 and 33.17 with 0.05..500, less in ten seeds of ten (by 2.29 ± 0.06). Only the lower bound
    matters.

    References
    ----------
    Walmsley et al. 2022, MNRAS 509, 3966 (arXiv:2102.08414): the head's bounds. Walmsley et al. 2023, JOSS 8, 5312:
    the published encoders.

    Examples
    --------
    >>> import gzkit as gz, torch
    >>> schema = gz.Schema.from_classes("bar", ["strong", "weak", "no"])
    >>> model = gz.TreeModel(schema, encoder="test_convnext", pretrained=False, image_size=32).eval()
    >>> model(torch.rand(2, 3, 32, 32)).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        schema: Schema | str,
        encoder: str | nn.Module = "gzkit-tiny",
        *,
        pretrained: bool = True,
        dropout: float = 0.5,
        image_size: int | None = None,
        in_chans: int | None = None,
        crop: float | None = None,
        stretch: Stretch | None = None,
        learn_batch_norm: bool | None = None,
        concentration_bounds: Sequence[float] | str = CONCENTRATION_BOUNDS,
        seed: int = 0,
    ):
        super().__init__()
        schema = as_schema(schema, "TreeModel")
        options = {"dropout": dropout, "image_size": image_size, "in_chans": in_chans, "crop": crop}
        check_ranges("TreeModel", RANGES, options)
        check_arguments("TreeModel", stretch=stretch)
        bounds, dropout = check_bounds(concentration_bounds), float(dropout)
        image_size = image_size if image_size is None else int(image_size)
        crop = crop if crop is None else float(crop)
        if stretch is not None:
            if in_chans not in (None, stretch.channels):
                raise ValueError(
                    f"TreeModel: in_chans={in_chans}, but the stretch has {stretch.channels} bands"
                )
            in_chans = stretch.channels
        elif in_chans not in (None, 1, 3):
            raise ValueError(
                f"TreeModel: in_chans={in_chans}: give stretch=gz.Stretch(...), which says the bands"
            )
        if learn_batch_norm is None:
            learn_batch_norm = not pretrained or isinstance(encoder, nn.Module)
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they are
            torch.manual_seed(seed)
            if isinstance(encoder, nn.Module):
                config = describe_module(encoder, in_chans=in_chans, image_size=image_size)
            else:
                encoder, config = create_encoder(
                    encoder, pretrained=pretrained, in_chans=in_chans, image_size=image_size
                )
            config |= {} if crop is None else {"crop": crop}
            self._build(schema, encoder, config, dropout, learn_batch_norm, bounds)
        self.stretch = stretch
        self.pretrained = pretrained and config["architecture"] is not None

    def _build(self, schema, encoder, config, dropout, learn_batch_norm, bounds):
        self.schema, self.encoder, self.config, self.dropout = schema, encoder, config, dropout
        self.learn_batch_norm, self.concentration_bounds = learn_batch_norm, bounds
        self.image_size, self.in_chans, self.crop = config["image_size"], config["in_chans"], config["crop"]
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they are
            self.head = nn.Linear(feature_width(encoder, config), len(schema.answers))
        nn.init.zeros_(self.head.weight)  # an untrained head predicts the same for every galaxy and answer
        nn.init.constant_(self.head.bias, first_bias(bounds))
        self.normalise_by(config["mean"], config["std"])
        self.layout, self.stretch, self.trained = torch.contiguous_format, None, {}

    @property
    def decoding(self) -> dict:
        """How its images are decoded: keywords of `gzkit.images.load_image`."""
        settings = {"size": self.image_size, "in_chans": self.in_chans, "crop": self.crop}
        return settings | ({} if self.stretch is None else {"stretch": self.stretch})

    @classmethod
    def of_encoder(
        cls,
        schema: Schema,
        encoder: nn.Module,
        config: dict,
        dropout: float,
        learn_batch_norm: bool,
        bounds: tuple,
    ) -> "TreeModel":
        """A model that has learnt elsewhere, of its parts.

        Parameters
        ----------
        schema : Schema
        encoder : Module
        config : dict
            Of the encoder, as `gzkit.model.encoder.describe_encoder` gives it.
        dropout, learn_batch_norm, bounds
            As for `TreeModel`.

        Returns
        -------
        TreeModel
        """
        model = cls.__new__(cls)
        nn.Module.__init__(model)
        model._build(schema, encoder, config, dropout, learn_batch_norm, bounds)
        model.pretrained = True
        return model

    def normalise_by(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Say what the encoder's images are normalised by.

        Parameters
        ----------
        mean, std : list of float, length channel
        """
        self.config |= {"mean": mean, "std": std}
        middle, spread = (torch.tensor(values).reshape(1, -1, 1, 1) for values in (mean, std))
        self.register_buffer("offset", -middle / spread, persistent=False)  # (1, channel, 1, 1)
        self.register_buffer("scale", 1 / spread, persistent=False)

    def go_to(self, device: torch.device) -> "TreeModel":
        """Move to a device, into the memory layout in which the encoder is fast.

        Parameters
        ----------
        device : torch.device

        Returns
        -------
        TreeModel
        """
        self.layout = memory_layout(self.encoder)
        self.encoder.to(memory_format=self.layout)
        return self.to(device)

    @property
    def width(self) -> int:
        """Number of features that the encoder gives."""
        return self.head.in_features

    def forward(self, images: torch.Tensor, keep: torch.Tensor | None = None) -> torch.Tensor:
        """Concentrations of every answer.

        Parameters
        ----------
        images : Tensor, shape (batch, channel, height, width) or (batch, feature)
            In [0, 1]; or what `features` said of them.
        keep : Tensor of bool, shape (batch, feature), optional
            The features that dropout keeps; drawn anew by default in training, and all of them otherwise.

        Returns
        -------
        Tensor, shape (batch, answer)
            Within `concentration_bounds`, columns as ``schema.label_cols``; float32 in mixed precision too.
        """
        features = images if images.ndim == 2 else self.features(images)
        with torch.autocast(features.device.type, enabled=False):
            if keep is not None:
                features = features * keep / (1 - self.dropout)
            elif self.training:
                features = nn.functional.dropout(features, self.dropout)
            return bound_concentration(self.head(features), self.concentration_bounds)  # (batch, answer)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the encoder says of images.

        Parameters
        ----------
        images : Tensor, shape (batch, channel, height, width)
            In [0, 1].

        Returns
        -------
        Tensor, shape (batch, feature)
            float32 in mixed precision too.
        """
        lone = []
        if self.training and len(images) == 1:  # one image has no statistics of its own
            lone = [m.eval() for m in self.encoder.modules() if isinstance(m, _BatchNorm) and m.training]
        images = images.contiguous(memory_format=self.layout)
        features = self.encoder(torch.addcmul(self.offset, images, self.scale))  # (batch, feature)
        for module in lone:
            module.train()
        return features.float()

    def train(self, mode: bool = True) -> "TreeModel":
        """Training or evaluation mode; frozen parts, and kept batch statistics, stay in evaluation mode.

        Parameters
        ----------
        mode : bool

        Returns
        -------
        TreeModel
        """
        super().train(mode)
        for module in self.encoder.modules():
            parameters = list(module.parameters())
            frozen = parameters and not any(parameter.requires_grad for parameter in parameters)
            if frozen or (isinstance(module, _BatchNorm) and not self.learn_batch_norm):
                module.eval()
        return self

    def save(self, folder: str | Path, *, evaluation: "pd.DataFrame | None" = None) -> None:
        """Write the model: ``model.safetensors`` (weights), ``config.json`` (encoder, head, schema), and a model card.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there. A model that is there is replaced as one: each file in one go, and the weights
            carry their configuration, so that the two are never taken from different models. The card is ``README.md``,
            as the Hugging Face Hub shows it; once its licence is filled in it stays as it is.
        evaluation : DataFrame, optional
            What `gz.evaluate` says of the model, for the card.

        Raises
        ------
        OSError
            If a file cannot be written; the message names it.
        """
        folder = Path(folder)
        with cannot_write(folder):
            folder.mkdir(parents=True, exist_ok=True)
        content = self.describe() | {"weights": fingerprint(self.state_dict()), "trained": self.trained}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_weights(folder / "model.safetensors", self.state_dict(), {"config": text})
        write_text(folder / "config.json", text)
        write_card(self, folder / "README.md", evaluation)

    def describe(self) -> dict:
        """All that decides what it predicts, but the weights; ready for JSON.

        Returns
        -------
        dict
        """
        return {
            "format": MODEL_FORMAT,
            "encoder": self.config,
            "dropout": self.dropout,
            "learn_batch_norm": self.learn_batch_norm,
            "concentration_bounds": list(self.concentration_bounds),
            "schema": self.schema.to_dict(),
        } | ({} if self.stretch is None else {"stretch": self.stretch.to_dict()})

    def identity(self) -> dict:
        """What a run must share with the one that it goes on with: settings, and fingerprints of what is long.

        Returns
        -------
        dict of str to (number or str)
        """
        return {
            "image_size": self.image_size,
            "crop": self.crop,
            "dropout": self.dropout,
            "concentration_bounds": str(self.concentration_bounds),
            "model": fingerprint(self.describe(), "" if self.config["architecture"] else repr(self.encoder)),
            "weights": fingerprint(self.state_dict()),
        } | ({} if self.stretch is None else {"stretch": str(self.stretch)})

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        schema: Schema | str | None = None,
        encoder: nn.Module | None = None,
        stretch: Stretch | None = None,
    ) -> "TreeModel":
        """Read a model that `save` wrote. Nothing in the files is executed.

        Parameters
        ----------
        folder : str or Path
        schema : Schema or str, optional
            The schema that the model is expected to have.
        encoder : Module, optional
            For a model whose encoder was given as a Module: one of the same shape.
        stretch : Stretch, optional
            The stretch that the model is expected to have.

        Returns
        -------
        TreeModel

        Raises
        ------
        ValueError
            If this is no folder of a model, a file is cut short, the weights are not those that the configuration was
            written for, or the schema or the stretch is another.
        """
        content, weights = read_model(Path(folder))
        path = Path(folder) / "config.json"
        with told_of(path):
            own_schema = Schema.from_dict(content["schema"])
            bounds = check_bounds(content.get("concentration_bounds", PUBLISHED_BOUNDS))
            own_stretch = Stretch.from_dict(content["stretch"]) if "stretch" in content else None
            if stretch not in (None, own_stretch):
                raise ValueError(
                    f"the model looks at images through another stretch ({own_stretch}), not {stretch}"
                )
        expected = None if schema is None else as_schema(schema, "TreeModel.load")
        if expected is not None and expected.label_cols != own_schema.label_cols:
            own, wanted = own_schema.label_cols, expected.label_cols
            missing, extra = ([x for x in a if x not in b][:3] for a, b in ((own, wanted), (wanted, own)))
            told = f"only the model has {missing}, only the schema has {extra}"
            raise ValueError(f"{folder}: the model answers {own_schema!r}, not {expected!r}: {told}")
        config = content["encoder"]
        if encoder is None and config["architecture"] is None:
            raise ValueError(f"{folder}: its encoder is a module of yours; give one like it with encoder=")
        learn = content.get("learn_batch_norm", True)
        with told_of(path):  # too small images, say
            encoder = encoder or rebuild_encoder(config)
            model = cls.of_encoder(own_schema, encoder, config, content["dropout"], learn, bounds)
        try:
            own = model.state_dict()
            other = [name for name in own if name in weights and weights[name].dtype != own[name].dtype]
            if other:
                raise RuntimeError(f"{other[0]} holds {weights[other[0]].dtype}, not {own[other[0]].dtype}")
            model.load_state_dict(weights)
        except RuntimeError as error:  # weights of another shape
            raise ValueError(
                f"{folder}: the weights do not fit the model that config.json describes: {error}"
            ) from error
        model.stretch, model.trained = own_stretch, content.get("trained", {})
        return model.eval()

    def __repr__(self):
        name = self.config["name"] or type(self.encoder).__name__
        channels = f"{self.in_chans} channel{'s' if self.in_chans > 1 else ''}"
        return f"TreeModel({self.schema!r}, encoder={name!r}, {self.image_size} px, {channels}, {self.width} features)"
