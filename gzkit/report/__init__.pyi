from .quickstart import quickstart as quickstart
from .page import write_report as write_report
from .tree import write_trees as write_trees
