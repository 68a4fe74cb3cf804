"""The five kinetic chain checkpoints for a report's SOAP block: ideas, unconfirmed."""

from collections.abc import Iterator

from contract.people import Assessment, Checkpoint
from dashboards.report.background import CheckpointFacts, Idea
from processing.advice.corrective import Corrective, Sided
from processing.advice.hints import TEST_NAMES, seen, side_of, sided
from processing.advice.plan import OTHER_SIDE, Plan

SEEN = "seen by a person"


def checkpoint_facts(
    plan: Plan, assessment: Assessment | None, table: Corrective
) -> tuple[CheckpointFacts, ...]:
    """Tell of each checkpoint its state and the ideas that belong to it."""
    ideas = list(_ideas(plan, assessment, table))
    return tuple(
        CheckpointFacts(
            point.name,
            point.state,
            tuple(idea for at, idea in ideas if at == point.checkpoint),
        )
        for point in plan.checkpoints
    )


def _ideas(
    plan: Plan, assessment: Assessment | None, table: Corrective
) -> Iterator[tuple[Checkpoint, Idea]]:
    """What a person saw, then what sensors hint at and nobody has seen yet."""
    observed = seen(assessment)
    for name, found in observed.items():
        if name in table.compensations:
            yield _idea(name, side_of(found), SEEN, table)
    for hint in plan.hints:
        if hint.compensation not in observed:
            source = f"sensor hint, confidence {hint.confidence}"
            yield _idea(hint.compensation, hint.side, source, table)


def _idea(
    name: str, side: str, source: str, table: Corrective
) -> tuple[Checkpoint, Idea]:
    known = table.compensations[name]
    tests = (
        (TEST_NAMES["overhead_squat"], known.tests.overhead_squat),
        (TEST_NAMES["single_leg_squat"], known.tests.single_leg_squat),
    )
    return known.checkpoint, Idea(
        what=sided(known.plain, side),
        source=source,
        overactive=_muscles(known.overactive, side),
        underactive=_muscles(known.underactive, side),
        checks=tests,
    )


def _muscles(muscles: Sided, side: str) -> str:
    """Name muscles; with their side only where the two sides differ."""
    if not muscles.opposite:
        return ", ".join(muscles.same)
    parts = ((side, muscles.same), (OTHER_SIDE[side], muscles.opposite))
    return "; ".join(f"{at}: {', '.join(names)}" for at, names in parts if names)
