"""Sphinx's settings for the site; build.py gathers the pages and calls it."""

from latex2mathml.converter import convert

import gzkit

project, author, copyright = "gzkit", "the gzkit developers", "the gzkit developers"
version = release = gzkit.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb", "sphinx_design"]
html_theme, html_title = "pydata_sphinx_theme", "gzkit"
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
}
html_extra_path = ["alive"]
html_static_path, html_css_files = ["_static"], ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = html_show_copyright = False
nb_execution_mode = "off"  # the outputs are those that the tests compare
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
autosummary_generate, autodoc_typehints = True, "none"
numpydoc_show_class_members = True
numpydoc_class_members_toctree = False
default_role = "code"  # docstrings name things in single backticks
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure"]


def _mathml(display):
    """A formula as MathML, which every browser draws by itself."""

    def visit(self, node):
        text = node.astext().removeprefix(r"\begin{equation}").removesuffix(r"\end{equation}")
        self.body.append(convert(text, display=display))
        raise __import__("docutils").nodes.SkipNode

    return visit


def setup(app):
    """Formulas need no network."""
    app.add_html_math_renderer("mathml", (_mathml("inline"), None), (_mathml("block"), None))
