"""What is asked of the runner: said to her, and done by a virtual one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from contract.model import Slot


class Act(StrEnum):
    """What a runner can be asked to do."""

    REST = "rest"
    SHAKE = "shake"
    STAND = "stand"
    STEP = "step"
    RUN = "run"


Wearer = Callable[[Act, Slot | None], None]
"""Does what is asked: in real life the runner, who hears it herself."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Speaks to the runner at the front door.

    ``wearer`` also does what is asked, where the sensors are virtual.
    """

    console: Console
    wearer: Wearer | None = None

    def ask(self, act: Act, words: str, slot: Slot | None = None) -> None:
        """Ask for something, in one sentence."""
        self.console.print(f"[bold]{words}[/bold]", soft_wrap=True, highlight=False)
        if self.wearer is not None:
            self.wearer(act, slot)

    def tell(self, words: str) -> None:
        """Say something, in one sentence."""
        self.console.print(words, soft_wrap=True, highlight=False, markup=False)
