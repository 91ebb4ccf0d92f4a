"""Figures: Axes in, Axes out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "tree": ["plot_tree"],
        "votes": ["plot_votes"],
        "galaxy": ["plot_galaxy", "plot_gallery"],
        "history": ["plot_history"],
        "augmentation": ["plot_augmentation"],
        "loss": ["plot_loss"],
        "calibration": ["plot_calibration"],
        "predictions": ["plot_confusion", "plot_fractions", "plot_predicted_votes"],
    },
)
