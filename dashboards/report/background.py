"""What a report shows that is no row of its run: earlier runs, shoe, person, watch.

Whoever asks for the report gathers it (`treadwear.known`); every part may be missing,
and the page then says less instead of guessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.rows import ExerciseRow
from contract.track import Track

Zone = tuple[str, str, str]
"""Side, part of the sole (heel, mid, fore), edge (medial, lateral)."""


WORTH_SAYING = 3.0
"""Percentage points by which the share of a zone must differ from the usual one: less
is lost in whole numbers, and reads as noise (review of page 1)."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for this runner, and how far it reaches."""

    usual: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within what is usual."""
        return self.low <= value <= self.high

    def is_unlike(self, value: float) -> bool:
        """Whether a value is worth a word beside it: not usual, and by 3 or more."""
        return not self.holds(value) and abs(value - self.usual) >= WORTH_SAYING


@dataclass(frozen=True, slots=True)
class ShoeFacts:
    """What a pair has run, this run included; ``is_least``: some runs are not in it."""

    distance_km: float
    service_km: float
    runs: int
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Idea:
    """Something that may go with what was measured, and what would refute it.

    ``source`` is a sensor hint with its confidence, or a person who saw it.
    """

    what: str
    source: str
    overactive: str
    underactive: str
    checks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """One kinetic chain checkpoint: its name, what is known of it, and ideas."""

    name: str
    state: str
    ideas: tuple[Idea, ...] = ()


@dataclass(frozen=True, slots=True)
class PainFacts:
    """Pain 0 to 10 as the runner told it around the run; None: not told."""

    before: int | None = None
    after: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class PaceMatch:
    """The latest earlier run in this shoe at this pace, and its contact time."""

    day: str
    size_pct: float


@dataclass(frozen=True, slots=True)
class Bias:
    """How a figure compares with a force plate, and on what that rests."""

    bias_ms: float
    sd_ms: float
    source: str


@dataclass(frozen=True)
class Advice:
    """What is no row of the run but known to whoever asks for the report.

    Attributes
    ----------
    basis : str
        What the verdict is measured against, in one sentence; "" when not told.
    plan_hidden : str
        Why no exercises may be shown now, also those of the rows; "" when they may.
    plan_words : str
        What the plan is, or what to do without one.
    exercises : tuple of ExerciseRow
        The plan as it stands now, for a run whose rows hold none: what a person saw
        after the run is in no row of it.
    first_look, latest_retest : str
        First and last day to look again, YYYY-MM-DD; "" without a plan.
    times_a_week : int
        How often the plan is done; 0 when not told.
    trends : mapping of metric to figures
        Earlier runs in the same shoe in order of time, this one last.
    changes : mapping of metric to figures
        The same of the change within a run.
    usual_shares : mapping of zone to Usual
        Share of each zone of the soles in earlier runs, percent.
    many : str
        How many figures were looked at, and what that means, in one sentence.
    thresholds : str
        Every number that tuned the analysis, a line each; "" when not known any more.
    raw_sha256 : str
        Digest of the raw frames; "" when there are none.
    """

    basis: str = ""
    plan_hidden: str = ""
    plan_words: str = ""
    exercises: tuple[ExerciseRow, ...] = ()
    first_look: str = ""
    latest_retest: str = ""
    times_a_week: int = 0
    trends: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    changes: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    usual_shares: Mapping[Zone, Usual] = field(default_factory=dict)
    shoe: ShoeFacts | None = None
    checkpoints: tuple[CheckpointFacts, ...] = ()
    pain: PainFacts = PainFacts()
    fit: str = ""
    pace_match: PaceMatch | None = None
    bias: Bias | None = None
    track: Track | None = None
    many: str = ""
    thresholds: str = ""
    raw_sha256: str = ""


NO_ADVICE = Advice()
