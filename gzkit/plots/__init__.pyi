from .tree.figure import plot_tree as plot_tree, tree_pages as tree_pages
from .votes import plot_votes as plot_votes
from .loss.figure import plot_loss as plot_loss
from .history import plot_history as plot_history
from .galaxy import plot_galaxy as plot_galaxy, plot_gallery as plot_gallery
from .predictions import (
    plot_predicted_votes as plot_predicted_votes,
    plot_fractions as plot_fractions,
    plot_confusion as plot_confusion,
)
from .calibration import plot_calibration as plot_calibration
from .axes import clean as clean
from .paper import save_figure as save_figure
from .stretch import plot_stretch as plot_stretch
from .show import show as show
