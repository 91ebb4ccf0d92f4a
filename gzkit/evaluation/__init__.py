"""How good predictions are, how sure they are, and which galaxies they select."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
