"""The site's motif: contour lines that run from turbulent to still, always the same for the same page.

A page's slug seeds the terrain; its temper (the slug of its first condition, or "plain") sets the character; the form
is the crop. A height field is sampled on a grid and cut by marching squares, so that lines never cross, as on a map.
Every fourth line is an index line, drawn heavier. The SVG has presentation attributes only: no style, no script,
nothing that a content security policy would refuse.

`python -m editorial.contours` redraws the pictures in static/img that belong to no page in the database.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

Point = tuple[float, float]
Cell = tuple[int, int]
Edge = tuple[Cell, Cell]
Field = dict[Cell, float]
Height = Callable[[float, float], float]  # of a place (u, v), both 0 to 1

STROKE = "#7d9686"  # one mid sage that holds on paper and on pine; the page sets its strength by opacity


class Temper(NamedTuple):
    across: float  # wavelength from left to right, as a share of the width
    down: float  # wavelength from top to bottom
    roughness: float  # how much of the finer second layer is mixed in
    strength: float  # how far the land is bent


class Form(NamedTuple):
    width: int
    height: int
    step: int  # grid spacing in pixels
    lines: int


PLAIN = Temper(0.30, 0.34, 0.35, 1.0)
TEMPERS = {
    "depression": Temper(0.46, 0.30, 0.20, 1.10),
    "anxiety": Temper(0.15, 0.22, 0.55, 0.85),
    "ptsd": Temper(0.22, 0.34, 0.30, 1.25),
    "chronic-pain": Temper(0.20, 0.42, 0.45, 1.05),
}
FORMS = {
    "fan": Form(1600, 640, 10, 21),  # cover: a massif at the top right whose lines come down and lie flat at the foot
    "small": Form(900, 320, 6, 10),  # the same land with half the lines, for narrow screens
    "strip": Form(1600, 120, 8, 9),  # left turbulent, right still
    "sigil": Form(320, 96, 4, 7),  # a small strip, one for each entry of a list
}


@lru_cache(maxsize=256)
def contour(slug: str, temper: str = "plain", form: str = "fan") -> str:
    """The SVG for a page. An unknown temper is drawn plain; an unknown form is a KeyError."""
    shape = FORMS[form]
    scale = 4  # whole numbers at four times the size keep curves smooth without decimals
    fine = index = ""
    for number, runs in enumerate(relief_lines(slug, temper, form)):
        for run in runs:
            path = _curve(_thinned([(x * scale, y * scale) for x, y in run], 1.6))
            if number % 4:
                fine += path
            else:
                index += path
    hair = 'vector-effect="non-scaling-stroke"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shape.width}" height="{shape.height}" '
        f'viewBox="0 0 {shape.width * scale} {shape.height * scale}" preserveAspectRatio="none" fill="none" '
        f'stroke="{STROKE}"><path {hair} stroke-width=".7" d="{fine}"/>'
        f'<path {hair} stroke-width="1.3" d="{index}"/></svg>'
    )


def relief_lines(slug: str, temper: str, form: str) -> list[list[list[Point]]]:
    """For each height, from the first line to the last, its runs of points in pixels of the form."""
    _width, _height, step, count = FORMS[form]
    columns, rows = FORMS[form].width // step, FORMS[form].height // step
    height = _terrain(slug, temper, form)
    # The tiny lift keeps a level from passing exactly through a grid point, where squares could not be told apart.
    field = {(i, j): height(i / columns, j / rows) + 1e-7 for i in range(columns + 1) for j in range(rows + 1)}
    return [
        [[(x * step, y * step) for x, y in run] for run in _cut(field, columns, rows, k / (count - 1)) if len(run) >= 7]
        for k in range(count)
    ]


def _noise(seed: str) -> Height:
    """Gradient noise in two dimensions, about -1 to 1, seeded by the text alone."""
    known: dict[Cell, Point] = {}

    def gradient(i: int, j: int) -> Point:
        if (i, j) not in known:
            digest = hashlib.sha256(f"{seed}:{i}:{j}".encode()).digest()
            angle = int.from_bytes(digest[:4], "big") / 2**32 * math.tau
            known[i, j] = math.cos(angle), math.sin(angle)
        return known[i, j]

    def at(x: float, y: float) -> float:
        i, j = math.floor(x), math.floor(y)
        fx, fy = x - i, y - j
        corner = {}
        for a in (0, 1):
            for b in (0, 1):
                gx, gy = gradient(i + a, j + b)
                corner[a, b] = gx * (fx - a) + gy * (fy - b)
        sx, sy = (t * t * t * (t * (t * 6 - 15) + 10) for t in (fx, fy))
        top = corner[0, 0] + sx * (corner[1, 0] - corner[0, 0])
        low = corner[0, 1] + sx * (corner[1, 1] - corner[0, 1])
        return 1.6 * (top + sy * (low - top))

    return at


def _smooth(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)


def _terrain(slug: str, temper: str, form: str) -> Height:
    """The land; a line is cut where its height passes k / (lines - 1)."""
    across, down, roughness, strength = TEMPERS.get(temper, PLAIN)
    at = _noise(f"{slug}/{temper}")

    def relief(x: float, y: float) -> float:
        return at(x / across, y / down) + roughness * at(9 + 2.1 * x / across, 9 + 2.1 * y / down)

    def fan(u: float, v: float) -> float:
        rise = math.pow(_smooth(0.40, 1.04, u), 1.5)
        top = 0.86 * (1 - rise) - 0.10 * rise
        slope = (v - top) / (0.975 - top) - 0.9 * (1 - _smooth(0.0, 0.16, v))
        calm = math.pow(max(0.0, 1 - max(0.0, slope)), 1.35)
        bend = 0.62 * strength * math.pow(rise, 0.7) * calm
        return slope + bend * relief(2.1 * u, 1.15 * v)

    def strip(u: float, v: float) -> float:
        reach, share = (5.0, 1.0) if form == "strip" else (1.15, 0.8)
        unrest = share * math.pow(1 - _smooth(0.05, 0.92, u), 1.2)
        edge = math.sqrt(max(0.0, math.sin(math.pi * v)))
        return (v - 0.06) / 0.88 + 0.62 * strength * unrest * edge * relief(reach * u, 0.7 * v)

    return fan if form in ("fan", "small") else strip


def _cut(field: Field, columns: int, rows: int, level: float) -> list[list[Point]]:
    """Marching squares: the level's line through the grid, as runs of points in grid units."""
    links: dict[Edge, list[Edge]] = defaultdict(list)
    place: dict[Edge, Point] = {}
    for i in range(columns):
        for j in range(rows):
            ring = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            ends = []
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
                if (field[a] < level) != (field[b] < level):
                    edge = (min(a, b), max(a, b))
                    share = (level - field[a]) / (field[b] - field[a])
                    place[edge] = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
                    ends.append(edge)
            for one, other in zip(ends[::2], ends[1::2], strict=True):
                links[one].append(other)
                links[other].append(one)
    runs: list[list[Point]] = []
    seen: set[Edge] = set()
    for start in sorted(links, key=lambda edge: (len(links[edge]) != 1, edge)):  # open lines first, from an end
        if start in seen:
            continue
        run, here = [start], start
        seen.add(start)
        while ahead := [edge for edge in links[here] if edge not in seen]:
            here = ahead[0]
            seen.add(here)
            run.append(here)
        if len(run) > 8 and run[0] in links[here]:
            run.append(start)
        runs.append([place[edge] for edge in run])
    return runs


def _thinned(points: list[Point], slack: float) -> list[Point]:
    """Douglas-Peucker: without the points that lie within slack of the line drawn without them."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        offs = [_off(point, points[first], points[last]) for point in points[first + 1 : last]]
        furthest = max(offs)
        if furthest > slack:
            far = first + 1 + offs.index(furthest)
            keep.add(far)
            spans += [(first, far), (far, last)]
    return [points[k] for k in sorted(keep)]


def _off(point: Point, start: Point, end: Point) -> float:
    """How far the point lies from the line through start and end."""
    (x, y), (x0, y0), (x1, y1) = point, start, end
    length = math.hypot(x1 - x0, y1 - y0)
    if length < 1e-9:
        return math.hypot(x - x0, y - y0)
    return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length


def _curve(points: list[Point]) -> str:
    """A smooth path: quadratic curves between the middles of the segments, in relative whole numbers."""
    whole = [(round(x), round(y)) for x, y in points]
    x, y = whole[0]
    path = f"M{x} {y}"
    if len(whole) == 2:
        return path + f"L{whole[1][0]} {whole[1][1]}"
    for (ax, ay), (bx, by) in pairwise(whole[1:]):
        mx, my = (bx, by) if (bx, by) == whole[-1] else ((ax + bx) // 2, (ay + by) // 2)
        path += f"q{ax - x} {ay - y} {mx - x} {my - y}".replace(" -", "-")
        x, y = mx, my
    return path


# --- Pictures that belong to no page in the database -------------------------------------------------------------

DRAWN = {
    "home": ("home", "", "fan"),
    "home-small": ("home", "", "small"),
    "lists": ("articles", "plain", "strip"),
    "steps": ("steps", "plain", "strip"),
    "break": ("break", "chronic-pain", "strip"),
    "lost": ("lost", "anxiety", "strip"),
}
PAPER, INK, SOFT, SAGE = "#f6f1e6", "#16291f", "#3a4a41", "#5f7d6d"
SHARE_WORDS = ("In plain words,", "with the sources")  # a link is seen by whoever looks at the screen: it names nothing
# The mark, on a field of 32: three lines, each a start and then cubic curves (two handles and an end).
MARK: tuple[tuple[Point, ...], ...] = (
    ((1, 27), (11, 27), (21, 27), (31, 27)),
    ((1, 21.5), (9, 21.5), (10, 19.5), (15, 15.5), (20, 11.5), (21, 14), (24, 16.5), (27, 19), (28, 21.5), (31, 21.5)),
    ((1, 16), (7, 16), (9, 13), (13, 7), (17, 1), (19, 4.5), (22, 9), (25, 13.5), (26, 16), (31, 16)),
)


def mark() -> str:
    """The icon as SVG."""
    path = "".join(f"M{_pair(line[0])}C" + " ".join(map(_pair, line[1:])) for line in MARK)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" '
        f'stroke="{STROKE}" stroke-width="2.4"><path d="{path}"/></svg>\n'
    )


def _pair(point: Point) -> str:
    return f"{point[0]:g} {point[1]:g}"


def _sampled(line: tuple[Point, ...], steps: int = 40) -> list[Point]:
    points = [line[0]]
    for k in range(0, len(line) - 1, 3):
        a, b, c, d = line[k : k + 4]
        for n in range(1, steps + 1):
            t, s = n / steps, 1 - n / steps
            w = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
            points.append(tuple(sum(f * p[i] for f, p in zip(w, (a, b, c, d), strict=True)) for i in (0, 1)))  # type: ignore[arg-type]
    return points


def draw_pictures(static: Path) -> None:
    """Writes every fixed picture below the static folder: contours, icons, the share image."""
    from PIL import Image, ImageDraw, ImageFont  # here, so that drawing an SVG needs no Pillow

    target = static / "img"
    target.mkdir(parents=True, exist_ok=True)
    for name, of in DRAWN.items():
        (target / f"{name}.svg").write_text(contour(*of) + "\n")
    (target / "icon.svg").write_text(mark())

    def icon(size: int, ground: str | None, stroke: str, margin: float) -> Image.Image:
        big = size * 8
        picture = Image.new("RGBA", (big, big), ground or (0, 0, 0, 0))
        pen, unit = ImageDraw.Draw(picture), big * (1 - 2 * margin) / 32
        for line in MARK:
            points = [(big * margin + x * unit, big * margin + y * unit) for x, y in _sampled(line)]
            pen.line(points, fill=stroke, width=round(2.4 * unit), joint="curve")
        return picture.resize((size, size), Image.Resampling.LANCZOS)

    icon(48, None, SAGE, 0).save(target / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])
    icon(180, PAPER, INK, 0.17).convert("RGB").save(target / "apple-touch-icon.png", optimize=True)

    fold = 4  # drawn at four times the size and brought down, for smooth lines
    share = Image.new("RGB", (1200 * fold, 630 * fold), PAPER)
    pen = ImageDraw.Draw(share)
    for number, runs in enumerate(relief_lines("home", "", "fan")):
        for run in runs:
            points = [(x * 0.75 * fold, (150 + y * 0.75) * fold) for x, y in run]
            pen.line(points, fill=STROKE, width=9 if number % 4 == 0 else 5, joint="curve")
    font = ImageFont.truetype(static / "fonts" / "newsreader.woff2", 84 * fold)
    font.set_variation_by_axes([350, 72])
    for number, words in enumerate(SHARE_WORDS):
        pen.text((72 * fold, (84 + 90 * number) * fold), words, fill=INK, font=font)
    share.resize((1200, 630), Image.Resampling.LANCZOS).quantize(96, dither=Image.Dither.NONE).save(
        target / "share.png", optimize=True
    )


if __name__ == "__main__":
    draw_pictures(Path(__file__).resolve().parent.parent / "static")
