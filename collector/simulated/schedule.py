"""When each foot lands and leaves: the truth, step by step, without end.

Both feet belong to one body: step times and part of the contact-time noise are common.
Nothing is kept: who needs the schedule twice draws it twice from the same seed.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.simulated.traits import FootTraits, RunnerTraits
from contract.model import Slot

# Running strides vary by about 1.2 % (time) and 2 to 3 % (contact), with a memory of
# about one step (design notes of the simulator, section 9).
STRIDE_TIME_CV = 0.012
CONTACT_CV = 0.025
MEMORY = 0.4
SPEED_CV = 0.015
# Two steps make a stride: SD of their sum when neighbours correlate by MEMORY.
STEP_TIME_CV = STRIDE_TIME_CV * 2 / math.sqrt(2 * (1 + MEMORY))
COMMON_SHARE = 0.5
MIN_FLIGHT_S = 0.02
# Features scatter by 2 to 4 ms around the true event: what real shoes show.
LANDING_JITTER_S = 0.002
PUSHOFF_JITTER_S = 0.0025
RELEASE_JITTER_S = 0.002
# From the end of standing to the first toe-off: four widths of the push-off's rise.
START_S = 0.3


@dataclass(frozen=True, slots=True)
class Stride:
    """One ground contact of one foot, and how this step differs from the others.

    ``x_m`` is where the foot stands; at ``t_release_s`` its toes let go. The first
    stride of a foot (index -1) is the standing before the run, without a landing.
    """

    slot: Slot
    index: int
    t_ic_s: float
    t_to_s: float
    x_m: float
    strike_deg: float
    eversion_deg: float
    eversion_ic_deg: float
    landing_lag_s: float
    pushoff_deg: float
    pushoff_lag_s: float
    t_release_s: float
    preimpact_mps: tuple[float, float, float]

    @property
    def is_standing(self) -> bool:
        """Whether this is the standing before the run."""
        return self.index < 0

    @property
    def contact_time_s(self) -> float:
        """Time on the ground."""
        return self.t_to_s - self.t_ic_s


class _Memory:
    """Noise with SD 1 that remembers its last value (AR(1))."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._value = float(rng.normal())

    def draw(self) -> float:
        fresh = math.sqrt(1 - MEMORY**2) * float(self._rng.normal())
        self._value = MEMORY * self._value + fresh
        return self._value


class _Foot:
    """One foot's own noise and where its next contact is built."""

    def __init__(self, slot: Slot, traits: FootTraits, seed: int) -> None:
        self.slot = slot
        self.traits = traits
        self._rng = np.random.default_rng([seed, 2, int(slot)])
        self.contact = _Memory(self._rng)
        self._strike = _Memory(self._rng)
        self._eversion = _Memory(self._rng)
        self._eversion_ic = _Memory(self._rng)

    def stand(self, until_s: float) -> Stride:
        """Stand flat at the start line."""
        foot = self.traits
        return Stride(
            slot=self.slot,
            index=-1,
            t_ic_s=0.0,
            t_to_s=until_s,
            x_m=0.0,
            strike_deg=0.0,
            eversion_deg=0.0,
            eversion_ic_deg=0.0,
            landing_lag_s=0.0,
            pushoff_deg=foot.pushoff_deg,
            pushoff_lag_s=foot.pushoff_lag_s,
            t_release_s=until_s + foot.release_lag_s,
            preimpact_mps=(0.0, 0.0, 0.0),
        )

    def land(self, index: int, t_ic_s: float, t_to_s: float, x_m: float) -> Stride:
        """Make one contact, with this step's deviations from the foot's traits."""
        foot = self.traits
        jitter = self._rng.normal(size=7).tolist()
        forward, left, up = foot.preimpact_mps
        return Stride(
            slot=self.slot,
            index=index,
            t_ic_s=t_ic_s,
            t_to_s=t_to_s,
            x_m=x_m,
            strike_deg=foot.strike_deg + 1.2 * self._strike.draw(),
            eversion_deg=foot.eversion_deg + 0.9 * self._eversion.draw(),
            eversion_ic_deg=foot.eversion_ic_deg + 0.6 * self._eversion_ic.draw(),
            landing_lag_s=foot.landing_lag_s + LANDING_JITTER_S * jitter[0],
            pushoff_deg=foot.pushoff_deg * (1 + 0.02 * jitter[1]),
            pushoff_lag_s=foot.pushoff_lag_s + PUSHOFF_JITTER_S * jitter[2],
            t_release_s=t_to_s
            + max(foot.release_lag_s + RELEASE_JITTER_S * jitter[6], 0),
            preimpact_mps=(
                forward * (1 + 0.12 * jitter[3]),
                left + 0.05 * jitter[4],
                up * (1 + 0.10 * jitter[5]),
            ),
        )


def strides(
    traits: RunnerTraits, seed: int, standing_s: float = 4.0
) -> Iterator[Stride]:
    """Yield the contacts of both feet in order of time, without end.

    The first two are the standing of the left and the right foot, which ends
    ``standing_s`` after the origin at the earliest.
    """
    feet = (
        _Foot(Slot.LEFT, traits.left, seed),
        _Foot(Slot.RIGHT, traits.right, seed),
    )
    half_s = 0.5 * traits.stride_time_s
    swing_s = traits.stride_time_s - traits.contact_time_s
    start_s = standing_s + START_S + swing_s
    yield feet[0].stand(start_s - swing_s)
    yield feet[1].stand(start_s + half_s - swing_s)
    rng = np.random.default_rng([seed, 2])
    pace, speed, effort = _Memory(rng), _Memory(rng), _Memory(rng)
    t_s, x_m = start_s, traits.speed_mps * half_s
    for count in itertools.count():
        foot = feet[count % 2]
        step_s = half_s * (1 + STEP_TIME_CV * pace.draw())
        noise = COMMON_SHARE * effort.draw()
        noise += math.sqrt(1 - COMMON_SHARE**2) * foot.contact.draw()
        contact_s = expected_contact_s(traits, foot.slot, t_s - start_s)
        contact_s = min(contact_s * (1 + CONTACT_CV * noise), step_s - MIN_FLIGHT_S)
        yield foot.land(count // 2, t_s, t_s + contact_s, x_m)
        t_s += step_s
        x_m += traits.speed_mps * (1 + SPEED_CV * speed.draw()) * step_s


def expected_contact_s(traits: RunnerTraits, slot: Slot, run_s: float) -> float:
    """Give the expectation of a foot's contact time after that much running."""
    drift_pct = traits.asymmetry_drift_pct * run_s / 600.0
    half = (traits.contact_asymmetry_pct + drift_pct) / 200.0
    return traits.contact_time_s * (1 + half if slot is Slot.RIGHT else 1 - half)
