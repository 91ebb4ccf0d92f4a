"""The controls of the predictions page, and where everything stands on it."""

import ipywidgets

from gzkit.widgets.base import place, row
from gzkit.widgets.browse import CATALOG_ORDER

IDS_SUGGESTED = 1_000  # more would make the page heavy
NOTHING = ("nothing", "")


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
    controls = _finding(first, orders, has_votes) | _showing(models, has_votes, most_votes)
    unneeded = [] if has_votes else ["as_asked"]
    unneeded += ["model", "beside"] if len(models) == 1 else []
    unneeded += ["sample"] if all(model.concentration.shape[-1] == 1 for model in models.values()) else []
    for name in unneeded:
        controls[name].layout.display = "none"
    return controls


def _finding(first, orders, has_votes):
    observed = [("of the volunteers", "observed")] if has_votes else []
    return {
        "before": _button("Previous", "The galaxy before (left arrow)"),
        "next": _button("Next", "The galaxy after (right arrow)"),
        "random": _button("Random", "Any galaxy of those that pass"),
        "search": ipywidgets.Combobox(
            placeholder="an id", continuous_update=False,
            options=list(first.id_str) if len(first) <= IDS_SUGGESTED else [], **_labelled("Find", 36, 140),
        ),
        "sort_by": ipywidgets.Dropdown(options=orders, **_labelled("Sort by", 54, 192)),
        "descending": ipywidgets.Checkbox(description="largest first", indent=False, layout={"width": "96px"}),
        "cuts": ipywidgets.Text(
            placeholder="featured > 0.6 and bar_no < 0.3", continuous_update=False, **_labelled("Keep only", 70, 235)
        ),
        "cut_on": ipywidgets.Dropdown(
            options=[("of the prediction", "predicted"), *observed], **_labelled("by the share", 84, 215)
        ),
        "all": _button("Show all", "Take all cuts away"),
    }  # fmt: skip


def _showing(models, has_votes, most_votes):
    views = [("what the model predicts", "prediction")]
    if has_votes:
        views += [("what volunteers said", "volunteers"), ("prediction minus volunteers", "difference")]
    return {
        "total_votes": ipywidgets.IntSlider(min=1, max=most_votes, **_labelled("Volunteers asked", 112, 285)),
        "as_asked": ipywidgets.Checkbox(description="as many as really were", indent=False, layout={"width": "180px"}),
        "model": ipywidgets.Dropdown(options=list(models), **_labelled("Model", 44, 150)),
        "sample": ipywidgets.Dropdown(options=[("all", 0)], **_labelled("Sample", 54, 112)),
        "beside": ipywidgets.Dropdown(options=[NOTHING], **_labelled("Beside it", 58, 165)),
        "compare": _button("Keep beside", "Show this galaxy beside those that you open next"),
        "shows": ipywidgets.Dropdown(
            options=[*views, ("galaxies that pass", "galaxies")], **_labelled("Show below", 82, 295)
        ),
        "mark": ipywidgets.ToggleButton(
            description="Mark", tooltip="Mark this galaxy (key m)", layout={"width": "auto"}
        ),
    }  # fmt: skip


def _labelled(words, label, width):
    return {
        "description": words,
        "style": {"description_width": f"{label}px"},
        "layout": {"width": f"{width}px", "margin": "2px 0"},
    }


def _button(words, tooltip):
    return ipywidgets.Button(description=words, tooltip=tooltip, layout={"width": "auto"})


def show_state(page, names, count):
    """Set the controls to the state of the page, and switch off those that would do nothing.

    Parameters
    ----------
    page : PredictionsExplorer
    names : sequence of str
        Traits that have a control.
    count : int
        Galaxies that pass.
    """
    controls, models = page.controls, page._models
    samples = models[page.model].concentration.shape[-1]
    options = [("all", 0)] + [(str(i), i) for i in range(1, samples + 1)]
    if len(controls["sample"].options) != len(options):
        controls["sample"].options = options
    others = [name for name in models if name != page.model]
    others += [page.beside] if page.beside and page.beside not in others else []
    choices = (NOTHING, *((name, name) for name in others))
    if controls["beside"].options != choices:
        controls["beside"].options = choices
    for name in names:
        controls[name].value = getattr(page, name)
    controls["mark"].value = page.galaxy in page.marked
    controls["compare"].description = "Alone again" if page.beside else "Keep beside"
    for name in ("before", "next", "random"):
        controls[name].disabled = count < 2
    controls["beside"].disabled = len(choices) == 1
    controls["descending"].disabled = page.sort_by == CATALOG_ORDER
    controls["sample"].disabled = samples == 1
    cut = bool(page.cuts.strip())
    controls["cut_on"].layout.display = None if cut and page._votes is not None else "none"
    controls["all"].layout.display = None if cut or page.having[0] else "none"


def make_page(controls, panels):
    """Everything in its place: how to find a galaxy; the galaxy and its votes; its tree, or its neighbours.

    Parameters
    ----------
    controls, panels : dict of str to Widget

    Returns
    -------
    list of Widget
    """

    def named(*names):
        return row(*(controls[name] for name in names))

    panels["image"].add_class("gzkit-images")
    image = row(panels["image"], panels["view"])
    asked = named("total_votes", "as_asked", "model", "sample", "beside", "compare")
    votes = ipywidgets.VBox([asked, panels["votes"], panels["words"]])
    tools = named("shows", "mark", "undo", "png", "svg")
    tools.children += (panels["count"], controls["cut_on"], controls["all"])
    below = ipywidgets.VBox([panels["tree"], panels["gallery"]])
    return [
        named("before", "next", "random", "search", "sort_by", "descending", "cuts"),
        row(
            place(image, "image"),
            place(votes, "votes"),
            place(tools, "tools"),
            place(below, "below"),
            name="predictions",
        ),
    ]
