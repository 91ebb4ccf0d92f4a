"""Measured pixels: FITS, .npy, 16 bits and floats, through a stretch that is declared; beside astropy's own curves."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

import gzkit as gz
from gzkit.images import ImageError, load_image
from gzkit.images.stretch import composite, stretched

pytest.importorskip("astropy", reason="astropy comes with gzkit[astro]")

from astropy.io import fits
from astropy.visualization import AsinhStretch, LinearStretch, LogStretch, make_lupton_rgb

RNG = np.random.default_rng(3)
BANDS = ["VIS", "Y", "J"]


def sky(bands=3, side=30, width=34):
    """Noise with a source in the middle, (band, height, width)."""
    y, x = np.mgrid[:side, :width]
    source = np.exp(-np.hypot(y - side / 2, x - width / 2) / 4)
    scale = np.linspace(5, 15, bands)[:, None, None]
    return (RNG.normal(0, 0.2, (bands, side, width)) + scale * source).astype(np.float32)


def write_fits(path, planes, *, names=None, kind=fits.ImageHDU, **options):
    if names is None:
        fits.PrimaryHDU(planes).writeto(path)
    else:
        hdus = [kind(plane, name=name, **options) for plane, name in zip(planes, names, strict=True)]
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


# --- curves


@pytest.mark.parametrize(
    ("curve", "softening", "own"),
    [
        ("linear", None, LinearStretch()),
        ("asinh", None, AsinhStretch()),
        ("asinh", 0.02, AsinhStretch(0.02)),
        ("log", None, LogStretch()),
        ("log", 50, LogStretch(50)),
    ],
)
def test_curves_are_those_of_astropy(curve, softening, own):
    planes, low, high = sky(), (-0.5, 0.0, 1.0), (8.0, 12.0, 13.0)
    found = gz.Stretch(curve, low=low, high=high, bands=3, softening=softening)(planes)
    for band in range(3):
        x = np.clip((planes[band].astype(float) - low[band]) / (high[band] - low[band]), 0, 1)
        assert np.abs(found[..., band] - 255 * own(x)).max() < 0.51


def test_lupton_is_astropys_own_function():
    planes = sky()
    found = gz.Stretch("lupton", low=-0.1, high=1.9, bands=3, softening=6)(planes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy would have `minimum` as an interval
        expected = make_lupton_rgb(*planes, minimum=-0.1, stretch=2.0, Q=6)
    assert np.abs(found.astype(int) - expected).max() <= 1  # float32 beside float64


def test_pixels_without_a_value_are_black_and_saturated_ones_white():
    plane = np.array([[[np.nan, -np.inf, -9.0], [0.0, 5.0, 10.0], [11.0, 1e30, np.inf]]])
    for curve in ("linear", "asinh", "log"):
        shown = gz.Stretch(curve, low=0, high=10)(plane)[..., 0]
        assert shown[0].tolist() == [0, 0, 0] and shown[1, [0, 2]].tolist() == [0, 255]
        assert shown[2].tolist() == [255, 255, 255]
    three = np.repeat(plane, 3, axis=0)
    shown = gz.Stretch("lupton", low=0, high=10, bands=3)(three)
    assert shown[0].max() == 0 and shown[2, 2].tolist() == [255, 255, 255]


def test_borders_without_values_do_not_spread_when_an_image_is_made_smaller():
    planes = sky()
    planes[:, :6] = np.nan
    small = gz.Stretch("linear", low=-1, high=20, bands=3)(planes, size=10)
    assert small.shape == (10, 10, 3) and small[0].max() == 0 and small[4:].min() > 0


def test_percentiles_are_of_each_image_and_said_to_be():
    planes = sky()
    planes[0, 0, 0] = np.nan
    stretch = gz.Stretch("linear", low="1%", high="99%", bands=3)
    found = stretch(planes)
    for band in range(3):
        low, high = np.nanpercentile(planes[band], [1, 99])
        expected = np.clip((planes[band] - low) / (high - low), 0, 1)
        expected[np.isnan(expected)] = 0
        assert np.abs(found[..., band] - 255 * expected).max() < 0.51
    assert "brightness cannot be compared" in str(stretch)
    assert "brightness" not in str(gz.Stretch("linear", low=0, high=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 1, "high": 1}, "low=1.0 is not below high=1.0"),
        ({"low": "99%", "high": "1%"}, "low='99%' is not below"),
        ({"low": 0, "high": "all"}, "high='all' is no number or percentile"),
        ({"low": 0, "high": "101%"}, "high='101%' is no"),
        ({"low": 0, "high": "99.5"}, "high='99.5' is no number or percentile"),
        ({"low": None, "high": 1}, "low=None is no number"),
        ({"low": 0, "high": 1, "bands": 1.5}, "bands=1.5 are not"),
        ({"low": 0, "high": 1, "bands": [-1]}, r"bands=\[-1\] are not"),
        ({"low": 0, "high": 1, "softening": 1e-9}, "softening=1e-09 is not above 0, a number from 1e-6"),
        ({"low": 0, "high": 1, "softening": "a"}, "softening='a' is not"),
        ({"low": (0, 0), "high": 1, "bands": 3}, r"low=\(0, 0\) is no .* for 3 bands"),
        ({"low": 0, "high": np.nan}, "high=nan"),
        ({"low": 0, "high": 1, "bands": 11}, "bands=11 are not 1 to 10 names"),
        ({"low": 0, "high": 1, "bands": ["Y", "Y"]}, "each once"),
        ({"low": 0, "high": 1, "bands": ["Y", 2]}, "names, or places"),
        ({"low": 0, "high": 1, "softening": 0}, "softening=0 is not above 0"),
        ({"curve": "sqrt", "low": 0, "high": 1}, "no curve 'sqrt'.*known: linear, asinh, log, lupton"),
        ({"curve": "lupton", "low": 0, "high": 1}, "'lupton' takes three bands"),
        ({"curve": "lupton", "low": 0, "high": (1, 2, 3), "bands": 3}, "colours would change"),
    ],
)
def test_a_stretch_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        gz.Stretch(**({"curve": "asinh"} | options))


def test_a_stretch_goes_through_json_as_it_is():
    import json

    for stretch in (
        gz.Stretch("asinh", low=0, high="99.5%", bands=BANDS, extension="SCI"),
        gz.Stretch("lupton", low=0, high=1, bands=3, softening=3),
        gz.Stretch("log", low=np.float32(0), high=1, bands=np.arange(2), extension=np.int64(1)),
    ):
        assert gz.Stretch.from_dict(json.loads(json.dumps(stretch.to_dict()))) == stretch
    with pytest.raises(ValueError, match=r"stretch has no field 'high'"):
        gz.Stretch.from_dict({"curve": "asinh", "low": [0]})


def test_planes_of_other_bands_and_what_is_no_stretch_meet_a_sentence():
    for shape in ((1, 4, 4), (3, 4, 4), (4, 4)):
        with pytest.raises(ImageError, match="of 2 bands is wanted"):
            gz.Stretch("linear", low=0, high=1, bands=2)(np.zeros(shape))
    with pytest.raises(TypeError, match=r"plot_stretch: stretch is a gz.Stretch"):
        gz.plot_stretch(gz.sample_catalog(), "asinh")
    with pytest.raises(ValueError, match="plot_stretch: nothing to show: 0 stretches, 600 galaxies"):
        gz.plot_stretch(gz.sample_catalog(), [])


# --- files


def all_files(tmp_path, planes):
    """The same planes in every kind of file, with the bands that find them there."""
    up = planes[:, ::-1]  # a FITS image begins with its lowest row
    yield write_fits(tmp_path / "cube.fits", up), [0, 1, 2]
    yield write_fits(tmp_path / "named-cube.fits.gz", up), BANDS
    yield write_fits(tmp_path / "extensions.fits", up, names=BANDS), BANDS
    yield write_fits(tmp_path / "by-place.fits", up, names=BANDS), 3
    lossless = {"kind": fits.CompImageHDU, "compression_type": "GZIP_2", "quantize_level": 0}
    yield write_fits(tmp_path / "compressed.fits.fz", up, names=BANDS, **lossless), BANDS
    for name, array in {"first": planes, "last": np.moveaxis(planes, 0, -1)}.items():
        np.save(tmp_path / f"{name}.npy", array)
        yield tmp_path / f"{name}.npy", 3
    pages = [Image.fromarray(plane) for plane in planes]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    yield tmp_path / "pages.tif", BANDS


def test_every_kind_of_file_gives_the_same_image(tmp_path):
    planes = sky()
    for path, bands in all_files(tmp_path, planes):
        stretch = gz.Stretch("asinh", low=0, high=10, bands=bands)
        np.testing.assert_array_equal(stretched(path, stretch), stretch(planes), err_msg=path.name)
        small = load_image(path, size=16, in_chans=3, crop=0.8, stretch=stretch)
        np.testing.assert_array_equal(small, stretch(planes, 16, 0.8), err_msg=path.name)
        assert small.shape == (16, 16, 3) and small.dtype == np.uint8


def test_bands_are_chosen_and_ordered_by_name_or_place(tmp_path):
    planes = sky(5)
    path = write_fits(tmp_path / "five.fits", planes, names=["u", "g", "r", "i", "z"])
    cube = write_fits(tmp_path / "cube.fits", planes)
    for source, bands in ((path, ["z", "g"]), (path, [4, 1]), (cube, [4, 1])):
        stretch = gz.Stretch("linear", low=0, high=10, bands=bands)
        np.testing.assert_array_equal(stretched(source, stretch), stretch(planes[[4, 1], ::-1]))
    only = gz.Stretch("linear", low=0, high=10, bands=["r"])  # not the first image
    np.testing.assert_array_equal(stretched(path, only), only(planes[[2], ::-1]))


def test_an_extension_may_be_named_and_is_else_the_first_image(tmp_path):
    planes = sky(2)
    path = write_fits(tmp_path / "two.fits", planes, names=["WHT", "SCI"])
    first, named, second = (
        gz.Stretch("linear", low=0, high=10, extension=which) for which in (None, "SCI", 2)
    )
    np.testing.assert_array_equal(stretched(path, first), first(planes[[0], ::-1]))
    for stretch in (named, second):
        np.testing.assert_array_equal(stretched(path, stretch), stretch(planes[[1], ::-1]))
    with pytest.raises(ImageError, match=r"two.fits: .*'DQ'"):
        stretched(path, gz.Stretch("linear", low=0, high=10, extension="DQ"))


@pytest.mark.parametrize(("dtype", "ending"), [(np.uint16, "png"), (np.uint16, "tif"), (np.float32, "tif")])
def test_sixteen_bits_and_floats_keep_their_values(dtype, ending, tmp_path):
    plane = (1000 + 600 * sky(1)[0]).astype(dtype)
    Image.fromarray(plane).save(tmp_path / f"image.{ending}")
    stretch = gz.Stretch("linear", low=0, high=12000)
    np.testing.assert_array_equal(
        stretched(tmp_path / f"image.{ending}", stretch), stretch(plane[np.newaxis])
    )


def test_scaled_whole_numbers_with_blanks_are_what_astropy_reads(tmp_path):
    raw = RNG.integers(-3000, 3000, (20, 20)).astype(np.int16)
    raw[3, 4] = -32768
    hdu = fits.PrimaryHDU(raw)
    hdu.header["BSCALE"], hdu.header["BZERO"], hdu.header["BLANK"] = 0.01, 5.0, -32768
    hdu.writeto(tmp_path / "scaled.fits")
    own = fits.getdata(tmp_path / "scaled.fits")
    assert np.isnan(own[3, 4])
    stretch = gz.Stretch("linear", low=-20, high=30)
    np.testing.assert_array_equal(
        stretched(tmp_path / "scaled.fits", stretch), stretch(own[np.newaxis, ::-1])
    )


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        (["VIS", "Y", "H"], "band 'H' is missing; it has 'VIS', 'Y', 'J'"),
        (4, "band 3 is missing; it has 0, 1, 2"),
    ],
)
def test_a_missing_band_is_named_with_those_that_are_there(bands, message, tmp_path):
    path = write_fits(tmp_path / "J1.fits", sky(), names=BANDS)
    with pytest.raises(ImageError, match=f"J1.fits: {message}"):
        stretched(path, gz.Stretch("asinh", low=0, high=1, bands=bands))


def test_what_is_no_image_of_the_bands_is_told(tmp_path):
    three = gz.Stretch("asinh", low=0, high=1, bands=BANDS)
    np.save(tmp_path / "four.npy", np.zeros((2, 3, 4, 5)))
    np.save(tmp_path / "two.npy", np.zeros((2, 30, 40)))
    np.save(tmp_path / "text.npy", np.array([["a", "b"], ["c", "d"]]))
    np.save(tmp_path / "objects.npy", np.array([[None]], dtype=object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "two.npy").read_bytes()[:900])
    write_fits(tmp_path / "shapes.fits", [np.zeros((4, 4)), np.zeros((4, 5)), np.zeros((4, 4))], names=BANDS)
    planes = sky()
    planes[1] = np.nan
    write_fits(tmp_path / "empty.fits", planes, names=BANDS)
    fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])]).writeto(tmp_path / "table.fits")
    Image.new("RGB", (5, 5)).save(tmp_path / "picture.png")
    (tmp_path / "nothing.fits").write_bytes(b"SIMPLE")
    messages = {
        "four.npy": r"shape \(2, 3, 4, 5\), not \(height, width\) or \(band, height, width\)",
        "two.npy": "2 bands without names, where VIS, Y, J are wanted",
        "text.npy": "bands without names",
        "objects.npy": "cannot be decoded",
        "cut.npy": "cannot be decoded",
        "shapes.fits": r"its bands differ in shape: \(4, 4\), \(4, 5\)",
        "empty.fits": "band 'Y' has no value at all",
        "table.fits": "none of its 2 extensions is 'an image'",
        "picture.png": "'RGB' pixels, where a stretch takes 16 bits or floats, a page a band",
        "nothing.fits": "cannot be decoded",
        "missing.fits": "No such file",
    }
    for name, message in messages.items():
        with pytest.raises(ImageError, match=f"{name}: .*{message}"):
            stretched(tmp_path / name, three)
    with pytest.raises(ImageError, match="nothing lies between 0 and 0"):
        np.save(tmp_path / "flat.npy", np.zeros((30, 40)))
        stretched(tmp_path / "flat.npy", gz.Stretch("asinh", low="1%", high="99%"))


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_a_header_that_claims_more_pixels_than_memory_holds_is_refused_before_it_is_read(tmp_path):
    header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": 10**6, "NAXIS2": 10**6})
    (tmp_path / "huge.fits").write_bytes(header.tostring().encode() + bytes(2880))
    with pytest.raises(ImageError, match=r"huge.fits: shape \(1000000, 1000000\); at most"):
        stretched(tmp_path / "huge.fits", gz.Stretch("asinh", low=0, high=1))


def test_without_a_declared_stretch_measured_pixels_are_refused_with_that_sentence(tmp_path):
    for path, _ in all_files(tmp_path, sky()):
        for read in (gz.read_image, lambda path: load_image(path, size=8)):
            with pytest.raises(ImageError, match=rf"{path.name}: .*gz.Stretch\('asinh', low=..., high=..."):
                read(path)


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_damage_in_a_fits_file_is_an_image_error_or_an_image(tmp_path):
    planes = sky()
    whole = write_fits(tmp_path / "whole.fits", planes, names=BANDS).read_bytes()
    stretch, rng, cuts = gz.Stretch("asinh", low=0, high=1, bands=BANDS), np.random.default_rng(0), 0
    for trial in range(90):
        damaged = bytearray(whole)
        if trial % 3 == 0:
            damaged = damaged[: rng.integers(1, len(whole))]
        else:
            for place in rng.integers(0, 2880 * 3, 4):
                damaged[place] = rng.choice(list(b"019 'TF-=\x00\xff"))
        (tmp_path / "damaged.fits").write_bytes(damaged)
        try:
            found = stretched(tmp_path / "damaged.fits", stretch)
            assert (
                trial % 3 or (found == stretch(planes[:, ::-1])).all()
            )  # cut in what fills the last block up
        except ImageError as error:
            assert "damaged.fits" in str(error)
            cuts += trial % 3 == 0
    assert cuts > 20


# --- for people


def test_any_number_of_channels_has_a_composite():
    pixels = RNG.integers(0, 256, (4, 5, 10)).astype(np.uint8)
    assert composite(pixels[..., :3]) is not None
    np.testing.assert_array_equal(composite(pixels[..., :3]), pixels[..., :3])
    np.testing.assert_array_equal(composite(pixels[..., :1]), np.repeat(pixels[..., :1], 3, axis=-1))
    two = composite(pixels[..., :2])
    np.testing.assert_array_equal(two[..., [0, 2]], pixels[..., :2])
    six = composite(pixels[..., :6])
    np.testing.assert_allclose(six, pixels[..., :6].reshape(4, 5, 3, 2).mean(axis=-1), atol=0.5)
    for count in range(1, 11):
        assert composite(pixels[..., :count]).shape == (4, 5, 3)


def test_folders_and_ids_find_fits_images(tmp_path):
    for name in ("J1.fits", "J2.fits.gz"):
        write_fits(tmp_path / name, sky())
    np.save(tmp_path / "J3.npy", sky())
    found = gz.read_catalog(tmp_path)
    assert found["id_str"].tolist() == ["J1", "J2", "J3"]
    import pandas as pd

    by_id = gz.read_catalog(pd.DataFrame({"id_str": ["J2", "J3"]}), images=tmp_path)
    assert [path.rpartition("/")[2] for path in by_id["file_loc"]] == ["J2.fits.gz", "J3.npy"]


def test_a_stretch_without_fits_does_not_need_astropy(tmp_path):
    np.save(tmp_path / "a.npy", sky())
    code = (
        "import sys; sys.modules['astropy'] = None\n"
        "import gzkit as gz\n"
        f"folder = {str(tmp_path)!r}\n"
        "print(gz.read_image(folder + '/a.npy', gz.Stretch('asinh', low=0, high=1, bands=3)).shape)\n"
        "try: gz.read_image(folder + '/a.fits', gz.Stretch('asinh', low=0, high=1, bands=3))\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "(30, 34, 3)" in done.stdout and "pip install 'gzkit[astro]'" in done.stdout
