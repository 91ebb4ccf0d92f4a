"""A simulated survey with known truth: galaxies (`population`), pictures (`images`), and who votes (`volunteers`)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
