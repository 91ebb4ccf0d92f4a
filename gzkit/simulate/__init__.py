"""A simulated survey with known truth: galaxies (`population`), pictures (`images`), and who votes (`volunteers`)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "survey": ["simulate_survey", "write_survey", "render"],
        "population": ["draw_population"],
        "volunteers": ["answer_probabilities", "cast_votes"],
        "zooniverse": ["build_workflow", "write_export"],
    },
)
