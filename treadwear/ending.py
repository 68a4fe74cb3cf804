"""What ctrl-C does: the first ends in order, the second at once, none without a word.

What arrived is on disk before anything else happens to it (ARCHITECTURE.md, "Nothing
lost"), so even the most hurried end loses nothing.
"""

import os
import signal
import sys
from types import FrameType

_WORDS = {
    2: "Stopping at once. Nothing that arrived is lost: the next start goes on.",
    3: "Still closing files and broker. Killing it now would lose nothing either.",
}


class Ending:
    """Counts the signals that end us; `listen` puts it in place."""

    def __init__(self) -> None:
        self._times = 0

    def listen(self) -> None:
        """Hear ctrl-C and SIGTERM, also where a shell started us with them ignored."""
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Interrupt whatever runs, twice; a third would only disturb what closes."""
        del number, frame
        self._times += 1
        if self._times in _WORDS and sys.stderr is not None:
            # Not print: it may be in the middle of printing.
            os.write(2, f"{_WORDS[self._times]}\n".encode())
        if self._times < max(_WORDS):
            raise KeyboardInterrupt
