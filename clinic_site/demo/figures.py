"""Figures of the demonstration content, drawn here from the numbers that the text cites."""

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from editorial.models import Image

PAPER, INK, SOFT, LINE, PINE = "#fcf9f2", "#16291f", "#3a4a41", "#c6ccb8", "#17493a"
WIDTH, HEIGHT = 900, 700  # narrow, so that its words can still be read on a phone
LEFT, RIGHT, TOP, BOTTOM = 40, 860, 100, 560  # the plot's box, in pixels
LOWEST, HIGHEST = -40, 40  # percentage points at its ends


@dataclass(frozen=True)
class Interval:
    """A difference in percentage points with its 95 % confidence interval; above 0, ketamine is ahead."""

    name: str
    detail: str
    middle: float
    low: float
    high: float


# anand-2023: response 55.4 % against 41.2 %. ekstrand-2022: remission 46 % against 63 %. Intervals as published.
ECT_TRIALS = [
    Interval("U.S. trial, 2023", "403 people, symptoms halved", 14.2, 3.9, 24.2),
    Interval("Hospital trial, 2022", "186 people, few or no symptoms left", -17, -30, -2),
]


def ect_figure() -> Image:
    """Stores the plot of the two trials that compared ketamine with ECT."""
    image = Image(
        file=ContentFile(draw(ECT_TRIALS), name="ect-trials.png"),
        title="Ketamine and ECT: two trials",
        alt_text=(
            "Interval plot. In the 2023 trial of 403 people ketamine was ahead by 14 percentage points, with a 95 % "
            "confidence interval from 4 to 24. In the 2022 trial of 186 people ECT was ahead by 17, from 2 to 30."
        ),
    )
    image.save()
    return image


def draw(intervals: list[Interval]) -> bytes:
    """A PNG with one line for each interval around a zero line."""
    picture = Picture.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    large, small = ImageFont.load_default(38), ImageFont.load_default(32)
    for tick in range(LOWEST, HIGHEST + 1, 10):
        x = _x(tick)
        pen.line([(x, TOP), (x, BOTTOM)], fill=INK if tick == 0 else LINE, width=3 if tick == 0 else 2)
        pen.text((x, BOTTOM + 18), str(abs(tick)), fill=SOFT, font=small, anchor="mt")
    pen.text((_x(-20), TOP - 70), "ECT ahead", fill=INK, font=large, anchor="mt")
    pen.text((_x(20), TOP - 70), "Ketamine ahead", fill=INK, font=large, anchor="mt")
    pen.text((_x(0), BOTTOM + 74), "Difference in percentage points", fill=SOFT, font=small, anchor="mt")
    step = (BOTTOM - TOP) / len(intervals)
    for place, interval in enumerate(intervals):
        y = TOP + step * (place + 0.74)
        for text, font, up in ((interval.name, large, 104), (interval.detail, small, 58)):
            box = pen.textbbox((LEFT, y - up), text, font=font, anchor="lm")
            pen.rectangle(
                [box[0] - 6, box[1] - 6, box[2] + 10, box[3] + 6], fill=PAPER
            )  # lifts the words off the lines
            pen.text((LEFT, y - up), text, fill=INK if font is large else SOFT, font=font, anchor="lm")
        pen.line([(_x(interval.low), y), (_x(interval.high), y)], fill=PINE, width=6)
        for end in (interval.low, interval.high):
            pen.line([(_x(end), y - 16), (_x(end), y + 16)], fill=PINE, width=6)
        pen.ellipse([_x(interval.middle) - 15, y - 15, _x(interval.middle) + 15, y + 15], fill=PINE)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _x(points: float) -> float:
    return LEFT + (points - LOWEST) / (HIGHEST - LOWEST) * (RIGHT - LEFT)
