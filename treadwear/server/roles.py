"""Who may do what at the broker: one user per role and one per runner.

A collector knows the password of its own runner only, so that one lost laptop shows
or falsifies nobody else's run. Mosquitto filters what is delivered by these rules; a
message that a user may not send is dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contract import topics
from treadwear.club import SIM

PROCESSING = "processing"
LIVE = "live"
HEALTH = "health"
ROLES = (PROCESSING, LIVE, HEALTH, SIM)

MOST_SIMULATED = 20
"""Simulated runners at once; more is a load test, which has a broker of its own."""

UPTIME_TOPIC = "$SYS/broker/uptime"
"""What the broker says of itself every 10 s, retained (mosquitto(8))."""


@dataclass(frozen=True, slots=True)
class Access:
    """Topic patterns that one user may send on (``writes``) and receive (``reads``).

    ``never`` are exceptions to both.
    """

    user: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def simulated_ids(count: int = MOST_SIMULATED) -> tuple[str, ...]:
    """Ids of the simulated runners, ``sim-1`` upwards."""
    return tuple(f"sim-{number}" for number in range(1, count + 1))


def access_of(runners: Iterable[str]) -> tuple[Access, ...]:
    """Rights of every role, then of every runner."""
    return (*_ROLE_ACCESS, *(_collector(name, (name,)) for name in sorted(runners)))


def _collector(user: str, runners: tuple[str, ...]) -> Access:
    own = [f"{topics.ROOT}/{runner}" for runner in runners]
    return Access(
        user,
        writes=tuple(f"{x}/{end}" for x in own for end in _COLLECTED),
        reads=tuple(f"{x}/+/+/ack" for x in own),
    )


_COLLECTED = ("+/+/imu", "+/meta", "+/event")
_UNDER_STATUS = (f"{topics.ROOT}/status/+/+/#",)
"""Everybody may write ``status/<id of her connection>``, and chooses that id herself:
``s1/left/imu`` for example, which would make frames of a runner called status of it."""
_ROLE_ACCESS = (
    Access(
        PROCESSING,
        # Descriptions and acknowledgements both ways: `treadwear forget` looks for what
        # is retained of a runner, and clears it.
        writes=(
            topics.ALL_ACKS,
            topics.ALL_LIVE,
            topics.ALL_EVENTS,
            topics.ALL_META,
        ),
        reads=(
            topics.ALL_IMU,
            topics.ALL_META,
            topics.ALL_EVENTS,
            topics.ALL_MARKS,
            topics.ALL_ACKS,
        ),
        never=_UNDER_STATUS,
    ),
    # Who watches the wall marks a moment, or wants quiet for a while; on a topic of its
    # own: on the event topic it could declare a runner's frames lost.
    Access(
        LIVE,
        writes=(topics.ALL_MARKS,),
        reads=(topics.ALL_LIVE, topics.ALL_EVENTS, topics.ALL_MARKS),
        never=_UNDER_STATUS,
    ),
    Access(HEALTH, reads=(UPTIME_TOPIC,)),
    _collector(SIM, simulated_ids()),
)
