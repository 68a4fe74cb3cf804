"""JSON payloads as typed structs: unknown fields are ignored, missing ones refused.

`loads` and `dumps` are the only places where JSON becomes a value and back.
"""

from typing import Annotated, Literal, TypeVar

import msgspec

from contract.errors import PayloadError

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number that counts up from 0 and fits a database column."""

TimeNs = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A Unix time in nanoseconds that fits a database column."""


class SensorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor of a session.

    ``rate_hz`` is measured; ``link`` is how its radio link did, None for a recording.
    """

    family: str = "unknown"
    serial: str = ""
    firmware: str = ""
    rate_hz: float | None = None
    link: "LinkInfo | None" = None


class LinkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How one sensor's radio link did so far.

    ``lost`` packets stayed away for good and ``lost_s`` is the time without samples;
    ``repaired`` packets were missing and came when asked for again.
    ``clock_bound_ms`` is how far its times may be off against another sensor's, the
    mean over all that were given with a known clock; None while there are none.
    """

    received: Count = 0
    duplicate: Count = 0
    lost: Count = 0
    repaired: Count = 0
    malformed: Count = 0
    reconnects: Count = 0
    lost_s: float = 0.0
    battery_pct: int | None = None
    clock_bound_ms: float | None = None


class FootPod(msgspec.Struct, frozen=True, kw_only=True):
    """What a foot pod (Running Speed and Cadence) said itself while she ran.

    Means over ``readings``; a check of our own figures, never their source.
    """

    name: str = ""
    speed_mps: float
    cadence_spm: float
    readings: Count


class StreamEnd(msgspec.Struct, frozen=True):
    """Where a sensor's stream ended: all below ``next_seq`` of ``epoch`` exists."""

    epoch: Count
    next_seq: Count


Surface = Literal["", "road", "track", "treadmill", "trail"]
"""What was run on, "" not told."""

Bends = Literal["", "left", "right", "both"]
"""Which way the bends of a track or loop go, seen by the runner; "" not told."""


class SessionMeta(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is: sent when it starts, again (``state`` ended) when it is over.

    ``origin_ns`` is the Unix time at which the recording's own clock reads zero; all
    seconds in rows and reports count from it. ``ends`` comes with state ended:
    processing closes the session when it has stored all that it names.
    ``speed_mps`` is the speed of a treadmill's belt, where it is known. ``bends`` says
    which way a track or loop turns, and ``note`` is the runner's own word on the run.
    ``unverified`` says why nobody knows whether the sensors sat well ("": they were
    checked before the run, or it is a recording). ``consent_live`` says
    that the runner agreed to be on live pages: without it she is on none.
    ``waiting_frames`` were on the collector's disk and not yet acknowledged when this
    was written.
    """

    runner: str
    session: str
    origin_ns: TimeNs
    state: Literal["running", "ended"] = "running"
    name: str = ""
    shoe: str = ""
    surface: Surface = ""
    bends: Bends = ""
    note: str = ""
    mass_kg: float | None = None
    speed_mps: float | None = None
    sensors: dict[str, SensorInfo] = {}
    ends: dict[str, StreamEnd] = {}
    unverified: str = ""
    foot_pod: FootPod | None = None
    waiting_frames: Count = 0
    simulated: bool = False
    consent_live: bool = False


class Ack(msgspec.Struct, frozen=True):
    """All of ``epoch`` below ``next_seq``, and all earlier epochs, are stored.

    ``is_over``: so is the description that says that the session has ended.
    """

    epoch: Count
    next_seq: Count
    is_over: bool = False


EventKind = Literal[
    "mark", "snooze", "gap", "alert_raised", "alert_cleared", "swap_suspected"
]


TOLD_KINDS: tuple[EventKind, ...] = ("mark", "snooze")
"""What people say who watch, on a topic of their own; no analysis can give it again."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in a session.

    ``kind`` gap: the collector's spool was full, and frames ``first_seq`` to
    ``last_seq`` (inclusive) of ``epoch`` of ``slot`` are gone for ever.
    ``kind`` alert_raised, alert_cleared: the light ``code`` came on or went out.
    ``kind`` mark: somebody who watched noted this moment, with ``text`` if any.
    ``kind`` snooze: who watches wants no attention drawn to it for ``seconds``.
    """

    kind: EventKind
    t_ns: TimeNs
    text: str = ""
    code: str = ""
    seconds: Count = 0
    slot: str = ""
    epoch: Count = 0
    first_seq: Count = 0
    last_seq: Count = 0


class Status(msgspec.Struct, frozen=True):
    """Whether a client is there."""

    state: Literal["online", "offline"]
    client: str = ""


LightState = Literal["none", "steady", "drifting", "check"]


class LightInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The check-engine light of a runner: left against right beside her own usual.

    ``state`` none: nothing can be said, ``text`` says why (no five earlier runs,
    warming up, poor data). drifting: outside her own band, but not for long enough or
    by too little to be sure. check: the light ``code`` is on, since
    ``since_ns``. All figures are of ground contact time, percent, + = right longer;
    None means not known.
    """

    state: LightState = "none"
    code: str = ""
    text: str = ""
    since_ns: TimeNs = 0
    usual_pct: float | None = None
    band_low_pct: float | None = None
    band_high_pct: float | None = None
    shift_pct: float | None = None
    baseline_runs: Count = 0


class OutsideBand(msgspec.Struct, frozen=True, kw_only=True):
    """Something beside contact time that lies outside the runner's own band just now.

    Left is compared with right, as in her earlier runs: ``side`` is the foot that has
    more of it than is usual for her. rolls_in: pronation excursion. heel_first: the
    foot lands with the toes higher. ``shift_deg`` is how much more than usual, and
    ``half_deg`` half the width of its 95 % interval.
    """

    kind: Literal["rolls_in", "heel_first"]
    side: Literal["left", "right"]
    shift_deg: float
    half_deg: float


TileState = Literal[
    "calibrating", "warming", "live", "walking", "one_foot", "in_doubt", "ended"
]
"""in_doubt: the sensors may sit on the wrong feet, so that no side can be named."""


class LiveTile(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner's live tile shows; sent at most once a second per session.

    ``asi_pct`` compares ground contact time, + = right longer; ``ci_low`` and
    ``ci_high`` are its 95 % interval including the systematic part, all in percent,
    over the last ``window_s`` seconds. None means: not known, show nothing.
    ``data_t_ns`` is the time of the newest sample that went into the tile; ``t_ns`` is
    when it was sent, by the session's clock: that time and how late those data are.
    """

    runner: str
    session: str
    name: str
    shoe: str = ""
    state: TileState
    t_ns: TimeNs
    data_t_ns: TimeNs
    elapsed_s: float
    window_s: float
    n_pairs: Count
    pairs_needed: Count
    asi_pct: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    cadence_spm: float | None = None
    contact_left_ms: float | None = None
    contact_right_ms: float | None = None
    note: str = ""
    light: LightInfo = LightInfo()
    outside: tuple[OutsideBand, ...] = ()
    simulated: bool = False
    consent_live: bool = True


_T = TypeVar("_T", bound=msgspec.Struct)


def dumps(message: msgspec.Struct) -> bytes:
    """JSON bytes of a message."""
    return msgspec.json.encode(message)


def loads(payload: bytes, kind: type[_T]) -> _T:
    """Message of that kind; raises `PayloadError` that names the field at fault."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise PayloadError(f"not a {kind.__name__} message", str(fault)) from fault
