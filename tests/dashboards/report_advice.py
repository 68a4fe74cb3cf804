"""What can be known beside the rows of `tests.dashboards.runs`: people, shoe, watch."""

import math

from contract.messages import LinkInfo, SensorInfo, SessionMeta
from contract.track import Track, TrackPoint
from dashboards.report.background import (
    Advice,
    Bias,
    CheckpointFacts,
    Idea,
    PaceMatch,
    PainFacts,
    ShoeFacts,
    Usual,
)
from tests.dashboards.runs import ANGLES, KEYS, RATIOS, START_NS

FLATTENS = Idea(
    what="the foot flattens (right)", source="sensor hint, confidence medium",
    overactive="peroneals, lateral gastrocnemius, biceps femoris short head, "
    "tensor fasciae latae", underactive="anterior tibialis, posterior tibialis, "
    "medial gastrocnemius, gluteus medius",
    checks=(("overhead squat", "From behind: the arch sinks, the heel tips in."),),
)  # fmt: skip
SHIFTS = Idea(
    what="the hips shift to one side (left)", source="seen by a person",
    overactive="left: adductor complex, tensor fasciae latae; right: gastrocnemius,"
    " soleus, piriformis, biceps femoris, gluteus medius",
    underactive="left: gluteus medius; right: anterior tibialis, adductor complex",
    checks=(("squat on one leg", "The hips move to one side."),),
)  # fmt: skip
CHECKPOINTS = (
    CheckpointFacts("feet and ankles", "hint", (FLATTENS,)),
    CheckpointFacts("knees", "not assessed"),
    CheckpointFacts("lower back, pelvis and hips", "seen", (SHIFTS,)),
    CheckpointFacts("shoulders", "not assessed"),
    CheckpointFacts("head", "not assessed"),
)
TREND = (-1.2, -0.6, -1.4, -0.7, -1.1, -1.2, -0.4, -0.9, -0.5, -3.1)
MANY = (
    "Several figures are looked at, so a finding must clear a higher bar "
    "(Bonferroni: at most one even runner in twenty is told anything); the "
    "intervals in tables and plots are 95 % each, not widened for that."
)
PLAN_WORDS = (
    "Do these three times a week, slowly, and never into pain. They "
    "rest on sensor hints alone: a movement check by a person tells more "
    "(treadwear assess)"
)


def checked_meta(**changes: object) -> SessionMeta:
    """How the run was sent: two sensors on the radio, checked, a note."""
    link = LinkInfo(received=36_000, lost=30, lost_s=0.6, battery_pct=84,
                    clock_bound_ms=1.1)  # fmt: skip
    known = SensorInfo(family="treadwear-v1", serial="TW000701", firmware="1.0",
                       rate_hz=207.96, link=link)  # fmt: skip
    told = {"surface": "road", "bends": "left", "note": "left calf a bit tight",
            "sensors": {"left": known, "right": known}, **changes}  # fmt: skip
    return SessionMeta(
        runner=KEYS["runner"], session=KEYS["session"], origin_ns=START_NS, **told
    )  # fmt: skip


def advice(**changes: object) -> Advice:
    """All that can be known beside the rows."""
    told = {
        "plan_words": PLAN_WORDS,
        "first_look": "2026-12-05", "latest_retest": "2027-01-02", "times_a_week": 3,
        "trends": dict.fromkeys((*RATIOS, *ANGLES), TREND),
        "changes": {"contact_time_s": TREND},
        "usual_shares": {("left", "fore", "medial"): Usual(30.0, 27.0, 33.0)},
        "shoe": ShoeFacts(312.4, 600.0, 41),
        "checkpoints": CHECKPOINTS,
        "pain": PainFacts(1, 2, "left calf"),
        "fit": "fit check before the run: all good",
        "pace_match": PaceMatch("14 Nov", -1.2),
        "bias": Bias(0.45, 4.13, "13 treadmill runners, virtual sensors"),
        "many": MANY,
        "raw_sha256": "41be" * 16,
        **changes,
    }  # fmt: skip
    return Advice(**told)


def track() -> Track:
    """A watch's record of the run: a hill, and a heart that warms up."""
    points = tuple(
        TrackPoint(
            START_NS + i * 5 * 10**9, altitude_m=40.0 + 9 * math.sin(i / 60),
            heart_rate_bpm=128.0 + 30 * (1 - math.exp(-i / 60)),
        )
        for i in range(550)
    )  # fmt: skip
    return Track(session=KEYS["session"], source="FIT", shift_s=1.5, points=points)
