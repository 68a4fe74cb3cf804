"""What charts are drawn with: scales, round ticks, and marks as SVG text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

INK = {"left": "var(--left)", "right": "var(--right)"}
TEXT_INK = {"left": "var(--left)", "right": "var(--right-ink)"}
"""Orange is too light for text on white (3.9 : 1), so words get a darker one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map of [low, high] to [start, end] in drawing units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place of a value; not limited to the ends."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, step: float) -> Iterator[float]:
        """Multiples of the step within the scale."""
        first = -int(-self.low // step)
        while first * step <= self.high + 1e-9 * step:
            yield first * step
            first += 1


def round_step(span: float, most: int, steps: Sequence[float]) -> float:
    """Smallest of the steps that cuts the span into at most so many pieces."""
    return next((s for s in steps if span <= s * most), steps[-1])


def place(value: float) -> str:
    """Write a coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def svg(view: str, sentence: str, marks: Sequence[str]) -> str:
    """Wrap marks into a picture with a sentence for those who cannot see it."""
    return (
        f'<svg viewBox="{view}" width="100%" role="img" '
        f'aria-label="{escape(sentence)}">{"".join(marks)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, ink: str) -> str:
    """Draw a hairline."""
    return (
        f'<path d="M{place(x1)} {place(y1)}L{place(x2)} {place(y2)}" '
        f'stroke="{ink}" stroke-width=".8"/>'
    )


def text(
    x: float,
    y: float,
    words: str,
    ink: str = "",
    anchor: str = "start",
    *,
    weight: int = 400,
) -> str:
    """Write words at a place."""
    style = f' style="fill:{ink}"' if ink else ""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return (
        f'<text x="{place(x)}" y="{place(y)}" text-anchor="{anchor}"{bold}{style}>'
        f"{escape(words)}</text>"
    )
