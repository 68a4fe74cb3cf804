"""When a virtual sensor samples: its clock, its rate, and what it feels then."""

import math
from dataclasses import dataclass

from collector.virtual.motion import Motion
from contract.model import CountArray


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The sensor's own clock since it was switched on.

    Attributes
    ----------
    start_us : float
        What it shows then; near 2^32 it soon wraps.
    skew_ppm : float
        By how much it runs fast; crystals are within +-50 ppm.
    """

    start_us: float = 0.0
    skew_ppm: float = 0.0

    def us(self, since_boot_s: float) -> float:
        """What it shows, not yet wrapped."""
        return self.start_us + since_boot_s * 1e6 * (1 + self.skew_ppm * 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Consecutive samples: when (on the loop's clock) and what, in motion's counts."""

    first_s: float
    spacing_s: float
    counts: CountArray

    @property
    def last_s(self) -> float:
        """When the last one was taken."""
        return self.first_s + (len(self.counts) - 1) * self.spacing_s


class Sampler:
    """Samples a motion in true time, from a moment on.

    The chip's real rate is the motion's own, or the part of it that is nearest to the
    rate that was set: labels are not to be trusted.

    Parameters
    ----------
    motion : Motion
        What is felt.
    felt_since_s : float
        When sample 0 of the motion was felt.
    now_s : float
        Samples are taken from now on.
    set_rate_hz : float
        As configured.
    """

    def __init__(
        self, motion: Motion, felt_since_s: float, now_s: float, set_rate_hz: float
    ) -> None:
        self._set_rate_hz = set_rate_hz
        self._aim(motion, felt_since_s, now_s)

    def ready_s(self, n: int) -> float:
        """When so many more samples will have been taken."""
        return self._start_s + (self._n_taken + n - 1) * self.spacing_s

    def take(self, n: int) -> Samples:
        """Take the next samples."""
        first_s = self._start_s + self._n_taken * self.spacing_s
        begin = self._first + self._n_taken * self._stride
        counts = self._motion.counts(begin, (n - 1) * self._stride + 1)
        self._n_taken += n
        return Samples(first_s, self.spacing_s, counts[:: self._stride])

    def feel(self, motion: Motion, felt_since_s: float | None) -> float:
        """Feel another motion from the next sample on.

        Gives when its sample 0 was felt; ``felt_since_s`` None: it is the next one.
        The chip's beat shifts once, by less than a sample, to that of the motion: two
        shoes that feel one run then have its samples at the same true times.
        """
        next_s = self._start_s + self._n_taken * self.spacing_s
        since_s = next_s if felt_since_s is None else felt_since_s
        self._aim(motion, since_s, next_s)
        return since_s

    def _aim(self, motion: Motion, felt_since_s: float, from_s: float) -> None:
        self._motion = motion
        self._stride = max(1, round(motion.rate_hz / self._set_rate_hz))
        since = (from_s - felt_since_s) * motion.rate_hz
        # To the next whole sample; the tolerance is what loop time adds up to.
        self._first = math.ceil(since - 1e-4)
        self._start_s = felt_since_s + self._first / motion.rate_hz
        self.spacing_s = self._stride / motion.rate_hz
        self._n_taken = 0
