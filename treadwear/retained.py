"""What a broker keeps of a runner (retained messages), read and changed there."""

import contextlib
import threading
import time
from collections.abc import Iterator

from contract import topics
from contract.errors import BusError, PayloadError, TopicError
from contract.messages import SessionMeta, loads
from contract.mqtt import MqttBus
from treadwear.app import broker_of, client_id
from treadwear.runtime import who_runs
from treadwear.settings import Settings

_QUIET_S = 1.0
"""A broker sends all retained messages at once; this long without one is the end."""
_PATIENCE_S = 10.0
_LOOK_S = 0.02


class Kept:
    """What a broker keeps of one runner, as it told and as it has changed since."""

    def __init__(self, bus: MqttBus, runner: str) -> None:
        self._bus = bus
        self._news = threading.Event()
        self._said: dict[str, bytes] = {}
        # Only what is ever retained: the frames of a run that goes on never rest.
        for rest in ("+/meta", "+/+/ack"):
            bus.subscribe(f"{topics.ROOT}/{runner}/{rest}", self._note)
        self.wait()
        self.found = {topic: words for topic, words in self._said.items() if words}

    def _note(self, topic: str, payload: bytes) -> None:
        self._said[topic] = payload
        self._news.set()

    def wait(self) -> None:
        """Let the broker say all that it has to say; what was sent comes back too."""
        give_up = time.monotonic() + _PATIENCE_S
        while self._news.wait(_QUIET_S) and time.monotonic() < give_up:
            self._news.clear()

    def left(self) -> set[str]:
        """Topics of which the broker did not say that they are empty now."""
        return {topic for topic in self.found if self._said[topic]}

    def metas(self) -> list[SessionMeta]:
        """Descriptions of runs among what is kept, in order of their sessions."""
        found = []
        for topic, payload in sorted(self.found.items()):
            with contextlib.suppress(TopicError, PayloadError):
                if topics.parse(topic).kind == "meta":
                    found.append(loads(payload, SessionMeta))
        return found

    def put(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Send, as soon as there is room, for there may be very many."""
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._bus.publish(topic, payload, retain=retain)
            except BusError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(_LOOK_S)
            else:
                return


@contextlib.contextmanager
def kept_by_broker(settings: Settings, runner: str, role: str) -> Iterator[Kept]:
    """Ask the broker: one that runs, an external one, or ours, started for it."""
    with (
        _port(settings) as port,
        MqttBus(settings.mqtt(client_id(role), port)) as bus,
    ):
        yield Kept(bus, runner)


@contextlib.contextmanager
def _port(settings: Settings) -> Iterator[int]:
    running = who_runs(settings.data_dir)
    if running is not None:
        yield running.port or settings.broker_port
        return
    with broker_of(settings) as (_, port):
        yield port
