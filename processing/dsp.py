"""The few signal operations the stages share, each along the last axis.

All work row by row: a row's result never depends on the rows beside it, so strides may
be analysed one at a time or ten thousand at once with the same bits coming out.
"""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from contract.model import FloatArray
from processing.arrays import IntArray, Rate

_EDGE = 9
"""Samples mirrored at both ends before filtering, as `scipy.signal.sosfiltfilt` does
for one section: three times its three coefficients."""


@lru_cache(maxsize=4096)
def butterworth(cutoff_hz: float, rate_hz: float) -> FloatArray:
    """Second-order sections of a Butterworth low-pass of order 2.

    The cut-off stays below .42 of the rate, so that slow sensors do not ring.
    """
    normal = min(cutoff_hz, 0.42 * rate_hz) / (rate_hz / 2)
    sections: FloatArray = butter(2, normal, output="sos")
    return sections


@lru_cache(maxsize=4096)
def _steady(cutoff_hz: float, rate_hz: float) -> FloatArray:
    """State of the filter after a long time at one."""
    state: FloatArray = sosfilt_zi(butterworth(cutoff_hz, rate_hz))
    return state


def lowpass(x: FloatArray, cutoff_hz: float, rate_hz: Rate) -> FloatArray:
    """Zero-phase low-pass along the last axis, each row with its own rate."""
    if isinstance(rate_hz, np.ndarray):
        return _lowpass_each(x, cutoff_hz, rate_hz)
    # What `scipy.signal.sosfiltfilt` computes, without finding the state each time.
    sections, state = butterworth(cutoff_hz, rate_hz), _steady(cutoff_hz, rate_hz)
    state = state.reshape(1, *[1] * (x.ndim - 1), 2)
    mirrored = _mirrored(x)
    there, _ = sosfilt(sections, mirrored, zi=state * mirrored[..., :1])
    back, _ = sosfilt(sections, there[..., ::-1], zi=state * there[..., -1:])
    straight: FloatArray = back[..., ::-1][..., _EDGE:-_EDGE]
    return straight


def _mirrored(x: FloatArray) -> FloatArray:
    """Rows with both ends continued, turned about the end."""
    before = 2 * x[..., :1] - x[..., _EDGE:0:-1]
    after = 2 * x[..., -1:] - x[..., -2 : -_EDGE - 2 : -1]
    return np.concatenate([before, x, after], axis=-1)


def _lowpass_each(x: FloatArray, cutoff_hz: float, rates_hz: FloatArray) -> FloatArray:
    """Low-pass of rows [S, ..., L] with a rate [S] each."""
    each, which = np.unique(rates_hz, return_inverse=True)
    if len(each) > _FEW_RATES and _is_exact_by_samples():
        return _by_samples(x, cutoff_hz, each, which)
    smooth = np.empty_like(x)
    for k, one_hz in enumerate(each.tolist()):
        smooth[which == k] = lowpass(x[which == k], cutoff_hz, one_hz)
    return smooth


_FEW_RATES = 8
"""Up to so many, one call of the filter for each is quicker."""


def _by_samples(
    x: FloatArray, cutoff_hz: float, each_hz: FloatArray, which: IntArray
) -> FloatArray:
    """Do the same sample by sample, all rows at once, operations in scipy's order."""
    found = [
        (butterworth(cutoff_hz, r), _steady(cutoff_hz, r)) for r in each_hz.tolist()
    ]
    sections = np.stack([section[0] for section, _ in found])[which]
    steady = np.stack([state[0] for _, state in found])[which]
    rows = x.reshape(len(x), -1, x.shape[-1])
    count = rows.shape[1]
    signal = _mirrored(rows).reshape(len(x) * count, -1).T
    factors = np.repeat(sections, count, axis=0).T
    state = np.repeat(steady, count, axis=0).T
    there = _filtered(signal, factors, state * signal[0])
    back = _filtered(there[::-1], factors, state * there[-1])
    straight = np.ascontiguousarray(back[::-1][_EDGE:-_EDGE].T)
    return straight.reshape(x.shape)


def _filtered(signal: FloatArray, factors: FloatArray, state: FloatArray) -> FloatArray:
    """Signals [L, R] through one section [6, R] each, from states [2, R]."""
    b0, b1, b2, _, a1, a2 = factors
    out: FloatArray = b0 * signal
    first, second = b1 * signal, b2 * signal
    z0, z1 = state.copy()
    fed = np.empty_like(z0)
    for k in range(len(signal)):
        now = out[k]
        now += z0
        np.subtract(first[k], np.multiply(a1, now, out=fed), out=z0)
        z0 += z1
        np.subtract(second[k], np.multiply(a2, now, out=fed), out=z1)
    return out


@lru_cache(maxsize=1)
def _is_exact_by_samples() -> bool:
    """Whether this machine gives the same bits either way.

    Where a compiler joins multiplication and addition (some do, on ARM) it may not;
    then every rate is filtered by itself, as a foot alone is.
    """
    x = np.random.default_rng(1).normal(size=(3, 400))
    each, which = np.array([100.0, 200.1, 416.3]), np.arange(3)
    alone = [lowpass(x[k], 12.0, rate) for k, rate in enumerate(each.tolist())]
    return np.array_equal(_by_samples(x, 12.0, each, which), np.stack(alone))


def per_row(rate_hz: Rate) -> Rate:
    """Rates so that they go with rows [S, L]."""
    return rate_hz[:, None] if isinstance(rate_hz, np.ndarray) else rate_hz


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
