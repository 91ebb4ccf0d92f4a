"""Which galaxies a simulated survey meets: their kinds and physical parameters."""

import numpy as np

from gzkit.simulate.images import complete

KINDS = {
    "disc": 0.585,
    "spheroid": 0.215,
    "irregular": 0.045,
    "disturbed": 0.05,
    "merger": 0.045,
    "artefact": 0.06,
}
DECIMALS = 4  # of parameters and probabilities: enough to draw the same picture, few enough to be the same everywhere


def draw_population(galaxies, rng):
    """Kinds and parameters of galaxies as a survey meets them.

    Parameters
    ----------
    galaxies : int
        How many.
    rng : numpy.random.Generator

    Returns
    -------
    kinds : ndarray of str, shape (galaxy,)
    parameters : dict of str to ndarray, shape (galaxy,)
        Rounded to four decimals.

    Examples
    --------
    >>> kinds, parameters = draw_population(3, np.random.default_rng(0))
    >>> parameters["inclination"].shape
    (3,)
    """
    kinds = rng.choice(list(KINDS), galaxies, p=list(KINDS.values()))
    p = {}
    p["radius"] = (0.135 * np.exp(0.28 * rng.standard_normal(galaxies))).clip(0.06, 0.23)
    p["position_angle"] = rng.uniform(0, 180, galaxies)
    p["brightness"] = (14 * np.exp(0.55 * rng.standard_normal(galaxies))).clip(3.5, 60)
    p["seeing"] = (0.016 * np.exp(0.15 * rng.standard_normal(galaxies))).clip(0.011, 0.026)
    _draw_spheroids(p, kinds, rng)
    _draw_discs(p, kinds, rng)
    _draw_disturbances(p, kinds, rng)
    p["redness"] = (0.15 + 0.75 * p["bulge_fraction"] ** 0.5 + 0.14 * rng.standard_normal(galaxies)).clip(
        0, 1
    )
    parameters = complete({name: np.round(value, DECIMALS) for name, value in p.items()})
    return kinds, parameters


def _draw_spheroids(p, kinds, rng):
    galaxies, elliptical = len(kinds), kinds == "spheroid"
    fraction = 0.05 + 0.83 * rng.beta(1.3, 4.0, galaxies)
    fraction = np.where(kinds == "irregular", 0.02, np.where(elliptical, 1.0, fraction))
    p["bulge_fraction"] = np.where((kinds == "disturbed") | (kinds == "merger"), 0.6 * fraction, fraction)
    p["bulge_radius"] = np.where(elliptical, 1.0, (0.15 + 0.5 * fraction).clip(0, 0.7))
    p["sersic_index"] = np.where(elliptical, rng.uniform(1.5, 4.5, galaxies), rng.uniform(1.0, 2.5, galaxies))
    flattening = 0.75 * rng.beta(1.3, 1.9, galaxies)
    p["flattening"] = np.where(elliptical, flattening, 0.3 * flattening)
    p["boxiness"] = np.where(
        (rng.uniform(size=galaxies) < 0.22) & ~elliptical, rng.beta(4, 1.5, galaxies), 0.0
    )


def _draw_discs(p, kinds, rng):
    galaxies, irregular = len(kinds), kinds == "irregular"
    ordered = (kinds == "disc") | (kinds == "disturbed") | (kinds == "merger")
    p["inclination"] = np.rad2deg(np.arccos(rng.uniform(0, 1, galaxies) ** 0.75))
    p["boxiness"] = np.where(p["inclination"] > 70, p["boxiness"], 0.0)  # the box is a bar seen from the side
    p["thickness"] = rng.uniform(0.07, 0.18, galaxies)
    p["dust"] = rng.beta(1.2, 1.5, galaxies)
    has_arms = ordered & (rng.uniform(size=galaxies) < 0.86)
    p["arm_strength"] = np.where(has_arms, rng.beta(2.8, 1.4, galaxies), 0.0)
    p["arm_count"] = rng.choice([1, 2, 3, 4, 5, 6], galaxies, p=[0.05, 0.57, 0.16, 0.08, 0.07, 0.07]).astype(
        float
    )
    loose = 17.5 + 7.5 * rng.standard_normal(galaxies) - 10 * (p["bulge_fraction"] - 0.25)
    # many arms that are tightly wound cannot be told apart
    p["pitch_angle"] = np.maximum(loose, 5 + 3 * p["arm_count"]).clip(6, 42)
    p["arm_phase"] = rng.uniform(0, 360, galaxies)
    p["arm_sense"] = rng.choice([-1.0, 1.0], galaxies)
    p["flocculence"] = np.where(irregular, 1.0, rng.beta(1.5, 2.0, galaxies))
    has_bar = ordered & (rng.uniform(size=galaxies) < 0.48)
    p["bar_strength"] = np.where(has_bar, rng.beta(2.2, 1.6, galaxies), 0.0)
    p["bar_length"] = rng.uniform(0.55, 1.05, galaxies)
    p["bar_angle"] = rng.uniform(0, 180, galaxies)
    # arms of a two-armed barred galaxy start at the ends of its bar
    start = p["bar_angle"] - p["arm_sense"] * np.rad2deg(
        np.log(p["bar_length"]) / np.tan(np.deg2rad(p["pitch_angle"]))
    )
    p["arm_phase"] = np.where(has_bar, start % 360, p["arm_phase"])
    has_ring = (kinds == "disc") & (rng.uniform(size=galaxies) < 0.13)
    p["ring_strength"] = np.where(has_ring, rng.beta(2, 2, galaxies), 0.0)
    p["ring_radius"] = rng.uniform(0.9, 1.7, galaxies)
    p["clumpiness"] = np.where(
        irregular, rng.uniform(0.6, 1.0, galaxies), rng.beta(1.0, 3.5, galaxies) * ordered
    )


def _draw_disturbances(p, kinds, rng):
    galaxies = len(kinds)
    merger, disturbed = kinds == "merger", kinds == "disturbed"
    slight = np.where(kinds == "irregular", 0.45, 0.12) * rng.beta(1.2, 3, galaxies)
    p["asymmetry"] = np.where(merger | disturbed, rng.uniform(0.25, 1.0, galaxies), slight)
    p["tail_strength"] = np.where(merger | disturbed, rng.beta(1.6, 1.3, galaxies), 0.0)
    p["tail_angle"] = rng.uniform(0, 360, galaxies)
    near = merger | (rng.uniform(size=galaxies) < 0.04)
    p["companion_flux"] = np.where(near, np.exp(rng.uniform(np.log(0.15), 0, galaxies)), 0.0)
    p["companion_distance"] = np.where(
        merger, rng.uniform(0.8, 2.4, galaxies), rng.uniform(2.6, 4.5, galaxies)
    )
    p["companion_angle"] = rng.uniform(0, 360, galaxies)
    artefact = kinds == "artefact"
    star = artefact & (rng.uniform(size=galaxies) < 0.65)
    p["star_flux"] = np.where(star, rng.uniform(0.6, 4.0, galaxies), 0.0)
    p["trail_strength"] = np.where(artefact & ~star, rng.uniform(0.5, 1.0, galaxies), 0.0)
    p["radius"] = np.where(star, 0.4 * p["radius"], p["radius"])
