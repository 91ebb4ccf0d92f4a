"""`Predictions`: what a model says of each galaxy, and the files in which it is kept."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
