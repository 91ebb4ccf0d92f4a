"""The loss as a picture: `values` computes, `figure` and `svg` draw, `words` tells."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figure": ["plot_loss"],
        "values": ["loss_values"],
        "svg": ["loss_svg"],
        "words": ["describe_loss"],
    },
)
