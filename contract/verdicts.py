"""The words of a session row's verdict, and what they are about.

Processing writes them and the report reads them; neither knows the other.
"""

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
