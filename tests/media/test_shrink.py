"""Copies of pictures: small, upright, plain, and nothing in them but pixels."""

import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from aggregator.errors import PictureRefused
from aggregator.media._wire import TALLEST, WIDEST
from aggregator.media.shrink import LARGEST, shrink
from tests.media.conftest import decode, encode, gif, noise, png, quarters, scene

ORIENTATION, GPS = 0x0112, 0x8825


def near(got: object, wanted: tuple[int, ...]) -> bool:
    assert isinstance(got, tuple)
    return all(abs(a - b) < 40 for a, b in zip(got, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_usual_format_becomes_a_small_webp(kind: str) -> None:
    copy = shrink(encode(scene(900, 600), kind))
    image = decode(copy.body)
    assert (image.format, image.size) == ("WEBP", (copy.width, copy.height))
    assert copy.width <= WIDEST
    assert len(copy.body) <= LARGEST


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "AVIF", "TGA", "PCX"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(PictureRefused):
        shrink(encode(scene(64, 64), kind))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><title>Not found</title>",
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(PictureRefused):
        shrink(body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_half_a_picture_is_refused(kind: str) -> None:
    body = encode(scene(300, 200), kind)
    with pytest.raises(PictureRefused):
        shrink(body[: len(body) // 2])


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (12_001, 100), (5_000, 5_000)])
def test_size_is_judged_by_the_head_alone(width: int, height: int) -> None:
    with pytest.raises(PictureRefused, match="million pixels"):
        shrink(png(width, height, b""))


def test_a_bomb_is_refused(bomb_body: bytes) -> None:
    assert len(bomb_body) < 400_000
    with pytest.raises(PictureRefused, match="million pixels"):
        shrink(bomb_body)


@pytest.mark.parametrize(("width", "height"), [(3, 3), (4_000, 4_000)])
def test_a_head_that_lies_about_the_pixels_harms_nothing(width: int, height: int) -> None:
    """The head says less, or more, than 100 by 100 pixels."""
    with pytest.raises(PictureRefused):
        shrink(png(width, height, b"\0" * 301 * 100))


def test_of_ten_thousand_frames_the_first_is_taken() -> None:
    image = decode(shrink(gif(10_000)).body)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.convert("RGB").getpixel((32, 32)), (255, 0, 0))


def test_a_moving_webp_stands_still() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("blue", "red", "lime")]
    moving = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    image = decode(shrink(moving).body)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.convert("RGB").getpixel((32, 32)), (0, 0, 255))


def planted() -> list[tuple[str, bytes]]:
    """Pictures that tell where they were taken, by whom, and more, in every place there is."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET camera"
    exif[0x9286] = "SECRET comment"
    exif.get_ifd(GPS).update({1: "N", 2: (42.0, 20.0, 15.0), 29: "SECRET:11:23"})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET place</x:xmpmeta>"
    text = PngInfo()
    text.add_text("Author", "SECRET name")
    image = scene(200, 100)
    return [
        ("jpeg", encode(image, "JPEG", exif=exif, comment=b"SECRET comment", xmp=xmp)),
        ("png", encode(image, "PNG", exif=exif, pnginfo=text)),
        ("webp", encode(image, "WEBP", exif=exif.tobytes(), xmp=xmp)),
        ("gif", encode(image, "GIF", comment=b"SECRET comment")),
        ("appended", encode(image, "JPEG") + b"PK\x03\x04 SECRET archive"),
        ("script", encode(image, "GIF") + b"/*SECRET*/=1;alert(1)//"),
    ]


@pytest.mark.parametrize(("name", "body"), planted(), ids=lambda one: one[:8])
def test_nothing_is_left_of_what_a_file_tells(name: str, body: bytes) -> None:
    assert b"SECRET" in body, name
    copy = shrink(body).body
    image = decode(copy)
    assert b"SECRET" not in copy
    assert not image.getexif()
    assert {"exif", "xmp", "icc_profile", "comment"}.isdisjoint(image.info)
    assert {b"EXIF", b"XMP ", b"ICCP"}.isdisjoint(chunks(copy))


def chunks(webp: bytes) -> list[bytes]:
    """The names of a WebP's parts (RFC 9649 2.3)."""
    names, at = [], 12
    while at < len(webp):
        names.append(webp[at : at + 4])
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return names


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_camera_that_was_held_sideways_makes_an_upright_copy(turn: int) -> None:
    upright = quarters()
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[turn]
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    copy = shrink(encode(stored, "JPEG", exif=exif))
    image = decode(copy.body).convert("RGB")
    assert image.size == (400, 200)
    assert near(image.getpixel((100, 50)), (255, 0, 0))
    assert near(image.getpixel((300, 50)), (0, 255, 0))
    assert near(image.getpixel((100, 150)), (0, 0, 255))


def test_a_large_exif_that_is_broken_is_only_left_out() -> None:
    body = encode(quarters(), "JPEG", exif=b"Exif\0\0MM\0*" + b"\xff" * 65_000)
    assert shrink(body).width == 400


def test_what_is_clear_stays_clear() -> None:
    image = Image.new("RGBA", (800, 800), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 400, 800))
    copy = decode(shrink(encode(image)).body)
    assert copy.mode == "RGBA"
    assert near(copy.getpixel((100, 100)), (0, 0, 255, 255))
    alpha = copy.getchannel("A").getpixel((400, 100))
    assert alpha == 0


def test_a_palette_with_a_clear_colour_stays_clear() -> None:
    image = Image.new("P", (100, 100), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    copy = decode(shrink(encode(image, "GIF", transparency=1)).body)
    assert copy.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    grey = Image.linear_gradient("L").convert("RGB" if mode == "P" else "L")
    if mode == "I;16":
        image = Image.frombytes(
            "I;16", grey.size, b"".join(b"\0" + bytes([v]) for v in grey.tobytes())
        )
    else:
        image = grey.convert(mode)
    copy = decode(shrink(encode(image)).body).convert("L").resize((1, 3), Image.Resampling.BOX)
    top, middle, bottom = (copy.getpixel((0, row)) for row in range(3))
    assert isinstance(top, int | float)
    assert isinstance(middle, int | float)
    assert isinstance(bottom, int | float)
    assert top < 90 < middle < 165 < bottom


def test_print_colours_become_screen_colours() -> None:
    copy = decode(shrink(encode(quarters().convert("CMYK"), "JPEG")).body).convert("RGB")
    assert near(copy.getpixel((100, 50)), (255, 0, 0))


def test_colours_of_a_profile_are_turned_into_srgb() -> None:
    """By this one, what is written as red is meant to be green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    copy = decode(shrink(encode(quarters(), "JPEG", icc_profile=swapped)).body).convert("RGB")
    assert near(copy.getpixel((100, 50)), (0, 255, 0))


@pytest.mark.parametrize("profile", [b"", b"not a profile", b"\xff" * 60_000])
def test_a_broken_profile_is_no_profile(profile: bytes) -> None:
    copy = decode(shrink(encode(quarters(), "JPEG", icc_profile=profile)).body).convert("RGB")
    assert near(copy.getpixel((100, 50)), (255, 0, 0))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((480, 270), (480, 270)),
        ((200, 100), (200, 100)),
        ((4800, 2700), (480, 270)),
        ((1000, 4000), (240, 960)),
        ((481, 481), (480, 480)),
    ],
)
def test_shape_is_kept_and_nothing_grows(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    copy = shrink(encode(Image.new("RGB", size, "teal")))
    assert (copy.width, copy.height) == wanted


@pytest.mark.parametrize("size", [(1, 1), (15, 300), (12_000, 200)])
def test_beacons_and_lines_are_no_pictures(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefused, match="too small or too thin"):
        shrink(encode(Image.new("RGB", size)))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [(1600, 900), (900, 1200), (700, 700)])
def test_copies_of_pictures_fit(seed: int, size: tuple[int, int]) -> None:
    copy = shrink(encode(scene(*size, seed=seed), "JPEG", quality=90))
    assert len(copy.body) <= LARGEST
    assert copy.width in {360, WIDEST}


def test_the_worst_picture_is_still_bounded() -> None:
    """Noise cannot be packed: it ends at the last step, whatever that weighs."""
    copy = shrink(encode(noise(600, 600, "RGBA")))
    assert copy.width == 360
    assert len(copy.body) < 16 * LARGEST


def test_equal_bytes_make_equal_copies() -> None:
    body = encode(scene(700, 500), "JPEG")
    assert shrink(body) == shrink(body)


BODIES = {
    kind: encode(scene(48, 40), kind, **({"quality": 40} if kind == "JPEG" else {}))
    for kind in ("JPEG", "PNG", "WEBP", "GIF")
}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(
    st.sampled_from(sorted(BODIES)),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 5000),
)
@example("PNG", [(16, b"\xff\xff\xff\xff")], 5000)
def test_wild_pictures_are_copied_or_refused(
    kind: str, changes: list[tuple[int, bytes]], end: int
) -> None:
    """Never anything else, whichever bytes of a good picture are other ones."""
    body = bytearray(BODIES[kind])
    for at, piece in changes:
        start = at % len(body)
        body[start : start + len(piece)] = piece
    assert fits(bytes(body[:end]))


@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]), st.binary())
def test_wild_bytes_are_copied_or_refused(head: bytes, rest: bytes) -> None:
    assert fits(head + rest)


def fits(body: bytes) -> bool:
    try:
        copy = shrink(body)
    except PictureRefused:
        return True
    image = Image.open(io.BytesIO(copy.body))
    return image.size == (copy.width, copy.height) <= (WIDEST, TALLEST)
