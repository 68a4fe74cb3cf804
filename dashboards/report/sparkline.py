"""The last runs as a small line: the own usual behind, only this run marked."""

from collections.abc import Sequence

from contract.rows import BaselineRow
from dashboards.report.drawing import BAND, DARK, GREY, Scale, box, curve, place, svg
from dashboards.report.metrics import is_known, signed

LONGEST = 10
"""Runs shown (product.md 3.3)."""


def last_runs(values: Sequence[float]) -> tuple[float, ...]:
    """Give the figures that are drawn: the last ten that are known."""
    return tuple(v for v in values if is_known(v))[-LONGEST:]


def sparkline(
    values: Sequence[float], own: BaselineRow | None, unit: str, side: str = "right"
) -> str:
    """Draw the last runs, this one last; "" when there is no other to compare.

    Up is more on that side.
    """
    shown = last_runs(values)
    if len(shown) < 2:
        return ""
    is_banded = own is not None and is_known(own.band_low, own.band_high)
    ends = [own.band_low, own.band_high] if own and is_banded else []
    low, high = min([*shown, *ends]), max([*shown, *ends])
    ground, top = (5.0, 36.0) if side == "left" else (36.0, 5.0)
    y = Scale(low, high if high > low else low + 1.0, ground, top)
    x = Scale(0.0, LONGEST - 1.0, 4.0, 106.0)
    first = LONGEST - len(shown)
    points = [(x(first + i), y(v)) for i, v in enumerate(shown)]
    last_x, last_y = points[-1]
    marks = (
        [box(0, min(map(y, ends)), 112, abs(y(ends[0]) - y(ends[1])), BAND)]
        if ends
        else []
    )
    marks.append(curve(points, GREY, 1.1))
    marks.append(
        f'<circle cx="{place(last_x)}" cy="{place(last_y)}" r="2.8" fill="{DARK}"/>'
    )
    return svg("0 0 112 41", _sentence(shown, ends, unit), marks, "spark")


def _sentence(shown: Sequence[float], ends: Sequence[float], unit: str) -> str:
    told = ", ".join(signed(v) for v in shown)
    band = (
        f" Own usual from {signed(ends[0])} to {signed(ends[1])}{unit}." if ends else ""
    )
    return (
        f"The last {len(shown)} runs in this shoe, this one last, right less left: "
        f"{told}{unit}.{band}"
    )
