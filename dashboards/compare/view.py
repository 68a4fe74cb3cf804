"""What the page of a comparison says, as text ready for its template."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.compare.plots import (
    axis,
    key_after,
    key_before,
    limit_of,
    one_point,
    span_of,
    two_points,
)
from dashboards.compare.shown import Changed, Ends, Shown, SideShown
from dashboards.report.metrics import (
    METRICS,
    Metric,
    Panel,
    number,
    shortened,
    signed,
)

ASYMMETRY = (
    "contact_time_s", "flight_time_s", "step_time_s", "impulse_bws", "impact_g",
    "braking_g", "strike_angle_deg", "pronation_excursion_deg", "toe_out_deg",
    "pronation_velocity_dps",
)  # fmt: skip
"""Left against right: what page 2 of a report shows; --json has all."""
FEET = (
    "contact_time_s", "flight_time_s", "impulse_bws", "impact_g", "braking_g",
    "strike_angle_deg", "pronation_excursion_deg", "toe_out_deg",
    "pronation_velocity_dps",
)  # fmt: skip
UNITS = {"deg": "°", "deg/s": "°/s", "%": "%"}
AXES = {
    "%": "% of the mean",
    "deg": "degrees",
    "deg/s": "degrees a second",
}
_LABEL = 22
"""Letters of a side's name over a column; the whole name stands above the tables."""
_KNOWN = {metric.column: metric for metric in METRICS}
_TINTED = ("left", "right")


@dataclass(frozen=True)
class Line:
    """One figure before and after, as text and a small drawing."""

    label: str
    side: str
    before: str
    after: str
    change: str
    interval: str
    word: str
    has_changed: bool
    plot: str


@dataclass(frozen=True)
class Scaled:
    """Figures on one scale, with their axis."""

    lines: tuple[Line, ...]
    axis: str
    words: str


def view(shown: Shown) -> dict[str, object]:
    """Everything that the template asks for."""
    return {
        "shown": shown,
        "is_compared": bool(shown.asymmetry or shown.feet.changes),
        "dots": "●" * shown.sure + "○" * (3 - shown.sure) if shown.sure else "",
        "sides": [_side(shown.before), _side(shown.after)],
        "labels": [shortened(s.label, _LABEL) for s in (shown.before, shown.after)],
        "keys": (key_before(), key_after()),
        "asymmetry": _scales(shown.asymmetry, ASYMMETRY, is_foot=False),
        "feet": _scales(shown.feet.changes, FEET, is_foot=True),
        "feet_words": feet_words(shown),
        "chance": _chance(shown),
        "bar": _bar(shown.looks),
        "unit_words": _unit_words(shown.basis),
    }


def _side(side: SideShown) -> tuple[str, str, str]:
    """Name of a side, its runs in words, and their ids; the shoe stands there once."""
    runs = "1 run" if len(side.sessions) == 1 else f"{number(len(side.sessions))} runs"
    shoe = "" if side.shoe == side.label else f"{side.shoe or 'shoe not named'} · "
    words = f"{shoe}{runs} · {number(side.steps)} steps"
    return side.label, words, ", ".join(side.sessions)


def _scales(
    changes: Sequence[Changed], names: Sequence[str], *, is_foot: bool
) -> list[Scaled]:
    """Put figures of one unit onto one scale; shocks have one of their own."""
    chosen = [c for name in names for c in changes if c.metric == name]
    panels = dict.fromkeys(_KNOWN[c.metric].panel for c in chosen)
    return [
        _scaled([c for c in chosen if _KNOWN[c.metric].panel is panel], panel, is_foot)
        for panel in panels
    ]


def _scaled(changes: Sequence[Changed], panel: Panel, is_foot: bool) -> Scaled:
    unit = changes[0].unit
    ends: list[Ends] = []
    for change in changes:
        ends += [span_of(change)] if is_foot else [change.before, change.after]
    limit = limit_of(unit, ends)
    lines = tuple(_line(c, limit, is_foot) for c in changes)
    own = ", own runs only" if panel is Panel.SHOCK else ""
    return Scaled(lines, axis(limit), f"{AXES.get(unit, unit)}{own}")


def _line(change: Changed, limit: float, is_foot: bool) -> Line:
    metric = _KNOWN[change.metric]
    digits = 0 if metric.panel is Panel.VELOCITY else 1
    unit = UNITS.get(change.unit, change.unit)
    before, after = change.before, change.after
    if is_foot:
        texts = metric.text(before.size), metric.text(after.size)
    else:
        texts = _with_span(before, digits), _with_span(after, digits)
    return Line(
        label=_label(metric, unit, is_foot),
        side=change.side if change.side in _TINTED else "",
        before=texts[0],
        after=texts[1],
        change=f"{signed(change.change, digits)} {unit}",
        interval=f"{signed(change.low, digits)} to {signed(change.high, digits)}",
        word=change.reading,
        has_changed=change.has_changed,
        plot=one_point(change, limit) if is_foot else two_points(change, limit),
    )


def _label(metric: Metric, unit: str, is_foot: bool) -> str:
    return f"{metric.label}, {metric.unit if is_foot else unit}"


def _with_span(ends: Ends, digits: int) -> str:
    low, high = signed(ends.low, digits), signed(ends.high, digits)
    return f"{signed(ends.size, digits)} [{low}, {high}]"


def feet_words(shown: Shown) -> str:
    """Say what the feet were compared over, and how well speeds fit."""
    feet = shown.feet
    if not feet.changes:
        return f"Single feet are not compared: {feet.why}."
    count = number(feet.windows)
    if feet.tolerance is None:
        return (
            f"Speed is not known: all {count} half minutes are compared, and a change "
            "of pace would show up as a change of the foot."
        )
    share = number(100 * feet.tolerance)
    return (
        f"Over {count} half minutes on each side whose speeds are within {share} % of "
        f"one another; what was left on average, {signed(feet.speed_gap_pct)} %, is in "
        "the ranges of times."
    )


def _chance(shown: Shown) -> str:
    """Say how many ranges miss by chance alone among so many."""
    count = len(shown.asymmetry) + len(shown.feet.changes)
    if count < 2:
        return ""
    expected = 0.05 * count
    many = number(expected, 0 if expected >= 2 else 1)
    return (
        f"{number(count)} figures were compared. Ranges in the tables are 95 % each: "
        f"about 1 in 20 misses the truth by chance, here {many}."
    )


def _bar(looks: int) -> str:
    """Say that what is told had to clear more than its own range."""
    if looks < 2:
        return ""
    return (
        "What is told above them clears a higher bar, raised for the "
        f"{number(looks)} figures that could have been told (Bonferroni)."
    )


def _unit_words(basis: str) -> str:
    return {
        "groups": "The run is the unit: ranges hold what runs of one side vary by.",
        "own variation": "Left against right, the ranges hold what your own runs vary "
        "by from day to day; those of single feet do not.",
        "two runs": "One run each: ranges hold what steps vary by, not days.",
    }.get(basis, "")
