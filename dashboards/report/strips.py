"""What lies below the course of a run, on the same minutes: thirds, speed, a watch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from contract.rows import BalanceRow
from contract.track import Track, TrackPoint
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC
from dashboards.report.data import COURSE_WINDOW_S, ReportData
from dashboards.report.drawing import DARK, GREY, Scale, curve, text
from dashboards.report.metrics import is_known, is_usable, number, signed

STRIP_HEIGHT = 29.0
LEAST_POINTS = 2
KMH_PER_MPS = 3.6


@dataclass(frozen=True, slots=True)
class Bracket:
    """A part of the run: where it lies as a share of it, and its words."""

    start: float
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One quantity over the run: minute and value, every 30 s.

    ``least`` is the smallest span that is drawn at full height: what varies less is
    not blown up.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    digits: int = 0
    least: float = 10.0


def brackets_of(data: ReportData) -> tuple[Bracket, ...]:
    """First and last third with their figures, where both are known."""
    rows = {b.window: b for b in data.splits if b.metric == MAIN_METRIC}
    first, last = rows.get("first_third"), rows.get("last_third")
    if not (first and last and is_usable(first) and is_usable(last)):
        return ()
    return (
        Bracket(0.0, 1 / 3, f"first third {_figures(first)}"),
        Bracket(2 / 3, 1.0, f"last third {_figures(last)}"),
    )


def _figures(row: BalanceRow) -> str:
    return f"{signed(row.size)} [{signed(row.ci_low)}, {signed(row.ci_high)}]"


def thirds(brackets: Sequence[Bracket], x: Scale, at: float) -> list[str]:
    """Draw the brackets with their words below; the last one is what is read."""
    marks = []
    for place_, part in enumerate(brackets):
        left, right = (x(share * x.high) for share in (part.start, part.end))
        ends = [(left, at), (left, at + 3), (right, at + 3), (right, at)]
        marks.append(curve(ends, GREY, 0.7))
        is_last = place_ == len(brackets) - 1
        where = (right, "end") if is_last else (left, "start")
        ink, weight = (DARK, 600) if is_last else (GREY, 400)
        marks.append(
            text(where[0], at + 12, part.words, ink, where[1], weight=weight, size=7.5)
        )
    return marks


def strips_of(data: ReportData) -> tuple[Strip, ...]:
    """Speed of the shoes; height and heart rate where a watch was merged."""
    track = data.advice.track
    found = [Strip("Speed, km/h", _speeds(data), 1, least=1.0)]
    if track:
        found += [
            Strip("Height, m", _of_track(track, "altitude_m", data)),
            Strip("Heart rate, beats/min", _of_track(track, "heart_rate_bpm", data)),
        ]
    return tuple(s for s in found if len(s.points) >= LEAST_POINTS)


def strip_rows(strips: Sequence[Strip]) -> list[list[str]]:
    """Minute and value of every strip: the drawing as a table."""
    minutes = sorted({minute for s in strips for minute, _ in s.points})
    known = [dict(s.points) for s in strips]
    return [
        [
            number(minute, 1),
            *(
                number(by.get(minute), s.digits)
                for s, by in zip(strips, known, strict=True)
            ),
        ]
        for minute in minutes
    ]


def drawn(strip: Strip, x: Scale, top: float) -> list[str]:
    """Draw a strip from ``top`` on: its name, its ends, its line."""
    values = [value for _, value in strip.points]
    low, high = min(values), max(values)
    y = Scale(low, max(high, low + strip.least), top + 27.0, top + 13.0)
    line_ = [(x(minute), y(value)) for minute, value in strip.points]
    words = {number(low, strip.digits): low}
    if high - low >= 0.5 * strip.least:
        words[number(high, strip.digits)] = high
    ends = [text(x.start - 3, y(v) + 2.5, w, anchor="end") for w, v in words.items()]
    return [text(x.start, top + 9, strip.label), curve(line_, GREY, 1.1), *ends]


def _speeds(data: ReportData) -> tuple[tuple[float, float], ...]:
    start_ns, half_s = data.session.time_ns, 0.5 * COURSE_WINDOW_S
    return tuple(
        (((b.time_ns - start_ns) / NS_PER_S + half_s) / 60.0, KMH_PER_MPS * b.speed_mps)
        for b in data.course
        if b.speed_mps is not None and is_known(b.speed_mps)
    )


def _of_track(
    track: Track, name: str, data: ReportData
) -> tuple[tuple[float, float], ...]:
    found = ((p.t_ns, _value(p, name)) for p in track.points)
    known = [(at, value) for at, value in found if value is not None]
    end_ns = data.session.time_ns + round(data.session.duration_s * NS_PER_S)
    during = [k for k in known if data.session.time_ns <= k[0] <= end_ns]
    windows = _windows(during, data.session.time_ns)
    return tuple((minute, fmean(values)) for minute, values in windows)


def _value(point: TrackPoint, name: str) -> float | None:
    value: float | None = getattr(point, name)
    return value if is_known(value) else None


def _windows(
    found: Iterable[tuple[int, float]], start_ns: int
) -> list[tuple[float, list[float]]]:
    """Sort values into windows of 30 s; each with its middle in minutes."""
    by: dict[int, list[float]] = defaultdict(list)
    for time_ns, value in found:
        by[int((time_ns - start_ns) / NS_PER_S // COURSE_WINDOW_S)].append(value)
    half = 0.5 * COURSE_WINDOW_S
    return [
        ((k * COURSE_WINDOW_S + half) / 60.0, values)
        for k, values in sorted(by.items())
    ]
