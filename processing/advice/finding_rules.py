"""What each metric must show to become a finding, and how that is said.

Contact time, duty factor and swing time are one thing for a runner, so only the first
is here; metrics of one family say nearly the same, and only one of them is told.
"""

from dataclasses import dataclass

from processing.rules import METRICS

UNIT_WORDS = {"deg": "degrees", "deg/s": "degrees a second"}
"""Units as they stand in a sentence; the others are written as they are."""

WEIGHT_SHIFT = (
    "Consider checking your squat in a mirror or with a physio or coach: do your hips "
    "shift to one side?"
)
FOOT_FLATTENS = (
    "Consider checking your squat with a physio or coach: does one foot flatten more "
    "than the other?"
)
FOOT_TURNS_OUT = (
    "Consider checking your squat with a physio or coach: do your toes turn out more "
    "on one side?"
)
HIP_DROPS = (
    "Consider checking a squat on one leg with a physio or coach: does the other hip "
    "drop?"
)
FILM = "Consider checking it on a video from the side, or ask a coach to have a look."


@dataclass(frozen=True, slots=True)
class Rule:
    """How one metric becomes a finding.

    Attributes
    ----------
    number : int
        Of its first code; its last digit is 1, 4 or 7, as each metric has three.
    family : str
        Metrics that say the same thing; one of them is told.
    quantity, more : str
        Its name, and what more of it is called.
    least_shift : float
        Smallest change against the own usual that matters, in the unit of the interval.
    is_own_only : bool
        Whether it can be compared with the runner's own earlier runs only.
    check : str
        What to do when it stays.
    is_inverse : bool
        Whether less of it says what more of its family does.
    """

    number: int
    family: str
    quantity: str
    more: str
    least_shift: float
    check: str
    is_own_only: bool = False
    is_inverse: bool = False


RULES: dict[str, Rule] = {
    # Percent: a change of the own balance is resolved to about 1 % (algorithms.md 4).
    "contact_time_s": Rule(
        11, "ground", "ground contact time", "longer", 1.0, WEIGHT_SHIFT
    ),
    "impulse_bws": Rule(
        14, "ground", "load on the ground", "higher", 1.0, WEIGHT_SHIFT
    ),
    "step_time_s": Rule(21, "rhythm", "step time", "longer", 1.0, FILM),
    # Step time less contact time: where steps are even, contact time once more.
    "flight_time_s": Rule(
        24,
        "ground",
        "time in the air after a step",
        "longer",
        1.0,
        FILM,
        is_inverse=True,
    ),
    # The own excursion, same mount, is resolved to 1 deg (angles.md 7).
    "pronation_excursion_deg": Rule(
        41, "pronation", "inward roll of the shoe", "more", 1.0, FOOT_FLATTENS
    ),
    "pronation_velocity_dps": Rule(
        44,
        "pronation",
        "speed of the inward roll",
        "faster",
        0.0,
        FOOT_FLATTENS,
        is_own_only=True,
    ),
    # The angle of one trial spreads by 1.7 deg (angles.md 7).
    "strike_angle_deg": Rule(
        51, "strike", "foot strike angle", "more toes-up", 1.7, FILM
    ),
    # Own change > 5 deg (corrective.yaml of the design notes).
    "toe_out_deg": Rule(
        61, "toe-out", "toe-out", "further outward", 5.0, FOOT_TURNS_OUT
    ),
    # Shock and pelvis: trend of the own sensor only (algorithms.md 2 and 3).
    "impact_g": Rule(71, "shock", "landing shock", "higher", 0.0, FILM, True),
    "braking_g": Rule(74, "shock", "braking shock", "higher", 0.0, FILM, True),
    "pelvic_drop_deg": Rule(
        81, "pelvis", "pelvic drop on one leg", "more", 3.0, HIP_DROPS, True
    ),
}


def least_difference(metric: str) -> float | None:
    """Smallest left/right difference that matters; None for what has no such thing.

    The figures stand where metrics are compared: 3 % and more, 3 deg of excursion, 4 of
    strike, 6 of toe-out (angles.md 7, corrective.yaml of the design notes).
    """
    return None if RULES[metric].is_own_only else METRICS[metric].least_difference
