"""Acceptance figures on simulated runners: ``python -m benchmarks.simulated``.

Half of the runners are even, half limp. A simulator cannot validate absolute contact
times (how the force shows in the signal is put in), but it shows found steps, side
swaps, precision, whether intervals hold the truth, false findings, and what becomes of
runs with stops, turns, slipping sensors and other faults.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.matching import mean, rms, spread
from benchmarks.simulated_runs import Case, FootMatch, Ran, match_foot, run, true_size
from benchmarks.simulated_scenarios import SCENARIOS, hip_figures, scenario_figures
from collector.simulated.source import FEET
from contract.model import FloatArray, Slot
from processing.conclusion import Conclusion
from processing.past import Past

Figures = dict[str, float]

LIMP_PCT = 8.0
_FIRST_SEED = 100
_COMPARED = (
    "contact_time_s",
    "flight_time_s",
    "step_time_s",
    "stride_time_s",
    "pronation_excursion_deg",
    "strike_angle_deg",
    "pitch_at_toe_off_deg",
    "toe_out_deg",
)


_EVEN = (
    "contact_time_s",
    "flight_time_s",
    "step_time_s",
    "swing_time_s",
    "duty_factor",
    "impulse_bws",
    "peak_force_bw",
)
"""What an even simulated runner has the same on both sides; feet differ in angles."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """One simulated run against its truth.

    ``is_finding``: the runner was told that sides differ in what an even one has
    even. ``sizes`` gives measured and true left-right figures, ``holds`` whether the
    interval holds the truth, by metric; a metric that was withheld is missing.
    """

    seed: int
    feet: dict[Slot, FootMatch]
    sizes: dict[str, tuple[float, float]]
    holds: dict[str, bool]
    is_finding: bool

    @property
    def found_pct(self) -> float:
        """True steps of running that were found."""
        both = self.feet.values()
        return 100 * sum(f.found for f in both) / sum(f.expected for f in both)

    @property
    def precision_ms(self) -> float:
        """Give the SD of contact time errors about each foot's mean."""
        errors = [f.errors["contact_time_s"] for f in self.feet.values()]
        return 1e3 * spread(np.concatenate([e - mean(e) for e in errors]))


def score(ran: Ran) -> Score:
    """Compare one run with its truth."""
    compared = ran.analysis.compare()
    sizes, holds = {}, {}
    for name in _COMPARED:
        true, said = true_size(ran.running, name), compared.get(name)
        if true is not None and said is not None:
            sizes[name] = said.size, true
            holds[name] = said.ci_low <= true <= said.ci_high
    told = Conclusion.of(ran.analysis, Past()).findings
    return Score(
        seed=ran.case.seed,
        feet={side: match_foot(ran, side) for side in FEET},
        sizes=sizes,
        holds=holds,
        is_finding=any(finding.metric in _EVEN for finding in told),
    )


def scores(runners: int, seconds: float, limp_pct: float = LIMP_PCT) -> Iterator[Score]:
    """Run and score; runners with odd seeds limp."""
    for seed in range(_FIRST_SEED, _FIRST_SEED + runners):
        limp = limp_pct if seed % 2 else 0.0
        yield score(run(Case(seed, seconds, asymmetry_pct=limp)))


def summary(runners: int = 40, seconds: float = 60.0) -> Figures:
    """Give all figures by name, plain runs first, then scenarios and the hip."""
    figures = plain_figures(list(scores(runners, seconds)))
    for name in SCENARIOS:
        figures |= scenario_figures(name)
    return figures | hip_figures()


def plain_figures(found: list[Score]) -> Figures:
    """Give the figures of runs in which nothing is wrong."""
    even = [s.is_finding for s in found if s.seed % 2 == 0]
    limping = [s.is_finding for s in found if s.seed % 2]
    feet = [foot for s in found for foot in s.feet.values()]
    return {
        "steps found, mean %": float(np.mean([s.found_pct for s in found])),
        "steps found, worst runner, %": min(s.found_pct for s in found),
        "steps on the wrong foot": float(sum(f.swapped for f in feet)),
        "contact time, precision, median, ms": float(
            np.median([s.precision_ms for s in found])
        ),
        **_side_figures(found),
        "false findings, even runners, %": 100 * _share(even),
        "limps found, %": 100 * _share(limping),
        **_angle_figures(feet),
    }


def _side_figures(found: list[Score]) -> Figures:
    """Errors of left against right, and how often intervals hold the truth."""
    figures: Figures = {}
    for name in _COMPARED:
        sizes = [s.sizes[name] for s in found if name in s.sizes]
        if not sizes:
            continue
        words = name.rpartition("_")[0].replace("_", " ")
        unit = "deg" if name.endswith("deg") else "points"
        away = np.array([measured - true for measured, true in sizes])
        holds = [s.holds[name] for s in found if name in s.holds]
        figures[f"{words}, left-right, RMSE, {unit}"] = rms(away)
        figures[f"{words}, interval holds the truth, %"] = 100 * _share(holds)
        figures[f"{words}, compared in, % of runs"] = 100 * len(sizes) / len(found)
    return figures


def _angle_figures(feet: list[FootMatch]) -> Figures:
    """Trial means of angles and stride length against truth."""
    strike, excursion, toe_out = (
        _trial_errors(feet, name)
        for name in ("strike_angle_deg", "pronation_excursion_deg", "toe_out_deg")
    )
    lengths = [
        100 * np.abs(f.errors["stride_length_m"]) / f.true["stride_length_m"]
        for f in feet
    ]
    known = np.concatenate([*lengths, np.empty(0)])
    return {
        "strike angle, mean error, deg": mean(strike),
        "strike angle, SD of trial error, deg": spread(strike),
        "pronation excursion, RMSE over trials, deg": rms(excursion),
        "toe-out, RMSE over trials, deg": rms(toe_out),
        "stride length, mean absolute error, %": mean(known),
    }


def _trial_errors(feet: list[FootMatch], name: str) -> FloatArray:
    return np.array([mean(foot.errors[name]) for foot in feet])


def _share(said: list[bool]) -> float:
    return float(np.mean(said)) if said else float("nan")


def main() -> None:
    """Print one line per run and the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--limp", type=float, default=LIMP_PCT)
    parser.add_argument("--plain", action="store_true", help="without the scenarios")
    wanted = parser.parse_args()
    found = []
    for s in scores(wanted.runners, wanted.seconds, wanted.limp):
        found.append(s)
        measured, true = s.sizes.get("contact_time_s", (float("nan"),) * 2)
        print(f"seed {s.seed}: found {s.found_pct:.1f} %", end=", ")
        print(f"precision {s.precision_ms:.1f} ms", end=", ")
        print(f"true {true:+.1f} %, error {measured - true:+.1f}")
    _show(plain_figures(found))
    if wanted.plain:
        return
    for name in SCENARIOS:
        _show(scenario_figures(name))
    _show(hip_figures())


def _show(figures: Figures) -> None:
    for name, value in figures.items():
        print(f"{name:64s} {value:8.2f}")


if __name__ == "__main__":
    main()
