from .classify import classify as classify
from .features import explore_features as explore_features
from .loss import explore_loss as explore_loss
from .predictions import explore_predictions as explore_predictions
from .schema import explore_schema as explore_schema
