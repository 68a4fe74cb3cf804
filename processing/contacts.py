"""What one foot's path hands on: ground contacts on the session's clock, rejections."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from contract.model import FloatArray
from processing.dsp import BoolArray, IntArray

NsArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Ground contacts of one foot in order of time, one entry each.

    Attributes
    ----------
    ic_ns : int64 [n]
        Initial contact, nanoseconds on the session's clock.
    contact_s : [n]
        Ground contact time, by the sensor's own sample count.
    place_s : [n]
        Initial contact by the sensor's own sample count within the stretch.
    stretch, number : int [n]
        Unbroken stretch of samples and place of the stride in it: the next stride of
        the same foot has the same stretch and the next number.
    was_relocated : bool [n]
        Whether an event was an outlier and was looked up again.
    """

    ic_ns: NsArray
    contact_s: FloatArray
    place_s: FloatArray
    stretch: IntArray
    number: IntArray
    was_relocated: BoolArray

    @classmethod
    def none(cls) -> "Contacts":
        """Nothing yet."""
        whole, real = np.empty(0, np.int64), np.empty(0)
        place = np.empty(0, np.intp)
        return cls(whole, real, real, place, place, np.empty(0, bool))

    @property
    def count(self) -> int:
        """Number of contacts."""
        return len(self.ic_ns)

    def followed_by(self, later: "Contacts") -> "Contacts":
        """These contacts and then those."""
        return Contacts(
            *(
                np.concatenate([getattr(self, f.name), getattr(later, f.name)])
                for f in fields(self)
            )
        )

    def since(self, t_ns: int) -> "Contacts":
        """Contacts from that time on."""
        first = int(np.searchsorted(self.ic_ns, t_ns))
        return Contacts(*(getattr(self, f.name)[first:] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A stride that gave no step: its mid-swing on the session's clock, and why."""

    t_ns: int
    reason: str


WALKING = "stride of walking, not running"
TOO_QUICK = "stride shorter than running strides are"
ISOLATED = "single stride without running before or after"
IMPLAUSIBLE = "contact time not plausible for running"
TOO_SLOW_RATE = "sampling rate too low for contact times"
NO_CALIBRATION = "too little movement to find the sensor's axes"
