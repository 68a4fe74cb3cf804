"""Rows of the store, one frozen dataclass per measurement, each column with its unit.

This is the one table that feeds SQLite, InfluxDB, Grafana, CSV export and the docs
(`contract.schema` reads it). Tags are only runner, session and side; ``time_ns`` is the
event's own Unix time; all numbers are floats unless the column says int. None means
"not known" and is never written as a number.

Sign of every left/right figure: 100 (R - L) / ((R + L) / 2), + = right larger.
"""

from dataclasses import dataclass, field
from typing import Any


def column(unit: str, text: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    """Declare a column without a default: its unit and one sentence."""
    return field(metadata={"unit": unit, "text": text})


def optional(unit: str, text: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    """Declare a column that may be unknown (None)."""
    return field(default=None, metadata={"unit": unit, "text": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One ground contact of one foot; time is initial contact."""

    runner: str
    session: str
    side: str
    time_ns: int
    contact_time_s: float = column(
        "s", "ground contact time, initial contact to toe-off"
    )
    stride_time_s: float | None = optional(
        "s", "to the same foot's next initial contact"
    )
    swing_time_s: float | None = optional("s", "stride time less ground contact time")
    duty_factor: float | None = optional("1", "ground contact time over stride time")
    flight_time_s: float | None = optional("s", "toe-off to the other foot's contact")
    step_time_s: float | None = optional("s", "to the other foot's initial contact")
    cadence_spm: float | None = optional("steps/min", "120 over stride time")
    impulse_bws: float | None = optional(
        "BW s", "vertical impulse, body-weight seconds"
    )
    quality: float = column("1", "1 trusted, 0.5 an event was looked up again")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRow:
    """One stride that gave no step, and why; time is its mid-swing."""

    runner: str
    session: str
    side: str
    time_ns: int
    reason: str = column("", "why no step is reported")


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """Left against right for one metric over one window; time is the window's start."""

    runner: str
    session: str
    side: str
    time_ns: int
    window: str = column("", "run for the whole run, 30s for one of its windows")
    metric: str = column("", "column of the step row that is compared")
    left: float = column("as metric", "mean of the left foot's paired steps")
    right: float = column("as metric", "mean of the right foot's paired steps")
    difference: float = column("as metric", "right minus left, mean of pairs")
    asi_pct: float = column("%", "asymmetry index, + = right larger")
    ci_low: float = column(
        "%", "lower end of the 95 % interval, systematic part included"
    )
    ci_high: float = column("%", "upper end of the same")
    random_pct: float = column("%", "half width from step-to-step variation alone")
    systematic_pct: float = column("%", "half width from sensor and mount alone")
    n_pairs: int = column("pairs", "left/right pairs compared")
    n_eff: float = column("pairs", "pairs after allowing for their correlation")


@dataclass(frozen=True, slots=True, kw_only=True)
class WearRow:
    """Modelled load dose of one shoe in one session; time is the session's start."""

    runner: str
    session: str
    side: str
    time_ns: int
    shoe: str = column("", "shoe as the session named it")
    steps: int = column("steps", "steps whose impulse is known")
    dose_bws: float = column("BW s", "sum of vertical impulse")
    dose_per_step_bws: float = column("BW s", "mean vertical impulse per step")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """What became of one sensor's data; time is the session's start."""

    runner: str
    session: str
    side: str
    time_ns: int
    rate_hz: float | None = optional("Hz", "measured rate of the sensor")
    samples: int = column("samples", "samples stored")
    frames: int = column("frames", "frames stored")
    duplicates: int = column("frames", "frames that came again")
    reordered: int = column("frames", "frames that came before an earlier one")
    gaps: int = column("gaps", "places where samples are missing")
    lost_s: float = column("s", "time covered by those gaps")
    clipped: int = column("frames", "frames in which an axis hit its range")
    activity: str = column("", "running, walking, still or unknown")
    calibration: str = column("", "good, or what is wrong with it")
    strides: int = column("strides", "strides found")
    steps: int = column("steps", "steps reported")
    rejected: int = column("strides", "strides rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One run; time is its start (the recording's time zero)."""

    runner: str
    session: str
    side: str
    time_ns: int
    name: str = column("", "name to show; stays in the local database")
    shoe: str = column("", "shoe of the session")
    state: str = column("", "running or ended")
    duration_s: float = column("s", "from the first to the last sample")
    cadence_spm: float | None = optional("steps/min", "median over steps")
    steps: int = column("steps", "steps reported, both feet")
    rejected: int = column("strides", "strides rejected, both feet")
    verdict: str = column("", "how left and right compare, or why that cannot be said")
    simulated: bool = column("", "whether the runner was a simulated one")
    method: str = column("", "version of the analysis")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened; time is when."""

    runner: str
    session: str
    side: str
    time_ns: int
    kind: str = column("", "mark, gap, alert_raised, alert_cleared or swap_suspected")
    text: str = column("", "one sentence")


Row = StepRow | RejectionRow | BalanceRow | WearRow | QualityRow | SessionRow | EventRow
