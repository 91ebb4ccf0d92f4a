"""The model: an image encoder, and a head that gives Dirichlet concentrations for every answer of a schema."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
