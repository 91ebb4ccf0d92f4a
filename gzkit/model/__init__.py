"""The model: an image encoder, and a head that gives Dirichlet concentrations for every answer of a schema."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "tree_model": ["TreeModel"],
        "encoder": ["create_encoder"],
        "head": ["begin_at_constant"],
        "zoobot": ["load_zoobot"],
        "engine": ["start_engine"],
    },
)
