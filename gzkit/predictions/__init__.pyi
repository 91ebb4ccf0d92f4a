from .predictions import Predictions as Predictions
from .published import PublishedPredictions as PublishedPredictions
from .ensemble import ensemble as ensemble
