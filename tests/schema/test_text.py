import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gzkit as gz
from gzkit.schema.text import schema_blocks


class Outline(HTMLParser):
    """Tags that are open, the texts met, and whether every tag was closed in its turn."""

    def __init__(self, source):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@st.composite
def schemas(draw):
    """Trees of up to eight questions in which any question may have any earlier answers as parents."""
    pairs, dependencies, known = {}, {}, []
    for number in range(draw(st.integers(1, 8))):
        name = f"q{number}"
        pairs[name] = [f"_{letter}" for letter in "abcd"[: draw(st.integers(1, 4))]]
        parents = draw(st.lists(st.sampled_from(known), unique=True, max_size=4)) if known else []
        dependencies[name] = parents or None
        known += [name + suffix for suffix in pairs[name]]
    return gz.Schema(pairs, dependencies)


@given(schemas())
def test_every_question_is_written_once_and_every_answer_under_it(schema):
    lines = str(schema).splitlines()[2:]
    headings = [line for line in lines if not re.search("[├└]", line)]
    assert sorted(line.strip("│ ") for line in headings) == sorted(q.text for q in schema.questions)
    assert len(lines) == len(schema.questions) + len(schema.answers)


@pytest.mark.parametrize("name", gz.schema_names())
def test_named_surveys_are_written_in_full(name):
    schema = gz.load_schema(name)
    text, page = str(schema), Outline(schema._repr_html_())
    assert len(text.splitlines()) == 2 + len(schema.questions) + len(schema.answers)
    assert not page.open
    assert page.tags.count("details") == len(schema.questions) and page.tags.count("li") == len(
        schema.answers
    )


def test_a_shared_question_is_pointed_to_from_each_answer():
    schema = gz.load_schema("gz-decals-dr5")
    text = str(schema)
    assert (
        text.count("→ merging") == 3
    )  # from how-rounded, edge-on-bulge and bulge-size, each joined in a bracket
    assert "└─ no → bulge-size" in text


def test_a_shared_question_is_written_where_its_paths_have_met():
    (top,) = schema_blocks(gz.load_schema("gz-decals-dr5"))
    assert [block.question.text for block in top.after] == ["merging"]
    (edge_on,) = top.under["smooth-or-featured_featured-or-disk"]
    bar = edge_on.under["disk-edge-on_no"][0]
    assert [block.question.text for block in bar.after] == ["has-spiral-arms"]


def test_texts_from_files_are_escaped_in_html():
    nasty = "<img src=x onerror='alert(1)'>&"
    schema = gz.Schema({nasty: [f"_{nasty}"]}, {nasty: None}, name=nasty, wording={nasty: nasty})
    page = schema._repr_html_()
    assert "<img" not in page and "&lt;img" in page


def test_repr_stays_short():
    assert repr(gz.load_schema("gz2")) == "Schema('gz2', 10 questions, 30 answers)"
