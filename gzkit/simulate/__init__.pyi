from .survey import simulate_survey as simulate_survey, render as render
from .population import draw_population as draw_population
from .volunteers import answer_probabilities as answer_probabilities, cast_votes as cast_votes
from .zooniverse import build_workflow as build_workflow, write_export as write_export
