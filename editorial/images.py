"""Uploaded pictures: what is taken in, and what is kept of it (the pixels, nothing else)."""

import uuid
from io import BytesIO
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a phone's largest photograph; decoding takes up to 4 bytes for each
MAX_SIDE = 2400  # pixels; wide enough for a full-width picture on a dense screen
QUALITY = 86

# By what Pillow finds in the file (never by its name): the format it is kept in and the ending of its name. A still GIF
# becomes PNG. MPO is how many phones write JPEG: a photograph followed by further ones, of which the first is kept.
FORMATS = {
    "JPEG": ("JPEG", "jpg"),
    "MPO": ("JPEG", "jpg"),
    "PNG": ("PNG", "png"),
    "WEBP": ("WEBP", "webp"),
    "GIF": ("PNG", "png"),
}
ENDINGS = frozenset(ending for _format, ending in FORMATS.values())


def image_path(instance: Any, filename: str) -> str:
    """A name that tells nothing of the uploader's file and can't clash."""
    ending = PurePath(filename).suffix.lower().removeprefix(".")
    return f"images/{uuid.uuid4().hex}.{ending if ending in ENDINGS else 'bin'}"


def process_upload(upload: "File[bytes]") -> "ContentFile[bytes]":
    """The picture drawn anew: upright, in sRGB, at most MAX_SIDE wide and high, without anything hidden in the file.

    Raises ValidationError with a message for the person who uploads.
    """
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("This file has %(size)s. The limit is %(limit)s: save the picture smaller and try again.")
            % {"size": filesizeformat(upload.size), "limit": filesizeformat(MAX_BYTES)},
            code="too_large",
        )
    picture = _opened(upload)
    kept_format, ending = FORMATS[picture.format or ""]
    try:
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))  # lets a large JPEG be decoded smaller, which is much cheaper
        ImageOps.exif_transpose(picture, in_place=True)
        drawn = _in_srgb(picture, keeps_transparency=kept_format != "JPEG")
        drawn.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        drawn.info.clear()  # what a format would otherwise write along: comments, profiles, text
        written = BytesIO()
        drawn.save(written, kept_format, **({} if kept_format == "PNG" else {"quality": QUALITY}), optimize=True)
    except Exception as error:
        raise _unreadable() from error
    return ContentFile(written.getvalue(), name=f"picture.{ending}")


def _opened(upload: "File[bytes]") -> Image.Image:
    try:
        upload.seek(0)
        picture = Image.open(upload, formats=["JPEG", "PNG", "WEBP", "GIF"])  # JPEG finds MPO too
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels()
    except Exception as error:
        raise _unreadable() from error
    if picture.width * picture.height > MAX_PIXELS:
        raise _too_many_pixels()
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise ValidationError(
            _("This picture moves. Movement distracts readers: upload a still picture."), code="animated"
        )
    return picture


def _in_srgb(picture: Image.Image, *, keeps_transparency: bool) -> Image.Image:
    picture.load()
    profile = picture.info.get("icc_profile")
    is_transparent = keeps_transparency and picture.has_transparency_data
    if picture.mode.startswith(("I", "F")):  # 16 bits a channel and more: the browser shows 8
        _low, high = picture.getextrema()
        scale = 255 / 65535 if high > 255 else 1  # type: ignore[operator]
        return picture.point(lambda value: value * scale).convert("L")
    wanted = "RGBA" if is_transparent else "RGB"
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            output = "RGBA" if picture.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(picture, source, target, outputMode=output)
            if converted is not None:
                return converted.convert(wanted)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: the numbers are taken for sRGB, as browsers do
    return picture.convert(wanted)


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("This picture has more than %(limit)s million pixels. Save it smaller and try again.")
        % {"limit": MAX_PIXELS // 1_000_000},
        code="too_many_pixels",
    )


def _unreadable() -> ValidationError:
    return ValidationError(
        _("This file can’t be read as a picture. Upload a JPEG, PNG, WebP or still GIF file."), code="unreadable"
    )
