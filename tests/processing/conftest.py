"""Simulated runs, and the live loop they are sent through."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.bus import MemoryBus
from contract.model import Slot
from tests.processing.live_loop import Acks, LiveLoop
from tests.processing.simulated_run import SimulatedRun, remembered_run


@pytest.fixture(scope="session")
def simulate() -> Callable[..., SimulatedRun]:
    """Make (or remember) a run over a perfect radio: ``simulate(seed, 40.0)``."""

    def make(
        seed: int = 1,
        duration_s: float = 40.0,
        *,
        rate_hz: float = 200.0,
        asymmetry_pct: float = 0.0,
        session: str = "s1",
        slots: tuple[Slot, ...] = (Slot.LEFT, Slot.RIGHT),
    ) -> SimulatedRun:
        return remembered_run(seed, duration_s, rate_hz, asymmetry_pct, session, slots)

    return make


@pytest.fixture
def loop(
    tmp_path: Path,
    simulate: Callable[..., SimulatedRun],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LiveLoop]:
    """Give a run and all it needs to get into a store, which is not there yet."""
    # The service does not sleep long over a fault.
    monkeypatch.setattr("processing.service._RETRY_S", 0.02)
    bus = MemoryBus()
    yield LiveLoop(bus, tmp_path / "treadwear.db", simulate(5, 40.0))
    bus.close()


@pytest.fixture
def two_runs(simulate: Callable[..., SimulatedRun]) -> list[SimulatedRun]:
    """Give runs of two sessions at the same time, the first that of the loop."""
    return [simulate(5, 40.0), simulate(6, 40.0, session="s2")]


@pytest.fixture
def acks(loop: LiveLoop) -> Acks:
    """Hear all acknowledgements from the beginning."""
    return Acks(loop.bus, loop.path)
