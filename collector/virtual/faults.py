"""What can go wrong with a virtual sensor by chance, or a number of times."""

from dataclasses import dataclass

import numpy as np
from bumble.att import ATT_Error, ErrorCode


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


def att_error(code: int) -> ATT_Error:
    """Give the error with which a GATT server refuses a request."""
    return ATT_Error(ErrorCode(code))
