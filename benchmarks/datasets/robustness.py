"""RBDS with something wrong with the recording: what changes against the clean one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import perturbation
from benchmarks.datasets import Figures
from benchmarks.datasets.rbds import FEET
from benchmarks.matching import Measured, column, largest, mean, middle, rms, spread
from collector.recording import Recording, read_recording
from contract.model import FloatArray, Slot
from treadwear.recordings import analyse_recording

_SEED = 20261121
_SLIP_DEG = 30.0
_TIMES = 4
"""A trial has 18 strides after its middle; a slip is known for one after 20."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an analysis gave: steps and mean contact time per foot, asymmetry index."""

    steps: int
    contact_ms: tuple[float, ...]
    strike_deg: tuple[float, ...]
    excursion_deg: tuple[float, ...]
    asi_pct: float


def changes(rng: np.random.Generator) -> dict[str, perturbation.Change]:
    """What is done to a recording, by words."""
    return {
        "every mount at random": lambda r: perturbation.randomly_mounted(r, rng),
        "upside down": perturbation.upside_down,
        "100 Hz": perturbation.half_rate,
        "noise 3 m/s2, 8.6 deg/s": lambda r: perturbation.noisy(r, rng),
        "clipped at 8 g": lambda r: perturbation.clipped(r, 8.0),
        "no standing": perturbation.without_standing,
        "1 of 50 frames lost": lambda r: perturbation.with_losses(r, 0.02, rng),
        "a stop in the middle": perturbation.with_stop,
    }


def outcome(recording: Recording) -> Outcome:
    """Analyse a recording."""
    analysis = analyse_recording(recording).analysis
    assert analysis is not None  # noqa: S101 - a described session has an analysis
    compared = analysis.compare().get("contact_time_s")
    asi_pct = compared.asi_pct if compared is not None else None
    return summed(analysis.steps(), float("nan") if asi_pct is None else asi_pct)


def summed(steps: Mapping[Slot, Measured], asi_pct: float) -> Outcome:
    """Boil steps down to what is compared."""
    contact = tuple(1e3 * _usual(steps[slot].contact_time_s) for slot in FEET)
    count = sum(len(steps[slot].ic_ns) for slot in FEET)
    strike, excursion = (
        tuple(_median(steps[slot], name) for slot in FEET)
        for name in ("strike_angle_deg", "pronation_excursion_deg")
    )
    return Outcome(count, contact, strike, excursion, asi_pct)


def _median(steps: Measured, name: str) -> float:
    values = column(steps, name)
    return float("nan") if values is None else middle(values)


def _usual(contact_s: FloatArray) -> float:
    """Mean without single steps more than 40 ms off the median (detector.md 2.9)."""
    if not len(contact_s):
        return float("nan")
    away = np.abs(contact_s - np.median(contact_s))
    return mean(contact_s[away < 0.04])


def compare(clean: Sequence[Outcome], changed: Sequence[Outcome]) -> Figures:
    """Change of steps, contact time per foot and asymmetry over recordings."""
    moved = _moved(clean, changed, "contact_ms")
    asi = np.array([b.asi_pct - a.asi_pct for a, b in zip(clean, changed, strict=True)])
    all_steps = sum(o.steps for o in clean)
    return {
        "steps_pct": 100 * sum(o.steps for o in changed) / max(1, all_steps),
        "contact_change_ms": mean(moved),
        "contact_change_sd_ms": spread(moved),
        "strike_change_rms_deg": rms(_moved(clean, changed, "strike_deg")),
        "excursion_change_rms_deg": rms(_moved(clean, changed, "excursion_deg")),
        "asi_change_rms_points": rms(asi),
        "asi_change_worst_points": largest(asi),
        "asi_given_pct": 100 * mean(np.isfinite(asi).astype(float)),
    }


def _moved(
    clean: Sequence[Outcome], changed: Sequence[Outcome], name: str
) -> FloatArray:
    """Change of each foot's figure."""
    before, after = (
        np.array([getattr(o, name) for o in outcomes], float)
        for outcomes in (clean, changed)
    )
    return np.ravel(after - before)


def one_trial_per_runner(directory: Path) -> list[Path]:
    """Every runner once, the speeds in turn."""
    paths = sorted(directory.glob("*_run*"))
    by_runner: dict[str, list[Path]] = {}
    for path in paths:
        by_runner.setdefault(path.name.split("_")[0], []).append(path)
    return [own[k % len(own)] for k, own in enumerate(by_runner.values())]


def figures(
    directory: Path, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Figures]:
    """One line of figures per thing that is wrong."""
    recordings = [read_recording(path) for path in one_trial_per_runner(directory)]
    rng = np.random.default_rng(_SEED)
    found = compared(recordings, changes(rng), tell)
    longer = [perturbation.repeated(r, _TIMES) for r in recordings]
    return found | compared(longer, {"one sensor slips by 30 deg": _slip(rng)}, tell)


def compared(
    recordings: Sequence[Recording],
    wrong: Mapping[str, perturbation.Change],
    tell: Callable[[str], None],
) -> dict[str, Figures]:
    """Each change against the clean recordings."""
    clean = [outcome(recording) for recording in recordings]
    found = {}
    for words, change in wrong.items():
        tell(words)
        found[words] = compare(clean, [outcome(change(r)) for r in recordings])
    return found


def _slip(rng: np.random.Generator) -> perturbation.Change:
    slot = FEET[int(rng.integers(2))]
    return lambda r: perturbation.with_slip(r, slot, _SLIP_DEG, rng)
