"""What really happened: the contacts that a simulated run was made from."""

import itertools
from dataclasses import dataclass

import numpy as np

from collector.simulated.motion import AHEAD, BEHIND
from collector.simulated.pose import pose
from collector.simulated.schedule import Stride, strides
from collector.simulated.traits import FootTraits, RunnerTraits
from contract.model import Slot

# Strides whose angles are read in one go.
AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class TruthStep:
    """One true ground contact; seconds count from the origin of the run.

    ``strike_angle_deg`` and ``pronation_excursion_deg`` are read from the foot's angles
    as they came out, not from what the traits asked for.
    """

    side: Slot
    t_ic_s: float
    t_to_s: float
    contact_time_s: float
    stride_length_m: float
    strike_angle_deg: float
    pronation_excursion_deg: float
    toe_out_deg: float


@dataclass(frozen=True, slots=True)
class Truth:
    """All contacts of both feet that ended by a time, in order of initial contact."""

    steps: tuple[TruthStep, ...]

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
    traits: RunnerTraits, seed: int, until_s: float, standing_s: float = 4.0
) -> Truth:
    """Give the contacts of a run that ended by ``until_s`` after its origin."""
    # Angles of the last contacts need the strides that follow them.
    tail = 2 * (AHEAD + 1)
    drawn: list[Stride] = []
    for stride in strides(traits, seed, standing_s):
        drawn.append(stride)
        tail -= stride.t_to_s > until_s
        if tail == 0:
            break
    steps = _foot_steps(drawn, Slot.LEFT, traits.left)
    steps += _foot_steps(drawn, Slot.RIGHT, traits.right)
    steps.sort(key=lambda step: step.t_ic_s)
    return Truth(tuple(step for step in steps if step.t_to_s <= until_s))


def _foot_steps(drawn: list[Stride], slot: Slot, foot: FootTraits) -> list[TruthStep]:
    own = [stride for stride in drawn if stride.slot is slot]
    steps: list[TruthStep] = []
    for first in range(1, len(own) - 1, AT_ONCE):
        last = min(first + AT_ONCE, len(own) - 1)
        window = own[max(0, first - BEHIND) : last + AHEAD]
        steps += _steps(window, own[first : last + 1], foot)
    return steps


def _steps(
    window: list[Stride], contacts: list[Stride], foot: FootTraits
) -> list[TruthStep]:
    """Read the steps of all contacts but the last from the angles in a window."""
    mirror = 1.0 if contacts[0].slot is Slot.LEFT else -1.0
    times = [np.linspace(s.t_ic_s, s.t_to_s, 101) for s in contacts[:-1]]
    angles = pose(window, foot, np.concatenate(times))
    eversion = (mirror * angles.roll).reshape(-1, 101)
    gained = eversion.max(axis=1) - eversion[:, 0]
    pitch = angles.pitch[::101]
    return [
        TruthStep(
            side=stride.slot,
            t_ic_s=stride.t_ic_s,
            t_to_s=stride.t_to_s,
            contact_time_s=stride.contact_time_s,
            stride_length_m=following.x_m - stride.x_m,
            strike_angle_deg=float(pitch[k]),
            pronation_excursion_deg=float(gained[k]),
            toe_out_deg=foot.toe_out_deg,
        )
        for k, (stride, following) in enumerate(itertools.pairwise(contacts))
    ]
