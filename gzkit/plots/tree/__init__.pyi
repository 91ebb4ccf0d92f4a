from .figure import plot_tree as plot_tree, tree_pages as tree_pages
from .svg import tree_svg as tree_svg
from .flow import (
    votes_flow as votes_flow,
    fractions_flow as fractions_flow,
    catalog_flow as catalog_flow,
    difference_flow as difference_flow,
)
from .layout import tree_layout as tree_layout
