"""The words of a session row's verdict and of the light, and what they are about.

Processing writes them, report and live page read them; neither knows the other.
"""

from contract.messages import LightState

MAIN_METRIC = "contact_time_s"
"""The column that a verdict compares, left against right."""

WHOLE_RUN = "run"
"""Window of a balance row that holds for the whole session."""

NOT_ENOUGH = "not enough good data"
NO_CLEAR_DIFFERENCE = "no clear difference"
ONE_FOOT = "one foot only"
HIP_ONLY = "hip only"
SIDES_IN_DOUBT = "sides in doubt"
FAILED = "the analysis failed"
NO_RUNNING = "no running found"
AS_USUAL = "as usual"
SLIGHTLY = "slightly different"
CLEARLY = "clearly different"

ALERT_RAISED = "alert_raised"
ALERT_CLEARED = "alert_cleared"
"""Kinds of the event rows and messages by which the light goes on and out."""

LEFT_LONGER = "TW-021"
RIGHT_LONGER = "TW-022"
LIGHT_CODES = {
    LEFT_LONGER: "left foot longer on the ground than usual",
    RIGHT_LONGER: "right foot longer on the ground than usual",
}
"""What each light means. A code never changes its meaning; new ones get new numbers.

The side is that of the shift: a left foot that is usually 4 % longer and now 2 % gives
the right foot's code.
"""

LIGHT_STATES: tuple[LightState, ...] = ("none", "steady", "drifting", "check")
"""States of the light from quiet to loud; the place is ``light`` of a live row."""
