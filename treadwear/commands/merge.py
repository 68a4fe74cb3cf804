"""The command merge: a watch's GPS, altitude and heart rate into a stored run."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from collector.watch import WatchFile, read_watch
from contract.errors import RecordingError, StoreError, UsageError
from contract.rows import HipStepRow, StepRow
from contract.track import Track, TrackPoint
from contract.units import NS_PER_S
from processing.store.people import keep_track
from processing.store.sqlite import SqliteStore
from processing.watch import (
    Alignment,
    Cadence,
    align,
    cadence_of_points,
    cadence_of_steps,
    starts_together_s,
)
from treadwear.commands.options import DataDir, Json, SessionId
from treadwear.commands.sessions import resolve
from treadwear.settings import load_settings
from treadwear.tables import counted

_TOLD = {
    "heart_rate_bpm": "heart rate",
    "latitude_deg": "position",
    "altitude_m": "altitude",
    "speed_mps": "speed",
    "cadence_spm": "cadence",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(merge)


def merge(
    session: SessionId,
    file: Annotated[Path, typer.Argument(help="FIT or GPX of the same run.")],
    shift: Annotated[
        float | None,
        typer.Option(help="Seconds to add to the watch's times; asks no cadence."),
    ] = None,
    by_time: Annotated[
        bool, typer.Option("--by-time", help="Trust the watch's clock as it is.")
    ] = False,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Add a watch's position, altitude and heart rate to a run, aligned by cadence.

    Merging again replaces what was merged before.
    """
    if shift is not None and by_time:
        raise UsageError("--shift and --by-time are two ways to say the same")
    if shift is not None and not math.isfinite(shift):
        what = f"--shift {shift} is no number of seconds"
        raise UsageError(what, "", "Say it like --shift -37.5.")
    watch = read_watch(file)
    settings = load_settings(data_dir=data)
    with SqliteStore.open(settings.store_path) as store:
        name = resolve(store, session)
        placed = _placed(_our_cadence(store, name), watch, shift, is_by_time=by_time)
        track = _track(store, name, watch, placed)
        meta = store.meta(name)
        if meta is None:
            raise StoreError(f"session {name!r} has no description yet")
        # The run's own time is its key, so a later merge takes its place.
        keep_track(store, meta.runner, track, meta.origin_ns)
    if as_json:
        typer.echo(json.dumps(_facts(track, placed)))
    else:
        typer.echo(_sentence(track, placed))


@dataclass(frozen=True, slots=True)
class _Placed:
    """By how much the watch's times are moved, and how that is known."""

    shift_s: float
    how: str
    fit: Alignment | None = None


def _our_cadence(store: SqliteStore, name: str) -> Cadence:
    rows: list[StepRow] | list[HipStepRow] = store.rows(StepRow, name)
    if not rows:
        rows = store.rows(HipStepRow, name)
    known = [(r.time_ns, r.cadence_spm) for r in rows if r.cadence_spm is not None]
    return cadence_of_steps([t for t, _ in known], [c for _, c in known])


def _placed(
    ours: Cadence, watch: WatchFile, shift: float | None, *, is_by_time: bool
) -> _Placed:
    if shift is not None:
        return _Placed(shift, "as you said")
    if is_by_time:
        return _Placed(0.0, "by the watch's own times, as you said")
    if not watch.has_cadence:
        return _Placed(0.0, "by the watch's own times, for it tells no cadence")
    theirs = cadence_of_points(watch.points)
    # A run that was imported may have the time of its import: try its start too.
    around_s = (0.0, starts_together_s(ours, theirs))
    found = align(ours, theirs, around_s)
    return _Placed(round(found.shift_s, 1), "by cadence", found)


def _track(store: SqliteStore, name: str, watch: WatchFile, placed: _Placed) -> Track:
    """Points of the watch while the run lasted, moved onto its clock."""
    begin_ns, end_ns = _span_ns(store, name)
    shift_ns = round(placed.shift_s * NS_PER_S)
    moved = (msgspec.structs.replace(p, t_ns=p.t_ns + shift_ns) for p in watch.points)
    low_ns, high_ns = begin_ns - NS_PER_S, end_ns + NS_PER_S
    points = tuple(p for p in moved if low_ns <= p.t_ns <= high_ns)
    if not points:
        raise _apart(watch, placed, begin_ns)
    fit = placed.fit
    return Track(
        session=name,
        source=watch.source,
        shift_s=placed.shift_s,
        agreement=round(fit.agreement, 3) if fit else None,
        points=points,
    )


def _span_ns(store: SqliteStore, name: str) -> tuple[int, int]:
    """First and last moment of a run."""
    row = store.session(name)
    if row.begin_ms is not None and row.end_ms is not None:
        return row.begin_ms * 1_000_000, row.end_ms * 1_000_000
    return row.time_ns, row.time_ns + round(row.duration_s * NS_PER_S)


def _apart(watch: WatchFile, placed: _Placed, begin_ns: int) -> RecordingError:
    early_s = (begin_ns - watch.points[0].t_ns) / NS_PER_S
    moved = f", moved by {placed.shift_s:+.0f} s" if placed.shift_s else ""
    return RecordingError(
        f"{watch.source} and this run are not of the same time",
        f"the watch begins {abs(early_s):.0f} s {'before' if early_s > 0 else 'after'}"
        f" the run{moved}",
        f"If it is the same run, add --shift SECONDS: {early_s:.0f} lets both begin"
        " together.",
    )


def _told(points: tuple[TrackPoint, ...]) -> list[str]:
    return [
        words
        for name, words in _TOLD.items()
        if any(getattr(p, name) is not None for p in points)
    ]


def _sentence(track: Track, placed: _Placed) -> str:
    told = ", ".join(_told(track.points)) or "times only"
    merged = f"{track.source}: {counted(len(track.points), 'moment')}, {told}."
    moved = f"The watch's times were moved by {track.shift_s:+.1f} s, {placed.how}"
    if placed.fit is None:
        return f"{merged}\n{moved}."
    fit = placed.fit
    return (
        f"{merged}\n{moved}: both cadences agree by {fit.agreement:.2f} over"
        f" {fit.overlap_s} s (1 would be alike); the next best shift fits"
        f" {100 * fit.second:.0f} % as well."
    )


def _facts(track: Track, placed: _Placed) -> dict[str, Any]:
    fit = placed.fit
    return {
        "session": track.session,
        "source": track.source,
        "points": len(track.points),
        "told": _told(track.points),
        "shift_s": track.shift_s,
        "how": placed.how,
        "agreement": track.agreement,
        "second": round(fit.second, 3) if fit else None,
        "overlap_s": fit.overlap_s if fit else None,
    }
