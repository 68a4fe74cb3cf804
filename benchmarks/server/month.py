"""A month of a club as rows: what every board of Grafana is asked about.

Drawn with numpy, not measured: contact times, spreads and step counts are those of
docs/accuracy.md, so that numbers of rows and their sizes are real. One runner's
imbalance grows until her light comes on, one wears a hip sensor only, one is new and
has no baseline; one stops being heard while she runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from contract.units import NS_PER_S

DAY_NS = 86_400 * NS_PER_S
HIP_ONLY, GROWING, NEWCOMER = 2, 1, 3
"""Runners of whom something is special, by their place."""
SHOES = ("road blue", "trail (old)")
BASELINE_FROM = 5
METRICS = {
    "contact_time_s": (0.243, 0.008, "%"),
    "flight_time_s": (0.118, 0.010, "%"),
    "step_time_s": (0.361, 0.007, "%"),
    "impulse_bws": (0.361, 0.006, "%"),
    "strike_angle_deg": (7.5, 1.5, "deg"),
    "pronation_excursion_deg": (9.0, 1.2, "deg"),
    "toe_out_deg": (6.0, 1.0, "deg"),
    "impact_g": (9.0, 1.4, "%"),
}
"""Mean, spread from step to step, and unit of the interval."""


@dataclass(frozen=True, slots=True)
class Month:
    """How much of it there is; the last run of each runner is going on at ``end_ns``.

    ``live_every_s`` and ``pipeline_every_s`` are how often the service says how it is;
    live rows go on for ``ahead_s`` after the end, so that a reader who comes a little
    later still finds fresh ones. ``processes`` share the work; each says how it does.
    """

    end_ns: int
    runners: int = 20
    runs: int = 30
    minutes: float = 30.0
    live_every_s: float = 5.0
    pipeline_every_s: float = 10.0
    ahead_s: float = 0.0
    processes: int = 1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One run of it: who, which in her row, and when."""

    month: Month
    place: int
    number: int

    @property
    def runner(self) -> str:
        """Pseudonym of the runner."""
        return f"runner-{self.place + 1:02d}"

    @property
    def is_going_on(self) -> bool:
        """Whether it has not ended yet."""
        return self.number == self.month.runs - 1

    @property
    def seconds(self) -> float:
        """How long it lasted so far."""
        return 60.0 * self.month.minutes * (0.5 if self.is_going_on else 1.0)

    @property
    def start_ns(self) -> int:
        """First sample; runs are a day apart and runners some minutes."""
        last_ns = self.month.end_ns - round(60.0 * self.month.minutes * 0.5 * NS_PER_S)
        apart = self.month.runs - 1 - self.number
        shift_ns = 0 if self.is_going_on else self.place * 600 * NS_PER_S
        return last_ns - apart * DAY_NS - shift_ns

    @property
    def session(self) -> str:
        """Session id, which sorts by time as `contract.topics.new_session_id` does."""
        when = datetime.fromtimestamp(self.start_ns / NS_PER_S, UTC)
        return f"{when:%Y%m%dt%H%M}-{self.place + 22:04d}"

    @property
    def shoe(self) -> str:
        """Every third run is in the other pair."""
        return SHOES[self.number % 3 == 2]

    @property
    def is_by_hip(self) -> bool:
        """Whether a hip sensor is all there is."""
        return self.place == HIP_ONLY

    @property
    def asi_pct(self) -> float:
        """Imbalance of contact time, + = right longer."""
        usual = 2.5 * np.cos(3.0 + 2.0 * self.place)
        grown = 7.0 * (self.number / max(self.month.runs - 1, 1)) ** 3
        return float(usual + (grown if self.place == GROWING else 0.0))

    def where(self, side: str, after_s: float = 0.0) -> dict[str, Any]:
        """Keys of a row of this run."""
        return {
            "runner": self.runner,
            "session": self.session,
            "side": side,
            "time_ns": self.start_ns + round(after_s * NS_PER_S),
        }

    def chance(self) -> np.random.Generator:
        """Chance of this run alone: the same whatever else is drawn."""
        return np.random.default_rng((self.month.seed, self.place, self.number))


def runs_of(month: Month) -> Iterator[Run]:
    """Every run; the newcomer has only as many as give no baseline."""
    for place in range(month.runners):
        first = max(0, month.runs - 4) if place == NEWCOMER else 0
        for number in range(first, month.runs):
            yield Run(month, place, number)
