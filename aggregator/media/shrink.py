"""One picture's bytes to a small WebP of our own: pixels are all that is left of the original.

In: bytes from anywhere. Out: a ``Copy``, or PictureRefused. The only import of Pillow.
Not here: what bounds the time and memory of it (``_child.py``, ``workroom.py``).

What it is said to be does not count, only what it is. Of moving pictures the first frame is taken.
Positions, cameras, names, comments, whatever follows the picture in its file: nothing of that is
in the pixels, and nothing but the pixels is written.
"""

import contextlib
import io
import math
import warnings
from dataclasses import dataclass

from PIL import (  # the modules of the formats: the others are never even loaded
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from aggregator.errors import PictureRefused
from aggregator.media._wire import TALLEST, WIDEST

LARGEST = 12 * 1024
"""Bytes of a copy, where quality allows."""
MOST_PIXELS = 24_000_000
LONGEST_SIDE = 12_000
"""Of the original, as its head tells before anything is decoded."""

_FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        GifImagePlugin.GifImageFile,
    )
)
_THINNEST = 16
"""Pixels of a copy's shorter side: what is thinner is a line or a beacon."""
_STEPS = ((WIDEST, 80), (WIDEST, 70), (WIDEST, 60), (WIDEST, 50), (360, 50))
"""Width and WebP's quality, tried in turn until a copy is small enough; the last one counts."""
_STRIP = 32
"""Rows of a coarse copy that are made at a time."""
_ORIENTATION = 0x0112
"""EXIF's tag (Exif 2.32, 4.6.4): how the camera was held."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDES_KEPT = {
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.FLIP_TOP_BOTTOM,
}
_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Copy:
    """A WebP without metadata, in sRGB."""

    body: bytes
    width: int
    height: int


def shrink(body: bytes) -> Copy:
    """A copy of at most ``WIDEST`` by ``TALLEST`` pixels; never larger than the original.

    Raises PictureRefused, and MemoryError where there is not enough.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what matters no longer: broken EXIF and the like
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encode(_plain(_open(body)))
    except (PictureRefused, MemoryError):
        raise
    except Exception as error:
        # Pillow promises no class of its own for what it meets in wild bytes.
        raise PictureRefused(f"it cannot be decoded ({type(error).__name__})") from error


def _open(body: bytes) -> Image.Image:
    """The picture, its head read and believed, its pixels not yet."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as looked_at:
            _check_size(looked_at)
            looked_at.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except UnidentifiedImageError:
        raise PictureRefused("it is no JPEG, PNG, WebP or GIF") from None
    return Image.open(io.BytesIO(body), formats=_FORMATS)  # what was verified cannot be decoded


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS or max(image.size) > LONGEST_SIDE:
        raise _too_large()


def _too_large() -> PictureRefused:
    return PictureRefused(
        f"it has more than {MOST_PIXELS // 1_000_000} million pixels, or a side of more than "
        f"{LONGEST_SIDE:,}"
    )


def _plain(original: Image.Image) -> Image.Image:
    """Its pixels in RGB or RGBA, in sRGB, upright, in the largest size that a copy may have."""
    profile = original.info.get("icc_profile")
    whole = original.size
    either_way = max(_scale(*whole), _scale(whole[1], whole[0]))
    # JPEGs can be decoded small at once; twice the size is enough for a smooth reduction.
    original.draft(original.mode, _times(whole, 2 * either_way))
    original.load()
    turn = _TURNS.get(_orientation(original))
    upright = whole if turn is None or turn in _SIDES_KEPT else (whole[1], whole[0])
    scale = _scale(*upright)
    size = _times(upright, scale)
    if min(size) < _THINNEST:
        raise PictureRefused("it is too small or too thin to be a picture for people")
    coarse = _coarse(original, max(1, int(original.width / whole[0] / scale / 2)))
    if turn is not None:
        coarse = coarse.transpose(turn)
    return _in_srgb(coarse.resize(size, Image.Resampling.LANCZOS), profile)


def _scale(width: int, height: int) -> float:
    """What an upright picture is multiplied by; at most 1."""
    return min(WIDEST / width, TALLEST / height, 1.0)


def _times(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return round(size[0] * factor), round(size[1] * factor)


def _orientation(image: Image.Image) -> int:
    """Which turn sets it upright, as EXIF numbers them; 1, none, where that cannot be read."""
    with contextlib.suppress(Exception):  # EXIF is as wild as all else here, and matters less
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _coarse(image: Image.Image, factor: int) -> Image.Image:
    """Each side divided by a whole number, in RGB, RGBA or CMYK, and free of all metadata.

    A strip at a time: to convert and to average all of a large picture takes several times as
    much memory as the picture itself.
    """
    mode = "RGBA" if image.has_transparency_data else "CMYK" if image.mode == "CMYK" else "RGB"
    size = (math.ceil(image.width / factor), math.ceil(image.height / factor))
    coarse = Image.new(mode, size)
    for top in range(0, size[1], _STRIP):
        bottom = min((top + _STRIP) * factor, image.height)
        strip = image.crop((0, top * factor, image.width, bottom))
        if strip.mode == "I;16":  # which Pillow would cut off at 255 instead
            strip = strip.point(lambda value: value * (1 / 256)).convert("L")
        coarse.paste(strip.convert(mode).reduce(factor), (0, top))
    return coarse


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours that are meant, as screens take them where nothing is said of colours."""
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    if profile is not None:
        # A profile that is broken, or of another kind of picture, is no profile.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            said = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(opaque, said, _SRGB, outputMode="RGB")
            opaque = turned if turned is not None else opaque
    plain = opaque.convert("RGB")
    if image.mode == "RGBA":
        plain.putalpha(image.getchannel("A"))
    plain.info.clear()
    return plain


def _encode(image: Image.Image) -> Copy:
    for width, quality in _STEPS:
        if image.width > width:
            size = (width, max(_THINNEST, round(image.height * width / image.width)))
            image = image.resize(size, Image.Resampling.LANCZOS)
        written = io.BytesIO()
        # Method 6 takes a hundred times as long for wild alpha, and saves a hundredth.
        image.save(written, "WEBP", quality=quality, alpha_quality=quality, method=4)
        if written.tell() <= LARGEST:
            break
    return Copy(written.getvalue(), *image.size)
