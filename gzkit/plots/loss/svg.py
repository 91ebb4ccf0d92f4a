"""The panels of `plot_loss` as SVG text: light enough to follow a moving slider."""

from io import BytesIO

import numpy as np

from gzkit.palette import CROSS_ENTROPY, LIGHT, MULTINOMIAL
from gzkit.plots.loss.shapes import (
    CORNERS,
    LEGEND_ROOM,
    arrow_tip,
    density_curve,
    density_triangle,
    no_minus_zero,
    percent,
    short_name,
)
from gzkit.plots.loss.values import loss_values, split_probabilities, vote_splits
from gzkit.plots.show import data_address
from gzkit.plots.svg_frame import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Frame,
    ground,
    legend,
    panel,
    path,
    polyline,
    text,
    ticks,
    wedge,
)

TITLES = {
    "belief": "What is believed",
    "votes": "Which votes that predicts",
    "push": "Which way training pushes",
    "price": "The price: the loss",
}
TRIANGLE_SIDE = 232  # pixel
TRIANGLE_PLACE = ((LEFT + RIGHT - TRIANGLE_SIDE) / 2, 252)  # of its lower left corner
DOT_SIZES = 24  # steps between the smallest dot and the largest
RIBBON = "M0 0H24"  # of a line in a legend
CONTRAST = 0.6  # power of the density at which colours are laid on


def loss_svg(key, votes, concentration, *, answers, label, theme=LIGHT):
    """One panel of `plot_loss`.

    Parameters
    ----------
    key : {"belief", "votes", "push", "price"}
    votes : array_like of int, shape (answer,)
        Votes for each answer, of two or three [votes].
    concentration : array_like, shape (answer,)
        Dirichlet concentrations, above zero.
    answers : sequence of str
        Names of the answers; escaped here.
    label : str
        What the panel says, as `describe_loss` has it.
    theme : Theme

    Returns
    -------
    str
        An ``<svg>`` element.

    Examples
    --------
    >>> loss_svg("belief", [8, 2], [6.0, 3.0], answers=["bar", "no bar"], label="...")[:4]
    '<svg'
    """
    votes, concentration = np.asarray(votes), np.asarray(concentration, dtype=float)
    parts = _PARTS[key](votes, concentration, [str(answer) for answer in answers], theme)
    return panel(TITLES[key], label, parts, theme)


def _belief(votes, concentration, answers, theme):
    mean, total = concentration / concentration.sum(), votes.sum()
    observed = votes / total if total else None
    draw = _density_curve if len(votes) == 2 else _density_triangle
    return draw(mean, observed, concentration, answers, theme)


def _density_curve(mean, observed, concentration, answers, theme):
    share, density, top = density_curve(concentration)
    frame = Frame((0, 1), (0, top))
    x, y = frame.x(share), frame.y(density)
    curve = polyline(x, y)
    yield path(f"{curve}L{x[-1]:.1f} {BOTTOM}L{x[0]:.1f} {BOTTOM}Z", fill=theme.prediction, opacity=0.25)
    yield path(curve, stroke=theme.prediction, width=2.2)
    foot = f"V{frame.y(top / LEGEND_ROOM):.1f}"
    yield path(f"M{frame.x(mean[0]):.1f} {BOTTOM}{foot}", stroke=theme.prediction, width=1.4, dash="8 3 2 3")
    entries = [
        (path(RIBBON, stroke=theme.prediction, width=1.4, dash="8 3 2 3"), f"mean {mean[0]:.2f}"),
    ]
    if observed is not None:
        yield wedge(frame.x(observed[0]), BOTTOM, theme.truth, edge=theme.paper)
        entries.append((wedge(12, 5, theme.truth), f"volunteers {observed[0]:.2f}"))
    for i, entry in enumerate(entries):
        yield from legend(LEFT + 12 + 160 * i, TOP + 12, [entry])
    yield from frame.axes(
        theme,
        [0, 0.2, 0.4, 0.6, 0.8, 1],
        ticks(0, top),
        x_label=f"share of volunteers who answer {short_name(answers[0])}",
        y_label="density",
    )


def _density_triangle(mean, observed, concentration, answers, theme):
    yield _density_image(concentration, theme)
    yield from _triangle(answers, theme)
    x, y = _place(mean)
    yield path(f"M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14", stroke=theme.ink, width=1.8)
    entries = [(path("M5 0h14M12 -7v14", stroke=theme.ink, width=1.8), "mean")]
    if observed is not None:
        yield wedge(*_place(observed), theme.truth, edge=theme.paper)
        entries.append((wedge(12, 5, theme.truth), "volunteers"))
    yield from legend(6, 60, entries)


def _density_image(concentration, theme):
    """The density as a picture under the triangle; a cover of paper around makes its sides straight."""
    from PIL import Image, ImageColor

    density, top = density_triangle(concentration)
    strength = np.clip(density / top, 0, 1)[::-1, :, np.newaxis] ** CONTRAST
    paper, tint = (np.array(ImageColor.getrgb(color)) for color in (theme.paper, theme.prediction))
    file = BytesIO()
    Image.fromarray((paper + strength * (tint - paper)).round().astype(np.uint8)).save(
        file, "png", compress_level=1
    )
    (x, y), height = TRIANGLE_PLACE, TRIANGLE_SIDE * CORNERS[2, 1]
    size = f'width="{TRIANGLE_SIDE}" height="{height:.1f}" preserveAspectRatio="none"'
    around = f"M{x - 2} {y + 2}h{TRIANGLE_SIDE + 4}v{-height - 4:.1f}h{-TRIANGLE_SIDE - 4}Z"
    cover = f'<path d="{around}{_outline()}" fill="{theme.paper}" fill-rule="evenodd"/>'
    return f'<image x="{x}" y="{y - height:.1f}" {size} href="{data_address(file.getvalue())}"/>{cover}'


def _expected_votes(votes, concentration, answers, theme):
    total = int(votes.sum())
    if not total:
        for i, line in enumerate(("Nobody was asked:", "nothing to predict")):
            yield text((LEFT + RIGHT) / 2, 130 + 18 * i, line, anchor="middle")
        return
    splits = vote_splits(total, len(votes))
    probabilities = split_probabilities(splits, concentration)
    draw = _split_bars if len(votes) == 2 else _split_dots
    yield from draw(votes, splits, probabilities, answers, theme)


def _split_bars(votes, splits, probabilities, answers, theme):
    total, (uncertain, certain) = int(votes.sum()), probabilities
    top = LEGEND_ROOM * max(min(certain.max(), 2.5 * uncertain.max()), uncertain.max())
    frame = Frame((-0.6, total + 0.6), (0, top))
    counts = splits[:, 0]
    boxes = [
        f"M{left:.1f} {BOTTOM}V{high:.1f}H{right:.1f}V{BOTTOM}Z"
        for left, right, high in zip(
            frame.x(counts - 0.42), frame.x(counts + 0.42), frame.y(uncertain), strict=True
        )
    ]
    yield path("".join(boxes), fill=theme.prediction, opacity=0.75)
    edges = frame.x(np.repeat(np.arange(total + 2) - 0.5, 2))
    steps = frame.y(np.concatenate([[0], np.repeat(certain, 2), [0]]))
    yield path(polyline(edges, steps), stroke=MULTINOMIAL, width=1.8, dash="5 3")
    yield ground(22, theme)
    at = frame.x(votes[0])
    yield path(f"M{at:.1f} {BOTTOM}V{TOP + 34}", stroke=theme.truth, width=1.5, dash="2 3")
    yield wedge(at, TOP + 34, theme.truth)
    entries = [
        (path("M2 6V-6H22V6Z", fill=theme.prediction, opacity=0.75), "this loss"),
        (path(RIBBON, stroke=MULTINOMIAL, width=1.8, dash="5 3"), "multinomial"),
        (wedge(12, 5, theme.truth), "volunteers"),
    ]
    for i, entry in enumerate(entries):
        yield from legend(LEFT + 4 + (0, 98, 212)[i], TOP + 8, [entry])
    yield from frame.axes(
        theme,
        ticks(0, total, whole=True),
        ticks(0, top),
        x_label=f"votes of {total} for {short_name(answers[0])}",
        y_label="probability",
    )


def _split_dots(votes, splits, probabilities, answers, theme):
    total, (uncertain, certain) = int(votes.sum()), probabilities
    largest = 0.62 * TRIANGLE_SIDE / (total + 1.5)  # radius [pixel]: neighbours just touch
    x, y = _place(splits / total)
    usual = uncertain[
        (splits > 0.02 * total).all(axis=1)
    ]  # away from the sides, where concentrations below 1 pile up
    scale = usual.max() if len(usual) else uncertain.max()
    yield from _dots(x, y, largest * np.sqrt(np.minimum(uncertain / scale, 1)), theme.prediction)
    likely = certain > 0.1 * certain.max()
    radii = largest * np.sqrt(certain[likely] / certain.max())
    rings = "".join(
        f"M{a - r:.1f} {b:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0"
        for a, b, r in zip(x[likely], y[likely], radii, strict=True)
    )
    yield path(rings, stroke=MULTINOMIAL, dash="3 2")
    yield from _triangle(answers, theme)
    yield wedge(*_place(votes / total), theme.truth, edge=theme.paper)
    hit = (splits == votes).all(axis=1)
    dot = path("M12 0h0", stroke=theme.prediction, width=11, cap="round")
    ring = path("M7 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", stroke=MULTINOMIAL, width=1.5, dash="3 2")
    yield text(6, 60, "chance of")
    yield wedge(18, 81, theme.truth)
    yield text(36, 77, "these votes")
    yield from legend(6, 96, [(dot, percent(uncertain[hit][0])), (ring, percent(certain[hit][0]))])
    yield text(6, 129, "(multinomial)")


def _dots(x, y, radii, color):
    """Dots of so many sizes, each size one path of round ends without length: much shorter than circles."""
    sizes = np.ceil(DOT_SIZES * radii / radii.max()).astype(int)
    seen = radii > 0.1 * radii.max()
    for size in np.unique(sizes[seen]):
        here = seen & (sizes == size)
        points = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x[here], y[here], strict=True))
        yield path(points, stroke=color, width=round(2 * radii.max() * size / DOT_SIZES, 2), cap="round")


def _push(votes, concentration, answers, theme):
    values, count = loss_values(votes, concentration), len(votes)
    frame = Frame((0.02, 9e4), (0, count), log_x=True)
    for i, name in enumerate(answers):
        top = TOP + 6 + i * 182 / count
        yield text(LEFT, top + 12, f"{short_name(name)}  {concentration[i]:.3g}", bold=True)
        pushes = (values.push[i], theme.prediction, True), (values.multinomial_push[i], MULTINOMIAL, False)
        for (push, color, filled), y in zip(pushes, (top + 28, top + 46), strict=True):
            yield from _arrow(frame.x(concentration[i]), frame.x(arrow_tip(concentration[i], push)), y,
                              color, color if filled else theme.paper)  # fmt: skip
            yield text(RIGHT, y + 4, f"{no_minus_zero(push):+.2f}", anchor="end")
    foot = BOTTOM - 10
    yield text(LEFT, foot, "push [nat]:", color=theme.muted)
    names = (theme.prediction, theme.prediction, "this loss"), (MULTINOMIAL, theme.paper, "multinomial")
    for i, (color, face, name) in enumerate(names):
        x = LEFT + 92 + 112 * i
        yield f'<circle cx="{x}" cy="{foot - 4}" r="4" fill="{face}" stroke="{color}" stroke-width="1.5"/>'
        yield text(x + 10, foot, name, color=theme.muted)
    yield from frame.axes(theme, [0.1, 1, 10, 100, 1000], [], x_label="concentration")


def _arrow(start, tip, y, color, face):
    if tip != start:
        side = np.sign(tip - start)
        yield path(f"M{start:.1f} {y:.1f}H{tip:.1f}", stroke=color, width=2.5 if face == color else 1.5)
        head = f"M{tip + side * 5:.1f} {y:.1f}l{-side * 10:g} -6v12Z"
        yield path(head, stroke=color, fill=face, width=1.5)
    yield f'<circle cx="{start:.1f}" cy="{y:.1f}" r="4" fill="{face}" stroke="{color}" stroke-width="1.5"/>'


def _price(votes, concentration, answers, theme):
    values = loss_values(votes, concentration)
    now = values.dirichlet_multinomial
    top = max(np.max(values.curve[values.totals > 1]), now, 1.0)
    frame = Frame((values.totals[0], values.totals[-1]), (-0.04 * top, 1.5 * top), log_x=True)
    across = f"M{LEFT} {{:.1f}}H{RIGHT}"
    yield path(across.format(frame.y(values.multinomial)), stroke=MULTINOMIAL, width=1.8, dash="6 4")
    entries = [
        (path(RIBBON, stroke=theme.prediction, width=2.5), f"this loss {no_minus_zero(now):.2f}"),
        (path(RIBBON, stroke=MULTINOMIAL, width=1.8, dash="6 4"),
         f"multinomial {no_minus_zero(values.multinomial):.2f}"),
    ]  # fmt: skip
    if values.total_votes:
        yield path(across.format(frame.y(values.cross_entropy)), stroke=CROSS_ENTROPY, width=2.5, dash="2 3")
        line = path(RIBBON, stroke=CROSS_ENTROPY, width=2.5, dash="2 3")
        entries.append((line, f"cross-entropy {values.cross_entropy:.2f}"))
    yield path(polyline(frame.x(values.totals), frame.y(values.curve)), stroke=theme.prediction, width=2.5)
    if np.isfinite(values.best_total) and values.total_votes:
        x, y = frame.x(values.best_total), frame.y(values.curve.min())
        yield path(f"M{x:.1f} {y - 8:.1f}v16", stroke=theme.ink, width=2.5)
        entries.append((path("M12 -7v14", stroke=theme.ink, width=2.5), "lowest"))
    x, y = frame.x(np.clip(concentration.sum(), *values.totals[[0, -1]])), frame.y(now)
    yield (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{theme.paper}" stroke="{theme.prediction}" '
        'stroke-width="3"/>'
    )
    yield ground(42, theme)
    for i in (0, 2):
        yield from legend(LEFT + (8, 164)[i // 2], TOP + 10, entries[i : i + 2])
    yield from frame.axes(
        theme, [1, 10, 100, 1000], ticks(0, 1.5 * top), x_label="total concentration, same mean", y_label="loss [nat]"
    )  # fmt: skip


def _place(shares):
    """Where shares of three answers stand: x and y, each of shape (...) [pixel]."""
    x, y = TRIANGLE_SIDE * np.moveaxis(shares @ CORNERS, -1, 0)
    return TRIANGLE_PLACE[0] + x, TRIANGLE_PLACE[1] - y


def _outline():
    return f"{polyline(*_place(np.eye(3)))}Z"


def _triangle(answers, theme):
    yield path(_outline(), stroke=theme.ink)
    places = ((-4, 18, "middle"), (4, 18, "middle"), (0, -7, "middle"))
    for name, corner, (right, down, anchor) in zip(answers, np.eye(3), places, strict=True):
        x, y = _place(corner)
        yield text(x + right, y + down, f"all {short_name(name)}", anchor=anchor)


_PARTS = {"belief": _belief, "votes": _expected_votes, "push": _push, "price": _price}
