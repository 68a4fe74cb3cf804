"""How long each foot stayed down, step by step: bins back to back, as inline SVG."""

from collections.abc import Sequence

from dashboards.report.drawing import (
    INK,
    TEXT_INK,
    Scale,
    place,
    round_step,
    svg,
    text,
)
from dashboards.report.metrics import number

Bin = tuple[str, float | None, float | None]
"""Label in ms, share of the left steps and of the right steps in percent."""

# Bins of 5 ms are the finest that 200 Hz data fill evenly (one sample is 5 ms).
BIN_STEPS_MS = (5.0, 10.0, 20.0, 50.0, 100.0)
MOST_BINS = 8


def contact_bins(left_ms: Sequence[float], right_ms: Sequence[float]) -> list[Bin]:
    """Sort contact times into bins: label, share of left and of right steps in %."""
    every = sorted([*left_ms, *right_ms])
    # The outer 1 % go into open bins, so that one odd step does not widen all.
    low, high = every[len(every) // 100], every[-1 - len(every) // 100]
    width = round_step(high - low, MOST_BINS - 1, BIN_STEPS_MS)
    first = int(low // width)
    count = min(int(high // width) - first + 1, MOST_BINS)
    shares = [_shares(v, first, width, count) for v in (left_ms, right_ms)]
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


def distribution(bins: Sequence[Bin]) -> str:
    """Draw contact times back to back: left to the left, right to the right."""
    most = max(max(left or 0.0, right or 0.0) for _, left, right in bins) or 1.0
    length = Scale(0.0, most, 0.0, 72.0)
    marks = [text(140, 12, "ms", anchor="middle")]
    if bins[0][1] is not None:
        marks.append(text(106, 12, "Left, %", TEXT_INK["left"], "end", weight=640))
    if bins[0][2] is not None:
        marks.append(text(174, 12, "Right, %", TEXT_INK["right"], weight=640))
    for index, (label, left, right) in enumerate(bins):
        top = 20.0 + 19.0 * index
        marks.append(text(140, top + 11, label, anchor="middle"))
        marks += _bin_bar(106.0, top, left, -length(left or 0.0), "left")
        marks += _bin_bar(174.0, top, right, length(right or 0.0), "right")
    sentence = "Share of steps by contact time, left and right back to back."
    return svg(f"0 0 280 {24 + 19 * len(bins)}", sentence, marks)


def _bin_bar(
    x: float, top: float, share: float | None, length: float, side: str
) -> list[str]:
    if share is None:
        return []
    start, gap = min(x, x + length), 3.0 if side == "right" else -3.0
    anchor = "start" if side == "right" else "end"
    bar = (
        f'<rect x="{place(start)}" y="{place(top)}" width="{place(abs(length))}" '
        f'height="15" fill="{INK[side]}"/>'
    )
    return [bar, text(x + length + gap, top + 11, number(share, 1), anchor=anchor)]
