"""What waits between the bus and the live loop, and never more than fits.

The bus puts in on its own thread, the loop takes out on its own. A frame that finds
no room is not taken: it is on the collector's disk and comes again by itself. Words
about a session (descriptions, events) are rare and have room of their own, so that no
flood of frames keeps them out.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

MOST_PAYLOAD_BYTES = 65_536
"""Larger is no message of ours: a frame of 200 samples, a second, has 2.4 kB."""
_MOST_LETTERS = 100

Message = tuple[str, bytes]
"""Topic and payload."""


@dataclass(slots=True)
class Room:
    """So many messages and bytes may wait."""

    most_messages: int
    most_bytes: int
    waiting: deque[Message] = field(default_factory=deque)
    size_bytes: int = 0

    def put(self, message: Message) -> bool:
        """Take a message in, if there is room."""
        size = len(message[0]) + len(message[1])
        is_full = len(self.waiting) >= self.most_messages
        if is_full or self.size_bytes + size > self.most_bytes:
            return False
        self.waiting.append(message)
        self.size_bytes += size
        return True

    def take(self, most: int) -> list[Message]:
        """Give the oldest messages."""
        taken = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        self.size_bytes -= sum(len(topic) + len(payload) for topic, payload in taken)
        return taken


class Inbox:
    """Messages of the bus until the live loop takes them."""

    def __init__(
        self, most_frames: int = 50_000, most_bytes: int = 64 * 1024 * 1024
    ) -> None:
        # 200 runners send 4000 frames of .3 kB a second: there is room for 12 s.
        self._frames = Room(most_frames, most_bytes)
        self._words = Room(5_000, 16 * 1024 * 1024)
        self._news = threading.Condition()
        self._too_large: list[tuple[str, int]] = []
        self._untold = 0
        self.received = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._frames.waiting) + len(self._words.waiting)

    def put(self, topic: str, payload: bytes) -> None:
        """Take a message in, or count why not; never waits."""
        room = self._frames if topic.endswith("/imu") else self._words
        with self._news:
            self.received += 1
            if len(payload) > MOST_PAYLOAD_BYTES:
                is_told = len(self._too_large) < _MOST_LETTERS
                self._too_large += [(topic, len(payload))] if is_told else []
                self._untold += not is_told
            elif not room.put((topic, payload)):
                self.refused += 1
            if len(self) == 1:
                self._news.notify()

    def take(self, most: int, wait_s: float, gather_s: float) -> list[Message]:
        """Give what has come, words first; waits for the first, then gathers more.

        Every turn of the loop ends in a commit, which costs the same for many frames
        as for one.
        """
        with self._news:
            if not len(self):
                self._news.wait(wait_s)
            if not len(self):
                return []
        if gather_s and len(self) < most:
            time.sleep(gather_s)
        with self._news:
            words = self._words.take(most)
            return words + self._frames.take(most - len(words))

    def too_large(self) -> tuple[list[tuple[str, int]], int]:
        """Topics and sizes of messages that were too large, and how many more came."""
        with self._news:
            told, self._too_large = self._too_large, []
            untold, self._untold = self._untold, 0
        return told, untold

    def newly_refused(self) -> int:
        """How many messages found no room since this was last asked."""
        with self._news:
            refused, self.refused = self.refused, 0
        return refused
