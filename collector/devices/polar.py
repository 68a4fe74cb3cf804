"""Polar Verity Sense in SDK mode: acceleration and angular rate in separate frames.

No packet counter; the device clock (ns) stamps the LAST sample of a frame. The times of
a frame are spread between the stamp before and its own, so that the real rate counts
and not the label; after a loss they come from the label. Protocol: sensors.md ("Polar
PMD").
"""

from collections.abc import Generator
from dataclasses import replace

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
)
from collector.devices.polar_frames import (
    ACC,
    ALREADY_IN_STATE,
    GYRO,
    REPLY,
    SDK_MODE,
    SDK_ON_OR_START,
    STATUS_WORDS,
    STOP,
    WRONG_STATE,
    Frame,
    Reply,
    read_frame,
    read_reply,
    start_command,
)
from collector.devices.settings import default_scale, rate_of, scale_of
from collector.devices.stamps import (
    Stamp,
    packets_lost,
    refuse_backward,
    refuse_implausible,
)
from collector.devices.two_streams import Piece, TwoStreams
from contract.errors import PacketError, SensorError
from contract.model import CountArray
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.profile import Profile

CONTROL, DATA = "control", "data"
MEASURED = {ACC: "acceleration", GYRO: "angular rate", SDK_MODE: "the SDK mode"}
# 16 g in 16 bits need 0.000488 g: a factor below this is in g, above it in mg.
LEAST_FACTOR_MG = 0.01


class PolarVeritySense:
    """Driver; forgets all but who the sensor is at every start."""

    continues = False

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.scale: Scale = default_scale(profile)
        self.facts = Facts()
        self._forget(profile.stream.rate_hz)

    def _forget(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._acc_factor: float | None = None
        self._streams = TwoStreams(rate_hz)
        self._stamps: dict[int, Stamp] = {}

    def identify(self) -> Script:
        """Read battery, serial number and firmware."""
        self.facts = yield from sig.asked(self.profile, self.facts)

    def start(self, wanted: Wanted) -> Script:
        """SDK mode on, then both measurements; the replies tell the size of a count."""
        rate_hz = rate_of(self.profile, wanted)
        self.scale = scale_of(self.profile, wanted)
        self._forget(rate_hz)
        yield Subscribe(CONTROL)
        yield Subscribe(DATA)
        yield from self._sdk_mode()
        acc = yield from self._started(ACC, wanted.acc_range_g)
        gyro = yield from self._started(GYRO, wanted.gyro_range_dps)
        self._take_factors(acc.factor, gyro.factor)

    def _sdk_mode(self) -> Script:
        """Switch it on; what streams already is in its way."""
        command = bytes([SDK_ON_OR_START, SDK_MODE])
        reply = yield from self._asked(command)
        if reply.status == WRONG_STATE:
            for kind in (ACC, GYRO):
                yield from self._asked(bytes([STOP, kind]))
            reply = yield from self._asked(command)
        if reply.status not in (0, ALREADY_IN_STATE):
            raise self._refused(reply)

    def _started(self, kind: int, full_scale: float) -> Generator[Step, bytes, Reply]:
        command = start_command(kind, self._rate_hz, full_scale)
        reply = yield from self._asked(command)
        if reply.status == ALREADY_IN_STATE:
            yield from self._asked(bytes([STOP, kind]))
            reply = yield from self._asked(command)
        if reply.status:
            raise self._refused(reply)
        return reply

    def _asked(self, command: bytes) -> Generator[Step, bytes, Reply]:
        head = bytes([REPLY, *command[:2]])
        payload = yield Ask(
            CONTROL,
            command,
            CONTROL,
            lambda heard: heard[:3] == head and len(heard) > 3,
        )
        try:
            return read_reply(payload)
        except PacketError as fault:
            raise SensorError(
                f"{self.profile.title} answers badly", fault.why
            ) from fault

    def _refused(self, reply: Reply) -> SensorError:
        why = STATUS_WORDS.get(reply.status, "it does not say why")
        return SensorError(
            f"{self.profile.title} refused to start {MEASURED[reply.kind]}",
            f"{why} (status {reply.status})",
            "Take it out of the charger, or switch it off and on, and try again.",
        )

    def _take_factors(self, acc: float | None, gyro: float | None) -> None:
        self._acc_factor = acc
        if acc is not None:
            acc_g = acc if acc < LEAST_FACTOR_MG else acc / 1000
            acc_lsb_mps2 = acc_g * STANDARD_GRAVITY_MPS2
            self.scale = replace(self.scale, acc_lsb_mps2=acc_lsb_mps2)
        if gyro is not None:
            self.scale = replace(self.scale, gyro_lsb_rps=gyro * RAD_PER_DEG)

    def stop(self) -> Script:
        """Stop both measurements and leave the SDK mode."""
        for kind in (ACC, GYRO, SDK_MODE):
            yield Write(CONTROL, bytes([STOP, kind]))

    def blink(self) -> Script:
        """It has no command for its LED."""
        yield from ()

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """Packets that a frame completes."""
        if channel != DATA:
            return []
        frame = read_frame(payload)
        counts = self._rescaled(frame)
        before = self._stamps.get(frame.kind)
        now = Stamp(frame.last_ns, arrival_ns)
        refuse_implausible(now, before)
        refuse_backward(now, before)
        if before is not None and now.dev_ns == before.dev_ns:
            return []  # the same notification once more
        piece = self._spread(now, before, counts)
        self._stamps[frame.kind] = now
        add = self._streams.add_acc if frame.kind == ACC else self._streams.add_gyro
        return list(add(piece))

    def _rescaled(self, frame: Frame) -> CountArray:
        """Counts of `scale`: frames of type 1 count milli-g, the others factors."""
        count_g = None if frame.kind == GYRO else self._count_g(frame)
        if count_g is None:
            return frame.counts
        ratio = count_g * STANDARD_GRAVITY_MPS2 / self.scale.acc_lsb_mps2
        if abs(ratio - 1) < 1e-6:
            return frame.counts
        scaled: CountArray = np.rint(frame.counts * ratio).clip(-32768, 32767)
        return scaled.astype(np.int16)

    def _count_g(self, frame: Frame) -> float | None:
        """Size of a count of acceleration; None where it is the profile's."""
        factor = self._acc_factor
        if factor is None or not frame.is_delta:
            return 0.001 if frame.frame_type == 1 else None
        if (factor < LEAST_FACTOR_MG) != (frame.frame_type == 0):
            raise PacketError(
                "a Polar frame cannot be read",
                f"type {frame.frame_type} does not fit the factor {factor:g}",
            )
        return factor if frame.frame_type == 0 else factor / 1000

    def _spread(self, now: Stamp, before: Stamp | None, counts: CountArray) -> Piece:
        n = len(counts)
        if before is not None:
            passed_ns = now.dev_ns - before.dev_ns
            missing = passed_ns * self._rate_hz / NS_PER_S - n
            if not packets_lost(missing, n):
                t_ns = before.dev_ns + passed_ns * np.arange(1, n + 1) // n
                return Piece(t_ns, counts, now.arrival_ns)
        back_ns = np.arange(n - 1, -1, -1) * (NS_PER_S / self._rate_hz)
        t_ns = now.dev_ns - np.rint(back_ns).astype(np.int64)
        return Piece(t_ns, counts, now.arrival_ns, is_after_gap=before is not None)

    def ping(self, token: int) -> None:
        """No: its clock can be set but not asked quickly."""
        del token

    def resend(self, first: int, last: int) -> None:
        """No: it keeps nothing."""
        del first, last
