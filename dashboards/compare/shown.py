"""What a page of a comparison needs of it; `processing.compare` gives such values."""

from collections.abc import Sequence
from typing import Protocol


class Ends(Protocol):
    """A figure and its 95 % interval."""

    @property
    def size(self) -> float:
        """The figure."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


class Estimated(Ends, Protocol):
    """A figure whose interval has a part from sensor and mount."""

    @property
    def random_half(self) -> float:
        """Half width without that part."""


class Changed(Protocol):
    """One figure before and after; ``side`` both: left against right."""

    @property
    def metric(self) -> str:
        """Column of the step row."""

    @property
    def side(self) -> str:
        """Side that it is about: left, right or both."""

    @property
    def before(self) -> Estimated:
        """The figure on the first side."""

    @property
    def after(self) -> Estimated:
        """The figure on the second side."""

    @property
    def change(self) -> float:
        """How much, in ``unit``."""

    @property
    def low(self) -> float:
        """Lower end of its interval."""

    @property
    def high(self) -> float:
        """Upper end of its interval."""

    @property
    def unit(self) -> str:
        """Unit of the change: %, deg or deg/s."""

    @property
    def count(self) -> int:
        """Runs, or half minutes, that were compared."""

    @property
    def word(self) -> str:
        """What came of it, in words."""

    @property
    def reading(self) -> str:
        """The word, with why where the range does not show it."""

    @property
    def has_changed(self) -> bool:
        """Whether the interval leaves out zero."""


class FeetShown(Protocol):
    """Each foot for itself, over stretches of equal speed."""

    @property
    def changes(self) -> Sequence[Changed]:
        """Left and right of each metric."""

    @property
    def windows(self) -> int:
        """Half minutes on each side."""

    @property
    def tolerance(self) -> float | None:
        """How far speeds may differ, as a share; None: speed is not known."""

    @property
    def speed_gap_pct(self) -> float | None:
        """How much faster the second side still was."""

    @property
    def why(self) -> str:
        """Why there are none."""


class SideShown(Protocol):
    """One side: its name, shoe and runs."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def shoe(self) -> str:
        """Shoe or shoes."""

    @property
    def sessions(self) -> Sequence[str]:
        """Ids of its runs."""

    @property
    def steps(self) -> int:
        """Steps of all its runs."""


class CircumstanceShown(Protocol):
    """One thing on both sides."""

    @property
    def name(self) -> str:
        """What."""

    @property
    def before(self) -> str:
        """On the first side."""

    @property
    def after(self) -> str:
        """On the second side."""

    @property
    def warning(self) -> str:
        """What it may do; "" when it is alike."""


class PlanShown(Protocol):
    """What had been found and planned before."""

    @property
    def text(self) -> str:
        """Whose re-test it is."""

    @property
    def exercises(self) -> Sequence[str]:
        """What was to be done."""

    @property
    def findings(self) -> Sequence[str]:
        """What had stood out, and what came of it."""

    @property
    def caution(self) -> str:
        """What of that comes by itself; "" for nothing."""


class LeftOutShown(Protocol):
    """A run that is not compared."""

    @property
    def session(self) -> str:
        """Its id."""

    @property
    def why(self) -> str:
        """Why."""


class Shown(Protocol):
    """A whole comparison."""

    @property
    def runner(self) -> str:
        """Pseudonym, by which forget finds the page whatever it is called."""

    @property
    def name(self) -> str:
        """Name of the runner."""

    @property
    def kind(self) -> str:
        """What kind of comparison."""

    @property
    def basis(self) -> str:
        """What is the unit: groups, own variation, two runs."""

    @property
    def sure(self) -> int:
        """How sure, 0 to 3."""

    @property
    def sure_words(self) -> str:
        """Why so sure."""

    @property
    def before(self) -> SideShown:
        """The first side."""

    @property
    def after(self) -> SideShown:
        """The second side."""

    @property
    def headline(self) -> str:
        """What came of it, in one sentence."""

    @property
    def looks(self) -> int:
        """How many changes could have been told."""

    @property
    def told(self) -> Sequence[str]:
        """The strongest changes, one sentence each."""

    @property
    def asymmetry(self) -> Sequence[Changed]:
        """Left against right."""

    @property
    def feet(self) -> FeetShown:
        """Each foot."""

    @property
    def circumstances(self) -> Sequence[CircumstanceShown]:
        """What else differs."""

    @property
    def plan(self) -> PlanShown | None:
        """The plan before, if any."""

    @property
    def left_out(self) -> Sequence[LeftOutShown]:
        """Runs not compared."""

    @property
    def method(self) -> str:
        """Version of the analysis."""

    @property
    def settings_hashes(self) -> Sequence[str]:
        """Numbers that tuned it, as hashes."""

    @property
    def is_simulated(self) -> bool:
        """Whether the runner is a simulated one."""
