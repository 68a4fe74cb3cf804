"""Left against right, with how sure that is.

Each left step is paired with the right step that follows, so pace and fatigue cancel.
Running steps depend on the steps before them, so the number of pairs is replaced by an
effective one; and because sensor and mount differ between the feet, a systematic part
is added that no number of steps can average away. Method: algorithms.md section 4.

What is computed here mirrors exactly: with the feet exchanged every sign turns and
nothing else changes, to the last bit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.fft import irfft, rfft
from scipy.fft import next_fast_len
from scipy.special import stdtrit

from contract.model import FloatArray
from contract.units import NS_PER_S
from processing.arrays import BoolArray, NsArray
from processing.rules import MetricRule
from processing.settings import BalanceSettings

_Z95 = 1.96
_NO_CORRELATION = 1e-12
"""Rounding of the Fourier transform: not a correlation that is still positive."""
_PAUSE_S = 2.0
"""Longer between two contacts of one foot is a stop, not running time; strides of
running last .95 s at most, and one may have been lost."""
_KM_M = 1000.0

Windows = list[tuple[int, int]]
"""Spans of the session's clock in nanoseconds, each [start, end)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Left against right for one metric, + = right larger.

    ``asi_pct`` is None where the difference in the metric's own unit is what counts, as
    are variation in percent and symmetry angle: all three explode near zero.
    ``ci_low`` and ``ci_high`` (in ``ci_unit``) include the systematic part.
    """

    left: float
    right: float
    left_sd: float
    right_sd: float
    difference: float
    asi_pct: float | None
    ci_low: float
    ci_high: float
    random_half: float
    systematic_half: float
    ci_unit: str
    n_pairs: int
    n_eff: float
    left_cv_pct: float | None = None
    right_cv_pct: float | None = None
    symmetry_angle_pct: float | None = None

    @property
    def size(self) -> float:
        """The figure that the interval is about, in ``ci_unit``."""
        return self.difference if self.asi_pct is None else self.asi_pct


def compare(
    left: FloatArray, right: FloatArray, rule: MetricRule, settings: BalanceSettings
) -> Comparison | None:
    """Compare paired values [n]; None when there are too few or they make no sense.

    Parameters
    ----------
    left, right : [n]
        Values of paired steps in order of time; pairs with NaN are left out.
    rule : MetricRule
        Whether it is an index in percent or a difference, and its systematic part.
    """
    is_known = np.isfinite(left) & np.isfinite(right)
    left, right = left[is_known], right[is_known]
    keep = _without_outliers(right - left, settings.outlier_mads)
    left, right = left[keep], right[keep]
    if len(left) < settings.least_pairs:
        return None
    left_mean, right_mean = _mean(left), _mean(right)
    mean = (left_mean + right_mean) / 2
    if rule.is_ratio and mean <= 0:
        return None
    d = right - left
    n_eff = effective_size(d)
    difference = _mean(d)
    factor = 100.0 / mean if rule.is_ratio else 1.0
    # What `scipy.stats.t.ppf` computes, without its 50 us of checks.
    quantile = float(stdtrit(max(n_eff - 1, 1.0), 0.975))
    random = quantile * _sd(d, difference) / math.sqrt(n_eff) * factor
    systematic = _Z95 * rule.systematic_sd * factor
    size, half = difference * factor, math.hypot(random, systematic)
    left_sd, right_sd = _sd(left, left_mean), _sd(right, right_mean)
    both = left_mean, right_mean
    return Comparison(
        left=left_mean,
        right=right_mean,
        left_sd=left_sd,
        right_sd=right_sd,
        difference=difference,
        asi_pct=size if rule.is_ratio else None,
        ci_low=size - half,
        ci_high=size + half,
        random_half=random,
        systematic_half=systematic,
        ci_unit=rule.ci_unit,
        n_pairs=len(d),
        n_eff=n_eff,
        left_cv_pct=_cv_pct(left_sd, left_mean) if rule.is_ratio else None,
        right_cv_pct=_cv_pct(right_sd, right_mean) if rule.is_ratio else None,
        symmetry_angle_pct=symmetry_angle_pct(*both) if rule.is_ratio else None,
    )


def symmetry_angle_pct(left: float, right: float) -> float:
    """Symmetry angle of two sizes, percent, + = right larger.

    100 (45 deg - atan(L/R)) / 90 deg (Zifchock 2008, in algorithms.md section 4).
    Written with both roles alike, so that it mirrors exactly.
    """
    return 100.0 * (math.atan2(right, left) - math.atan2(left, right)) / math.pi


def _cv_pct(sd: float, mean: float) -> float | None:
    return 100.0 * sd / mean if mean > 0 else None


def change(first: Comparison, last: Comparison) -> Comparison:
    """How the difference between the feet changed: ``last`` less ``first``.

    The sensors sit as they sat, so a constant error of either drops out; of the
    systematic part only that is left by which the mean of a ratio has changed. Both
    means are changes too, the spreads those of both windows together.
    """
    size = last.size - first.size
    random = math.hypot(first.random_half, last.random_half)
    systematic = abs(last.systematic_half - first.systematic_half)
    half = math.hypot(random, systematic)
    return Comparison(
        left=last.left - first.left,
        right=last.right - first.right,
        left_sd=_both(first.left_sd, last.left_sd),
        right_sd=_both(first.right_sd, last.right_sd),
        difference=last.difference - first.difference,
        asi_pct=None if last.asi_pct is None else size,
        ci_low=size - half,
        ci_high=size + half,
        random_half=random,
        systematic_half=systematic,
        ci_unit=last.ci_unit,
        n_pairs=first.n_pairs + last.n_pairs,
        n_eff=first.n_eff + last.n_eff,
    )


def effective_size(d: FloatArray) -> float:
    """Independent values worth the same as these n correlated ones.

    n / (1 + 2 sum (1 - k/n) r_k) over lags k until the autocorrelation r_k is no longer
    positive; never more than n, never less than 2.
    """
    n = len(d)
    x = d - _mean(d)
    size = next_fast_len(2 * n, real=True)
    spectrum = rfft(x, size)
    power = irfft(spectrum.real**2 + spectrum.imag**2, size)
    if not power[0] > 0:
        return float(n)
    r = power[1 : n - 1] / power[0]
    is_over = r <= _NO_CORRELATION
    lags = int(np.argmax(is_over)) if is_over.any() else len(r)
    weight = 1.0 - np.arange(1, lags + 1) / n
    inflation = 1.0 + 2.0 * float((weight * r[:lags]).sum())
    return max(2.0, n / inflation)


def thirds(t_ns: NsArray) -> Windows:
    """First and last third of the running time, from one foot's contacts [n].

    Stops do not count as running. Empty with fewer than three contacts.
    """
    if len(t_ns) < 3:
        return []
    gap_s = np.diff(t_ns) / NS_PER_S
    run_s = np.cumsum(np.where(gap_s > _PAUSE_S, 0.0, gap_s))
    early, late = np.searchsorted(run_s, run_s[-1] * np.array([1.0, 2.0]) / 3) + 1
    return [
        (int(t_ns[0]), int(t_ns[early])),
        (int(t_ns[late]), int(t_ns[-1]) + 1),
    ]


def kilometres(t_ns: NsArray, distance_m: FloatArray) -> Windows:
    """One span per kilometre and the rest, from one foot's contacts [n].

    Parameters
    ----------
    t_ns, distance_m : [n]
        Time of each contact and the distance run until then, growing.

    Returns
    -------
    Nothing below one kilometre: that would be the whole run again.
    """
    whole = int(distance_m[-1] // _KM_M) if len(distance_m) else 0
    if whole < 1:
        return []
    marks = np.searchsorted(distance_m, _KM_M * np.arange(1, whole + 1))
    starts = [int(t_ns[0]), *(int(t) for t in t_ns[marks])]
    ends = [*starts[1:], int(t_ns[-1]) + 1]
    return list(zip(starts, ends, strict=True))


def _both(first_sd: float, last_sd: float) -> float:
    """Root mean square of two spreads."""
    return math.sqrt((first_sd**2 + last_sd**2) / 2)


def _without_outliers(d: FloatArray, most_mads: float) -> BoolArray:
    """Pairs within so many scaled median absolute deviations of the median."""
    if not len(d):
        return np.zeros(0, bool)
    distance = np.abs(d - _median(d))
    spread = 1.4826 * _median(distance)
    return distance <= most_mads * spread if spread > 0 else np.ones(len(d), bool)


def _mean(values: FloatArray) -> float:
    return float(np.add.reduce(values)) / len(values)


def _sd(values: FloatArray, mean: float) -> float:
    x = values - mean
    return math.sqrt(float(np.add.reduce(x * x)) / (len(x) - 1))


def _median(values: FloatArray) -> float:
    """Like `np.median`, without its 20 us of checks: a run has thousands of windows."""
    x = np.sort(values)
    return float(x[(len(x) - 1) // 2] + x[len(x) // 2]) / 2
