"""A broker of our own: mosquitto as a child process, else amqtt inside this one.

Mosquitto comes first because it keeps retained messages over a restart and needs less
processor time; amqtt needs nothing installed. Neither is trusted to keep a frame (amqtt
forgets unconfirmed messages when a line is cut, mosquitto those since its last save):
the collector's spool and processing's acknowledgement do that. Both listen on 127.0.0.1
only, without a password; whoever wants more runs a broker of their own.
"""

import atexit
import logging
import os
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal

from contract.errors import BrokerError
from contract.private import private_dir
from treadwear.amqtt_thread import AmqttThread

log = logging.getLogger(__name__)

Kind = Literal["mosquitto", "amqtt"]
HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
PORT_TRIES = 5
_SBIN = "/usr/local/sbin:/usr/sbin:/opt/homebrew/sbin"
_INSTALL = "Install it (apt-get install mosquitto), or choose the broker amqtt."

# Queue and save interval: the defaults (1000 messages, then silence; 30 minutes) lose
# data at our rates. Root stays root, or mosquitto could not write the directory.
_CONFIG = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {data_dir}/
autosave_interval 5
max_inflight_messages 100
max_queued_messages 100000
log_dest file {log_file}
log_timestamp_format %Y-%m-%dT%H:%M:%S
{user}"""

# Ends the broker when the pipe from us closes, however we die (SIGKILL included).
_GUARD = 'read -r _; kill "$0"'


class Broker(ABC):
    """A broker that we started; a context manager that stops it."""

    kind: Kind

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.host = HOST
        self.port = port
        self._start()
        atexit.register(self.stop)

    def __enter__(self) -> "Broker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """Process id of the child; None if the broker lives in this process."""

    @property
    @abstractmethod
    def is_alive(self) -> bool:
        """Whether the broker still runs."""

    @abstractmethod
    def _start(self) -> None:
        """Start and return once it takes connections, or raise `BrokerError`."""

    @abstractmethod
    def _end(self) -> None:
        """End in an orderly way; nothing happens if it does not run."""

    def stop(self) -> None:
        """End the broker; may be called twice."""
        atexit.unregister(self.stop)
        self._end()

    def kill(self) -> None:
        """End the broker as harshly as possible, for tests of what then happens."""
        self._end()

    def restart(self) -> None:
        """Start again on the same port, stopping first if need be."""
        self._end()
        self._start()
        atexit.unregister(self.stop)
        atexit.register(self.stop)


class MosquittoBroker(Broker):
    """Mosquitto as a child process; its files are in the data directory."""

    kind: Kind = "mosquitto"

    def __init__(self, data_dir: Path, port: int) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        super().__init__(data_dir, port)

    @property
    def pid(self) -> int | None:
        """Process id of mosquitto."""
        return self._child.pid if self._child else None

    @property
    def is_alive(self) -> bool:
        """Whether the child still runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def log_file(self) -> Path:
        """What mosquitto has to say."""
        return self.data_dir / "mosquitto.log"

    def kill(self) -> None:
        """Send SIGKILL: nothing is saved."""
        if self._child is not None:
            self._child.kill()
        self._end()

    def _start(self) -> None:
        program = find_mosquitto()
        if program is None:
            raise BrokerError("cannot start mosquitto", "it is not installed", _INSTALL)
        # A session of its own: Ctrl-C ends us first, and we then end the broker.
        self._child = subprocess.Popen(  # noqa: S603 - our own arguments
            [program, "-c", self._write_config()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._start_guard(self._child.pid)
        if not _wait_until_open(self.port, lambda: self.is_alive):
            self._end()
            raise BrokerError("mosquitto did not start", self._last_words(), _INSTALL)

    def _start_guard(self, pid: int) -> None:
        shell = shutil.which("sh")
        if shell is None:
            return
        self._guard = subprocess.Popen(  # noqa: S603 - our own arguments
            [shell, "-c", _GUARD, str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _end(self) -> None:
        # The guard first: it must never outlive the process id that it watches over.
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.kill()
            guard.communicate()
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _write_config(self) -> Path:
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        text = _CONFIG.format(
            port=self.port,
            host=self.host,
            data_dir=self.data_dir,
            log_file=self.log_file,
            user="user root\n" if is_root else "",
        )
        path = self.data_dir / "mosquitto.conf"
        path.write_text(text, encoding="utf-8")
        return path

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text(
                encoding="utf-8", errors="replace"
            ).splitlines()
        except OSError:
            lines = []
        said = [line.partition(": ")[2] for line in lines if "rror" in line]
        return f"it said {said[-1]!r}" if said else "it ended without a word"


class AmqttBroker(Broker):
    """amqtt in a thread of this process; it keeps nothing on disk."""

    kind: Kind = "amqtt"

    def __init__(self, data_dir: Path, port: int) -> None:
        self._thread = AmqttThread(HOST, port)
        super().__init__(data_dir, port)

    @property
    def pid(self) -> None:
        """None: it lives in this process."""
        return

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive

    def _start(self) -> None:
        why = self._thread.start()
        if why:
            raise BrokerError("amqtt did not start", why, "Choose another port.")

    def _end(self) -> None:
        self._thread.stop()


def find_mosquitto() -> str | None:
    """Path of mosquitto; Debian keeps it where a plain user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)


def start_broker(
    data_dir: Path,
    port: int = 0,
    prefer: Literal["auto", "mosquitto", "amqtt"] = "auto",
) -> Broker:
    """Start a broker on 127.0.0.1 and return it once it takes connections.

    Parameters
    ----------
    data_dir : Path
        Where mosquitto keeps configuration, log and retained messages.
    port : int
        0 takes any free port; another one that is taken is a `BrokerError`.
    prefer : str
        ``auto`` takes mosquitto if there is one and it starts, else amqtt.
    """
    data_dir = data_dir.resolve()
    try:
        private_dir(data_dir)
    except OSError as fault:
        what = f"the broker cannot use the directory {data_dir}"
        why = fault.strerror or str(fault)
        raise BrokerError(what, why, "Choose another data directory.") from fault
    if prefer == "amqtt" or (prefer == "auto" and find_mosquitto() is None):
        return _start_one(AmqttBroker, data_dir, port)
    try:
        return _start_one(MosquittoBroker, data_dir, port)
    except BrokerError as fault:
        if prefer == "mosquitto" or (port and not _is_free(port)):
            raise
        log.warning("%s Using amqtt instead.", fault)
        return _start_one(AmqttBroker, data_dir, port)


def _start_one(
    make: type[MosquittoBroker] | type[AmqttBroker], data_dir: Path, port: int
) -> Broker:
    if port:
        if not _is_free(port):
            what = f"no broker can be started on port {port}"
            why = "another program listens there already"
            raise BrokerError(what, why, "Choose another port, or 0 for any free one.")
        return make(data_dir, port)
    for _ in range(PORT_TRIES - 1):
        free_port = _free_port()
        try:
            return make(data_dir, free_port)
        except BrokerError:
            # Somebody may have been quicker to take the port; else it is a real fault.
            if _is_free(free_port):
                raise
    return make(data_dir, _free_port())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the brokers do: connections that linger after a stop do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _wait_until_open(port: int, is_alive: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s and is_alive():
        try:
            socket.create_connection((HOST, port), 1.0).close()
        except OSError:
            time.sleep(0.02)
        else:
            return is_alive()
    return False
