"""One of a few words for how left and right compare, on ground contact time.

With five earlier runs in the same shoe at similar pace the run is judged against what
is usual for this runner; without them the words are about this run alone.
"""

from contract.verdicts import (
    AS_USUAL,
    CLEARLY,
    NO_CLEAR_DIFFERENCE,
    NOT_ENOUGH,
    SLIGHTLY,
)
from processing.asymmetry import Comparison
from processing.baseline import Baseline
from processing.settings import BalanceSettings

LEVELS = (AS_USUAL, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""Against the runner's own earlier runs."""
LEVELS_ALONE = (NO_CLEAR_DIFFERENCE, SLIGHTLY, CLEARLY, NOT_ENOUGH)
"""About one run alone."""

JUDGED = {*LEVELS, *LEVELS_ALONE} - {NOT_ENOUGH}
"""Words of runs in which left and right were compared."""

_CLEAR_PCT = 5.0
"""From here on a difference is called clear, and so is a shift from the own baseline:
the rule of IMU Step's coaches (product.md section 1)."""


def judge(
    contact_time: Comparison | None,
    coverage: float,
    settings: BalanceSettings,
    baseline: Baseline | None = None,
) -> str:
    """Word for a whole run.

    Parameters
    ----------
    coverage : float
        Share of strides that became steps.
    baseline : Baseline, optional
        Contact time against the runner's own earlier runs, where there are enough.
    """
    if contact_time is None or contact_time.n_pairs < settings.report_pairs:
        return NOT_ENOUGH
    if coverage < settings.least_coverage:
        return NOT_ENOUGH
    return _against_own(baseline) if baseline else _alone(contact_time)


def basis(baseline: Baseline | None, why_none: str = "") -> str:
    """Say what a verdict is measured against, in one sentence.

    ``why_none`` is why there is no baseline, see `baseline.why_none`.
    """
    if baseline:
        return (
            f"Compared with your own {baseline.runs} earlier runs in this shoe at this"
            " pace."
        )
    return f"About this run alone: {why_none or 'earlier ones are too few'}."


def _against_own(baseline: Baseline) -> str:
    if not baseline.is_outside:
        return AS_USUAL
    is_clear = abs(baseline.shift) >= max(baseline.mdc, _CLEAR_PCT)
    return CLEARLY if is_clear else SLIGHTLY


def _alone(contact_time: Comparison) -> str:
    if contact_time.ci_low <= 0 <= contact_time.ci_high:
        return NO_CLEAR_DIFFERENCE
    return SLIGHTLY if abs(contact_time.size) < _CLEAR_PCT else CLEARLY
