"""Small scatter plots as SVG text: measured against true, with the target as a band."""

from collections.abc import Sequence
from dataclasses import dataclass

_SIDE = 420
_EDGE = 60
_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#555555"


@dataclass(frozen=True, slots=True)
class Dots:
    """Points of one kind; left is always blue and round, right orange and square."""

    words: str
    points: tuple[tuple[float, float], ...]

    @property
    def colour(self) -> str:
        """Colour of the side, grey for both feet together."""
        return {"left": _BLUE, "right": _ORANGE}.get(self.words, _GREY)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plot says around its points; ``band`` is the target's half width."""

    title: str
    x_words: str
    y_words: str
    band: float


def scatter(frame: Frame, kinds: Sequence[Dots]) -> str:
    """Draw measured (y) against true (x) on equal scales."""
    values = [v for kind in kinds for point in kind.points for v in point]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = 0.06 * (high - low) + 0.5
    scale = _Scale(low - pad, high + pad)
    wide, high_px = _SIDE + 80, _SIDE + 70
    size = f'viewBox="0 0 {wide} {high_px}" font-family="sans-serif" font-size="13"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>{frame.title}</title>",
        f'<rect width="{wide}" height="{high_px}" fill="#ffffff"/>',
        f'<text x="{_EDGE}" y="22" font-size="15">{frame.title}</text>',
        *_band(frame, scale),
        *_axes(frame, scale),
        *(mark for kind in kinds for mark in _marks(kind, scale)),
        *_legend(frame, kinds),
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places on the page of values from ``low`` to ``high``, the same on both axes."""

    low: float
    high: float

    def x(self, value: float) -> float:
        return _EDGE + (value - self.low) / (self.high - self.low) * (_SIDE - _EDGE)

    def y(self, value: float) -> float:
        return _SIDE - (value - self.low) / (self.high - self.low) * (_SIDE - _EDGE)

    def ticks(self) -> list[float]:
        """About six round numbers."""
        rough = (self.high - self.low) / 6
        step = min((1, 2, 5, 10, 20, 50, 100), key=lambda s: abs(s - rough))
        first = int(-(-self.low // step))
        return [float(step * k) for k in range(first, int(self.high // step) + 1)]


def _band(frame: Frame, scale: _Scale) -> list[str]:
    """The diagonal, and the target to both sides of it, cut off at the frame."""
    low, high = scale.low, scale.high

    def line(shift: float, look: str) -> str:
        begin, end = max(low, low - shift), min(high, high - shift)
        return (
            f'<line x1="{scale.x(begin):.1f}" y1="{scale.y(begin + shift):.1f}" '
            f'x2="{scale.x(end):.1f}" y2="{scale.y(end + shift):.1f}" '
            f'stroke="{_GREY}" {look}/>'
        )

    dashed = 'stroke-dasharray="5 4" stroke-width="1"'
    return [
        line(0.0, 'stroke-width="1"'),
        line(frame.band, dashed),
        line(-frame.band, dashed),
    ]


def _axes(frame: Frame, scale: _Scale) -> list[str]:
    long, middle = _SIDE - _EDGE, (_SIDE + _EDGE) / 2
    box = f'x="{_EDGE}" y="{_EDGE}" width="{long}" height="{long}"'
    below = f'x="{middle}" y="{_SIDE + 42}" text-anchor="middle"'
    beside = f'transform="translate(18 {middle}) rotate(-90)" text-anchor="middle"'
    drawn = [
        f'<rect {box} fill="none" stroke="{_GREY}"/>',
        f"<text {below}>{frame.x_words}</text>",
        f"<text {beside}>{frame.y_words}</text>",
    ]
    for tick in scale.ticks():
        x, y = scale.x(tick), scale.y(tick)
        drawn += [
            f'<text x="{x:.1f}" y="{_SIDE + 18}" text-anchor="middle">{tick:g}</text>',
            f'<text x="{_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>',
        ]
    return drawn


def _marks(kind: Dots, scale: _Scale) -> list[str]:
    return [
        _mark(kind, scale.x(true), scale.y(measured)) for true, measured in kind.points
    ]


def _mark(kind: Dots, x: float, y: float) -> str:
    look = f'fill="{kind.colour}" fill-opacity="0.75"'
    if kind.words == "right":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" {look}/>'


def _legend(frame: Frame, kinds: Sequence[Dots]) -> list[str]:
    drawn = [
        f'<text x="{_EDGE}" y="44" fill="{_GREY}">dashed: off by {frame.band:g}</text>'
    ]
    for k, kind in enumerate(kinds):
        x = _EDGE + 150 + 90 * k
        drawn += [
            _mark(kind, x, 40),
            f'<text x="{x + 10}" y="44">{kind.words}</text>',
        ]
    return drawn
