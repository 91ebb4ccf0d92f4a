from .workflow import (
    schema_from_workflow as schema_from_workflow,
    read_workflow as read_workflow,
    WorkflowWarning as WorkflowWarning,
)
from .votes import count_votes as count_votes, CountWarning as CountWarning
from .report import count_report as count_report
