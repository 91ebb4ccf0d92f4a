import itertools

import numpy as np
import pytest

from gzkit import palette

# Machado, Oliveira & Fernandes 2009, severity 1: linear RGB seen with each kind of colour blindness
COLOR_BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(color, kind):
    """CIELAB of a colour as seen with a kind of colour blindness."""
    rgb = np.array(palette.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(COLOR_BLINDNESS[kind]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", COLOR_BLINDNESS)
def test_hues_stay_apart_with_colour_blindness(kind):
    hues = list(palette.OKABE_ITO.values())[1:]
    gaps = [np.linalg.norm(lab(a, kind) - lab(b, kind)) for a, b in itertools.combinations(hues, 2)]
    assert min(gaps) > 9  # 2.3 is just noticeable
    for theme in (palette.LIGHT, palette.DARK):
        assert np.linalg.norm(lab(theme.truth, kind) - lab(theme.prediction, kind)) > 30


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=lambda theme: theme.name)
def test_every_role_is_legible_on_its_paper(theme):
    for role in ("ink", "muted"):
        assert palette.contrast(getattr(theme, role), theme.paper) >= 4.5
    for color in (theme.truth, theme.prediction, theme.highlight, *theme.tiers):
        assert palette.contrast(color, theme.paper) >= 3
        assert palette.contrast(palette.ink_on(color), color) >= 4.5


def test_role_constants_are_legible_on_light_and_dark():
    for color in (palette.TRUTH, palette.PREDICTION, palette.MUTED):
        for theme in palette.THEMES.values():
            assert palette.contrast(color, theme.paper) >= 3


def test_theme_follows_what_is_behind_the_drawing():
    assert palette.theme_on("light") is palette.LIGHT
    assert palette.theme_on((0.1, 0.1, 0.1, 1.0)) is palette.DARK
    assert palette.theme_on((0.1, 0.1, 0.1, 0.0)) is palette.LIGHT  # a transparent figure
    assert palette.theme_on(palette.DARK) is palette.DARK


def test_theme_follows_an_axes():
    from matplotlib.figure import Figure

    ax = Figure(facecolor="#202020").add_subplot()
    assert palette.theme_on(ax) is palette.LIGHT  # its own white patch is behind the drawing
    ax.set_axis_off()
    assert palette.theme_on(ax) is palette.DARK


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'teal'"):
        palette.to_rgb("teal")
