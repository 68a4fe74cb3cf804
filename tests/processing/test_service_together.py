"""Many sessions at once: the same bits as one alone, and a share for each process."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace

import msgspec
import numpy as np
import pytest

from contract import topics
from contract.model import FloatArray, Slot
from processing import dsp
from processing.pipeline import FEET, SessionAnalysis
from processing.service import ProcessingService
from processing.share import Share
from processing.together import settle_together
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop, ended, in_time, offline
from tests.processing.simulated_run import SimulatedRun

Simulate = Callable[..., SimulatedRun]
TURN = 5
"""Frames of each sensor in a turn: half a second."""


def own_rate(run: SimulatedRun, ppm: float) -> SimulatedRun:
    """Sensors whose crystals are off by so much, each differently."""
    return run.changed(
        lambda b: replace(b, rate_hz=b.rate_hz * (1 + ppm * b.slot * 1e-6))
    )


def figures(analysis: SessionAnalysis) -> dict[str, FloatArray]:
    steps = analysis.steps()
    return {
        f"{slot.word} {f.name}": getattr(steps[slot], f.name)
        for slot in FEET
        for f in fields(steps[slot])
    }


@pytest.mark.parametrize("few", [0, 1000])
def test_runners_judged_side_by_side_get_the_figures_they_get_alone(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """To the last bit, whatever the rates of their sensors, either way of filtering."""
    monkeypatch.setattr(dsp, "_FEW_RATES", few)
    runs = [own_rate(simulate(seed, 40.0), 40.0 * seed - 70.0) for seed in range(4)]
    together = [SessionAnalysis(run.meta) for run in runs]
    for begin in range(0, 400, TURN):
        for analysis, run in zip(together, runs, strict=True):
            for slot in FEET:
                analysis.push(slot, run.batches[slot][begin : begin + TURN])
        settle_together(together)
    for analysis, run in zip(together, runs, strict=True):
        alone = SessionAnalysis(run.meta)
        for slot in FEET:
            alone.push(slot, run.batches[slot][:400])
        found, expected = figures(analysis), figures(alone)
        assert len(found["left ic_ns"]) > 30
        for name, values in expected.items():
            assert np.array_equal(found[name], values, equal_nan=True), name


def test_a_filter_by_samples_gives_the_bits_of_one_by_rates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(3)
    x = chance.normal(size=(40, 2, 300))
    rates_hz = 200.0 + chance.uniform(-0.02, 0.02, 40)
    at_once = dsp.lowpass(x, 15.0, rates_hz)
    monkeypatch.setattr(dsp, "_FEW_RATES", 1000)
    assert np.array_equal(at_once, dsp.lowpass(x, 15.0, rates_hz))


def test_every_runner_has_one_process_and_others_messages_the_first() -> None:
    shares = [Share(number, 3) for number in range(3)]
    for k in range(200):
        runner = f"r{k}"
        for topic in (topics.imu(runner, "s", Slot.LEFT), topics.meta(runner, "s")):
            assert [share.wants(topic) for share in shares] == [
                share.has(runner) for share in shares
            ]
        assert sum(share.has(runner) for share in shares) == 1
    assert [share.wants("weather/today") for share in shares] == [True, False, False]
    assert {next(s.number for s in shares if s.has(f"r{k}")) for k in range(9)} == {
        0,
        1,
        2,
    }


def test_two_processes_share_the_runners_of_one_store(
    loop: LiveLoop, two_runs: list[SimulatedRun]
) -> None:
    ours = [
        next(f"r{k}" for k in range(99) if Share(n, 2).has(f"r{k}")) for n in (0, 1)
    ]
    runs = [
        replace(run, meta=msgspec.structs.replace(run.meta, runner=runner))
        for run, runner in zip(two_runs, ours, strict=True)
    ]
    services = [
        ProcessingService(loop.bus, loop.path, share=Share(n, 2)) for n in (0, 1)
    ]
    for service in services:
        service.start()
    try:
        for run in runs:
            loop.tell(ended(run.meta, run.frames()))
        loop.send(in_time([f for run in runs for f in run.frames()]))
        for run in runs:
            loop.wait_until_closed(run.meta.session)
    finally:
        for service in services:
            service.stop()
    for service, run in zip(services, runs, strict=True):
        assert service.counters.stored == len(run.frames())
        end = ended(run.meta, run.frames())
        assert loop.stored(run.meta.session) == offline(end, in_time(run.frames()))


def test_when_many_cannot_be_judged_together_each_is_judged_alone(
    loop: LiveLoop, two_runs: list[SimulatedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug that comes out beside others only: nobody loses a step by it."""

    def fails(analyses: Iterable[SessionAnalysis]) -> None:
        every = list(analyses)
        settle_together(every[:1])
        if len(every) > 1:
            raise ZeroDivisionError

    monkeypatch.setattr("processing.intake.settle_together", fails)
    monkeypatch.setattr("processing.turns._SHARES", 1)
    with loop.processing() as service:
        for run in two_runs:
            loop.tell(run.meta)
        loop.send(in_time([f for run in two_runs for f in run.frames()]))
        for run in two_runs:
            loop.tell(ended(run.meta, run.frames()))
        for run in two_runs:
            loop.wait_until_closed(run.meta.session)
        assert service.counters.failed_sessions == 0
    for run in two_runs:
        end = ended(run.meta, run.frames())
        assert loop.stored(run.meta.session) == offline(end, in_time(run.frames()))


def test_a_process_that_starts_again_takes_up_its_own_runners_only(
    loop: LiveLoop,
) -> None:
    number = int(not Share(0, 2).has("ana"))
    with loop.processing() as service:
        loop.tell(loop.run.meta)
        loop.send(loop.frames[:100])
        wait_until(lambda: service.counters.stored == 100)
    others = ProcessingService(loop.bus, loop.path, share=Share(1 - number, 2))
    own = ProcessingService(loop.bus, loop.path, share=Share(number, 2))
    for service in (others, own):
        service.start()
    try:
        wait_until(lambda: own.health().sessions == 1)
        assert others.health().sessions == 0
    finally:
        others.stop()
        own.stop()
