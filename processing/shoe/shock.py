"""The shock of landing: peaks of specific force within 50 ms of initial contact.

At 200 Hz and 16 g these peaks are too low and differ from one device to the next: a
trend of one's own runs, no more (algorithms.md section 3).
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.units import STANDARD_GRAVITY_MPS2
from processing.shoe.windows import StrideWindows


@dataclass(frozen=True, slots=True, eq=False)
class Shock:
    """Peaks in each landing [S], in g.

    Attributes
    ----------
    impact_g : [S]
        Size of specific force less the 1 g that it has at rest.
    braking_g : [S]
        Force on the shoe from toe to heel.
    """

    impact_g: FloatArray
    braking_g: FloatArray


def shock_samples(span_s: float, rate_hz: float) -> int:
    """Whole samples in the span that is looked at."""
    return max(1, int(span_s * rate_hz + 1e-6))


def measure_shock(
    strides: StrideWindows, initial_contact: FloatArray, span_s: float
) -> Shock:
    """Peaks within ``span_s`` after initial contact (samples, fractions allowed)."""
    first = np.ceil(initial_contact).astype(np.intp)
    count = shock_samples(span_s, strides.rate_hz)
    place = first[:, None] + np.arange(count)
    place = np.clip(place, 0, strides.samples.shape[1] - 1)
    row = np.arange(strides.count)[:, None]
    x, y, z = (strides.samples[row, place, axis] for axis in range(3))
    size = np.sqrt(x * x + y * y + z * z).max(axis=1)
    g = STANDARD_GRAVITY_MPS2
    return Shock(size / g - 1.0, -x.min(axis=1) / g)
