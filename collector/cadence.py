"""Is the wearer running, and how fast do the feet go: from raw samples of one sensor.

Norms only, so that nothing need be known of how the sensor is worn; the motion repeats
with each stride of a shoe and each step of the hip.
"""

from enum import StrEnum

import numpy as np

from contract.model import FloatArray

WINDOW_S = 4.0
# Enough for the rhythm of legs, and little to compute.
SLOW_HZ = 50.0
# Strides of people: from a sprint (0.45 s; steps of half of that) to a stroll (1.4 s).
STRIDE_S = (0.45, 1.4)
# Below these nobody walks: feet of real walkers turn with 3.3 to 4.4 rad/s (root mean
# square; gaitmap_walk, tripod_walk), the hip of one swings by 1.8 m/s2.
LEAST_FOOT_RPS, LEAST_HIP_MPS2 = 0.5, 0.7
# Regular motion: real walkers and runners come to 0.8 and more in the middle (the same
# and wearable_my_foot), random fidgeting to less than 0.4.
LEAST_LIKENESS = 0.5
# Twice the period is as like as the period itself: the shortest that comes near counts.
# Steps of a hip that limps differ, strides of a foot do not.
NEAR_BEST_FOOT, NEAR_BEST_HIP = 0.8, 0.6


class CadenceMeter:
    """Steps per minute over the last four seconds, from portions of any size.

    Parameters
    ----------
    rate_hz : float
        Of the samples.
    is_foot : bool
        A shoe (gyroscope, a period is a stride) or the hip (acceleration, a step).
    """

    def __init__(self, rate_hz: float, *, is_foot: bool) -> None:
        self._is_foot = is_foot
        self._per_slow = max(round(rate_hz / SLOW_HZ), 1)
        self._slow_hz = rate_hz / self._per_slow
        self._rest: FloatArray = np.zeros(0)
        self._slow: FloatArray = np.zeros(0)

    def add(self, samples_si: FloatArray) -> None:
        """Take in samples [n, 6] in m/s2 and rad/s."""
        vectors = samples_si[:, 3:] if self._is_foot else samples_si[:, :3]
        norms = np.concatenate([self._rest, np.linalg.norm(vectors, axis=1)])
        whole = len(norms) - len(norms) % self._per_slow
        slow = norms[:whole].reshape(-1, self._per_slow).mean(axis=1)
        self._rest = norms[whole:]
        window = round(WINDOW_S * self._slow_hz)
        self._slow = np.concatenate([self._slow, slow])[-window:]

    def clear(self) -> None:
        """Forget what came so far: after a gap the rhythm does not go on."""
        self._rest, self._slow = np.zeros(0), np.zeros(0)

    @property
    def cadence_spm(self) -> float | None:
        """Steps per minute; None while still, without rhythm or in the first 4 s."""
        if len(self._slow) < round(WINDOW_S * self._slow_hz):
            return None
        swing = self._slow - self._slow.mean()
        size = self._slow if self._is_foot else swing
        least = LEAST_FOOT_RPS if self._is_foot else LEAST_HIP_MPS2
        if np.sqrt(np.mean(size**2)) < least:
            return None
        steps = 2 if self._is_foot else 1
        shortest_s, longest_s = (s * steps / 2 for s in STRIDE_S)
        lags = shortest_s * self._slow_hz, longest_s * self._slow_hz
        near = NEAR_BEST_FOOT if self._is_foot else NEAR_BEST_HIP
        lag = period(likeness(swing, int(lags[1]) + 2), round(lags[0]), near)
        return None if lag is None else 60.0 * steps * self._slow_hz / lag


def likeness(swing: FloatArray, most_lag: int) -> FloatArray:
    """How like a signal is to itself some samples later: 1 is the same, 0 nothing."""
    n = len(swing)
    most_lag = min(most_lag, n - 1)
    spectrum = np.fft.rfft(swing, 2 * n)
    together = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[: most_lag + 1]
    energy = np.concatenate([[0.0], np.cumsum(swing**2)])
    lags = np.arange(most_lag + 1)
    both = np.sqrt(energy[n - lags] * (energy[n] - energy[lags]))
    return np.asarray(together / np.maximum(both, 1e-12))


def period(
    like: FloatArray, shortest: int, near: float = NEAR_BEST_FOOT
) -> float | None:
    """Lag, to a fraction, of the first peak that is nearly as high as the highest."""
    inner = like[1:-1]
    peaks = 1 + np.flatnonzero((inner >= like[:-2]) & (inner > like[2:]))
    peaks = peaks[peaks >= shortest]
    if not len(peaks) or like[peaks].max() < LEAST_LIKENESS:
        return None
    best = peaks[like[peaks] >= near * like[peaks].max()][0]
    before, at, after = like[best - 1 : best + 2]
    bend = before - 2 * at + after
    return float(best + (0.5 * (before - after) / bend if bend < 0 else 0.0))


class Phase(StrEnum):
    """What the wearer is about, as far as the record is concerned."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


# Product notes 3.1: start after 10 s at running cadence, pause below 100 spm, stop 4
# minutes later. Running cadence: foot pods start at 130 to 140 spm; walkers come to 130
# in a hurry, and slow joggers stay above 140.
RUNNING_SPM, START_AFTER_S = 140.0, 10.0
PAUSED_SPM, STOP_AFTER_S = 100.0, 240.0
# The window of the meter blurs by seconds anyway; a stumble is no pause.
PAUSE_AFTER_S = 3.0


class RunState:
    """When a run begins, pauses and ends: fed with times and cadences, in order.

    A walk of 100 to 140 spm changes nothing: it neither starts a run nor pauses one.
    Tiny steps on the spot at 160 spm do start one: cadence is all that counts here.
    """

    def __init__(self) -> None:
        self._phase = Phase.WAITING
        self._fast_since_s: float | None = None
        self._slow_since_s: float | None = None
        self._started_s: float | None = None
        self._paused_s = 0.0

    @property
    def phase(self) -> Phase:
        """Where the run stands."""
        return self._phase

    @property
    def started_s(self) -> float | None:
        """When the running began, 10 s before it was noticed; None before."""
        return self._started_s

    def update(self, t_s: float, cadence_spm: float | None) -> Phase:
        """Take in the cadence of a moment; None is as good as standing."""
        cadence_spm = cadence_spm or 0.0
        self._fast_since_s = _since(
            self._fast_since_s, t_s, holds=cadence_spm >= RUNNING_SPM
        )
        self._slow_since_s = _since(
            self._slow_since_s, t_s, holds=cadence_spm < PAUSED_SPM
        )
        self._phase = self._next(t_s)
        return self._phase

    def _next(self, t_s: float) -> Phase:
        fast_s, slow_s = (
            -1.0 if since is None else t_s - since
            for since in (self._fast_since_s, self._slow_since_s)
        )
        if self._phase is Phase.WAITING and fast_s >= START_AFTER_S:
            self._started_s = self._fast_since_s
            return Phase.RUNNING
        if self._phase is Phase.RUNNING and slow_s >= PAUSE_AFTER_S:
            self._paused_s = t_s
            return Phase.PAUSED
        if self._phase is Phase.PAUSED and fast_s >= 0:
            return Phase.RUNNING
        if self._phase is Phase.PAUSED and t_s - self._paused_s >= STOP_AFTER_S:
            return Phase.STOPPED
        return self._phase


def _since(since_s: float | None, t_s: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return t_s if since_s is None else since_s
