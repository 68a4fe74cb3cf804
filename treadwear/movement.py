"""What a person saw in a movement check, as words of a command line or a file.

``knees_move_in:left`` was seen on the left; ``:single_leg_squat`` behind it names the
test. The names come from the corrective table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from contract.errors import UsageError
from contract.people import Assessment, Checkpoint, Observation, PastInjury, Side
from processing.advice.corrective import Corrective

Test = Literal["overhead_squat", "single_leg_squat"]
TESTS: dict[Test, str] = {
    "overhead_squat": "Overhead squat",
    "single_leg_squat": "Squat on one leg",
}
CHECKPOINTS: tuple[Checkpoint, ...] = get_args(Checkpoint)
SIDES: tuple[Side, ...] = get_args(Side)
_YEARS = (1900, 2200)
_NOT_IN_THIS_TEST = "Not seen"
"""How the table begins where a compensation does not show in a test."""


@dataclass(frozen=True, slots=True)
class MovementCheck:
    """One compensation to look for: where it is, and what to look at in each test."""

    name: str
    checkpoint: Checkpoint
    plain: str
    questions: Mapping[Test, str]


Checks = Mapping[str, MovementCheck]
"""All that can be looked for, by name."""


def movement_checks(corrective: Corrective) -> dict[str, MovementCheck]:
    """Everything that the corrective table knows how to look for."""
    return {
        name: MovementCheck(
            name,
            compensation.checkpoint,
            compensation.plain,
            {
                test: question
                for test in TESTS
                if not (question := getattr(compensation.tests, test)).startswith(
                    _NOT_IN_THIS_TEST
                )
            },
        )
        for name, compensation in corrective.compensations.items()
    }


def parse_observation(words: str, checks: Checks, *, is_seen: bool) -> Observation:
    """Observation of ``COMPENSATION[:SIDE][:TEST]``."""
    name, *rest = words.split(":")
    check = _check_of(name, checks)
    sides = [side for side in SIDES if side in rest]
    tests = [test for test in TESTS if test in rest]
    unknown = [word for word in rest if word not in (*SIDES, *TESTS)]
    if unknown or len(sides) > 1 or len(tests) > 1:
        raise UsageError(
            f"{words!r} says neither side nor test",
            f"sides are {', '.join(SIDES)}; tests are {', '.join(TESTS)}",
            "Write it like knees_move_in:left or knees_move_in:left:overhead_squat.",
        )
    test = tests[0] if tests else next(iter(check.questions))
    _check_test(check, test)
    return Observation(
        test=test,
        checkpoint=check.checkpoint,
        compensation=name,
        side=sides[0] if sides else "both",
        is_seen=is_seen,
    )


def parse_past_injury(words: str) -> PastInjury:
    """Region of ``left calf 2024``: side and year may be missing or stand anywhere."""
    parts = words.split()
    sides = [side for side in SIDES if side in parts]
    years = [int(p) for p in parts if p.isdecimal() and _is_year(int(p))]
    region = " ".join(p for p in parts if p not in sides and not _is_number(p, years))
    if not region or len(sides) > 1 or len(years) > 1:
        raise UsageError(
            f"{words!r} names no region",
            "it should be a region, and may have one side and one year",
            "Write it like 'left calf 2024'.",
        )
    return PastInjury(
        region, sides[0] if sides else "both", years[0] if years else None
    )


def _is_year(number: int) -> bool:
    return _YEARS[0] <= number < _YEARS[1]


def _is_number(part: str, years: list[int]) -> bool:
    return part.isdecimal() and int(part) in years


def parse_date(words: str) -> str:
    """Give a date back as YYYY-MM-DD; raises `UsageError` for what is none."""
    try:
        return date.fromisoformat(words).isoformat() if words else ""
    except ValueError as fault:
        why = "a date is year, month and day"
        raise UsageError(
            f"{words!r} is no date", why, "Write it like 2027-04-18."
        ) from fault


def parse_race_date(words: str) -> str:
    """Give a race's date back as YYYY-MM-DD; raises `UsageError` if it has passed."""
    day = parse_date(words)
    if day and date.fromisoformat(day) < datetime.now().astimezone().date():
        raise UsageError(
            f"the race on {day} has passed",
            "a plan is worked backwards from the next one",
            "Give the date of the next race, or leave it out.",
        )
    return day


def parse_checkpoint(words: str) -> Checkpoint:
    """One of the five checkpoints."""
    for checkpoint in CHECKPOINTS:
        if words == checkpoint:
            return checkpoint
    why = f"they are {', '.join(CHECKPOINTS)}"
    raise UsageError(f"{words!r} is no checkpoint", why, "Choose one.")


def read_assessment(path: Path, now_ns: int) -> Assessment:
    """Assessment in a JSON file; one without ``time_ns`` is of now."""
    next_step = "See the shape of one with: treadwear assess RUNNER --show --json."
    try:
        told = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        found = msgspec.convert({"time_ns": now_ns} | told, Assessment)
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise UsageError(f"{path} cannot be read", why, next_step) from fault
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise UsageError(f"{path} is no assessment", str(fault), next_step) from fault
    unknown = _unknown_names(told, msgspec.to_builtins(found))
    if unknown:
        why = f"it names {', '.join(unknown)}; a mistyped name would be ignored"
        raise UsageError(f"{path} is no assessment", why, next_step)
    return found


def _unknown_names(told: Any, found: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Names that were told and came to nothing."""
    if isinstance(told, dict):
        inner = (_unknown_names(v, found[n]) for n, v in told.items() if n in found)
        return [*(n for n in told if n not in found), *chain.from_iterable(inner)]
    if isinstance(told, list):
        pairs = zip(told, found, strict=True)
        return [name for t, f in pairs for name in _unknown_names(t, f)]
    return []


def check_assessment(assessment: Assessment, checks: Checks) -> Assessment:
    """Give it back, checkpoints in order; `UsageError` for unknown words."""
    parse_date(assessment.intake.race_date)
    for seen in assessment.observations:
        check = _check_of(seen.compensation, checks)
        if seen.checkpoint != check.checkpoint:
            raise UsageError(
                f"{seen.compensation} is not seen at {seen.checkpoint}",
                f"its checkpoint is {check.checkpoint}",
                "Correct the checkpoint.",
            )
        _check_test(check, seen.test)
    _check_contradictions(assessment.observations)
    # Looked at as a whole, which ends every hint there: only where somebody says so.
    assessed = tuple(c for c in CHECKPOINTS if c in assessment.assessed)
    return msgspec.structs.replace(assessment, assessed=assessed)


def _check_contradictions(observations: Sequence[Observation]) -> None:
    seen = {_sided(o) for o in observations if o.is_seen}
    for other in observations:
        if not other.is_seen and _sided(other) in seen:
            raise UsageError(
                f"{other.compensation} is said to be seen and not seen",
                "both are told of the same side in the same test",
                "Keep one of the two.",
            )


def _check_test(check: MovementCheck, test: Test) -> None:
    if test not in check.questions:
        known = ", ".join(check.questions)
        raise UsageError(
            f"{check.name} is not seen in the {test}",
            f"it shows in {known}",
            f"Name the test: {check.name}:{known}.",
        )


def _sided(o: Observation) -> tuple[str, str, str]:
    return (o.compensation, o.side, o.test)


def _check_of(name: str, checks: Checks) -> MovementCheck:
    if name not in checks:
        raise UsageError(
            f"there is no {name!r} to be seen in a movement check",
            f"what can be seen is {', '.join(checks)}",
            "Choose one of these names.",
        )
    return checks[name]
