"""What came and went over the runs of a month: findings, and lights that came on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from contract.rows import EventRow, FindingRow, SessionRow
from contract.units import NS_PER_S
from contract.verdicts import ALERT_CLEARED, ALERT_RAISED, LIGHT_CODES
from processing.advice.finding_rules import RULES

CAME, STAYS, WENT, CAME_AND_WENT = "came", "stays", "went", "came and went"


class Eventful(Protocol):
    """A run with what stood out in it and what happened."""

    @property
    def about(self) -> SessionRow:
        """The run itself."""

    @property
    def findings(self) -> Sequence[FindingRow]:
        """What stood out."""

    @property
    def events(self) -> Sequence[EventRow]:
        """What happened."""


@dataclass(frozen=True, slots=True)
class FindingCourse:
    """A finding over the good runs of the month.

    ``state``: came, stays, went, or came and went; ``seen`` of ``runs`` had it.
    """

    metric: str
    side: str
    what: str
    text: str
    first: str
    last: str
    seen: int
    runs: int
    state: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A light that came on; ``minutes`` until it went out, None if it never did."""

    session: str
    day: str
    code: str
    text: str
    minutes: float | None


def started(run: Eventful, zone: tzinfo) -> datetime:
    """When a run began, where the runner lives."""
    return datetime.fromtimestamp(run.about.time_ns // NS_PER_S, tz=zone)


def day_of(run: Eventful, zone: tzinfo) -> str:
    """Day of a run, YYYY-MM-DD."""
    return started(run, zone).date().isoformat()


def courses(
    good: Sequence[Eventful], before: Eventful | None, zone: tzinfo
) -> tuple[FindingCourse, ...]:
    """Findings in the order in which they came."""
    had = {(f.metric, f.side) for f in before.findings} if before else set()
    seen: dict[tuple[str, str], list[int]] = {}
    for k, run in enumerate(good):
        for found in run.findings:
            seen.setdefault((found.metric, found.side), []).append(k)
    return tuple(
        _course(key, places, good, began_before=key in had, zone=zone)
        for key, places in seen.items()
    )


def _course(
    key: tuple[str, str],
    places: Sequence[int],
    good: Sequence[Eventful],
    *,
    began_before: bool,
    zone: tzinfo,
) -> FindingCourse:
    latest = next(f for f in good[places[-1]].findings if (f.metric, f.side) == key)
    is_there = places[-1] == len(good) - 1
    states = {
        (False, True): CAME,
        (True, True): STAYS,
        (True, False): WENT,
        (False, False): CAME_AND_WENT,
    }
    return FindingCourse(
        metric=key[0],
        side=key[1],
        what=_quantity(key[0]),
        text=latest.text,
        first=day_of(good[places[0]], zone),
        last=day_of(good[places[-1]], zone),
        seen=len(places),
        runs=len(good),
        state=states[began_before, is_there],
    )


def _quantity(metric: str) -> str:
    rule = RULES.get(metric)
    return rule.quantity if rule else metric.replace("_", " ")


def alerts(run: Eventful, zone: tzinfo) -> list[Alert]:
    """Lights of a run, each with how long it was on."""
    events = sorted(run.events, key=lambda e: e.time_ns)
    return [
        Alert(
            session=run.about.session,
            day=day_of(run, zone),
            code=raised.code or "",
            text=LIGHT_CODES.get(raised.code or "", raised.text),
            minutes=_minutes_on(raised, events),
        )
        for raised in events
        if raised.kind == ALERT_RAISED
    ]


def _minutes_on(raised: EventRow, events: Sequence[EventRow]) -> float | None:
    later = (
        e.time_ns
        for e in events
        if (e.kind, e.code) == (ALERT_CLEARED, raised.code)
        and e.time_ns > raised.time_ns
    )
    out_ns = next(later, None)
    return None if out_ns is None else (out_ns - raised.time_ns) / NS_PER_S / 60
