"""Simulated runners on a broker that is already there, in real time, one limping."""

from collections.abc import Callable

from collector.service import CollectorService
from collector.simulated.traits import draw_runner
from contract import topics
from contract.errors import UsageError
from contract.messages import SensorInfo, SessionMeta
from treadwear.app import running_collector
from treadwear.demo import SimulatedRunner
from treadwear.server.roles import MOST_SIMULATED, simulated_ids
from treadwear.server.wall import need_broker
from treadwear.settings import Settings

LIMP_PCT = 14.0
"""Asymmetry of sim-1, to be seen after a minute or two with any seed: found in each of
seeds 1 to 12 after 75 s (some of them in tests/server/test_squad_measured.py). Errors
of the sensors move what is measured by up to 5 %, and its interval reaches 4 % to each
side: with some seeds the 8 % of the demo are lost in that."""
PATIENCE_S = 45.0
"""As long as the container has to stop (stop_grace_period 60 s), with some to spare."""


def draw_squad(count: int, seed: int, origin_ns: int) -> list[SimulatedRunner]:
    """So many runners, ``sim-1`` limping."""
    if not 1 <= count <= MOST_SIMULATED:
        raise UsageError(
            f"{count} simulated runners cannot run",
            f"the broker knows sim-1 to sim-{MOST_SIMULATED}",
            f"Choose 1 to {MOST_SIMULATED}.",
        )
    return [
        _runner(name, number, seed, origin_ns)
        for number, name in enumerate(simulated_ids(count), start=1)
    ]


def run(
    settings: Settings,
    squad: list[SimulatedRunner],
    seconds: float | None,
    look: Callable[[CollectorService], None],
) -> bool:
    """Run until the time is over or ctrl-C; gives whether all of it is stored.

    ``look`` is called a few times a second.
    """
    need_broker(settings, "a simulated squad")
    plans = [runner.plan(seconds) for runner in squad]
    with running_collector(settings, settings.broker_port, plans, 1.0) as collector:
        try:
            while not collector.wait(0.25):
                look(collector)
        except KeyboardInterrupt:
            collector.stop()
        return collector.wait(PATIENCE_S)


def _runner(name: str, number: int, seed: int, origin_ns: int) -> SimulatedRunner:
    own_seed = 1000 * seed + number
    is_limping = number == 1
    meta = SessionMeta(
        runner=name,
        session=topics.new_session_id(),
        origin_ns=origin_ns,
        name=f"Simulated {number}" + (", limping" if is_limping else ""),
        shoe="simulated shoe",
        sensors={word: SensorInfo(family="simulated") for word in ("left", "right")},
        simulated=True,
        consent_live=True,
    )
    asymmetry_pct = LIMP_PCT if is_limping else 0.0
    traits = draw_runner(own_seed, contact_asymmetry_pct=asymmetry_pct)
    return SimulatedRunner(meta, traits, own_seed)
