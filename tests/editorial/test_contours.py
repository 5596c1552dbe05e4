"""The motif: always the same for a page, different for each, harmless as a file, and never behind the words."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from editorial.contours import DRAWN, FORMS, TEMPERS, contour, mark, relief_lines

STATIC = Path(__file__).resolve().parents[2] / "static"
SLUGS = ("chronic-pain-and-depression", "moral-injury-is-not-ptsd", "privacy", "home")


def test_a_page_always_gets_the_same_drawing() -> None:
    first = contour("moral-injury-is-not-ptsd", "ptsd", "sigil")
    contour.cache_clear()

    assert contour("moral-injury-is-not-ptsd", "ptsd", "sigil") == first


def test_no_two_pages_and_no_two_tempers_look_alike() -> None:
    drawings = [contour(slug, temper, "sigil") for slug in SLUGS for temper in ("plain", *TEMPERS)]

    assert len(set(drawings)) == len(drawings)


def test_an_unknown_temper_is_drawn_and_an_unknown_form_refused() -> None:
    assert "<path" in contour("sleep", "a-condition-added-later", "sigil")
    with pytest.raises(KeyError):
        contour("sleep", "plain", "poster")


@pytest.mark.parametrize("form", FORMS)
def test_a_drawing_holds_paths_only_and_nothing_a_content_policy_refuses(form: str) -> None:
    drawing = contour("chronic-pain-and-depression", "chronic-pain", form)
    root = ET.fromstring(drawing)

    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "path"}
    assert not {name for element in root.iter() for name in element.attrib if name == "style" or name.startswith("on")}
    assert (root.get("width"), root.get("height")) == (str(FORMS[form].width), str(FORMS[form].height))
    assert len(drawing) < 25_000


@pytest.mark.parametrize("temper", ["plain", *TEMPERS])
def test_a_cover_leaves_the_place_of_the_words_free(temper: str) -> None:
    """Words stand in the left half of the upper part: there no line may run behind them."""
    width, height, _step, _lines = FORMS["fan"]
    for slug in SLUGS[:2]:
        behind = [
            (x, y)
            for runs in relief_lines(slug, temper, "fan")
            for run in runs
            for x, y in run
            if x < 0.4 * width and y < 0.8 * height
        ]
        assert not behind, slug


def test_a_strip_runs_from_turbulent_to_still() -> None:
    width = FORMS["strip"].width

    def unrest(low: float, high: float) -> float:
        steps = [
            abs(y1 - y0)
            for runs in relief_lines("steps", "anxiety", "strip")
            for run in runs
            for (x0, y0), (_x1, y1) in pairwise(run)
            if low * width <= x0 < high * width
        ]
        return sum(steps) / len(steps)

    assert unrest(0, 0.3) > 10 * unrest(0.9, 1)


def test_the_fixed_pictures_are_the_ones_this_code_draws() -> None:
    for name, of in DRAWN.items():
        assert (STATIC / "img" / f"{name}.svg").read_text() == contour(*of) + "\n", (
            f"{name}: python -m editorial.contours"
        )
    assert (STATIC / "img" / "icon.svg").read_text() == mark()


@pytest.mark.parametrize(("name", "size"), [("share.png", (1200, 630)), ("apple-touch-icon.png", (180, 180))])
def test_pictures_for_other_programs_have_the_size_they_ask_for(name: str, size: tuple[int, int]) -> None:
    with Image.open(STATIC / "img" / name) as picture:
        assert picture.size == size
        assert len(picture.convert("RGB").getcolors(size[0] * size[1]) or []) > 2  # something is drawn


def test_the_icon_for_old_browsers_has_its_three_sizes() -> None:
    with Image.open(STATIC / "img" / "favicon.ico") as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
