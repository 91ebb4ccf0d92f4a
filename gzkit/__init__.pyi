# What ``gz`` offers, in reading order, and where each name lives.

# what was asked
from .schema.tree import Schema as Schema
from .schema.question import Question as Question, Answer as Answer
from .schema.surveys import load_schema as load_schema, schema_names as schema_names
from .zooniverse.workflow import schema_from_workflow as schema_from_workflow

# what was answered
from .catalog.read import (
    read_catalog as read_catalog,
    split as split,
    sample_catalog as sample_catalog,
    sample_truth as sample_truth,
    sample_folder as sample_folder,
)
from .catalog.problems import CatalogError as CatalogError
from .catalog.sky import match as match, sky_link as sky_link
from .zooniverse.votes import count_votes as count_votes
from .votes import (
    total_votes as total_votes,
    vote_fractions as vote_fractions,
    proportion_asked as proportion_asked,
)

# the loss
from .loss.loss import (
    dirichlet_multinomial_nll as dirichlet_multinomial_nll,
    DirichletMultinomialLoss as DirichletMultinomialLoss,
)
from .distributions.fit import fit_dirichlet as fit_dirichlet
from .distributions.votes import predicted_votes as predicted_votes

# a model
from .model.tree_model import TreeModel as TreeModel
from .training.finetune import finetune as finetune
from .inference.predict import predict as predict
from .inference.embed import embed as embed
from .inference.features import Features as Features
from .inference.neighbours import similar as similar, unusual as unusual
from .report.quickstart import quickstart as quickstart

# what it predicts, and how good it is
from .predictions.predictions import Predictions as Predictions
from .predictions.ensemble import ensemble as ensemble
from .evaluation.evaluate import evaluate as evaluate
from .evaluation.surprise import surprise as surprise
from .evaluation.select import select as select
from .report.page import write_report as write_report

# figures and instruments
from .plots.show import show as show
from .images.read import read_image as read_image
from .images.stretch import Stretch as Stretch
from .plots.tree.figure import plot_tree as plot_tree
from .plots.votes import plot_votes as plot_votes
from .plots.loss.figure import plot_loss as plot_loss
from .plots.history import plot_history as plot_history
from .plots.galaxy import plot_galaxy as plot_galaxy, plot_gallery as plot_gallery
from .plots.predictions import (
    plot_predicted_votes as plot_predicted_votes,
    plot_fractions as plot_fractions,
    plot_confusion as plot_confusion,
)
from .plots.calibration import plot_calibration as plot_calibration
from .plots.stretch import plot_stretch as plot_stretch
from .widgets.schema import explore_schema as explore_schema
from .widgets.loss import explore_loss as explore_loss
from .widgets.predictions import explore_predictions as explore_predictions
from .widgets.features import explore_features as explore_features
from .widgets.classify import classify as classify

# folders that are used by their name
from . import distributions as distributions, plots as plots, simulate as simulate, widgets as widgets

__version__: str
