"""Made-up runs with a known truth, and analyses of them that are right or wrong."""

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.datasets import rbds
from benchmarks.matching import TrueSteps
from contract.model import FloatArray, Slot
from processing.asymmetry import Comparison

STRIDE_S = 0.70
CONTACT_S = {Slot.LEFT: 0.240, Slot.RIGHT: 0.250}
TRUE_ASI_PCT = 100 * 0.010 / 0.245


@dataclass(frozen=True, eq=False)
class Said:
    """What an analysis said of one foot."""

    ic_ns: np.ndarray
    contact_time_s: FloatArray
    strike_angle_deg: FloatArray
    pronation_excursion_deg: FloatArray
    speed_mps: FloatArray
    stride_time_s: FloatArray = field(default_factory=lambda: np.empty(0))
    stride_length_m: FloatArray = field(default_factory=lambda: np.empty(0))


def true_run(strides: int = 40) -> dict[Slot, TrueSteps]:
    """Strides of both feet, half a stride apart, with angles that vary a little."""
    found = {}
    for slot, delay_s in ((Slot.LEFT, 0.0), (Slot.RIGHT, STRIDE_S / 2)):
        t_ic_s = 5.0 + delay_s + STRIDE_S * np.arange(strides)
        wave = np.sin(np.arange(strides))
        angles = {
            "pitch_ic_deg": 12.0 + wave,
            "ev_excursion_deg": 9.0 + 0.5 * wave,
            "yaw_ic_deg": np.zeros(strides),
        }
        found[slot] = TrueSteps(t_ic_s, t_ic_s + CONTACT_S[slot], angles)
    return found


def exactly(truth: TrueSteps, speed_mps: float = 3.5) -> Said:
    """An analysis without any error."""
    return Said(
        ic_ns=np.round(truth.t_ic_s * 1e9).astype(np.int64),
        contact_time_s=truth.contact_time_s.copy(),
        strike_angle_deg=truth.angles["pitch_ic_deg"].copy(),
        pronation_excursion_deg=truth.angles["ev_excursion_deg"].copy(),
        speed_mps=np.full(len(truth.t_ic_s), speed_mps),
    )


def late(said: Said, *, contact_ms: float = 0.0, off_ms: float = 0.0) -> Said:
    """The same with initial contacts and toe-offs given too late."""
    return replace(
        said,
        ic_ns=said.ic_ns + round(contact_ms * 1e6),
        contact_time_s=said.contact_time_s + (off_ms - contact_ms) / 1e3,
    )


def comparison(asi_pct: float, half: float) -> Comparison:
    """What is said of left and right: an index and its interval."""
    return Comparison(
        left=0.24,
        right=0.25,
        left_sd=0.0,
        right_sd=0.0,
        difference=0.01,
        asi_pct=asi_pct,
        ci_low=asi_pct - half,
        ci_high=asi_pct + half,
        random_half=half,
        systematic_half=0.0,
        ci_unit="%",
        n_pairs=40,
        n_eff=40.0,
    )


def scored(
    said: dict[Slot, Said] | None = None,
    name: str = "11_run35",
    asi_pct: float = TRUE_ASI_PCT,
    half: float = 1.0,
) -> rbds.TrialScore:
    """One trial as an analysis saw it; without one, a perfect analysis."""
    truth = true_run()
    said = said or {slot: exactly(truth[slot]) for slot in truth}
    return rbds.compare_trial(name, said, truth, comparison(asi_pct, half))
