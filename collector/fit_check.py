"""Are the sensors worn as they should be: stand for 3 s, then ten steps on the spot.

Six checks of what came in during these seconds. A check that fails says what is wrong
in one sentence and what to do; none keeps anybody from running.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from collector.cadence import likeness, period
from collector.check_result import CheckResult, bad, good, too_short, unsure
from collector.first_step import first_foot
from contract.model import FloatArray, Slot
from contract.units import DEG_PER_RAD, STANDARD_GRAVITY_MPS2

# Issue 4 and product notes 3.1.
LEAST_SHARE = 0.95
MOST_CLOCK_BOUND_S = 0.005
LOW_BATTERY_PCT = 15
# Standing is the stillest 2 s; how still: design notes on algorithms, section 56.
STILL_S, STILL_STEP_S = 2.0, 0.1
MOST_STILL_RPS = 3.0 / DEG_PER_RAD
# Chips are up to 3 deg/s off when new (data sheets of LSM6DS3TR-C and BMI160): three
# times that is a fault or somebody who turned.
MOST_BIAS_RPS = 10.0 / DEG_PER_RAD
# 40 mg of zero offset (the same data sheets) and 2 % of scale.
MOST_OFF_GRAVITY_MPS2 = 0.6
# Feet in turn: half a stride apart, on the same foot none (processing/placement.py has
# the same 0.15 for runs).
GRID_HZ, SMOOTH_S = 100.0, 0.25
STRIDE_S = (0.6, 2.0)
LEAST_STEPPING_RPS = 0.5
TOGETHER_PHASE, IN_TURN_PHASE = 0.15, 0.3
# A clip on laces swings at 45 to 80 Hz (collector/simulated/sensor.py), soon quiet
# again; a loose one goes on. Share of the vibration that comes late: 0.01 to 0.09 in 30
# recordings of real shoes (PyShoe, gaitmap), 0.02 and less in the simulator, 0.2 and
# more for clips of 30 to 35 Hz with a fifth of its damping.
RING_HZ, RING_EDGE_HZ = (25.0, 90.0), 5.0
BLOW_S, LATE_FROM_S, LATE_TO_S = 0.04, 0.06, 0.16
MOST_LATE_SHARE = 0.15
LEAST_RING_RATE_HZ = 150.0
LEAST_BLOW_MPS2 = 1.0
LEAST_BLOWS, BLOWS_APART_S = 4, 0.4

WORN_AS = {Slot.LEFT: "left shoe", Slot.RIGHT: "right shoe", Slot.HIP: "hip"}


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """What one sensor sent while its wearer stood and stepped.

    Attributes
    ----------
    slot : Slot
        Where it is said to be worn.
    t_s : array [n]
        Host times, the same clock for all sensors.
    samples : array [n, 6]
        m/s2 and rad/s.
    rate_hz_expected : float
        What the sensor was configured for.
    clock_bound_s : float
        How far its host times may be off, beyond what all sensors share.
    battery_pct : int, optional
        Where it is known.
    side : str
        What the sensor itself says: left, right or nothing.
    """

    slot: Slot
    t_s: FloatArray
    samples: FloatArray
    rate_hz_expected: float
    clock_bound_s: float
    battery_pct: int | None = None
    side: str = ""


def check_fit(worn: Sequence[Worn]) -> tuple[CheckResult, ...]:
    """Give the six checks, in the order in which they are to be shown."""
    return (
        check_streaming(worn),
        check_stillness(worn),
        check_gravity(worn),
        check_alternation(worn),
        check_tightness(worn),
        check_clocks(worn),
    )


def check_standing(worn: Sequence[Worn]) -> tuple[CheckResult, ...]:
    """Give those of the six that standing alone can tell, before she steps."""
    return check_stillness(worn), check_gravity(worn)


def check_streaming(worn: Sequence[Worn]) -> CheckResult:
    """Whether 95 % of the samples came, of each sensor, from first to last."""
    begin_s = min((w.t_s[0] for w in worn if len(w.t_s)), default=0.0)
    end_s = max((w.t_s[-1] for w in worn if len(w.t_s)), default=0.0)

    def share(one: Worn) -> float:
        due = (end_s - begin_s) * one.rate_hz_expected
        return len(one.t_s) / due if due > 0 else 0.0

    worst, least = _worst(worn, share, lowest=True)
    if worst is None or least < LEAST_SHARE:
        who = WORN_AS[worst.slot] if worst else "sensor"
        return bad(
            "streaming",
            f"Only {least:.0%} of the samples of the {who} came in.",
            "Move closer to the computer and keep other radios away from it.",
        )
    return good("streaming", f"All stream{_batteries(worn)}.")


def check_stillness(worn: Sequence[Worn]) -> CheckResult:
    """Whether the wearer stood still, and the gyroscopes read next to nothing then."""
    stills = {one.slot: still for one in worn if (still := standing(one)) is not None}
    if not stills:
        return too_short("stillness")
    for slot, still in stills.items():
        turning = still[:, 3:]
        if turning.std(axis=0).max() > MOST_STILL_RPS:
            return bad(
                "stillness",
                f"The {WORN_AS[slot]} did not stand still for two seconds.",
                "Stand with both feet flat on the ground and check again.",
            )
        bias_rps = float(np.abs(turning.mean(axis=0)).max())
        if bias_rps > MOST_BIAS_RPS:
            return bad(
                "stillness",
                (
                    f"The gyroscope of the {WORN_AS[slot]} shows "
                    f"{bias_rps * DEG_PER_RAD:.0f} deg/s while standing."
                ),
                "Let the sensor lie still for a minute, or restart it.",
            )
    return good("stillness", "All stand still.")


def check_gravity(worn: Sequence[Worn]) -> CheckResult:
    """Whether the accelerometers read one g while standing."""
    forces = {
        one.slot: float(np.linalg.norm(still[:, :3].mean(axis=0)))
        for one in worn
        if (still := standing(one)) is not None
    }
    if not forces:
        return too_short("gravity")
    for slot, force in forces.items():
        if not abs(force - STANDARD_GRAVITY_MPS2) <= MOST_OFF_GRAVITY_MPS2:
            return bad(
                "gravity",
                f"The {WORN_AS[slot]} shows {force:.1f} m/s2 at rest.",
                "Restart the sensor; if it stays so, its range is set wrongly.",
            )
    return good("gravity", "Gravity is as it should be.")


def check_alternation(worn: Sequence[Worn]) -> CheckResult:
    """Whether the feet step in turn, each with its own sensor.

    Steps on the spot look the same on either foot, whichever way a sensor is mounted:
    sensors on the wrong feet show where they know their own side, or by the foot that
    was lifted first, which was to be the left one.
    """
    for one in worn:
        if one.slot.is_foot and one.side in ("left", "right"):
            told = Slot.LEFT if one.side == "left" else Slot.RIGHT
            if told is not one.slot:
                return bad(
                    "alternation",
                    f"The {WORN_AS[one.slot]} carries a {one.side} sensor.",
                    "Swap the two sensors, or pair them anew.",
                )
    feet = {one.slot: one for one in worn if one.slot.is_foot}
    if len(feet) < 2:
        return unsure("alternation", "It takes a sensor on each shoe to see turns.")
    left, right = feet[Slot.LEFT], feet[Slot.RIGHT]
    found = _alternation_of(*step_phase(left, right))
    if not found.is_good:
        return found
    return _in_turn(first_foot((left.t_s, left.samples), (right.t_s, right.samples)))


def _in_turn(first: Slot | None) -> CheckResult:
    if first is Slot.RIGHT:
        return bad(
            "alternation",
            "The right shoe moved first: the sensors may be swapped.",
            "If you began with the left foot, swap them; else check again.",
        )
    if first is Slot.LEFT:
        return good("alternation", "The feet step in turn, the left one first.")
    return good(
        "alternation", "The feet step in turn; a swap of the two shows only in the run."
    )


def _alternation_of(phase: float | None, why: str) -> CheckResult:
    if phase is None:
        return bad(
            "alternation", why, "Take ten even steps on the spot and check again."
        )
    if phase < TOGETHER_PHASE:
        return bad(
            "alternation",
            "Both sensors move together and may be on the same foot.",
            "Put one sensor on each shoe.",
        )
    if phase < IN_TURN_PHASE:
        return unsure(
            "alternation",
            "The feet step neither together nor clearly in turn.",
            "Take ten even steps on the spot and check again.",
        )
    return good("alternation", "The feet step in turn.")


def check_tightness(worn: Sequence[Worn]) -> CheckResult:
    """Whether sensors on shoes are quiet again soon after the foot lands."""
    feet = [one for one in worn if one.slot.is_foot]
    if not feet:
        return unsure("tightness", "No sensor is on a shoe.")
    if all(one.rate_hz_expected < LEAST_RING_RATE_HZ for one in feet):
        return unsure(
            "tightness",
            "The sensors are too slow to show whether they sit tight.",
            "Pull at each sensor: it should not move on the shoe.",
        )
    shares = {one.slot: late_share(one) for one in feet}
    known = {slot: share for slot, share in shares.items() if share is not None}
    loosest = max(known, key=lambda slot: known[slot], default=None)
    if loosest is not None and known[loosest] > MOST_LATE_SHARE:
        return bad(
            "tightness",
            f"The sensor on the {WORN_AS[loosest]} rattles after each landing.",
            "Fasten it again, under two crossings of the laces.",
        )
    if len(known) < len(shares):
        return unsure(
            "tightness",
            "The feet hardly hit the ground, so nothing could ring.",
            "Take ten firm steps on the spot and check again.",
        )
    return good("tightness", "The sensors sit tight.")


def check_clocks(worn: Sequence[Worn]) -> CheckResult:
    """Whether the clocks are known to 5 ms, as comparing two feet needs."""
    worst, bound_s = _worst(worn, lambda one: one.clock_bound_s, lowest=False)
    if worst is None or not np.isfinite(bound_s):
        return unsure(
            "clock",
            "Too few packets came to know the clocks.",
            "Wait some seconds more and check again.",
        )
    if bound_s > MOST_CLOCK_BOUND_S:
        return bad(
            "clock",
            (
                f"The clock of the {WORN_AS[worst.slot]} is known to "
                f"{bound_s * 1e3:.1f} ms only."
            ),
            "Move the sensors closer to the computer and check again.",
        )
    return good("clock", f"Clocks are known to {bound_s * 1e3:.1f} ms.")


def standing(one: Worn) -> FloatArray | None:
    """Give the samples of the stillest two seconds; None where there are fewer."""
    n = round(STILL_S * one.rate_hz_expected)
    if len(one.samples) < n or n < 2:
        return None
    rate = one.samples[:, 3:] - one.samples[:, 3:].mean(axis=0)
    step = max(round(STILL_STEP_S * one.rate_hz_expected), 1)
    starts = np.arange(0, len(rate) - n + 1, step)
    sums, squares = (
        np.vstack([np.zeros(3), np.cumsum(part, axis=0)]) for part in (rate, rate**2)
    )
    mean = (sums[starts + n] - sums[starts]) / n
    variance = (squares[starts + n] - squares[starts]) / n - mean**2
    begin = int(starts[variance.sum(axis=1).argmin()])
    return one.samples[begin : begin + n]


def step_phase(left: Worn, right: Worn) -> tuple[float | None, str]:
    """Give how far apart the feet step, 0 to 0.5 strides; or None, and why."""
    begin_s = max(one.t_s[0] if len(one.t_s) else np.inf for one in (left, right))
    end_s = min(one.t_s[-1] if len(one.t_s) else -np.inf for one in (left, right))
    if end_s - begin_s < 2 * STRIDE_S[1]:
        return None, "There is too little of both feet to see their steps."
    grid_s = np.arange(begin_s, end_s, 1 / GRID_HZ)
    turning = [_turning(one, grid_s) for one in (left, right)]
    for one, rps in zip((left, right), turning, strict=True):
        if rps.max() < LEAST_STEPPING_RPS:
            return None, f"The {WORN_AS[one.slot]} took no steps."
    is_stepping = np.flatnonzero(np.maximum(*turning) >= LEAST_STEPPING_RPS)
    span = slice(is_stepping[0], is_stepping[-1] + 1)
    swings = [rps[span] - rps[span].mean() for rps in turning]
    like = likeness(swings[0], round(STRIDE_S[1] * GRID_HZ))
    stride = period(like, round(STRIDE_S[0] * GRID_HZ))
    if stride is None:
        return None, "The steps came without a rhythm."
    return _lag_between(swings[0], swings[1], round(stride / 2)) / stride, ""


def _turning(one: Worn, grid_s: FloatArray) -> FloatArray:
    rps = np.linalg.norm(one.samples[:, 3:], axis=1)
    box = np.ones(round(SMOOTH_S * GRID_HZ))
    smooth = np.convolve(np.interp(grid_s, one.t_s, rps), box / len(box), mode="same")
    return np.asarray(smooth)


def _lag_between(one: FloatArray, other: FloatArray, most: int) -> float:
    n = len(one)
    both = np.fft.rfft(one, 2 * n) * np.conj(np.fft.rfft(other, 2 * n))
    like = np.fft.irfft(both, 2 * n)
    lags = np.arange(-most, most + 1)
    return float(abs(lags[like[lags].argmax()]))


def late_share(one: Worn) -> float | None:
    """Give how much of the vibration comes late after a landing, 0 to 1.

    The middle of all landings; None where there are too few of them.
    """
    rate_hz = one.rate_hz_expected
    if rate_hz < LEAST_RING_RATE_HZ or len(one.samples) < rate_hz:
        return None
    power = (vibration(one.samples[:, :3], rate_hz) ** 2).sum(axis=1)
    before, late, after = (round(s * rate_hz) for s in (BLOW_S, LATE_FROM_S, LATE_TO_S))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    blows = np.array(
        [k for k in _blows(power, rate_hz) if before <= k < len(power) - after]
    )
    if len(blows) < LEAST_BLOWS:
        return None
    whole = sums[blows + after] - sums[blows - before]
    return float(np.median((sums[blows + after] - sums[blows + late]) / whole))


def vibration(signal: FloatArray, rate_hz: float) -> FloatArray:
    """Give what lies between 25 and 90 Hz, with soft edges."""
    spectrum = np.fft.rfft(signal - signal.mean(axis=0), axis=0)
    hz = np.fft.rfftfreq(len(signal), 1 / rate_hz)
    low, high = RING_HZ
    above = np.clip((hz - low + RING_EDGE_HZ) / (2 * RING_EDGE_HZ), 0, 1)
    below = np.clip((high + RING_EDGE_HZ - hz) / (2 * RING_EDGE_HZ), 0, 1)
    passed = spectrum * (above * below)[:, None]
    return np.asarray(np.fft.irfft(passed, len(signal), axis=0))


def _blows(power: FloatArray, rate_hz: float) -> Iterable[int]:
    """Give the strongest moments, no two of them within one landing."""
    least = max(LEAST_BLOW_MPS2**2, 0.1 * float(power.max()))
    apart = round(BLOWS_APART_S * rate_hz)
    taken: list[int] = []
    for k in np.argsort(power)[::-1].tolist():
        if power[k] < least:
            break
        if all(abs(k - other) >= apart for other in taken):
            taken.append(k)
    return taken


def _worst(
    worn: Sequence[Worn], size: Callable[[Worn], float], *, lowest: bool
) -> tuple[Worn | None, float]:
    sizes = [(size(one), one) for one in worn]
    if not sizes:
        return None, 0.0
    pick = min if lowest else max
    value, one = pick(sizes, key=lambda pair: pair[0])
    return one, value


def _batteries(worn: Sequence[Worn]) -> str:
    low = [
        f"the {WORN_AS[one.slot]} has {one.battery_pct} % of its battery left"
        for one in worn
        if one.battery_pct is not None and one.battery_pct <= LOW_BATTERY_PCT
    ]
    return f", but {' and '.join(low)}" if low else ""
