"""What a subscriber heard on a bus, and how clients of a broker are made."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from contract.bus import Bus
from contract.mqtt import MqttSettings
from tests.patience import PATIENCE_S
from treadwear.broker import Broker

NewBus = Callable[[str], Bus]


@dataclass
class Heard:
    """A handler that keeps what it hears, and can be waited for."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, topic: str, payload: bytes) -> None:
        with self.news:
            self.messages.append((topic, payload))
            self.news.notify_all()

    def wait(self, is_enough: Callable[[list[tuple[str, bytes]]], bool]) -> None:
        with self.news:
            assert self.news.wait_for(lambda: is_enough(self.messages), PATIENCE_S), (
                f"heard only {self.messages[-5:]}"
            )

    def payloads(self, n: int) -> list[bytes]:
        self.wait(lambda messages: len(messages) >= n)
        return [payload for _, payload in self.messages]


def settings(broker: Broker, client_id: str) -> MqttSettings:
    return MqttSettings(client_id=client_id, host=broker.host, port=broker.port)
