"""What describes an encoder, in a model's files or in a folder of timm's: checked before anything is built of it."""

from numbers import Integral, Real

from gzkit.schema.files import Number, check_fields, read_json, told_of
from gzkit.schema.tree import suggest

LARGEST_IMAGE = 4096  # side of what an encoder looks at [pixels]
RANGES = {  # of the options: what each is if it is out of range, and whether it is in it
    "dropout": ("not in [0, 1)", lambda value: isinstance(value, Real) and 0 <= float(value) < 1),
    "in_chans": ("not a number of bands, up to 10", lambda value: value in (None, *range(1, 11))),
    "image_size": (
        f"not a number of pixels from 1 to {LARGEST_IMAGE}",
        lambda value: value is None or (isinstance(value, Integral) and 1 <= int(value) <= LARGEST_IMAGE),
    ),
    "crop": ("not in (0, 1]", lambda value: value is None or 0 < value <= 1),
}
CONFIG = {
    "name": str | None,
    "architecture": str | None,
    "arguments": dict,
    "in_chans": Number(1, 10, whole=True),
    "image_size": Number(1, LARGEST_IMAGE, whole=True),
    "crop": Number(1e-3, 1),
    "mean": [Number(-100, 100)],
    "std": [Number(1e-3, 100)],
}
# of timm's encoders: what shapes them. Never a place to read from: timm loads, and unpickles, what is there
ARGUMENTS = {
    "act_layer", "attn_layer", "block_args", "block_type", "channels", "class_token", "conv_bias", "conv_mlp",
    "depth", "depths", "dims", "drop_path_rate", "drop_rate", "dynamic_img_size", "embed_dim", "fc_norm",
    "global_pool", "head_norm_first", "head_hidden_size", "img_size", "init_values", "kernel_sizes", "layers",
    "ls_init_value", "mlp_ratio", "no_embed_class", "norm_eps", "norm_layer", "num_heads", "output_stride",
    "patch_size", "pos_embed", "pre_norm", "qk_norm", "qkv_bias", "reg_tokens", "stem_type", "stem_width",
    "strides", "use_grn", "width", "window_size",
}  # fmt: skip
PRETRAINED = {  # the same in an encoder's folder
    "input_size": [Number(1, 1e4, whole=True)],
    "fixed_input_size?": bool,
    "crop_pct?": CONFIG["crop"],
    "mean?": CONFIG["mean"],
    "std?": CONFIG["std"],
}
PLACES = ("file", "url", "state_dict", "custom_load")  # in a folder's pretrained_cfg, for timm to read from


def check_encoder(config):
    """Refuse a configuration that describes no encoder, or asks timm for more than its shape and size.

    Parameters
    ----------
    config : dict
        As `create_encoder` returns it, perhaps from a file.

    Raises
    ------
    ValueError
        The message names the field.
    """
    check_fields(config, CONFIG, "encoder")
    for name in ("mean", "std"):
        if len(config[name]) != config["in_chans"]:
            raise ValueError(
                f"encoder.{name} has {len(config[name])} values for {config['in_chans']} channels"
            )
    _check_arguments(config["arguments"], "encoder.arguments")


def _check_arguments(arguments, place):
    for key, value in arguments.items():
        if key not in ARGUMENTS:
            raise ValueError(
                f"{place}.{key} is not allowed: only what shapes an encoder is{suggest(key, ARGUMENTS)}"
            )
        for item in value if isinstance(value, list) else [value]:
            word = isinstance(item, str) and item.replace("_", "").isalnum()  # never a path
            if not (word or item is None or (isinstance(item, int | float) and abs(item) <= LARGEST_IMAGE)):
                raise ValueError(
                    f"{place}.{key} is {value!r:.60}, neither words nor numbers up to {LARGEST_IMAGE}"
                )


def read_config(folder):
    """Configuration of an encoder's folder, as timm writes it.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        The message names the file and the field.
    """
    path = folder / "config.json"
    content = read_json(path)
    fields = {"architecture": str, "model_args?": dict, "pretrained_cfg": PRETRAINED}
    with told_of(path):
        check_fields(content, fields)
        _check_arguments(content.get("model_args", {}), "model_args")
        for name, lengths in (("input_size", (3,)), ("mean", (1, 3)), ("std", (1, 3))):
            values = content["pretrained_cfg"].get(name, [1] * lengths[-1])
            if len(values) not in lengths:
                raise ValueError(f"pretrained_cfg.{name} is {values!r:.60}, not {lengths[-1]} numbers")
        places = [key for key in PLACES if content["pretrained_cfg"].get(key)]
        if places:
            raise ValueError(
                f"pretrained_cfg.{places[0]} names a place to read from; only this folder is read"
            )
    return content
