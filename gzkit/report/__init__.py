"""Pages that live without a kernel: a report on predictions, decision trees; and `quickstart`, the whole job once."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
