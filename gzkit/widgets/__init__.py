"""Instruments for JupyterLab: controls over the figures of `gzkit.plots`, with no arithmetic of their own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "classify": ["classify"],
        "loss": ["explore_loss"],
        "predictions": ["explore_predictions"],
        "schema": ["explore_schema"],
    },
)
