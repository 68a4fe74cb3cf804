"""Which runners a processing takes, where several processes share the work.

All of one runner stays with one process, so nothing else has to be agreed on: they
write the same store, which lets one write at a time.
"""

import zlib
from dataclasses import dataclass

from contract.topics import ROOT


@dataclass(frozen=True, slots=True)
class Share:
    """The ``number``-th (from 0) of so many processes."""

    number: int = 0
    of: int = 1

    def has(self, runner: str) -> bool:
        """Whether a runner is ours."""
        return zlib.crc32(runner.encode()) % self.of == self.number

    def wants(self, topic: str) -> bool:
        """Whether a message is ours; what is about nobody is the first one's."""
        if self.of == 1:
            return True
        runner, _, _ = topic.removeprefix(f"{ROOT}/").partition("/")
        return self.has(runner) if topic.startswith(ROOT) else self.number == 0
