"""MetaWear (MetaMotion): three samples a notification, without time and without count.

Commands and layouts: sensors.md ("MetaWear"), from mbientlab/MetaWear-SDK-Cpp
test/test_accelerometer_bmi160.py and test/test_gyro_bmi160.py. Times are made from the
count of samples and the arrivals (`collector.devices.sample_clock`), so the sensor's
own clock stays unknown. Up to three notifications lost in a row are not seen (in the
first 15 s up to six): they pass for a lower rate, and until the count has caught up, a
second or two, acceleration and angular rate are apart by what one of them lost.
"""

import numpy as np

from collector.devices import sig
from collector.devices.base import Facts, Heard, Scale, Script, Subscribe, Wanted, Write
from collector.devices.sample_clock import SampleClock
from collector.devices.settings import default_scale, rate_of, scale_of
from collector.devices.two_streams import Piece, TwoStreams
from contract.errors import PacketError, SensorError
from firmware_config.profile import Profile

COMMAND, ANSWER = "command", "notify"
ACC, GYRO = 0x03, 0x13
# Registers of one sample and of three, and the length of a notification with each.
SINGLE = {(ACC, 0x04): 8, (GYRO, 0x05): 8}
PACKED = {(ACC, 0x1C): 20, (GYRO, 0x07): 20}
# BMI160: output data rate codes, filter bits 0x20 (normal), range codes.
RATE_CODES = {25: 0x26, 50: 0x27, 100: 0x28, 200: 0x29, 400: 0x2A, 800: 0x2B}
ACC_RANGE_CODES = {2: 0x03, 4: 0x05, 8: 0x08, 16: 0x0C}
GYRO_RANGE_CODES = {2000: 0, 1000: 1, 500: 2, 250: 3, 125: 4}


class MetaWear:
    """Driver; counts start anew with every start."""

    continues = False

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.scale: Scale = default_scale(profile)
        self.facts = Facts()
        self._forget(profile.stream.rate_hz)

    def _forget(self, rate_hz: float) -> None:
        self._streams = TwoStreams(rate_hz)
        self._clocks = {ACC: SampleClock(rate_hz), GYRO: SampleClock(rate_hz)}

    def identify(self) -> Script:
        """Read battery, serial number and firmware."""
        self.facts = yield from sig.asked(self.profile, self.facts)

    def start(self, wanted: Wanted) -> Script:
        """Set rate and ranges, then subscribe to both streams and start them."""
        rate_hz = rate_of(self.profile, wanted)
        self.scale = scale_of(self.profile, wanted)
        acc, gyro = wanted.acc_range_g, wanted.gyro_range_dps
        code = _code(RATE_CODES, rate_hz)
        self._forget(rate_hz)
        yield Subscribe(ANSWER)
        for command in (
            bytes([ACC, 0x03, code, _code(ACC_RANGE_CODES, acc)]),
            bytes([GYRO, 0x03, code, _code(GYRO_RANGE_CODES, gyro)]),
            bytes([ACC, 0x1C, 1]),
            bytes([GYRO, 0x07, 1]),
            bytes([ACC, 0x02, 1, 0]),
            bytes([GYRO, 0x02, 1, 0]),
            bytes([ACC, 0x01, 1]),
            bytes([GYRO, 0x01, 1]),
        ):
            yield Write(COMMAND, command)

    def stop(self) -> Script:
        """Stop sampling, then the streams."""
        for command in (
            bytes([ACC, 0x01, 0]),
            bytes([GYRO, 0x01, 0]),
            bytes([ACC, 0x02, 0, 1]),
            bytes([GYRO, 0x02, 0, 1]),
            bytes([ACC, 0x1C, 0]),
            bytes([GYRO, 0x07, 0]),
        ):
            yield Write(COMMAND, command)

    def blink(self) -> Script:
        """Its LED commands are not in our notes, so there is no blinking."""
        yield from ()

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """Packets that a notification completes."""
        if channel != ANSWER:
            return []
        head = (payload[0], payload[1]) if len(payload) >= 2 else None
        if head is None or payload[0] not in (ACC, GYRO):
            raise PacketError(
                "a MetaWear notification cannot be read",
                "it is neither acceleration nor angular rate",
            )
        length = SINGLE.get(head) or PACKED.get(head)
        if length is None:
            return []  # an answer of the same module
        if len(payload) != length:
            raise PacketError(
                "a MetaWear notification cannot be read",
                f"it has {len(payload)} bytes instead of {length}",
            )
        counts = np.frombuffer(payload, "<i2", offset=2).astype(np.int16).reshape(-1, 3)
        t_ns, lost = self._clocks[payload[0]].times(len(counts), arrival_ns)
        piece = Piece(t_ns, counts, arrival_ns, is_after_gap=lost > 0)
        is_acc = payload[0] == ACC
        add = self._streams.add_acc if is_acc else self._streams.add_gyro
        return list(add(piece))

    def ping(self, token: int) -> None:
        """No: its clock is not in the stream."""
        del token

    def resend(self, first: int, last: int) -> None:
        """No: it keeps nothing of a stream."""
        del first, last


def _code(codes: dict[int, int], value: float) -> int:
    if value not in codes:
        known = ", ".join(map(str, codes))
        raise SensorError(
            f"a MetaWear sensor cannot be set to {value:g}",
            f"it knows {known}",
            "See what each family can do with: treadwear sensors.",
        )
    return codes[int(value)]
