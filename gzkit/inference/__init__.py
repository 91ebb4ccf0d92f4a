"""Prediction: concentrations for every galaxy of a catalogue, in memory or by the million into a folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "predict": ["predict"],
        "runs": ["predict_to_parquet"],
    },
)
