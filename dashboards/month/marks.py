"""A shape for each pair of shoes: in the chart, the calendar and the tables alike."""

from collections.abc import Sequence

from dashboards.report.drawing import DARK, place

WORDS = ("circle", "square", "triangle", "diamond", "star", "cross")
_PATHS = {
    "circle": "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0Z",
    "square": "M-3-3H3V3H-3Z",
    "triangle": "M0-4L3.8 2.8H-3.8Z",
    "diamond": "M0-4.3L4.3 0L0 4.3L-4.3 0Z",
    "star": "M0-4.6L1.3-1.5L4.5-1.3L2 .8L2.9 4L0 2.2L-2.9 4L-2 .8L-4.5-1.3L-1.3-1.5Z",
    "cross": "M-1.3-4H1.3V-1.3H4V1.3H1.3V4H-1.3V1.3H-4V-1.3H-1.3Z",
}


def shapes_of(shoes: Sequence[str]) -> dict[str, str]:
    """Give each shoe a shape; the seventh pair begins anew, and its name stays."""
    return {shoe: WORDS[k % len(WORDS)] for k, shoe in enumerate(shoes)}


def mark(shape: str, x: float, y: float, ink: str) -> str:
    """Draw a shape at a place of a chart."""
    at = f"translate({place(x)} {place(y)})"
    return (
        f'<path d="{_PATHS[shape]}" transform="{at}" fill="{ink}" stroke="#FFFFFF" '
        'stroke-width=".7"/>'
    )


def small_mark(shape: str) -> str:
    """Draw a shape within a line of text."""
    return (
        '<svg class="shape" viewBox="-5 -5 10 10" width="11" height="11" '
        f'role="img" aria-label="{shape}"><path d="{_PATHS[shape]}" '
        f'fill="{DARK}"/></svg>'
    )
