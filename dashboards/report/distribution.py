"""A figure of every step in bins, left and right back to back, as inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.report.drawing import (
    INK,
    TEXT_INK,
    Scale,
    box,
    round_step,
    svg,
    text,
)
from dashboards.report.metrics import number

Bin = tuple[str, float | None, float | None]
"""Label, share of the left steps and of the right steps in percent."""

MOST_BINS = 8


@dataclass(frozen=True, slots=True)
class Binned:
    """What is sorted into bins: its name, unit, and the widths that bins may have."""

    what: str
    unit: str
    widths: tuple[float, ...]


# Bins of 5 ms are the finest that 200 Hz data fill evenly (one sample is 5 ms).
CONTACT = Binned("contact time", "ms", (5.0, 10.0, 20.0, 50.0, 100.0))
IMPACT = Binned("impact", "g", (1.0, 2.0, 5.0, 10.0, 20.0))


def bins_of(left: Sequence[float], right: Sequence[float], binned: Binned) -> list[Bin]:
    """Sort figures into bins: label, share of left and of right steps in %."""
    every = sorted([*left, *right])
    if not every:
        return []
    # The outer 1 % go into open bins, so that one odd step does not widen all.
    low, high = every[len(every) // 100], every[-1 - len(every) // 100]
    width = round_step(high - low, MOST_BINS - 1, binned.widths)
    first = int(low // width)
    count = min(int(high // width) - first + 1, MOST_BINS)
    shares = [_shares(v, first, width, count) for v in (left, right)]
    return [
        (_bin_label(i, first, width, count), shares[0][i], shares[1][i])
        for i in range(count)
    ]


def _shares(
    values: Sequence[float], first: int, width: float, count: int
) -> list[float | None]:
    if not values:
        return [None] * count
    found = [0] * count
    for value in values:
        found[min(max(int(value // width) - first, 0), count - 1)] += 1
    return [100.0 * n / len(values) for n in found]


def _bin_label(index: int, first: int, width: float, count: int) -> str:
    start, end = (first + index) * width, (first + index + 1) * width
    if index == 0 and count > 1:
        return f"under {end:.0f}"
    if index == count - 1 and count > 1:
        return f"from {start:.0f}"
    return f"{start:.0f}\N{EN DASH}{end:.0f}"


def distribution(bins: Sequence[Bin], binned: Binned) -> str:
    """Draw bins back to back: left to the left, right to the right."""
    if not bins:
        return ""
    most = max(max(left or 0.0, right or 0.0) for _, left, right in bins) or 1.0
    length = Scale(0.0, most, 0.0, 92.0)
    marks = [text(148, 9, binned.unit, anchor="middle")]
    if bins[0][1] is not None:
        ink = TEXT_INK["left"]
        marks.append(text(126, 9, "Left, % of steps", ink, "end", weight=600))
    if bins[0][2] is not None:
        ink = TEXT_INK["right"]
        marks.append(text(170, 9, "Right, % of steps", ink, weight=600))
    for index, (label, left, right) in enumerate(bins):
        top = 15.0 + 13.5 * index
        marks.append(text(148, top + 8.5, label, anchor="middle"))
        marks += _bin_bar(126.0, top, left, -length(left or 0.0), "left")
        marks += _bin_bar(170.0, top, right, length(right or 0.0), "right")
    sentence = f"Share of steps by {binned.what}, left and right back to back."
    return svg(f"0 0 296 {17 + 13.5 * len(bins):g}", sentence, marks)


def _bin_bar(
    x: float, top: float, share: float | None, length: float, side: str
) -> list[str]:
    if share is None:
        return []
    gap, anchor = (3.0, "start") if side == "right" else (-3.0, "end")
    words = text(x + length + gap, top + 8.5, number(share, 1), anchor=anchor)
    return [box(min(x, x + length), top, abs(length), 11, INK[side]), words]
