"""One page of HTML that shows a tree, a training and its predictions; and `quickstart`, the whole job once."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
