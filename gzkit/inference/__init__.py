"""Predictions, and features, of every galaxy of a catalogue: in memory, or by the million into a folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
