"""Finetuning: `finetune` is the loop, and the first file to read; the others are what it calls."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
