"""A decision tree as a picture: `flow` counts, `compose` reads options, `layout` places, `figure` and `svg` draw."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figure": ["plot_tree", "tree_pages"],
        "svg": ["tree_svg"],
        "flow": ["votes_flow", "fractions_flow", "catalog_flow", "difference_flow"],
        "layout": ["tree_layout"],
    },
)
