"""Tables of the report as rows of text, in people's units."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

from contract.rows import BalanceRow, EventRow, QualityRow, WearRow
from contract.units import NS_PER_S
from dashboards.report.course import Point
from dashboards.report.data import FEET, ReportData, is_refused
from dashboards.report.distribution import Bin
from dashboards.report.metrics import UNKNOWN, clock, number, sentence, signed

Cell = tuple[str, str]
"""Heading and text."""

PLACES = {"left": "Left shoe", "right": "Right shoe", "hip": "Hip"}
KINDS = {
    "mark": "Mark",
    "gap": "Data lost for good",
    "alert_raised": "Alert",
    "alert_cleared": "Alert over",
    "swap_suspected": "Check the sensors",
    "one_foot": "Check the sensors",
    "slip": "Sensor moved",
    "snooze": "Attention put off",
}


def course_rows(points: Sequence[Point], rows: Sequence[BalanceRow]) -> list[list[str]]:
    """Minute, difference, interval and pairs of each window."""
    return [
        [
            clock((minute - 0.25) * 60.0),
            signed(middle),
            f"{signed(low)} to {signed(high)}",
            number(row.n_pairs),
        ]
        for (minute, middle, low, high), row in zip(points, rows, strict=True)
    ]


def bin_rows(bins: Sequence[Bin]) -> list[list[str]]:
    """Label and shares of each bin."""
    return [[label, number(left, 1), number(right, 1)] for label, left, right in bins]


def wear_rows(rows: Sequence[WearRow]) -> list[list[str]]:
    """Side, steps, impulse per step, dose of the run and distance of each shoe."""
    return [
        [
            r.side.capitalize(),
            number(r.steps),
            number(r.dose_per_step_bws, 3),
            number(r.dose_bws, 0),
            kilometres(r.distance_m),
        ]
        for r in _left_first(rows)
    ]


def _left_first(rows: Sequence[WearRow]) -> list[WearRow]:
    return sorted(rows, key=lambda r: r.side)


def quality_sheet(rows: Sequence[QualityRow]) -> list[list[str]]:
    """Heading and one value per sensor: the table is read downwards."""
    order = [*PLACES, *{r.side for r in rows if r.side not in PLACES}]
    known = sorted(rows, key=lambda r: order.index(r.side))
    columns = [_quality_cells(r) for r in known]
    headings = [heading for heading, _ in columns[0]] if columns else []
    return [
        [heading, *(column[i][1] for column in columns)]
        for i, heading in enumerate(headings)
    ]


def _quality_cells(row: QualityRow) -> list[Cell]:
    return [
        ("Sensor", PLACES.get(row.side, row.side)),
        ("Rate, Hz", number(row.rate_hz, 1)),
        ("Samples", number(row.samples)),
        ("Gaps; lost, s", f"{number(row.gaps)}; {number(row.lost_s, 1)}"),
        ("Frames at the range limit", number(row.clipped)),
        ("Frames twice; late", f"{number(row.duplicates)}; {number(row.reordered)}"),
        ("Movement", row.activity or UNKNOWN),
        ("Calibration", _calibration(row)),
        ("Axes from", row.mount or UNKNOWN),
        ("Spread of forward axis, °", number(row.axis_spread_deg, 1)),
        ("Strides found", number(row.strides)),
        ("Steps used", number(row.steps)),
        (
            "Strides not used; near a gap",
            f"{number(row.rejected)}; {number(row.near_gaps)}",
        ),
    ]


def _calibration(row: QualityRow) -> str:
    said = row.calibration or UNKNOWN
    return f"none: {said}" if is_refused(row) else said


def rejection_sides(data: ReportData) -> list[str]:
    """Columns of the table of reasons: both feet, then others that occur."""
    return [*FEET, *sorted({side for side, _ in data.rejections} - set(FEET))]


def rejection_rows(data: ReportData) -> list[list[str]]:
    """Reason in plain words and how often on each side; most frequent first."""
    sides = rejection_sides(data)
    totals: Counter[str] = Counter()
    for (_, reason), count in data.rejections.items():
        totals[reason] += count
    return [
        [plain_reason(reason), *(number(data.rejections[s, reason]) for s in sides)]
        for reason in sorted(totals, key=lambda r: (-totals[r], r))
    ]


def plain_reason(reason: str) -> str:
    """Write a reason as words: no underscores, no empty text."""
    return reason.replace("_", " ").strip() or UNKNOWN


def event_rows(events: Sequence[EventRow], start_ns: int) -> list[list[str]]:
    """Minute, kind and text of what happened."""
    return [
        [
            clock((e.time_ns - start_ns) / NS_PER_S),
            KINDS.get(e.kind, plain_reason(e.kind)),
            sentence(e.text),
        ]
        for e in events
    ]


def kilometres(distance_m: float | None) -> str:
    """Write a distance in km."""
    return number(None if distance_m is None else distance_m / 1000.0, 2)


def strides(count: int) -> str:
    """Count strides in words."""
    return "1 stride" if count == 1 else f"{number(count)} strides"


def started(time_ns: int, zone: tzinfo | None) -> datetime:
    """Start as a date in that zone, or in this computer's."""
    seconds = time_ns // NS_PER_S
    return datetime.fromtimestamp(seconds, tz=zone).astimezone(zone)
