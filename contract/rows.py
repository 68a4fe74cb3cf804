"""Rows of the store, one frozen dataclass per measurement, each column with its unit.

This is the one table that feeds SQLite, InfluxDB, Grafana, CSV export and the docs
(`contract.schema` reads it). Tags are only runner, session and side; ``time_ns`` is the
event's own Unix time; all numbers are floats unless the column says int. None means
"not known" and is never written as a number. Rows about the running service, which no
recording can give again, are in `contract.service_rows`.

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


def shoe_column() -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    """Declare the shoe of a row's session; empty where it has no name."""
    return field(default="", metadata={"unit": "", "text": "shoe of the session"})


def private(text: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed so
    """Declare a text that stays on this machine: it is sent to no server."""
    return field(metadata={"unit": "", "text": text, "private": "yes"})


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
    peak_force_bw: float | None = optional("BW", "modelled peak force, half a sine")
    strike_angle_deg: float | None = optional(
        "deg", "foot strike angle against standing, + = toes up"
    )
    strike_type: str | None = optional("", "heel, middle or forefoot, by strike angle")
    pitch_at_toe_off_deg: float | None = optional(
        "deg", "shoe pitch at toe-off against standing, + = toes up"
    )
    pronation_excursion_deg: float | None = optional(
        "deg", "shoe eversion gained from initial contact to its maximum"
    )
    pronation_time_pct: float | None = optional(
        "% of contact", "when eversion is largest"
    )
    pronation_velocity_dps: float | None = optional(
        "deg/s", "largest eversion velocity on the way there"
    )
    toe_out_deg: float | None = optional(
        "deg", "shoe against the direction of travel, + = toes outward"
    )
    impact_g: float | None = optional(
        "g", "peak of specific force after contact, less 1 g; compare own runs only"
    )
    braking_g: float | None = optional(
        "g", "peak backward force along the shoe; compare own runs only"
    )
    is_clipped: bool | None = optional("", "whether the shock reached the range")
    stride_length_m: float | None = optional("m", "from mid-stance to mid-stance")
    speed_mps: float | None = optional("m/s", "stride length over stride time")
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
class HipStepRow:
    """One step as the hip sensor saw it; time is its mid-stance.

    The hip knows when steps come and roughly how long the ground is touched; it makes
    no left/right claim about contact time.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    foot: str = column("", "left, right or unknown; the shoes' word where they know")
    step_time_s: float | None = optional("s", "to the next step's mid-stance")
    cadence_spm: float | None = optional("steps/min", "60 over step time")
    contact_time_estimate_s: float | None = optional(
        "s", "ground contact time, an estimate: off by 25 ms (SD) between runners"
    )
    vertical_oscillation_m: float | None = optional(
        "m", "rise and fall of the sensor within the step"
    )
    pelvic_drop_deg: float | None = optional(
        "deg", "pelvis against standing, + = the swing side drops; compare own runs"
    )
    pelvic_tilt_deg: float | None = optional(
        "deg", "forward tilt against standing, + = forward; compare own runs only"
    )
    pelvic_rotation_deg: float | None = optional(
        "deg", "range of turning about the vertical within the stride"
    )
    side_confidence: float = column("1", "share of the votes for this side, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """Left against right for one metric over one window; time is the window's start.

    Ratio metrics are compared in percent of the mean (``asi_pct``), angles by their
    difference in degrees; interval and halves are in ``ci_unit``.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    window: str = column(
        "", "run, 30s, km, first_third, last_third, or change: last less first third"
    )
    metric: str = column("", "column of the step row that is compared")
    left: float = column("as metric", "mean of the left foot's paired steps")
    right: float = column("as metric", "mean of the right foot's paired steps")
    left_sd: float | None = optional("as metric", "spread of the left foot's steps")
    right_sd: float | None = optional("as metric", "spread of the right foot's steps")
    difference: float = column("as metric", "right minus left, mean of pairs")
    asi_pct: float | None = optional("%", "asymmetry index, + = right larger")
    ci_low: float = column(
        "as ci_unit", "lower end of the 95 % interval, systematic part included"
    )
    ci_high: float = column("as ci_unit", "upper end of the same")
    random_half: float = column("as ci_unit", "half width from step-to-step variation")
    systematic_half: float = column("as ci_unit", "half width from sensor and mount")
    ci_unit: str = column("", "unit of the interval: %, or the metric's own")
    n_pairs: int = column("pairs", "left/right pairs compared")
    n_eff: float = column("pairs", "pairs after allowing for their correlation")
    source: str = column("", "shoes or hip")
    shoe: str = shoe_column()
    left_cv_pct: float | None = optional(
        "%", "spread of the left foot's steps over their mean; ratio metrics only"
    )
    right_cv_pct: float | None = optional("%", "the same of the right foot")
    symmetry_angle_pct: float | None = optional(
        "%", "symmetry angle, 100 (45 deg - atan(L/R)) / 90 deg, + = right larger"
    )
    speed_mps: float | None = optional("m/s", "median speed of strides in the window")

    @property
    def size(self) -> float:
        """The figure that the interval is about, in ``ci_unit``."""
        return self.difference if self.asi_pct is None else self.asi_pct


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """One metric of a run against the runner's own earlier runs; time as the session.

    Figures are in the unit of the balance row's interval.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    metric: str = column("", "column of the step row that is compared")
    runs: int = column("runs", "earlier runs in the same shoe at similar pace")
    usual: float = column("as ci_unit", "mean of those runs, + = right larger")
    band_low: float = column("as ci_unit", "lower end of the own usual band")
    band_high: float = column("as ci_unit", "upper end of the same")
    mdc: float = column("as ci_unit", "smallest change that is more than chance")
    shift: float = column("as ci_unit", "this run less the usual")
    ci_unit: str = column("", "unit of these figures: %, or the metric's own")
    is_new: bool = column(
        "",
        "whether the shift is beyond the band and this run's own doubt, and beyond mdc",
    )
    shoe: str = shoe_column()
    is_flagged: bool | None = optional(
        "", "new, and the feet differ by more than either varies from step to step"
    )
    z: float | None = optional("1", "shift over the spread of those runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """Mean roll of one shoe at one moment of ground contact; time as the session.

    All steps of the run whose roll is known, each stretched to 0 to 100 % of contact.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    contact_pct: int = column("% of contact", "0 initial contact, 100 toe-off")
    eversion_deg: float = column(
        "deg", "shoe against standing, + = inner edge down, mean over steps"
    )
    eversion_sd_deg: float = column("deg", "spread over steps at this moment")
    steps: int = column("steps", "steps that the mean is of")


@dataclass(frozen=True, slots=True, kw_only=True)
class WearRow:
    """Modelled load dose of one shoe in one session; time is the session's start.

    A model of load from motion, not of rubber (algorithms.md section 5).
    """

    runner: str
    session: str
    side: str
    time_ns: int
    shoe: str = column("", "shoe as the session named it")
    steps: int = column("steps", "steps whose impulse is known")
    dose_bws: float = column("BW s", "sum of vertical impulse")
    dose_per_step_bws: float = column("BW s", "mean vertical impulse per step")
    heel_medial_bws: float | None = optional("BW s", "dose of the inner heel")
    heel_lateral_bws: float | None = optional("BW s", "dose of the outer heel")
    mid_medial_bws: float | None = optional("BW s", "dose of the inner midfoot")
    mid_lateral_bws: float | None = optional("BW s", "dose of the outer midfoot")
    fore_medial_bws: float | None = optional("BW s", "dose of the inner forefoot")
    fore_lateral_bws: float | None = optional("BW s", "dose of the outer forefoot")
    lr_pct: float | None = optional("%", "100 (R - L) / (R + L) of the dose per step")
    ml_pct: float | None = optional("%", "100 (medial - lateral) / sum of this shoe")
    hf_pct: float | None = optional("%", "100 (heel - fore) / (heel + fore)")
    distance_m: float | None = optional("m", "distance this shoe ran")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One thing that stands out in a run; time is the session's start."""

    runner: str
    session: str
    side: str
    time_ns: int
    code: str = column("", "short stable name of the finding")
    rank: int = column("1", "1 stands out most; at most three are given")
    metric: str = column("", "column of the step row that it is about")
    text: str = column("", "what differs, in one sentence")
    size: float = column("as unit", "how much, + = right larger")
    low: float = column("as unit", "lower end of the 95 % interval")
    high: float = column("as unit", "upper end of the same")
    unit: str = column("", "unit of size, low and high")
    certainty: int = column("1", "how sure, 1 to 3")
    since: str = column("", "since when: new, or for how many runs")
    action: str = column("", "the one thing to do")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseRow:
    """One exercise of the plan that a run's findings lead to."""

    runner: str
    session: str
    side: str
    time_ns: int
    place: int = column("1", "place in the plan, from 1")
    phase: str = column("", "inhibit, lengthen, activate or integrate")
    exercise: str = column("", "what to do")
    dose: str = column("", "sets, repetitions, seconds, tempo")
    when: str = column("", "before the run, after the run, or both")
    why: str = column("", "finding or observation that asks for it")
    retest: str = column("", "date of the next check, YYYY-MM-DD")


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
    mount: str = column("", "where the sensor's axes come from")
    axis_spread_deg: float | None = optional("deg", "spread of the forward axis")
    withheld: str = column("", "figures not given, and why; empty when all are")
    near_gaps: int = column("strides", "strides left out because samples are missing")
    strides: int = column("strides", "strides found")
    steps: int = column("steps", "steps reported")
    rejected: int = column("strides", "strides rejected")
    packets_lost: int | None = optional("packets", "lost on the radio link for good")
    reconnects: int | None = optional("1", "how often the radio link was made anew")
    battery_pct: float | None = optional("%", "battery of the sensor, as it last told")
    clock_bound_ms: float | None = optional(
        "ms", "how far its times may be off against another sensor's, mean"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One run; time is its start (the recording's time zero)."""

    runner: str
    session: str
    side: str
    time_ns: int
    name: str = private("name to show; stays in the local database")
    shoe: str = column("", "shoe of the session")
    state: str = column("", "running or ended")
    duration_s: float = column("s", "from the first to the last sample")
    cadence_spm: float | None = optional("steps/min", "median over steps")
    speed_mps: float | None = optional("m/s", "median over strides")
    distance_m: float | None = optional("m", "distance run, mean of both feet")
    steps: int = column("steps", "steps reported, both feet")
    rejected: int = column("strides", "strides rejected, both feet")
    verdict: str = column("", "how left and right compare, or why that cannot be said")
    source: str = column("", "shoes, hip or none: what the figures come from")
    baseline_runs: int = column("runs", "earlier runs that the verdict looks back on")
    simulated: bool = column("", "whether the runner was a simulated one")
    method: str = column("", "version of the analysis")
    settings_hash: str | None = optional(
        "", "the numbers that tuned the analysis, as a hash"
    )
    pace_matched_session: str | None = optional(
        "", "latest earlier run in the same shoe within 5 % of this one's speed"
    )
    begin_ms: int | None = optional("ms", "Unix time of the first sample")
    end_ms: int | None = optional("ms", "Unix time of the last sample")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened; time is when."""

    runner: str
    session: str
    side: str
    time_ns: int
    kind: str = column("", "what kind of thing: mark, gap, slip, swap_suspected, ...")
    text: str = column("", "one sentence")
    code: str | None = optional("", "which light an alert is about")


Row = (
    StepRow
    | HipStepRow
    | RejectionRow
    | BalanceRow
    | BaselineRow
    | RollRow
    | WearRow
    | FindingRow
    | ExerciseRow
    | QualityRow
    | SessionRow
    | EventRow
)
"""Every row that an analysis gives."""
