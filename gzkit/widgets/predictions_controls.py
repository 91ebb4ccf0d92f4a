"""The controls of the predictions page, and where everything stands on it."""

import ipywidgets

from gzkit.widgets.base import button, choice, grid, labelled, row, show_if
from gzkit.widgets.browse import CATALOG_ORDER

MOST_VOTES = 100
NOTHING = ("nothing", "")
VIEWS_OF_VOTES = [("what volunteers said", "volunteers"), ("prediction minus volunteers", "difference")]


def make_controls(page):
    """Every control of the page, by name.

    Parameters
    ----------
    page : PredictionsExplorer

    Returns
    -------
    dict of str to Widget
    """
    voted = page._votes is not None
    fractions = [("of the prediction", "predicted"), *[("of the volunteers", "observed")] * voted]
    views = [
        ("what the model predicts", "prediction"),
        *VIEWS_OF_VOTES * voted,
        ("galaxies that pass", "galaxies"),
    ]
    late = {"continuous_update": False}
    return {
        "random": button("Random", "Any galaxy of those that pass", page.random),
        "sort_by": choice("Sort by", page._orders(), 54, 192),
        "descending": _tick("largest first", 96),
        "cuts": ipywidgets.Text(
            placeholder="featured > 0.6 and bar_no < 0.3", **late, **labelled("Keep only", 70, 235)
        ),
        "cut_on": choice("by the share", fractions, 84, 215),
        "all": button("Show all", "Take all cuts away", page._show_all),
        "total_votes": ipywidgets.IntSlider(min=1, max=MOST_VOTES, **labelled("Volunteers asked", 112, 285)),
        "as_asked": _tick("as many as really were", 180),
        "model": choice("Model", page._models, 44, 150),
        "sample": choice("Sample", [("all", 0)], 54, 112),
        "beside": choice("Beside it", [NOTHING], 58, 165),
        "compare": button("Keep beside", "Show this galaxy beside those that you open next", page._compare),
        "shows": choice("Show below", views, 82, 295),
        "mark": page._mark_button("Mark this galaxy (key m)"),
    }


def _tick(words, width):
    return ipywidgets.Checkbox(description=words, indent=False, layout={"width": f"{width}px"})


def show_state(page, names):
    """Set the controls to the state of the page; hide those that it has no use for, switch off those that do nothing.

    Parameters
    ----------
    page : PredictionsExplorer
    names : sequence of str
        Traits that have a control.
    """
    controls, models, voted = page.controls, page._models, page._votes is not None
    samples = page._samples()
    others = [name for name in models if name != page.model]
    others += [page.beside] if page.beside and page.beside not in others else []
    controls["sample"].options = (("all", 0), *((str(i), i) for i in range(1, samples + 1)))
    controls["beside"].options = (NOTHING, *((name, name) for name in others))
    for name in names:
        controls[name].value = getattr(page, name)
    controls["mark"].value = page.galaxy in page.marked
    controls["compare"].description = "Alone again" if page.beside else "Keep beside"
    for name in ("before", "next", "random"):
        controls[name].disabled = len(page._order) < 2
    controls["beside"].disabled = not others
    controls["descending"].disabled = page.sort_by == CATALOG_ORDER
    controls["sample"].disabled = samples == 1
    cut, several = bool(page.cuts.strip()), len(models) > 1
    show_if(controls["as_asked"], voted)
    show_if(controls["model"], several)
    show_if(controls["beside"], several)
    show_if(controls["sample"], any(model.concentration.shape[-1] > 1 for model in models.values()))
    show_if(controls["cut_on"], cut and voted)
    show_if(controls["all"], cut or page.having[0])


def make_page(page):
    """Everything in its place: how to find a galaxy; the galaxy and its votes; its tree, or its neighbours.

    Parameters
    ----------
    page : PredictionsExplorer

    Returns
    -------
    list of Widget
    """
    panels, named = page.panels, page.controls_row
    panels["image"].add_class("gzkit-images")
    image = row(panels["image"], panels["view"])
    asked = named("total_votes", "as_asked", "model", "sample", "beside", "compare")
    votes = ipywidgets.VBox([asked, panels["votes"], panels["words"]])
    tools = named("shows", "mark", "undo", "png", "svg")
    tools.children += (panels["count"], page.controls["cut_on"], page.controls["all"])
    below = ipywidgets.VBox([panels["tree"], panels["gallery"]])
    return [
        named("before", "next", "random", "search", "sort_by", "descending", "cuts"),
        grid("predictions", image=image, votes=votes, tools=tools, below=below),
    ]
