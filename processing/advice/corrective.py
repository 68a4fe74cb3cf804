"""The corrective table: what goes with a compensation, and which exercises answer it.

`load_corrective` reads ``corrective.yaml`` once; the words are typed structs, so a slip
in the file is found when it is read.
"""

from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Annotated, Literal

import msgspec
import msgspec.yaml

from contract.people import Checkpoint

Phase = Literal["inhibit", "lengthen", "activate", "integrate"]
PHASES: tuple[Phase, ...] = ("inhibit", "lengthen", "activate", "integrate")
"""The order in which exercises are done: calm, lengthen, wake up, put together."""

MOBILITY: tuple[Phase, ...] = ("inhibit", "lengthen")
"""Phases that leave a runner fresh: for recovery, and shortly before a race."""

ROLES = ("same", "opposite")
"""The side on which something is seen, and the other one."""

Confidence = Literal["very low", "low", "medium"]


class Sided(msgspec.Struct, frozen=True, kw_only=True):
    """Names for the side on which something is seen, and for the other one."""

    same: tuple[str, ...] = ()
    opposite: tuple[str, ...] = ()

    def sides(self) -> tuple[tuple[str, str], ...]:
        """Pairs of name and ``same`` or ``opposite``, first of each, then second."""
        pairs = zip_longest(self.same, self.opposite)
        both = (
            (name, role)
            for pair in pairs
            for name, role in zip(pair, ROLES, strict=True)
        )
        return tuple((name, role) for name, role in both if name is not None)


class PhaseDose(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an exercise of one phase: alone, and as part of a warm-up."""

    method: str
    full: str
    short: str


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise; ``muscles`` are those it is chosen for."""

    name: str
    how: str
    minutes: Annotated[int, msgspec.Meta(ge=1, le=10)]
    muscles: tuple[str, ...]
    bilateral: bool = False


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for in each movement check."""

    overhead_squat: str
    single_leg_squat: str


class SensorRule(msgspec.Struct, frozen=True, kw_only=True):
    """When the figures of a run hint at a compensation.

    ``metrics`` of findings, any of them or (``needs_all``) all on one side, at least
    so large, in so many runs in a row.
    """

    metrics: tuple[str, ...]
    least: float
    unit: str
    confidence: Confidence
    rule: str
    runs: int = 1
    needs_all: bool = False


class Compensation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may see, what goes with it, and what answers it."""

    checkpoint: Checkpoint
    plain: str
    overactive: Sided
    underactive: Sided
    inhibit: Sided
    lengthen: Sided
    activate: Sided
    integrate: Sided
    tests: Checks
    sensor: SensorRule | None = None

    def exercises(self, phase: Phase) -> tuple[tuple[str, str], ...]:
        """Exercises of a phase, each with ``same`` or ``opposite``."""
        sided: Sided = getattr(self, phase)
        return sided.sides()


class CheckpointName(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint's name for people."""

    name: str


class PhaseOne(msgspec.Struct, frozen=True, kw_only=True):
    """The first weeks: stability, slowly."""

    weeks: int
    tempo: str
    times_a_week: int


class Corrective(msgspec.Struct, frozen=True, kw_only=True):
    """The whole table."""

    version: int
    disclaimer: str
    evidence: str
    checkpoints: dict[Checkpoint, CheckpointName]
    phase_one: PhaseOne
    phases: dict[Phase, PhaseDose]
    exercises: dict[str, Exercise]
    compensations: dict[str, Compensation]


@cache
def load_corrective() -> Corrective:
    """Read the table that ships with the package."""
    text = files("processing.advice").joinpath("corrective.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=Corrective)
