"""Sensor hints beside what a person saw, at the five kinetic chain checkpoints.

A sensor in running never performs a movement check: it can only say "consider checking"
(algorithms.md section 8). A person's observation outranks a hint: what was looked for
and not seen ends the hint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

from contract.people import Assessment, Checkpoint, Observation, Side
from processing.advice.corrective import (
    Compensation,
    Confidence,
    Corrective,
    SensorRule,
)
from processing.advice.finding_words import runs_of
from processing.advice.standout import is_growing

SEEN = "seen by a person"
HINT = "hint"
NOT_SEEN = "looked for, not seen"
NOT_ASSESSED = "not assessed"
CONFIDENCES: tuple[Confidence, ...] = ("medium", "low", "very low")
"""Best first."""

TEST_NAMES = {
    "overhead_squat": "overhead squat",
    "single_leg_squat": "squat on one leg",
}


class Told(Protocol):
    """A finding as the plan needs it: a Finding or a FindingRow."""

    @property
    def code(self) -> str:
        """Stable name."""

    @property
    def metric(self) -> str:
        """Column that it is about."""

    @property
    def side(self) -> str:
        """The larger side."""

    @property
    def size(self) -> float:
        """How much, + = right larger."""

    @property
    def low(self) -> float:
        """Lower end of the interval."""

    @property
    def high(self) -> float:
        """Upper end of the same."""

    @property
    def unit(self) -> str:
        """Unit of the three."""

    @property
    def since(self) -> str:
        """Since when."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the sensors of a run hint at; ``codes`` are the findings it comes from."""

    compensation: str
    checkpoint: Checkpoint
    side: str
    confidence: Confidence
    codes: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CheckpointState:
    """What is known of one checkpoint: one of four words, and what stands behind it."""

    checkpoint: Checkpoint
    name: str
    state: str
    details: tuple[str, ...]


def hints_of(
    findings: Sequence[Told], assessment: Assessment | None, corrective: Corrective
) -> tuple[Hint, ...]:
    """Give what the findings hint at, most trusted first, less what a person denied."""
    found = [
        _hint(name, compensation, told)
        for name, compensation in corrective.compensations.items()
        for told in _matches(compensation.sensor, findings)
    ]
    kept = [h for h in found if not _is_denied(h, assessment)]
    return tuple(sorted(kept, key=lambda h: CONFIDENCES.index(h.confidence)))


def seen(assessment: Assessment | None) -> dict[str, list[Observation]]:
    """Observations of what is there, per compensation, in the order they were noted."""
    found: dict[str, list[Observation]] = {}
    for observation in assessment.observations if assessment else ():
        if observation.is_seen:
            found.setdefault(observation.compensation, []).append(observation)
    return found


def side_of(observations: Sequence[Observation]) -> Side:
    """Side of what was seen, both when it was seen on each."""
    sides = {o.side for o in observations}
    return sides.pop() if len(sides) == 1 else "both"


def sided(plain: str, side: str) -> str:
    """Words with their side: the knee moves inward (left)."""
    return f"{plain} ({'both sides' if side == 'both' else side})"


def plain_name(compensation: str, corrective: Corrective) -> str:
    """Words for a compensation; one that the table does not know is read as it is."""
    known = corrective.compensations.get(compensation)
    return known.plain if known else compensation.replace("_", " ")


def checkpoint_states(
    hints: Sequence[Hint], assessment: Assessment | None, corrective: Corrective
) -> tuple[CheckpointState, ...]:
    """All five checkpoints; shoulders and head have no sensor and never a hint."""
    return tuple(
        _state(point, hints, assessment, corrective) for point in get_args(Checkpoint)
    )


def _state(
    point: Checkpoint,
    hints: Sequence[Hint],
    assessment: Assessment | None,
    corrective: Corrective,
) -> CheckpointState:
    observed = [o for o in _observations(assessment) if o.checkpoint == point]
    looked = bool(observed) or (assessment is not None and point in assessment.assessed)
    by_person = tuple(_observed_words(o, corrective) for o in observed)
    hinted = tuple(h.text for h in hints if h.checkpoint == point)
    if any(o.is_seen for o in observed):
        word = SEEN
    elif hinted:
        word = HINT
    else:
        word = NOT_SEEN if looked else NOT_ASSESSED
    name = corrective.checkpoints[point].name
    return CheckpointState(point, name, word, by_person + hinted)


def _observations(assessment: Assessment | None) -> tuple[Observation, ...]:
    return assessment.observations if assessment else ()


def _observed_words(o: Observation, corrective: Corrective) -> str:
    word = "seen" if o.is_seen else "not seen"
    told = sided(plain_name(o.compensation, corrective), o.side)
    return f"{told}: {word} in the {TEST_NAMES[o.test]}"


def _hint(name: str, compensation: Compensation, told: Sequence[Told]) -> Hint:
    rule = compensation.sensor
    confidence: Confidence = rule.confidence if rule else "very low"
    codes = tuple(f.code for f in told)
    side = told[0].side
    text = (
        f"{sided(compensation.plain, side)}: a hint from {' and '.join(codes)}, "
        f"confidence {confidence}; consider checking. "
        f"Overhead squat: {compensation.tests.overhead_squat} "
        f"Squat on one leg: {compensation.tests.single_leg_squat}"
    )
    return Hint(name, compensation.checkpoint, side, confidence, codes, text)


def _matches(rule: SensorRule | None, findings: Sequence[Told]) -> list[list[Told]]:
    """Findings that meet the rule, grouped by side."""
    if rule is None:
        return []
    met = [f for f in findings if _meets(f, rule)]
    by_side = [[f for f in met if f.side == side] for side in ("left", "right")]
    least = len(rule.metrics) if rule.needs_all else 1
    return [told for told in by_side if len({f.metric for f in told}) >= least]


def _meets(finding: Told, rule: SensorRule) -> bool:
    """Whether a finding is about the rule's figures, large, sure and often enough."""
    return (
        finding.metric in rule.metrics
        and finding.unit == rule.unit
        and not is_growing(finding.code)
        and abs(finding.size) >= rule.least
        and not finding.low <= 0 <= finding.high
        and runs_of(finding.since) >= rule.runs
    )


def _is_denied(hint: Hint, assessment: Assessment | None) -> bool:
    """Whether a person looked for it on that side and did not see it."""
    if assessment is None:
        return False
    same_side = [
        o
        for o in assessment.observations
        if o.compensation == hint.compensation and o.side in ("both", hint.side)
    ]
    if any(o.is_seen for o in same_side):
        return False
    return bool(same_side) or hint.checkpoint in assessment.assessed
