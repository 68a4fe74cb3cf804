"""Everybody who is known here: runs, shoes, sensors, what each agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from rich.table import Table
from rich.text import Text

from contract.people import Consent, Profile, Shoe
from contract.rows import SessionRow
from processing.store.people import consent_of, pairings_of, profile_of, shoes_of
from processing.store.sqlite import SqliteStore
from treadwear.consent import agreed_words
from treadwear.people_tables import day_of
from treadwear.tables import counted, is_narrow, plain, two_columns

_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class RunnerFacts:
    """What a list says of one runner; ``sensors`` are those paired last."""

    runner: str
    profile: Profile
    consent: Consent
    runs: int
    last_run_ns: int | None
    shoes: tuple[str, ...]
    sensors: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name to show; "" where nobody told one."""
        return self.profile.name


def runner_facts(store: SqliteStore) -> list[RunnerFacts]:
    """Everybody, by id."""
    by_runner: dict[str, list[SessionRow]] = {}
    for row in store.sessions():
        by_runner.setdefault(row.runner, []).append(row)
    return [_facts(store, r, by_runner.get(r, [])) for r in store.runners()]


def _facts(store: SqliteStore, runner: str, runs: Sequence[SessionRow]) -> RunnerFacts:
    profile, kept = profile_of(store, runner), shoes_of(store, runner)
    if not profile.name:
        named = next((run.name for run in runs if run.name), "")
        profile = msgspec.structs.replace(profile, name=named)
    worn = dict.fromkeys(run.shoe for run in runs if run.shoe)
    in_use = [name for name in {**worn, **kept} if not _is_retired(kept.get(name))]
    pairings = list(pairings_of(store, runner).values())
    sensors = pairings[-1].sensors if pairings else ()
    return RunnerFacts(
        runner,
        profile,
        consent_of(store, runner),
        len(runs),
        max((run.time_ns for run in runs), default=None),
        tuple(sorted(in_use)),
        tuple(f"{sensor.slot} {sensor.serial or sensor.name}" for sensor in sensors),
    )


def _is_retired(shoe: Shoe | None) -> bool:
    return shoe is not None and shoe.retired


def runners_table(found: Sequence[RunnerFacts], width: int = 80) -> Table:
    """One line per runner; what is agreed to stands in words."""
    if is_narrow(width):
        lines = [(plain(one.runner), _in_words(one)) for one in found]
        return two_columns("Runners", ("runner", "known"), lines)
    table = Table(title="Runners")
    table.add_column("runner", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("runs", justify="right")
    table.add_column("last run", no_wrap=True)
    for heading in ("shoes", "sensors", "agreed to"):
        table.add_column(heading, overflow="fold")
    for one in found:
        last = one.last_run_ns
        table.add_row(
            Text(plain(one.runner)),
            Text(plain(one.name) or _UNKNOWN),
            str(one.runs),
            _UNKNOWN if last is None else day_of(last).isoformat(),
            Text(plain(", ".join(one.shoes)) or _UNKNOWN),
            Text(plain(", ".join(one.sensors)) or _UNKNOWN),
            agreed_words(one.consent),
        )
    return table


def _in_words(one: RunnerFacts) -> str:
    last = one.last_run_ns
    when = "" if last is None else f"the last on {day_of(last).isoformat()}"
    parts = (one.name, counted(one.runs, "run"), when, *one.shoes, *one.sensors)
    agreed = f"agreed to: {agreed_words(one.consent)}"
    return ", ".join(plain(part) for part in (*parts, agreed) if part)


def told(one: RunnerFacts) -> dict[str, object]:
    """Give the same to programs."""
    return {
        "runner": one.runner,
        "name": one.name,
        "mass_kg": one.profile.mass_kg,
        "leg_length_m": one.profile.leg_length_m,
        "runs": one.runs,
        "last_run_ns": one.last_run_ns,
        "shoes": one.shoes,
        "sensors": one.sensors,
        "consent": {
            "store": one.consent.store,
            "live": one.consent.live,
            "share": one.consent.share,
            "research": one.consent.research,
        },
    }
