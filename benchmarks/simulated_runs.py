"""One simulated run, analysed, beside its truth."""

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.matching import match
from collector.simulated.source import FEET, RunSettings, simulated_run
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.simulated.truth import Truth, TruthStep, true_steps
from collector.simulated.worn import Worn
from contract import wire
from contract.messages import SessionMeta
from contract.model import FloatArray, Slot
from contract.units import NS_PER_S
from processing.metrics import METRICS
from processing.offline import analyse_frames
from processing.pipeline import SessionAnalysis
from processing.store.base import RawFrame

# Read off the truth as it stands; times between contacts are worked out below.
_PER_STEP = (
    "contact_time_s",
    "strike_angle_deg",
    "pitch_at_toe_off_deg",
    "pronation_excursion_deg",
    "toe_out_deg",
    "stride_length_m",
)
# The end of a run is cut somewhere; strides that are not whole are no misses.
_TAIL_S = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is simulated; the runner comes from the seed."""

    seed: int
    seconds: float
    settings: RunSettings = field(default_factory=RunSettings)
    asymmetry_pct: float = 0.0
    speed_mps: float | None = None
    slots: tuple[Slot, ...] = FEET

    @property
    def traits(self) -> RunnerTraits:
        """Who runs."""
        return draw_runner(
            self.seed,
            speed_mps=self.speed_mps,
            contact_asymmetry_pct=self.asymmetry_pct,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A case, its analysis and all its true steps."""

    case: Case
    analysis: SessionAnalysis
    truth: Truth

    @property
    def running(self) -> Truth:
        """Give the true steps of running that the sensors could have seen whole."""
        return Truth(
            tuple(
                step
                for step in self.truth.only("run").steps
                if step.t_ic_s > self.case.settings.recorded_from_s + _TAIL_S
            )
        )


def run(case: Case) -> Ran:
    """Simulate and analyse one case."""
    traits, settings = case.traits, case.settings
    sources = simulated_run(
        traits, 0, case.seconds, case.seed, settings, slots=case.slots
    )
    meta = SessionMeta(runner="sim", session="sim", origin_ns=0, simulated=True)
    frames = [
        RawFrame("sim", "sim", slot, batch.epoch, batch.seq, wire.encode(batch))
        for slot, source in sources.items()
        for batch in source.batches()
    ]
    analysis = analyse_frames(meta, frames).analysis
    assert analysis is not None  # noqa: S101 - a described session has one
    truth = true_steps(
        traits,
        case.seed,
        case.seconds - _TAIL_S,
        settings.standing_s,
        settings.course,
    )
    return Ran(case, analysis, _as_worn(truth, settings))


def _as_worn(truth: Truth, settings: RunSettings) -> Truth:
    """Call feet by their sensors: that they were swapped is another question."""
    if all(settings.worn.get(slot, Worn()).foot == 3 - slot for slot in FEET):
        return Truth(tuple(replace(s, side=Slot(3 - s.side)) for s in truth.steps))
    return truth


def columns(truth: Truth, side: Slot) -> dict[str, FloatArray]:
    """Give the true figures of one foot's steps, by the names of the step's columns."""
    own = [step for step in truth.steps if step.side is side]
    found = {
        name: np.array([getattr(step, name) for step in own]) for name in _PER_STEP
    }
    found["t_ic_s"] = np.array([step.t_ic_s for step in own])
    others = np.array([s.t_ic_s for s in truth.steps if s.side is not side])
    step_s = _to_next(others, found["t_ic_s"])
    found["step_time_s"] = step_s
    found["flight_time_s"] = step_s - found["contact_time_s"]
    found["stride_time_s"] = _to_next(found["t_ic_s"], found["t_ic_s"])
    found["swing_time_s"] = found["stride_time_s"] - found["contact_time_s"]
    return found


def _to_next(times_s: FloatArray, since_s: FloatArray) -> FloatArray:
    """Time to the next of some events; NaN after a pause and at the end."""
    after = np.append(times_s, np.nan)[np.searchsorted(times_s, since_s, side="right")]
    return np.where(after - since_s < 1.2, after - since_s, np.nan)


def true_size(truth: Truth, metric: str) -> float | None:
    """Give what the comparison of a metric should say; None where truth is silent."""
    left, right = (columns(truth, side).get(metric) for side in FEET)
    if left is None or right is None:
        return None
    means = float(np.nanmean(left)), float(np.nanmean(right))
    if METRICS[metric].is_ratio:
        return 200.0 * (means[1] - means[0]) / (means[1] + means[0])
    return means[1] - means[0]


@dataclass(frozen=True, slots=True, eq=False)
class FootMatch:
    """Measured less true of the true steps found; ``errors`` by column."""

    expected: int
    found: int
    swapped: int
    reported: int
    unfounded: int
    errors: dict[str, FloatArray]
    true: dict[str, FloatArray]


def match_foot(ran: Ran, side: Slot, wanted: Truth | None = None) -> FootMatch:
    """Compare one foot's steps with the truth; ``wanted`` are those that must be found.

    Unfounded is a step where no contact of that foot was, running or changing pace.
    """
    wanted = wanted or ran.running
    measured = ran.analysis.steps()[side]
    seen_s = measured.ic_ns / NS_PER_S
    true = columns(wanted, side)
    pairs = match(true["t_ic_s"], seen_s)
    picked = {
        name: pairs.pick(np.asarray(getattr(measured, name))) - values[pairs.is_found]
        for name, values in true.items()
        if hasattr(measured, name)
    }
    whole_s = np.array([s.t_ic_s for s in _of(ran, side)])
    other = Slot.RIGHT if side is Slot.LEFT else Slot.LEFT
    crossed = match(columns(wanted, other)["t_ic_s"], seen_s)
    last_s = ran.case.seconds - _TAIL_S
    inside_s = seen_s[seen_s < last_s]
    return FootMatch(
        expected=len(true["t_ic_s"]),
        found=int(pairs.is_found.sum()),
        swapped=int(crossed.is_found.sum()),
        reported=len(inside_s),
        unfounded=int((~match(inside_s, whole_s).is_found).sum()),
        errors=picked,
        true={name: values[pairs.is_found] for name, values in true.items()},
    )


def _of(ran: Ran, side: Slot) -> list[TruthStep]:
    return [step for step in ran.truth.only("run").steps if step.side is side]
