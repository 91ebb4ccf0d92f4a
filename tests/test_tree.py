import matplotlib
import pytest

import gzkit as gz

matplotlib.use("agg")
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def test_plot_tree_returns_the_axes_it_was_given():
    _, ax = pyplot.subplots()
    assert gz.plot_tree(gz.load_schema("gz2"), None, ax) is ax


@pytest.mark.parametrize("name", gz.schema_names())
def test_every_question_and_answer_is_written(name):
    schema = gz.load_schema(name)
    ax = gz.plot_tree(schema)
    written = [text.inside for text in ax.texts]
    assert set(schema.label_cols) <= set(written)
    assert {question.text for question in schema.questions} <= set(written)
