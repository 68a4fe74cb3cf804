"""A virtual sensor of our own open profile v1 (firmware_config/messages.py)."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from collector.virtual.faults import att_error
from collector.virtual.motion import Motion, rescale
from collector.virtual.peripheral import (
    BATTERY,
    FIRMWARE,
    NOTIFY,
    READ,
    SERIAL,
    WRITE,
    Channel,
)
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import Samples
from collector.virtual.sensor import Traits, VirtualSensor
from contract.errors import PacketError
from contract.model import CountArray
from firmware_config.packet import (
    CONTROL_UUID,
    DATA_UUID,
    INFO_UUID,
    MAX_SAMPLES,
    SERVICE_UUID,
    SIDES,
    AttError,
    Blink,
    Configure,
    DataFlag,
    DataPacket,
    Info,
    Missing,
    Ping,
    Pong,
    Resend,
    Start,
    Stop,
    decode_command,
    encode_data,
    encode_info,
    encode_reply,
)

# LSM6DS3TR-C datasheet, table 3: mg and mdps per count at each full scale.
_ACC_MG = {2: 0.061, 4: 0.122, 8: 0.244, 16: 0.488}
_GYRO_MDPS = {125: 4.375, 250: 8.75, 500: 17.5, 1000: 35.0, 2000: 70.0}
_RATES_HZ = (104, 208, 416)
_AS_WORN = Configure(208, 16, 2000)
RING_PACKETS = 600
# Packets that are sent again go out so often, and only when the radio is free.
_RESEND_EVERY_S = 0.015
_RAIL = 32700


class VirtualTreadwear(VirtualSensor):
    """Our own sensor: ring of packets, resend, ping and LED.

    At 16 g and 2000 dps it passes the motion's counts on as they are and says their
    size in its info; at other ranges counts are those of the LSM6DS3TR-C.

    Attributes
    ----------
    ring_packets : int
        How many packets can be sent again; 0: none.
    batch : tuple of int
        Least and most samples of a packet; drawn anew for each.
    seq : int
        Number of the next packet, not wrapped.
    n_blinks : int
        How often the LED was asked to blink.
    """

    CHANNELS = (
        Channel("data", SERVICE_UUID, DATA_UUID, NOTIFY),
        Channel("control", SERVICE_UUID, CONTROL_UUID, WRITE | NOTIFY),
        Channel("info", SERVICE_UUID, INFO_UUID, READ),
        BATTERY,
        SERIAL,
        FIRMWARE,
    )
    ADVERTISED = (SERVICE_UUID,)
    SAMPLES_ON = True

    def __init__(
        self,
        radio: VirtualRadio,
        traits: Traits,
        motion: Motion,
        ring_packets: int = RING_PACKETS,
    ) -> None:
        super().__init__(radio, traits, motion)
        self.ring_packets = ring_packets
        self.batch = (MAX_SAMPLES, MAX_SAMPLES)
        self.n_blinks = 0
        self._batches = self.draw(1)
        self._commands: dict[type, Callable[[Any], None]] = {
            Start: self._start_streaming,
            Stop: self._stop_streaming,
            Configure: self._configure,
            Blink: self._blink,
            Ping: self._pong,
            Resend: self._resend,
        }
        self._again: deque[DataPacket] = deque()
        self._pace: asyncio.TimerHandle | None = None
        self.on_boot()

    @property
    def configured(self) -> Configure:
        """Rate and ranges as set."""
        return self._set

    def info(self) -> Info:
        """What its info characteristic says now."""
        major, minor = (int(part) for part in self.traits.firmware.split(".")[:2])
        acc_g, gyro_dps = self._sizes()
        return Info(
            side=SIDES.index(self.traits.side),
            ring_packets=self.ring_packets,
            boot_id=self._boot_id,
            rate_hz=float(self._set.rate_hz),
            acc_g_per_lsb=acc_g,
            gyro_dps_per_lsb=gyro_dps,
            samples_per_packet=self.batch[1],
            fw_major=major,
            fw_minor=minor,
            serial=self.serial,
            imu="LSM6DS3TR-C",
        )

    # --- what the base asks for

    def on_boot(self) -> None:
        """Number packets from 0, as another boot, with nothing in the ring."""
        self.seq = 0
        self._boot_id = int(self.draw(2, self.boot).integers(1, 2**32))
        self._set = _AS_WORN
        self._ring: dict[int, DataPacket] = {}
        self._again.clear()

    def on_read(self, channel: str) -> bytes:
        """Only info can be read."""
        del channel
        return encode_info(self.info())

    def on_write(self, channel: str, value: bytes) -> None:
        """Only control can be written."""
        del channel
        try:
            command = decode_command(value)
        except PacketError as fault:
            raise att_error(AttError.UNKNOWN) from fault
        self._commands[type(command)](command)

    def batch_size(self) -> int:
        """Give the size of the next packet."""
        least, most = self.batch
        return int(self._batches.integers(least, most + 1))

    def on_samples(self, samples: Samples) -> None:
        """Send a packet and keep it in the ring."""
        counts = self._own_counts(samples)
        is_clipped = bool((np.abs(counts.astype(np.int32)) >= _RAIL).any())
        packet = DataPacket(
            seq=self.seq & 0xFFFF,
            first_us=int(self.device_us(samples.first_s)) & 0xFFFFFFFF,
            counts=counts,
            flags=DataFlag.CLIPPED if is_clipped else DataFlag.NONE,
        )
        self._ring[self.seq] = packet
        self._ring.pop(self.seq - self.ring_packets, None)
        self.tell(samples, self.seq, encode_data(packet))
        self.seq += 1

    def on_disconnection(self) -> None:
        """Sample on, but forget what was to be sent again."""
        super().on_disconnection()
        self._again.clear()

    # --- commands

    def _start_streaming(self, _command: Start) -> None:
        self.begin_sampling(self._set.rate_hz)

    def _stop_streaming(self, _command: Stop) -> None:
        self.end_sampling()

    def _configure(self, wanted: Configure) -> None:
        if self.is_sampling:
            raise att_error(AttError.STREAMING)
        is_offered = (
            wanted.rate_hz in _RATES_HZ
            and wanted.acc_range_g in _ACC_MG
            and wanted.gyro_range_dps in _GYRO_MDPS
        )
        if not is_offered:
            raise att_error(AttError.NOT_OFFERED)
        if wanted != self._set:
            self._set = wanted
            self._ring.clear()  # its counts had another size

    def _blink(self, _command: Blink) -> None:
        self.n_blinks += 1

    def _pong(self, ping: Ping) -> None:
        now_us = int(self.device_us()) & 0xFFFFFFFF
        self.reply("control", encode_reply(Pong(ping.token, now_us)))

    def _resend(self, wanted: Resend) -> None:
        """Queue what is in the ring; say what is not, in runs."""
        newest = self.seq - 1
        first = newest - ((newest - wanted.first_seq) & 0xFFFF)
        gone: list[int] = []
        for seq in range(first, first + wanted.count):
            if seq in self._ring:
                self._say_gone(gone)
                self._again.append(self._ring[seq])
            else:
                gone.append(seq)
        self._say_gone(gone)
        if self._again and self._pace is None:
            self._send_again()

    def _say_gone(self, gone: list[int]) -> None:
        if gone:
            missing = Missing(gone[0] & 0xFFFF, len(gone))
            self.reply("control", encode_reply(missing))
            gone.clear()

    def _send_again(self) -> None:
        """Send one packet again if the radio is free, and come back for the next."""
        self._pace = None
        if not self._again:
            return
        if self.backlog_s() <= _RESEND_EVERY_S:
            packet = self._again.popleft()
            flagged = replace(packet, flags=packet.flags | DataFlag.RESENT)
            self.notify_data(encode_data(flagged))
        loop = asyncio.get_running_loop()
        self._pace = loop.call_later(_RESEND_EVERY_S, self._send_again)

    # --- sizes of counts

    def _is_as_worn(self) -> bool:
        ranges = self._set.acc_range_g, self._set.gyro_range_dps
        return ranges == (_AS_WORN.acc_range_g, _AS_WORN.gyro_range_dps)

    def _sizes(self) -> tuple[float, float]:
        if self._is_as_worn():
            return self.motion.acc_g_per_count, self.motion.gyro_dps_per_count
        mg, mdps = _ACC_MG[self._set.acc_range_g], _GYRO_MDPS[self._set.gyro_range_dps]
        return mg / 1000, mdps / 1000

    def _own_counts(self, samples: Samples) -> CountArray:
        if self._is_as_worn():
            return samples.counts
        return rescale(samples.counts, self.motion, *self._sizes())
