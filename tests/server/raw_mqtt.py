"""A client that keeps no rules of ours: MQTT 3.1.1 packets as bytes on a socket.

`contract.mqtt` never sends what an attacker would: odd client ids, a last will on
somebody else's topic, sessions that stay. Layout: MQTT 3.1.1, OASIS 2014, section 3.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE, _PINGREQ = 0x10, 0x20, 0x30, 0x82, 0xC0
_PONG = b"\xd0\0"
_USER, _PASSWORD, _RETAIN_WILL, _WILL, _CLEAN = 0x80, 0x40, 0x20, 0x04, 0x02
_ACCEPTED = 0
WAIT_S = 5.0

Will = tuple[str, bytes]


class RawClient:
    """One connection; raises `ConnectionRefusedError` if the broker says no."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)

    def connect(
        self,
        client: str,
        user: str,
        password: str,
        will: Will | None = None,
        *,
        is_clean: bool = True,
    ) -> None:
        flags = _USER | _PASSWORD | (_CLEAN if is_clean else 0)
        flags |= (_WILL | _RETAIN_WILL) if will else 0
        told = [_text(client.encode())]
        told += [_text(will[0].encode()), _text(will[1])] if will else []
        told += [_text(user.encode()), _text(password.encode())]
        head = _text(b"MQTT") + struct.pack(">BBH", 4, flags, 60)
        self.send(_CONNECT, head + b"".join(told))
        answer = self._socket.recv(4)
        if answer[:1] != bytes([_CONNACK]) or answer[3] != _ACCEPTED:
            raise ConnectionRefusedError(answer.hex())

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.send(_PUBLISH | retain, _text(topic.encode()) + payload)

    def subscribe(self, pattern: str) -> None:
        self.send(_SUBSCRIBE, b"\0\1" + _text(pattern.encode()) + b"\1")

    def ping(self) -> None:
        self.send(_PINGREQ, b"")

    def hear(self) -> bytes:
        """Some bytes that came; none when the line was cut."""
        return self._socket.recv(65536)

    def hear_until_pong(self) -> bytes:
        """All that came before the answer to a ping; nothing if the line was cut."""
        heard = b""
        while not heard.endswith(_PONG):
            more = self.hear()
            if not more:
                return b""
            heard += more
        return heard

    def send(self, kind: int, body: bytes) -> None:
        self._socket.sendall(bytes([kind]) + _length(len(body)) + body)

    def drop(self) -> None:
        """Go without a word, as a dead battery does: the will is due."""
        with suppress(OSError):
            self._socket.close()


@contextmanager
def raw_client(port: int) -> Iterator[RawClient]:
    client = RawClient(port)
    try:
        yield client
    finally:
        client.drop()


def _text(words: bytes) -> bytes:
    return struct.pack(">H", len(words)) + words


def _length(size: int) -> bytes:
    """Seven bits to a byte, the least significant first (section 2.2.3)."""
    found = bytearray()
    while True:
        size, low = divmod(size, 128)
        found.append(low | (0x80 if size else 0))
        if not size:
            return bytes(found)
