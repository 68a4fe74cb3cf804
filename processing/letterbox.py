"""Dead letters worth keeping: short, and not so many that they fill the disk."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from processing.inbox import MOST_PAYLOAD_BYTES
from processing.store.base import DeadLetter

_log = logging.getLogger(__name__)

MOST_KEPT_BYTES = 4096
"""Of a payload: the longest frame that a sensor sends fits (2.5 kB)."""
MOST_A_MINUTE = 60
_MINUTE_S = 60.0


class Letterbox:
    """Counts every message that could not be understood, and keeps some of them."""

    def __init__(self) -> None:
        self.count = 0
        self._kept_at: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self._is_told = False

    def thin(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        """Give those that are to be kept, shortened; the others are only counted."""
        kept = []
        for letter in letters:
            self.count += 1
            if self._has_room():
                self._kept_at.append(time.monotonic())
                kept.append(replace(letter, payload=letter.payload[:MOST_KEPT_BYTES]))
                _log.warning(
                    "set aside a message on %s: %s", letter.topic, letter.reason
                )
        return kept

    def _has_room(self) -> bool:
        oldest = self._kept_at[0] if len(self._kept_at) == MOST_A_MINUTE else None
        is_free = oldest is None or time.monotonic() - oldest > _MINUTE_S
        if not is_free and not self._is_told:
            _log.warning("more messages are no use: from now on they are only counted")
        self._is_told = not is_free
        return is_free


def too_large(told: Iterable[tuple[str, int]], now_ns: int) -> list[DeadLetter]:
    """Letters about messages that were not let in; their payload is gone."""
    most = MOST_PAYLOAD_BYTES
    return [
        DeadLetter(
            topic[:200], f"{size} bytes came, no message has over {most}", b"", now_ns
        )
        for topic, size in told
    ]
