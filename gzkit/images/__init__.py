"""Images of galaxies: `read` decodes them, `cache` keeps them, `augment` varies them, `batches` brings them on."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "read": ["read_image", "load_image", "ImageError"],
        "cache": ["open_images"],
        "augment": ["Augmentation"],
        "batches": ["training_batches", "evaluation_batches"],
    },
)
