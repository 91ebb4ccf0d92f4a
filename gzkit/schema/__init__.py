"""What volunteers are asked: questions, answers, and which answers lead to which question; and the named surveys."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "tree": ["Schema"],
        "question": ["Question", "Answer"],
        "build": ["suggest"],
        "surveys": ["load_schema", "schema_names", "survey_facts", "as_schema"],
    },
)
