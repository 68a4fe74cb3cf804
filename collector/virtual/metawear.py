"""A virtual MetaWear board with a BMI160 (sensors.md section 2, MetaWear).

No time and no number: three samples share a notification, accelerations and angular
rates come apart.
"""

import numpy as np

from collector.virtual.motion import Motion, rescale
from collector.virtual.peripheral import (
    BATTERY,
    FIRMWARE,
    NOTIFY,
    SERIAL,
    WRITE,
    WRITE_BLIND,
    Channel,
)
from collector.virtual.radio import VirtualRadio
from collector.virtual.sampling import Samples
from collector.virtual.sensor import Traits, VirtualSensor
from contract.model import CountArray

_SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
_ACC, _GYRO, _LED = 0x03, 0x13, 0x02
_START, _SAMPLE, _CONFIGURE = 0x01, 0x02, 0x03
_PACKED = {_ACC: 0x1C, _GYRO: 0x07}
_RATES_HZ = {0x28: 100, 0x29: 200, 0x2A: 400}
# BMI160 datasheet: LSB/g and LSB/dps by the code of the range.
_PER_G = {0x03: 16384, 0x05: 8192, 0x08: 4096, 0x0C: 2048}
_PER_DPS = {0: 16.4, 1: 32.8, 2: 65.6, 3: 131.2, 4: 262.4}
_BATCH = 3


class VirtualMetaWear(VirtualSensor):
    """Streams what is configured, subscribed, sampled and started."""

    CHANNELS = (
        Channel(
            "command",
            _SERVICE,
            "326a9001-85cb-9195-d9dd-464cfbbae75a",
            WRITE | WRITE_BLIND,
        ),
        Channel("notify", _SERVICE, "326a9006-85cb-9195-d9dd-464cfbbae75a", NOTIFY),
        BATTERY,
        SERIAL,
        FIRMWARE,
    )
    ADVERTISED = (_SERVICE,)
    DATA = "notify"

    def __init__(self, radio: VirtualRadio, traits: Traits, motion: Motion) -> None:
        super().__init__(radio, traits, motion)
        self.n_blinks = 0
        self.number = 0
        self.on_boot()

    def on_boot(self) -> None:
        """Forget what was configured and started."""
        self._rate_hz = 100
        self._codes = {_ACC: 0x03, _GYRO: 0}
        self._is_on: set[tuple[int, int]] = set()

    def on_disconnection(self) -> None:
        """Stop and forget, as the board does."""
        super().on_disconnection()
        self.on_boot()

    def on_read(self, channel: str) -> bytes:
        """Nothing of its own can be read."""
        del channel
        return b""

    def on_write(self, channel: str, value: bytes) -> None:
        """Do a command; one that is not known is ignored, as the board does."""
        del channel
        if len(value) < 3:
            return
        module, register = value[0], value[1]
        if module == _LED and register == _START:
            self.n_blinks += value[2] > 0
        elif module in _PACKED and register == _CONFIGURE and len(value) == 4:
            self._configure(module, value[2], value[3])
        elif module in _PACKED:
            self._switch(module, register, is_on=value[2] == 1)

    def batch_size(self) -> int:
        """Three samples."""
        return _BATCH

    def on_samples(self, samples: Samples) -> None:
        """Send both, as far as they are wanted."""
        counts = self._own_counts(samples)
        parts = {_ACC: counts[:, :3], _GYRO: counts[:, 3:]}
        payloads = [
            bytes([module, _PACKED[module]]) + part.astype("<i2").tobytes()
            for module, part in parts.items()
            if self._is_streaming(module)
        ]
        self.tell(samples, self.number, *payloads)
        self.number += 1

    def _configure(self, module: int, rate: int, code: int) -> None:
        if rate in _RATES_HZ and code in (_PER_G if module == _ACC else _PER_DPS):
            self._rate_hz = _RATES_HZ[rate]
            self._codes[module] = code

    def _switch(self, module: int, register: int, *, is_on: bool) -> None:
        (self._is_on.add if is_on else self._is_on.discard)((module, register))
        if any(self._is_streaming(module) for module in _PACKED):
            self.begin_sampling(self._rate_hz)
        else:
            self.end_sampling()

    def _is_streaming(self, module: int) -> bool:
        needed = {(module, r) for r in (_START, _SAMPLE, _PACKED[module])}
        return needed <= self._is_on

    def _own_counts(self, samples: Samples) -> CountArray:
        acc_g = 1 / _PER_G[self._codes[_ACC]]
        gyro_dps = 1 / _PER_DPS[self._codes[_GYRO]]
        return np.asarray(rescale(samples.counts, self.motion, acc_g, gyro_dps))
