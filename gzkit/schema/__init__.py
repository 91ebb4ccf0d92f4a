"""What volunteers are asked: questions, answers, and which answers lead to which question; and the named surveys."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
