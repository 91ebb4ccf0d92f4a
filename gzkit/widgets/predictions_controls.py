"""The controls of the predictions page, and where everything stands on it."""

import ipywidgets

from gzkit.widgets.base import row

IDS_SUGGESTED = 1_000  # more would make the page heavy
COMMON = {"style": {"description_width": "84px"}, "layout": {"width": "320px"}}


def make_controls(first, models, orders, *, has_votes, most_votes):
    """Every control of the page, by name.

    Parameters
    ----------
    first : Predictions
    models : dict of str to Predictions
    orders : list of str
        What galaxies can be sorted by.
    has_votes : bool
        Whether there is anything beside the predictions to choose.
    most_votes : int
        Upper end of the slider of volunteers [votes].

    Returns
    -------
    dict of str to Widget
    """
    controls = _finding(first, orders, has_votes) | _showing(first, models, has_votes, most_votes)
    unneeded = [] if has_votes else ["cut_on", "tree_shows", "as_asked"]
    unneeded += ["model"] if len(models) == 1 else []
    unneeded += ["sample"] if all(model.concentration.shape[-1] == 1 for model in models.values()) else []
    for name in unneeded:
        controls[name].layout.display = "none"
    return controls


def _finding(first, orders, has_votes):
    button = {"layout": {"width": "92px"}}
    return {
        "search": ipywidgets.Combobox(
            description="Search id", placeholder="part of an id, then Enter", continuous_update=False,
            options=list(first.id_str) if len(first) <= IDS_SUGGESTED else [], **COMMON,
        ),
        "before": ipywidgets.Button(description="Previous", tooltip="The galaxy before", **button),
        "next": ipywidgets.Button(description="Next", tooltip="The galaxy after", **button),
        "random": ipywidgets.Button(description="Random", tooltip="Any galaxy of the selection", **button),
        "number": ipywidgets.IntSlider(min=1, max=1, description="Number", **COMMON),
        "sort_by": ipywidgets.Dropdown(options=orders, description="Sort by", **COMMON),
        "descending": _tick("largest first", "120px"),
        "cuts": ipywidgets.Text(
            description="Cuts", placeholder="featured > 0.6 and bar_no < 0.3", continuous_update=False,
            style=COMMON["style"], layout={"width": "360px"},
        ),
        "cut_on": ipywidgets.Dropdown(
            options=["predicted", "observed"] if has_votes else ["predicted"], description="Cut on",
            style={"description_width": "56px"}, layout={"width": "240px"},
        ),
    }  # fmt: skip


def _showing(first, models, has_votes, most_votes):
    questions = [question.text for question in first.schema.questions]
    trees = ["prediction", "volunteers", "difference"] if has_votes else ["prediction"]
    return {
        "question": ipywidgets.Dropdown(options=questions, description="Question", **COMMON),
        "total_votes": ipywidgets.IntSlider(min=1, max=most_votes, description="If asked", **COMMON),
        "as_asked": _tick("as many as were asked", "190px"),
        "model": ipywidgets.Dropdown(options=list(models), description="Model", **COMMON),
        "sample": ipywidgets.Dropdown(options=[("all together", 0)], description="Sample", **COMMON),
        "tree_shows": ipywidgets.Dropdown(options=trees, description="Tree shows", **COMMON),
    }


def _tick(words, width):
    return ipywidgets.Checkbox(description=words, indent=False, layout={"width": width})


def make_page(controls, panels, thumbnails):
    """Everything in its place: how to find a galaxy, the galaxy, its question, and its neighbours.

    Parameters
    ----------
    controls, panels : dict of str to Widget
    thumbnails : Widget

    Returns
    -------
    Widget
    """

    def named(*names):
        return row(*(controls[name] for name in names))

    panels["image"].layout.width = "270px"
    question = ipywidgets.VBox(
        [named("question", "total_votes", "as_asked", "model", "sample"), panels["votes"], panels["words"]],
        layout={"flex": "1 1 420px", "min_width": "0"},
    )
    return ipywidgets.VBox(
        [
            row(controls["search"], controls["number"], named("before", "next", "random")),
            named("sort_by", "descending", "cuts", "cut_on"),
            panels["count"],
            row(panels["image"], question, align_items="flex-start"),
            thumbnails,
            named("tree_shows"),
            panels["tree"],
        ]
    )
