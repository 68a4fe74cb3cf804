"""What can go wrong with a virtual sensor, and how a test says so."""

from dataclasses import dataclass

import numpy as np
from bumble.att import ATT_Error, ErrorCode

from collector.virtual.peripheral import Peripheral
from collector.virtual.radio import VirtualRadio


@dataclass(slots=True)
class _Refusal:
    """Writes that begin like this are refused, so many times (None: always)."""

    code: int
    channel: str | None
    starting_with: bytes
    times: int | None

    def applies(self, channel: str, value: bytes) -> bool:
        is_meant = self.channel in {None, channel}
        return is_meant and value.startswith(self.starting_with) and self.times != 0


class Faults:
    """Faults that are on."""

    def __init__(self, draw: np.random.Generator) -> None:
        self._draw = draw
        self.drop_share = 0.0
        self.duplicate_share = 0.0
        self.is_frozen = False
        self._refusals: list[_Refusal] = []

    def times_sent(self) -> int:
        """How often the next notification goes out: 0, 1 or 2 times."""
        if self.is_frozen or self._draw.random() < self.drop_share:
            return 0
        return 2 if self._draw.random() < self.duplicate_share else 1

    def refuse(
        self, code: int, channel: str | None, starting_with: bytes, times: int | None
    ) -> None:
        """Refuse writes from now on."""
        self._refusals.append(_Refusal(code, channel, starting_with, times))

    def accept(self) -> None:
        """Refuse nothing any more."""
        self._refusals.clear()

    def check_write(self, channel: str, value: bytes) -> None:
        """Raise the ATT error with which a write is refused, if it is."""
        for refusal in self._refusals:
            if refusal.applies(channel, value):
                if refusal.times is not None:
                    refusal.times -= 1
                raise att_error(refusal.code)


class FaultyPeripheral(Peripheral):
    """A peripheral that fails as it is told; ``seed`` is of what is left to chance."""

    def __init__(
        self, radio: VirtualRadio, name: str, address: str, seed: int = 0
    ) -> None:
        super().__init__(radio, name, address)
        self._seed = seed
        self.faults = Faults(self.draw(0))

    def drop(self, share: float) -> None:
        """Lose that share of data notifications, after they took their number."""
        self.faults.drop_share = share

    def duplicate(self, share: float) -> None:
        """Send that share of data notifications twice."""
        self.faults.duplicate_share = share

    def freeze(self) -> None:
        """Stay connected and send no more data, until the link ends or `thaw`."""
        self.faults.is_frozen = True

    def thaw(self) -> None:
        """Send again."""
        self.faults.is_frozen = False

    def refuse(
        self,
        code: int = 0x81,
        *,
        channel: str | None = None,
        starting_with: bytes = b"",
        times: int | None = None,
    ) -> None:
        """Refuse writes with an ATT error: all, or those that begin like this."""
        self.faults.refuse(code, channel, starting_with, times)

    def accept(self) -> None:
        """Refuse no more."""
        self.faults.accept()

    def ignore_connects(self, *, is_deaf: bool = True) -> None:
        """Advertise and never answer a connection."""
        self.radio.ignore_connects(self.address, is_deaf=is_deaf)

    def out_of_range(self) -> None:
        """Go out of range."""
        self.radio.out_of_range(self.address)

    def back_in_range(self) -> None:
        """Come back."""
        self.radio.back_in_range(self.address)

    async def disconnect(self) -> None:
        """End the link from this side."""
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    def say(self, channel: str, payload: bytes) -> None:
        """Notify any bytes, also such as break the protocol."""
        self.notify(channel, payload)

    def draw(self, *purpose: int) -> np.random.Generator:
        """Chance of this sensor alone, for a purpose that the numbers name."""
        own = int(self.address.replace(":", ""), 16)
        return np.random.default_rng([self._seed, own, *purpose])


def att_error(code: int) -> ATT_Error:
    """Give the error with which a GATT server refuses a request."""
    return ATT_Error(ErrorCode(code))
