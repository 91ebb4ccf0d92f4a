"""See, understand and model Galaxy Zoo votes.

``import gzkit as gz`` gives every name below; each is loaded from its module when it is first used, so the
import itself stays fast and brings neither torch nor matplotlib along.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["distributions", "plots", "simulate", "widgets"],
    submod_attrs={
        "schema": ["Answer", "Question", "Schema"],
        "surveys": ["load_schema", "schema_names"],
        "zooniverse": ["read_workflow", "schema_from_workflow"],
        "zooniverse_export": ["count_votes"],
        "zooniverse_report": ["count_report"],
        "votes": ["proportion_asked", "total_votes", "vote_fractions"],
        "catalog": ["CatalogError", "read_catalog", "sample_catalog", "sample_folder", "split"],
        "distributions": ["fit_dirichlet"],
        "predictions": ["Predictions"],
        "ensembles": ["ensemble"],
        "prediction_runs": ["predict_to_parquet"],
        "selections": ["select"],
        "metrics": ["evaluate"],
        "loss": ["DirichletMultinomialLoss", "dirichlet_multinomial_nll"],
        "model": ["TreeModel"],
        "finetuning": ["finetune"],
        "inference": ["predict"],
        "first_run": ["quickstart"],
        "plots": [
            "plot_calibration",
            "plot_confusion",
            "plot_fractions",
            "plot_galaxy",
            "plot_gallery",
            "plot_history",
            "plot_loss",
            "plot_predicted_votes",
            "plot_tree",
            "plot_votes",
        ],
        "widgets": ["explore_loss", "explore_predictions", "explore_schema"],
    },
)
