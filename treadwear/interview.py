"""An assessment asked question by question: short lines, Enter skips, cold hands.

Asking is a function that is handed in: a terminal's prompt, or a list of answers.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from contract.errors import UsageError
from contract.people import (
    Assessment,
    Checkpoint,
    Intake,
    Observation,
    PastInjury,
    Side,
)
from treadwear.movement import (
    TESTS,
    Checks,
    MovementCheck,
    Test,
    check_assessment,
    parse_past_injury,
    parse_race_date,
)

Ask = Callable[[str], str]
"""Puts a question and gives the answer, "" when it is skipped."""

Say = Callable[[str], None]
T = TypeVar("T")
_Answer = Side | Literal["n"]

_SIDES: dict[str, Side] = {"l": "left", "r": "right", "b": "both", "y": "both"}
_BY_EYE: dict[Checkpoint, str] = {
    "shoulders": "Shoulders: what stands out? (- nothing)",
    "head": "Head: what stands out? (- nothing)",
}
"""Checkpoints that no test of the corrective table looks at; kept as a note."""


class Interview:
    """Asks for one assessment; ``say`` gets what is not a question."""

    def __init__(self, ask: Ask, say: Say, checks: Checks) -> None:
        self._ask = ask
        self._say = say
        self._checks = checks

    def assessment(self, time_ns: int) -> Assessment:
        """Ask everything; what is skipped stays unknown."""
        self._say("Enter skips a question.")
        by = self._ask("Who looks at the runner?")
        intake = self._intake()
        self._say("Movement checks. l, r, b: seen left, right, both. n: not seen.")
        observations = [o for test in TESTS for o in self._observations(test)]
        notes = {place: self._ask(words) for place, words in _BY_EYE.items()}
        found = Assessment(
            time_ns=time_ns,
            by=by,
            intake=intake,
            observations=tuple(observations),
            assessed=tuple(place for place, words in notes.items() if words),
            note="; ".join(f"{p}: {w}" for p, w in notes.items() if w not in ("", "-")),
        )
        return check_assessment(found, self._checks)

    def _intake(self) -> Intake:
        intake = Intake(
            hours_per_week=self._until("Hours of running a week?", _amount),
            km_per_week=self._until("Kilometres a week?", _amount),
            past_injuries=self._until("What hurt before? (left calf 2024, knee)", _past)
            or (),
            goals=self._ask("Goals?"),
            race_date=self._until("Race date? (YYYY-MM-DD)", parse_race_date) or "",
            pain=self._until("Pain now, 0 to 10?", parse_pain),
        )
        if not intake.pain:
            return intake
        where = self._ask("Where does it hurt?")
        return msgspec.structs.replace(intake, pain_where=where)

    def _observations(self, test: Test) -> list[Observation]:
        self._say(f"{TESTS[test]}, five times:")
        asked = [c for c in self._checks.values() if test in c.questions]
        found = [(c, self._until(c.questions[test], _seen)) for c in asked]
        return [_observation(c, test, side) for c, side in found if side is not None]

    def _until(self, question: str, parse: Callable[[str], T]) -> T | None:
        """Ask until the answer can be understood; None when it is skipped."""
        while answer := self._ask(question).strip():
            try:
                return parse(answer)
            except UsageError as fault:
                self._say(f"{fault}")
        return None


def parse_pain(words: str) -> int:
    """Pain of ``0`` to ``10``."""
    if not (words.isdecimal() and int(words) <= 10):
        why = "pain is a whole number from 0 (none) to 10 (worst)"
        raise UsageError(f"{words!r} is no pain level", why, "Give one of these.")
    return int(words)


def _observation(check: MovementCheck, test: Test, answer: _Answer) -> Observation:
    """Observation of an answer; "n" is looked for and not seen."""
    return Observation(
        test=test,
        checkpoint=check.checkpoint,
        compensation=check.name,
        side="both" if answer == "n" else answer,
        is_seen=answer != "n",
    )


def _amount(words: str) -> float:
    try:
        number = float(words.replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UsageError(f"{words!r} is no amount", "", "Give a number such as 4.5.")
    return number


def _past(words: str) -> tuple[PastInjury, ...]:
    return tuple(parse_past_injury(part) for part in words.split(",") if part.strip())


def _seen(words: str) -> _Answer:
    letter = words[0].lower()
    if letter == "n":
        return "n"
    if letter not in _SIDES:
        raise UsageError(f"{words!r} is no answer", "", "Answer l, r, b or n.")
    return _SIDES[letter]
