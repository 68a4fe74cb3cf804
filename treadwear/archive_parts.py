"""What an archive holds of one runner and of each run: file names and their bytes.

Files are made one portion at a time, so an archive of a season takes the memory of one
run.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import msgspec

from collector.recording import csv_of, meta_json
from contract.messages import SessionMeta
from contract.people import (
    Assessment,
    Consent,
    FitCheck,
    Mount,
    Pain,
    Pairing,
    Profile,
    Shoe,
)
from contract.rows import HipStepRow, Row, SessionRow, StepRow
from contract.schema import MEASUREMENTS
from contract.topics import ID_PATTERN
from dashboards.export.steps import Steps, steps_csv
from dashboards.report.build import build_report
from dashboards.report.data import collect
from processing.store.base import Record
from processing.store.people import track_of
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.archive_words import columns
from treadwear.known import advice_for
from treadwear.recordings import recording_of
from treadwear.research import Veil

File = tuple[str, Iterable[bytes]]
"""A name, and bytes that are made as they are read."""

RECORDS: dict[str, type[Record]] = {
    "profile.json": Profile,
    "consent.json": Consent,
    "shoes.json": Shoe,
    "pairings.json": Pairing,
    "fit_checks.json": FitCheck,
    "mounts.json": Mount,
    "assessments.json": Assessment,
    "pain.json": Pain,
}
"""Records of a person by the file that holds them; tracks stand beside their runs."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run; ``veil`` hides who it was, for research."""

    row: SessionRow
    meta: SessionMeta | None
    veil: Veil | None = None

    @property
    def origin_ns(self) -> int:
        """Where the run's own clock reads zero."""
        return self.row.time_ns if self.meta is None else self.meta.origin_ns

    @property
    def folder(self) -> str:
        """Where its files go."""
        name = self.row.session
        return f"runs/{self.veil.runs[name] if self.veil else safe_name(name)}"

    def shown(self, row: Row) -> Row:
        """Give a row as the archive may show it."""
        return self.veil.row(row, self.origin_ns) if self.veil else row


def columns_file() -> File:
    """What the columns of all rows mean."""
    return "columns.json", [_json(columns())]


def person_files(store: SqliteStore, runner: str) -> Iterator[File]:
    """Everything that was told of the person."""
    for name, kind in RECORDS.items():
        kept = [
            {"time_ns": k.time_ns, "name": k.name, "record": k.record}
            for k in store.records(kind, runner)
        ]
        yield name, [_json(kept)]


def veiled_person(store: SqliteStore, runner: str, veil: Veil) -> File:
    """What research may know of the person."""
    return "person.json", [_json(veil.person(store, runner))]


def run_files(store: SqliteStore, run: Run) -> Iterator[File]:
    """Everything of one run."""
    session, folder = run.row.session, run.folder
    meta = run.veil.meta(run.meta) if run.veil and run.meta else run.meta
    yield f"{folder}/session.json", [_json(_about(run, meta))]
    yield f"{folder}/rows.json", _rows_json(store, run)
    yield f"{folder}/steps.csv", _steps(store.rows(StepRow, session), run)
    if by_hip := store.rows(HipStepRow, session):
        yield f"{folder}/hip_steps.csv", _steps(by_hip, run)
    if run.meta is not None and meta is not None:
        yield from _raw_files(store, run, meta)
    if run.veil is None:
        yield f"{folder}/report.html", _report(store, session)
        track = track_of(store, run.row.runner, session)
        if track is not None:
            yield f"{folder}/track.json", [_json(track)]


def _about(run: Run, meta: SessionMeta | None) -> dict[str, object]:
    told: Any = None if meta is None else msgspec.to_builtins(meta)
    about: dict[str, object] = {"session": run.shown(run.row), "description": told}
    if run.veil is None:
        return about
    if told is not None:
        del told["origin_ns"]
    return {"day": run.veil.day(run.row.time_ns), **about}


def _rows_json(store: SqliteStore, run: Run) -> Iterator[bytes]:
    """One object: lists of rows by kind; a line per row."""
    for number, (name, kind) in enumerate(MEASUREMENTS.items()):
        yield f'{"," if number else "{"}"{name}": ['.encode()
        rows: list[Row] = store.rows(kind.row, run.row.session)
        yield b",".join(b"\n" + msgspec.json.encode(run.shown(row)) for row in rows)
        yield b"]\n"
    yield b"}\n"


def _steps(rows: Steps, run: Run) -> list[bytes]:
    return [steps_csv(rows, run.origin_ns, is_veiled=run.veil is not None).encode()]


def _raw_files(store: SqliteStore, run: Run, meta: SessionMeta) -> Iterator[File]:
    """The recording, a sensor at a time: an hour of one is a hundred megabytes."""
    has_meta = False
    by_slot = groupby(store.frames(run.row.session), key=lambda frame: frame.slot)
    for slot, frames in by_slot:
        # With day and ground, so that it can be taken in elsewhere; not for research.
        recording = recording_of(meta, frames, is_told=run.veil is None)
        if not has_meta:
            yield f"{run.folder}/raw/meta.json", [meta_json(recording.meta).encode()]
            has_meta = True
        yield f"{run.folder}/raw/{slot.word}.csv", csv_of(recording.tracks[slot])


def _report(store: SqliteStore, session: str) -> Iterator[bytes]:
    data = collect(store, session, advice=advice_for(store, session))
    page = build_report(replace(data, session=named(store, data.session)))
    yield page.encode()


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def safe_name(session: str) -> str:
    """Give a session's folder a name that is one on every disk."""
    if ID_PATTERN.fullmatch(session):
        return session
    return f"run-{hashlib.sha256(session.encode()).hexdigest()[:12]}"
