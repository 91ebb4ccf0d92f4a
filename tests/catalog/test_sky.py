"""Galaxies' places on the sky: they stay with the predictions, lead to a viewer, and join catalogues."""

import numpy as np
import pandas as pd
import pytest

import gzkit as gz

pytest.importorskip("astropy", reason="astropy comes with gzkit[astro]")

from astropy import units
from astropy.table import Table

SCHEMA = gz.Schema.from_classes("bar", ["yes", "no"])


def separation(a, b):
    """Vincenty's formula between every place of one list and every one of another, (a, b) [arcsec]."""
    (ra, dec), (ra2, dec2) = np.radians(a.to_numpy()).T[:, :, None], np.radians(b.to_numpy()).T[:, None, :]
    east = np.cos(dec2) * np.sin(ra2 - ra)
    north = np.cos(dec) * np.sin(dec2) - np.sin(dec) * np.cos(dec2) * np.cos(ra2 - ra)
    along = np.sin(dec) * np.sin(dec2) + np.cos(dec) * np.cos(dec2) * np.cos(ra2 - ra)
    return np.degrees(np.arctan2(np.hypot(east, north), along)) * 3600


def field(count, seed, around=None):
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform([[-2], [-85]], [[2], [85]], (2, count))  # over the zero of right ascension
    if around is not None:
        near = rng.choice(len(around), count)
        ra, dec = (around.iloc[near][["ra", "dec"]].to_numpy() + rng.normal(0, 2e-4, (count, 2))).T
    return pd.DataFrame(
        {"id_str": [f"J{i}" for i in range(count)], "ra": ra % 360, "dec": dec, "z": rng.random(count)}
    )


@pytest.mark.parametrize("radius", [0.3, 1.0, 5.0])
def test_pairs_are_those_of_every_separation_computed(radius):
    mine = field(300, 0)
    other = pd.concat([field(150, 1, mine), field(100, 2)], ignore_index=True)
    found = gz.match(mine, other, radius)
    apart = separation(mine[["ra", "dec"]], other[["ra", "dec"]])
    within = apart <= radius
    nearest = (apart.argmin(axis=1)[:, None] == np.arange(250)) & (
        apart.argmin(axis=0) == np.arange(300)[:, None]
    )
    rows, others = np.nonzero(nearest & within)
    assert found.table["id_str"].tolist() == mine["id_str"].iloc[rows].tolist()
    assert found.table["id_str_other"].tolist() == other["id_str"].iloc[others].tolist()
    np.testing.assert_allclose(found.table["separation"], apart[rows, others], atol=1e-6)
    np.testing.assert_array_equal(found.table["z_other"], other["z"].iloc[others])
    assert found.unmatched == mine["id_str"].drop(index=rows).tolist()
    unclear = within & ((within.sum(axis=1, keepdims=True) > 1) | (within.sum(axis=0) > 1))
    pairs = {(mine["id_str"][i], j) for i, j in zip(*np.nonzero(unclear), strict=True)}
    assert set(zip(found.twice["id_str"], found.twice["other"], strict=True)) == pairs
    assert repr(found).startswith(
        f"Match({len(rows)} galaxies with a counterpart; {300 - len(rows)} have none"
    )


def test_places_that_are_not_known_have_no_counterpart_and_other_tables_may_be_of_astropy():
    mine = field(4, 0)
    mine.loc[1, "ra"] = np.nan
    other = Table({"RA": mine["ra"].fillna(0), "Dec": mine["dec"], "redshift": [1, 2, 3, 4]})
    found = gz.match(mine, other)
    assert found.table["redshift"].tolist() == [1, 3, 4] and found.unmatched == ["J1"]
    nothing = gz.match(mine, field(5, 9))
    assert len(nothing.table) == len(nothing.twice) == 0 and len(nothing.unmatched) == 4
    assert len(gz.match(mine, field(5, 9)[:0]).unmatched) == 4


def test_what_cannot_be_matched_is_told():
    mine = field(3, 0)
    with pytest.raises(ValueError, match="match: other: no column 'ra'"):
        gz.match(mine, mine.drop(columns="ra"))
    with pytest.raises(ValueError, match=r"(?s)match: other: .*column 'dec': no coordinate: 95.0 at row 0"):
        gz.match(mine, mine.assign(dec=95.0))
    for radius in (0, np.nan, np.inf, "1", 1 * units.arcsec):  # an endless one found nothing
        with pytest.raises(ValueError, match=f"radius={radius!r} is not above 0"):
            gz.match(mine, mine, radius=radius)
    pairs = gz.match(mine, mine).table
    for column in ("separation", "ra_other"):
        with pytest.raises(ValueError, match=f"column '{column}' would stand twice"):
            gz.match(mine.assign(**{column: 1.0}), mine)
    assert pairs["separation"].tolist() == [0.0] * 3


def predictions(count=5, known=True):
    places = field(count, 3)[["ra", "dec"]].to_numpy()
    concentration = np.random.default_rng(0).uniform(1, 9, (count, 2))
    return gz.Predictions(
        concentration, [f"J{i}" for i in range(count)], SCHEMA, sky=places if known else None
    )


@pytest.mark.parametrize("style", ["concentration", "advanced", "friendly"])
def test_coordinates_go_to_every_table_and_come_back(style, tmp_path):
    whole = predictions()
    for name, one in {
        "all": whole,
        "some": whole[["J3", "J1"]],
        "cut": gz.select(whole, "yes > 0.2").predictions,
    }.items():
        one.to_parquet(tmp_path / name, style=style)
        back = gz.Predictions.from_parquet(tmp_path / name)
        np.testing.assert_array_equal(back.sky, one.sky)
        np.testing.assert_array_equal(back[[0]].sky, one.sky[:1])
        frame = one.to_frame(style=style)
        assert frame.columns[:3].tolist() == ["id_str", "ra", "dec"]
        np.testing.assert_array_equal(frame[["ra", "dec"]], one.sky)
    predictions(known=False).to_parquet(tmp_path / "none", style=style)
    assert gz.Predictions.from_parquet(tmp_path / "none").sky is None


def test_joined_and_mixed_predictions_keep_them():
    located, lost = predictions(3), predictions(5, known=False)[["J3", "J4"]]
    joined = gz.Predictions.concatenate([located, lost])
    np.testing.assert_array_equal(joined.sky[:3], located.sky)
    assert np.isnan(joined.sky[3:]).all()
    np.testing.assert_array_equal(gz.ensemble([located, located]).sky, located.sky)
    with pytest.raises(
        ValueError, match=r"sky must have shape \(galaxy, 2\) = \(3, 2\), ra and dec, got \(2, 3\)"
    ):
        gz.Predictions(located.concentration, located.id_str, SCHEMA, sky=located.sky.T)


def test_a_link_leads_to_the_place_and_is_refused_where_there_is_none():
    one = predictions()
    ra, dec = one.sky[2]
    link = gz.sky_link(one, "J2")
    assert link.startswith("https://www.legacysurvey.org/viewer?") and f"ra={ra:.6f}&dec={dec:.6f}&" in link
    assert gz.sky_link(field(5, 3), "J2") == link
    assert gz.sky_link(field(5, 3).assign(id_str=range(5)), 2) == link
    with pytest.raises(TypeError, match=r"sky_link: predictions is what gz.predict returns"):
        gz.sky_link("J2", one)
    one.sky[2] = np.nan
    for galaxies in (one, predictions(known=False), field(5, 3).drop(columns="ra")):
        with pytest.raises(ValueError, match="no coordinates of 'J2'"):
            gz.sky_link(galaxies, "J2")


@pytest.mark.parametrize("style", ["concentration", "advanced", "friendly"])
@pytest.mark.parametrize("samples", [1, 3])
def test_release_tables_go_to_astronomers_formats_and_back(style, samples, tmp_path):
    one = predictions()
    if samples > 1:
        one = gz.ensemble([one] * samples)
    one.id_str[0] = "587722981742084096"
    one.info["encoder"] = "e" * 200
    one.to_parquet(tmp_path / "x.parquet", style=style)
    expected = gz.Predictions.from_parquet(tmp_path / "x.parquet")
    table = one.to_table(style=style)
    assert isinstance(table, Table) and table["ra"].unit == "deg"
    assert table.colnames == one.to_frame(style=style).columns.tolist()
    for name, kind in {"x.fits": "fits", "x.ecsv": "ascii.ecsv", "x.vot": "votable"}.items():
        table.write(tmp_path / name, format=kind)
        own = Table.read(
            tmp_path / name, format=kind, **{"use_names_over_ids": True} if kind == "votable" else {}
        )
        assert own.colnames == table.colnames and [str(x) for x in own["id_str"]] == one.id_str.tolist()
        back = gz.Predictions.from_table(tmp_path / name, schema=SCHEMA if kind == "votable" else None)
        assert type(back) is type(expected) and back.id_str.tolist() == one.id_str.tolist()
        np.testing.assert_array_equal(back.vote_fractions(), expected.vote_fractions())
        np.testing.assert_array_equal(back.sky, one.sky)
        if style == "concentration":
            np.testing.assert_array_equal(back.concentration, expected.concentration)
        if kind != "votable":
            assert back.schema == SCHEMA and back.info == one.info
        else:
            with pytest.raises(ValueError, match=r"x.vot: .*say which schema it has"):
                gz.Predictions.from_table(tmp_path / name)


def test_coordinates_go_from_the_catalogue_to_predictions_parts_pages_and_the_command_line(
    tiny_survey, tmp_path
):
    from gzkit.cli import main
    from gzkit.inference import predict_to_parquet

    schema, catalog = tiny_survey
    catalog = catalog.assign(ra=[f"{hour % 24}:30:00" for hour in range(len(catalog))], dec=-3.25)
    catalog.loc[2, "dec"] = np.nan
    expected = np.stack([(np.arange(len(catalog)) % 24 + 0.5) * 15, catalog["dec"]], axis=1)
    model = gz.TreeModel(schema, "test_convnext", pretrained=False, image_size=32)
    run = gz.finetune(model, catalog, epochs=1, progress=False)
    found = gz.predict(run, catalog, progress=False)
    np.testing.assert_array_equal(found.sky, expected)
    folder = predict_to_parquet(run, catalog, tmp_path / "parts", galaxies_per_part=20, progress=False)
    np.testing.assert_array_equal(gz.Predictions.from_parquet(folder).sky, expected)
    without = predict_to_parquet(run, catalog.drop(columns="ra"), tmp_path / "none", progress=False)
    assert gz.Predictions.from_parquet(without).sky is None
    several = predict_to_parquet(
        run,
        [catalog[:20].drop(columns="dec"), catalog[20:]],
        tmp_path / "both",
        galaxies_per_part=10,
        progress=False,
    )
    np.testing.assert_array_equal(gz.Predictions.from_parquet(several).sky[20:], expected[20:])

    explorer = gz.explore_predictions(found, catalog)
    link = gz.sky_link(found, "J00").replace("&", "&amp;")
    shown = f'<a href="{link}" target="_blank" rel="noopener noreferrer">on the sky</a>'
    assert shown in explorer.panels["image"].value
    explorer.galaxy = "J02"
    assert "on the sky" not in explorer.panels["image"].value
    explorer.mark()
    assert {"ra", "dec"} <= set(explorer.selection.columns)
    assert {"ra", "dec"} <= set(gz.explore_predictions(found).selection.columns)
    gz.write_report(tmp_path / "report.html", found, catalog, galaxies=3)
    links = (tmp_path / "report.html").read_text().count("legacysurvey.org/viewer?ra=")
    assert (
        links == np.isfinite(found.sky).all(axis=1).sum() == len(found) - 1
    )  # every galaxy whose place is known

    run.model.save(tmp_path / "model")
    Table.from_pandas(catalog).write(tmp_path / "votes.fits")
    command = [
        "predict",
        str(tmp_path / "model"),
        str(tmp_path / "votes.fits"),
        "--quiet",
        "--style",
        "advanced",
    ]
    assert main([*command, "--out", str(tmp_path / "release.fits")]) == 0
    release = Table.read(tmp_path / "release.fits")
    np.testing.assert_array_equal(np.ma.filled(release["ra"], np.nan), expected[:, 0])
    assert release["dec"].mask.tolist() == np.isnan(expected[:, 1]).tolist()
