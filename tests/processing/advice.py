"""Findings, observations and plans to test with, and the words never to be said."""

import re
from datetime import date

import msgspec

from contract.people import Assessment, Intake, Observation
from processing.advice.corrective import load_corrective
from processing.advice.findings import Finding
from processing.advice.plan import Plan, build_plan

# In pieces, as in tests/house/test_words.py: what the product never says.
FORBIDDEN = re.compile(
    "|".join(
        "".join(parts)
        for parts in (
            ("injur", "y"),
            ("diag", "nos"),
            (r"\btre", r"at(s|ed|ing|ment|ments)?\b"),
            ("prev", "ent"),
            ("abnor", "mal"),
            ("sco", "re"),
            (r"\bri", r"sk"),
        )
    ),
    re.IGNORECASE,
)
TABLE = load_corrective()
NAMES = sorted(TABLE.compensations)
TODAY = date(2026, 11, 21)


def finding(
    metric: str,
    size: float,
    unit: str = "deg",
    *,
    code: str = "TW-041",
    runs: int = 3,
    half: float = 2.0,
) -> Finding:
    since = f"in your last {runs} runs" if runs > 1 else "new in this run"
    return Finding(
        side="right" if size > 0 else "left",
        code=code,
        rank=1,
        metric=metric,
        text="",
        size=size,
        low=size - half,
        high=size + half,
        unit=unit,
        certainty=2,
        since=since,
        action="",
    )


ROLLS_IN = finding("pronation_excursion_deg", -4.5)
SHIFTS = finding("contact_time_s", 5.0, "%", code="TW-011", runs=3)


def saw(compensation: str, side: str = "both", *, is_seen: bool = True) -> Observation:
    return msgspec.convert(
        {
            "test": "overhead_squat",
            "checkpoint": TABLE.compensations[compensation].checkpoint,
            "compensation": compensation,
            "side": side,
            "is_seen": is_seen,
        },
        Observation,
    )


def assessed(*seen: Observation, race: str = "", pain: int | None = None) -> Assessment:
    intake = Intake(race_date=race, pain=pain)
    return Assessment(time_ns=100, intake=intake, observations=seen)


def planned(
    *findings: Finding,
    assessment: Assessment | None = None,
    pains: tuple[tuple[int, int], ...] = (),
) -> Plan:
    return build_plan(findings, assessment, TABLE, TODAY, pains)


def states(of: Plan) -> dict[str, str]:
    return {c.checkpoint: c.state for c in of.checkpoints}
