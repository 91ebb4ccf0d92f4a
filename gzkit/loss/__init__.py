"""How surprising volunteers' votes are under predicted concentrations.

Read `loss` first: the formula, and the plain function. `exact` keeps the digits that it loses; `quick` does the same
in less time.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
