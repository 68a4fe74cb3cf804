"""What a watch recorded beside a run: where, how fast, the heart; it stays here."""

import msgspec

from contract.messages import TimeNs


class TrackPoint(msgspec.Struct, frozen=True, array_like=True):
    """One moment of a watch's record, on the run's own clock; None is not known."""

    t_ns: TimeNs
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    heart_rate_bpm: float | None = None
    speed_mps: float | None = None
    cadence_spm: float | None = None


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """A watch's record merged into a session.

    ``shift_s`` was added to the watch's times so that its cadence fits the shoes';
    ``agreement`` is the correlation of both there, None when it was not aligned by
    cadence. ``source`` says what it was (FIT or GPX, and its name).
    """

    session: str
    source: str
    shift_s: float
    agreement: float | None = None
    points: tuple[TrackPoint, ...]
