"""What the store knows of a person: assessments, pain, shoes; the latest counts."""

from collections.abc import Sequence

import msgspec

from contract.people import (
    Assessment,
    Consent,
    FitCheck,
    Intake,
    Pain,
    Pairing,
    Profile,
    Shoe,
)
from contract.track import Track
from processing.store.base import KeptRecord
from processing.store.sqlite import EVER_NS, SqliteStore

_LASTING = ("hours_per_week", "km_per_week", "past_injuries", "goals", "race_date")
"""Answers of an intake that hold until they are given anew; pain is of its day."""


def keep_assessment(store: SqliteStore, runner: str, assessment: Assessment) -> None:
    """Keep an assessment; earlier ones stay, to compare before with after."""
    store.keep([KeptRecord(runner, assessment, assessment.time_ns)])


def assessments_of(
    store: SqliteStore, runner: str, before_ns: int = EVER_NS
) -> list[Assessment]:
    """Assessments of a runner made before, in order of time."""
    return [kept.record for kept in store.records(Assessment, runner, before_ns)]


def known_from(assessments: Sequence[Assessment]) -> Assessment | None:
    """Tell what holds after all of them, given in order of time; None without any.

    What was told of the runner stands until it is told anew, pain excepted; what a
    person saw stands until the next movement check.
    """
    if not assessments:
        return None
    newest, check = assessments[-1], movement_check(assessments) or assessments[-1]
    return Assessment(
        time_ns=newest.time_ns,
        by=check.by,
        intake=_told([a.intake for a in assessments]),
        observations=check.observations,
        assessed=check.assessed,
        note=check.note,
    )


def movement_check(assessments: Sequence[Assessment]) -> Assessment | None:
    """Give the latest in which a person looked at the runner's movement."""
    looked = (a for a in reversed(assessments) if a.observations or a.assessed)
    return next(looked, None)


def _told(intakes: Sequence[Intake]) -> Intake:
    """Each answer as it was given last; pain is that of the last time or unknown."""
    known: dict[str, object] = {}
    for intake in intakes:
        answers = {name: getattr(intake, name) for name in _LASTING}
        known |= {n: v for n, v in answers.items() if v not in (None, "", ())}
    return msgspec.structs.replace(intakes[-1], **known)


def keep_pain(store: SqliteStore, runner: str, pain: Pain) -> None:
    """Keep how much it hurt."""
    store.keep([KeptRecord(runner, pain, pain.time_ns)])


def pains_of(store: SqliteStore, runner: str, before_ns: int = EVER_NS) -> list[Pain]:
    """Pain told before, in order of time, be it by itself or within an assessment."""
    alone = [kept.record for kept in store.records(Pain, runner, before_ns)]
    within = [
        Pain(time_ns=a.time_ns, pain=a.intake.pain, where=a.intake.pain_where)
        for a in assessments_of(store, runner, before_ns)
        if a.intake.pain is not None
    ]
    return sorted([*alone, *within], key=lambda pain: pain.time_ns)


def keep_profile(store: SqliteStore, runner: str, profile: Profile) -> None:
    """Keep who a runner is; the latest counts."""
    store.keep([KeptRecord(runner, profile, profile.time_ns)])


def profile_of(store: SqliteStore, runner: str) -> Profile:
    """Give the latest profile; an empty one when nothing was said."""
    found = store.records(Profile, runner)
    return found[-1].record if found else Profile(time_ns=0)


def keep_consent(store: SqliteStore, runner: str, consent: Consent) -> None:
    """Keep what a runner agreed to; earlier answers stay, as a record."""
    store.keep([KeptRecord(runner, consent, consent.time_ns)])


def consents_of(store: SqliteStore, runner: str) -> list[Consent]:
    """Every answer in order of time; empty when she was never asked."""
    return [kept.record for kept in store.records(Consent, runner)]


def consent_of(store: SqliteStore, runner: str) -> Consent:
    """Give what counts now; without an answer only storing here is agreed to."""
    found = consents_of(store, runner)
    return found[-1] if found else Consent(time_ns=0)


def keep_track(store: SqliteStore, runner: str, track: Track, time_ns: int) -> None:
    """Keep what a watch recorded beside a session, in place of an earlier one."""
    store.keep([KeptRecord(runner, track, time_ns, track.session)])


def track_of(store: SqliteStore, runner: str, session: str) -> Track | None:
    """Give what a watch recorded beside a session; None if nothing was merged."""
    found = [k.record for k in store.records(Track, runner) if k.name == session]
    return found[-1] if found else None


def keep_shoe(store: SqliteStore, runner: str, shoe: Shoe, time_ns: int) -> None:
    """Keep what is now known of a shoe, in place of what was known before."""
    store.keep([KeptRecord(runner, shoe, time_ns, shoe.name)])


def shoes_of(store: SqliteStore, runner: str) -> dict[str, Shoe]:
    """Shoes of a runner by name, as last told, in the order in which they came."""
    return {kept.name: kept.record for kept in store.records(Shoe, runner)}


def keep_pairing(store: SqliteStore, runner: str, pairing: Pairing) -> None:
    """Keep which sensors a runner wears with a shoe, in place of those before."""
    store.keep([KeptRecord(runner, pairing, pairing.time_ns, pairing.shoe)])


def pairings_of(store: SqliteStore, runner: str) -> dict[str, Pairing]:
    """Sensors of a runner by shoe, the shoe paired last at the end."""
    found = sorted(store.records(Pairing, runner), key=lambda kept: kept.time_ns)
    return {kept.name: kept.record for kept in found}


def keep_fit_check(store: SqliteStore, runner: str, check: FitCheck) -> None:
    """Keep how the sensors sat; the latest for a shoe counts."""
    store.keep([KeptRecord(runner, check, check.time_ns, check.shoe)])


def fit_check_of(store: SqliteStore, runner: str, shoe: str) -> FitCheck | None:
    """Give the latest check with that shoe."""
    found = [k.record for k in store.records(FitCheck, runner) if k.name == shoe]
    return found[-1] if found else None
