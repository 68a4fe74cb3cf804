"""A watch's file, FIT or GPX -> what it says of each moment (extra ``fit``).

Of FIT (by fitdecode) the record messages count, with the names of Garmin's profile 21;
of GPX (by gpxpy) the track points, with heart rate and cadence as Garmin's
TrackPointExtension has them (``hr``, ``cad``), or spelt out as other makers do. A file
comes from anywhere: it is bounded in size and points, and XML that declares entities is
refused unread.
"""

import statistics
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import RecordingError, TreadwearError
from contract.extras import how_to_install
from contract.track import TrackPoint
from contract.units import NS_PER_S

MOST_BYTES = 64 * 2**20
"""A day's FIT at one record a second is some 10 MB, as GPX some 30 MB."""
MOST_POINTS = 200_000
"""Two days and more, one a second."""
MOST_SPAN_S = 2 * 86_400
"""Longer than any run; a file of years would be laid out second by second."""
_POINT_WORDS = ("trkpt", "rtept", "wpt")
"""Each begins and ends with its word, and costs a kilobyte and 25 us to be read."""
_MOST_TAGS = 20 * MOST_POINTS
"""A point of a watch has some 16."""
_MOST_NAMESPACES = 50  # gpxpy looks at each with a pattern that reads on to the next
_DEGREES_PER_SEMICIRCLE = 180 / 2**31  # Garmin FIT profile, type of position_lat
_RANGES = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    "altitude_m": (-500.0, 9000.0),
    "heart_rate_bpm": (20.0, 250.0),
    "speed_mps": (0.0, 30.0),
    "cadence_spm": (0.0, 400.0),
}
"""Not a number is in none of them."""
_LEAST_STEPS_SPM = 120.0
_COPY_AGAIN = "Copy the file again from the watch, or export it anew."


@dataclass(frozen=True, slots=True)
class WatchFile:
    """What a watch's file holds.

    Attributes
    ----------
    source : str
        FIT or GPX, and the file's name.
    points : tuple of TrackPoint
        In order of the watch's own time, each moment once.
    """

    source: str
    points: tuple[TrackPoint, ...]

    @property
    def has_cadence(self) -> bool:
        """Whether it tells cadence anywhere."""
        return any(p.cadence_spm for p in self.points)


def read_watch(path: Path) -> WatchFile:
    """Read a watch's file; which kind it is, its first bytes say."""
    raw = _bytes(path)
    if raw[8:12] == b".FIT":  # Garmin FIT protocol, file header, data type
        kind, points = "FIT", _fit_points(path.name, raw)
    elif _is_xml(raw):
        kind, points = "GPX", _gpx_points(path.name, raw)
    else:
        why = "it begins neither like a FIT nor like a GPX file"
        step = "Export one of them from the watch's own page."
        raise RecordingError(f"{path.name} cannot be read", why, step)
    return WatchFile(f"{kind} {path.name}", _in_order(path.name, points))


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            why = f"it is larger than {MOST_BYTES // 2**20} MB"
            raise RecordingError(f"{path.name} is no watch's file of a run", why)
        return path.read_bytes()
    except OSError as fault:
        what = f"{path.name} cannot be read"
        why = fault.strerror or str(fault)
        raise RecordingError(what, why, "Name a FIT or GPX file.") from fault


def _is_xml(raw: bytes) -> bool:
    head = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"<?xml", b"<gpx", b"<!--", b"\xff\xfe", b"\xfe\xff"))


def _in_order(name: str, points: Iterable[TrackPoint]) -> tuple[TrackPoint, ...]:
    """Sort by time, one point for each moment, cadence in steps."""
    by_time: dict[int, TrackPoint] = {}
    for point in points:
        by_time[point.t_ns] = _plausible(point)
        if len(by_time) > MOST_POINTS:
            why = f"it holds more than {MOST_POINTS} moments"
            raise RecordingError(f"{name} is no watch's file of a run", why)
    if not by_time:
        why = "no moment in it has a time"
        raise RecordingError(f"{name} tells nothing about a run", why, _COPY_AGAIN)
    if max(map(abs, by_time)) >= 2**63:
        why = "its times fit no clock"
        raise RecordingError(f"{name} is no watch's file of a run", why)
    days = (max(by_time) - min(by_time)) / NS_PER_S / 86_400
    if days > MOST_SPAN_S / 86_400:
        why = f"its times span {days:.0f} days"
        raise RecordingError(f"{name} is no watch's file of a run", why)
    return _in_steps([by_time[t] for t in sorted(by_time)])


def _in_steps(points: list[TrackPoint]) -> tuple[TrackPoint, ...]:
    """Cadence in steps per minute: the profile counts strides, some programs steps."""
    moving = [p.cadence_spm for p in points if p.cadence_spm]
    if not moving or statistics.median(moving) >= _LEAST_STEPS_SPM:
        return tuple(points)
    return tuple(_doubled(p) for p in points)


def _doubled(point: TrackPoint) -> TrackPoint:
    if point.cadence_spm is None:
        return point
    return msgspec.structs.replace(point, cadence_spm=2 * point.cadence_spm)


def _plausible(point: TrackPoint) -> TrackPoint:
    """Without what no runner and no place on Earth can have."""
    odd = {
        name: None
        for name, (low, high) in _RANGES.items()
        if (value := getattr(point, name)) is not None and not low <= value <= high
    }
    return msgspec.structs.replace(point, **odd) if odd else point


# FIT


def _fit_points(name: str, raw: bytes) -> list[TrackPoint]:
    fitdecode = _library("fitdecode")
    try:
        with fitdecode.FitReader(
            raw,
            check_crc=fitdecode.CrcCheck.RAISE,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as frames:
            return list(_fit_moments(fitdecode, frames))
    except fitdecode.FitCRCError as fault:
        why = "its checksum does not fit, so bytes of it were changed or are missing"
        raise RecordingError(f"{name} is damaged", why, _COPY_AGAIN) from fault
    except (
        fitdecode.FitError,
        ArithmeticError,
        AttributeError,
        LookupError,
        struct.error,
        TypeError,
        ValueError,
        OSError,
        AssertionError,
    ) as fault:  # fitdecode trusts what a definition says and trips in many ways
        raise RecordingError(f"{name} is damaged", str(fault), _COPY_AGAIN) from fault


def _fit_moments(fitdecode: Any, frames: Iterable[Any]) -> Iterator[TrackPoint]:  # noqa: ANN401 - fitdecode has no types
    for frame in frames:
        if frame.frame_type != fitdecode.FIT_FRAME_DATA or frame.name != "record":
            continue
        when = frame.get_value("timestamp", fallback=None)
        if isinstance(when, datetime):
            yield _fit_moment(frame, _unix_ns(when))


def _fit_moment(frame: Any, t_ns: int) -> TrackPoint:  # noqa: ANN401 - fitdecode has no types
    def number(*names: str) -> float | None:
        for name in names:
            value = frame.get_value(name, fallback=None)
            if isinstance(value, int | float):
                return float(value)
        return None

    latitude, longitude = number("position_lat"), number("position_long")
    whole, rest = number("cadence"), number("fractional_cadence")
    return TrackPoint(
        t_ns,
        None if latitude is None else latitude * _DEGREES_PER_SEMICIRCLE,
        None if longitude is None else longitude * _DEGREES_PER_SEMICIRCLE,
        number("enhanced_altitude", "altitude"),
        number("heart_rate"),
        number("enhanced_speed", "speed"),
        None if whole is None else whole + (rest or 0.0),
    )


# GPX


def _gpx_points(name: str, raw: bytes) -> list[TrackPoint]:
    gpxpy = _library("gpxpy")
    text = _checked_xml(name, raw)
    try:
        gpx = gpxpy.parse(text)
        return [
            _gpx_moment(point)
            for track in gpx.tracks
            for segment in track.segments
            for point in segment.points
            if point.time is not None
        ]
    except (
        gpxpy.gpx.GPXException,
        ValueError,  # also of a time whose zone is further away than a day
        OverflowError,
        RecursionError,
    ) as fault:
        raise RecordingError(f"{name} is no GPX file", str(fault), _COPY_AGAIN) from (
            fault
        )


def _checked_xml(name: str, raw: bytes) -> str:
    """Text of an XML file that nothing needs to be fetched or expanded for."""
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(coding)
    except UnicodeDecodeError as fault:
        why = f"byte {fault.start} is no text"
        raise RecordingError(f"{name} is no GPX file", why, _COPY_AGAIN) from fault
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        why = "it declares entities, which no watch does and which can do harm"
        raise RecordingError(f"{name} is refused", why, _COPY_AGAIN)
    if sum(text.count(word) for word in _POINT_WORDS) > 2 * MOST_POINTS:
        why = f"it holds more than {MOST_POINTS} points"
        raise RecordingError(f"{name} is refused", why, _COPY_AGAIN)
    if text.count("<") > _MOST_TAGS:
        why = f"it holds more than {_MOST_TAGS} tags"
        raise RecordingError(f"{name} is refused", why, _COPY_AGAIN)
    if text.count("xmlns") > _MOST_NAMESPACES:
        why = "it declares more namespaces than any watch"
        raise RecordingError(f"{name} is refused", why, _COPY_AGAIN)
    return text


def _gpx_moment(point: Any) -> TrackPoint:  # noqa: ANN401 - gpxpy has no types
    more = dict(_extended(point.extensions))
    return TrackPoint(
        _unix_ns(point.time),
        point.latitude,
        point.longitude,
        point.elevation,
        more.get("hr", more.get("heartrate")),
        point.speed if point.speed is not None else more.get("speed"),
        more.get("cad", more.get("cadence")),
    )


def _extended(extensions: Iterable[Any]) -> Iterator[tuple[str, float]]:
    """Numbers of a point's extensions by their name without a namespace."""
    for extension in extensions:
        for element in extension.iter():
            name = str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
            try:
                yield name, float(element.text)
            except (TypeError, ValueError):
                continue


def _unix_ns(when: datetime) -> int:
    """Unix time; a time without a zone is UTC, as both formats prescribe."""
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000) * (NS_PER_S // 1000)


def _library(name: str) -> Any:  # noqa: ANN401 - neither of them has types
    try:
        if name == "gpxpy":
            import gpxpy  # noqa: PLC0415 - optional
            import gpxpy.gpx  # noqa: PLC0415 - optional

            return gpxpy
        import fitdecode  # noqa: PLC0415 - optional
    except ModuleNotFoundError as fault:
        raise TreadwearError(
            "files of watches cannot be read",
            f"the package {fault.name} is not installed",
            f"Install it with: {how_to_install('fit')}",
        ) from fault
    return fitdecode
