"""Whether the sensors sit where they say: on both feet, and not exchanged.

Feet alternate, and after landing every foot turns its inner edge down: on 78 virtual
and 9 real running recordings the shoe everts between landing and mid-contact by 3.4 deg
or more in the median, and in no more than 7 % of contacts it does not. On the wrong
foot the same movement has the other sign.
"""

from dataclasses import dataclass

import numpy as np

from contract.model import FloatArray
from contract.units import NS_PER_S
from processing.contacts import Contacts


@dataclass(frozen=True, slots=True)
class PlacementSettings:
    """When to say that a sensor may sit in the wrong place."""

    least_steps: int = 30
    """Half a minute of running; single stumbles and hops decide nothing."""
    together_phase: float = 0.15
    """Contacts this near in the stride are simultaneous: a runner's feet are half a
    stride apart, .4 to .6 with a strong limp; clocks of one session differ by a
    hundredth of a stride."""
    together_share: float = 0.8
    """Share of strides that must show it."""
    least_turn_deg: float = 2.0
    """Wrong way round by at least so much in the median, 3.4 deg being the least that
    was seen the right way round; an axis 10 deg off makes 3 deg at most."""
    wrong_share: float = 0.8
    """Share of contacts that must turn the wrong way; feet on their own side: .07."""


def both_on_one_foot(
    left: Contacts, right: Contacts, settings: PlacementSettings | None = None
) -> str:
    """Say that both sensors may be on one foot; "" when they are not, or unsure."""
    s = settings or PlacementSettings()
    phase = _phases(left, right)
    if len(phase) < s.least_steps:
        return ""
    share = float((np.abs(phase) < s.together_phase).mean())
    if share < s.together_share:
        return ""
    return (
        f"in {100 * share:.0f} % of strides both sensors touch the ground at the same"
        " moment instead of in turn: both may be on one foot"
    )


def swap_suspected(
    left: Contacts, right: Contacts, settings: PlacementSettings | None = None
) -> str:
    """Say that sensors may be on the wrong feet; "" when nothing hints at it."""
    s = settings or PlacementSettings()
    feet = {"left": left, "right": right}
    wrong = [
        side
        for side, foot in feet.items()
        if _turns_outward(foot.motion.landing_eversion_deg, s)
    ]
    if not wrong:
        return ""
    if len(wrong) == 1:
        return (
            f"the {wrong[0]} shoe turns its outer edge down after landing, where feet"
            " turn the inner edge down: that sensor may sit on the other foot or be"
            " turned"
        )
    return (
        "both shoes turn their outer edge down after landing, where feet turn the inner"
        " edge down: the left and right sensors may be swapped"
    )


def _turns_outward(eversion_deg: FloatArray, s: PlacementSettings) -> bool:
    known = eversion_deg[np.isfinite(eversion_deg)]
    if len(known) < s.least_steps:
        return False
    is_large = float(np.median(known)) <= -s.least_turn_deg
    return is_large and float((known < 0).mean()) >= s.wrong_share


def _phases(left: Contacts, right: Contacts) -> FloatArray:
    """Nearest right contact to each left one, as share of the left stride, -.5 to .5.

    The clocks need not be known exactly: they differ by a tenth of a stride at most.
    """
    if left.count < 2 or not right.count:
        return np.empty(0)
    follows = (np.diff(left.number) == 1) & (np.diff(left.stretch) == 0)
    stride_s = np.diff(left.place_s)
    start_ns = left.ic_ns[:-1]
    after = np.clip(np.searchsorted(right.ic_ns, start_ns), 1, max(right.count - 1, 1))
    before = after - 1
    after = np.minimum(after, right.count - 1)
    is_after = right.ic_ns[after] - start_ns < start_ns - right.ic_ns[before]
    nearest = np.where(is_after, after, before)
    seconds = (right.ic_ns[nearest] - start_ns) / NS_PER_S
    phase: FloatArray = seconds / np.where(follows, stride_s, 1.0)
    phase = phase[follows]
    return phase[np.abs(phase) <= 0.5]
