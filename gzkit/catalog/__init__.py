"""A survey's table of votes and images, read and checked once, so that everything after it can trust it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
