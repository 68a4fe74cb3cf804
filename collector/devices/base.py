"""What a driver of a sensor family is: commands to write, bytes to understand, no I/O.

A driver never touches the radio. What it wants done it yields as steps (a *script*);
the link performs each and sends the answer back in. What comes by notification is
decoded by a pure function of the bytes and of what the driver heard before.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from collector.sequence import Packet
from firmware_config.profile import Profile


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Turn notifications (or indications) of a channel on."""

    channel: str


@dataclass(frozen=True, slots=True)
class Read:
    """Read a channel; the answer is its value, b"" if it is optional and not there."""

    channel: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Write to a channel; the answer is b""."""

    channel: str
    payload: bytes
    with_response: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """Write to a channel and wait for the notification that answers; that is sent in.

    Without one within ``timeout_s`` the link raises `SensorError`.
    """

    channel: str
    payload: bytes
    reply_on: str
    is_reply: Callable[[bytes], bool]
    timeout_s: float = 3.0


Step = Subscribe | Read | Write | Ask
Script = Generator[Step, bytes, None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a sensor is to stream."""

    rate_hz: float
    acc_range_g: float
    gyro_range_dps: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Size of one count, and the count from which on a value may be cut off."""

    acc_lsb_mps2: float
    gyro_lsb_rps: float
    acc_rail: int = 32700
    gyro_rail: int = 32700


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sensor says of itself; "" and None where it does not.

    ``side`` is left, right, hip or "".
    """

    serial: str = ""
    firmware: str = ""
    battery_pct: int | None = None
    side: str = ""


@dataclass(frozen=True, slots=True)
class PingReply:
    """The sensor's clock (unwrapped) when it had the ping with that token."""

    token: int
    dev_ns: int


@dataclass(frozen=True, slots=True)
class NotThere:
    """Packets ``first`` to ``last`` (unwrapped counters) that cannot be sent again."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """What a foot pod measured itself (Running Speed and Cadence)."""

    speed_mps: float
    cadence_spm: float


Heard = Packet | PingReply | NotThere | Cadence


class Driver(Protocol):
    """One sensor's side of the talk; lives as long as the session, over reconnects."""

    @property
    def profile(self) -> Profile:
        """The family."""

    @property
    def scale(self) -> Scale:
        """Size of counts; final once `start` has ended."""

    @property
    def facts(self) -> Facts:
        """What the sensor said of itself so far."""

    @property
    def continues(self) -> bool:
        """Whether counter and clock run on since before the last `start`.

        False when the sensor was started anew, or when that cannot be known.
        """

    def identify(self) -> Script:
        """Ask who it is and how full its battery is; fills `facts`, starts nothing."""

    def start(self, wanted: Wanted) -> Script:
        """Configure and start; after every (re)connect. Forgets what is half heard.

        Raises `SensorError` when the sensor refuses.
        """

    def stop(self) -> Script:
        """Stop streaming."""

    def blink(self) -> Script:
        """Blink the LED for a few seconds; no step at all where there is none."""

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """What a notification says; `PacketError` for one that breaks the protocol.

        Packets have unwrapped counters (a jump is a loss), unwrapped device times and
        int16 counts [n, 6] in order of time. Nothing changes in the driver when it
        raises.
        """

    def ping(self, token: int) -> Write | None:
        """Step that asks for the sensor's clock; None where it cannot."""

    def resend(self, first: int, last: int) -> Write | None:
        """Step that asks for packets (unwrapped) again; None where it cannot.

        May ask for fewer, from ``first`` on.
        """


def perform(script: Script, answer: Callable[[Step], bytes]) -> list[Step]:
    """Run a script against a function that answers each step; gives the steps."""
    steps: list[Step] = []
    try:
        step = next(script)
        while True:
            steps.append(step)
            step = script.send(answer(step))
    except StopIteration:
        return steps


def unwrap(value: int, bits: int, expected: int) -> int:
    """Give the number nearest to ``expected`` whose last ``bits`` are ``value``."""
    period = 1 << bits
    behind = (expected - value + period // 2) // period
    return value + behind * period
