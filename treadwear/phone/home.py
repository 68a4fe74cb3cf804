"""What the page's first screen knows of runners, shoes, sensors and the last runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.messages import SessionMeta
from contract.people import Pairing, Profile, Shoe
from contract.rows import SessionRow, WearRow
from dashboards.phone.state import HomeView, RunnerView, ShoeView
from processing.history import history_until_now
from processing.shoe_life import shoe_life
from processing.store.people import (
    consent_of,
    consents_of,
    pairings_of,
    profile_of,
    shoes_of,
)
from processing.store.sqlite import SqliteStore
from treadwear.phone.run_words import run_line, when_words
from treadwear.phone.views import known_views

MOST_RUNS = 3
NOT_STORED = (
    "{name} has not agreed that runs are kept on this computer. Without that nothing"
    " can be recorded."
)
NOBODY = "Say first who runs."
NOT_ASKED = "Say first what treadwear may do with these runs."

Batteries = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who runs in what, as far as it was said; else what held last time counts."""

    runner: str = ""
    shoe: str | None = None
    has_hip: bool | None = None


@dataclass(frozen=True, slots=True)
class LastSet:
    """What a runner wears: the choice, filled from what held last time."""

    runner: str
    shoe: str
    has_hip: bool
    pairing: Pairing | None

    @property
    def places(self) -> int:
        """Places where a sensor is worn."""
        return 3 if self.has_hip else 2


def last_set(
    store: SqliteStore, choice: Choice, *, is_virtual: bool = False
) -> LastSet | None:
    """Who runs in what; None where nobody is known."""
    runner = choice.runner or _last_runner(store, is_virtual=is_virtual)
    if not runner:
        return None
    pairings = pairings_of(store, runner)
    last = list(pairings.values())[-1] if pairings else None
    shoe = choice.shoe if choice.shoe is not None else _last_shoe(last, store, runner)
    pairing = pairings.get(shoe) if shoe else last
    worn = {s.slot for s in pairing.sensors} if pairing else set()
    has_hip = "hip" in worn if choice.has_hip is None else choice.has_hip
    if pairing is not None and ("hip" in worn) is not has_hip:
        pairing = None
    return LastSet(runner, shoe, has_hip, pairing)


def _last_shoe(last: Pairing | None, store: SqliteStore, runner: str) -> str:
    if last is not None:
        return last.shoe
    known = [shoe.name for shoe in shoes_of(store, runner).values() if not shoe.retired]
    return known[-1] if known else ""


def _last_runner(store: SqliteStore, *, is_virtual: bool) -> str:
    """Who paired or ran last; the simulated runners of the demo do not come here."""
    times = {runner: _last_ns(store, runner) for runner in store.runners()}
    for row in store.sessions():
        if is_virtual or not row.simulated:
            times[row.runner] = max(times.get(row.runner, 0), row.time_ns)
    known = {runner: time_ns for runner, time_ns in times.items() if time_ns}
    return max(known, key=lambda runner: known[runner], default="")


def _last_ns(store: SqliteStore, runner: str) -> int:
    told = [p.time_ns for p in pairings_of(store, runner).values()]
    told += [c.time_ns for c in consents_of(store, runner)]
    return max([*told, profile_of(store, runner).time_ns])


def home_view(
    store: SqliteStore,
    choice: Choice,
    heard: Mapping[str, Batteries],
    *,
    is_virtual: bool = False,
) -> HomeView:
    """Everything of the first screen; ``heard`` are batteries by runner."""
    worn = last_set(store, choice, is_virtual=is_virtual)
    people = tuple(
        runner_view(store, runner)
        for runner in store.runners()
        if is_virtual or _is_real(store, runner)
    )
    if worn is None:
        return HomeView(runners=people, obstacle=NOBODY)
    rows = [row for row in store.sessions() if row.runner == worn.runner]
    ended = [row for row in rows if row.state == "ended"][:MOST_RUNS]
    batteries, since = _batteries(store, worn, heard, rows)
    return HomeView(
        runner=runner_view(store, worn.runner),
        runners=people,
        shoe=worn.shoe,
        shoes=shoe_views(store, worn.runner, worn.shoe),
        has_hip=worn.has_hip,
        sensors=known_views(worn.pairing.sensors, batteries) if worn.pairing else (),
        battery_words=since,
        is_known=worn.pairing is not None,
        is_asked=bool(consents_of(store, worn.runner)),
        obstacle=obstacle(store, worn.runner),
        runs=tuple(run_line(store, row) for row in ended),
    )


def _is_real(store: SqliteStore, runner: str) -> bool:
    """Whether somebody is more than a simulated runner."""
    if _last_ns(store, runner):
        return True
    rows = [row for row in store.sessions() if row.runner == runner]
    return any(not row.simulated for row in rows)


def runner_view(store: SqliteStore, runner: str) -> RunnerView:
    """Who it is, by the name that she gave."""
    return RunnerView(runner=runner, name=name_of(store, runner) or runner)


def name_of(store: SqliteStore, runner: str) -> str:
    """Give the name of a runner: her own word, else that of her last run."""
    told: Profile = profile_of(store, runner)
    if told.name:
        return told.name
    return next((r.name for r in store.sessions() if r.runner == runner), "")


def obstacle(store: SqliteStore, runner: str) -> str:
    """Say why this runner cannot start; "" if she can."""
    if not consents_of(store, runner):
        return NOT_ASKED
    if not consent_of(store, runner).store:
        return NOT_STORED.format(name=name_of(store, runner) or runner)
    return ""


def shoe_views(
    store: SqliteStore, runner: str, chosen: str = ""
) -> tuple[ShoeView, ...]:
    """Pairs that are in use, and what they have run."""
    known = shoes_of(store, runner)
    runs = history_until_now(store, runner).runs
    wear = [row for run in runs for row in run.wear]
    names = [*known, *(r.about.shoe for r in runs), *pairings_of(store, runner), chosen]
    return tuple(
        ShoeView(name=name, words=_km_words(known.get(name, Shoe(name=name)), wear))
        for name in dict.fromkeys(names)
        if name and not known.get(name, Shoe(name=name)).retired
    )


def _km_words(shoe: Shoe, wear: Sequence[WearRow]) -> str:
    life = shoe_life(shoe, wear)
    words = f"{life.distance_km:.0f} km"
    words = f"at least {words}" if life.runs_without_distance else words
    return f"{words}, service is due" if life.is_due else words


def _batteries(
    store: SqliteStore,
    worn: LastSet,
    heard: Mapping[str, Batteries],
    rows: Sequence[SessionRow],
) -> tuple[Batteries, str]:
    """What the batteries had when they were last heard, and when that was."""
    if worn.runner in heard:
        return heard[worn.runner], "battery, as last heard"
    for row in rows:
        meta = store.meta(row.session)
        told = _told(meta) if meta else {}
        if told:
            return told, f"battery, as of {when_words(row.time_ns)}"
    return {}, ""


def _told(meta: SessionMeta) -> dict[str, int | None]:
    return {
        slot: info.link.battery_pct
        for slot, info in meta.sensors.items()
        if info.link and info.link.battery_pct is not None
    }
