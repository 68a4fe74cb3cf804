"""Who is about to run, and what she agreed to: asked before anything is kept."""

import shlex
from dataclasses import dataclass, replace

from contract.errors import UsageError
from contract.people import Consent, Profile
from contract.rows import SessionRow
from processing.store.people import consent_of, profile_of
from processing.store.sqlite import SqliteStore
from treadwear.settings import Settings


@dataclass(frozen=True, slots=True)
class AboutRunner:
    """What a run's description says of its runner.

    ``name`` and ``mass_kg`` are those of the profile where the run says nothing else.
    """

    runner: str
    name: str = ""
    mass_kg: float | None = None
    consent_live: bool = False

    @property
    def hint(self) -> str:
        """One line how to agree to the live page; "" where that was done."""
        if self.consent_live:
            return ""
        return (
            f"{self.runner} appears on no live page: nobody has agreed to it yet."
            f" To agree: treadwear consent {shlex.quote(self.runner)} --live yes"
        )


def about_runner(settings: Settings, runner: str, name: str = "") -> AboutRunner:
    """Tell what counts for a run of this runner now.

    Raises `UsageError` where she does not want her runs to be kept.
    """
    if not settings.store_path.exists():
        return described(runner, Profile(time_ns=0), Consent(time_ns=0), name)
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return about_in(store, runner, name)


def named(store: SqliteStore, row: SessionRow) -> SessionRow:
    """Give a run with the name that its runner has now; else with that of then."""
    name = profile_of(store, row.runner).name
    return replace(row, name=name) if name else row


def about_in(store: SqliteStore, runner: str, name: str = "") -> AboutRunner:
    """Tell the same of a store that is open."""
    return described(runner, profile_of(store, runner), consent_of(store, runner), name)


def described(
    runner: str, profile: Profile, consent: Consent, name: str = ""
) -> AboutRunner:
    """Tell what these two lead to; raises `UsageError` as `about_runner` does."""
    if not consent.allows("store"):
        raise UsageError(
            f"no run of {runner} is kept",
            "to keep her runs on this computer was not agreed to",
            f"To agree: treadwear consent {shlex.quote(runner)} --store yes",
        )
    return AboutRunner(
        runner, name or profile.name, profile.mass_kg, consent.allows("live")
    )
