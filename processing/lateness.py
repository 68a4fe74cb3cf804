"""How old the newest data of a session are, whatever its clock shows.

A session's clock is the one of the computer that the sensors talk to, which may be off
by an hour; a replay's may begin last year and go four times as fast. So one time alone
tells nothing. But what comes late comes later than something of the same session came
before: as old as it is more behind than that.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Lateness:
    """How far a session's data were behind at the least, by two clocks that differ.

    A run that is faster than time catches up all the while, so it is never late.
    """

    _least_ns: int | None = None

    def age_ns(self, data_ns: int, now_ns: int) -> int:
        """How old data are that have come by now, and remember if that is the least.

        Parameters
        ----------
        data_ns : int
            Time of the newest sample, by the session's clock.
        now_ns : int
            Time of now, by a clock that nobody sets; it may begin anywhere.
        """
        behind_ns = now_ns - data_ns
        if self._least_ns is None or behind_ns < self._least_ns:
            self._least_ns = behind_ns
        return behind_ns - self._least_ns
