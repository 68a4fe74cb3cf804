"""Movesense with the GATT SensorData Protocol (GSP): floats, all acc, then all gyro.

Commands ``code reference ...``, replies ``01 reference status16``; data ``02`` and
reference, u32 ms of the first sample, ACC N x 3 f32 in m/s2, GYRO N x 3 f32 in degrees
per second; ``03`` carries the second part of what was too long for one notification
(sensors.md, "Movesense GSP"). There is no packet counter.
"""

import struct
from collections.abc import Generator

import numpy as np

from collector.devices import sig
from collector.devices.base import (
    Ask,
    Facts,
    Heard,
    Scale,
    Script,
    Step,
    Subscribe,
    Wanted,
    Write,
    unwrap,
)
from collector.devices.settings import default_scale, rate_of, scale_of
from collector.devices.stamps import (
    Stamp,
    packets_lost,
    refuse_backward,
    refuse_implausible,
)
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.model import CountArray
from contract.units import NS_PER_S, RAD_PER_DEG
from firmware_config.profile import Profile

COMMAND, ANSWER = "write", "notify"
SUBSCRIBE, UNSUBSCRIBE, GET = 1, 2, 4
REPLY, DATA, SECOND_PART = 1, 2, 3
IMU_REF, BATTERY_REF = 0x63, 0x64
BATTERY_PATH = b"/System/Energy/Level"
OK = 200  # status words are those of HTTP
NS_PER_MS = 1_000_000
# So many notifications that look whole wait in vain for a second part.
MOST_ALONE = 3
# Both parts are sent at once. A second part that comes this share of a packet's time
# after a first part is that of the next packet, whose own first part is lost.
MOST_PARTS_APART = 0.75
_HEAD, _STAMP, _SAMPLE = 2, 4, 24


class Movesense:
    """Driver; the reference numbers of its requests are its own."""

    continues = False

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.scale: Scale = default_scale(profile)
        self.facts = Facts()
        self._forget(profile.stream.rate_hz)

    def _forget(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._half, self._half_ns = b"", 0
        self._first_part_length = self._whole_length = self._alone = 0
        self._last: tuple[Stamp, Packet] | None = None

    def identify(self) -> Script:
        """Read what the standard services have."""
        self.facts = yield from sig.asked(self.profile, self.facts)

    def start(self, wanted: Wanted) -> Script:
        """Subscribe to all six axes; ranges cannot be set by this protocol."""
        rate_hz = rate_of(self.profile, wanted)
        self.scale = scale_of(self.profile, wanted)
        self._forget(rate_hz)
        yield Subscribe(ANSWER)
        if self.facts.battery_pct is None:
            yield from self._battery()
        path = f"/Meas/IMU6/{rate_hz:g}".encode("ascii")
        reply = yield from self._asked(SUBSCRIBE, IMU_REF, path)
        if _status(reply) != OK:
            raise SensorError(
                f"{self.profile.title} refused to stream at {rate_hz:g} Hz",
                f"it answers with status {_status(reply)}",
                "Choose a lower rate, or update its firmware (the GSP app).",
            )

    def _battery(self) -> Script:
        """Ask in its own words where the standard service is missing.

        At the start and not before: the answer comes where samples come.
        """
        reply = yield from self._asked(GET, BATTERY_REF, BATTERY_PATH)
        if _status(reply) == OK and len(reply) > 4:
            self.facts = sig.with_battery(self.facts, reply[4])

    def _asked(
        self, code: int, reference: int, path: bytes
    ) -> Generator[Step, bytes, bytes]:
        return (
            yield Ask(
                COMMAND,
                bytes([code, reference]) + path,
                ANSWER,
                lambda heard: heard[:2] == bytes([REPLY, reference]) and len(heard) > 3,
            )
        )

    def stop(self) -> Script:
        """Unsubscribe."""
        yield Write(COMMAND, bytes([UNSUBSCRIBE, IMU_REF]))

    def blink(self) -> Script:
        """No: the protocol has no command for the LED."""
        yield from ()

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """Packet of a data notification, or of its second part."""
        if channel != ANSWER:
            return []
        if len(payload) < _HEAD or payload[0] not in (REPLY, DATA, SECOND_PART):
            raise _broken("it is neither an answer nor data")
        if payload[0] == REPLY or payload[1] != IMU_REF:
            return []
        body = payload[_HEAD:]
        if payload[0] == SECOND_PART:
            return self._second_part(body, arrival_ns)
        if len(body) < _STAMP:
            raise _broken("it ends within its time stamp")
        is_first = len(body) == self._first_part_length and self._alone < MOST_ALONE
        if is_first or not _is_whole(body):
            self._alone += is_first
            self._half, self._half_ns = body, arrival_ns
            return []
        heard = self._whole(body, arrival_ns)
        self._whole_length, self._half = len(body), b""
        self._first_part_length = self._alone = 0
        return heard

    def _second_part(self, body: bytes, arrival_ns: int) -> list[Heard]:
        if not self._half:
            # Its first part is lost, or was as long as a whole one and taken for it.
            self._first_part_length = self._whole_length
            return []
        n = (len(self._half) + len(body) - _STAMP) // _SAMPLE
        late_s = (arrival_ns - self._half_ns) / NS_PER_S
        if late_s * self._rate_hz > MOST_PARTS_APART * n:
            raise _broken("its two parts are not of one packet")
        heard = self._whole(self._half + body, arrival_ns)
        self._half, self._alone = b"", 0
        return heard

    def _whole(self, body: bytes, arrival_ns: int) -> list[Heard]:
        t_ms, counts = self._read(body)
        before = self._last[0] if self._last else None
        expected_ns = before.expected_ns(arrival_ns) if before else 0
        t_ms = unwrap(t_ms, 32, expected_ns // NS_PER_MS) if before else t_ms
        now = Stamp(t_ms * NS_PER_MS, arrival_ns)
        refuse_implausible(now, before)
        refuse_backward(now, before)
        if before is not None and now.dev_ns == before.dev_ns:
            return []  # the same notification once more
        packet = Packet(self._counter(now), now.dev_ns, arrival_ns, counts)
        self._last = (now, packet)
        return [packet]

    def _read(self, body: bytes) -> tuple[int, CountArray]:
        if not _is_whole(body):
            raise _broken(f"{len(body)} bytes are not a stamp and whole samples")
        t_ms: int = struct.unpack_from("<I", body)[0]
        values = np.frombuffer(body, "<f4", offset=_STAMP)
        # Before they are made longer, which warns of a signalling NaN.
        if not np.isfinite(values).all():
            raise _broken("it has values that are no numbers")
        acc, gyro_dps = values.astype(np.float64).reshape(2, -1, 3)
        acc_counts = acc / self.scale.acc_lsb_mps2
        gyro_counts = gyro_dps * RAD_PER_DEG / self.scale.gyro_lsb_rps
        counts = np.rint(np.hstack([acc_counts, gyro_counts]))
        return t_ms, np.clip(counts, -32768, 32767).astype(np.int16)

    def _counter(self, now: Stamp) -> int:
        if self._last is None:
            return 0
        before, packet = self._last
        n = len(packet.counts)
        passed = (now.dev_ns - before.dev_ns) * self._rate_hz / NS_PER_S
        return packet.counter + 1 + packets_lost(passed - n, n)

    def ping(self, token: int) -> None:
        """No: this protocol has no two-way time."""
        del token

    def resend(self, first: int, last: int) -> None:
        """No: it keeps nothing of a stream."""
        del first, last


def _is_whole(body: bytes) -> bool:
    return len(body) > _STAMP and (len(body) - _STAMP) % _SAMPLE == 0


def _status(reply: bytes) -> int:
    return int.from_bytes(reply[2:4], "little")


def _broken(why: str) -> PacketError:
    return PacketError("a Movesense notification cannot be read", why)
