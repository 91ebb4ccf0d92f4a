"""See, understand and model Galaxy Zoo votes: ``import gzkit as gz``.

    what was asked       load_schema, Schema, schema_from_workflow; plot_tree, explore_schema
    what was answered    read_catalog, classify, count_votes, sample_catalog, split; vote_fractions; plot_votes
    the loss             dirichlet_multinomial_nll, DirichletMultinomialLoss; plot_loss, explore_loss
    a model              TreeModel, finetune, predict; plot_history; quickstart does it all once
    what it predicts     Predictions, ensemble; plot_predicted_votes, plot_galaxy, explore_predictions
    how good it is       evaluate, select; plot_calibration, plot_confusion, plot_fractions

Each idea has a folder, with an index that says what to open first: `gzkit.schema`, `gzkit.loss`, `gzkit.training`.
A name is loaded when it is first used, so the import itself is fast and brings neither torch nor matplotlib along.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
