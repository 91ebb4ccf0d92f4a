"""What needs no model works where torch, timm and accelerate are not installed; the rest says what to install."""

import subprocess
import sys
import textwrap

import pytest

BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""
MODELS = {"torch", "timm", "accelerate", "torchvision", "safetensors", "huggingface_hub", "psutil"}
BEGIN = """
import json, warnings
import numpy as np
import gzkit as gz

schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()
votes = catalog[schema.label_cols].to_numpy()
predictions = gz.Predictions(votes + 1.0, catalog["id_str"], schema)
"""
WORKS = {
    "trees": """
        gz.plot_tree(schema, votes[0])
        schema.to_json("schema.json")
        assert gz.Schema.from_json("schema.json") == schema
    """,
    "votes and distributions": """
        fractions = gz.vote_fractions(votes, schema)
        gz.proportion_asked(fractions, schema)
        gz.fit_dirichlet(votes, schema)
        assert gz.distributions.mean([2.0, 3.0]).tolist() == [0.4, 0.6]
        gz.plot_votes(votes[0], schema)
    """,
    "catalogues": """
        catalog.to_csv("catalog.csv", index=False)
        read = gz.read_catalog("catalog.csv", schema)
        train, val, test = gz.split(read, (0.7, 0.1, 0.2), seed=0)
        assert len(train) + len(val) + len(test) == len(catalog)
        assert gz.read_image(read["file_loc"].iloc[0]).ndim == 3
    """,
    "Zooniverse": """
        from gzkit.simulate import build_workflow, write_export
        workflow = build_workflow(schema)
        write_export("export.csv", votes[:3], schema, ["1", "2", "3"], workflow=workflow, twice=0)
        assert (gz.count_votes("export.csv", workflow, like=schema)[schema.label_cols].to_numpy() == votes[:3]).all()
    """,
    "predictions of files": """
        predictions.to_parquet("predictions.parquet")
        read = gz.Predictions.from_parquet("predictions.parquet")
        assert set(gz.evaluate(read, catalog)["question"]) >= {q.text for q in schema.questions}
        assert len(gz.select(read, "smooth-or-featured_smooth > 0.5")) > 0
        read.predicted_votes("bar", total_votes=40)
        gz.surprise(read, catalog)
    """,
    "features of files": """
        features = gz.Features(np.random.default_rng(0).normal(size=(20, 8)), catalog["id_str"][:20], "mine")
        features.to_parquet("features.parquet")
        read = gz.Features.from_parquet("features.parquet")
        assert len(gz.similar(read, catalog["id_str"][0], count=5)) == len(gz.unusual(read, count=5)) == 5
    """,
    "figures": """
        gz.plot_galaxy(predictions, catalog["id_str"][0], catalog=catalog)
        gz.plot_predicted_votes(predictions, catalog["id_str"][0], "bar")
        gz.plot_calibration(predictions, catalog)
        gz.plot_confusion(predictions, catalog, "smooth-or-featured")
        gz.plot_fractions(predictions, catalog, "smooth-or-featured")
        gz.plot_gallery(predictions, catalog)
    """,
    "instruments": """
        walk, page = gz.explore_schema(schema, catalog), gz.explore_predictions(predictions, catalog)
        session = gz.classify(catalog, schema, save="mine.csv")
        walk.answer("smooth-or-featured_smooth")
        page.next()
        session.answer("smooth-or-featured_smooth")
        features = gz.Features(np.random.default_rng(0).normal(size=(len(catalog), 8)), catalog["id_str"])
        assert len(gz.similar(features, catalog["id_str"][0], count=5)) == 5
        gz.explore_features(features, catalog)
        assert "data-touch" in walk.tree.value and session.question.text == "how-rounded"
    """,
    "a report": """
        gz.write_report("report.html", predictions, catalog)
    """,
    "the command line": """
        from gzkit.cli.main import main
        assert main(["schema", "show", "gz2"]) == 0 and main(["doctor"]) == 0
        assert main(["quickstart"]) == 2
    """,
}


def run(code, folder, blocked=MODELS):
    """A Python of its own, in which these packages cannot be imported."""
    code = BLOCKED.format(blocked=blocked) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("what", WORKS)
def test_without_torch_there_is_more_than_half_of_it(what, tmp_path):
    result = run(BEGIN + textwrap.dedent(WORKS[what]), tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name",
    ["TreeModel", "finetune", "predict", "embed", "DirichletMultinomialLoss", "dirichlet_multinomial_nll"],
)
def test_what_needs_torch_says_what_to_install(name, tmp_path):
    result = run(f"import gzkit as gz\ngz.{name}", tmp_path)
    wanted = (
        f"ImportError: gz.{name} needs torch, which is not installed: pip install torch timm accelerate safetensors "
        "psutil (for the loss, models, finetuning and predicting)"
    )
    assert result.stderr.splitlines()[-1] == wanted


@pytest.mark.parametrize(
    "missing, code, sentence",
    [
        ("matplotlib", "gz.plot_galaxy", "matplotlib, which is not installed: pip install matplotlib (for figures)"),
        ("anywidget", "gz.explore_schema", "anywidget, which is not installed: pip install ipywidgets anywidget (for"),
        ("pandas", "gz.read_catalog", "pandas, which is not installed: pip install lazy_loader numpy pandas"),
        ("PIL", "gz.read_image", "pillow, which is not installed: pip install lazy_loader numpy pandas"),
        ("lazy_loader", "gz", "gzkit needs lazy_loader, which is not installed: pip install lazy_loader numpy"),
    ],
)  # fmt: skip
def test_each_package_that_is_missing_is_named_with_what_it_is_for(missing, code, sentence, tmp_path):
    result = run(f"import gzkit as gz\n{code}", tmp_path, {missing})
    assert sentence in result.stderr.splitlines()[-1]
