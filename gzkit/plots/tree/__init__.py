"""A decision tree as a picture: `flow` counts, `compose` reads options, `layout` places, `figure` and `svg` draw."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
