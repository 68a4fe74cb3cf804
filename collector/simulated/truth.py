"""What really happened: the contacts that a simulated run was made from."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.simulated.course import Course, Gait
from collector.simulated.motion import AHEAD, BEHIND
from collector.simulated.pose import pose
from collector.simulated.schedule import strides
from collector.simulated.stride import Stride
from collector.simulated.traits import RunnerTraits
from contract.model import FloatArray, Slot

# Strides whose angles are read in one go.
AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class TruthStep:
    """One true ground contact of running or walking; seconds count from the origin.

    Angles are read from the foot's angles as they came out, not from what the traits
    asked for. ``stride_length_m`` is to the foot's next place on the ground,
    ``turn_deg`` what the heading changes until then, + = to the left; ``toe_out_deg``
    is against the heading of this step.
    """

    side: Slot
    t_ic_s: float
    t_to_s: float
    contact_time_s: float
    stride_length_m: float
    strike_angle_deg: float
    pronation_excursion_deg: float
    toe_out_deg: float
    pitch_at_toe_off_deg: float
    gait: Gait
    speed_mps: float
    turn_deg: float


@dataclass(frozen=True, slots=True)
class Truth:
    """All contacts of both feet that ended by a time, in order of initial contact.

    Standing still, before the run or in between, is no step.
    """

    steps: tuple[TruthStep, ...]

    def only(self, gait: Gait) -> "Truth":
        """Give the steps of one gait."""
        return Truth(tuple(step for step in self.steps if step.gait == gait))

    @property
    def cadence_spm(self) -> float:
        """Mean steps per minute."""
        times = [step.t_ic_s for step in self.steps]
        return 60.0 * (len(times) - 1) / (times[-1] - times[0])

    @property
    def asi_pct(self) -> float:
        """Asymmetry of the mean contact times, 100 (R - L) / mean, + = right longer."""
        left, right = (self.mean_contact_s(slot) for slot in (Slot.LEFT, Slot.RIGHT))
        return 200.0 * (right - left) / (right + left)

    def mean_contact_s(self, side: Slot) -> float:
        """Mean contact time of one foot."""
        times = [s.contact_time_s for s in self.steps if s.side is side]
        return float(np.mean(times))


def true_steps(
    traits: RunnerTraits,
    seed: int,
    until_s: float,
    standing_s: float = 4.0,
    course: Course | None = None,
) -> Truth:
    """Give the contacts of a run that ended by ``until_s`` after its origin."""
    # Angles of the last contacts need the strides that follow them.
    tail = 2 * (AHEAD + 1)
    drawn: list[Stride] = []
    for stride in strides(traits, seed, standing_s, course):
        drawn.append(stride)
        tail -= stride.t_to_s > until_s
        if tail == 0:
            break
    steps = _foot_steps(drawn, Slot.LEFT)
    steps += _foot_steps(drawn, Slot.RIGHT)
    steps.sort(key=lambda step: step.t_ic_s)
    return Truth(tuple(step for step in steps if step.t_to_s <= until_s))


def _foot_steps(drawn: list[Stride], slot: Slot) -> list[TruthStep]:
    own = [stride for stride in drawn if stride.slot is slot]
    steps: list[TruthStep] = []
    for first in range(1, len(own) - 1, AT_ONCE):
        last = min(first + AT_ONCE, len(own) - 1)
        window = own[max(0, first - BEHIND) : last + AHEAD]
        steps += _steps(window, own[first : last + 1])
    return steps


def _steps(window: list[Stride], contacts: list[Stride]) -> list[TruthStep]:
    """Read the steps of all contacts but the last from the angles in a window."""
    times = [np.linspace(s.t_ic_s, s.t_to_s, 101) for s in contacts[:-1]]
    angles = pose(window, np.concatenate(times))
    return [
        _step(stride, following, (angles.pitch[at], angles.roll[at], angles.yaw[at]))
        for stride, following, at in zip(
            contacts, contacts[1:], _slices(101), strict=False
        )
        if not stride.is_standing
    ]


def _slices(size: int) -> Iterator[slice]:
    return (slice(k, k + size) for k in itertools.count(0, size))


def _step(
    stride: Stride, following: Stride, angles: tuple[FloatArray, ...]
) -> TruthStep:
    mirror = 1.0 if stride.slot is Slot.LEFT else -1.0
    pitch, roll, yaw = angles
    eversion = mirror * roll
    here, there = stride.spot, following.spot
    return TruthStep(
        side=stride.slot,
        t_ic_s=stride.t_ic_s,
        t_to_s=stride.t_to_s,
        contact_time_s=stride.contact_time_s,
        stride_length_m=math.hypot(there.x_m - here.x_m, there.y_m - here.y_m),
        strike_angle_deg=float(pitch[0]),
        pronation_excursion_deg=float(eversion.max() - eversion[0]),
        toe_out_deg=float(mirror * (np.median(yaw) - here.heading_deg)),
        pitch_at_toe_off_deg=float(pitch[-1]),
        gait=here.gait,
        speed_mps=here.speed_mps,
        turn_deg=there.heading_deg - here.heading_deg,
    )
