"""Every number the analysis may be tuned by, with its unit and where it comes from.

"dev set" means the 39 treadmill trials of 13 runners with force-plate truth that the
detector was developed on (RBDS, virtual shoe sensors); see benchmarks/accuracy.py.
"""

from dataclasses import dataclass, field

METHOD = "gait 2.1"
"""Version of the analysis: stored with each session, changed when a result changes."""


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How the foot frame is found from an arbitrary mount."""

    moving_rps: float = 1.5
    """Mean angular rate of a second above which the foot moves (dev set)."""
    span_s: float = 20.0
    """Moving time used: 7.5 s already give the same axis (angles.md 1)."""
    standing_s: float = 1.5
    """Quiet stretch that gives gravity and gyro bias (detector.md 2.1)."""
    standing_gyro_sd_rps: float = 0.05
    """Quiet enough to be standing: .0015 virtual, .01 real shoes (detector.md 7)."""
    standing_search_s: float = 12.0
    """Standing is looked for this long before the first movement (detector.md 2.1)."""
    least_moving_s: float = 3.0
    """Below this no axis is trusted (prototype)."""
    sign_speed_mps: float = 0.25
    """Slowest strapdown speed whose direction counts as a vote (detector.md 2.3)."""


@dataclass(frozen=True, slots=True)
class StrideSettings:
    """How strides are cut out of the stream at mid-swing."""

    cutoff_hz: float = 6.0
    """Low-pass that leaves the pitch rate one hump per stride (detector.md 2.4)."""
    floor_dps: float = 150.0
    """Least height of that hump (detector.md 2.4)."""
    relative_height: float = 0.4
    """Least height relative to the median of the last humps (detector.md 2.4)."""
    remembered: int = 9
    """Humps in that median: about 6 s of running."""
    refractory_s: float = 0.35
    """Two humps closer than this are one stride: running strides last .42 s or more."""
    before_s: float = 0.3
    """Window before mid-swing; 8 time constants of the slowest filter."""
    after_s: float = 1.3
    """Window after mid-swing: the longest running stride (.95 s) and settling time."""
    shortest_s: float = 0.42
    longest_s: float = 0.95
    """Running strides (detector.md 2.4: 126 to 285 steps/min)."""
    longest_walking_s: float = 2.0
    """Longer than this is no stride at all but a pause."""
    longest_gap_s: float = 10.0
    """A longer gap may hold a pause; how many strides it hid is not known."""
    bout_strides: int = 3
    """Fewer running strides in a row are a stumble or a turn: the walking trials of the
    PyShoe recordings contain single short strides, its running trials do not."""


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Initial contact and toe-off within a stride; times in ms, angles in deg.

    Phases and widths: detector.md section 2. The correction is a ridge fit on the dev
    set with no left/right term, stable over leave-one-runner-out fits.
    """

    looked_at_s: tuple[float, float] = (0.15, 1.10)
    """Part of each window in which both events lie, with 100 ms for the filters."""
    cutoff_hz: float = 17.0
    """Low-pass of turning and force: all that tells the events lies below 20 Hz, and 15
    to 25 do as well (dev set; detector.md 3)."""
    unload_hz: float = 12.0
    """Low-pass of the force where toe-off is looked for: a slow runner unloads in two
    falls, and the sharper is not always the same (real shoes, detector.md 5)."""
    contact_phase: tuple[float, float] = (0.10, 0.28)
    heel_up_to_unload_s: float = 0.025
    """From the heel risen by 30 deg to the steepest fall of force: on average; 8 ms
    more or less between feet and 4 within one (dev set)."""
    unload_sd_s: float = 0.020
    unload_reach_sd: float = 3.0
    """How far from there it is looked for, and how much nearer counts: twice what the
    dev set scatters, and still half of the way to the wrong falls of slow running."""
    rise_weight: float = 0.3
    """Weight of the force against the turning when contact is sharpened: 0 follows a
    bump before soft landings, 1 doubles the scatter between heel strikers (dev set)."""
    sharpen_s: float = 0.020
    outlier_s: float = 0.025
    least_echo: float = 0.25
    """An event is moved to its usual phase only if the signal there reaches this share
    of the place found: a clear event at an odd phase beats nothing at the usual one."""
    history: int = 40
    """Strides whose median phase judges the next one."""
    opening: int = 20
    """The first strides are judged together, once so many are there."""
    contact_offset_ms: float = -1.88
    contact_per_slap_ms: float = 0.412
    contact_per_lift_ms: float = 0.086
    toe_off_offset_ms: float = -7.99
    slap_s: tuple[float, float] = (-0.040, 0.080)
    lift_s: tuple[float, float] = (-0.100, -0.020)
    least_contact_s: float = 0.10
    most_contact_s: float = 0.45
    most_duty: float = 0.6
    """Plausible running contact (detector.md 2.9)."""
    least_sharpness: float = 0.35
    """Share of the usual abruptness that the first and last stance of a stretch must
    reach: standing shows below .05, the softest running contact of the dev set .4."""
    gap_reach_s: float = 0.030
    """A lost sample this near an event makes it another one (algorithms.md 6)."""
    laces_rise_m: tuple[float, float] = (-0.02, 0.07)
    """How far the sensor rises with the heel: 0 to 6 cm on the laces (dev set, real
    shoes), 8 to 12 at the heel (simulated; geometry says 10), where clipped impacts may
    also spoil the figure. There the coefficients do not hold (detector.md 4)."""
    least_rate_hz: float = 80.0
    """Below, contact times are wrong by tens of ms (algorithms.md 6: 50 Hz refused)."""


@dataclass(frozen=True, slots=True)
class PronationSettings:
    """The parts of a contact that eversion is looked for in."""

    phase: float = 0.6
    """Until here eversion has its maximum (so the truth of the dev set is defined)."""
    landing_phase: float = 0.5
    """Until here a foot everts, whichever foot it is: before the heel rises."""


@dataclass(frozen=True, slots=True)
class FlatFootSettings:
    """What a shoe does at mid-stance and in a landing."""

    closing_deg: float = 15.0
    """From one mid-stance to the next the sole comes back to its tilt: within 3 deg on
    a treadmill, 16 in sharp turns (99 % of strides, dev set and PyShoe); 20 to 90 where
    the gyroscope was disturbed or an end was no mid-stance."""
    missing_mps2: float = 4.0
    """Most that a landing may lack: a foot lands with up to 2.5 m/s, strides last .6 s
    and more. A hobby sensor's run (wearable_my_foot) has 1 to 3.6."""

    pitch_deg: float = -2.2
    """Against standing: -2.2 with an SD of 1.4 between feet (dev set), -4.3 and 1.8 in
    eight runs with a real shoe (PyShoe); 1 deg is 3 % of a stride."""
    impact_s: float = 0.012
    """From initial contact to the middle of the impact: a quarter of its period at 14
    to 28 Hz (algorithms.md section 9)."""


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """What is asked of a stride before its motion is believed."""

    pronation: PronationSettings = field(default_factory=PronationSettings)
    toe_out_speed_mps: float = 1.0
    """Slower, the direction of travel is not known: 4 cm of error in a stride
    (angles.md 4) are 3 deg of a travel of .7 m."""
    shock_s: float = 0.050
    """After initial contact (algorithms.md 3)."""
    flat_foot: FlatFootSettings = field(default_factory=FlatFootSettings)


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """How left and right are compared."""

    live_window_s: float = 30.0
    """One row of the history, and what the live tile looks back on."""
    live_pairs: int = 30
    """Pairs before a live number is shown: means of running strides need 16 to 150
    steps (Godin, in algorithms.md 4); 30 s hold 40."""
    report_pairs: int = 30
    """Pairs before a verdict on a run is given, for the same reason."""
    least_coverage: float = 0.7
    """Share of strides that must have become steps (algorithms.md 6)."""
    least_pairs: int = 5
    """Fewer give no interval worth the name."""
    outlier_mads: float = 3.5
    """Pairs further than this from the median are dropped (algorithms.md 4)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the analysis."""

    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    stride: StrideSettings = field(default_factory=StrideSettings)
    event: EventSettings = field(default_factory=EventSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    balance: BalanceSettings = field(default_factory=BalanceSettings)
