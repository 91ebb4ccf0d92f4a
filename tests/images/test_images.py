import errno
import io
import os
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from gzkit.images import augment, gather
from gzkit.images import cache as image_cache
from gzkit.images.augment import Augmentation, to_unit
from gzkit.images.cache import open_images, report_problems, versions
from gzkit.images.gather import StreamedImages
from gzkit.images.read import ImageError, load_image, read_image

SETTINGS = {"size": 8, "in_chans": 3, "crop": 1.0}


def save(path, value, size=(20, 16)):
    Image.new("RGB", size, (value, value, 255 - value)).save(path)
    return str(path)


@pytest.fixture
def files(tmp_path):
    return [save(tmp_path / f"{value}.png", value) for value in range(0, 200, 10)]


def test_an_image_is_read_at_its_full_size(tmp_path):
    image = read_image(save(tmp_path / "a.png", 30))
    assert image.shape == (16, 20, 3)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image[0, 0], [30, 30, 225])


def test_bytes_in_a_parquet_table_are_images_too(tmp_path):
    images = []
    for value in range(5):
        png = io.BytesIO()
        Image.new("RGB", (4, 4), (value, 0, 0)).save(png, "PNG")
        images.append({"bytes": png.getvalue(), "path": f"{value}.png"})
    pq.write_table(pa.table({"image": images}), tmp_path / "t.parquet", row_group_size=2)
    for value in (4, 0, 3):
        assert read_image(f"{tmp_path / 't.parquet'}#{value}")[0, 0, 0] == value
    with pytest.raises(ImageError, match=r"t\.parquet#5: cannot be decoded \(the table has 5 rows"):
        read_image(f"{tmp_path / 't.parquet'}#5")


def test_grey_and_transparent_images_have_three_equal_channels(tmp_path):
    Image.new("LA", (4, 4), (90, 10)).save(tmp_path / "grey.png")
    assert read_image(tmp_path / "grey.png")[0, 0].tolist() == [90, 90, 90]
    assert load_image(tmp_path / "grey.png", size=2, in_chans=1).shape == (2, 2, 1)


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_a_file_that_is_no_image_is_named(content, tmp_path):
    path = tmp_path / "broken.png"
    if content is None:  # cut short
        content = (tmp_path / save(tmp_path / "whole.png", 1)).read_bytes()[:60]
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"broken\.png: cannot be decoded"):
        read_image(path)


def test_sixteen_bit_pixels_are_refused_instead_of_clipped(tmp_path):
    Image.fromarray(np.full((4, 4), 1000, dtype=np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(ImageError, match="more than 8 bits"):
        read_image(tmp_path / "deep.png")


def test_the_centred_square_is_kept(tmp_path):
    pixels = np.zeros((40, 80, 3), dtype=np.uint8)
    pixels[10:30, 30:50] = 200  # half of the shorter side, in the middle
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert (load_image(tmp_path / "a.png", size=10, crop=0.5)[1:-1, 1:-1] == 200).all()
    assert load_image(tmp_path / "a.png", size=10)[0, 0, 0] == 0


def test_a_large_jpeg_decoded_small_is_the_image(tmp_path):
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    Image.fromarray(np.broadcast_to(ramp[None, :, None], (256, 256, 3)).copy()).save(
        tmp_path / "a.jpg", quality=95
    )
    full = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB").resize((32, 32), Image.Resampling.BOX))
    small = load_image(tmp_path / "a.jpg", size=32)
    assert np.abs(small.astype(int) - full.astype(int)).max() <= 4


@pytest.mark.parametrize("cache", [None, "stream", "folder"])
def test_all_ways_of_keeping_images_give_the_same_pixels(cache, files, tmp_path):
    images = open_images(files, size=8, cache=tmp_path / "cache" if cache == "folder" else cache)
    expected = np.stack([load_image(file, size=8) for file in files])
    np.testing.assert_array_equal(images.gather(np.array([3, 0, 19])), expected[[3, 0, 19]])


def test_a_cache_decodes_nothing_twice_and_notices_changed_files(files, tmp_path, monkeypatch):
    decoded = []

    def count(file, **settings):
        decoded.append(file)
        return load_image(file, **settings)

    monkeypatch.setattr(gather, "load_image", count)
    open_images(files[:10], size=8, cache=tmp_path / "cache")
    open_images(files, size=8, cache=tmp_path / "cache")
    assert sorted(decoded) == sorted(files)
    save(files[2], 222, size=(30, 30))
    again = open_images(files, size=8, cache=tmp_path / "cache")
    assert decoded[20:] == [files[2]]
    assert again.gather([2])[0, 0, 0].tolist() == [222, 222, 33]
    open_images(files, size=6, cache=tmp_path / "cache")  # another size is another cache
    assert len(decoded) == 41


def test_a_cache_cut_short_is_filled_again(files, tmp_path):
    open_images(files, size=8, cache=tmp_path / "cache")
    (part,) = (tmp_path / "cache").rglob("*.images.npy")
    part.write_bytes(part.read_bytes()[:-100])
    images = open_images(files, size=8, cache=tmp_path / "cache")
    np.testing.assert_array_equal(images.gather([19])[0], load_image(files[19], size=8))


def cached(files, tmp_path, **settings):
    """Images of a cache, and whether each is what its file holds."""
    images = open_images(files, cache=tmp_path / "cache", **settings)
    found = images.gather(range(len(files)))
    return [np.array_equal(x, load_image(file, **settings)) for x, file in zip(found, files, strict=True)]


@pytest.mark.parametrize("kind", ["images", "keys"])
@pytest.mark.parametrize("place", ["head", "middle", "end"])
def test_damage_in_a_cache_is_found_and_mended(kind, place, files, tmp_path):
    """Pages that a crash left zeroed, in any place of any file."""
    assert all(cached(files, tmp_path, size=32))
    (part,) = (tmp_path / "cache").rglob(f"*.{kind}.npy")
    content = bytearray(part.read_bytes())
    start = {"head": 0, "middle": len(content) // 2, "end": len(content) - 64}[place]
    content[start : start + 64] = bytes(64)
    part.write_bytes(content)
    for _ in range(3):
        assert all(cached(files, tmp_path, size=32))


def test_settings_that_look_alike_do_not_share_a_cache(files, tmp_path):
    assert all(cached(files, tmp_path, size=16, crop=0.875))
    assert all(cached(files, tmp_path, size=16, crop=0.87500001))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_cache_of_more_parts_than_files_can_be_open(files, tmp_path, monkeypatch):
    monkeypatch.setattr(image_cache, "PART_BYTES", 1)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert all(cached(files, tmp_path, size=8))
    open_now = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 6, before[1]))  # of 20 parts
    try:
        images = open_images(files, size=8, cache=tmp_path / "cache")
        found = images.gather(range(20))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert len(list((tmp_path / "cache").rglob("*.images.npy"))) == 20
    np.testing.assert_array_equal(found, [load_image(file, size=8) for file in files])


@pytest.mark.parametrize("cache", [None, "stream", "folder"])
def test_open_files_that_run_out_are_an_error_and_no_damaged_image(cache, files, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(OSError, match="Too many open files"):
        open_images(files, size=8, cache=tmp_path if cache == "folder" else cache)


@pytest.mark.parametrize("cache", [None, "stream", "folder"])
def test_an_image_that_could_not_be_decoded_is_never_another_one(cache, files, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no")
    mixed = [files[0], str(tmp_path / "bad.png"), str(tmp_path / "missing.png")]
    images = open_images(mixed, size=8, cache=tmp_path / "cache" if cache == "folder" else cache)
    for row in (1, 2):
        with pytest.raises(ImageError, match=r"(bad|missing)\.png"):
            images.gather([0, row])


def test_a_table_of_images_that_is_written_anew_shows_the_new_ones(tmp_path):
    def write(value):
        picture = io.BytesIO()
        Image.new("RGB", (16, 16), (value, value, value)).save(picture, "bmp")  # all of one size
        column = [{"bytes": picture.getvalue(), "path": ""}] * 3
        pq.write_table(pa.table({"id_str": list("abc"), "image": column}), tmp_path / "t.parquet")
        return [f"{tmp_path / 't.parquet'}#{row}" for row in range(3)]

    for value in (10, 200, 30):
        rows = write(value)
        for cache in (None, "stream", tmp_path / "cache"):
            found = open_images(rows, size=8, cache=cache).gather(range(3))
            assert found.min() == found.max() == value
        assert read_image(rows[2]).max() == value


def test_a_cache_that_loses_what_is_written_is_an_error(files, tmp_path, monkeypatch):
    write = image_cache._write_part

    def lose(folder, images, keys):
        write(folder, images, keys)
        for path in folder.glob("*.keys.npy"):
            path.unlink()

    monkeypatch.setattr(image_cache, "_write_part", lose)
    with pytest.raises(OSError, match="20 decoded images were written there and cannot be read back"):
        open_images(files, size=8, cache=tmp_path / "cache")


def test_file_names_may_be_paths(files, tmp_path):
    assert versions([Path(file) for file in files]) == versions(files)
    assert versions([tmp_path / "none.png"]) == ["none.png||"]


def test_what_a_killed_build_left_is_removed(files, tmp_path):
    open_images(files[:10], size=8, cache=tmp_path / "cache")
    (keys,) = (tmp_path / "cache").rglob("*.keys.npy")
    keys.unlink()  # killed between a part's images and its keys
    assert all(cached(files, tmp_path, size=8))
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 2


def test_an_interrupted_build_leaves_only_whole_parts(files, tmp_path, monkeypatch):
    monkeypatch.setattr(image_cache, "PART_BYTES", 4 * 8 * 8 * 3)

    def fail(file, **settings):
        if file == files[9]:
            raise KeyboardInterrupt
        return load_image(file, **settings)

    monkeypatch.setattr(gather, "load_image", fail)
    with pytest.raises(KeyboardInterrupt):
        open_images(files, size=8, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").rglob("*.keys.npy"))) == 2
    assert not list((tmp_path / "cache").rglob("*.unfinished"))
    monkeypatch.undo()
    images = open_images(files, size=8, cache=tmp_path / "cache")
    expected = np.stack([load_image(file, size=8) for file in files])
    np.testing.assert_array_equal(images.gather(range(20)), expected)


def test_two_processes_may_fill_one_cache_at_once(files, tmp_path):
    code = f"from gzkit.images.cache import open_images; open_images({files}, size=8, cache={str(tmp_path / 'c')!r})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    images = open_images(files, size=8, cache=tmp_path / "c")
    np.testing.assert_array_equal(images.gather([7])[0], load_image(files[7], size=8))


@pytest.mark.parametrize("cache", [None, "stream", "folder"])
def test_images_that_cannot_be_decoded_are_told_by_row(cache, files, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no")
    mixed = [files[0], str(tmp_path / "bad.png"), files[1], str(tmp_path / "missing.png")]
    images = open_images(mixed, size=8, cache=tmp_path / "cache" if cache == "folder" else cache)
    assert sorted(images.problems) == [1, 3]
    assert "bad.png" in images.problems[1]
    np.testing.assert_array_equal(images.gather([2])[0], load_image(files[1], size=8))


def test_images_too_large_for_memory_are_refused_with_a_way_out(files, monkeypatch):
    monkeypatch.setattr(image_cache.psutil, "virtual_memory", lambda: SimpleNamespace(available=5000))
    with pytest.raises(ValueError, match=r"cache='folder/', or .*cache='stream'"):
        open_images(files, size=8)


def test_streamed_images_leave_out_what_cannot_be_decoded(files, tmp_path):
    images = StreamedImages([files[0], str(tmp_path / "none.png"), files[1]], SETTINGS, check=False)
    rows, pixels = images.gather_readable(np.arange(3))
    assert rows.tolist() == [0, 2]
    assert pixels.shape == (2, 8, 8, 3)
    assert list(images.problems) == [1]


def test_unreadable_images_are_a_warning_until_they_are_too_many():
    names, problems = ["a", "b", "c", "d"], {1: "b.jpg: cannot be decoded"}
    with pytest.warns(UserWarning, match=r"1 of 4 images cannot be decoded: b \(b\.jpg"):
        report_problems(problems, names, names, images=4, max_unreadable=0.25)
    with pytest.raises(ValueError, match=r"more than max_unreadable=0\.2"):
        report_problems(problems, names, names, images=4, max_unreadable=0.2)


# --- augmentation


def disc(size=64):
    """A bright spot off the centre, to be followed through an affine map; (1, size, size, 3) of uint8."""
    y, x = np.mgrid[:size, :size]
    spot = 200 * np.exp(-((x - 44) ** 2 + (y - 31.5) ** 2) / 18)
    return torch.from_numpy(np.repeat(spot[None, :, :, None], 3, axis=-1).astype(np.uint8))


def centre(view):
    """Centre of brightness of a view (1, 3, height, width) from the middle [pixels]: (x, y)."""
    light = view[0, 0]
    side = torch.arange(light.shape[0]) - (light.shape[0] - 1) / 2
    return ((light.sum(0) * side).sum() / light.sum()).item(), (
        (light.sum(1) * side).sum() / light.sum()
    ).item()


def draws(**values):
    row = torch.full((1, 10), 0.5)
    for place, value in values.items():
        row[0, int(place[1:])] = value
    return row


OFF = {"rotate": False, "flip": False, "zoom": 1.0, "shift": 0.0}


def test_without_any_change_the_view_is_the_image():
    image = disc()
    view = Augmentation(**(OFF | {"shift": 0.1}))(image, draws())  # the middle of the range: no shift
    torch.testing.assert_close(view, to_unit(image), atol=1e-5, rtol=0)


def test_turning_keeps_the_distance_and_turns_by_the_angle():
    x, y = centre(to_unit(disc()))
    turned = centre(Augmentation(**(OFF | {"rotate": True}))(disc(), draws(d0=0.25)))
    assert turned == pytest.approx((y, -x), abs=0.1) or turned == pytest.approx((-y, x), abs=0.1)


def test_mirroring_changes_one_side():
    x, y = centre(to_unit(disc()))
    mirrored = centre(Augmentation(**(OFF | {"flip": True}))(disc(), draws(d1=0.1)))
    assert mirrored == pytest.approx((-x, y), abs=0.1)


def test_zoom_and_shift_move_by_what_they_say():
    x, _ = centre(to_unit(disc()))
    zoomed = centre(Augmentation(**(OFF | {"zoom": 1.5}))(disc(), draws(d2=1.0)))
    assert zoomed[0] == pytest.approx(1.5 * x, abs=0.3)
    shifted = centre(Augmentation(**(OFF | {"shift": 0.1}))(disc(), draws(d3=1.0)))
    assert shifted[0] == pytest.approx(x - 6.4, abs=0.1)


def test_brightness_and_erasing_stay_in_range_and_in_place():
    image = torch.full((1, 16, 16, 3), 100, dtype=torch.uint8)
    bright = Augmentation(**OFF, brightness=0.5)(image, draws(d6=1.0))
    assert bright.unique().item() == pytest.approx(1.5 * 100 / 255)
    image[0, :8] = 0
    erased = Augmentation(**OFF, erase=1.0)(image, draws(d8=0.0, d9=0.0))
    assert (erased != to_unit(image)).sum() == 3 * 4 * 4
    assert erased[0, 0, 0, 0].item() == pytest.approx(50 / 255)


def test_every_image_has_its_own_luck_and_the_seed_decides_it():
    images = disc().repeat(3, 1, 1, 1)
    augmentation = Augmentation()
    numbers = [augmentation.draw(3, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    views = [augmentation(images, row) for row in numbers]
    assert torch.equal(views[0], views[1])
    assert not torch.equal(views[0], views[2])
    assert not torch.allclose(views[0][0], views[0][1])
    alone = augmentation(images[:1], numbers[0][1:2])
    torch.testing.assert_close(alone[0], views[0][1])


def test_a_view_does_not_hang_on_how_many_are_made_at_a_time(monkeypatch):
    images = torch.randint(0, 256, (7, 24, 24, 3), dtype=torch.uint8)
    augmentation = Augmentation()
    numbers = augmentation.draw(7, torch.Generator().manual_seed(0))
    together = augmentation(images, numbers)
    monkeypatch.setattr(augment, "BLOCK", 2 * 24 * 24)
    assert torch.equal(augmentation(images, numbers), together)


@pytest.mark.parametrize("option", [{"zoom": 0.9}, {"shift": 2.0}, {"erase": -0.1}])
def test_an_augmentation_out_of_range_is_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        Augmentation(**option)


def png(pixels, colour, bits=16):
    """A PNG as its specification describes it: Pillow does not write 16 bits in colour."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(f">u{bits // 8}").tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def tiff(pixels):
    """A TIFF of 16 bits a channel, a strip long."""
    height, width, channels = pixels.shape
    data, bits = pixels.astype("<u2").tobytes(), struct.pack(f"<{channels}H", *[16] * channels)
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, 0), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 0), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(data))]
    tags += [(338, 3, 1, 0)] if channels == 4 else []
    offset = 8 + 2 + 12 * len(tags) + 4
    places = {258: offset, 273: offset + len(bits)}
    entries = b"".join(struct.pack("<HHII", *tag[:3], places.get(tag[0], tag[3])) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0" * 4 + bits + data


@pytest.mark.parametrize(
    ("kind", "channels"),
    [("grey", 1), ("grey with alpha", 2), ("colour", 3), ("with alpha", 4), ("tiff", 3), ("tiff", 4)],
)
def test_more_than_eight_bits_are_what_the_file_says(kind, channels, tmp_path):
    faint = np.random.default_rng(0).integers(0, 256, (20, 20, channels))
    colour = {"grey": 0, "grey with alpha": 4, "colour": 2, "with alpha": 6}
    (tmp_path / "image").write_bytes(tiff(faint) if kind == "tiff" else png(faint, colour[kind]))
    with pytest.raises(ImageError, match=r"image: its pixels are measured values with more than 8 bits"):
        read_image(tmp_path / "image")
    if kind != "tiff":
        (tmp_path / "image").write_bytes(png(faint, colour[kind], bits=8))
        np.testing.assert_array_equal(read_image(tmp_path / "image")[..., 0], faint[..., 0])


def test_of_several_images_in_a_file_none_is_taken_for_the_galaxy(tmp_path):
    bands = [Image.new("L", (8, 8), value) for value in (0, 100, 200)]
    for name in ("bands.tif", "bands.gif", "bands.png"):
        bands[0].save(tmp_path / name, save_all=True, append_images=bands[1:])
        with pytest.raises(ImageError, match=f"{name}: holds 3 images"):
            read_image(tmp_path / name)


@pytest.mark.parametrize("kind", ["AVIF", "DDS", "JPEG2000", "PPM", "SGI"])
def test_formats_whose_depth_is_not_known_are_refused_by_name(kind, tmp_path):
    try:
        Image.new("RGB", (8, 8)).save(tmp_path / "image.jpg", kind)
    except (KeyError, OSError):
        pytest.skip(f"Pillow is built without {kind}")
    with pytest.raises(ImageError, match=r"image.jpg: cannot be decoded \(no image of JPEG, PNG"):
        read_image(tmp_path / "image.jpg")


def test_images_of_one_row_group_are_read_in_batches(tmp_path, monkeypatch):
    content = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 9, 9)).save(content, "PNG")
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": content.getvalue()}] * 149 + [None], type=kind)
    pq.write_table(
        pa.table({"id_str": [str(i) for i in range(150)], "image": images}), tmp_path / "t.parquet"
    )
    for row in (0, 63, 64, 148):  # 64 are read at a time
        assert read_image(f"{tmp_path / 't.parquet'}#{row}")[0, 0, 0] == 9
    with pytest.raises(ImageError, match="no image bytes"):
        read_image(f"{tmp_path / 't.parquet'}#149")


def test_views_are_the_same_in_every_memory_layout():
    images = torch.randint(0, 255, (3, 16, 16, 3), dtype=torch.uint8)
    views = Augmentation()
    draws = views.draw(3, torch.Generator().manual_seed(0))
    for make in (to_unit, lambda images, *layout: views(images, draws, *layout)):
        usual, other = make(images), make(images, torch.channels_last)
        assert usual.is_contiguous()
        assert other.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(usual, other, rtol=0, atol=0)


def test_without_a_gpu_images_stay_where_they_are(files):
    images = open_images(files, size=8)
    assert images.resident(torch.device("cpu")) is images


@pytest.mark.filterwarnings("ignore")  # Pillow's, of what it makes do with
@pytest.mark.parametrize("kind", ["TIFF", "DDS", "AVIF", "PNG", "JPEG", "WEBP", "GIF", "BMP", "TGA", "ICO"])
def test_whatever_is_damaged_in_an_image_it_is_an_image_error_or_an_image(kind, tmp_path):
    rng = np.random.default_rng(0)
    content = io.BytesIO()
    try:
        Image.fromarray(rng.integers(0, 255, (20, 20, 3), dtype=np.uint8)).save(content, kind)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {kind}")
    content = np.frombuffer(content.getvalue(), dtype=np.uint8)
    for trial in range(60 if kind == "AVIF" else 200):
        damaged = content.copy()[: rng.integers(1, len(content)) if trial % 3 == 0 else None]
        spots = rng.integers(0, min(len(damaged), [60, 10**9][trial % 2]), rng.integers(1, 6))
        damaged[spots] = rng.choice([0, 1, 127, 128, 255], len(spots))
        (tmp_path / "image").write_bytes(damaged.tobytes())
        try:
            assert load_image(tmp_path / "image", size=8).shape == (8, 8, 3)
        except ImageError as error:
            assert "image: " in str(error)


@pytest.mark.parametrize("read", [read_image, lambda path: load_image(path, size=8)])
def test_a_small_file_that_claims_more_pixels_than_memory_holds_is_left_out(read, tmp_path):
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    assert os.path.getsize(tmp_path / "bomb.png") < 20_000
    with pytest.raises(ImageError, match=r"bomb\.png: 9000 x 9000 pixels; at most 67108864"):
        read(tmp_path / "bomb.png")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_pixels_are_taken_as_stored_whatever_a_cameras_orientation_says(orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.zeros((6, 8, 3), dtype=np.uint8)
    pixels[:2, :3] = 255
    for name, how in (("a.png", {}), ("a.webp", {"lossless": True})):
        Image.fromarray(pixels).save(tmp_path / name, exif=exif, **how)
        np.testing.assert_array_equal(read_image(tmp_path / name), pixels)
    Image.fromarray(pixels).save(tmp_path / "a.tif", exif=exif)  # here the tag says how rows are stored
    turned = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), np.rot90(pixels, turned))


@pytest.mark.parametrize("cache", [None, "folder", "stream"])
def test_shuffled_images_of_a_table_are_decoded_in_the_tables_order(cache, tmp_path, monkeypatch):
    contents = []
    for value in range(40):
        content = io.BytesIO()
        Image.new("RGB", (9, 9), (value, 0, 0)).save(content, "PNG")
        contents.append({"bytes": content.getvalue(), "path": None})
    pq.write_table(pa.table({"image": contents}), tmp_path / "t.parquet", row_group_size=4)
    order, read = np.random.default_rng(0).permutation(40), []
    kept = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile, "iter_batches", lambda *a, **k: (read.extend(k["row_groups"]), kept(*a, **k))[1]
    )
    monkeypatch.setattr(gather, "WORKERS", 1)  # else the order hangs on the threads
    cache = tmp_path / "cache" if cache == "folder" else cache
    images = open_images([f"{tmp_path / 't.parquet'}#{row}" for row in order], size=8, cache=cache)
    first = read[:10]  # a folder's and memory's are never read again
    assert first == sorted(set(read)) and (cache == "stream" or len(read) == 10)
    np.testing.assert_array_equal(images.gather(range(40))[:, 0, 0, 0], order)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_processes_decode_what_threads_decode_and_name_what_they_cannot(tmp_path, monkeypatch):
    values = np.random.default_rng(0).integers(0, 256, 60)
    files = [save(tmp_path / f"{row}.png", int(value)) for row, value in enumerate(values)]
    (tmp_path / "7.png").write_bytes(b"no image")
    asked = np.random.default_rng(1).permutation(60)
    by_threads, problems = gather.decoded(asked, files, SETTINGS)
    monkeypatch.setattr(gather, "PROCESSES_FROM", 60)
    monkeypatch.setattr(gather, "WORKERS", 5)
    processes = gather._processes(os.getpid(), 8 * 8 * 3)
    monkeypatch.setattr(gather, "load_image", None)  # of this process: those that were forked have their own
    try:
        images, same = gather.decoded(asked, files, SETTINGS)
    finally:
        processes.pool.shutdown()
        gather._processes.cache_clear()
    good = asked != 7
    assert same == problems and list(problems) == [7] and "7.png" in problems[7]
    np.testing.assert_array_equal(images[good], by_threads[good])
    np.testing.assert_array_equal(images[good][:, 0, 0, 0], values[asked[good]])
