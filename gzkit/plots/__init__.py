"""Figures: Axes in, Axes out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "tree.figure": ["plot_tree", "tree_pages"],
        "votes": ["plot_votes"],
        "loss.figure": ["plot_loss"],
        "history": ["plot_history"],
        "galaxy": ["plot_galaxy", "plot_gallery"],
        "predictions": ["plot_predicted_votes", "plot_fractions", "plot_confusion"],
        "calibration": ["plot_calibration"],
        "augmentation": ["plot_augmentation"],
        "show": ["show"],
    },
)
