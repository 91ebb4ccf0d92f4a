"""Simulations with known truth: pictures of galaxies (`looks`), volunteers, and the files of a Zooniverse project."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
