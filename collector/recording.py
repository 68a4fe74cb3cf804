"""Recording directories: meta.json and left/right/hip.csv[.gz], read and written.

    meta.json   {"rate_hz": 200, "standing_s": 4.0, "mass_kg": 75.7, ...}
    left.csv    t_s,ax_mps2,ay_mps2,az_mps2,gx_rps,gy_rps,gz_rps

Specific force (at rest +9.81 on the axis that points up) and angular rate, in whatever
way the sensor was mounted. Any of the three files may be missing, but not all.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from collector.csv_text import lines_of
from collector.rest import check_units
from collector.table import read_columns
from collector.track import Track, measured_rate_hz, order
from contract.errors import NoSensorError, RecordingError
from contract.messages import Bends, Surface, TimeNs
from contract.model import FloatArray, Slot
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS, NS_PER_S
from contract.wire import RATE_RANGE_HZ

COLUMNS = ("t_s", "ax_mps2", "ay_mps2", "az_mps2", "gx_rps", "gy_rps", "gz_rps")
SI_UNITS = ("m/s2", "rad/s")
# A recording whose clock starts later than this counts from another zero (Unix time,
# uptime of a phone): its own zero is then its first whole second.
LATE_START_S = 86_400.0
_EARLIEST_UNIX_S = 1_000_000_000.0  # 2001: an uptime of thirty years is none
# Clocks of shoe sensors are right to 0.1 %; a wider difference is another rate.
RATE_TOLERANCE = 0.2
_PORTION_ROWS = 50_000
"""About 3.5 MB of text: what is in memory at a time."""
_GZIP_LEVEL = 4
"""Takes a third of the time of level 6, and 5 % more room: samples are mostly noise."""
DECIMALS = (6,) + 6 * (5,)
"""Of the columns, as they are written: a microsecond, and below any sensor's noise."""

_Positive = Annotated[float, msgspec.Meta(gt=0)]


class WrittenRun(msgspec.Struct, frozen=True, kw_only=True):
    """What treadwear wrote down of a run, so that it can be taken in elsewhere.

    ``origin_ns`` is the Unix time at which the times of its files read zero.
    """

    origin_ns: TimeNs
    runner: str = ""
    session: str = ""
    shoe: str = ""
    surface: Surface = ""
    bends: Bends = ""
    speed_mps: _Positive | None = None


class RecordingMeta(msgspec.Struct, frozen=True, kw_only=True):
    """What meta.json says; ``extra`` keeps what is not named here.

    ``treadwear``: of which run it is, if treadwear wrote it and may tell.

    ``clocks_apart``: the sensors' times are not of one clock, so feet are compared
    step by step, but not by when their steps come.
    """

    rate_hz: _Positive
    standing_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    mass_kg: _Positive | None = None
    acc_range_g: _Positive | None = None
    gyro_range_dps: _Positive | None = None
    simulated: bool = False
    clocks_apart: bool = False
    treadwear: WrittenRun | None = None
    extra: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A run as it was recorded.

    Attributes
    ----------
    name : str
        Name of the directory.
    meta : RecordingMeta
        What is known about it.
    tracks : mapping of Slot to Track
        Samples per sensor, in order of time.
    notes : tuple of str
        What had to be put right while reading, one sentence each.
    offset_s : float
        What was taken off all times so that they start near zero.
    told_origin_ns : int or None
        Unix time of its zero, where another file beside the samples told it.
    """

    name: str
    meta: RecordingMeta
    tracks: Mapping[Slot, Track]
    notes: tuple[str, ...] = ()
    offset_s: float = 0.0
    told_origin_ns: int | None = None

    @property
    def start_s(self) -> float:
        """Time of the first sample."""
        return min(float(track.t_s[0]) for track in self.tracks.values())

    @property
    def duration_s(self) -> float:
        """Time from the first to the last sample."""
        end_s = max(float(track.t_s[-1]) for track in self.tracks.values())
        return end_s - self.start_s

    @property
    def origin_ns(self) -> int | None:
        """Unix time of its zero, where it is known; a phone's uptime is none."""
        if self.told_origin_ns is not None:
            return self.told_origin_ns
        if self.meta.treadwear is not None:
            return self.meta.treadwear.origin_ns + round(self.offset_s * NS_PER_S)
        is_unix = self.offset_s >= _EARLIEST_UNIX_S
        return round(self.offset_s) * NS_PER_S if is_unix else None

    def with_notes(self, notes: Sequence[str]) -> "Recording":
        """Give the same recording with these notes before its own."""
        return replace(self, notes=(*notes, *self.notes))


def read_recording(
    directory: Path, *, acc_unit: str = "m/s2", gyro_unit: str = "rad/s"
) -> Recording:
    """Read a recording directory; what is wrong is raised with the next step.

    `NoSensorError` if no sensor's file is there, else `RecordingError`.
    """
    fields = _read_meta(directory)
    raw = {slot: read_columns(path, COLUMNS) for slot, path in _files(directory)}
    if not raw:
        raise NoSensorError(
            f"{directory.name} holds no sensor",
            "none of left.csv, right.csv and hip.csv is there, with or without .gz",
            "Name a directory that holds at least one of them.",
        )
    return assemble(directory.name, raw, fields, units=(acc_unit, gyro_unit))


def assemble(
    name: str,
    raw: Mapping[Slot, FloatArray],
    fields: Mapping[str, Any],
    *,
    units: tuple[str, str] = SI_UNITS,
    late_start_s: float = LATE_START_S,
) -> Recording:
    """Make a recording of raw columns [N, 7] (t in s, the rest in the units given).

    Parameters
    ----------
    name : str
        What the recording is called.
    raw : mapping of Slot to array
        Columns t ax ay az gx gy gz, in any order of time.
    fields : mapping
        What meta.json says; without ``rate_hz`` the rate is measured.
    units : tuple of str
        Unit of acceleration and of angular rate.
    late_start_s : float
        A clock that starts later than this, or before zero, is set to start near
        zero.
    """
    scale = np.array([1.0] + 3 * [ACC_TO_MPS2[units[0]]] + 3 * [GYRO_TO_RPS[units[1]]])
    ordered = {slot: order(rows * scale, slot.word) for slot, rows in raw.items()}
    notes = [note for _, found in ordered.values() for note in found]
    tracks = {slot: track for slot, (track, _) in ordered.items()}
    meta = _complete_meta(fields, tracks, notes)
    tracks = {s: _with_rate(t, s, meta.rate_hz, notes) for s, t in tracks.items()}
    for slot, track in tracks.items():
        check_units(track.samples, track.rate_hz, slot.word, units)
    offset_s = _offset_s(tracks, late_start_s)
    shifted = {slot: track.shifted(-offset_s) for slot, track in tracks.items()}
    _note_overlap(shifted, notes)
    return Recording(name, meta, shifted, tuple(notes), offset_s)


def write_recording(directory: Path, recording: Recording) -> None:
    """Write a recording as a new directory that `read_recording` gives back."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            why = "it already holds files"
            raise RecordingError(
                f"{directory.name} cannot be written", why, "Name a new directory."
            )
        for slot, track in recording.tracks.items():
            _write_track(directory / f"{slot.word}.csv.gz", track)
        text = meta_json(recording.meta)
        (directory / "meta.json").write_text(text, encoding="utf-8")
    except OSError as fault:
        what = f"{directory.name} cannot be written"
        raise RecordingError(what, str(fault), "Name another place.") from fault


def _write_track(path: Path, track: Track) -> None:
    # mtime 0 and no name: the same recording gives the same bytes.
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed,
    ):
        for portion in csv_of(track):
            packed.write(portion)


def csv_of(track: Track) -> Iterator[bytes]:
    """Give a sensor's file as it is written, in portions of bounded size."""
    yield (",".join(COLUMNS) + "\n").encode()
    for start in range(0, len(track.t_s), _PORTION_ROWS):
        part = slice(start, start + _PORTION_ROWS)
        rows = np.column_stack([track.t_s[part], track.samples[part]])
        yield lines_of(rows, DECIMALS)


def meta_json(meta: RecordingMeta) -> str:
    """Give meta.json as it is written."""
    return json.dumps(_meta_fields(meta), indent=1) + "\n"


def _meta_fields(meta: RecordingMeta) -> dict[str, Any]:
    named = {
        key: value
        for key, value in msgspec.to_builtins(meta).items()
        if key != "extra" and value is not None and value is not False
    }
    return {**meta.extra, **named}


def _files(directory: Path) -> list[tuple[Slot, Path]]:
    found = []
    for slot in Slot:
        names = (f"{slot.word}.csv", f"{slot.word}.csv.gz")
        there = [directory / name for name in names if (directory / name).is_file()]
        if len(there) > 1:
            what = f"{directory.name} holds both {' and '.join(names)}"
            why = f"only one of them can be the {slot.word} sensor"
            raise RecordingError(what, why, "Move one of them away.")
        found += [(slot, path) for path in there]
    return found


def _read_meta(directory: Path) -> dict[str, Any]:
    path = directory / "meta.json"
    if not path.is_file():
        raise RecordingError(
            f"{directory.name} is no recording",
            "it has no meta.json" if directory.is_dir() else "there is no directory",
            'Name a recording directory, or write one with {"rate_hz": 200} in it.',
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        what = f"meta.json of {directory.name} cannot be read"
        raise RecordingError(what, str(fault), "Correct meta.json.") from fault
    if not isinstance(fields, dict):
        why = "it is no JSON object"
        raise RecordingError(f"meta.json of {directory.name} cannot be used", why)
    return fields


def _complete_meta(
    fields: Mapping[str, Any], tracks: Mapping[Slot, Track], notes: list[str]
) -> RecordingMeta:
    known = {f.name for f in msgspec.structs.fields(RecordingMeta)} - {"extra"}
    named = {key: value for key, value in fields.items() if key in known}
    if named.get("rate_hz") is None:
        longest = max(tracks.values(), key=lambda track: len(track.t_s))
        named["rate_hz"] = measured_rate_hz(longest.t_s)
        notes.append(f"The rate was not given; measured {named['rate_hz']:.5g} Hz.")
    extra = {key: value for key, value in fields.items() if key not in known}
    try:
        meta = msgspec.convert({**named, "extra": extra}, RecordingMeta)
    except msgspec.ValidationError as fault:
        what = "meta.json cannot be used"
        raise RecordingError(what, str(fault), "Correct meta.json.") from fault
    low, high = RATE_RANGE_HZ
    if not low <= meta.rate_hz <= high:
        what = f"a rate of {meta.rate_hz:.4g} Hz cannot be used"
        why = f"sensors have {low:g} to {high:g} Hz"
        raise RecordingError(what, why, "Correct rate_hz, or the unit of the time.")
    return meta


def _with_rate(track: Track, slot: Slot, rate_hz: float, notes: list[str]) -> Track:
    """Give the track the stated rate, or its own if the stated one is another."""
    if len(track.t_s) < 3:
        return track.with_rate(rate_hz)
    own_hz = measured_rate_hz(track.t_s)
    if abs(own_hz / rate_hz - 1) <= RATE_TOLERANCE:
        return track.with_rate(rate_hz)
    low, high = RATE_RANGE_HZ
    what = f"{slot.word} was sampled at {own_hz:.4g} Hz, not at {rate_hz:.4g} Hz"
    if not low <= own_hz <= high:
        raise RecordingError(what, "its times say so", "Check the unit of the time.")
    notes.append(f"{what}, as its times show.")
    return track.with_rate(own_hz)


def _offset_s(tracks: Mapping[Slot, Track], late_start_s: float) -> float:
    start_s = min(float(track.t_s[0]) for track in tracks.values())
    # Below zero it would be dated in the future: time zero is when it is stored.
    is_odd = start_s < 0 or start_s > late_start_s
    return float(np.floor(start_s)) if is_odd else 0.0


def _note_overlap(tracks: Mapping[Slot, Track], notes: list[str]) -> None:
    latest_start = max(tracks.values(), key=lambda track: float(track.t_s[0]))
    if any(track.t_s[-1] < latest_start.t_s[0] for track in tracks.values()):
        notes.append(
            "The sensors do not overlap in time; left and right cannot be paired."
        )
