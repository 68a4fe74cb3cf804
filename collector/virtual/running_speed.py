"""A virtual foot pod: Running Speed and Cadence, once a second (SIG RSC 1.0)."""

import struct

from collector.virtual.motion import Still
from collector.virtual.peripheral import (
    BATTERY,
    FIRMWARE,
    NOTIFY,
    READ,
    SERIAL,
    Channel,
)
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import Samples
from collector.virtual.sensor import Traits, VirtualSensor

_SERVICE = "00001814-0000-1000-8000-00805f9b34fb"
_MEASUREMENT = "00002a53-0000-1000-8000-00805f9b34fb"
_FEATURES = "00002a54-0000-1000-8000-00805f9b34fb"
_HAS_STRIDE, _HAS_DISTANCE, _IS_RUNNING = 1, 2, 4


class VirtualFootPod(VirtualSensor):
    """Says how fast somebody runs, and no more.

    Attributes
    ----------
    speed_mps, cadence_spm : float
        What it measures; steps of both feet.
    counts_one_leg : bool
        Whether it says half the cadence, as some pods do.
    with_stride : bool
        Whether it also says stride length and distance.
    """

    CHANNELS = (
        Channel("measurement", _SERVICE, _MEASUREMENT, NOTIFY),
        Channel("features", _SERVICE, _FEATURES, READ),
        BATTERY,
        SERIAL,
        FIRMWARE,
    )
    ADVERTISED = (_SERVICE,)
    DATA = "measurement"

    def __init__(
        self,
        radio: VirtualRadio,
        traits: Traits,
        speed_mps: float = 3.0,
        cadence_spm: float = 172.0,
    ) -> None:
        super().__init__(radio, traits, Still(rate_hz=1.0))
        self.speed_mps = speed_mps
        self.cadence_spm = cadence_spm
        self.counts_one_leg = False
        self.with_stride = False
        self.number = 0

    def on_read(self, channel: str) -> bytes:
        """Features: stride length, distance, walking or running."""
        del channel
        return (7).to_bytes(2, "little")

    def on_subscribe(self, channel: str, *, is_on: bool) -> None:
        """Measure while somebody listens."""
        if channel != self.DATA:
            return
        if is_on:
            self.begin_sampling(1.0)
        else:
            self.end_sampling()

    def batch_size(self) -> int:
        """One measurement."""
        return 1

    def on_samples(self, samples: Samples) -> None:
        """Send a measurement."""
        self.tell(samples, self.number, self.measurement())
        self.number += 1

    def measurement(self) -> bytes:
        """Measurement as it is sent now."""
        cadence = self.cadence_spm / (2 if self.counts_one_leg else 1)
        flags = _IS_RUNNING if self.speed_mps > 2 else 0
        head = struct.pack("<HB", round(self.speed_mps * 256), round(cadence))
        if not self.with_stride:
            return bytes([flags]) + head
        flags |= _HAS_STRIDE | _HAS_DISTANCE
        stride_cm = round(100 * self.speed_mps / (self.cadence_spm / 120))
        distance_dm = round(10 * self.speed_mps * self.number)
        return bytes([flags]) + head + struct.pack("<HI", stride_cm, distance_dm)
