"""Images of galaxies: `read` decodes them, `cache` keeps them, `augment` varies them, `batches` brings them on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
