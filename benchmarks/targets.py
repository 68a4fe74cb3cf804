"""What each figure is called, what it is to reach, and what the prototype reached.

Targets: the table of the issue "Gait metrics that a physio would trust". Prototype:
detector.md and angles.md, leaving runners out.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A range that a figure is to lie in; ``is_size`` looks at its size only."""

    least: float = -math.inf
    most: float = math.inf
    is_size: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a figure reaches it; an unknown one does not."""
        value = abs(value) if self.is_size else value
        return self.least <= value <= self.most

    def __str__(self) -> str:
        if self.is_size:
            return f"within {self.most:g}"
        if math.isinf(self.least):
            return f"<= {self.most:g}" if self.most else "0"
        return f">= {self.least:g}" + (
            "" if math.isinf(self.most) else f" and <= {self.most:g}"
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a table."""

    key: str
    words: str
    unit: str
    target: Target | None = None
    prototype: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One data set's table: which figures, and what to know of the data."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]


def _most(value: float) -> Target:
    return Target(most=value)


def _least(value: float) -> Target:
    return Target(least=value)


def _within(value: float) -> Target:
    return Target(most=value, is_size=True)


RBDS = Sheet(
    "rbds",
    "Shoes: 13 treadmill runners, 39 trials, force plates (rbds_virtual)",
    "Virtual sensors made from markers: no impact peaks. The coefficients of the event"
    " correction were fitted on these same runners.",
    (
        Row("found_pct", "steps found", "%", _least(99.9), "99.97"),
        Row("swapped_steps", "steps given to the other foot", "steps", _most(0), "1"),
        Row(
            "swapped_as_labelled_steps",
            "the same, one mislabelled contact of 27_run35 left as its truth has it",
            "steps",
        ),
        Row("ic_bias_ms", "initial contact, mean bias", "ms"),
        Row(
            "ic_bias_sd_ms", "initial contact, SD of the trial bias", "ms", None, "3.4"
        ),
        Row("to_bias_ms", "toe-off, mean bias", "ms"),
        Row("to_bias_sd_ms", "toe-off, SD of the trial bias", "ms", None, "3.3"),
        Row(
            "contact_within_sd_ms",
            "contact time, SD within a trial, median",
            "ms",
            _most(2.5),
            "2.2",
        ),
        Row("contact_bias_ms", "contact time, mean bias", "ms", _within(3), "-0.1"),
        Row(
            "contact_bias_sd_ms",
            "contact time, SD of the trial bias",
            "ms",
            _most(5.5),
            "4.1",
        ),
        Row("contact_worst_bias_ms", "contact time, worst foot of a trial", "ms"),
        Row("far_pct", "strides more than 20 ms off", "%", None, "0.3"),
        Row(
            "asi_rmse_points", "ASI of contact time, RMSE", "points", _most(1.5), "1.5"
        ),
        Row("asi_worst_points", "ASI, worst trial", "points", _most(4), "3.9"),
        Row(
            "asi_change_points",
            "ASI, change within one runner",
            "points",
            _most(1.0),
            "1.0",
        ),
        Row(
            "asi_always_even_points",
            'for scale: always saying "even"',
            "points",
            None,
            "2.9",
        ),
        Row("asi_covered_pct", "95 % interval of the ASI holds the truth", "%"),
        Row(
            "strike_sd_deg",
            "foot strike angle, SD of trial error",
            "deg",
            _most(2.5),
            "1.7",
        ),
        Row("strike_bias_deg", "foot strike angle, bias", "deg", None, "-0.5"),
        Row("strike_step_sd_deg", "foot strike angle, SD of steps", "deg", None, "1.3"),
        Row(
            "strike_left_right_rmse_deg",
            "foot strike angle, left-right RMSE",
            "deg",
            None,
            "2.1",
        ),
        Row("strike_type_agrees_pct", "strike type agrees", "%", _least(90)),
        Row(
            "excursion_rmse_deg",
            "shoe eversion excursion, RMSE over trials",
            "deg",
            _most(2),
            "1.5",
        ),
        Row(
            "excursion_left_right_rmse_deg",
            "shoe eversion excursion, left-right RMSE",
            "deg",
            _most(1.8),
            "1.2",
        ),
        Row("excursion_bias_deg", "shoe eversion excursion, bias", "deg", None, "-0.2"),
        Row(
            "excursion_step_sd_deg",
            "shoe eversion excursion, SD of steps",
            "deg",
            None,
            "0.4",
        ),
        Row(
            "speed_abs_error_pct",
            "speed against the belt, median abs error",
            "%",
            _most(2),
            "1.2",
        ),
        Row("speed_bias_pct", "speed against the belt, bias", "%", None, "0.7"),
        Row("speed_rmse_pct", "speed against the belt, RMSE", "%"),
    ),
)

HIP = Sheet(
    "hip",
    "Hip alone: the same trials, shoes left out (rbds_virtual)",
    "Six trials with marker faults at the pelvis are left out. The hip gives no"
    " left/right contact time: the last line says why.",
    (
        Row("trials", "trials", "trials"),
        Row("found_pct", "steps found", "%"),
        Row(
            "contact_within_sd_ms",
            "contact time, SD within a trial, median",
            "ms",
            _most(12),
            "12",
        ),
        Row(
            "contact_between_sd_ms",
            "contact time, SD between trials",
            "ms",
            _most(22),
            "20",
        ),
        Row("contact_bias_ms", "contact time, bias", "ms", None, "-11"),
        Row("side_right_pct", "side of a step right", "%", _least(98), "96.8"),
        Row("side_unknown_pct", 'steps whose side stays "unknown"', "%"),
        Row("side_wrong_trials", "trials with most sides wrong", "trials", None, "1"),
        Row(
            "left_right_error_ms",
            "contact time right - left, RMSE (not shown to anybody)",
            "ms",
            None,
            "8",
        ),
    ),
)

SACRAL = Sheet(
    "sacral",
    "Hip: a real sacral accelerometer against force (sacral_grf)",
    "One runner, 16 runs of 5 s, slopes from -10 to 10 deg; low-passed at 20 Hz and cut"
    " off below zero by its source.",
    (
        Row("found_pct", "contacts found", "%"),
        Row("contact_bias_ms", "contact time, bias", "ms", None, "7"),
        Row(
            "contact_within_sd_ms",
            "contact time, SD within a run, median",
            "ms",
            _most(12),
            "12",
        ),
        Row(
            "contact_between_sd_ms",
            "contact time, SD between runs",
            "ms",
            _most(22),
            "22",
        ),
    ),
)

PYSHOE = Sheet(
    "pyshoe",
    "A real shoe sensor in a small room, optical position (pyshoe_vicon)",
    "One runner at 1.3 to 2.2 m/s, turning all the time; no contact truth. Changes by a"
    " 30 Hz low-pass are of trial medians with 15 strides or more.",
    (
        Row("runs", "running trials", "trials"),
        Row("strides", "running strides with a step", "strides"),
        Row("contact_least_median_ms", "contact time, least trial median", "ms"),
        Row("contact_most_median_ms", "contact time, largest trial median", "ms"),
        Row(
            "smooth_change_worst_ms",
            "contact time, worst change by smooth input",
            "ms",
            _most(4),
            "2.9",
        ),
        Row(
            "smooth_change_mean_ms",
            "contact time, mean size of that change",
            "ms",
        ),
        Row(
            "stride_abs_error_pct",
            "stride length, median abs error",
            "%",
            _most(3),
            "2.5",
        ),
        Row("stride_bias_pct", "stride length, bias", "%", None, "-1.8"),
        Row(
            "stride_bias_sd_pct",
            "stride length, SD of the trial bias",
            "%",
            None,
            "1.0",
        ),
        Row("stride_pairs", "strides compared", "strides"),
        Row(
            "other_steps",
            "running steps seen in walking, stairs, crawling",
            "steps",
            _most(0),
            "0",
        ),
        Row("other_trials", "trials of that", "trials"),
    ),
)

WMF = Sheet(
    "wmf",
    "A real outdoor run, one hobby sensor at 100 Hz (wearable_my_foot)",
    "No contact truth. About 145 strides by hand; a foot pod said 234 to 284 ms on"
    " other days. The prototype's 97 % are the same 140 strides, rounded.",
    (
        Row("strides", "strides with a step", "strides", None, "140"),
        Row("found_pct", "strides found", "%", _least(97), "97"),
        Row(
            "contact_median_ms",
            "contact time, median",
            "ms",
            Target(200, 280),
            "234",
        ),
        Row("contact_iqr_ms", "contact time, interquartile range", "ms", None, "27"),
        Row(
            "smooth_less_raw_ms",
            "contact time, change of the median by smooth input",
            "ms",
            _within(4),
            "1.2",
        ),
        Row(
            "smooth_less_raw_sd_ms",
            "the same for single strides, SD",
            "ms",
            None,
            "4.8",
        ),
        Row("speed_mps", "speed, median", "m/s", None, "3.5"),
    ),
)

TILE = Sheet(
    "sensortile",
    "Pronation, sign only: acted walking on a real shoe (pronation_sensortile)",
    "One walker, six files of each class on one day; lateral tilt of the flat foot"
    " against normal walking, + = as in over-pronation.",
    (
        Row("files", "files", "files"),
        Row("normal_sd_deg", "normal walking, SD over files", "deg", None, "0.4"),
        Row("over_pronation_deg", "acted over-pronation", "deg", None, "8.2"),
        Row("over_supination_deg", "acted over-supination", "deg", None, "-1.3"),
        Row("pronation_deg", "acted pronation", "deg", None, "0.3"),
        Row("supination_deg", "acted supination", "deg", None, "-0.4"),
        Row("opposite_signs", "opposite signs (1 = yes)", "", _least(1), "1"),
    ),
)

WALKING = Sheet(
    "walking",
    "Real walkers (gaitmap_walk, tripod_walk)",
    "Walking is recognised and not analysed.",
    (
        Row("walkers", "walkers", "walkers"),
        Row("running_steps", "running steps seen in walking", "steps", _most(0), "0"),
        Row("feet_called_walking", "feet that are said to walk", "feet"),
        Row("walking_strides", "strides seen", "strides"),
        Row("strides_called_walking_pct", "of these called walking", "%"),
    ),
)

SPEED = Sheet(
    "speed",
    "Speed: two feet, 200 Hz, one core",
    "A simulated runner; the recording is in memory as frames of 20 samples. Events,"
    " every metric of every step, left against right. Processor seconds; machines"
    " differ, so compare ratios.",
    (
        Row(
            "one_hour_s",
            "one hour of running, all metrics",
            "s",
            _most(0.5),
            "2.1 (events only)",
        ),
        Row("peak_mb", "largest memory of the process", "MB", _most(500)),
        Row("order_s", "besides: putting its frames in order", "s"),
        Row("rows_s", "besides: making every row of the store", "s"),
        Row("gaitmap_one_hour_s", "gaitmap's pipeline, one hour of walking", "s"),
        Row(
            "gaitmap_ratio", "gaitmap's time over ours, per hour", "times", _least(100)
        ),
        Row(
            "same_walk_ratio",
            "the same on its own walking recording, where ours stops at the gate",
            "times",
        ),
        Row("gaitmap_peak_mb", "gaitmap's largest memory (of the minutes run)", "MB"),
    ),
)

SHEETS = (RBDS, HIP, SACRAL, PYSHOE, WMF, TILE, WALKING)
