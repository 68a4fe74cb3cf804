"""Why figures that compare the clocks of both feet are not given."""

import numpy as np

from processing.contacts import Contacts

ACROSS_FEET = "flight time, step time, impulse and peak force"

CLOCKS_APART = (
    f"{ACROSS_FEET}: one step takes so much longer than the other that the sensors'"
    " clocks must be apart; tap both pods together at the start of the next run"
)


def clock_words(left: Contacts, right: Contacts) -> str:
    """Say why figures across the feet are withheld; "" when they are not.

    Five milliseconds between the clocks look like 3 % asymmetry of step time
    (algorithms.md section 6), so a clock must be known before they are compared.
    """
    if not left.count or not right.count:
        return ""
    feet = {"left": left, "right": right}
    unknown = {side: 1.0 - float(foot.is_synced.mean()) for side, foot in feet.items()}
    behind = [side for side, share in unknown.items() if share > 0]
    if not behind:
        return ""
    share = max(unknown.values())
    howmuch = "" if share == 1 else f" for {_percent(share)} of steps"
    whose = " and the ".join(behind)
    noun = "sensors' clocks were" if len(behind) > 1 else "sensor's clock was"
    return (
        f"{ACROSS_FEET}{howmuch}: the {whose} {noun} not known well enough to compare"
        " the feet"
    )


def _percent(share: float) -> str:
    """Write a share of less than one; never 0 or 100 %."""
    return f"{int(np.clip(round(100 * share), 1, 99))} %"
