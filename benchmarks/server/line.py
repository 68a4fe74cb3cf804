"""A line to a broker that only sends, as cheaply as can be: MQTT 3.1.1 by hand.

The load generator shares two cores with what it measures. A client library takes 40 to
80 us for each message; here a message is a few bytes around a frame, and all that are
due leave with one call.
"""

import socket
import struct
from collections.abc import Iterable, Iterator

_CONNECT, _SUBSCRIBE, _PUBLISH_QOS1 = 0x10, 0x82, 0x32
_CONNACK, _PUBLISH = 2, 3
_CLEAN = 0x02
_PATIENCE_S = 5.0


class Line:
    """One connection: publishes with QoS 1, reads what comes."""

    def __init__(self, host: str, port: int, client_id: str) -> None:
        self._socket = socket.create_connection((host, port), _PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._ids = 0
        self.confirmed = 0
        head = _text("MQTT") + struct.pack(">BBH", 4, _CLEAN, 0)
        self._socket.sendall(_packet(_CONNECT, head + _text(client_id)))
        welcome = self._socket.recv(4)
        if len(welcome) != 4 or welcome[0] >> 4 != _CONNACK or welcome[3]:
            raise ConnectionError(f"the broker refuses {client_id}")

    def subscribe(self, pattern: str) -> None:
        """Ask for what fits, with QoS 0."""
        body = self._next_id() + _text(pattern) + b"\0"
        self._socket.sendall(_packet(_SUBSCRIBE, body))

    def publish(self, messages: Iterable[tuple[bytes, bytes]], flags: int = 0) -> None:
        """Send messages (topic with its length, payload) at once; flag 1 retains."""
        packets = [
            _packet(_PUBLISH_QOS1 | flags, topic + self._next_id() + payload)
            for topic, payload in messages
        ]
        if packets:
            self._socket.settimeout(_PATIENCE_S)
            self._socket.sendall(b"".join(packets))

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Messages (topic, payload) that have come by now; counts confirmations."""
        for kind, body in self._packets():
            if kind == _PUBLISH:
                (size,) = struct.unpack_from(">H", body)
                yield body[2 : 2 + size].decode(), body[2 + size :]
            else:
                self.confirmed += 1

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        self._rest += self._arrived()
        place, held = 0, self._rest
        while (found := _length(held, place + 1)) is not None:
            size, begin = found
            if begin + size > len(held):
                break
            yield held[place] >> 4, held[begin : begin + size]
            place = begin + size
        self._rest = held[place:]

    def _arrived(self) -> bytes:
        parts = []
        self._socket.setblocking(False)
        try:
            while part := self._socket.recv(1 << 16):
                parts.append(part)
        except BlockingIOError:
            pass
        return b"".join(parts)

    def _next_id(self) -> bytes:
        self._ids = self._ids % 0xFFFF + 1
        return struct.pack(">H", self._ids)


def _text(words: str) -> bytes:
    data = words.encode()
    return struct.pack(">H", len(data)) + data


def topic_bytes(topic: str) -> bytes:
    """A topic as it stands in a message."""
    return _text(topic)


def _packet(head: int, body: bytes) -> bytes:
    size, digits = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        digits.append(low | (0x80 if size else 0))
        if not size:
            return bytes([head]) + bytes(digits) + body


def _length(data: bytes, place: int) -> tuple[int, int] | None:
    """Length of a packet and where its body begins; None while that has not come."""
    size = 0
    for k in range(4):
        if place + k >= len(data):
            return None
        size |= (data[place + k] & 0x7F) << 7 * k
        if not data[place + k] & 0x80:
            return size, place + k + 1
    raise ConnectionError("the broker does not speak MQTT")
