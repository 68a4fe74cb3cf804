"""What columns mean to those who look at a board: plain words for the schema's.

The schema speaks to whoever reads rows ("column of the step row", "Unix time"); a coach
does not. Only columns whose own words would not be understood are here; that each is in
the schema is tested (tests/dashboards/test_grafana_words.py).
"""

_PACKETS = "packets of data"
_SILENT = "how long nothing has been heard of that sensor"

PLAIN: dict[str, dict[str, str]] = {
    "session": {
        "runner": "the runner's pseudonym",
        "shoe": "shoe it was run in",
        "begin_ms": "when the run began",
        "end_ms": "when it ended, or how far it is while it goes on",
        "duration_s": "how long the run was, or is so far",
        "cadence_spm": "steps per minute: half of the run had more, half had less",
        "distance_m": "how far the run was, mean of both feet",
        "steps": "steps of both feet",
    },
    "step": {
        "contact_time_s": "how long the foot stays on the ground in each step",
        "strike_angle_deg": "angle of the foot at landing, + = toes up",
        "pronation_excursion_deg": "how far the shoe rolls inwards after landing",
    },
    "balance": {
        "metric": "what is compared",
        "left": "mean of the left foot's steps",
        "right": "mean of the right foot's steps",
        "difference": "right minus left",
        "asi_pct": "right less left, in per cent of the mean of both; + = right more",
        "ci_low": "lower end of the 95 % interval, doubt about the sensors included",
        "ci_high": "upper end of that interval",
        "n_pairs": "how many left steps were compared with the right step beside them",
        "ci_unit": "per cent, or the unit of the figure itself",
    },
    "baseline": {
        "runner": "the runner's pseudonym",
        "metric": "what is compared",
        "runs": "earlier runs in the same shoe at a similar pace",
        "usual": "mean of the earlier runs in the same shoe, + = right more",
        "band_low": "lower end of the runner's own usual band in that shoe",
        "band_high": "upper end of that band",
        "shift": "the run less the runner's own usual; + = more to the right",
        "ci_unit": "per cent, or the unit of the figure itself",
        "is_new": "whether the run lies outside the runner's own usual band",
    },
    "wear": {
        "dose_bws": "load that the shoe took, in body weight times seconds",
        "lr_pct": (
            "right less left, in per cent of both together; above zero the right shoe "
            "carries more, below zero the left"
        ),
        "ml_pct": "above zero the inner edge carries more, below zero the outer edge",
        "hf_pct": "above zero the heel carries more, below zero the front",
    },
    "finding": {
        "low": "lower end of the 95 % interval",
        "high": "upper end of that interval",
        "unit": "unit of the size and its interval",
    },
    "exercise": {"why": "what it follows from", "retest": "date of the next check"},
    "quality": {
        "rate_hz": "measurements per second",
        "steps": "steps that were counted",
        "rejected": "strides that were left out",
        "gaps": "places where data are missing",
        "lost_s": "how long those gaps are together",
        "battery_pct": "charge of the sensor's battery when it last told",
    },
    "event": {
        "runner": "the runner's pseudonym",
        "text": "what it was, in one sentence",
        "code": "which light it was",
    },
    "live": {
        "light": "no usual yet, steady, drifting or check",
        "elapsed_s": "how long the run has been going on",
        "age_s": "how old the newest data were then",
        "asi_pct": (
            "contact time of the last half minute: right less left, in per cent of the "
            "mean of both; + = right longer"
        ),
        "ci_high_pct": "upper end of that interval",
        "shift_pct": "the last two minutes less the runner's own usual",
        "cadence_spm": "steps per minute over the last half minute",
        "contact_left_ms": "how long the left foot stays on the ground",
        "contact_right_ms": "how long the right foot stays on the ground",
        "left_silent_s": _SILENT,
        "right_silent_s": _SILENT,
        "hip_silent_s": _SILENT,
        "waiting_frames": f"{_PACKETS} that wait on the collector's disk",
    },
    "pipeline": {
        "sessions": "runs that are followed now",
        "received": "messages that came from the broker",
        "stored": f"{_PACKETS} that were stored, each counted once",
        "duplicates": f"{_PACKETS} that came a second time",
        "lost": f"{_PACKETS} that a collector had to give up",
        "dead_letters": "messages that could not be understood; they are kept",
        "refused": "messages put off because too many waited; they are sent again",
        "failed_sessions": "runs that could not be analysed; their data are kept",
        "lag_p50_s": "half of all steps are stored so soon after they end",
        "lag_p99_s": "99 of 100 steps are stored so soon after they end, or sooner",
        "outbox_rows": "lines of data that InfluxDB has not got yet",
        "outbox_age_s": "how long the oldest of the waiting lines has waited",
        "outbox_refused": "lines that InfluxDB did not take; they are kept",
        "memory_mb": "memory that is used",
    },
}
"""By measurement and column."""
