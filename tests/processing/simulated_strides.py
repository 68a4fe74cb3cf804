"""Strides of simulated runners in the foot's own axes, each with what really happened.

The sensors are mounted along the foot's axes, so nothing here depends on calibration;
initial contact and toe-off are the true ones, so nothing depends on finding them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, SimulatedSource, simulated_run
from collector.simulated.traits import draw_runner
from collector.simulated.truth import TruthStep, true_steps
from collector.simulated.worn import Worn
from contract.model import FloatArray, Slot
from contract.units import STANDARD_GRAVITY_MPS2
from processing.arrays import BoolArray
from processing.contacts import StepMotion
from processing.settings import MotionSettings, StrideSettings
from processing.shoe.motion import ContactTimes, measure_motion
from processing.shoe.segment import StrideCutter
from processing.shoe.stances import Stances, find_stances
from processing.shoe.windows import StrideWindows

FEET = (Slot.LEFT, Slot.RIGHT)
SIGN = {Slot.LEFT: 1.0, Slot.RIGHT: -1.0}
CLEAN = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
RATE_HZ = 200.0
DURATION_S = 16.0
SHOCK_SAMPLES = 12


@dataclass(frozen=True, eq=False)
class TrueStrides:
    """Whole strides of one foot, the true time of their contacts, and the truth."""

    slot: Slot
    strides: StrideWindows
    times: ContactTimes
    steps: tuple[TruthStep, ...]

    def measured(self) -> StepMotion:
        return self.motion_of(self.strides, find_stances(self.strides), self.times)

    def motion_of(
        self, strides: StrideWindows, stances: Stances, times: ContactTimes
    ) -> StepMotion:
        sign = SIGN[self.slot]
        return measure_motion(strides, stances, times, sign, MotionSettings())

    def truth(self, name: str) -> FloatArray:
        return np.array([getattr(step, name) for step in self.steps])


@lru_cache(maxsize=16)
def true_strides(seed: int, slot: Slot, acc_range_g: float = 64.0) -> TrueStrides:
    """Strides of a runner; with the usual 16 g hard landings are cut off."""
    worn = Worn(mount=Rotation.identity(), acc_range_g=acc_range_g)
    settings = RunSettings(rate_hz=RATE_HZ, radio=CLEAN, worn=dict.fromkeys(FEET, worn))
    traits = draw_runner(seed)
    source = simulated_run(traits, 10**18, DURATION_S, seed, settings)[slot]
    samples = np.vstack([batch.si() for batch in source.batches()])
    samples[:, 3:] -= samples[: int(3 * RATE_HZ), 3:].mean(axis=0)
    cutter = StrideCutter(RATE_HZ, StrideSettings())
    strides = cutter.push(samples)
    steps = [s for s in true_steps(traits, seed, DURATION_S).steps if s.side is slot]
    return _matched(slot, source, samples, strides, steps)


def _matched(
    slot: Slot,
    source: SimulatedSource,
    samples: FloatArray,
    strides: StrideWindows,
    steps: list[TruthStep],
) -> TrueStrides:
    """Give each whole stride the contact that its window is about."""
    sensor = source.sensor
    true_s = np.array([(s.t_ic_s, s.t_to_s) for s in steps]) - sensor.first_sample_s
    contact, toe_off = (true_s * sensor.true_rate_hz).T
    midswing = strides.start + strides.midswing
    index = np.searchsorted(contact, midswing)
    whole = ~strides.is_edge & (index + 1 < len(steps))
    whole[whole] &= contact[index[whole]] - midswing[whole] < 0.4 * RATE_HZ
    strides, index = strides.select(whole), index[whole]
    limit = 0.98 * sensor.acc_range_g * STANDARD_GRAVITY_MPS2
    cut = _cut_off(np.abs(samples[:, :3]).max(axis=1) > limit, contact)
    times = ContactTimes(
        contact[index] - strides.start,
        toe_off[index] - strides.start,
        cut[index],
        cut[index + 1],
    )
    return TrueStrides(slot, strides, times, tuple(steps[i] for i in index))


def _cut_off(is_cut: BoolArray, contact: FloatArray) -> BoolArray:
    """Whether the range was reached just after each contact."""
    first = np.floor(contact).astype(int)
    return np.array([is_cut[k - 1 : k + SHOCK_SAMPLES].any() for k in first])
