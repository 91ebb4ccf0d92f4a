"""A survey that was run on Zooniverse: its workflow becomes a schema, its classifications become votes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
