"""Whether a service in a container works: a file that it writes, or its own answer.

Health checks run every few seconds, so this module imports little, and a container
calls it without the rest of the command: ``python -m treadwear.server.health``.
"""

import http.client
import os
import sys
import time
from pathlib import Path

import msgspec

NAME = "health.json"
FRESH_S = 30.0
"""A service that has not written for so long hangs; it writes every few seconds."""
EVERY_S = 5.0
AWAY_S = 30.0
"""A broker may be restarted, or take new passwords; longer, and somebody must look."""
_ASK_TIMEOUT_S = 5.0
_MOST_WORDS = 500
_NS_PER_S = 1_000_000_000


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is, as it says itself.

    ``is_working`` False: it cannot do its work now, ``words`` say why. What only waits,
    such as rows for an InfluxDB that is away, is no fault of the service: ``words``
    may tell it all the same.
    """

    time_ns: int
    is_working: bool
    words: str = ""


class Pulse:
    """Writes how a service is, not more often than is needed.

    Call `beat` from the service's own loop: a loop that hangs writes nothing.
    """

    def __init__(self, data_dir: Path, every_s: float = EVERY_S) -> None:
        self._path = data_dir / NAME
        self._every_s = every_s
        self._next_s = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to say something; asked before what costs time to know."""
        return time.monotonic() >= self._next_s

    def beat(self, *, is_working: bool, words: str = "") -> None:
        """Say how it is; raises nothing, as a full disk must not end the service."""
        if not self.is_due:
            return
        self._next_s = time.monotonic() + self._every_s
        health = Health(time_ns=time.time_ns(), is_working=is_working, words=words)
        try:
            write_health(self._path, health)
        except OSError:
            return  # the file grows old, which says the same


class Line:
    """Whether the broker is away for so long that a service does not do its work."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._why = ""

    def look(self, trouble: str) -> None:
        """Take in why no messages can come now; empty while they can."""
        self._why = trouble
        if not trouble:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = time.monotonic()

    @property
    def complaint(self) -> str:
        """What is to be said of it; a broker that only restarts is nothing."""
        if self._since_s is None or time.monotonic() - self._since_s < AWAY_S:
            return ""
        return f"the broker is away: {self._why}"


def write_health(path: Path, health: Health) -> None:
    """Put the file in its place whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(msgspec.json.encode(health))
    draft.replace(path)


def read_health(path: Path) -> Health | None:
    """What a service said last; None if it said nothing that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Health)
    except (OSError, msgspec.MsgspecError):
        return None


def complaint_of(health: Health | None, now_ns: int) -> str:
    """Why a service is not well; empty when it is."""
    if health is None:
        return "it has said nothing yet"
    silent_s = abs(now_ns - health.time_ns) / _NS_PER_S
    if silent_s > FRESH_S:
        return f"it has said nothing for {silent_s:.0f} s"
    return "" if health.is_working else health.words or "it does not work"


def processing_complaint(data_dir: Path) -> str:
    """Why the processing on this directory is not well; empty when it is."""
    return complaint_of(read_health(data_dir / NAME), time.time_ns())


def live_complaint(port: int) -> str:
    """Why the live page on 127.0.0.1 is not well; empty when it is."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASK_TIMEOUT_S)
    try:
        asked.request("GET", "/healthz")
        answer = asked.getresponse()
        status, body = answer.status, answer.read(_MOST_WORDS)
    except (OSError, http.client.HTTPException) as fault:
        return f"its page does not answer on port {port}: {fault}"
    finally:
        asked.close()
    if status == http.HTTPStatus.OK:
        return ""
    return f"its page answers {status}: {body.decode(errors='replace')}"


def main(arguments: list[str]) -> int:
    """Ask ``processing DIR`` or ``live PORT``; gives the exit code."""
    match arguments:
        case ["processing", data_dir]:
            complaint = processing_complaint(Path(data_dir))
        case ["live", port] if port.isdigit():
            complaint = live_complaint(int(port))
        case _:
            complaint = "usage: health processing DIR | live PORT"
    if complaint:
        sys.stderr.write(f"{complaint}\n")
    return 1 if complaint else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
