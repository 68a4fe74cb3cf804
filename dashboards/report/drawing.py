"""What charts are drawn with: scales, round ticks, and marks as SVG text.

Every mark carries its own colour and size as an attribute: so a drawing looks the same
in a browser, on a served page whose policy allows no inline style, and in a PDF.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

INK = {"left": "#0072B2", "right": "#D55E00"}
TEXT_INK = {"left": "#0072B2", "right": "#B84E00"}
"""Orange is too light for text on white (3.9 : 1), so words get a darker one."""
DARK, GREY, BAND, HAIR = "#15191E", "#4A535D", "#D3D8DE", "#E4E8EC"
"""Tokens of the design (design.md): ink, labels, own usual band, grid."""
FONT = (
    "-apple-system, Segoe UI, Roboto, Inter, Helvetica Neue, Arial, Liberation Sans, "
    "Noto Sans, sans-serif"
)
SMALL = 8.0
"""Letters of a drawing, in its own units."""


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


def svg(view: str, sentence: str, marks: Sequence[str], kind: str = "") -> str:
    """Wrap marks into a picture with a sentence for those who cannot see it.

    Without a sentence the picture is left out where the page is read aloud: its
    numbers stand beside it.
    """
    told = (
        f'role="img" aria-label="{escape(sentence)}"'
        if sentence
        else 'aria-hidden="true"'
    )
    name = f' class="{kind}"' if kind else ""
    return (
        f'<svg{name} viewBox="{view}" width="100%" {told} font-family="{FONT}">'
        f"{''.join(marks)}</svg>"
    )


def line(x1: float, y1: float, x2: float, y2: float, ink: str = GREY) -> str:
    """Draw a hairline."""
    return (
        f'<path d="M{place(x1)} {place(y1)}L{place(x2)} {place(y2)}" '
        f'stroke="{ink}" stroke-width=".7"/>'
    )


def box(x: float, y: float, width: float, height: float, ink: str) -> str:
    """Draw a filled rectangle."""
    return (
        f'<rect x="{place(x)}" y="{place(y)}" width="{place(max(width, 0.4))}" '
        f'height="{place(max(height, 0.4))}" fill="{ink}"/>'
    )


def curve(
    points: Sequence[tuple[float, float]], ink: str, width: float, dash: str = ""
) -> str:
    """Draw a line through points."""
    path = "L".join(f"{place(x)} {place(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{path}" fill="none" stroke="{ink}" stroke-width="{width:g}" '
        f'stroke-linejoin="round"{dashed}/>'
    )


def ribbon(
    upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], ink: str
) -> str:
    """Fill what lies between two lines."""
    path = "L".join(f"{place(x)} {place(y)}" for x, y in (*upper, *reversed(lower)))
    return f'<path d="M{path}Z" fill="{ink}" fill-opacity=".18"/>'


def text(  # noqa: PLR0913 - what SVG text has, most of it by default
    x: float,
    y: float,
    words: str,
    ink: str = GREY,
    anchor: str = "start",
    *,
    weight: int = 400,
    size: float = SMALL,
) -> str:
    """Write words at a place."""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return (
        f'<text x="{place(x)}" y="{place(y)}" fill="{ink}" font-size="{size:g}" '
        f'text-anchor="{anchor}"{bold}>{escape(words)}</text>'
    )
