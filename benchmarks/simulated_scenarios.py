"""What becomes of a run in which something is not as it should be.

Each scenario is run by a few random runners; its figures are the steps of steady
running that were found, steps reported where nobody ran, and what contact times say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from benchmarks.matching import match, mean, spread
from benchmarks.simulated_runs import Case, Ran, match_foot, run
from collector.simulated.course import Course, Segment, block, circle
from collector.simulated.hip import true_hip_steps
from collector.simulated.source import FEET, RunSettings
from collector.simulated.truth import Truth
from collector.simulated.worn import UPSIDE_DOWN, Slip, Worn, both_on, swapped
from contract.model import FloatArray, Slot
from contract.units import NS_PER_S

Figures = dict[str, float]

_SEEDS = (200, 201, 202, 203)
_HIP_SEEDS = tuple(range(200, 210))
_SECONDS = 60.0
# Steady running: within this share of the pace that the runner is about to take.
_STEADY = 0.05
_BACKWARDS = Rotation.from_euler("z", 180, degrees=True)
_SLIP = Slip(30.0, 30.0, (0.2, 0.3, 1.0))


@dataclass(frozen=True, slots=True)
class Scenario:
    """Settings, and the speed of steady running where it is not the runner's own."""

    settings: RunSettings
    speed_mps: float | None = None
    is_told: Callable[[Ran], bool] | None = None


def _course(*segments: Segment) -> RunSettings:
    return RunSettings(course=Course(segments))


def _on_both(worn: Worn) -> RunSettings:
    return RunSettings(worn=dict.fromkeys(FEET, worn))


def _says_slip(ran: Ran) -> bool:
    return bool(ran.analysis.reports()[Slot.LEFT].slips)


SCENARIOS: dict[str, Scenario] = {
    "walk before running": Scenario(_course(Segment("walk", 20), Segment("run", 90))),
    "stop in the middle": Scenario(
        _course(Segment("run", 20), Segment("stand", 12), Segment("run", 90))
    ),
    "slow, 2 m/s": Scenario(RunSettings(), 2.0),
    "corners every 20 m": Scenario(RunSettings(course=block(20.0, 3.0)), 3.0),
    "circle of 2.3 m at 2 m/s": Scenario(_course(circle(2.3, 2.0, 90)), 2.0),
    "pace changes": Scenario(_course(Segment("run", 15, 2.6), Segment("run", 15, 3.8))),
    "left sensor slips by 30 deg": Scenario(
        RunSettings(worn={Slot.LEFT: Worn(slip=_SLIP)}), is_told=_says_slip
    ),
    "upside down": Scenario(_on_both(Worn(mount=UPSIDE_DOWN))),
    "turned backwards": Scenario(_on_both(Worn(mount=_BACKWARDS))),
    "no standing": Scenario(RunSettings(recorded_from_s=8.0)),
    "sensors swapped": Scenario(
        RunSettings(worn=swapped()), is_told=lambda ran: bool(ran.analysis.swap_words())
    ),
    "both on the left shoe": Scenario(
        RunSettings(worn=both_on(Slot.LEFT)),
        is_told=lambda ran: bool(ran.analysis.one_foot_words()),
    ),
    "range 8 g": Scenario(_on_both(Worn(acc_range_g=8.0))),
    "100 Hz": Scenario(RunSettings(rate_hz=100.0)),
    "on the heel": Scenario(_on_both(Worn(place="heel"))),
}


def scenario_figures(name: str) -> Figures:
    """Run one scenario; figures are named ``scenario: figure, unit``."""
    scenario = SCENARIOS[name]
    cases = [
        Case(seed, _SECONDS, scenario.settings, speed_mps=scenario.speed_mps)
        for seed in _SEEDS
    ]
    runs = [run(case) for case in cases]
    figures = _found(runs)
    if scenario.is_told is not None:
        told = [scenario.is_told(ran) for ran in runs]
        figures["said, %"] = 100 * float(np.mean(told))
    return {f"{name}: {figure}": value for figure, value in figures.items()}


def _found(runs: list[Ran]) -> Figures:
    feet = [
        match_foot(ran, side, _steady(ran)) for ran in runs for side in _carried(ran)
    ]
    contact_ms = [1e3 * foot.errors["contact_time_s"] for foot in feet]
    biases = np.array([mean(errors) for errors in contact_ms])
    within = [e - mean(e) for e in contact_ms if len(e)]
    return {
        "steps found, %": 100
        * sum(f.found for f in feet)
        / sum(f.expected for f in feet),
        "steps where nobody ran, %": 100
        * sum(f.unfounded for f in feet)
        / max(sum(f.reported for f in feet), 1),
        "contact time, mean error, ms": mean(biases),
        "contact time, SD between feet, ms": spread(biases),
        "contact time, SD within, ms": spread(np.concatenate([*within, np.empty(0)])),
    }


def _carried(ran: Ran) -> tuple[Slot, ...]:
    """Feet that carry a sensor."""
    worn = ran.case.settings.worn
    carrying = {worn.get(slot, Worn()).foot or slot for slot in FEET}
    return tuple(slot for slot in FEET if slot in carrying)


def _steady(ran: Ran) -> Truth:
    """Steps of running at a pace that does not change."""
    steps = ran.running.steps
    kept = [
        step
        for before, step, after in zip(steps, steps[1:], steps[2:], strict=False)
        if max(abs(s.speed_mps / step.speed_mps - 1) for s in (before, after)) < _STEADY
        and after.t_ic_s - before.t_ic_s < 1.0
    ]
    return Truth(tuple(kept))


def hip_figures() -> Figures:
    """Give what the hip alone says of a run."""
    found, expected, right, known = 0, 0, 0, 0
    errors: dict[str, list[FloatArray]] = {"contact": [], "bounce": [], "step": []}
    for seed in _HIP_SEEDS:
        case = Case(seed, _SECONDS, slots=(Slot.HIP,))
        ran = run(case)
        truth = true_hip_steps(case.traits, seed, _SECONDS - 3)
        seen = ran.analysis.hip_steps
        middle_s = np.array([s.t_ic_s + s.contact_time_s / 2 for s in truth])
        pairs = match(middle_s, seen.mid_ns / NS_PER_S)
        expected, found = expected + len(truth), found + int(pairs.is_found.sum())
        sides = np.array([1 if s.side is Slot.LEFT else -1 for s in truth])
        said = pairs.pick(np.asarray(seen.side, float))
        known += int((said != 0).sum())
        right += int((said == sides[pairs.is_found]).sum())
        for name, column, unit in (
            ("contact", "contact_time_estimate_s", "contact_time_s"),
            ("bounce", "vertical_oscillation_m", "vertical_oscillation_m"),
            ("step", "step_time_s", "step_time_s"),
        ):
            true = np.array([getattr(s, unit) for s in truth])[pairs.is_found]
            errors[name].append(pairs.pick(getattr(seen, column)) - true)
    contact_ms = [1e3 * e for e in errors["contact"]]
    return {
        "hip alone: steps found, %": 100 * found / expected,
        "hip alone: side known, % of steps": 100 * known / max(found, 1),
        "hip alone: side right where known, %": 100 * right / max(known, 1),
        "hip alone: contact time, mean error, ms": mean(np.concatenate(contact_ms)),
        "hip alone: contact time, SD within, ms": spread(
            np.concatenate([e - mean(e) for e in contact_ms])
        ),
        "hip alone: step time, SD of error, ms": 1e3
        * spread(np.concatenate(errors["step"])),
        "hip alone: bounce, mean error, cm": 1e2
        * mean(np.concatenate(errors["bounce"])),
    }
