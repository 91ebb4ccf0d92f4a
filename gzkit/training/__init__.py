"""Finetuning: `finetune` is the loop, and the first file to read; the others are what it calls."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "finetune": ["finetune"],
        "optimization": ["build_optimizer", "freeze_blocks", "rate_at"],
        "guards": ["TrainingStopped"],
        "state": ["FinetuneRun"],
    },
)
