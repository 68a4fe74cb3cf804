"""Our own open sensor, GATT profile v1: commands, packets, resend and ping.

The bytes are `firmware_config.packet`; here is what they mean over a session. A sensor
that was away goes on counting: with the boot id of before, its counter and clock go on,
and if it is still set as it was, it is not stopped, so that no sample is lost.
"""

from dataclasses import dataclass, replace

from collector.devices import settings, sig
from collector.devices.base import (
    Facts,
    Heard,
    NotThere,
    PingReply,
    Read,
    Scale,
    Script,
    Subscribe,
    Wanted,
    Write,
    unwrap,
)
from collector.sequence import Packet
from contract.errors import PacketError, SensorError
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from firmware_config.messages import (
    SIDES,
    Blink,
    Command,
    Configure,
    DataFlag,
    Info,
    Missing,
    Ping,
    Resend,
    Start,
    Stop,
)
from firmware_config.packet import (
    decode_data,
    decode_info,
    decode_reply,
    encode_command,
)
from firmware_config.profile import Profile

BLINK_S = 5
SEQ_BITS, CLOCK_BITS = 16, 32
NS_PER_US = 1000
# A sensor sends again what it still has: looked for from three quarters of the
# counter's period back (37 minutes at 416 Hz) to a quarter ahead.
BEHIND_SHARE = 0.25
# What a sensor says of itself after `Configure` must hold what was asked; it may hold
# more. At 2000 deg/s a count is 70 mdps with ST (LSM6DS3TR-C datasheet, G_So: the last
# count is 2294 deg/s) and 61 with Bosch (sensors.md, MetaWear: 16.4 counts a deg/s).
RATE_TOLERANCE = 0.1
LEAST_FULL_SCALE = 0.9
COUNTS = 32768


class _Count:
    """Unwrapped values of a counter that goes on while nobody hears it."""

    def __init__(self, bits: int, per_ns: float) -> None:
        self._bits = bits
        self._per_ns = per_ns
        self._newest: tuple[int, int] | None = None

    def fresh(self, value: int, arrival_ns: int) -> int:
        """Value of something just sent: near to where the counter must be by now."""
        if self._newest is None:
            return value
        newest, heard_ns = self._newest
        passed = round((arrival_ns - heard_ns) * self._per_ns)
        return unwrap(value, self._bits, newest + passed)

    def behind(self, value: int) -> int:
        """Value of something sent again."""
        if self._newest is None:
            return value
        back = round(BEHIND_SHARE * (1 << self._bits))
        return unwrap(value, self._bits, self._newest[0] - back)

    def keep(self, number: int, arrival_ns: int) -> None:
        """Take an unwrapped value as heard."""
        if self._newest is None or number > self._newest[0]:
            self._newest = (number, arrival_ns)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What was asked and what the sensor then said that it does."""

    wanted: Wanted
    info: Info

    def still_holds(self, wanted: Wanted, info: Info) -> bool:
        """Whether a sensor that says ``info`` needs no `Configure`."""
        return wanted == self.wanted and _told(info) == _told(self.info)


class TreadwearV1:
    """Driver of one treadwear v1 sensor (`collector.devices.base.Driver`)."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._scale = settings.default_scale(profile)
        self._facts = Facts()
        self._boot_id: int | None = None
        self._started_boot_id: int | None = None
        self._setting: _Setting | None = None
        self._continues = False
        stream = profile.stream
        self._restart_counts(stream.rate_hz / stream.samples_per_notification)

    @property
    def profile(self) -> Profile:
        """The family."""
        return self._profile

    @property
    def scale(self) -> Scale:
        """Size of counts as the sensor says; before `start` as the profile says."""
        return self._scale

    @property
    def facts(self) -> Facts:
        """What the sensor said of itself so far."""
        return self._facts

    @property
    def continues(self) -> bool:
        """Whether it has the boot id of the last start that ended well."""
        return self._continues

    def identify(self) -> Script:
        """Read info and battery, and the SIG's serial number where info has none."""
        info = _info((yield Read("info")))
        said = yield from sig.asked(self._profile, self._facts)
        self._facts = _with_info(said, info)

    def start(self, wanted: Wanted) -> Script:
        """Configure and start; a sensor that still streams as wanted is left alone."""
        command = self._configure(wanted)
        info = _info((yield Read("info")))
        self._facts = _with_info(self._facts, info)
        self._meet(info, wanted)
        yield Subscribe("control")
        yield Subscribe("data")
        known = self._setting if self._continues else None
        if known is None or not known.still_holds(wanted, info):
            yield _write(Stop())
            yield _write(command)
            info = _info((yield Read("info")))
            _check_set(info, wanted)
        self._setting = _Setting(wanted, info)
        self._scale = replace(
            self._scale,
            acc_lsb_mps2=info.acc_g_per_lsb * STANDARD_GRAVITY_MPS2,
            gyro_lsb_rps=info.gyro_dps_per_lsb * RAD_PER_DEG,
        )
        yield _write(Start())
        self._started_boot_id = info.boot_id

    def stop(self) -> Script:
        """Stop streaming."""
        yield _write(Stop())

    def blink(self) -> Script:
        """Blink the LED."""
        yield _write(Blink(BLINK_S))

    def ping(self, token: int) -> Write | None:
        """Ask for the device clock; of the token the last 32 bits come back."""
        return _write(Ping(token & 0xFFFFFFFF))

    def resend(self, first: int, last: int) -> Write | None:
        """Ask for packets again; at most as many as the sensor keeps."""
        most = self._setting.info.ring_packets if self._setting else 0
        count = min(last - first + 1, most)
        if count < 1:
            return None
        return _write(Resend(first % (1 << SEQ_BITS), count))

    def decode(self, channel: str, payload: bytes, arrival_ns: int) -> list[Heard]:
        """One packet, ping reply or list of what is not there; else `PacketError`."""
        if channel == "data":
            return [self._packet(payload, arrival_ns)]
        if channel == "control":
            return [self._reply(payload, arrival_ns)]
        raise PacketError(f"treadwear v1 sends nothing on the channel {channel!r}")

    def _packet(self, payload: bytes, arrival_ns: int) -> Packet:
        said = decode_data(payload)
        if said.flags & DataFlag.RESENT:
            counter = self._seq.behind(said.seq)
            dev_us = self._clock_us.behind(said.first_us)
        else:
            counter = self._seq.fresh(said.seq, arrival_ns)
            dev_us = self._clock_us.fresh(said.first_us, arrival_ns)
        self._seq.keep(counter, arrival_ns)
        self._clock_us.keep(dev_us, arrival_ns)
        return Packet(counter, dev_us * NS_PER_US, arrival_ns, said.counts)

    def _reply(self, payload: bytes, arrival_ns: int) -> PingReply | NotThere:
        said = decode_reply(payload)
        if isinstance(said, Missing):
            if said.count == 0:
                raise PacketError("not a not_there packet", "it names no packet")
            first = self._seq.behind(said.first_seq)
            return NotThere(first, first + said.count - 1)
        dev_us = self._clock_us.fresh(said.device_us, arrival_ns)
        self._clock_us.keep(dev_us, arrival_ns)
        return PingReply(said.token, dev_us * NS_PER_US)

    def _meet(self, info: Info, wanted: Wanted) -> None:
        """Take note of who is there before anything can be heard of it."""
        self._continues = info.boot_id == self._started_boot_id
        if info.boot_id != self._boot_id:
            self._boot_id = info.boot_id
            self._restart_counts(wanted.rate_hz / info.samples_per_packet)

    def _restart_counts(self, packets_hz: float) -> None:
        self._seq = _Count(SEQ_BITS, packets_hz / NS_PER_S)
        self._clock_us = _Count(CLOCK_BITS, 1 / NS_PER_US)

    def _configure(self, wanted: Wanted) -> Configure:
        settings.rate_of(self._profile, wanted)
        settings.scale_of(self._profile, wanted)
        values = (wanted.rate_hz, wanted.acc_range_g, wanted.gyro_range_dps)
        return Configure(*(round(value) for value in values))


def _write(command: Command) -> Write:
    return Write("control", encode_command(command))


def _info(payload: bytes) -> Info:
    try:
        return decode_info(payload)
    except PacketError as fault:
        what = "the sensor does not say what it is"
        step = "Its firmware may be older or newer than this program: update both."
        raise SensorError(what, fault.why, step) from fault


def _with_info(facts: Facts, info: Info) -> Facts:
    firmware = f"{info.fw_major}.{info.fw_minor}"
    serial = info.serial or facts.serial
    return replace(facts, serial=serial, firmware=firmware, side=SIDES[info.side])


def _told(info: Info) -> tuple[float, float, float]:
    return info.rate_hz, info.acc_g_per_lsb, info.gyro_dps_per_lsb


def _check_set(info: Info, wanted: Wanted) -> None:
    acc_g = info.acc_g_per_lsb * COUNTS
    gyro_dps = info.gyro_dps_per_lsb * COUNTS
    is_as_wanted = (
        abs(info.rate_hz / wanted.rate_hz - 1) <= RATE_TOLERANCE
        and acc_g >= LEAST_FULL_SCALE * wanted.acc_range_g
        and gyro_dps >= LEAST_FULL_SCALE * wanted.gyro_range_dps
    )
    if not is_as_wanted:
        told = f"{info.rate_hz:.0f} Hz, {acc_g:.1f} g and {gyro_dps:.0f} deg/s"
        asked = (
            f"{wanted.rate_hz:.0f} Hz, {wanted.acc_range_g:.0f} g"
            f" and {wanted.gyro_range_dps:.0f} deg/s"
        )
        what = "the sensor did not take its settings"
        raise SensorError(what, f"it was told {asked}, and says {told}")
