"""The ``gzkit`` command: each sub-command reads its options and calls one public function."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "main": ["main", "build_parser"],
    },
)
