"""A survey's table of votes and images, read and checked once, so that everything after it can trust it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "read": ["read_catalog", "split", "sample_catalog", "sample_truth", "sample_folder"],
        "problems": ["CatalogError"],
    },
)
