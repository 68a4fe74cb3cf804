"""Left against right, with how sure that is.

Each left step is paired with the right step that follows, so pace and fatigue cancel.
Running steps depend on the steps before them, so the number of pairs is replaced by an
effective one; and because sensor and mount differ between the feet, a systematic part
is added that no number of steps can average away. Method: algorithms.md section 4.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from contract.model import FloatArray
from processing.settings import BalanceSettings

SYSTEMATIC_SD = {
    "contact_time_s": 0.0035,
    "flight_time_s": 0.0040,
    "step_time_s": 0.0051,
    "stride_time_s": 0.0003,
    "swing_time_s": 0.0035,
    "duty_factor": 0.0046,
    "impulse_bws": 0.0035,
}
"""Standard deviation between feet of the error of (right - left), in the metric's unit.

Contact time: detector.md section 6 (force plates, virtual sensors); the others are
measured on the same trials by benchmarks/accuracy.py.
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Left against right for one metric; percent figures have + = right larger.

    ``ci_low`` and ``ci_high`` (percent) include the systematic part.
    """

    left: float
    right: float
    difference: float
    asi_pct: float
    ci_low: float
    ci_high: float
    random_pct: float
    systematic_pct: float
    n_pairs: int
    n_eff: float


def compare(
    left: FloatArray, right: FloatArray, systematic_sd: float, settings: BalanceSettings
) -> Comparison | None:
    """Compare paired values [n]; None when there are too few or they make no sense.

    Parameters
    ----------
    left, right : [n]
        Values of paired steps in order of time; pairs with NaN are left out.
    systematic_sd : float
        Standard deviation of the systematic part of right - left, in the same unit.
    """
    is_known = np.isfinite(left) & np.isfinite(right)
    left, right = left[is_known], right[is_known]
    keep = _without_outliers(right - left, settings.outlier_mads)
    left, right = left[keep], right[keep]
    if len(left) < settings.least_pairs:
        return None
    d = right - left
    mean = float((left.mean() + right.mean()) / 2)
    if mean <= 0:
        return None
    n_eff = effective_size(d)
    quantile = float(student_t.ppf(0.975, max(n_eff - 1, 1.0)))
    random = quantile * float(d.std(ddof=1)) / float(np.sqrt(n_eff))
    systematic = 1.96 * systematic_sd
    half = float(np.hypot(random, systematic))
    difference = float(d.mean())
    percent = 100.0 / mean
    return Comparison(
        left=float(left.mean()),
        right=float(right.mean()),
        difference=difference,
        asi_pct=difference * percent,
        ci_low=(difference - half) * percent,
        ci_high=(difference + half) * percent,
        random_pct=random * percent,
        systematic_pct=systematic * percent,
        n_pairs=len(d),
        n_eff=n_eff,
    )


def effective_size(d: FloatArray) -> float:
    """Independent values worth the same as these n correlated ones.

    n / (1 + 2 sum (1 - k/n) r_k) over lags k until the autocorrelation r_k is no longer
    positive; never more than n, never less than 2.
    """
    n = len(d)
    x = d - d.mean()
    power = float(x @ x)
    if power <= 0:
        return float(n)
    inflation = 1.0
    for lag in range(1, n - 1):
        r = float(x[:-lag] @ x[lag:]) / power
        if r <= 0:
            break
        inflation += 2 * (1 - lag / n) * r
    return max(2.0, n / inflation)


def _without_outliers(d: FloatArray, most_mads: float) -> np.ndarray:
    """Pairs within so many scaled median absolute deviations of the median."""
    if not len(d):
        return np.zeros(0, bool)
    distance = np.abs(d - np.median(d))
    spread = 1.4826 * float(np.median(distance))
    return distance <= most_mads * spread if spread > 0 else np.ones(len(d), bool)
