from .looks import EXAMPLES as EXAMPLES, render as render
from .volunteers import best_concentration as best_concentration, cast_votes as cast_votes
from .zooniverse import build_workflow as build_workflow, write_export as write_export
