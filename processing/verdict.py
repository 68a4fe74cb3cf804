"""One of a few words for how left and right compare, on ground contact time.

Without five earlier runs of the same runner nobody can say what is usual, so these
words are about this run alone.
"""

from processing.asymmetry import Comparison
from processing.settings import BalanceSettings

NOT_ENOUGH = "not enough good data"
NO_CLEAR_DIFFERENCE = "no clear difference"
ONE_FOOT = "one foot only"
FAILED = "the analysis failed"
NO_RUNNING = "no running found"
SLIGHTLY = "slightly different"
CLEARLY = "clearly different"

_SLIGHT_PCT = 3.0
"""Healthy runners differ by up to about 3 % (Girard 2019: 2 %; Garmin's middle band
ends at 2.8 %; both in algorithms.md section 4)."""


def judge(
    contact_time: Comparison | None, coverage: float, settings: BalanceSettings
) -> str:
    """Word for a whole run; ``coverage`` is the share of strides that became steps."""
    if contact_time is None or contact_time.n_pairs < settings.report_pairs:
        return NOT_ENOUGH
    if coverage < settings.least_coverage:
        return NOT_ENOUGH
    if contact_time.ci_low <= 0 <= contact_time.ci_high:
        return NO_CLEAR_DIFFERENCE
    return SLIGHTLY if abs(contact_time.asi_pct) <= _SLIGHT_PCT else CLEARLY
