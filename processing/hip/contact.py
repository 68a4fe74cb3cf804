"""When the ground is touched, from the vertical force at the hip.

The force a hip sensor feels along gravity, in g and scaled so that its mean over whole
strides is one, is near zero in flight and above it in contact. Contact is taken where
it is above a fixed share of one g. Inverting a half-sine of force instead is worse on
every data set tried (angles.md section 5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from contract.model import FloatArray
from processing.arrays import BoolArray, IntArray
from processing.dsp import lowpass


@dataclass(frozen=True, slots=True)
class HipContactSettings:
    """How contact is read from vertical force."""

    threshold_g: float = 0.3
    """Bias +7 ms on a real sacral sensor, -11 ms on virtual ones; lower thresholds are
    less steady, higher ones shorter by 12 ms per 0.1 g (angles.md section 5)."""
    fine_hz: float = 20.0
    """Low-pass of the force before the threshold (angles.md section 5)."""
    middle_hz: float = 5.0
    """Low-pass that leaves the force one hump per step: running steps come at 2.1 to
    4.8 Hz and the loading peak at 10 Hz and more."""
    shortest_step_s: float = 0.21
    longest_step_s: float = 0.48
    """Running steps: 125 to 286 a minute, half the strides of the shoes."""
    least_contact_s: float = 0.08
    most_contact_s: float = 0.45
    """Shorter is a jolt; longer never left the ground (algorithms.md section 1.9, with
    the hip's error of 25 ms below)."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Contact around the middle of a stance, in samples; NaN where there is no edge."""

    start: FloatArray
    end: FloatArray

    @property
    def has_both(self) -> BoolArray:
        """Whether the force fell to flight on both sides."""
        return np.isfinite(self.start) & np.isfinite(self.end)


def contact_times(
    vertical_g: FloatArray, rate_hz: float, settings: HipContactSettings | None = None
) -> tuple[FloatArray, FloatArray]:
    """Find contacts in one stretch of running.

    Parameters
    ----------
    vertical_g : [N]
        Specific force along gravity in g; standing still is 1.
    rate_hz : float
    settings : HipContactSettings, optional

    Returns
    -------
    start_s, end_s : [n], seconds after the first sample. A contact without flight on
    both sides, or cut off by the ends of the data, is left out.
    """
    s = settings or HipContactSettings()
    reach = round(s.longest_step_s * rate_hz)
    middle = _middles(vertical_g, rate_hz, s)
    if not len(middle):
        return np.empty(0), np.empty(0)
    fine = lowpass(vertical_g, s.fine_hz, rate_hz)
    # Beyond the ends there is neither flight nor contact to be found.
    padded = np.pad(fine, reach, constant_values=np.nan)
    windows = padded[middle[:, None] + np.arange(2 * reach + 1)]
    edges = contact_edges(windows, np.full(len(middle), reach), s.threshold_g)
    first = middle - reach
    start_s, end_s = (first + edges.start) / rate_hz, (first + edges.end) / rate_hz
    keep = edges.has_both & is_contact(end_s - start_s, s)
    return start_s[keep], end_s[keep]


def is_contact(seconds: FloatArray, settings: HipContactSettings) -> BoolArray:
    """Whether a contact can have lasted so long in running."""
    return (seconds > settings.least_contact_s) & (seconds < settings.most_contact_s)


def _middles(
    vertical_g: FloatArray, rate_hz: float, settings: HipContactSettings
) -> IntArray:
    """Middle sample of each stance: the one hump of the force per step."""
    coarse = lowpass(vertical_g, settings.middle_hz, rate_hz)
    apart = settings.shortest_step_s * rate_hz
    peaks, _ = find_peaks(coarse, height=1.0, distance=max(1.0, apart))
    return np.asarray(peaks, np.intp)


def contact_edges(force_g: FloatArray, middle: IntArray, threshold_g: float) -> Edges:
    """Where force leaves and regains flight around ``middle``, linear between samples.

    Parameters
    ----------
    force_g : [S, L]
        NaN counts as not recorded: no edge lies beside it.
    middle : [S]
    threshold_g : float
    """
    row, length = np.arange(len(force_g)), force_g.shape[1]
    index = np.arange(length)
    is_low = ~(force_g >= threshold_g)
    before = is_low & (index < middle[:, None])
    after = is_low & (index > middle[:, None])
    rise = np.clip(length - 1 - before[:, ::-1].argmax(axis=1), 0, length - 2)
    fall = np.clip(after.argmax(axis=1) - 1, 0, length - 2)
    is_high = force_g[row, np.clip(middle, 0, length - 1)] >= threshold_g
    start = np.where(
        is_high & before.any(axis=1), _crossing(force_g, rise, threshold_g), np.nan
    )
    end = np.where(
        is_high & after.any(axis=1), _crossing(force_g, fall, threshold_g), np.nan
    )
    return Edges(start, end)


def _crossing(y: FloatArray, index: IntArray, level: float) -> FloatArray:
    """Place between ``index`` and the sample after it where y passes the level."""
    row = np.arange(len(y))
    here, there = y[row, index], y[row, index + 1]
    rise = there - here
    return index + (level - here) / np.where(rise == 0, 1.0, rise)
