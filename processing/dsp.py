"""The few signal operations the stages share, each along the last axis.

All work row by row: a row's result never depends on the rows beside it, so strides may
be analysed one at a time or ten thousand at once with the same bits coming out.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from contract.model import FloatArray

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


@lru_cache(maxsize=64)
def butterworth(cutoff_hz: float, rate_hz: float) -> FloatArray:
    """Second-order sections of a Butterworth low-pass of order 2.

    The cut-off stays below .42 of the rate, so that slow sensors do not ring.
    """
    normal = min(cutoff_hz, 0.42 * rate_hz) / (rate_hz / 2)
    sections: FloatArray = butter(2, normal, output="sos")
    return sections


def lowpass(x: FloatArray, cutoff_hz: float, rate_hz: float) -> FloatArray:
    """Zero-phase low-pass along the last axis."""
    smooth: FloatArray = sosfiltfilt(butterworth(cutoff_hz, rate_hz), x, axis=-1)
    return smooth


def moving_sum(x: FloatArray, n: int) -> FloatArray:
    """Sum of n consecutive values along the last axis; the result is n - 1 shorter."""
    total = np.concatenate(
        [np.zeros((*x.shape[:-1], 1)), np.cumsum(x, axis=-1)], axis=-1
    )
    sums: FloatArray = total[..., n:] - total[..., :-n]
    return sums


def _rows(y: FloatArray) -> IntArray:
    return np.arange(y.shape[0])


def argmax_between(y: FloatArray, low: FloatArray, high: FloatArray) -> IntArray:
    """Index of the largest value of each row within [low, high] (both inclusive).

    Parameters
    ----------
    y : [S, L]
    low, high : [S]
        Window per row in samples; a window without any sample gives its lower end.
    """
    index = np.arange(y.shape[1])
    inside = (index >= low[:, None]) & (index <= high[:, None])
    found = np.where(inside, y, -np.inf).argmax(axis=1)
    ends = np.clip(np.round(low).astype(np.intp), 0, y.shape[1] - 1)
    return np.where(inside.any(axis=1), found, ends).astype(np.intp)


def vertex(y: FloatArray, index: IntArray) -> FloatArray:
    """Sub-sample place of the maximum next to ``index``, by a parabola [S]."""
    i = np.clip(index, 1, y.shape[1] - 2)
    before, here, after = (y[_rows(y), i + k] for k in (-1, 0, 1))
    curve = before - 2 * here + after
    is_peak = curve < 0
    shift = 0.5 * (before - after) / np.where(is_peak, curve, -1.0)
    return np.add(i, np.where(is_peak, np.clip(shift, -1.0, 1.0), 0.0))


def peak_between(y: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Sub-sample place of each row's maximum within [low, high]."""
    return vertex(y, argmax_between(y, low, high))


def value_at(y: FloatArray, place: FloatArray) -> FloatArray:
    """Row values at fractional places [S], linear, held at the ends."""
    place = np.clip(place, 0, y.shape[1] - 1)
    i = np.minimum(place.astype(np.intp), y.shape[1] - 2)
    rest = place - i
    blend: FloatArray = y[_rows(y), i] * (1 - rest) + y[_rows(y), i + 1] * rest
    return blend


def running_integral(y: FloatArray) -> FloatArray:
    """Sum of all values before each sample, one longer than the row."""
    zero = np.zeros((y.shape[0], 1))
    return np.concatenate([zero, np.cumsum(y, axis=1)], axis=1)
