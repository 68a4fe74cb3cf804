"""One run of two runners through broker and processing, with or without kills."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.faults.comparison import Differences, compare_store
from benchmarks.faults.runners import known_runners
from benchmarks.faults.victims import Child, Killer, draw_blows, processing_child
from collector.service import CollectorService
from contract.errors import TreadwearError
from treadwear.app import running_collector
from treadwear.broker import Broker, start_broker
from treadwear.settings import Settings
from treadwear.waiting import wait_until_closed

_PATIENCE_S = 180.0
"""Everything takes seconds if nothing is broken; a busy machine may need longer."""
_TELL_EVERY_S = 5.0
_REVIVE_EVERY_S = 0.2
_LOOK_EVERY_S = 0.05

BrokerKind = Literal["mosquitto", "amqtt"]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """What is run, how fast, and how often broker and processing are killed."""

    run_s: float = 600.0
    speed: float = 10.0
    kills: int = 5
    seed: int = 1
    broker: BrokerKind = "mosquitto"

    @property
    def wall_s(self) -> float:
        """Seconds that feeding takes."""
        return self.run_s / self.speed


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultResult:
    """What was sent, what arrived, and what that took."""

    sent: int
    resent: int
    broker_kills: int
    processing_kills: int
    cpu_s: float
    most_rss_mb: float
    wall_s: float
    differences: Differences

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return self.differences.is_none

    @property
    def line(self) -> str:
        """One line for people and logs."""
        d = self.differences
        return (
            f"sent {self.sent}, stored {d.stored}, resent {self.resent},"
            f" lost {d.lost}, doubled {d.doubled},"
            f" rows compared {d.rows}, rows different {d.different}"
            f" (broker killed {self.broker_kills}x,"
            f" processing killed {self.processing_kills}x)"
        )


def run_journey(plan: FaultPlan, data_dir: Path, tell: Tell) -> FaultResult:
    """Run it and compare with the undisturbed analysis; files go to ``data_dir``."""
    runners = known_runners(plan.seed, plan.run_s)
    settings = Settings(data_dir=data_dir, broker_host=None)
    began_s = time.monotonic()
    with broker_and_processing(data_dir, plan.broker) as (broker, child):
        plans = [runner.plan for runner in runners]
        with running_collector(settings, broker.port, plans, plan.speed) as collector:
            kills = _disturb(plan, broker, child, collector, tell)
            wait_until_closed(settings, [runner.session for runner in runners])
            counts = collector.counts
    return FaultResult(
        sent=counts.sent,
        resent=counts.resent,
        broker_kills=kills[0],
        processing_kills=kills[1],
        cpu_s=child.usage.cpu_s,
        most_rss_mb=child.usage.most_rss_mb,
        wall_s=time.monotonic() - began_s,
        differences=compare_store(settings.store_path, runners),
    )


@contextmanager
def broker_and_processing(
    data_dir: Path, kind: BrokerKind
) -> Iterator[tuple[Broker, Child]]:
    """Yield a broker, and a processing that is started again whenever it gives up."""
    with (
        start_broker(data_dir / "broker", prefer=kind) as broker,
        processing_child(broker.port, data_dir) as child,
        _supervised(child),
    ):
        _await_store(data_dir)
        yield broker, child


def _await_store(data_dir: Path) -> None:
    """Wait until the processing has opened its store; then it subscribes at once."""
    path = Settings(data_dir=data_dir).store_path
    until_s = time.monotonic() + _PATIENCE_S
    while not path.exists():
        if time.monotonic() > until_s:
            raise TreadwearError(
                "the processing does not start",
                f"it made no run database in {_PATIENCE_S:.0f} s",
                "Look at processing.log in its directory.",
            )
        time.sleep(_LOOK_EVERY_S)


def _disturb(
    plan: FaultPlan,
    broker: Broker,
    child: Child,
    collector: CollectorService,
    tell: Tell,
) -> tuple[int, int]:
    """Kill while the run goes on; returns once all is acknowledged and killed."""
    chance = random.Random(plan.seed)  # noqa: S311 - the same moments for one seed
    killers = [
        Killer(name, victim, draw_blows(chance, plan.kills, plan.wall_s), tell)
        for name, victim in (("broker", broker), ("processing", child))
    ]
    for killer in killers:
        killer.start()
    try:
        _await_stored(collector, plan, tell)
    except BaseException:
        for killer in killers:
            killer.cancel()
        raise
    finally:
        for killer in killers:
            killer.finish()
    return killers[0].kills, killers[1].kills


def _await_stored(collector: CollectorService, plan: FaultPlan, tell: Tell) -> None:
    until_s = time.monotonic() + plan.wall_s + _PATIENCE_S
    while not collector.wait(_TELL_EVERY_S):
        progress = collector.progress()
        tell(
            f"        {min(p.fed_s for p in progress):4.0f} s of the run fed,"
            f" {sum(p.fed_frames for p in progress)} frames,"
            f" {sum(p.acked_frames for p in progress)} acknowledged"
        )
        if time.monotonic() > until_s:
            raise TreadwearError(
                "the fault run does not come to its end",
                f"not all is acknowledged {_PATIENCE_S:.0f} s after the last frame",
                "Look at processing.log in its directory (--keep).",
            )


@contextmanager
def _supervised(child: Child) -> Iterator[None]:
    """Start the child again whenever it ends by itself, for as long as this lasts."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_REVIVE_EVERY_S):
            child.revive()

    thread = threading.Thread(target=watch, name="supervisor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
