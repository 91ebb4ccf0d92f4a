"""See, understand and model Galaxy Zoo votes: ``import gzkit as gz``.

    what was asked       load_schema, schema_names, Schema, schema_from_workflow; plot_tree, explore_schema
    what was answered    read_catalog, classify, count_votes, split, total_votes, vote_fractions; plot_votes
    to try it on         sample_catalog, sample_truth; quickstart does all of it once
    the loss             dirichlet_multinomial_nll, DirichletMultinomialLoss, fit_dirichlet; plot_loss, explore_loss
    a model              TreeModel, finetune, predict, ensemble; plot_history
    what is like what    embed, Features, similar, unusual; explore_features
    what it predicts     Predictions, predicted_votes, select; plot_predicted_votes, plot_galaxy, explore_predictions
    how good it is       evaluate, surprise; plot_calibration, plot_confusion, plot_fractions; write_report
    on the sky           match, sky_link; Stretch, plot_stretch: how FITS images become what a model looks at
    in a notebook        show, read_image

    run = gz.finetune(gz.TreeModel(schema), train, val)      # print(run) says what was chosen, and why
    gz.evaluate(gz.predict(run, test), test, train=train)

``help(gz.finetune)`` explains one name. What few need has its folder's name: `gzkit.inference.predict_to_parquet`,
`gzkit.zooniverse.count_report`, `gzkit.simulate`, `gzkit.distributions`, `gzkit.widgets`; a folder's index says what to
open first.
In a notebook errors that gzkit raises are short; with the variable ``GZKIT_TRACEBACK=full`` they show its own lines.
A name is loaded when it is first used, so the import is fast and brings neither torch nor matplotlib along.
"""

import importlib
import sys
from pathlib import Path

from gzkit.mistakes import what_is_missing, what_was_meant
from gzkit.mistakes.tracebacks import shorten_tracebacks

try:
    import lazy_loader
except ImportError as error:
    raise ImportError(what_is_missing("gzkit", error)) from error

__version__ = "0.1.0"

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    # a completer looks at every name to draw a symbol beside it; it need not load torch for that
    completing = sys._getframe(1).f_globals.get("__name__", "").startswith("jedi.")
    if completing:
        raise AttributeError(name)
    if name not in __all__ and (Path(__file__).parent / name / "__init__.py").is_file():
        return importlib.import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(what_was_meant(name, __all__))
    try:
        return _load(name)
    except ModuleNotFoundError as error:
        raise ImportError(what_is_missing(f"gz.{name}", error)) from error


shorten_tracebacks()
