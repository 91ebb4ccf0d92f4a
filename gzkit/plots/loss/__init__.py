"""The loss as a picture: `values` computes, `figure` draws, `words` tells."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figure": ["plot_loss"],
        "values": ["loss_values"],
        "words": ["describe_loss"],
    },
)
