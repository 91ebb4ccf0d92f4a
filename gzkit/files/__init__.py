"""What runs leave on the disk: whole files, folders that one run has to itself, names for all that decides a result."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
