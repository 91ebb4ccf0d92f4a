from .quickstart import quickstart as quickstart
from .page import write_report as write_report
