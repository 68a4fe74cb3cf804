"""What a runner agrees to, in words; off the wall when she takes it back."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import get_args

import msgspec

from contract import topics
from contract.errors import TreadwearError
from contract.messages import LiveTile, SessionMeta, dumps
from contract.people import Consent, Purpose
from contract.units import NS_PER_S
from processing.store.people import consent_of
from processing.store.sqlite import SqliteStore
from treadwear.retained import Kept, kept_by_broker
from treadwear.runtime import who_runs
from treadwear.settings import Settings
from treadwear.tables import counted
from treadwear.traces import archives_of, known_sessions

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

MEANINGS: dict[Purpose, str] = {
    "store": "keep runs on this computer",
    "live": "appear on a live page that others see",
    "share": "hand reports and exports to a coach or physio",
    "research": "be part of data sets without a name",
}
"""What each purpose is, in the runner's words."""


def since_ns(answers: Sequence[Consent], purpose: Purpose) -> int | None:
    """Tell since when the present answer holds; None where it always has."""
    since: int | None = None
    last = Consent(time_ns=0).allows(purpose)
    for answer in answers:
        if answer.allows(purpose) != last:
            since, last = answer.time_ns, answer.allows(purpose)
    return since


def changed(
    answers: Sequence[Consent], said: dict[Purpose, bool | None], by: str
) -> Consent:
    """Give the next answer: what is not said now stays as it was."""
    now = answers[-1] if answers else Consent(time_ns=0)
    told = {purpose: yes for purpose, yes in said.items() if yes is not None}
    return msgspec.structs.replace(now, time_ns=time.time_ns(), by=by, **told)


def record_lines(answers: Iterable[Consent]) -> list[str]:
    """Tell every answer: when, what changed by it, and who gave it."""
    lines: list[str] = []
    before: Consent | None = None
    for answer in answers:
        words = [
            f"{purpose} {yes_no(answer.allows(purpose))}"
            for purpose in PURPOSES
            if before is None or answer.allows(purpose) != before.allows(purpose)
        ]
        by = f", by {answer.by}" if answer.by else ""
        lines.append(f"{when(answer.time_ns)}: {', '.join(words) or 'as before'}{by}")
        before = answer
    return lines


def agreed_words(consent: Consent) -> str:
    """Name what is agreed to, for a cell of a table."""
    return ", ".join(p for p in PURPOSES if consent.allows(p)) or "nothing"


def yes_no(yes: bool) -> str:
    """Give the word for an answer."""
    return "yes" if yes else "no"


def when(time_ns: int) -> str:
    """Day and minute of a Unix time where this computer is."""
    moment = datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")


def not_shared(store: SqliteStore, runner: str) -> str:
    """Say in one line that nobody agreed to hand this on; "" where she did."""
    if consent_of(store, runner).allows("share"):
        return ""
    return (
        f"{runner} did not agree that it is shown to others."
        f" To agree: treadwear consent {runner} --share yes"
    )


def still_kept(
    settings: Settings, runner: str, said: Mapping[Purpose, bool | None]
) -> list[str]:
    """Say what a no leaves where it is: it counts from now on, not backwards."""
    told = []
    runs = len(known_sessions(settings, runner))
    if said["store"] is False and runs:
        told.append(
            f"Still here: {counted(runs, 'run')}. To take them along: treadwear export"
            f" --all {runner}. To delete all of it: treadwear forget {runner}"
        )
    if said["share"] is False or said["research"] is False:
        told += [
            f"An archive is still here: {path}. Delete it if nobody should have it;"
            " treadwear cannot take back one that was handed on."
            for path in archives_of(settings, runner)
        ]
    return told


def take_off_the_wall(settings: Settings, runner: str) -> str:
    """Take a runner off every live page now; gives a sentence about how that went.

    "" where nothing runs that could show her: no treadwear on this data directory,
    and no external broker.
    """
    if who_runs(settings.data_dir) is None and settings.broker_host is None:
        return ""
    try:
        with kept_by_broker(settings, runner, "consent") as kept:
            running = [meta for meta in kept.metas() if meta.state == "running"]
            _hide(kept, kept.metas(), running)
    except TreadwearError as fault:
        return f"The live page could not be told: {fault}"
    runs = f"; runs that go on: {len(running)}" if running else ""
    return f"{runner} is off the live page now{runs}."


def _hide(
    kept: Kept, metas: Sequence[SessionMeta], running: Sequence[SessionMeta]
) -> None:
    """Describe runs that go on anew, and clear the place on the pages at once."""
    for meta in running:
        hidden = msgspec.structs.replace(meta, consent_live=False)
        kept.put(topics.meta(meta.runner, meta.session), dumps(hidden))
    for meta in metas[-1:]:
        place = topics.live(meta.runner, meta.session)
        kept.put(place, dumps(_no_tile(meta)), retain=False)
    kept.wait()


def _no_tile(meta: SessionMeta) -> LiveTile:
    """Give a tile that says nothing but that she is not to be shown."""
    now_ns = time.time_ns()
    return LiveTile(
        runner=meta.runner,
        session=meta.session,
        name="",
        state="ended",
        t_ns=now_ns,
        data_t_ns=now_ns,
        elapsed_s=0.0,
        window_s=0.0,
        n_pairs=0,
        pairs_needed=0,
        consent_live=False,
    )
