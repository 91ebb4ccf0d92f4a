"""How good predictions are, how sure they are, and which galaxies they select."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "evaluate": ["evaluate"],
        "surprise": ["surprise"],
        "select": ["select", "Selection"],
        "calibration": ["coverage", "dispersion", "pit_bounds", "randomised_pit"],
        "skill": ["multinomial_nll", "estimated_ceiling"],
    },
)
