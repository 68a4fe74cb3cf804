"""What leaves for research: no name, no place, no date, no words, no serial number."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import StoreError
from contract.messages import SensorInfo, SessionMeta
from contract.people import Assessment, Pain, Profile, Shoe
from contract.rows import EventRow, ExerciseRow, Row, SessionRow
from contract.units import NS_PER_S
from processing.store.people import (
    assessments_of,
    pains_of,
    profile_of,
    shoes_of,
)
from processing.store.sqlite import SqliteStore

_KEY = "research.key"
_KEY_BYTES = 32
_NS_PER_DAY = 86_400 * NS_PER_S
_OWN_WORDS = ("mark", "snooze")
"""Events whose text a person wrote."""


@dataclass(frozen=True, slots=True)
class Veil:
    """New names for a runner, her runs and her shoes; the same ones every time."""

    runner: str
    runs: dict[str, str]
    shoes: dict[str, str]
    first_ns: int

    def day(self, time_ns: int) -> int:
        """Days since the first run: what is left of a date."""
        return (time_ns - self.first_ns) // _NS_PER_DAY

    def row(self, row: Row, origin_ns: int) -> Row:
        """Give a row without who, when and whose words; times count from the run."""
        changes: dict[str, Any] = {
            "runner": self.runner,
            "session": self.runs[row.session],
            "time_ns": row.time_ns - origin_ns,
        }
        if hasattr(row, "shoe"):
            changes["shoe"] = self.shoes.get(row.shoe, "")
        if isinstance(row, SessionRow):
            alike = self.runs.get(row.pace_matched_session or "")
            changes |= {"name": "", "begin_ms": None, "end_ms": None}
            changes |= {"pace_matched_session": alike}
        if isinstance(row, EventRow) and row.kind in _OWN_WORDS:
            changes["text"] = ""
        if isinstance(row, ExerciseRow):
            changes["retest"] = ""
        return replace(row, **changes)

    def meta(self, meta: SessionMeta) -> SessionMeta:
        """Give a description without name, note and serial numbers."""
        sensors = {
            slot: SensorInfo(family=info.family, rate_hz=info.rate_hz)
            for slot, info in meta.sensors.items()
        }
        return msgspec.structs.replace(
            meta,
            runner=self.runner,
            session=self.runs[meta.session],
            shoe=self.shoes.get(meta.shoe, ""),
            name="",
            note="",
            sensors=sensors,
            foot_pod=None,
            ends={},
        )

    def person(self, store: SqliteStore, runner: str) -> dict[str, object]:
        """Give what is known of the body, of shoes, of pain; nothing in own words."""
        return {
            "runner": self.runner,
            "body": _body(profile_of(store, runner)),
            "shoes": [self._shoe(shoe) for shoe in shoes_of(store, runner).values()],
            "assessments": [self._seen(a) for a in assessments_of(store, runner)],
            "pain": [self._pain(pain) for pain in pains_of(store, runner)],
        }

    def _shoe(self, shoe: Shoe) -> dict[str, object]:
        return {
            "shoe": self.shoes.get(shoe.name, ""),
            "mass_g": shoe.mass_g,
            "start_km": shoe.start_km,
            "tread_mm": shoe.tread_mm,
        }

    def _seen(self, assessment: Assessment) -> dict[str, object]:
        return {
            "day": self.day(assessment.time_ns),
            "hours_per_week": assessment.intake.hours_per_week,
            "km_per_week": assessment.intake.km_per_week,
            "observations": assessment.observations,
            "assessed": assessment.assessed,
        }

    def _pain(self, pain: Pain) -> dict[str, object]:
        return {"day": self.day(pain.time_ns), "pain": pain.pain}


def _body(profile: Profile) -> dict[str, object]:
    return {"mass_kg": profile.mass_kg, "leg_length_m": profile.leg_length_m}


def veil_of(name: str, runs: Sequence[SessionRow], shoes: Iterable[str]) -> Veil:
    """Make new names beside that of the runner: runs and shoes in order of time."""
    in_order = sorted(runs, key=lambda run: (run.time_ns, run.session))
    worn = [name for name in (*(run.shoe for run in in_order), *sorted(shoes)) if name]
    return Veil(
        name,
        {run.session: f"run-{n:04}" for n, run in enumerate(in_order, 1)},
        {shoe: f"shoe-{n}" for n, shoe in enumerate(dict.fromkeys(worn), 1)},
        min((run.time_ns for run in runs), default=0),
    )


def research_name(data_dir: Path, runner: str) -> str:
    """Give the name under which a runner's data leave this computer.

    It hangs on a secret, made when missing: without that nobody can try ids until one
    gives the name that a data set holds.
    """
    digest = hmac.new(_key(data_dir / _KEY), runner.encode(), hashlib.sha256)
    return f"r-{digest.hexdigest()[:12]}"


def left_before(data_dir: Path) -> bool:
    """Whether anything was ever written for research here."""
    return (data_dir / _KEY).exists()


def _key(path: Path) -> bytes:
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(secrets.token_bytes(_KEY_BYTES))
        return path.read_bytes()
    except OSError as fault:
        what = f"the key of new names {path} cannot be used"
        why = fault.strerror or str(fault)
        raise StoreError(what, why, "Name another directory with --data.") from fault
