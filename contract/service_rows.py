"""Rows about the running service: what no recording can give again.

They go to InfluxDB for the boards of now and of the pipeline; analysing a run again
neither makes nor removes them. Columns as in `contract.rows`.
"""

from dataclasses import dataclass

from contract.rows import column, optional

SERVICE = "service"
"""Runner and session of rows that are about no runner; no person may have this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """What a live tile showed; time is when it was shown, side is both.

    Written every few seconds while data come, only for runners who agreed to be
    watched. Figures are of ground contact time, + = right longer.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    state: str = column(
        "", "calibrating, warming, live, walking, one_foot, in_doubt or ended"
    )
    note: str = column("", "what keeps left and right from being compared")
    elapsed_s: float = column("s", "since the first sample")
    age_s: float = column("s", "how old the newest sample was when this was written")
    asi_pct: float | None = optional("%", "asymmetry index of the last half minute")
    ci_low_pct: float | None = optional("%", "lower end of its 95 % interval")
    ci_high_pct: float | None = optional("%", "upper end of the same")
    usual_pct: float | None = optional("%", "mean of her own earlier runs")
    band_low_pct: float | None = optional("%", "lower end of her own usual band")
    band_high_pct: float | None = optional("%", "upper end of the same")
    shift_pct: float | None = optional("%", "the last two minutes less her usual")
    cadence_spm: float | None = optional("steps/min", "over the last half minute")
    contact_left_ms: float | None = optional("ms", "left ground contact time")
    contact_right_ms: float | None = optional("ms", "right ground contact time")
    light: int = column("1", "0 nothing to say, 1 steady, 2 drifting, 3 check")
    light_code: str = column("", "which light is on; empty when none is")
    left_silent_s: float | None = optional("s", "since the left sensor's last sample")
    right_silent_s: float | None = optional("s", "since the right sensor's last sample")
    hip_silent_s: float | None = optional("s", "since the hip sensor's last sample")
    waiting_frames: int = column("frames", "on the collector's disk, as it last told")
    simulated: bool = column("", "whether the runner was a simulated one")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRow:
    """How the processing does; time is now, runner and session are ``service``.

    Counts are since ``started_ms``: a smaller one than before means a restart.
    """

    runner: str
    session: str
    side: str
    time_ns: int
    started_ms: int = column("ms", "Unix time at which this processing began")
    sessions: int = column("runs", "runs in memory")
    received: int = column("messages", "messages taken from the broker")
    stored: int = column("frames", "frames stored, each once")
    duplicates: int = column("frames", "frames that came again")
    lost: int = column("frames", "frames that a collector gave up")
    dead_letters: int = column("messages", "messages set aside as not understood")
    refused: int = column("messages", "not taken because too many waited; sent again")
    inbox: int = column("messages", "messages that wait to be stored")
    failed_sessions: int = column("runs", "runs whose analysis broke")
    store_failures: int = column("1", "times the run database took no data")
    steps: int = column("steps", "steps written for the first time")
    lag_p50_s: float | None = optional("s", "end of a step to its row stored, median")
    lag_p99_s: float | None = optional("s", "the same, 99 of 100 are quicker")
    outbox_rows: int = column("rows", "rows that InfluxDB has not got yet")
    outbox_bytes: int = column("bytes", "disk space of these")
    outbox_age_s: float = column("s", "how long the oldest of these waits")
    outbox_refused: int = column(
        "rows", "rows that InfluxDB refused and were set aside"
    )
    influx: str = column("", "off, ok, retrying or refused, and why")
    memory_mb: float | None = optional("MB", "memory that the processing holds")
