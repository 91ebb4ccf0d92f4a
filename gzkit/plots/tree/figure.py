"""A survey's decision tree as a figure, with votes flowing through it."""

from gzkit.palette import theme_on
from gzkit.plots.tree.compose import compose_tree, is_difference, path_keys
from gzkit.plots.tree.page import LARGEST, LONGEST, SIZES
from gzkit.plots.tree.scene import make_scene


def plot_tree(
    schema,
    votes=None,
    ax=None,
    *,
    fractions=None,
    prediction=None,
    compare="side by side",
    highlight=None,
    icons=False,
    image=None,
    orientation="auto",
    wording=False,
    size="notebook",
    theme=None,
    title=None,
):
    """Draw the decision tree of a survey, and how volunteers went through it.

    Each question is a bar with its answers attached; an edge leads from an answer to the question that follows.
    A question that several answers lead to is drawn once. With votes, edges are as wide as the votes along them.
    A schema that joins several campaigns gets one panel a campaign.

    Parameters
    ----------
    schema : Schema
    votes : array_like, dict, Series or DataFrame, optional
        One galaxy's vote counts [votes], in column order or by column name; or those of many galaxies, shape (galaxy,
        answer), for their mean, with the median and range of the volunteers who reached each question.
    ax : Axes, optional
        Axes to draw into; texts grow and shrink with it. Without it a new figure of the right shape.
    fractions : array_like, dict or Series, optional
        Vote fractions in place of votes, shape (answer,).
    prediction : Predictions or array_like, optional
        Of one galaxy, or its predicted vote fractions, shape (answer,): alone, or to compare.
    compare : str
        With votes (or fractions) and a prediction: ``"side by side"``, or ``"difference"`` (prediction minus votes,
        in percentage points).
    highlight : str or sequence of str, optional
        Column of an answer: the paths to it stand out and, with votes or fractions, the product of fractions along
        them is written under the title. Several columns are the answers of one walk, which alone stands out.
    icons : bool or dict of str to ndarray
        A little picture for each answer; a dictionary gives one's own, by column.
    image : ndarray or str, optional
        The galaxy, shape (height, width, 3), or its ``file_loc``: drawn at the first question.
    orientation : str
        ``"down"``, ``"right"``, or ``"auto"`` for that which gives the larger texts.
    wording : bool
        Write what volunteers read, where that is known, in place of the column names.
    size : str or (float, float)
        ``"notebook"``, ``"slide"``, or width and height [inches]: the room for a new figure.
    theme : str or Theme, optional
        ``"light"`` or ``"dark"``; otherwise what is legible on the figure's own background.
    title : str, optional
        In place of the schema's name; ``""`` for none.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If values do not fit the schema, or an option is unknown.
    KeyError
        If there is no answer of the name to highlight; the nearest is suggested.

    Examples
    --------
    >>> import gzkit as gz
    >>> ax = gz.plot_tree(gz.load_schema("gz-decals-dr5"), highlight="bar_weak")
    >>> "has-spiral-" in [text.get_text() for text in ax.texts]
    True
    """
    from gzkit.plots.tree.artists import draw_scene, new_axes
    from gzkit.plots.tree.icons import read_pictures

    pictures = read_pictures(schema, icons, image)
    on_path = path_keys(schema, highlight)
    room, largest = _room(size, ax)
    page, flows = compose_tree(
        schema,
        votes,
        fractions=fractions,
        prediction=prediction,
        compare=compare,
        highlight=highlight,
        icons=bool(icons),
        image=image is not None,
        orientation=orientation,
        wording=wording,
        room=room,
        largest=largest,
        title=title,
    )
    own_figure = ax is None
    if own_figure:
        ax = new_axes(page, None if size == "notebook" else room)
    difference = is_difference(votes, fractions, prediction, compare)
    chosen = theme_on(ax.figure.get_facecolor() if theme is None else theme)
    scene = make_scene(page, flows, chosen, highlight=on_path, difference=difference)
    if theme is not None and own_figure:
        ax.figure.set_facecolor(chosen.paper)
    fixed = size != "notebook" or not own_figure
    extent = (72 * room[0] / page.scale, 72 * room[1] / page.scale) if fixed else (0.0, 0.0)
    draw_scene(ax, scene, pictures, extent, paper=None if theme is None else chosen.paper)
    return ax


def _room(size, ax):
    """Width and height [inches] to fill, and how far texts may grow beyond their natural size."""
    if ax is not None:
        dots = ax.get_figure(root=True).dpi
        return (ax.bbox.width / dots, ax.bbox.height / dots), LARGEST["slide"]
    if isinstance(size, str):
        if size not in SIZES:
            raise ValueError(f"size is one of {', '.join(map(repr, SIZES))} or (width, height), got {size!r}")
        width, height = SIZES[size]
        return (width, LONGEST if size == "notebook" else height), LARGEST[size]
    width, height = size
    return (float(width), float(height)), LARGEST["slide"]
