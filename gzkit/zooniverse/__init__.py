"""A survey that was run on Zooniverse: its workflow becomes a schema, its classifications become votes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "workflow": ["schema_from_workflow", "read_workflow", "WorkflowWarning"],
        "votes": ["count_votes", "CountWarning"],
        "report": ["count_report"],
    },
)
