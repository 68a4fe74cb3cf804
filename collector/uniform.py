"""Times as recorded -> stretches of evenly spaced samples, as frames need them."""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray

# Stamps in whole milliseconds of a 250 Hz sensor are off by an eighth of a period.
MOST_JITTER_PERIODS = 0.125
# Gaps of one or two samples (15 ms at 200 Hz) are filled; contact times need no more.
MOST_FILLED = 2
# Crystals are specified to +-50 ppm, so a pair of clocks differs by up to 100 ppm.
NOMINAL_RATE_TOLERANCE = 100e-6


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Evenly spaced samples without a gap.

    Attributes
    ----------
    t_s : array [N]
        Time of each sample.
    samples : array [N, 6]
        As in the track.
    rate_hz : float
        The nominal rate if it agrees within 100 ppm, else the measured one.
    n_filled : int
        Samples that were missing and were filled in linearly.
    is_resampled : bool
        Whether the times were so uneven that all samples are interpolated.
    """

    t_s: FloatArray
    samples: FloatArray
    rate_hz: float
    n_filled: int = 0
    is_resampled: bool = False


def regularise(t_s: FloatArray, samples: FloatArray, rate_hz: float) -> list[Segment]:
    """Cut where more than two samples are missing, make the rest evenly spaced.

    Samples whose times lie within an eighth of a period of an even grid are kept as
    they are (on that grid, so that jitter of the stamps goes); one or two missing ones
    are filled in linearly. Any other stretch is interpolated at its stated times, at
    the nominal rate.

    Parameters
    ----------
    t_s : array [N]
        Strictly increasing times.
    samples : array [N, 6]
        One row per time.
    rate_hz : float
        Nominal rate.
    """
    is_long_gap = np.diff(t_s) * rate_hz > MOST_FILLED + 1.5
    cuts = np.flatnonzero(is_long_gap) + 1
    return [
        _segment(t_part, part, rate_hz)
        for t_part, part in zip(
            np.split(t_s, cuts), np.split(samples, cuts), strict=True
        )
    ]


def _segment(t_s: FloatArray, samples: FloatArray, rate_hz: float) -> Segment:
    if len(t_s) == 1:
        return Segment(t_s, samples, rate_hz)
    steps = np.maximum(1, np.rint(np.diff(t_s) * rate_hz)).astype(np.int64)
    index = np.concatenate([[0], np.cumsum(steps)])
    grid_s = _even_times(t_s, index, rate_hz)
    if grid_s is None:
        return _resampled(t_s, samples, rate_hz)
    n_filled = len(grid_s) - len(t_s)
    rate_hz = _agreed_rate_hz(grid_s, rate_hz)
    if not n_filled:
        return Segment(grid_s, samples, rate_hz)
    return Segment(
        grid_s, _interpolate(np.arange(len(grid_s)), index, samples), rate_hz, n_filled
    )


def _even_times(
    t_s: FloatArray, index: np.ndarray[tuple[int], np.dtype[np.int64]], rate_hz: float
) -> FloatArray | None:
    """Give the times of places 0..index[-1], or None if they are not even."""
    places = np.arange(index[-1] + 1)
    for period_s in (1.0 / rate_hz, _slope_s(t_s, index)):
        off_s = t_s - index * period_s
        if np.ptp(off_s) <= 2 * MOST_JITTER_PERIODS / rate_hz:
            return _start_s(off_s) + places * period_s
    # A clock that drifts over an hour fits no line, yet each spacing is even.
    spacing_s = np.diff(t_s) / np.diff(index)
    usual_s = float(np.median(spacing_s))
    if np.abs(spacing_s - usual_s).max() <= MOST_JITTER_PERIODS / rate_hz:
        return np.interp(places, index, t_s)
    return None


def _slope_s(
    t_s: FloatArray, index: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> float:
    place = index - index.mean()
    return float(place @ (t_s - t_s.mean()) / (place @ place))


def _start_s(off_s: FloatArray) -> float:
    """Time of place 0: as stated if all agree to a microsecond, else their mean."""
    return float(off_s[0] if np.ptp(off_s) < 1e-6 else off_s.mean())


def _agreed_rate_hz(t_s: FloatArray, rate_hz: float) -> float:
    measured_hz = (len(t_s) - 1) / float(t_s[-1] - t_s[0])
    if abs(measured_hz / rate_hz - 1) <= NOMINAL_RATE_TOLERANCE:
        return rate_hz
    return measured_hz


def _resampled(t_s: FloatArray, samples: FloatArray, rate_hz: float) -> Segment:
    n = int(np.floor((t_s[-1] - t_s[0]) * rate_hz + 1e-6)) + 1
    grid_s = t_s[0] + np.arange(n) / rate_hz
    values = _interpolate(grid_s, t_s, samples)
    return Segment(grid_s, values, rate_hz, max(0, n - len(t_s)), is_resampled=True)


def _interpolate(
    at: np.ndarray[tuple[int], np.dtype[np.float64 | np.int64]],
    known: np.ndarray[tuple[int], np.dtype[np.float64 | np.int64]],
    samples: FloatArray,
) -> FloatArray:
    columns = [np.interp(at, known, column) for column in samples.T]
    return np.ascontiguousarray(np.column_stack(columns))
