"""A club's broker: the generated files, run by the real mosquitto on this machine."""

import contextlib
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.bus import fits
from contract.mqtt import MqttBus, MqttSettings
from treadwear.server import mosquitto
from treadwear.server.roles import ROLES, access_of

WAIT_S = 10.0
WITNESS = "witness"
"""A user of the tests only, who sees and may send everything."""
RUNNERS = ("ana", "ben")
HOST = "club.local"


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look every 10 ms; for what tells nobody when it happens."""
    for _ in range(int(WAIT_S / 0.01)):
        if is_true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ear:
    """What somebody has received."""

    got: list[tuple[str, bytes]] = field(default_factory=list)

    def hear(self, topic: str, payload: bytes) -> None:
        self.got.append((topic, payload))

    def payloads(self, pattern: str) -> list[bytes]:
        return [payload for topic, payload in list(self.got) if fits(pattern, topic)]


@dataclass
class ClubBroker:
    """The broker of an installed directory, here instead of in a container."""

    program: str
    directory: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self._own_copy("mosquitto.conf")
        for path in sorted((self.directory / "mosquitto/more").glob("*.conf")):
            self._own_copy(f"more/{path.name}")
        (self.directory / "data").mkdir(exist_ok=True)
        arguments = [self.program, "-c", str(config)]
        with (self.directory / "log").open("ab") as log:
            self._child = subprocess.Popen(arguments, stdout=log, stderr=log)
        wait_until(self._is_open)

    def kill(self) -> None:
        self._end(is_harsh=True)

    def stop(self) -> None:
        self._end(is_harsh=False)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def reload(self) -> None:
        """Have it read passwords and rights again."""
        assert self._child is not None
        self._child.send_signal(signal.SIGHUP)

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def settings(self, user: str, client: str, **other: object) -> MqttSettings:
        password = (self.directory / f"secrets/broker_{user}").read_text().strip()
        known: dict[str, object] = {
            "client_id": client,
            "port": self.port,
            "username": user,
            "password": password,
        }
        return MqttSettings(**{**known, **other})  # type: ignore[arg-type]

    def join(self, user: str, client: str, **other: object) -> MqttBus:
        return MqttBus(self.settings(user, client, **other))

    def _own_copy(self, name: str) -> Path:
        """The same file for this machine: other places and ports, nothing else."""
        text = (self.directory / "mosquitto" / name).read_text()
        here = str(self.directory)
        for old, new in (
            ("/mosquitto/data/", f"{here}/data/"),
            ("/mosquitto/config/more", f"{here}/here/more"),
            ("/mosquitto/config/", f"{here}/mosquitto/"),
            ("/mosquitto/tls/", f"{here}/tls/server/"),
        ):
            text = text.replace(f" {old}", f" {new}")
        text = re.sub(r"(?m)^listener 1883$", f"listener {self.port} 127.0.0.1", text)
        tls = f"listener {self.tls_port} 127.0.0.1"
        text = re.sub(r"(?m)^listener 8883$", tls, text)
        path = self.directory / "here" / name
        (self.directory / "here/more").mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _is_open(self) -> bool:
        assert self.is_alive, (self.directory / "log").read_text()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            return True
        return False

    def _end(self, *, is_harsh: bool) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if is_harsh:
            child.kill()
        else:
            child.terminate()
        child.wait(WAIT_S)


def broker_files(directory: Path, runners: tuple[str, ...] = RUNNERS) -> None:
    """What `treadwear init` writes for the broker, and the witness of the tests."""
    users = (*ROLES, *runners)
    for folder in ("secrets", "mosquitto/more", "tls/server"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    words = {user: f"secret of {user}" for user in (*users, WITNESS)}
    for user, word in words.items():
        (directory / f"secrets/broker_{user}").write_text(f"{word}\n")
    folder = directory / "mosquitto"
    (folder / "mosquitto.conf").write_text(mosquitto.config())
    everything = f"\nuser {WITNESS}\ntopic readwrite #\n"
    (folder / "acl").write_text(mosquitto.acl(access_of(runners)) + everything)
    (folder / "passwords").write_text(mosquitto.passwords(words))


@contextmanager
def running_club(program: str, directory: Path) -> Iterator[ClubBroker]:
    broker = ClubBroker(program, directory)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def watching(
    broker: ClubBroker, user: str, client: str
) -> Iterator[tuple[MqttBus, Ear]]:
    """Somebody who subscribes to everything."""
    ear = Ear()
    with broker.join(user, client) as bus:
        bus.subscribe("#", ear.hear)
        yield bus, ear


def until(ear: Ear, pattern: str, *payload: bytes) -> None:
    """Wait for a message."""
    done = threading.Event()

    def is_there() -> bool:
        heard = ear.payloads(pattern)
        if payload[0] in heard if payload else heard:
            done.set()
        return done.is_set()

    wait_until(is_there)
