"""What is kept of an uploaded picture: its pixels, upright and in sRGB, and nothing else."""

import re
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from editorial import images
from editorial.images import MAX_BYTES, MAX_SIDE, image_path, process_upload
from tests.editorial.conftest import make_picture


def processed(data: bytes, name: str = "x.png") -> Image.Image:
    picture = Image.open(BytesIO(process_upload(SimpleUploadedFile(name, data)).read()))
    picture.load()
    return picture


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def refusal(data: bytes, name: str = "x.png") -> str:
    with pytest.raises(ValidationError) as refused:
        process_upload(SimpleUploadedFile(name, data))
    return str(refused.value.code)


def exif(*, orientation: int = 1) -> bytes:
    """What a phone writes: where it was, which phone, and which way up it was held."""
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = "Secretphone"
    tags[ExifTags.Base.Orientation] = orientation
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (47.0, 36.0, 22.0)
    return tags.tobytes()


@pytest.mark.parametrize(
    ("kind", "kept", "ending"),
    [("JPEG", "JPEG", "jpg"), ("PNG", "PNG", "png"), ("WEBP", "WEBP", "webp"), ("GIF", "PNG", "png")],
)
def test_the_usual_kinds_are_taken_whatever_the_file_is_called(kind: str, kept: str, ending: str) -> None:
    result = process_upload(
        SimpleUploadedFile("report.exe", make_picture(kind=kind, mode="L" if kind == "GIF" else "RGB"))
    )
    assert result.name == f"picture.{ending}"
    assert Image.open(result).format == kept


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_tells_where_or_with_what_a_picture_was_taken(kind: str) -> None:
    data = make_picture(kind=kind, exif=exif())
    assert b"Secretphone" in data
    result = process_upload(SimpleUploadedFile("x", data)).read()
    assert b"Secretphone" not in result
    picture = Image.open(BytesIO(result))
    assert not picture.getexif()
    assert set(picture.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
        "loop",
        "background",
        "timestamp",
        "duration",
    }


def test_comments_and_texts_in_the_file_are_gone() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Secretwriter")
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Secretwriter</x:xmpmeta>")
    assert b"Secretwriter" not in process_upload(SimpleUploadedFile("x", make_picture(pnginfo=texts))).read()
    jpeg = make_picture(kind="JPEG", comment=b"Secretwriter", xmp=b"<x>Secretwriter</x>")
    assert b"Secretwriter" in jpeg
    assert b"Secretwriter" not in process_upload(SimpleUploadedFile("x", jpeg)).read()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_is_hidden_behind_the_picture_is_gone(kind: str) -> None:
    data = make_picture(kind=kind, mode="L" if kind == "GIF" else "RGB") + b"<script>alert(1)</script>PK\x03\x04archive"
    result = process_upload(SimpleUploadedFile("x.html", data)).read()
    assert b"<script>" not in result
    assert b"PK\x03\x04" not in result


def test_a_photograph_taken_sideways_stands_upright() -> None:
    sideways = make_picture(kind="JPEG", size=(80, 40), exif=exif(orientation=6))  # white on the left
    upright = processed(sideways)
    assert upright.size == (40, 80)
    assert pixel(upright, 20, 10)[0] > 200  # what was left is on top
    assert pixel(upright, 20, 70)[0] < 50


def test_a_large_picture_is_made_smaller_and_a_small_one_is_not_touched() -> None:
    assert processed(make_picture(kind="JPEG", size=(5000, 1000))).size == (MAX_SIDE, 480)
    assert processed(make_picture(kind="PNG", size=(1000, 5000))).size == (480, MAX_SIDE)
    assert processed(make_picture(size=(40, 30))).size == (40, 30)


def test_colours_of_another_profile_are_turned_into_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile in which red and green have changed places: its full red is what sRGB calls green.
    swapped = srgb.replace(b"rXYZ", b"____", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"____", b"gXYZ", 1)
    written = BytesIO()
    Image.new("RGB", (20, 10), (255, 0, 0)).save(written, "PNG", icc_profile=swapped)
    turned = processed(written.getvalue())
    red, green, _blue = pixel(turned, 5, 5)
    assert (red < 10, green > 245) == (True, True)
    assert "icc_profile" not in turned.info


def test_a_broken_profile_does_no_harm() -> None:
    assert processed(make_picture(icc_profile=b"not a profile")).size == (40, 30)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "1"),
        ("PNG", "L"),
        ("PNG", "LA"),
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_way_of_storing_pixels_can_be_read(kind: str, mode: str) -> None:
    written = BytesIO()
    Image.new(mode, (20, 10)).save(written, kind)
    picture = processed(written.getvalue())
    assert picture.size == (20, 10)
    assert picture.mode in ("L", "RGB", "RGBA")


def test_transparency_stays() -> None:
    written = BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(written, "PNG")
    assert pixel(processed(written.getvalue()), 5, 5)[3] == 0


def test_a_deep_grey_picture_keeps_its_shades() -> None:
    written = BytesIO()
    picture = Image.new("I;16", (20, 10), 65535)
    picture.paste(0, (0, 0, 10, 10))
    picture.save(written, "PNG")
    kept = processed(written.getvalue())
    assert kept.convert("L").getpixel((2, 5)) == 0
    assert kept.convert("L").getpixel((15, 5)) == 255


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    frames = [Image.new("L", (20, 10), shade) for shade in (0, 120, 240)]
    written = BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=100)
    assert refusal(written.getvalue()) == "animated"


def test_a_phones_photograph_with_a_second_one_inside_is_taken() -> None:
    written = BytesIO()
    first, second = Image.new("RGB", (20, 10), "white"), Image.new("RGB", (20, 10))
    first.save(written, "MPO", save_all=True, append_images=[second])
    assert processed(written.getvalue()).format == "JPEG"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a<script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"%PDF-1.7",
        make_picture(kind="TIFF"),
        make_picture(kind="BMP"),
        make_picture(kind="ICO"),
        make_picture(kind="JPEG")[:200],
        make_picture(kind="PNG")[:60],
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "svg-xml",
        "gif-script",
        "eps",
        "pdf",
        "tiff",
        "bmp",
        "ico",
        "half-a-jpeg",
        "half-a-png",
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    assert refusal(data, "x.jpg") == "unreadable"


def test_a_file_that_is_too_large_is_refused_before_it_is_opened() -> None:
    assert refusal(make_picture() + b"\0" * MAX_BYTES) == "too_large"


@pytest.mark.parametrize("side", [8_000, 30_000])
def test_a_small_file_that_would_fill_the_memory_is_refused(side: int) -> None:
    """A decompression bomb: few bytes that say they are hundreds of millions of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    assert refusal(bomb) == "too_many_pixels"


def test_a_text_bomb_in_a_picture_is_refused() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "A" * 70_000_000, zip=True)
    assert refusal(make_picture(pnginfo=texts)) == "unreadable"


def test_refusals_say_what_is_wrong_and_what_to_do() -> None:
    with pytest.raises(ValidationError, match="Upload a JPEG, PNG, WebP or still GIF"):
        process_upload(SimpleUploadedFile("x.svg", b"<svg/>"))
    with pytest.raises(ValidationError, match="save the picture smaller and try again"):
        process_upload(SimpleUploadedFile("x", b"\0" * (MAX_BYTES + 1)))


@pytest.mark.parametrize("name", ["../../etc/passwd.png", "a b.PNG", "x.php.jpg", "Dr. Rivera’s patient.webp"])
def test_names_tell_nothing_and_stay_in_their_folder(name: str) -> None:
    assert re.fullmatch(r"images/[0-9a-f]{32}\.(?:png|jpg|webp)", image_path(None, name))
    assert image_path(None, name) != image_path(None, name)


@pytest.mark.parametrize("name", ["x.svg", "x.html", "x", "x.png/..", ".htaccess"])
def test_a_name_never_ends_in_what_a_browser_would_run(name: str) -> None:
    assert re.fullmatch(r"images/[0-9a-f]{32}\.(?:bin|png)", image_path(None, name))


def test_the_readers_own_check_of_addresses_knows_our_names(uploads: Path) -> None:
    from editorial.richtext import picture_address

    assert picture_address(f"/media/{image_path(None, 'a.png')}") is not None


def test_every_kept_format_has_an_ending_of_its_own() -> None:
    assert {kept for kept, _ending in images.FORMATS.values()} == {"JPEG", "PNG", "WEBP"}
