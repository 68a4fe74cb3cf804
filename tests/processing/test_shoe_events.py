from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from contract.model import FloatArray, ImuBatch, Slot
from contract.units import NS_PER_S
from processing.metrics import Steps
from processing.offline import analyse_frames
from processing.pipeline import FEET, SessionAnalysis
from processing.shoe.events import PhaseMemory

Simulate = Callable[..., Any]
RUNS = [(seed, 200.0) for seed in range(1, 13)] + [(seed, 100.0) for seed in (2, 6, 11)]
NEAR_S = 0.060
# The detector's own coefficients know nothing of the simulation, so its absolute bias
# there says nothing (algorithms.md 9, rule 4): precision and signs are tested.
MOST_SD_MS = 8.0


def analysed(run: Any) -> SessionAnalysis:  # noqa: ANN401 - conftest's SimulatedRun
    analysis = analyse_frames(run.meta, run.frames()).analysis
    assert analysis is not None
    return analysis


def true_contacts(run: Any, slot: Slot) -> tuple[FloatArray, FloatArray]:  # noqa: ANN401
    own = [s for s in run.truth.steps if s.side is slot]
    return np.array([s.t_ic_s for s in own]), np.array([s.contact_time_s for s in own])


def distances(true_s: FloatArray, steps: Steps) -> FloatArray:
    """From each true contact to each that was found [true, found]."""
    away: FloatArray = np.abs(true_s[:, None] - steps.ic_ns[None] / NS_PER_S)
    return away


@pytest.mark.parametrize(("seed", "rate_hz"), RUNS)
def test_contacts_are_found_on_the_right_foot_and_precisely(
    simulate: Simulate, seed: int, rate_hz: float
) -> None:
    run = simulate(seed, 60.0, rate_hz=rate_hz)
    steps = analysed(run).steps()
    for slot, other in (FEET, FEET[::-1]):
        true_s, true_contact_s = true_contacts(run, slot)
        away = distances(true_s, steps[slot])
        is_found = away.min(axis=1) < NEAR_S
        assert is_found.mean() >= 0.97
        assert (away.min(axis=0) < NEAR_S).all(), "a contact that was none"
        assert distances(true_contacts(run, other)[0], steps[slot]).min() > NEAR_S
        measured_s = steps[slot].contact_time_s[away.argmin(axis=1)]
        error_ms = 1e3 * (measured_s - true_contact_s)[is_found]
        assert error_ms.std() <= MOST_SD_MS


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_the_cadence_is_the_true_one(simulate: Simulate, seed: int) -> None:
    run = simulate(seed, 60.0)
    cadence = np.concatenate([s.cadence_spm for s in analysed(run).steps().values()])
    assert np.nanmedian(cadence) == pytest.approx(run.truth.cadence_spm, rel=0.01)


@pytest.mark.parametrize("seed", [1, 5, 6])
def test_a_limp_shifts_the_asymmetry_by_as_much(simulate: Simulate, seed: int) -> None:
    """What sensors and style add cancels between an even run and a limp."""
    even, limp = (
        simulate(seed, 60.0, asymmetry_pct=asymmetry) for asymmetry in (0.0, 8.0)
    )
    measured = [analysed(r).compare()["contact_time_s"].asi_pct for r in (even, limp)]
    true = limp.truth.asi_pct - even.truth.asi_pct
    assert measured[1] - measured[0] == pytest.approx(true, abs=2.0)


def mirrored(batch: ImuBatch, slot: Slot) -> ImuBatch:
    """Give the batch as the other foot's sensor would send it in a mirror (y flips)."""
    signs = np.array([1, -1, 1, -1, 1, -1], np.int16)
    counts = np.clip(batch.counts, -32767, None) * signs
    return replace(batch, slot=slot, counts=counts.astype(np.int16))


@pytest.mark.parametrize("seed", [2, 3, 5, 11])
def test_a_mirrored_runner_gives_mirrored_results(
    simulate: Simulate, seed: int
) -> None:
    run = simulate(seed, 40.0)
    swapped = {
        other: [mirrored(batch, other) for batch in run.batches[slot]]
        for slot, other in (FEET, FEET[::-1])
    }
    straight, mirror = analysed(run), analysed(replace(run, batches=swapped))
    for slot, other in (FEET, FEET[::-1]):
        one, twin = straight.steps()[slot], mirror.steps()[other]
        assert len(one.ic_ns) == len(twin.ic_ns)
        assert np.abs(one.ic_ns - twin.ic_ns).max() < 1000
        assert np.abs(one.contact_time_s - twin.contact_time_s).max() < 1e-6
    # Not exactly: a mirrored run begins on the other foot, so pairs differ by one step.
    asi = [a.compare()["contact_time_s"].asi_pct for a in (straight, mirror)]
    assert asi[0] == pytest.approx(-asi[1], abs=0.5)


def test_50_hz_is_refused_with_the_reason(simulate: Simulate) -> None:
    analysis = analysed(simulate(1, 40.0, rate_hz=50.0))
    for slot in FEET:
        report = analysis.reports()[slot]
        assert report.refusal == "sampling rate too low for contact times"
        assert report.steps == 0
        assert len(analysis.steps()[slot].ic_ns) == 0
    assert analysis.compare() == {}


def test_the_opening_strides_are_judged_by_their_common_median() -> None:
    memory = PhaseMemory(5)
    assert list(memory.expect(np.array([0.1, 0.3, 0.2]))) == [0.2, 0.2, 0.2]


def test_later_strides_are_judged_by_those_before_them_only() -> None:
    memory = PhaseMemory(3)
    memory.expect(np.array([0.1, 0.2, 0.3]))
    expected = memory.expect(np.array([0.9, 0.9, 0.5]))
    assert list(expected) == pytest.approx([0.2, 0.3, 0.9])


def test_what_is_remembered_does_not_depend_on_the_portions() -> None:
    phases = np.random.default_rng(1).uniform(size=30)
    at_once, one_by_one = PhaseMemory(8), PhaseMemory(8)
    for memory in (at_once, one_by_one):
        memory.expect(phases[:5])
    together = at_once.expect(phases[5:])
    single = [one_by_one.expect(phases[k : k + 1])[0] for k in range(5, 30)]
    assert np.array_equal(together, single)
