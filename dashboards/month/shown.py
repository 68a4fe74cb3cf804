"""What a month's page needs of it; `processing.month` gives such values."""

from collections.abc import Sequence
from typing import Protocol

from contract.rows import WearRow


class RunShown(Protocol):
    """A run on its day, YYYY-MM-DD."""

    @property
    def session(self) -> str:
        """Id of the run."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""

    @property
    def shoe(self) -> str:
        """Name of the pair."""

    @property
    def distance_km(self) -> float | None:
        """Kilometres, as far as known."""

    @property
    def minutes(self) -> float:
        """How long, in minutes; None: not over."""

    @property
    def verdict(self) -> str:
        """What its analysis said."""


class PointShown(Protocol):
    """Contact time left against right of one run, + = right larger, percent."""

    @property
    def session(self) -> str:
        """Id of the run."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""

    @property
    def at_day(self) -> float:
        """Day of the month with its hour as a fraction."""

    @property
    def shoe(self) -> str:
        """Name of the pair."""

    @property
    def size_pct(self) -> float:
        """The difference."""

    @property
    def low_pct(self) -> float:
        """Lower end of its interval."""

    @property
    def high_pct(self) -> float:
        """Upper end of its interval."""

    @property
    def band_low_pct(self) -> float | None:
        """Lower end of the own band then; None without."""

    @property
    def band_high_pct(self) -> float | None:
        """Upper end of the same."""

    @property
    def is_new(self) -> bool:
        """Whether it lay outside the own band."""


class SkippedShown(Protocol):
    """A run that is not in the trend, and why."""

    @property
    def session(self) -> str:
        """Id of the run."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""

    @property
    def why(self) -> str:
        """Why."""


class WeekShown(Protocol):
    """What was run in a week; changes against the mean of four weeks before."""

    @property
    def monday(self) -> str:
        """First day of the week."""

    @property
    def runs(self) -> int:
        """How many runs."""

    @property
    def distance_m(self) -> float:
        """Metres run."""

    @property
    def time_s(self) -> float:
        """Running time."""

    @property
    def without_distance(self) -> int:
        """Runs whose distance is not known."""

    @property
    def distance_change_pct(self) -> float | None:
        """Against the mean of four weeks before."""

    @property
    def is_over(self) -> bool:
        """Whether the week is over."""


class LifeShown(Protocol):
    """What a pair of shoes has run until now."""

    @property
    def distance_km(self) -> float:
        """Kilometres, as far as known."""

    @property
    def service_km(self) -> float:
        """When the reminder comes; 0: never."""

    @property
    def runs_without_distance(self) -> int:
        """Runs that are not in it."""


class ShoeShown(Protocol):
    """A pair of shoes in the month."""

    @property
    def shoe(self) -> str:
        """Name of the pair."""

    @property
    def runs(self) -> int:
        """How many runs."""

    @property
    def distance_km(self) -> float:
        """Kilometres, as far as known."""

    @property
    def exposure(self) -> Sequence[WearRow]:
        """Doses of the month, one row per side."""

    @property
    def reminder(self) -> str:
        """One sentence about the service distance."""

    @property
    def life(self) -> LifeShown:
        """Over its life."""


class FindingShown(Protocol):
    """A finding over the month's runs."""

    @property
    def side(self) -> str:
        """The larger side."""

    @property
    def what(self) -> str:
        """Its quantity."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def first(self) -> str:
        """First day it was seen."""

    @property
    def last(self) -> str:
        """Last day it was seen."""

    @property
    def seen(self) -> int:
        """In how many runs."""

    @property
    def runs(self) -> int:
        """How many runs."""

    @property
    def state(self) -> str:
        """Whether it came, stays or went."""


class AlertShown(Protocol):
    """A light that came on."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def minutes(self) -> float | None:
        """How long, in minutes; None: not over."""


class PainShown(Protocol):
    """How much it hurt on a day, 0 to 10."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""

    @property
    def level(self) -> int:
        """0 to 10."""

    @property
    def where(self) -> str:
        """Where it hurts."""


class CheckShown(Protocol):
    """Whether the next alignment check is due."""

    @property
    def is_due(self) -> bool:
        """Whether it is due."""

    @property
    def text(self) -> str:
        """Its words."""


class Shown(Protocol):
    """A whole month."""

    @property
    def runner(self) -> str:
        """Pseudonym, by which forget finds the page whatever it is called."""

    @property
    def name(self) -> str:
        """Name of the runner."""

    @property
    def title(self) -> str:
        """Month and year."""

    @property
    def distance_km(self) -> float:
        """Kilometres, as far as known."""

    @property
    def hours(self) -> float:
        """Running time in hours."""

    @property
    def without_distance(self) -> int:
        """Runs whose distance is not known."""

    @property
    def next_check(self) -> str:
        """Day of the re-test of the latest plan; "" without."""

    @property
    def is_simulated(self) -> bool:
        """Whether the runner is simulated."""

    @property
    def empty(self) -> str:
        """Why there is nothing; "" when there is."""

    @property
    def weeks_of_days(self) -> Sequence[Sequence[int]]:
        """Days from Monday to Sunday; 0 is of another month."""

    @property
    def runs(self) -> Sequence[RunShown]:
        """All runs."""

    @property
    def trend(self) -> Sequence[PointShown]:
        """Runs in which left and right were compared."""

    @property
    def left_out(self) -> Sequence[SkippedShown]:
        """The others."""

    @property
    def weeks(self) -> Sequence[WeekShown]:
        """Loads by week."""

    @property
    def shoes(self) -> Sequence[ShoeShown]:
        """Pairs that were worn."""

    @property
    def findings(self) -> Sequence[FindingShown]:
        """What stood out."""

    @property
    def alerts(self) -> Sequence[AlertShown]:
        """Lights."""

    @property
    def pains(self) -> Sequence[PainShown]:
        """Pain that was noted."""

    @property
    def check(self) -> CheckShown:
        """The next check."""

    @property
    def methods(self) -> Sequence[str]:
        """Versions of the analysis."""
