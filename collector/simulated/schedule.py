"""When each foot lands and leaves: the truth, step by step, without end.

Both feet belong to one body: step times and part of the contact-time noise are common.
Nothing is kept: who needs the schedule twice draws it twice from the same seed.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from collector.simulated.course import Course, Pace, Pacer
from collector.simulated.stride import MEMORY, Foot, Memory, Spot, Stride
from collector.simulated.traits import RunnerTraits
from collector.simulated.walking import contact_s as usual_contact_s
from collector.simulated.walking import stride_s
from contract.model import Slot

# Running strides vary by about 1.2 % (time) and 2 to 3 % (contact), with a memory of
# about one step (design notes of the simulator, section 9).
STRIDE_TIME_CV = 0.012
CONTACT_CV = 0.025
SPEED_CV = 0.015
# Two steps make a stride: SD of their sum when neighbours correlate by MEMORY.
STEP_TIME_CV = STRIDE_TIME_CV * 2 / math.sqrt(2 * (1 + MEMORY))
COMMON_SHARE = 0.5
MIN_FLIGHT_S = 0.02
# From the end of standing to the first toe-off: four widths of the push-off's rise.
START_S = 0.3
# Walking never leaves the ground, and a stop lasts at least as long as it takes to come
# to rest.
LEAST_DOUBLE_SUPPORT_S = 0.03
LEAST_HALT_S = 1.2
# The foot that comes last is put down beside the other one, at walking pace.
HALT_STEP_M, CLOSE_S = 0.05, 0.55


def strides(
    traits: RunnerTraits,
    seed: int,
    standing_s: float = 4.0,
    course: Course | None = None,
) -> Iterator[Stride]:
    """Yield the contacts of both feet in order of time, without end.

    The first two are the standing of the left and the right foot, which ends
    ``standing_s`` after the origin at the earliest. Then comes the course, or a run at
    one speed that never ends.
    """
    return _Body(traits, seed, course, standing_s).strides(standing_s)


class _Body:
    """Both feet, the noise that they share, and the way they have come."""

    def __init__(
        self, traits: RunnerTraits, seed: int, course: Course | None, begin_s: float
    ) -> None:
        self._traits = traits
        self._feet = (
            Foot(Slot.LEFT, traits, seed),
            Foot(Slot.RIGHT, traits, seed),
        )
        rng = np.random.default_rng([seed, 2])
        self._rhythm, self._speed, self._effort = (Memory(rng) for _ in range(3))
        self._pacer = Pacer(traits, course, begin_s)
        self._start_s = 0.0

    def strides(self, standing_s: float) -> Iterator[Stride]:
        pace = self._pacer.at(standing_s)
        half_s, swing_s = self._half_and_swing_s(pace)
        t_s = self._start_s = standing_s + START_S + swing_s
        yield self._feet[0].stand(t_s - swing_s, pace.gait)
        yield self._feet[1].stand(t_s + half_s - swing_s, pace.gait)
        spot = Spot(0.0, 0.0, 0.0, 0.0, "stand")
        spot = spot.onward(pace, pace.speed_mps * half_s, half_s)
        count = 0
        while True:
            pace = self._pacer.at(t_s)
            if pace.gait == "stand":
                both, t_s, spot = self._halt(count, t_s, spot, pace)
                yield from both
                count += 2
                continue
            stride, step_s = self._step(count, t_s, spot.at(pace), pace)
            yield stride
            way_m = pace.speed_mps * (1 + SPEED_CV * self._speed.draw()) * step_s
            t_s += step_s
            spot = spot.onward(pace, way_m, step_s)
            count += 1

    def _step(
        self, count: int, t_s: float, spot: Spot, pace: Pace
    ) -> tuple[Stride, float]:
        """One contact, and the time to the other foot's next one."""
        half_s, _ = self._half_and_swing_s(pace)
        step_s = half_s * (1 + STEP_TIME_CV * self._rhythm.draw())
        contact_s = self._contact_s(count, t_s, step_s, pace)
        foot = self._feet[count % 2]
        return foot.land(count // 2, t_s, t_s + contact_s, spot), step_s

    def _contact_s(self, count: int, t_s: float, step_s: float, pace: Pace) -> float:
        foot = self._feet[count % 2]
        noise = COMMON_SHARE * self._effort.draw()
        noise += math.sqrt(1 - COMMON_SHARE**2) * foot.contact.draw()
        usual_s = expected_contact_s(self._traits, foot.slot, t_s - self._start_s, pace)
        if pace.gait == "walk":
            return max(
                usual_s * (1 + CONTACT_CV * noise), step_s + LEAST_DOUBLE_SUPPORT_S
            )
        return min(usual_s * (1 + CONTACT_CV * noise), step_s - MIN_FLIGHT_S)

    def _half_and_swing_s(self, pace: Pace) -> tuple[float, float]:
        """Half a stride, and the swing of it, at the mean of both feet."""
        walks = pace.gait == "walk"
        time_s = stride_s(self._traits, pace.speed_mps, is_walking=walks)
        on_ground_s = usual_contact_s(self._traits, pace.speed_mps, is_walking=walks)
        return 0.5 * time_s, time_s - on_ground_s

    def _halt(
        self, count: int, t_s: float, spot: Spot, pace: Pace
    ) -> tuple[list[Stride], float, Spot]:
        """Both feet come to rest; then the first one of them sets out again."""
        end_s = max(pace.until_s, t_s + CLOSE_S + LEAST_HALT_S)
        then = self._pacer.at(end_s + 1e-6)
        half_s, swing_s = self._half_and_swing_s(then)
        next_s = end_s + START_S + swing_s
        beside = spot.onward(replace(pace, turn_dps=0.0), HALT_STEP_M, CLOSE_S)
        first, second = self._feet[count % 2], self._feet[(count + 1) % 2]
        leave_s = next_s - swing_s, next_s + half_s - swing_s
        both = [
            first.halt(count // 2, (t_s, leave_s[0]), spot, then.gait),
            second.halt(
                (count + 1) // 2, (t_s + CLOSE_S, leave_s[1]), beside, then.gait
            ),
        ]
        return both, next_s, beside.onward(then, then.speed_mps * half_s, half_s)


def expected_contact_s(
    traits: RunnerTraits, slot: Slot, run_s: float, pace: Pace | None = None
) -> float:
    """Give the expectation of a foot's contact time after that much running."""
    drift_pct = traits.asymmetry_drift_pct * run_s / 600.0
    half = (traits.contact_asymmetry_pct + drift_pct) / 200.0
    mean_s = traits.contact_time_s
    if pace is not None:
        walks = pace.gait == "walk"
        mean_s = usual_contact_s(traits, pace.speed_mps, is_walking=walks)
    return mean_s * (1 + half if slot is Slot.RIGHT else 1 - half)
